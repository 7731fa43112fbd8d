"""The import map of a program: all of it, or the part that was asked for.

The order of the cuts matters: circles are numbered on the whole map, so that an edge
keeps its circle whatever is left out; collapsing comes last, so that a focus can name a
module that is not shown by itself.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from linkstep.analyses.graph_algorithms import circles_in, within
from linkstep.model.facts import BrokenReference, Fact, Runs
from linkstep.model.import_map import ImportMap, MapEdge, MapNode, MapRequest
from linkstep.model.links import Program


def import_map(program: Program, facts: Sequence[Fact]) -> ImportMap:
    """Give the first-party modules of a program and the imports between them.

    A module that is imported and does not exist is a node too. Circles are those of
    imports that run at import; a deferred import in a function waits for a call, and that
    is how circles are usually cut.

    >>> import_map(Program((), (), (), 0, 0, {}, {}), [])
    ImportMap(nodes=(), edges=())
    """
    names = {module.path: module.name for module in program.modules}
    broken = [fact for fact in facts if isinstance(fact, BrokenReference)]
    linked = (
        MapEdge(names[edge.importer], names[edge.target], edge.importer, edge.line, edge.runs)
        for edge in program.edges
        if edge.importer in names and edge.target in names
    )
    failing = _merged(filter(None, map(_broken_edge, broken)))
    places = {(edge.importer, edge.imported, edge.line) for edge in failing}
    edges = [e for e in linked if (e.importer, e.imported, e.line) not in places] + failing
    findings = Counter(fact.importing for fact in broken)
    nodes = {name: MapNode(name, path, findings[name]) for path, name in names.items()}
    for edge in edges:
        for name in (edge.importer, edge.imported):
            nodes.setdefault(name, MapNode(name, missing=True))
    merged = _merged(edge for edge in edges if edge.importer != edge.imported)
    return ImportMap(tuple(sorted(nodes.values())), _numbered(merged))


def part_of(whole: ImportMap, wanted: MapRequest) -> ImportMap:
    """Give the part of a map that was asked for; nodes without an edge go with a cut.

    >>> edges = [MapEdge(a, b, "", 1, Runs.IMPORT) for a, b in ("ab", "bc", "cd")]
    >>> whole = ImportMap(tuple(map(MapNode, "abcd")), tuple(edges))
    >>> [node.name for node in part_of(whole, MapRequest(focus=("b",), depth=1)).nodes]
    ['a', 'b', 'c']
    """
    edges = [edge for edge in whole.edges if _is_wanted(edge, wanted)]
    kept = {node.name for node in whole.nodes}
    if wanted.circles or wanted.broken:
        kept = {name for edge in edges for name in (edge.importer, edge.imported)}
    if wanted.focus:
        pairs = [(edge.importer, edge.imported) for edge in edges]
        focus = [name for name in kept if any(_matches(name, p) for p in wanted.focus)]
        kept = within(pairs, focus, wanted.depth)
    edges = [edge for edge in edges if edge.importer in kept and edge.imported in kept]
    nodes = tuple(node for node in whole.nodes if node.name in kept)
    if wanted.levels is None:
        return ImportMap(nodes, tuple(edges))
    return _collapsed(nodes, edges, wanted.levels)


def _is_wanted(edge: MapEdge, wanted: MapRequest) -> bool:
    if wanted.at_import and edge.runs is not Runs.IMPORT:
        return False
    if wanted.circles and not edge.circle:
        return False
    return bool(edge.broken) or not wanted.broken


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or name.startswith(pattern + ".") or fnmatch.fnmatchcase(name, pattern)


def _broken_edge(fact: BrokenReference) -> MapEdge | None:
    """Give the edge to the module that lacks something, or that is not there."""
    is_module = fact.exception.startswith("ModuleNotFoundError")
    imported = fact.name if is_module else fact.module
    if not imported:
        return None
    line = fact.span.line
    return MapEdge(fact.importing, imported, fact.path, line, fact.runs, broken=(fact.name,))


def _merged(edges: Iterable[MapEdge]) -> list[MapEdge]:
    """Join the edges between the same two nodes: an import at import time goes first."""
    merged: dict[tuple[str, str], MapEdge] = {}
    for edge in sorted(edges, key=lambda e: (e.importer, e.imported, e.runs is Runs.CALL, e.line)):
        pair = edge.importer, edge.imported
        first = merged.get(pair)
        if first is None:
            merged[pair] = edge
        else:
            broken = tuple(dict.fromkeys((*first.broken, *edge.broken)))
            imports = first.imports + edge.imports
            circle = first.circle or edge.circle
            merged[pair] = replace(first, broken=broken, circle=circle, imports=imports)
    return list(merged.values())


def _numbered(edges: Sequence[MapEdge]) -> tuple[MapEdge, ...]:
    """Give every edge the number of the circle it closes."""
    pairs = [(edge.importer, edge.imported) for edge in edges if edge.runs is Runs.IMPORT]
    number = {name: count for count, circle in enumerate(circles_in(pairs), 1) for name in circle}
    return tuple(
        replace(edge, circle=number[edge.importer])
        if edge.runs is Runs.IMPORT
        and edge.importer in number
        and number[edge.importer] == number.get(edge.imported)
        else edge
        for edge in edges
    )


def _collapsed(nodes: Sequence[MapNode], edges: Sequence[MapEdge], levels: int) -> ImportMap:
    def package(name: str) -> str:
        return ".".join(name.split(".")[:levels])

    packages: dict[str, MapNode] = {}
    for node in nodes:
        name = package(node.name)
        before = packages.get(name, MapNode(name, missing=True))
        packages[name] = MapNode(
            name,
            node.path if node.name == name else before.path,
            before.findings + node.findings,
            before.missing and node.missing,
        )
    joined = (
        replace(edge, importer=package(edge.importer), imported=package(edge.imported))
        for edge in edges
    )
    between = (edge for edge in joined if edge.importer != edge.imported)
    return ImportMap(tuple(sorted(packages.values())), tuple(_merged(between)))
