"""Execution order: which modules an entry point executes, and which circles raise.

`Executions` builds on what linking found: the import edges, and the functions that are
called while modules are imported. Only modules in circles are executed as first imports;
a program is executed from an entry point when somebody asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from linkstep.link.acts import Act, Call, Import, TakeAll, TakeNames
from linkstep.link.components import components
from linkstep.link.cycles import Scene, describe, failures, is_hopeless, told, try_firsts
from linkstep.link.guarding import is_main_test
from linkstep.link.importing import Importer
from linkstep.link.mending import remedies
from linkstep.link.modules import Module
from linkstep.link.outcomes import exception_name
from linkstep.link.progress import Clash, OutOfBudgetError, Raised
from linkstep.link.projection import Projection, Questions, all_acts, reachable_acts
from linkstep.link.scripts import Scripts
from linkstep.link.settling import Links
from linkstep.model.execution import (
    Cycle,
    CycleFailure,
    Executed,
    Execution,
    ImportStep,
    Order,
)
from linkstep.model.facts import Runs
from linkstep.model.links import Edge, ExecutionOrder
from linkstep.model.summary import If, Invoke

_PROGRAM = 5_000_000  # acts that executing a program from one entry point may take
_DEEPEST = 100_000  # frames: some eight for each module in progress
_MENDED = 20  # failures for which a remedy is looked for


def execute(
    links: Links, modules: Sequence[Module], processes: Sequence[Sequence[str]]
) -> ExecutionOrder:
    """Give the circles among linked modules, and what each entry point executes.

    Each of `processes` begins with some entry points (`module` or `module:attribute`), in
    this order. Modules are executed as deep as they import each other, far beyond what the
    interpreter's stack is usually allowed.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        executions = Executions(links, modules)
        entries = dict.fromkeys(entry for process in processes for entry in process)
        cycles = executions.cycles(processes)
        return executions.order(cycles, tuple(map(executions.executed_from, entries)))
    finally:
        sys.setrecursionlimit(limit)


class Executions:
    """Executes the modules that were linked, in the abstract."""

    def __init__(self, links: Links, modules: Sequence[Module]) -> None:
        self.links = links
        self.lookup = links.lookup
        self.scripts = Scripts(self.lookup)
        self.questions = Questions(self.scripts)
        self.by_path = {module.path: module for module in self.lookup.modules.loaded()}
        self.by_name = {module.name: module for module in modules}
        self.targets: dict[Module, dict[Module, int]] = {}
        self.importers: dict[Module, set[Module]] = {}
        self.edges: dict[Module, list[Edge]] = {}  # at import, by importer and place
        self.doomed: dict[Module, str | None] = {}  # they raise in every order
        self.shaky: set[Module] = set()  # they may raise by the fault of a circle
        self.ordered: set[Module] = set()  # they lead to a circle that raises in some order
        self._reached: dict[tuple[Module, int], tuple[Module, ...]] = {}
        self._note_edges(modules)

    def order(self, cycles: tuple[Cycle, ...], executions: tuple[Execution, ...]) -> ExecutionOrder:
        """Give what was found, with what tells later whether it still holds."""
        places = {module: place for place, module in enumerate(self.targets)}
        return ExecutionOrder(
            cycles,
            executions,
            {
                module.path: tuple(places[target] for target in targets)
                for module, targets in self.targets.items()
            },
            *(
                frozenset(places[module] for module in found)
                for found in (self.doomed, self.shaky, self.ordered)
            ),
        )

    # Edges

    def _note_edges(self, modules: Sequence[Module]) -> None:
        """Note what each module leads to while it is imported, in a fixed order."""
        for module in modules:
            self.targets[module] = {}
        for edge in sorted(self.links.edges):
            importer, target = self.by_path[edge.importer], self.by_path[edge.target]
            self.importers.setdefault(target, set()).add(importer)
            if edge.runs is Runs.IMPORT:
                self.edges.setdefault(importer, []).append(edge)
                if importer in self.targets:
                    self.targets[importer].setdefault(target, edge.line)
        for module, calls in self.links.calls.items():
            if module in self.targets:
                self._note_calls(module, calls)
        for module in modules:
            self._note_packages(module)
        self._follow([target for found in self.targets.values() for target in found])
        self._note_circles()

    def _follow(self, pending: list[Module]) -> None:
        """Note the edges of modules that are met first here: those that were not linked."""
        while pending:
            module = pending.pop()
            if module not in self.targets:
                self.targets[module] = dict.fromkeys(self._led_to(module), 0)
                self._note_packages(module)
                pending.extend(self.targets[module])

    def _note_packages(self, module: Module) -> None:
        """Note that a module is executed after its packages."""
        for package in self._packages(module):
            self.targets[module].setdefault(package, 0)

    def _led_to(self, module: Module) -> Iterator[Module]:
        """Give the modules that executing a module may lead to, by its script."""
        for act in all_acts(self.scripts.of(module)):
            yield from _led_to(act)
            if isinstance(act, Call):
                yield from self._reached_by(act.module, act.scope)

    def _note_circles(self) -> None:
        """Note for modules in circles what linking leaves out.

        A submodule is imported when its package has no such attribute yet, though it will.
        """
        seen: set[Module] = set()
        before = -1
        while before < len(seen):
            before = len(seen)
            for group in list(components(self.targets)):
                if len(group) > 1 or group[0] in self.targets[group[0]]:
                    for module in group:
                        if module not in seen:
                            seen.add(module)
                            found = list(self._led_to(module))
                            self.targets[module].update(dict.fromkeys(found, 0))
                            self._follow(found)

    def _note_calls(self, module: Module, calls: Sequence[object]) -> None:
        for step in calls:
            if not isinstance(step, Invoke):
                self.targets[module].update(dict.fromkeys(self._led_to(module), 0))
                return
            for callee in self.scripts.called(module, step.ref):
                for target in self._reached_by(callee.module, callee.scope):
                    self.targets[module].setdefault(target, 0)

    def _reached_by(self, module: Module, scope: int) -> tuple[Module, ...]:
        """Give the modules that a call of a function may lead to."""
        found = self._reached.get((module, scope))
        if found is None:
            begin = [(module, self.scripts.of_function(module, scope))]
            acts = reachable_acts(self.scripts, begin)
            found = tuple(dict.fromkeys(t for _, act in acts for t in _led_to(act)))
            self._reached[module, scope] = found
        return found

    def _packages(self, module: Module) -> Iterator[Module]:
        name = module.name.rpartition(".")[0]
        while name:
            package = self.by_name.get(name)
            if package is None:
                found = self.lookup.modules.find(name, module)
                package = found if isinstance(found, Module) else None
            if package is not None and package.summary is not None:
                yield package
            name = name.rpartition(".")[0]

    # Circles

    def cycles(self, processes: Sequence[Sequence[str]]) -> tuple[Cycle, ...]:
        """Give all circles, with what fails in them and who gets to see it."""
        found: list[Cycle] = []
        for group in components(self.targets):
            if len(group) == 1 and group[0] not in self.targets[group[0]]:
                self._doom(group[0])
            else:
                cycle = self._cycle(group)
                if cycle.edges:
                    found.append(cycle)
            if not self.ordered.isdisjoint(t for module in group for t in self.targets[module]):
                self.ordered.update(group)
        return self._met(tuple(sorted(found, key=lambda cycle: cycle.modules)), processes)

    def _cycle(self, group: Sequence[Module]) -> Cycle:
        """Try each module of a circle as the first import."""
        within = frozenset((*group, *self._below(group)))
        projection = Projection(self.questions, within, self.doomed.keys() | self.shaky)
        scene = Scene(self.lookup, projection, within, self.doomed, self.shaky)
        firsts = try_firsts(scene, group)
        hopeless = is_hopeless(group, firsts)
        for first in firsts:
            if first.raised is not None and hopeless:
                self.doomed[first.module] = first.raised.exception
            elif first.raised is not None:
                self.ordered.update(group)
            elif first.blurred:
                self.shaky.add(first.module)
        failed: list[CycleFailure] = []
        for failure in failures(group, firsts):
            module, owner = self.by_path[failure.path], self.by_path[failure.module_path]
            if len(failed) < _MENDED:
                importers = self.importers.get(module, set())
                mended = remedies(failure, module, owner, scene, firsts, importers)
                failure = msgspec.structs.replace(failure, remedies=mended)
            failed.append(failure)
        names = tuple(sorted(module.name for module in group))
        edges = tuple(self._edges_among(group))
        return Cycle(names, edges, told(firsts), tuple(failed))

    def _below(self, group: Sequence[Module]) -> set[Module]:
        """Give what a circle leads to, as far as it matters which of that is imported first."""
        seen: set[Module] = set()
        pending = list(group)
        while pending:
            for target in self.targets.get(pending.pop(), ()):
                if target in self.ordered and target not in seen:
                    seen.add(target)
                    pending.append(target)
        return seen

    def _doom(self, module: Module) -> None:
        """Note a module outside of circles that raises, by itself or for what it imports."""
        failure = self.lookup.failures.of_module(module) if module in self.importers else None
        if failure is not None:
            self.doomed[module] = exception_name(failure.exception)
            return
        targets = self.targets[module]
        if not self.shaky.isdisjoint(targets):
            self.shaky.add(module)
        if not self.doomed.keys().isdisjoint(targets):
            self.shaky.add(module)  # unless it is certain
            for act in self.scripts.imports_of(module):
                broken = [target for target in _led_to(act) if target in self.doomed]
                if isinstance(act, Import | TakeNames | TakeAll) and broken:
                    self.doomed[module] = self.doomed[broken[0]]
                    return

    def _edges_among(self, group: Sequence[Module]) -> Iterator[ImportStep]:
        """Give the import statements between modules of a circle, by place."""
        inside = {module.path: module for module in group}
        for path, importer in sorted(inside.items()):
            for edge in self.edges.get(importer, ()):
                if edge.target in inside:
                    target = inside[edge.target]
                    yield ImportStep(importer.name, path, edge.line, target.name)

    # Programs

    def _met(
        self, cycles: tuple[Cycle, ...], processes: Sequence[Sequence[str]]
    ) -> tuple[Cycle, ...]:
        """Say of the failures that entry points and scripts really run into them."""
        risky = {name for cycle in cycles if cycle.failures for name in cycle.modules}
        if not risky:
            return cycles
        met: dict[tuple[object, ...], tuple[str, Clash]] = {}
        for entry, begin, as_script in self._starts(processes, risky):
            raised = self._outcome(begin, as_script)
            if raised is not None and raised.clash is not None:
                met.setdefault(raised.clash.place, (entry, raised.clash))
        return tuple(
            msgspec.structs.replace(
                cycle, failures=tuple(self._seen(failure, met) for failure in cycle.failures)
            )
            for cycle in cycles
        )

    def _seen(
        self, failure: CycleFailure, met: dict[tuple[object, ...], tuple[str, Clash]]
    ) -> CycleFailure:
        key = (failure.path, failure.span, failure.module_path, failure.name)
        found = met.get(key)
        if found is None:
            return failure
        order = failure.order if failure.order is Order.ALWAYS else Order.ENTRY
        seen = describe(found[1], order, failure.failing, failure.working)
        return msgspec.structs.replace(seen, entry=found[0], remedies=failure.remedies)

    def _starts(
        self, processes: Sequence[Sequence[str]], risky: set[str]
    ) -> Iterator[tuple[str, tuple[Module, ...], bool]]:
        """Give the modules that a process begins with and that lead to risky ones."""
        for process in processes:
            found = (self.by_name.get(entry.partition(":")[0]) for entry in process)
            begin = tuple(module for module in found if module is not None)
            if begin:
                yield process[0], begin, False
        imported = {target for found in self.targets.values() for target in found}
        for _, module in sorted(self.by_name.items()):
            if module not in imported and _is_started(module) and self._leads_to(module, risky):
                yield module.path, (module,), True

    def _leads_to(self, module: Module, names: set[str]) -> bool:
        seen = {module}
        pending = [module]
        while pending:
            for target in self.targets.get(pending.pop(), ()):
                if target.name in names:
                    return True
                if target not in seen:
                    seen.add(target)
                    pending.append(target)
        return False

    def _importer(self) -> Importer:
        within = frozenset(self.targets)
        return Importer(Scene(self.lookup, self.scripts, within, {}, ()), _PROGRAM)

    def _outcome(self, begin: Sequence[Module], as_script: bool) -> Raised | None:
        importer = self._importer()
        perform = importer.start if as_script else importer.begin
        try:
            for module in begin:
                raised = perform(module)
                if raised is not None:
                    return raised
        except OutOfBudgetError:
            pass
        return None

    def executed_from(self, entry: str) -> Execution:
        """Give the modules that importing an entry point executes, in order.

        An entry point is `module` or `module:attribute`. Functions that are called while
        modules are imported are followed as far as they are known.
        """
        start = self.by_name.get(entry.partition(":")[0])
        executed: list[Executed] = []
        if start is None:
            return Execution(entry, (), complete=False)
        importer = self._importer()

        def note(module: Module, step: ImportStep, certain: bool, by_call: bool) -> None:
            executed.append(Executed(module.name, module.path, step, certain, by_call))

        importer.entered = note
        complete = True
        raised = None
        try:
            raised = importer.begin(start)
        except OutOfBudgetError:
            complete = False
        failure = None
        if raised is not None:
            failure = raised.clash.text if raised.clash is not None else raised.exception
        complete = complete and not importer.unfollowed
        return Execution(entry, tuple(executed), failure, complete)


def _led_to(act: Act) -> Iterable[Module]:
    """Give the modules that an act imports."""
    if isinstance(act, Import | TakeAll):
        yield from act.targets
    elif isinstance(act, TakeNames):
        yield from act.targets
        for taken in act.names:
            submodule = taken.submodule
            if submodule is not None and submodule.is_first_party and submodule.summary:
                yield submodule


def _is_started(module: Module) -> bool:
    """Whether a file that nobody imports is one that a process starts with.

    It is in no package, or it asks for `__main__`; tests are started by their runner, which
    has imported other files before.
    """
    last = module.path.rpartition("/")[2]
    if last.startswith(("test_", "conftest")) or last.endswith("_test.py") or not module.summary:
        return False
    return "." not in module.name or any(
        isinstance(step, If) and is_main_test(step.test) for step in module.summary.body
    )
