"""Health: components and golden paths judged by the findings, and what causes the harm.

A finding counts where it does harm. Modules that nothing reaches cannot fail anybody, so
a component is *failed* only by what is reached from an entry point or on a golden path; where
neither is known, by any of its modules. A name that others ask a component for and that it
lacks is held against both: one cannot be used, the other does not keep what it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from linkstep.analyses.golden_paths import GoldenPaths
from linkstep.analyses.ways import Ways, failing_modules, is_breaking, module_of
from linkstep.model.facts import BrokenReference, DependencyFault
from linkstep.model.findings import Finding, Severity
from linkstep.model.health import (
    Component,
    ComponentHealth,
    Health,
    PathHealth,
    Plan,
    RootCause,
    Status,
    Trouble,
)
from linkstep.model.links import Edge, LinkedModule, Program
from linkstep.model.summary import ImportFrom, ImportModule

_TESTS = 5  # test files that are named


def health(
    program: Program,
    findings: Sequence[Finding],
    plan: Plan,
    entries: Mapping[str, Sequence[str]],
    is_test: Callable[[str], bool],
) -> Health:
    """Give the health of a linked program.

    `findings` are those that are not silenced, `entries` the entry points with the modules
    they begin with. `is_test` tells the path of a test.

    >>> health(Program((), (), (), 0, 0, {}, {}), [], Plan((), ()), {}, bool)
    Health(components=(), paths=(), causes=(), elsewhere=0, tests=(), pytest=True)
    """
    breaking = [finding for finding in findings if is_breaking(finding.fact)]
    failing = failing_modules(program, breaking)
    ways = Ways(program, failing, breaking)
    reach = {entry: ways.reached(starts) for entry, starts in entries.items()}
    starts = {start for path in plan.paths for start in path.starts}
    needed = ways.reached(starts).union(*reach.values())
    breaking.sort(key=lambda finding: _weight(finding, needed))
    golden = GoldenPaths(program, ways, breaking)
    paths = tuple(map(golden.judge, plan.paths))
    judge = Judge(breaking, failing, needed, reach, paths)
    components = tuple(map(judge.component, plan.components))
    causes = _causes(components, paths, needed)
    told = {id(finding) for cause in causes for finding in cause.findings}
    culprits = {module_of(finding.fact) for cause in causes for finding in cause.findings}
    tests = _tests_of(culprits, program, is_test)
    return Health(
        components,
        paths,
        causes,
        sum(id(finding) not in told for finding in breaking),
        tuple(test.path for test in tests),
        not tests or not all(map(_is_unittest, tests)),
    )


def _weight(finding: Finding, needed: frozenset[str]) -> tuple[bool, bool]:
    """Order findings: what is reached first, errors first, else as they come."""
    return module_of(finding.fact) not in needed, finding.severity is not Severity.ERROR


class Judge:
    """Answers how a component is."""

    def __init__(
        self,
        findings: Sequence[Finding],
        failing: Mapping[str, Trouble],
        needed: frozenset[str],
        reach: Mapping[str, frozenset[str]],
        paths: Sequence[PathHealth],
    ) -> None:
        self.failing = failing
        self.needed = needed
        self.reach = reach
        self.paths = paths
        self.standing: dict[str, list[Finding]] = defaultdict(list)
        self.asked: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            self.standing[module_of(finding.fact)].append(finding)
            if isinstance(finding.fact, BrokenReference) and self._is_needed(finding):
                self.asked[finding.fact.module].append(finding)

    def _is_needed(self, finding: Finding) -> bool:
        return not self.needed or module_of(finding.fact) in self.needed

    def component(self, component: Component) -> ComponentHealth:
        """Give the health of one component."""
        own = frozenset(component.modules)
        failures = [self.failing[name] for name in component.modules if name in self.failing]
        failures.sort(key=lambda trouble: trouble.module not in self.needed)
        broken = [f for name in component.modules for f in self.standing.get(name, ())]
        broken.sort(key=lambda finding: _weight(finding, self.needed))
        lacking = [
            finding
            for name in component.modules
            for finding in self.asked.get(name, ())
            if module_of(finding.fact) not in own
        ]
        blocking = {id(f) for p in self.paths if p.status is Status.BLOCKED for f in _harm(p)}
        worst = sorted(
            (*broken, *lacking), key=lambda f: (id(f) not in blocking, _weight(f, self.needed))
        )
        hit = {t.module for t in failures} | {module_of(f.fact) for f in (*broken, *lacking)}
        status = Status.DEGRADED if failures or broken or lacking else Status.HEALTHY
        if any(not self.needed or trouble.module in self.needed for trouble in failures):
            status = Status.FAILED
        return ComponentHealth(
            component.name,
            status,
            len(own),
            tuple(failures),
            tuple(broken),
            tuple(lacking),
            worst[0] if worst else None,
            bool(hit) and bool(self.needed) and not hit & self.needed,
            tuple(path.name for path in self.paths if _is_hurt(path, own)),
            tuple(entry for entry, reached in self.reach.items() if hit & reached),
        )


def _is_hurt(path: PathHealth, modules: frozenset[str]) -> bool:
    """Whether something in a component keeps a golden path from working."""
    if path.at.partition(":")[0] in modules:
        return True
    trouble = path.trouble
    if trouble is not None and trouble.module in modules:
        return True
    return any(modules & _about(finding) for finding in _harm(path))


def _harm(path: PathHealth) -> tuple[Finding, ...]:
    """Give the findings that make a path what it is."""
    if path.trouble is not None and path.trouble.finding is not None:
        return (path.trouble.finding,)
    return path.weak


def _about(finding: Finding) -> set[str]:
    """Give the modules that a finding is about: where it stands, and what it looks into."""
    return {module_of(finding.fact), getattr(finding.fact, "module", "")}


def _causes(
    components: Sequence[ComponentHealth], paths: Sequence[PathHealth], needed: frozenset[str]
) -> tuple[RootCause, ...]:
    """Group what hits components and paths by the symbol that is missing."""
    grouped: dict[str, dict[int, Finding]] = {}
    hit_components: dict[str, dict[str, None]] = defaultdict(dict)
    hit_paths: dict[str, dict[str, None]] = defaultdict(dict)

    def note(finding: Finding, hit: dict[str, dict[str, None]], name: str) -> None:
        symbol = _symbol(finding)
        grouped.setdefault(symbol, {})[id(finding)] = finding
        hit[symbol][name] = None

    for path in paths:
        for finding in _harm(path):
            note(finding, hit_paths, path.name)
    for component in components:
        found = (t.finding for t in component.failures if t.finding is not None)
        for finding in (*found, *component.broken, *component.lacking):
            note(finding, hit_components, component.name)
    causes = []
    for symbol, some in grouped.items():
        ordered = sorted(some.values(), key=lambda finding: _weight(finding, needed))
        unreached = bool(needed) and module_of(ordered[0].fact) not in needed
        hit = tuple(hit_components[symbol]), tuple(hit_paths[symbol])
        causes.append(RootCause(symbol, tuple(ordered), *hit, unreached))
    failed = {component.name for component in components if component.status is Status.FAILED}
    causes.sort(
        key=lambda cause: (
            -len(cause.paths),
            cause.unreached,
            failed.isdisjoint(cause.components),
        )
    )
    return tuple(causes)


def _symbol(finding: Finding) -> str:
    """Give what is missing, by its full name, or the message where nothing has a name."""
    fact = finding.fact
    if isinstance(fact, DependencyFault):
        return fact.name
    if not isinstance(fact, BrokenReference) or not fact.name:
        return finding.message
    if fact.exception.startswith("ModuleNotFoundError") or not fact.module:
        return fact.name
    return f"{fact.module}.{fact.name}"


def _tests_of(
    culprits: Iterable[str], program: Program, is_test: Callable[[str], bool]
) -> list[LinkedModule]:
    """Give the tests that are the fewest imports away from what is broken."""
    by_path = {module.path: module for module in program.modules}
    paths = {module.name: module.path for module in program.modules}
    importers: dict[str, list[Edge]] = defaultdict(list)
    for edge in program.edges:
        importers[edge.target].append(edge)
    seen = {paths[name] for name in culprits if name in paths}
    layer = sorted(seen)
    while layer:
        tests = [path for path in layer if is_test(path) and path in by_path]
        named = [path for path in tests if path.rpartition("/")[2].startswith("test")]
        if named:
            return [by_path[path] for path in named[:_TESTS]]
        layer = sorted({e.importer for path in layer for e in importers[path]} - seen)
        seen.update(layer)
    return []


def _is_unittest(module: LinkedModule) -> bool:
    imported = {
        step.module.partition(".")[0]
        for step in module.summary.body
        if isinstance(step, ImportModule | ImportFrom)
    }
    return "unittest" in imported and "pytest" not in imported
