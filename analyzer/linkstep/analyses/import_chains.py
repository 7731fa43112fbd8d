"""Chains of imports from one module to another, with what is to be known of each step.

Chains that run when the program starts go before those with an import that waits for a
call: a shorter way through a function that nobody calls explains less. Between two
modules the import is taken that works, and runs first.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from linkstep.analyses.graph import packages_of
from linkstep.analyses.graph_algorithms import shortest_chains
from linkstep.analyses.import_sites import Guarding, Site, import_sites
from linkstep.model.facts import BrokenReference, Guard, Runs
from linkstep.model.links import LinkedModule, Program
from linkstep.model.summary import ImportFrom
from linkstep.model.why import Hop

GuardOf = Callable[[str, Guarding], Guard]
"""The guard that stops an exception, given by its name, among those around a place."""

Arcs = Mapping[tuple[str, str], Hop]
"""Steps by the modules that they lead from and to."""

_NONE: Arcs = {}


class ImportChains:
    """The imports of a program, to be followed from module to module."""

    def __init__(
        self, program: Program, broken: Iterable[BrokenReference], guard_of: GuardOf
    ) -> None:
        """Note every import; `broken` are the references that raise."""
        self._guard_of = guard_of
        self.modules = {module.name: module for module in program.modules}
        self._names = {module.path: module.name for module in program.modules}
        self._failing = {
            self._names[one.path]: one.exception
            for one in program.failing
            if one.path in self._names
        }
        self._called = {
            (executed.by.path, executed.by.line)
            for execution in program.executions
            for executed in execution.modules
            if executed.called
        }
        self._sites: dict[str, dict[int, Site]] = {}
        self.arcs: dict[tuple[str, str], Hop] = {}
        for importer, hop in self._hops(program, broken):
            known = self.arcs.get((importer, hop.module))
            if importer != hop.module and (known is None or _weight(hop) < _weight(known)):
                self.arcs[importer, hop.module] = hop

    def between(
        self, starts: Sequence[str], goals: Sequence[str], most: int, last: Arcs = _NONE
    ) -> tuple[tuple[Hop, ...], ...]:
        """Give the shortest chains from a start to a goal, those that run at start first.

        `last` are further steps, such as those to one name of a module.
        """
        arcs = {**self.arcs, **last}
        at_start = [pair for pair, hop in arcs.items() if not hop.is_deferred]
        found = shortest_chains(at_start, starts, goals, most)
        shorter = shortest_chains(arcs, starts, goals, most)
        if found and len(shorter[0]) < len(found[0]):
            found = [*found[: most - 1], shorter[0]] if most > 1 else found
        return tuple(self._described(chain, arcs) for chain in found or shorter)

    def _described(self, chain: Sequence[str], arcs: Arcs) -> tuple[Hop, ...]:
        """Give the steps of a chain with the function and the guard of each statement."""
        hops = [Hop(chain[0])]
        for pair in itertools.pairwise(chain):
            hops.append(self._placed(pair[0], arcs[pair]))
        return tuple(hops)

    def _placed(self, importer: str, hop: Hop) -> Hop:
        site = self._sites_of(importer).get(hop.line) if hop.path else None
        if site is None:
            return hop
        raised = (hop.raises or "ImportError").partition(":")[0]
        guard = self._guard_of(raised, site.guards)
        return replace(hop, function=hop.function or site.function, guard=guard)

    def _sites_of(self, importer: str) -> Mapping[int, Site]:
        known = self._sites.get(importer)
        if known is None:
            module = self.modules.get(importer)
            sites = import_sites(module.summary) if module is not None else ()
            known = self._sites[importer] = {line: s for s in sites for line in s.lines}
        return known

    # The steps

    def _hops(
        self, program: Program, broken: Iterable[BrokenReference]
    ) -> Iterator[tuple[str, Hop]]:
        raising = self._raising(program, broken)
        for edge in program.edges:
            importer, target = self._names.get(edge.importer), self._names.get(edge.target)
            hidden = edge.importer.removesuffix(".py") + "/__init__.py" in self._names
            if importer is not None and target is not None and not hidden:
                place = edge.importer, edge.line
                raises = raising.get((*place, target)) or self._failing.get(target, "")
                called = edge.runs is Runs.CALL and place in self._called
                yield importer, Hop(target, *place, edge.runs, called=called, raises=raises)
        for fact in broken:
            if fact.exception.startswith("ModuleNotFoundError") and fact.path in self._names:
                place = fact.path, fact.span.line
                yield (
                    fact.importing,
                    Hop(fact.name, *place, fact.runs, fact.function, raises=fact.exception),
                )
        for one in program.foreign:
            yield one.importing, Hop(one.module, one.path, one.span.line, one.runs, one.function)
        for name, package in packages_of(self.modules).items():
            yield name, Hop(package, implied=True, raises=self._failing.get(package, ""))
        yield from self._library_hops(program)

    def _library_hops(self, program: Program) -> Iterator[tuple[str, Hop]]:
        """Give the imports of the standard library; only the modules they need are known."""
        for module in program.modules:
            needed = {name for name, _ in program.library.get(module.path, ())}
            for site in import_sites(module.summary) if needed else ():
                step = site.step
                if step.module in needed and not (isinstance(step, ImportFrom) and step.level):
                    runs = Runs.CALL if site.function is not None else Runs.IMPORT
                    place = module.path, step.span.line
                    yield module.name, Hop(step.module, *place, runs, site.function)

    def _raising(
        self, program: Program, broken: Iterable[BrokenReference]
    ) -> dict[tuple[str, int, str], str]:
        """Give the imports that ask an existing module for what it lacks, by place and module.

        An edge has the line of its statement, a broken reference that of the name, which may
        be below it.
        """
        lines: dict[tuple[str, str], list[int]] = defaultdict(list)
        for edge in program.edges:
            lines[edge.importer, self._names.get(edge.target, "")].append(edge.line)
        raising = {}
        for fact in broken:
            if not fact.exception.startswith("ImportError"):
                continue
            above = [n for n in lines.get((fact.path, fact.module), ()) if n <= fact.span.line]
            if above:
                raising[fact.path, max(above), fact.module] = fact.exception
        return raising


def _weight(hop: Hop) -> tuple[bool, bool, bool, str, int]:
    """Order the imports between two modules: the best one first."""
    return hop.is_deferred, bool(hop.raises), hop.implied, hop.path, hop.line


def members_of(name: str, modules: Mapping[str, LinkedModule]) -> tuple[str, ...]:
    """Give the module of a name, or all modules of a package that has no file of its own."""
    if name in modules:
        return (name,)
    return tuple(module for module in modules if module.startswith(f"{name}."))
