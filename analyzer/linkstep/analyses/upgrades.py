"""The difference between two states of an environment, as facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from linkstep.model.declarations import Conflict
from linkstep.model.environment import Origin
from linkstep.model.facts import (
    BrokenReference,
    DependencyFault,
    DependencyProblem,
    Fact,
    GuardKind,
    Problem,
)
from linkstep.model.links import Doubt, Unproven
from linkstep.model.summary import Span


class Served(Protocol):
    """Whoever can say what the `__getattr__` of a module raises for a name."""

    def raises(self, module: str, name: str) -> str | None:
        """Give the exception, None when a value may be given."""
        ...


def newly_broken(before: Iterable[Fact], after: Iterable[Fact]) -> list[BrokenReference]:
    """Give the references that are broken now and were not before."""
    known = {_key(fact) for fact in before if isinstance(fact, BrokenReference)}
    return [fact for fact in after if isinstance(fact, BrokenReference) and _key(fact) not in known]


def raised_by_getattr(
    names: Sequence[Unproven], before: Served, after: Served, changed: Callable[[str], bool]
) -> Iterator[BrokenReference]:
    """Give the names that a `__getattr__` did give, or may have, and certainly raises for now."""
    for one in names:
        if one.doubt is not Doubt.GETATTR or not changed(one.module):
            continue
        accepted = one.guard.kind in (GuardKind.FALLBACK, GuardKind.EXPECTED)
        raised = after.raises(one.module, one.name)
        if raised is None or accepted or before.raises(one.module, one.name) is not None:
            continue
        # A from-import turns AttributeError into ImportError, and no other exception.
        if one.by_import and raised.partition(":")[0] == "AttributeError":
            raised = f"ImportError: cannot import name '{one.name}' from '{one.module}'"
        elif ": " not in raised:
            raised += f": module '{one.module}' has no attribute '{one.name}'"
        yield BrokenReference(
            problem=Problem.UNDEFINED_NAME if one.by_import else Problem.UNDEFINED_ATTRIBUTE,
            path=one.path,
            span=one.span,
            importing=one.importing,
            module=one.module,
            name=one.name,
            origin=Origin.THIRD_PARTY,
            runs=one.runs,
            exception=raised,
            guard=one.guard,
            function=one.function,
        )


def new_conflicts(before: Iterable[Conflict], after: Iterable[Conflict]) -> list[Conflict]:
    """Give the requirements that were met, or not asked for, before."""
    known = {(one.distribution, one.requirement) for one in before}
    return [one for one in after if (one.distribution, one.requirement) not in known]


def conflict_fault(conflict: Conflict, path: str, line: int) -> DependencyFault:
    """Give the fact of a conflict, at the place of the metadata that asks."""
    return DependencyFault(
        DependencyProblem.INCOMPATIBLE,
        path,
        Span(line, 1, line, 1),
        conflict.distribution,
        version=conflict.version,
        asking=f"{conflict.distribution} {conflict.version}",
        requirement=conflict.requirement,
        found=conflict.found or "none",
    )


def unmet_declarations(facts: Iterable[Fact]) -> list[DependencyFault]:
    """Give the declarations among the facts that an installed version does not meet."""
    return [
        fact
        for fact in facts
        if isinstance(fact, DependencyFault)
        and fact.problem is DependencyProblem.INCOMPATIBLE
        and fact.asking == fact.path
    ]


def _key(fact: BrokenReference) -> tuple[object, ...]:
    return (fact.path, fact.span, fact.module, fact.name)
