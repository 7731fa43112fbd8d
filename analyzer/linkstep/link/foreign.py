"""What files need of distributions: imports, and names that nothing proves to be there."""

from __future__ import annotations

from linkstep.link.flow import Situation
from linkstep.link.guarding import accepted, guard_of, is_feature_test
from linkstep.link.modules import Module
from linkstep.link.outcomes import Absent, Dubious, Outcome
from linkstep.model.environment import Origin
from linkstep.model.facts import Problem, Runs
from linkstep.model.links import Doubt, ForeignImport, Unproven
from linkstep.model.summary import Span


class Place:
    """Where a reference stands: its module, its span, and what has to happen for it to run."""

    __slots__ = ("at", "function", "module", "runs", "span")

    def __init__(
        self, module: Module, span: Span, runs: Runs, function: str | None, at: Situation
    ) -> None:
        self.module = module
        self.span = span
        self.runs = runs
        self.function = function
        self.at = at


class ForeignNotes:
    """The imports of what distributions provide, and their names that are not proven."""

    def __init__(self) -> None:
        self.imports: list[ForeignImport] = []
        self.unproven: list[Unproven] = []

    def note_import(self, name: str, found: Module | Absent | Dubious, place: Place) -> None:
        """Note an import of what `may_be_provided`."""
        self.imports.append(_foreign_import(name, found, place))

    def note_name(
        self, outcome: Outcome, owner: Module, name: str, place: Place, *, by_import: bool = False
    ) -> None:
        """Note a name, if it is one of an installed module and may or may not be there."""
        if isinstance(outcome, Dubious) and owner.origin is Origin.THIRD_PARTY:
            self.unproven.append(_unproven(outcome, owner, name, place, by_import))


def may_be_provided(found: Module | Absent | Dubious) -> bool:
    """Whether something that is imported is what a distribution provides, or may provide."""
    if isinstance(found, Module):
        return found.origin is Origin.THIRD_PARTY
    return isinstance(found, Dubious) and found.doubt is Doubt.NO_ENVIRONMENT


def _foreign_import(name: str, found: Module | Absent | Dubious, place: Place) -> ForeignImport:
    guard, probe = guard_of("ModuleNotFoundError", place.at)
    optional = accepted(Problem.MISSING_MODULE, Origin.THIRD_PARTY, guard, probe=probe)
    return ForeignImport(
        path=place.module.path,
        span=place.span,
        importing=place.module.name,
        module=name,
        found=found.path if isinstance(found, Module) else None,
        runs=place.runs,
        guard=guard,
        function=place.function,
        optional=optional or is_feature_test(place.at),
    )


def _unproven(
    outcome: Dubious, owner: Module, name: str, place: Place, by_import: bool
) -> Unproven:
    guard, _ = guard_of("ImportError", place.at)
    return Unproven(
        path=place.module.path,
        span=place.span,
        importing=place.module.name,
        module=owner.name,
        module_path=owner.path,
        name=name,
        runs=place.runs,
        doubt=outcome.doubt,
        guard=guard,
        function=place.function,
        by_import=by_import,
    )
