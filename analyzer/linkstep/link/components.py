"""Strongly connected components: the modules that can import each other in a circle."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(edges: Mapping[Node, Iterable[Node]]) -> Iterator[tuple[Node, ...]]:
    """Give the strongly connected components of a graph, each after all that it leads to.

    `edges` gives the nodes that a node leads to; those that are no keys lead nowhere. The
    order of the result depends on nothing but the order of `edges`. Tarjan's algorithm,
    without recursion: chains of imports are longer than the interpreter's stack.

    >>> list(components({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["a"]}))
    [('b', 'c'), ('a',), ('d',)]
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    on_path: set[Node] = set()
    path: list[Node] = []
    for start in edges:
        if start in number:
            continue
        pending = [(start, iter(edges.get(start, ())))]
        number[start] = lowest[start] = len(number)
        path.append(start)
        on_path.add(start)
        while pending:
            node, targets = pending[-1]
            for target in targets:
                if target not in number:
                    number[target] = lowest[target] = len(number)
                    path.append(target)
                    on_path.add(target)
                    pending.append((target, iter(edges.get(target, ()))))
                    break
                if target in on_path:
                    lowest[node] = min(lowest[node], number[target])
            else:
                pending.pop()
                if pending:
                    above = pending[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    found = [path.pop()]
                    while found[-1] != node:
                        found.append(path.pop())
                    on_path.difference_update(found)
                    yield tuple(reversed(found))
