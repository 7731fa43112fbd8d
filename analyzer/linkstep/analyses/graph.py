"""The import graph of a program: who imports whom, and what an entry point reaches."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import networkx as nx

from linkstep.model.execution import Execution
from linkstep.model.facts import Reach, Runs
from linkstep.model.import_map import ImportMap
from linkstep.model.links import Edge

Pairs = Iterable[tuple[str, str]]

_COMPARED = 200  # chains of equal length of which the first by name are given


class ImportGraph:
    """A directed graph over module names, from importer to imported."""

    def __init__(
        self,
        edges: Iterable[Edge],
        names: Mapping[str, str],
        starts: Mapping[str, Sequence[str]] | None = None,
        executions: Iterable[Execution] = (),
    ) -> None:
        """Build the graph; `names` gives the module name of a path.

        `starts` says with which modules an entry point begins whose name does not say it;
        `executions` add what functions import that are called while modules are imported.
        A module leads to its packages too, which are imported before it. A file beside a
        package of its name is never imported, so it leads nowhere.
        """
        self._starts = starts or {}
        self._all: nx.DiGraph[str] = nx.DiGraph()
        self._starting: nx.DiGraph[str] = nx.DiGraph()
        for edge in edges:
            hidden = edge.importer.removesuffix(".py") + "/__init__.py" in names
            if edge.importer in names and edge.target in names and not hidden:
                pair = names[edge.importer], names[edge.target]
                self._all.add_edge(*pair)
                if edge.runs is Runs.IMPORT:
                    self._starting.add_edge(*pair)
        for execution in executions:
            for executed in execution.modules:
                if executed.by.importer:
                    self._starting.add_edge(executed.by.importer, executed.module)
        self._packages = packages_of(names.values())
        self._reached: dict[str, _Reached] = {}

    def importers(self, module: str) -> tuple[str, ...]:
        """Give the modules that import `module`, sorted.

        >>> from linkstep.model.facts import Runs
        >>> edge = Edge("a.py", "b.py", 1, Runs.IMPORT)
        >>> ImportGraph([edge], {"a.py": "a", "b.py": "b"}).importers("b")
        ('a',)
        """
        if module not in self._all:
            return ()
        return tuple(sorted(set(self._all.predecessors(module)) - {module}))

    def reached_from(self, module: str, entries: Iterable[str]) -> tuple[Reach, ...]:
        """Give the entry points that reach `module`, each with the shortest chain.

        An entry point is `module` or `module:attribute`, or one of the `starts`; a chain
        starts with its module and ends with `module`. What is executed when the process
        starts goes first; a chain is deferred when one of its imports waits for a call.

        >>> from linkstep.model.facts import Runs
        >>> late = Edge("a.py", "b.py", 1, Runs.CALL)
        >>> ImportGraph([late], {"a.py": "a", "b.py": "b"}).reached_from("b", ["a:app"])
        (Reach(entry='a:app', chain=('a', 'b'), deferred=True),)
        """
        found = [reach for entry in entries if (reach := self._by(entry, module)) is not None]
        return tuple(sorted(found, key=lambda reach: reach.deferred))

    def unreached(self, modules: Iterable[str], entries: Sequence[str]) -> tuple[str, ...]:
        """Give the modules that no entry point reaches; none when there are no entry points."""
        return tuple(
            module
            for module in modules
            if entries and all(self._by(entry, module) is None for entry in entries)
        )

    def _by(self, entry: str, module: str) -> Reach | None:
        reached = self._reached.get(entry)
        if reached is None:
            starts = self._starts.get(entry, (entry.partition(":")[0],))
            reached = _Reached(self._starting, self._all, self._packages, starts)
            self._reached[entry] = reached
        chain = reached.chain(module)
        return None if chain is None else Reach(entry, chain, reached.is_deferred(module))


class _Reached:
    """What some modules lead to: at start, and by imports that wait for a call."""

    def __init__(
        self,
        starting: nx.DiGraph[str],
        further: nx.DiGraph[str],
        packages: Mapping[str, str],
        starts: Iterable[str],
    ) -> None:
        self._packages = packages
        self._before = dict.fromkeys(starts, "")
        self._spread(starting)
        self._started = frozenset(self._before)
        self._spread(further)

    def _spread(self, graph: nx.DiGraph[str]) -> None:
        """Follow a graph from all that is reached, nearest modules first."""
        pending = deque(self._before)
        while pending:
            module = pending.popleft()
            package = self._packages.get(module)
            for imported in (*graph.adj.get(module, ()), *((package,) if package else ())):
                if imported not in self._before:
                    self._before[imported] = module
                    pending.append(imported)

    def is_deferred(self, module: str) -> bool:
        return module not in self._started

    def chain(self, module: str) -> tuple[str, ...] | None:
        """Give the modules from a start to this one, None when it is not reached."""
        if module not in self._before:
            return None
        steps = [module]
        while self._before[steps[-1]]:
            steps.append(self._before[steps[-1]])
        return tuple(reversed(steps))


def packages_of(names: Iterable[str]) -> dict[str, str]:
    """Give the package of each module that has one among the names, the nearest one.

    >>> packages_of(["shop", "shop.db.pool", "shop.main", "tool"])
    {'shop.db.pool': 'shop', 'shop.main': 'shop'}
    """
    known = frozenset(names)
    found: dict[str, str] = {}
    for name in sorted(known):
        above = name.rpartition(".")[0]
        while above and above not in known:
            above = above.rpartition(".")[0]
        if above:
            found[name] = above
    return found


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
