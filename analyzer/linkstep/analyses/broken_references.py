"""From broken links to facts: one for each cause, with what else fails for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.suggestions import Definitions, closest
from linkstep.model.facts import BrokenReference, Location, Problem
from linkstep.model.links import BrokenLink, Program


def broken_references(
    program: Program, graph: ImportGraph, entries: Sequence[str]
) -> tuple[BrokenReference, ...]:
    """Give a fact for every reference that fails by its own fault.

    A reference that fails because of one of these (a broken re-export, a module that
    cannot be imported) is listed with it. Accepted absences give no fact.
    """
    repeated = _repeated(program.broken)
    definitions = Definitions(program.modules)
    facts = []
    for link in program.broken:
        if link.cause is None and not link.optional:
            used_by = repeated.get((link.path, link.span.line), ())
            facts.append(_fact(link, program, graph, entries, definitions, used_by))
    return tuple(facts)


def _repeated(broken: Sequence[BrokenLink]) -> dict[tuple[str, int], list[Location]]:
    """Give the places that fail for another one's cause, by the place that has none."""
    own = {(link.path, link.span.line) for link in broken if link.cause is None}
    further = {
        (link.path, link.span.line): (link.cause[0], link.cause[1].line)
        for link in broken
        if link.cause is not None
    }
    repeated: dict[tuple[str, int], list[Location]] = defaultdict(list)
    for link in broken:
        if link.cause is not None:
            place = (link.cause[0], link.cause[1].line)
            for _ in further:  # at most so many steps: causes may go round
                if place in own or place not in further:
                    break
                place = further[place]
            repeated[place].append(Location(link.path, link.span))
    return repeated


def _fact(
    link: BrokenLink,
    program: Program,
    graph: ImportGraph,
    entries: Sequence[str],
    definitions: Definitions,
    used_by: Sequence[Location],
) -> BrokenReference:
    offers = program.names_by_path.get(link.module_path or "", ())
    public = tuple(name for name in offers if not name.startswith("_"))
    elsewhere = _elsewhere(link, definitions)
    return replace(
        reference_of(link),
        offered_by=link.module_path if offers else None,
        offers=public,
        suggestion=_suggestion(link, offers, elsewhere, definitions),
        elsewhere=elsewhere,
        condition=link.condition,
        via=link.via,
        used_by=tuple(sorted(set(used_by))),
        imported_by=graph.importers(link.importing),
        reached_from=graph.reached_from(link.importing, entries),
    )


def reference_of(link: BrokenLink) -> BrokenReference:
    """Give the fact of a broken link with what the link alone tells: where, what, and how."""
    return BrokenReference(
        problem=link.problem,
        path=link.path,
        span=link.span,
        importing=link.importing,
        module=link.module,
        name=link.name,
        origin=link.origin,
        runs=link.runs,
        exception=link.exception,
        guard=link.guard,
        function=link.function,
        says=link.says,
    )


# What these are about is known: no other module is meant.
_SETTLED = frozenset(
    {Problem.POSSIBLY_UNDEFINED_NAME, Problem.CASE_MISMATCH, Problem.REMOVED_FROM_LIBRARY}
)


def _elsewhere(link: BrokenLink, definitions: Definitions) -> tuple[str, ...]:
    if link.via is not None or link.problem in _SETTLED:
        return ()
    if link.exception.startswith("ModuleNotFoundError"):
        return definitions.of_module(link.name)
    return tuple(name for name in definitions.of_name(link.name) if name != link.module)


def _suggestion(
    link: BrokenLink, offers: Sequence[str], elsewhere: Sequence[str], definitions: Definitions
) -> str | None:
    """Give the full name of what was probably meant; it is there, or None is given."""
    if link.spelling is not None:
        return link.spelling
    if link.via is not None or link.problem in _SETTLED:
        return None
    if link.exception.startswith("ModuleNotFoundError"):
        parent, _, last = link.name.rpartition(".")
        near = closest(last, definitions.below(parent)) if parent else None
        if near is not None:
            return f"{parent}.{near}"
        return elsewhere[0] if len(elsewhere) == 1 else None
    if len(elsewhere) == 1:
        return f"{elsewhere[0]}.{link.name}"
    near = closest(link.name, offers)
    return f"{link.module}.{near}" if near is not None else None
