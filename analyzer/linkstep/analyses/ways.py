"""Ways through a program: chains of import statements, with and without those that raise.

Imports that run when a module is imported and deferred ones both make ways, since either
may be what a request needs. Of two ways of equal length the one is taken whose imports run
earlier, and then the one that comes first by name.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from linkstep.model.execution import Order
from linkstep.model.facts import (
    BrokenFile,
    BrokenReference,
    DependencyFault,
    DependencyProblem,
    Fact,
    FailingCycle,
    MissingSharedLibrary,
    Problem,
    Runs,
    UnsetAppState,
)
from linkstep.model.findings import Finding
from linkstep.model.health import Trouble, WayStep
from linkstep.model.links import Edge, Program

Breaking = (
    BrokenReference
    | BrokenFile
    | FailingCycle
    | MissingSharedLibrary
    | UnsetAppState
    | DependencyFault
)

# A name that is bound on some branches may be there; one in `__all__` is asked for by a star
# import only, and who does that fails by a finding of its own.
_HARMLESS = (Problem.POSSIBLY_UNDEFINED_NAME, Problem.UNDEFINED_EXPORT)


def is_breaking(fact: Fact) -> bool:
    """Whether a fact says that a statement raises for the target, or is silently of no use."""
    if isinstance(fact, DependencyFault):
        return fact.problem is DependencyProblem.MISSING and bool(fact.module)
    if isinstance(fact, BrokenReference):
        return fact.problem not in _HARMLESS and not fact.versions
    return isinstance(fact, Breaking)


def module_of(fact: Fact) -> str:
    """Give the module that a breaking fact stands in."""
    if isinstance(fact, BrokenFile):
        return fact.module
    return getattr(fact, "importing", "")


def failing_modules(program: Program, findings: Sequence[Finding]) -> dict[str, Trouble]:
    """Give the modules that raise when they are imported, with the statement that does.

    A package that raises takes all its modules with it, since parents are imported first.
    """
    by_place: dict[tuple[str, int], Finding] = {}
    for finding in findings:
        by_place.setdefault((finding.fact.path, finding.fact.span.line), finding)
    names = {module.path: module.name for module in program.modules}
    failing = {
        names[one.path]: Trouble(
            names[one.path], one.at, one.line, one.exception, by_place.get((one.at, one.line))
        )
        for one in program.failing
        if one.path in names
    }
    for finding in findings:
        fact = finding.fact
        if isinstance(fact, FailingCycle) and fact.order is Order.ALWAYS:
            for name in (fact.importing, *fact.failing):
                trouble = Trouble(name, fact.path, fact.span.line, fact.exception, finding)
                failing.setdefault(name, trouble)
    for name in names.values():
        parents = (name[:end] for end, letter in enumerate(name) if letter == ".")
        broken = next((failing[parent] for parent in parents if parent in failing), None)
        if broken is not None:
            failing.setdefault(name, Trouble(name, *_place(broken)))
    return failing


def _place(trouble: Trouble) -> tuple[str, int, str, Finding | None]:
    return trouble.path, trouble.line, trouble.exception, trouble.finding


class Ways:
    """The imports of a program as ways from module to module."""

    def __init__(
        self, program: Program, failing: Mapping[str, Trouble], findings: Sequence[Finding]
    ) -> None:
        """Note all imports, and which of them get through."""
        self.failing = failing
        self.names = {module.path: module.name for module in program.modules}
        raising = _raising_edges(program, findings)
        self._all: dict[str, list[WayStep]] = defaultdict(list)
        self._working: dict[str, list[WayStep]] = defaultdict(list)
        for edge in program.edges:
            importer, target = self.names.get(edge.importer), self.names.get(edge.target)
            if importer is None or target is None or importer == target:
                continue
            step = WayStep(target, edge.importer, edge.line, edge.runs)
            self._all[importer].append(step)
            if edge not in raising and target not in failing:
                self._working[importer].append(step)
        for steps in (*self._all.values(), *self._working.values()):
            steps.sort(key=lambda step: (step.runs is Runs.CALL, step.module, step.line))

    def reached(self, starts: Iterable[str]) -> frozenset[str]:
        """Give all modules that are on some way from the starts, these included."""
        found = set(starts)
        pending = list(found)
        while pending:
            further = {step.module for step in self._all.get(pending.pop(), ())} - found
            found |= further
            pending.extend(further)
        return frozenset(found)

    def working(self, starts: Collection[str], goal: str) -> tuple[WayStep, ...] | None:
        """Give the shortest way on which no import raises, None when there is none."""
        sound = [start for start in starts if start not in self.failing]
        return _shortest(self._working, sound, goal)

    def any(self, starts: Collection[str], goal: str) -> tuple[WayStep, ...] | None:
        """Give the shortest way, whatever raises on it, None when nothing leads there."""
        return _shortest(self._all, starts, goal)


def _raising_edges(program: Program, findings: Sequence[Finding]) -> set[Edge]:
    """Give the imports that ask an existing module for what it does not have.

    An edge has the line of its statement, a finding that of the name, which may be below.
    """
    paths = {module.name: module.path for module in program.modules}
    lines: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in program.edges:
        lines[edge.importer, edge.target].append(edge)
    raising = set()
    for finding in findings:
        fact = finding.fact
        if not isinstance(fact, BrokenReference) or not fact.exception.startswith("ImportError"):
            continue
        before = [
            edge
            for edge in lines.get((fact.path, paths.get(fact.module, "")), ())
            if edge.line <= fact.span.line
        ]
        if before:
            raising.add(max(before, key=lambda edge: edge.line))
    return raising


def _shortest(
    steps: Mapping[str, Sequence[WayStep]], starts: Iterable[str], goal: str
) -> tuple[WayStep, ...] | None:
    came: dict[str, tuple[str, WayStep] | None] = dict.fromkeys(starts)
    pending = deque(came)
    while pending and goal not in came:
        here = pending.popleft()
        for step in steps.get(here, ()):
            if step.module not in came:
                came[step.module] = (here, step)
                pending.append(step.module)
    if goal not in came:
        return None
    way: list[WayStep] = []
    here = goal
    while (arrival := came[here]) is not None:
        here, step = arrival
        way.append(step)
    return (WayStep(here), *reversed(way))
