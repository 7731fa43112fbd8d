"""The import graph of a program: who imports whom, and what an entry point reaches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from linkstep.model.execution import Execution
from linkstep.model.facts import Reach, Runs
from linkstep.model.links import Edge


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
        self._all = _Arcs()
        self._starting = _Arcs()
        for edge in edges:
            hidden = edge.importer.removesuffix(".py") + "/__init__.py" in names
            if edge.importer in names and edge.target in names and not hidden:
                pair = names[edge.importer], names[edge.target]
                self._all.add(*pair)
                if edge.runs is Runs.IMPORT:
                    self._starting.add(*pair)
        for execution in executions:
            for executed in execution.modules:
                if executed.by.importer:
                    self._starting.add(executed.by.importer, executed.module)
        self._packages = packages_of(names.values())
        self._reached: dict[str, _Reached] = {}

    def importers(self, module: str) -> tuple[str, ...]:
        """Give the modules that import `module`, sorted.

        >>> from linkstep.model.facts import Runs
        >>> edge = Edge("a.py", "b.py", 1, Runs.IMPORT)
        >>> ImportGraph([edge], {"a.py": "a", "b.py": "b"}).importers("b")
        ('a',)
        """
        return tuple(sorted(self._all.before(module) - {module}))

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


class _Arcs:
    """Arcs from importer to imported; those from one module keep their order."""

    def __init__(self) -> None:
        self._after: dict[str, dict[str, None]] = {}
        self._before: dict[str, set[str]] = {}

    def add(self, importer: str, imported: str) -> None:
        self._after.setdefault(importer, {})[imported] = None
        self._before.setdefault(imported, set()).add(importer)

    def after(self, module: str) -> Iterable[str]:
        return self._after.get(module, ())

    def before(self, module: str) -> frozenset[str]:
        return frozenset(self._before.get(module, ()))


class _Reached:
    """What some modules lead to: at start, and by imports that wait for a call."""

    def __init__(
        self,
        starting: _Arcs,
        further: _Arcs,
        packages: Mapping[str, str],
        starts: Iterable[str],
    ) -> None:
        self._packages = packages
        self._before = dict.fromkeys(starts, "")
        self._spread(starting)
        self._started = frozenset(self._before)
        self._spread(further)

    def _spread(self, arcs: _Arcs) -> None:
        """Follow arcs from all that is reached, nearest modules first."""
        pending = deque(self._before)
        while pending:
            module = pending.popleft()
            package = self._packages.get(module)
            for imported in (*arcs.after(module), *((package,) if package else ())):
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
