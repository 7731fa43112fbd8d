"""The import graph of a program: who imports whom, and what an entry point reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

from linkstep.model.facts import Reach
from linkstep.model.links import Edge


class ImportGraph:
    """A directed graph over module names, from importer to imported."""

    def __init__(self, edges: Iterable[Edge], names: Mapping[str, str]) -> None:
        """Build the graph; `names` gives the module name of a path."""
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

        An entry point is `module` or `module:attribute`; a chain starts with its module
        and ends with `module`.
        """
        found = []
        for entry in entries:
            start = entry.partition(":")[0]
            if start not in self._chains:
                self._chains[start] = (
                    nx.single_source_shortest_path(self._graph, start)
                    if start in self._graph
                    else {start: [start]}
                )
            chain = self._chains[start].get(module)
            if chain is not None:
                found.append(Reach(entry, tuple(chain)))
        return tuple(found)
