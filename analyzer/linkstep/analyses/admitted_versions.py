"""What fails on another Python that the project admits, and not on the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from linkstep.analyses.broken_references import broken_references
from linkstep.analyses.graph import ImportGraph
from linkstep.model.environment import Origin
from linkstep.model.facts import BrokenReference, Problem
from linkstep.model.links import BrokenLink, LibraryName, OtherVersion, Program, library_name

# What a missing name can be; everything else is judged for the target alone.
_ABSENCES = frozenset(
    {
        Problem.MISSING_MODULE,
        Problem.CASE_MISMATCH,
        Problem.UNDEFINED_NAME,
        Problem.UNDEFINED_ATTRIBUTE,
    }
)


def admitted_versions(
    program: Program,
    others: Sequence[OtherVersion],
    graph: ImportGraph,
    entries: Sequence[str],
    admitted_by: str,
    *,
    pinned: bool,
) -> tuple[BrokenReference, ...]:
    """Give a fact for each reference that links for the target and fails on another version.

    A name that the standard library had before is removed from it. Anything else is only
    reported when nothing but `requires-python` chose the target (not `pinned`): else the code
    is run by the target.
    """
    had: set[LibraryName] = set().union(*program.library.values()) if program.library else set()
    facts: list[BrokenReference] = []
    for other in others:
        removed = tuple(_removed(link) for link in other.broken if _needs(link) in had)
        further = tuple(
            link
            for link in other.broken
            if not pinned and _needs(link) not in had and link.origin is not Origin.THIRD_PARTY
        )
        broken = tuple(
            link
            for link in (*removed, *further)
            if link.problem in _ABSENCES or link.problem is Problem.REMOVED_FROM_LIBRARY
        )
        if broken:
            offers = {**program.names_by_path, **other.names_by_path}
            seen = replace(program, broken=broken, names_by_path=offers)
            facts += broken_references(seen, graph, entries)
    return with_versions(facts, others, admitted_by)


def with_versions(
    facts: Iterable[BrokenReference], others: Sequence[OtherVersion], admitted_by: str
) -> tuple[BrokenReference, ...]:
    """Say of each fact on which of the admitted Pythons it holds, where that is not on all.

    >>> with_versions([], [], "requires-python >=3.9")
    ()
    """
    told = []
    for fact in facts:
        failing = tuple(_text(other) for other in others if _fails(fact, other))
        if failing and len(failing) < len(others):
            fact = replace(fact, versions=failing, admitted_by=admitted_by)
        told.append(fact)
    return tuple(told)


def _fails(fact: BrokenReference, other: OtherVersion) -> bool:
    if fact.origin is Origin.STANDARD_LIBRARY:
        return library_name(fact.exception, fact.module, fact.name) in other.lacks
    return any((link.path, link.span) == (fact.path, fact.span) for link in other.broken)


def _removed(link: BrokenLink) -> BrokenLink:
    if link.problem in _ABSENCES:
        return replace(link, problem=Problem.REMOVED_FROM_LIBRARY)
    return link


def _needs(link: BrokenLink) -> LibraryName | None:
    if link.origin is not Origin.STANDARD_LIBRARY:
        return None
    return library_name(link.exception, link.module, link.name)


def _text(other: OtherVersion) -> str:
    return f"{other.version[0]}.{other.version[1]}"
