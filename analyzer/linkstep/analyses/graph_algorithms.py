"""Algorithms on import graphs: circles, what is near, chains, layers, and other tools' formats.

This is the home of networkx. Importing it takes longer than checking a small project, so
nothing that an ordinary check does is in here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import networkx as nx

from linkstep.model.import_map import ImportMap

Pairs = Iterable[tuple[str, str]]

_COMPARED = 200  # chains of equal length of which the first by name are given


def circles_in(pairs: Pairs) -> list[tuple[str, ...]]:
    """Give the strongly connected components of more than one module, sorted.

    >>> circles_in([("a", "b"), ("b", "a"), ("b", "c")])
    [('a', 'b')]
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(pairs)
    components = nx.strongly_connected_components(graph)
    return sorted(tuple(sorted(circle)) for circle in components if len(circle) > 1)


def within(pairs: Pairs, focus: Sequence[str], depth: int | None) -> set[str]:
    """Give what the focus reaches and what reaches it, within `depth` steps each way.

    >>> sorted(within([("a", "b"), ("b", "c"), ("c", "d")], ["b"], 1))
    ['a', 'b', 'c']
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(focus)
    graph.add_edges_from(pairs)
    found = set(focus)
    for way in (graph, graph.reverse(copy=False)):
        for start in focus:
            found |= set(nx.single_source_shortest_path_length(way, start, depth))
    return found


def shortest_chains(
    pairs: Pairs, starts: Sequence[str], goals: Sequence[str], most: int
) -> list[tuple[str, ...]]:
    """Give up to `most` of the shortest chains from a start to a goal, sorted.

    >>> shortest_chains([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], ["a"], ["d"], 2)
    [('a', 'b', 'd'), ('a', 'c', 'd')]
    >>> shortest_chains([("a", "b")], ["b"], ["a"], 1)
    []
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    begin, end = "\0begin", "\0end"  # no module is called so
    graph.add_edges_from((begin, start) for start in sorted(starts))
    graph.add_edges_from(sorted(pairs))
    graph.add_edges_from((goal, end) for goal in sorted(goals))
    if begin not in graph or end not in graph or not nx.has_path(graph, begin, end):
        return []
    found = itertools.islice(nx.all_shortest_paths(graph, begin, end), _COMPARED)
    return sorted(tuple(chain[1:-1]) for chain in found)[:most]


def node_link(shown: ImportMap) -> dict[str, object]:
    """Give a map as networkx's node-link data, which other tools read."""
    data: dict[str, object] = nx.node_link_data(_directed(shown, _as_is), edges="links")
    return data


def graphml(shown: ImportMap) -> Iterator[str]:
    """Give a map as the lines of a GraphML document.

    GraphML has no lists, and XML no control characters (section 2.2 of its standard).
    """
    lines: Iterator[str] = nx.generate_graphml(_directed(shown, _as_text), named_key_ids=True)
    return lines


def _directed(shown: ImportMap, plain: Callable[[object], object]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for node in shown.nodes:
        values = msgspec.structs.asdict(node)
        graph.add_node(str(plain(values.pop("name"))), **_attributes(values, plain))
    for edge in shown.edges:
        values = msgspec.structs.asdict(edge)
        ends = str(plain(values.pop("importer"))), str(plain(values.pop("imported")))
        graph.add_edges_from([(*ends, _attributes(values, plain))])
    return graph


def _attributes(
    values: Mapping[str, object], plain: Callable[[object], object]
) -> dict[str, object]:
    return {key: plain(value) for key, value in values.items() if value is not None}


def _as_is(value: object) -> object:
    return value


def _as_text(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(_as_text(item)) for item in value)
    if isinstance(value, str):
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value)
    return value


def layers_of(pairs: Pairs, names: Iterable[str]) -> dict[str, int]:
    """Give each name the number of steps that the longest way to it has.

    What is connected in a circle is one step, so all of it has the same number.

    >>> sorted(layers_of([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")], "abcd").items())
    [('a', 0), ('b', 1), ('c', 1), ('d', 2)]
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((importer, imported) for importer, imported in pairs)
    knots = nx.condensation(graph)
    layer: dict[int, int] = {}
    for knot in nx.topological_sort(knots):
        layer[knot] = max((layer[before] + 1 for before in knots.predecessors(knot)), default=0)
    return {name: layer[knot] for name, knot in knots.graph["mapping"].items()}
