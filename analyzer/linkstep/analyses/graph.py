"""The import graph of a program: who imports whom, and what an entry point reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import networkx as nx

from linkstep.model.facts import Reach
from linkstep.model.import_map import ImportMap
from linkstep.model.links import Edge

Pairs = Iterable[tuple[str, str]]


class ImportGraph:
    """A directed graph over module names, from importer to imported."""

    def __init__(
        self,
        edges: Iterable[Edge],
        names: Mapping[str, str],
        starts: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Build the graph; `names` gives the module name of a path.

        `starts` says with which modules an entry point begins whose name does not say it.
        """
        self._starts = starts or {}
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._graph.add_edges_from(
            (names[edge.importer], names[edge.target])
            for edge in edges
            if edge.importer in names and edge.target in names
        )
        self._chains: dict[str, dict[str, list[str]]] = {}

    def importers(self, module: str) -> tuple[str, ...]:
        """Give the modules that import `module`, sorted.

        >>> from linkstep.model.facts import Runs
        >>> edge = Edge("a.py", "b.py", 1, Runs.IMPORT)
        >>> ImportGraph([edge], {"a.py": "a", "b.py": "b"}).importers("b")
        ('a',)
        """
        if module not in self._graph:
            return ()
        return tuple(sorted(set(self._graph.predecessors(module)) - {module}))

    def reached_from(self, module: str, entries: Iterable[str]) -> tuple[Reach, ...]:
        """Give the entry points that reach `module`, each with the shortest chain.

        An entry point is `module` or `module:attribute`, or one of the `starts`; a chain
        starts with its module and ends with `module`.
        """
        found = []
        for entry in entries:
            starts = self._starts.get(entry, (entry.partition(":")[0],))
            chains = [c for c in (self._from(start).get(module) for start in starts) if c]
            if chains:
                found.append(Reach(entry, tuple(min(chains, key=len))))
        return tuple(found)

    def _from(self, start: str) -> dict[str, list[str]]:
        """Give the shortest chains from a module to all that it reaches."""
        if start not in self._chains:
            self._chains[start] = (
                nx.single_source_shortest_path(self._graph, start)
                if start in self._graph
                else {start: [start]}
            )
        return self._chains[start]


def circles_in(pairs: Pairs) -> list[list[str]]:
    """Give the strongly connected components of more than one module, sorted.

    >>> circles_in([("a", "b"), ("b", "a"), ("b", "c")])
    [['a', 'b']]
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(pairs)
    components = nx.strongly_connected_components(graph)
    return sorted(sorted(component) for component in components if len(component) > 1)


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
        graph.add_edge(*ends, **_attributes(values, plain))
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
