"""Golden paths: whether the ways that have to work can be gone.

What counts on a way is what is executed on it. Of a module that is only passed that is the
import, so a break in one of its functions says nothing about the path. Of a function that
is a stop it is the body; what raises in a function that it calls, perhaps only now and
then, degrades the path. Of a module that is the goal it is everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkstep.analyses.called_functions import called_from, nested
from linkstep.analyses.ways import Ways, module_of
from linkstep.model.facts import BrokenFile, BrokenReference, FailingCycle, Problem, Runs
from linkstep.model.findings import Finding
from linkstep.model.health import (
    GoldenPath,
    Obstacle,
    PathHealth,
    Status,
    Stop,
    Trouble,
    WayStep,
)
from linkstep.model.links import LinkedModule, Program
from linkstep.model.summary import ExternalBind, ImportFrom

_STARTS = (Problem.BROKEN_ENTRY_POINT, Problem.BROKEN_LAUNCH_COMMAND)


class GoldenPaths:
    """Answers how a golden path is."""

    def __init__(self, program: Program, ways: Ways, findings: Sequence[Finding]) -> None:
        self.ways = ways
        self.modules = {module.name: module for module in program.modules}
        self.fatal = {run.entry: run.failure for run in program.executions if run.failure}
        self.findings = findings
        self.by_module: dict[str, list[Finding]] = {}
        for finding in findings:
            self.by_module.setdefault(module_of(finding.fact), []).append(finding)

    def judge(self, path: GoldenPath) -> PathHealth:
        """Give the health of one path."""
        stops = (path.entry, *(stop.text for stop in path.stops))
        found = self._start(path)
        way: list[WayStep] = [WayStep(path.starts[0])] if path.starts else []
        starts: Sequence[str] = path.starts
        for stop in path.stops if found is None else ():
            leg, found = self._leg(starts, stop)
            way.extend(leg[1:] if way[-1:] and leg and leg[0].module == way[-1].module else leg)
            if found is not None:
                break
            starts = (stop.module,)
        if found is not None:
            status, (obstacle, at, trouble) = Status.BLOCKED, found
            if obstacle is Obstacle.NO_WAY:
                status = Status.UNKNOWN
            return PathHealth(path.name, stops, status, tuple(way), obstacle, at, trouble)
        weak = tuple({id(finding): finding for finding in self._weak(path, way)}.values())
        status = Status.DEGRADED if weak else Status.HEALTHY
        return PathHealth(path.name, stops, status, tuple(way), weak=weak)

    def _start(self, path: GoldenPath) -> tuple[Obstacle, str, Trouble | None] | None:
        """Say what keeps the program from starting."""
        for finding in self.findings:
            fact = finding.fact
            is_start = isinstance(fact, BrokenReference) and fact.problem in _STARTS
            if is_start and module_of(fact) == path.entry:
                return Obstacle.START, path.entry, _trouble(path.entry, finding)
        for start in path.starts:
            if start in self.ways.failing:
                return Obstacle.START, path.entry, self.ways.failing[start]
            if start in self.fatal:
                return Obstacle.START, path.entry, self._fatal(start)
        return None

    def _fatal(self, start: str) -> Trouble:
        """Give what certainly ends a program that begins with a module."""
        text = self.fatal[start]
        for finding in self.findings:
            fact = finding.fact
            if isinstance(fact, FailingCycle) and fact.exception == text:
                return _trouble(start, finding)
        return Trouble(start, self.modules[start].path, 1, text)

    def _leg(
        self, starts: Sequence[str], stop: Stop
    ) -> tuple[tuple[WayStep, ...], tuple[Obstacle, str, Trouble | None] | None]:
        """Give the way to the next stop as far as one gets, and what is in it."""
        name = stop.module
        there = self.ways.any(starts, name) or ()
        if name not in self.modules:
            return there, (Obstacle.NO_MODULE, stop.text, None)
        if name in self.ways.failing:
            return there, (Obstacle.IMPORT, stop.text, self.ways.failing[name])
        way = self.ways.working(starts, name)
        if way is None and there:
            passed, trouble = self._first_trouble(there)
            return passed, (Obstacle.WAY, stop.text, trouble)
        if way is None:
            return (), (Obstacle.NO_WAY, stop.text, None)
        if stop.attribute:
            if not self._offers(self.modules[name], stop.attribute):
                return way, (Obstacle.NO_NAME, stop.text, None)
            for finding in self._raising_in(name, stop.attribute):
                return way, (Obstacle.CALL, stop.text, _trouble(name, finding))
        return way, None

    def _first_trouble(self, way: Sequence[WayStep]) -> tuple[tuple[WayStep, ...], Trouble | None]:
        """Give the way up to the first import that raises, and why it does."""
        for number, step in enumerate(way[1:], 1):
            if step.module in self.ways.failing:
                return tuple(way[: number + 1]), self.ways.failing[step.module]
            for finding in self.by_module.get(way[number - 1].module, ()):
                fact = finding.fact
                if getattr(fact, "module", "") == step.module and fact.span.line >= step.line:
                    return tuple(way[: number + 1]), _trouble(step.module, finding)
        return tuple(way), None

    def _offers(self, module: LinkedModule, attribute: str) -> bool:
        """Whether a module may have a name, as far as that can be told."""
        summary = module.summary
        first, _, rest = attribute.partition(".")
        if summary.opens or summary.hands_over or summary.lazy:
            return True
        if first not in module.names and f"{module.name}.{first}" not in self.modules:
            return self._may_be_set(module, first)
        own = [scope for scope in summary.scopes if scope.name == first and scope.is_class]
        if not rest or len(own) != 1:
            return True
        inside = any(scope.name == attribute for scope in summary.scopes)
        return inside or not any(s.name.startswith(f"{first}.") for s in summary.scopes)

    def _may_be_set(self, module: LinkedModule, name: str) -> bool:
        """Whether a star import may bring a name, or any module sets it from outside."""
        if any(
            isinstance(step, ImportFrom) and any(alias.name == "*" for alias in step.names)
            for step in nested(module.summary.body)
        ):
            return True
        return any(
            isinstance(step, ExternalBind) and step.name in (None, name)
            for other in self.modules.values()
            for part in (other.summary.body, *(scope.steps for scope in other.summary.scopes))
            for step in nested(part)
        )

    def _raising_in(self, module: str, name: str) -> Iterator[Finding]:
        """Give what raises when a function of a module is called."""
        for finding in self.by_module.get(module, ()):
            function = getattr(finding.fact, "function", None) or ""
            if function == name or function.startswith(f"{name}."):
                yield finding

    def _weak(self, path: GoldenPath, way: Sequence[WayStep]) -> Iterator[Finding]:
        """Give what fails on a way without blocking it."""
        if not path.stops:
            reached = self.ways.reached(path.starts)
            yield from (f for f in self.findings if module_of(f.fact) in reached)
            return
        for stop in path.stops:
            if stop.attribute:
                for module, function in called_from((stop.module, stop.attribute), self.modules):
                    yield from self._raising_in(module, function)
        goal = path.stops[-1]
        for name in dict.fromkeys(step.module for step in reversed(way)):
            whole = name == goal.module and not goal.attribute
            for finding in self.by_module.get(name, ()):
                if whole or getattr(finding.fact, "runs", Runs.IMPORT) is Runs.IMPORT:
                    yield finding


def _trouble(module: str, finding: Finding) -> Trouble:
    fact = finding.fact
    text = fact.exception if isinstance(fact, BrokenReference | BrokenFile | FailingCycle) else ""
    return Trouble(module, fact.path, fact.span.line, text or finding.message, finding)
