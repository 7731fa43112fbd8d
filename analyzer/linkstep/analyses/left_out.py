"""Modules that are imported and do not get to where the program runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from linkstep.analyses.graph import ImportGraph
from linkstep.model.delivery import Delivery
from linkstep.model.facts import (
    BrokenReference,
    Fact,
    LeftOut,
    LeftOutModule,
    LeftOutOf,
    Problem,
    Reach,
)
from linkstep.model.links import BrokenLink, Edge

_KINDS = {LeftOutOf.GIT: LeftOut.UNTRACKED, LeftOutOf.PRODUCTION: LeftOut.TEST_CODE}
_PROBLEMS = (Problem.MISSING_MODULE, Problem.UNDEFINED_NAME, Problem.UNDEFINED_ATTRIBUTE)

_DEAD = Problem.DEAD_FALLBACK


def importers_of_left_out(edges: Iterable[Edge], delivery: Delivery) -> dict[str, tuple[str, ...]]:
    """Give the files that get there and import one that does not, with the files they import."""
    found: dict[str, dict[str, None]] = {}
    for edge in edges:
        if delivery.lacks(edge.target) and delivery.takes(edge.importer):
            found.setdefault(edge.importer, {}).setdefault(edge.target)
    return {importer: tuple(targets) for importer, targets in sorted(found.items())}


def left_out_modules(
    broken: Iterable[BrokenLink],
    targets: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    delivery: Delivery,
    graph: ImportGraph,
    entries: Sequence[str],
) -> tuple[LeftOutModule, ...]:
    """Give a fact for each import that works in the sources and is broken without a file.

    `broken` are the links that break where only what is delivered is there, `targets` the
    files that each importer lacks there, `names` the module name of each of them. An
    import that may fail, as a guard says, gives no fact.
    """
    facts: dict[tuple[object, ...], LeftOutModule] = {}
    for link in broken:
        if link.optional or link.cause is not None or link.problem not in _PROBLEMS:
            continue
        if delivery.of is LeftOutOf.PRODUCTION and _runs_tests(link):
            continue
        wanted = link.name if link.problem is Problem.MISSING_MODULE else ""
        wanted = wanted or f"{link.module}.{link.name}"
        target = next((t for t in targets.get(link.path, ()) if _is(names[t], wanted)), None)
        if target is not None:
            key = (link.path, link.span.line, target)
            reached = graph.reached_from(link.importing, entries)
            facts.setdefault(key, _fact(link, wanted, target, delivery, reached))
    return tuple(facts.values())


def in_place_of(
    facts: Iterable[Fact], on_disk: Callable[[str], str | None], delivery: Delivery
) -> tuple[Fact, ...]:
    """Give facts about a delivery, in which modules that it left out are told as such.

    `on_disk` gives the file of a module that the delivery lacks. A guarded import of one
    gives no fact: where the file is, it works.
    """
    told: list[Fact] = []
    for fact in facts:
        target = None
        if isinstance(fact, BrokenReference) and fact.problem in (*_PROBLEMS, _DEAD):
            wanted = _wanted(fact)
            target = on_disk(wanted)
        if not isinstance(fact, BrokenReference) or target is None:
            told.append(fact)
        elif fact.problem is not _DEAD:
            told.append(_fact(fact, wanted, target, delivery, fact.reached_from))
    return tuple(told)


def _wanted(fact: BrokenReference) -> str:
    """Give the module that a reference asks for, if what it asks for is one."""
    is_module = fact.exception.startswith("ModuleNotFoundError")
    return fact.name if is_module else f"{fact.module}.{fact.name}"


def _runs_tests(link: BrokenLink) -> bool:
    """Whether only whoever runs tests gets to an import: a function `test()`, a script."""
    return link.function is not None and (
        link.function == "__main__" or "test" in link.function.lower()
    )


def _is(module: str, wanted: str) -> bool:
    """Whether a module is what is missing, or is in the package that is missing."""
    return module == wanted or module.startswith(wanted + ".")


def _fact(
    link: BrokenLink | BrokenReference,
    module: str,
    target: str,
    delivery: Delivery,
    reached: tuple[Reach, ...],
) -> LeftOutModule:
    return LeftOutModule(
        path=link.path,
        span=link.span,
        importing=link.importing,
        module=module,
        target=target,
        problem=_KINDS.get(delivery.of, LeftOut.UNDELIVERED),
        of=delivery.of,
        cause=delivery.cause(target),
        runs=link.runs,
        exception=link.exception,
        guard=link.guard,
        function=link.function,
        reached_from=reached,
    )
