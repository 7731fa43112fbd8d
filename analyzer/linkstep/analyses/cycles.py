"""Circles of imports: those that raise, and those that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from linkstep.analyses.graph import ImportGraph
from linkstep.model.execution import Cycle, CycleFailure, ImportStep, Order
from linkstep.model.facts import FailingCycle, Hit, ImportCycle
from linkstep.model.links import Program
from linkstep.model.summary import Span

Components = Callable[[Mapping[str, Sequence[str]]], Iterator[tuple[str, ...]]]


def import_cycles(
    program: Program,
    graph: ImportGraph,
    entries: Sequence[str],
    checked: frozenset[str],
    components: Components,
) -> tuple[FailingCycle | ImportCycle, ...]:
    """Give a fact for each statement that a circle makes fail, and for each other circle.

    `checked` are the files that facts may be about. A statement that fails for want of the
    name, in whatever order, is no circle's fault. `components` gives the strongly connected
    components of a graph.
    """
    broken = {(link.path, link.span) for link in program.broken}
    return tuple(
        fact
        for cycle in program.cycles
        for fact in _of_cycle(cycle, graph, entries, components)
        if fact.path in checked and (fact.path, fact.span) not in broken
    )


def _of_cycle(
    cycle: Cycle, graph: ImportGraph, entries: Sequence[str], components: Components
) -> Iterator[FailingCycle | ImportCycle]:
    for failure in cycle.failures:
        yield _failing(failure, graph, entries)
    failing = {name for failure in cycle.failures for name in (failure.importing, failure.module)}
    arcs: dict[str, list[str]] = {}
    for edge in cycle.edges:
        arcs.setdefault(edge.importer, []).append(edge.module)
    circles = (tuple(sorted(modules)) for modules in components(arcs) if len(modules) > 1)
    for modules in sorted(circles):
        if failing.isdisjoint(modules):
            yield _plain(modules, cycle.edges, graph, entries)


def _failing(failure: CycleFailure, graph: ImportGraph, entries: Sequence[str]) -> FailingCycle:
    known = failure.order is not Order.FIRST_IMPORT
    return FailingCycle(
        path=failure.path,
        span=failure.span,
        importing=failure.importing,
        module=failure.module,
        module_path=failure.module_path,
        name=failure.name,
        exception=failure.exception,
        order=failure.order,
        hit=Hit.SURE if known else Hit.POSSIBLE,
        first=failure.chain[0].module if failure.chain else failure.importing,
        chain=failure.chain,
        leaving_line=failure.leaving_line,
        binding_line=failure.binding_line,
        entry=failure.entry,
        failing=failure.failing,
        working=failure.working,
        remedies=failure.remedies,
        imported_by=graph.importers(failure.importing),
        reached_from=graph.reached_from(failure.importing, entries),
    )


def _plain(
    modules: Sequence[str],
    edges: Sequence[ImportStep],
    graph: ImportGraph,
    entries: Sequence[str],
) -> ImportCycle:
    inside = tuple(e for e in edges if e.importer in modules and e.module in modules)
    first = inside[0]
    return ImportCycle(
        path=first.path,
        span=Span(first.line, 1, first.line, 1),
        module=first.importer,
        modules=tuple(modules),
        edges=inside,
        reached_from=graph.reached_from(first.importer, entries),
    )
