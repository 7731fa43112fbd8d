"""What has been linked so far, and how one reference ends.

A reference is counted once and ends in one of four ways: it resolves, it is broken, it
repeats what is broken elsewhere, or nothing can be proven about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from linkstep.link.flow import Situation
from linkstep.link.foreign import ForeignNotes, Place
from linkstep.link.guarding import (
    accepted,
    guard_of,
    is_feature_test,
    is_script,
    mentioned,
)
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.outcomes import Absent, Dubious, Failed, Maybe, Outcome, exception_name
from linkstep.link.text import show
from linkstep.model.environment import Origin
from linkstep.model.facts import GuardKind, Problem, Runs
from linkstep.model.links import BrokenLink, Doubt, Edge, FileLinks, LibraryName, StateRead
from linkstep.model.summary import ImportByName, Invoke, Span


class Links:
    """Collects the links of all modules."""

    def __init__(self, lookup: Lookup, checked: Container[str]) -> None:
        self.lookup = lookup
        self.checked = checked
        self.edges: set[Edge] = set()
        self.broken: list[BrokenLink] = []
        self.calls: dict[Module, list[Invoke | ImportByName]] = {}
        self.library: dict[str, set[LibraryName]] = {}
        self.foreign = ForeignNotes()
        self.references = 0
        self.resolved = 0
        self.state_reads: list[StateRead] = []
        self.unknown: Counter[Doubt] = Counter()

    def take(self, module: Module, links: FileLinks) -> None:
        """Add the links of a module."""
        self.edges.update(links.edges)
        self.broken += links.broken
        if links.calls:
            self.calls[module] = list(links.calls)
        if links.library:
            self.library[module.path] = set(links.library)
        self.foreign.imports += links.foreign
        self.foreign.unproven += links.unproven
        self.references += links.references
        self.resolved += links.resolved
        self.state_reads += links.state_reads
        self.unknown.update(links.unknown)


class Settling:
    """Settles the references of one module; `function` is the one being linked, if any."""

    def __init__(self, links: Links, module: Module) -> None:
        self.links = links
        self.lookup = links.lookup
        self.module = module
        self.function: str | None = None

    def place(self, span: Span, at: Situation) -> Place:
        """Give the place of a reference, for notes about it."""
        return Place(self.module, span, self.runs(at), self.caller(at), at)

    def caller(self, at: Situation) -> str | None:
        """Give the function that has to be called for it, `__main__` for the script block."""
        return "__main__" if self.function is None and is_script(at) else self.function

    def runs(self, at: Situation) -> Runs:
        """Say when the place is executed."""
        return Runs.CALL if self.function is not None or is_script(at) else Runs.IMPORT

    def settle(self, outcome: Outcome, span: Span, at: Situation) -> None:
        """Count a reference and keep it if it is broken."""
        if self.passes(outcome):
            return
        if isinstance(outcome, Failed):
            self.repeat(outcome.exception, (outcome.path, outcome.span.line), span, at)
        elif isinstance(outcome, Absent):
            if is_feature_test(at) and outcome.origin is not Origin.FIRST_PARTY:
                self.links.unknown[Doubt.CONDITION] += 1
            else:
                self.keep(outcome, span, at)
        elif isinstance(outcome, Maybe):
            self.links.resolved += 1
            self.maybe(outcome, span, at)

    def passes(self, outcome: Outcome) -> bool:
        """Count a reference that is not broken, wherever it stands; say whether it is one."""
        if isinstance(outcome, Dubious) and not outcome.told:
            self.links.unknown[outcome.doubt] += 1
        elif isinstance(outcome, _NOT_SOUND):
            return False
        else:
            self.links.resolved += 1
        return True

    def maybe(self, outcome: Maybe, span: Span, at: Situation) -> None:
        """Keep a name bound on some branches, unless this place depends on the same test."""
        absent = outcome.absent
        if outcome.condition is None or absent.origin is not Origin.FIRST_PARTY:
            return
        guard, _ = guard_of("ImportError", at)
        here = {name for test, _ in at.conditions for name in mentioned(test)}
        if guard.kind is not GuardKind.NONE or here & mentioned(outcome.condition):
            return
        problem = Problem.POSSIBLY_UNDEFINED_NAME
        condition = show(outcome.condition)
        self.keep(absent._replace(problem=problem, condition=condition), span, at)

    def repeat(
        self, exception: str, cause: tuple[str, int] | None, span: Span, at: Situation
    ) -> None:
        """Keep a reference that fails for a cause that is reported where it stands."""
        where = (cause[0], Span(cause[1], 0, cause[1], 0)) if cause is not None else ("", span)
        absent = Absent(Problem.UNDEFINED_NAME, "", None, "", Origin.FIRST_PARTY, exception)
        self.links.broken.append(self.broken_link(absent, span, at, cause=where))

    def keep(self, absent: Absent, span: Span, at: Situation) -> None:
        """Keep a broken reference, unless a release tool writes the missing module."""
        link = self.broken_link(absent, span, at)
        if link.problem is Problem.DEAD_FALLBACK and _is_generated(absent):
            self.links.unknown[Doubt.BUILT] += 1
        else:
            self.links.broken.append(link)

    def broken_link(
        self, absent: Absent, span: Span, at: Situation, cause: tuple[str, Span] | None = None
    ) -> BrokenLink:
        """Give a broken reference, with what its guard makes of it."""
        guard, probe = guard_of(exception_name(absent.exception), at)
        problem = absent.problem
        optional = accepted(problem, absent.origin, guard, probe=probe)
        if not optional and guard.kind is GuardKind.FALLBACK and cause is None:
            problem = Problem.DEAD_FALLBACK
        return BrokenLink(
            problem=problem,
            path=self.module.path,
            span=span,
            importing=self.module.name,
            module=absent.module,
            module_path=absent.path,
            name=absent.name,
            origin=absent.origin,
            runs=self.runs(at),
            exception=absent.exception,
            guard=guard,
            function=self.caller(at),
            optional=optional,
            condition=absent.condition,
            via=absent.via,
            cause=cause,
            spelling=absent.spelling,
        )


_NOT_SOUND = (Failed, Absent, Maybe)
# Modules that release tools write (setuptools_scm, hatch-vcs, versioneer, numpy's build).
_GENERATED = frozenset({"_version", "version", "__version__", "_build_info", "_git_version"})


def _is_generated(absent: Absent) -> bool:
    missing = absent.problem is Problem.MISSING_MODULE
    return missing and absent.name.rpartition(".")[2] in _GENERATED
