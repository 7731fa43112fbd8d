"""The line from a tree to a report: tree, index, resolve, link, analyses, rulebook."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from linkstep.analyses.app_state import unset_app_state
from linkstep.analyses.broken_files import broken_files
from linkstep.analyses.broken_references import broken_references
from linkstep.analyses.cycles import import_cycles
from linkstep.analyses.entry_points import all_entries, started_modules
from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.shadowed_modules import shadowed_modules
from linkstep.collector import collector_off
from linkstep.config import Configuration
from linkstep.delivery_pipeline import LeftOut, deliveries_of
from linkstep.dependency_pipeline import DependencyCheck, judged_by
from linkstep.errors import LinkstepError
from linkstep.incremental.run_trace import kept_links, trace_of_run
from linkstep.incremental.since_check import Earlier, narrowed
from linkstep.index.build import Index
from linkstep.index.summaries import Summaries
from linkstep.link.components import components
from linkstep.link.entries import Starts
from linkstep.link.program import LinkInput, link
from linkstep.link.submodules import Verdicts
from linkstep.link_inputs import Ground, ground_of, is_test
from linkstep.linked import EarlierRun, Linked, counted
from linkstep.model.delivery import Delivery
from linkstep.model.digests import digest_of
from linkstep.model.entry_points import LaunchReading
from linkstep.model.environment import Found, Missing, Opaque, Origin, Project, kind_of
from linkstep.model.facts import Fact
from linkstep.model.findings import Finding, Report, Rule
from linkstep.model.health import Overview
from linkstep.model.import_map import ImportMap, MapRequest
from linkstep.model.links import EarlierLinks, Program
from linkstep.model.observer import Observer
from linkstep.model.request import CheckRequest, CheckResult, Explanation, of_state
from linkstep.model.steps import every_step, steps_by_kind
from linkstep.model.summary import FileSummary, ImportFrom, ImportModule, ModuleKind, StateUse
from linkstep.model.target import Target
from linkstep.model.trace import TextQuestion, WordForm
from linkstep.model.tree import EntryKind, Tree
from linkstep.preparation import (
    baseline_file,
    baseline_of,
    commented_text,
    configure,
    lines_of,
    reader_of,
    selected,
    settings_of,
)
from linkstep.resolve.finder import Finder
from linkstep.resolve.launch.discover import find_entry_points
from linkstep.resolve.naming import module_of
from linkstep.resolve.project import resolve_project
from linkstep.resolve.stdlib import stdlib_stub
from linkstep.rulebook.baseline import Baseline
from linkstep.rulebook.comment_words import may_be_unused
from linkstep.rulebook.judge import Judgement, judge
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.select import check_policy
from linkstep.rulebook.view import view
from linkstep.staged_pipeline import say_untracked
from linkstep.tree.git import held_by
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source, open_earlier, open_source
from linkstep.version_pipeline import AdmittedVersions


def check(
    request: CheckRequest, observer: Observer, summaries: Summaries | None = None
) -> CheckResult:
    """Link what a request names and say what CPython would refuse.

    `summaries` are those that are known.

    Raises LinkstepError for input that cannot be worked with.
    """
    summaries = Summaries() if summaries is None else summaries
    opened = None if request.since is None else open_earlier(request, request.since)
    state = check_state(of_state(request), observer, summaries)

    def earlier() -> Earlier:
        assert opened is not None
        return check_earlier(of_state(request), opened(state.root), observer, summaries)

    return narrowed(
        request,
        state,
        None if opened is None else earlier,
        lambda: open_source(of_state(request)).tree,
    )


def check_state(
    request: CheckRequest,
    observer: Observer,
    summaries: Summaries,
    journal: Journal | None = None,
    earlier: EarlierRun | None = None,
) -> CheckResult:
    """Give all that is found in the state that a request names, `of_state`.

    `journal` takes note of everything that is read; what `earlier` knows is taken over.
    """
    ruling = _ruling(request, journal, None if earlier is None else earlier.source)
    source, configuration = ruling.source, ruling.configuration
    with collector_off():
        linked, judgement = _link_and_judge(
            ruling, request, source.tree, observer, summaries, earlier
        )
        # From here on nothing is linked any more.
        judged = (*judgement.findings, *judgement.baselined)
        trace = None
        if journal is not None:
            trace = trace_of_run(source, journal, linked, judged, earlier)
    return CheckResult(
        Report(
            judgement.findings,
            counted(linked, judgement.suppressed),
            linked.notes,
            judgement.baselined,
        ),
        lines_of(reader_of(source.tree)),
        configuration.fail_on,
        ruling.rules,
        str(source.root),
        baseline_file(source.root, configuration, request),
        view(source.checked, linked.judged, ruling.rules, configuration.policy),
        cache(partial(_overview, linked.program, linked.facts, judged, configuration)),
        trace,
        b"" if journal is None else ruling.identity,
        held_by(source.tree),
        linked.program.offers,
        None if journal is None else kept_links(linked.program),
    )


def check_earlier(
    request: CheckRequest, tree: Tree, observer: Observer, summaries: Summaries
) -> Earlier:
    """Give what an earlier state had, by the rules that are in force now."""
    with collector_off():
        linked, judgement = _link_and_judge(_ruling(request), request, tree, observer, summaries)
    return Earlier(judgement.findings, tree, linked.program.offers)


class _Ruling(NamedTuple):
    """What is checked, and all that decides which facts about it become findings."""

    source: Source
    configuration: Configuration
    rules: tuple[Rule, ...]
    baseline: Baseline | None

    @property
    def identity(self) -> bytes:
        """What stands for configuration, rules, baseline and root."""
        source = self.source
        baseline = self.baseline and (self.baseline.path, self.baseline.rows)
        told = (self.configuration, self.rules, baseline, source.checked, str(source.root))
        return digest_of(msgspec.msgpack.encode(told, order="deterministic"))


def _ruling(
    request: CheckRequest, journal: Journal | None = None, source: Source | None = None
) -> _Ruling:
    source = source or open_source(request, journal)
    configuration = configure(source, request)
    directories = [source.root / directory for directory in configuration.rules]
    if journal is not None:
        journal.look_into(directories)
    rules = load_rules(directories)
    check_policy(configuration.policy, rules, configuration.source or "the command line")
    baseline = baseline_of(source.tree, source.root, configuration, request)
    return _Ruling(source, configuration, tuple(rules), baseline)


def _overview(
    program: Program,
    facts: Sequence[Fact],
    findings: Sequence[Finding],
    configuration: Configuration,
) -> Overview:
    from linkstep.health_pipeline import overview_of  # most formats do not show it

    return overview_of(program, facts, findings, configuration, is_test)


def explain(request: CheckRequest) -> Explanation:
    """Say what a check would link against what, and why."""
    source = open_source(request)
    configuration = configure(source, request)
    project = resolve_project(source.tree, settings_of(source.root, configuration, request))
    files = selected(source.tree.files(), configuration, source.checked)
    launches = find_entry_points(source.tree)
    return Explanation(
        str(source.root), project, configuration.source, len(files), launches=launches
    )


def map_imports(
    request: CheckRequest,
    wanted: MapRequest,
    observer: Observer,
    summaries: Summaries | None = None,
    journal: Journal | None = None,
) -> ImportMap:
    """Give the import map of what a request names, or the part of it that is wanted."""
    from linkstep.analyses.import_map import import_map, part_of  # a check draws no map

    source = open_source(request, journal)
    configuration = configure(source, request)
    with collector_off():
        tree, root, checked = source.tree, source.root, source.checked
        result = check_tree(tree, root, configuration, request, checked, observer, summaries)
        return part_of(import_map(result.program, result.facts), wanted)


def _link_and_judge(
    ruling: _Ruling,
    request: CheckRequest,
    tree: Tree,
    observer: Observer,
    summaries: Summaries,
    earlier: EarlierRun | None = None,
) -> tuple[Linked, Judgement]:
    """Link one state of what is checked, and turn its facts into findings.

    Roots that are configured but were not there in an earlier state are left out for it.
    """
    source, configuration, rules, baseline = ruling
    if tree is not source.tree:
        roots = tuple(r for r in configuration.roots if not r or tree.entries(r))
        configuration = replace(configuration, roots=roots)
    linked = check_tree(
        tree, source.root, configuration, request, source.checked, observer, summaries, earlier
    )
    in_view = view(source.checked, linked.judged, rules, configuration.policy)

    def read(path: str) -> bytes | None:
        return commented_text(tree, path)

    return linked, judge(
        linked.facts, rules, configuration.policy, read, linked.commented, baseline, in_view
    )


def check_tree(
    tree: Tree,
    root: Path,
    configuration: Configuration,
    request: CheckRequest,
    checked_paths: Sequence[str],
    observer: Observer,
    summaries: Summaries | None = None,
    earlier: EarlierRun | None = None,
) -> Linked:
    """Resolve the project that a tree holds, and link it."""
    ground = None if earlier is None else earlier.ground
    if ground is None:
        project = resolve_project(tree, settings_of(root, configuration, request))
        ground = ground_of(tree, project, configuration, request, checked_paths, summaries)
    project = ground.project
    if not project.environment.found and configuration.require_environment:
        raise LinkstepError(
            "no Python environment was found",
            why=project.environment.why,
            hint="pass --python PATH, or create .venv in the project",
        )
    development = configuration.dependencies.development_code
    deliveries = partial(deliveries_of, tree, root, request, development)
    launches = find_entry_points(tree)
    linked = link_project(
        ground, configuration, checked_paths, observer, deliveries, launches, earlier
    )
    if request.staged:
        linked.facts = say_untracked(linked.facts, tree, root, project, request)
    return linked


def link_project(
    ground: Ground,
    configuration: Configuration,
    checked_paths: Sequence[str],
    observer: Observer,
    deliveries: Callable[[Program], Sequence[Delivery]] | None = None,
    launches: LaunchReading | None = None,
    earlier: EarlierRun | None = None,
) -> Linked:
    """Run all stages from a resolved project up to the facts; the tree may be of any kind.

    What `earlier` knows is taken over.
    """
    tree, project, finder, index = ground.tree, ground.project, ground.finder, ground.index
    paths, files, witnesses = ground.paths, ground.files, ground.witnesses
    if earlier is None:
        observer.stage(f"reading {len(files)} files", len(files))
        index.build(
            ((file.path, file.kind) for file in files),
            observer,
            may_be_unused,
            partial(_needed_outside, files, index, finder, project.target),
        )
    readable = [file for file in files if file.path not in index.unreadable]
    verdicts: Verdicts = {}
    starts = None
    if launches is not None:
        starts = _starts(launches, tree, project, finder, configuration, checked_paths)
    program = _linked(
        partial(
            link,
            advance=observer.advance,
            follow_others=bool(configuration.entry_points),
            entries=configuration.entry_points,
            verdicts=verdicts,
            starts=starts,
        ),
        ground.link_input(readable),
        observer,
        earlier,
    )
    # From here on nothing is linked for the target any more.
    names = {module.path: module.name for module in program.modules}
    started = started_modules(program.launches, names)
    graph = ImportGraph(program.edges, names, started, program.executions)
    entries = all_entries(configuration.entry_points, started)
    broken = broken_references(program, graph, entries)
    admitted = AdmittedVersions(tree, project, index, readable, witnesses)
    broken = admitted.facts(program, broken, graph, entries)
    dependencies = DependencyCheck(tree, project, configuration.dependencies, finder, index.source)
    missing = LeftOut(tree, project, program, readable, index, verdicts)
    facts: tuple[Fact, ...] = (
        *dependencies.facts(program, broken, graph, entries, checked_paths),
        *broken_files(files, program.links, index.unreadable, project.target, graph, entries),
        *import_cycles(program, graph, entries, frozenset(paths), components),
        *unset_app_state(
            program,
            lambda summary: (step for step in every_step(summary) if isinstance(step, StateUse)),
            partial(_sources, (*files, *witnesses), index, tree),
            is_test,
            graph,
            entries,
        ),
        *shadowed_modules(files, finder.find, lambda name: _behind(name, finder, project)),
        *(
            fact
            for delivery in (deliveries(program) if deliveries is not None else ())
            for fact in missing.facts(delivery, graph, entries)
        ),
    )
    notes = (*judged_by(project), *_lost_entries(configuration.entry_points, names.values()))
    own = frozenset(file.name.partition(".")[0] for file in (*files, *witnesses))
    judged = None if project.environment.found else own
    commented = index.commented if earlier is None else earlier.commented
    production = [name for path, name in names.items() if not is_test(path)]
    unreached = len(graph.unreached(production, entries)) if entries else None
    return Linked(
        *(program, facts, len(paths), commented, notes, judged, unreached),
        project.target,
        (*admitted.linked, *missing.linked),
        admitted.lacked,
        entries,
    )


def _linked(
    link_all: Callable[[LinkInput], Program],
    given: LinkInput,
    observer: Observer,
    earlier: EarlierRun | None,
) -> Program:
    """Link what is given, or those files of it of which nothing that holds is known."""
    if earlier is None:
        observer.stage(f"linking {len(given.checked)} modules", len(given.checked))
        return link_all(given)
    links: EarlierLinks | None = earlier.links
    while links is not None:
        count = sum(found.path not in links.links for found in given.checked)
        if count:
            observer.stage(f"linking {count} modules once more", count)
        program = link_all(
            given._replace(
                earlier=links, setters=earlier.trace.setting, importers=earlier.importers
            )
        )
        links = earlier.after(program)
    return program


def _needed_outside(
    files: Iterable[Found], index: Index, finder: Finder, target: Target
) -> Iterator[tuple[str, ModuleKind]]:
    """Give the files of the environment that imports of the project lead to at once.

    Of a compiled module of the standard library that is the stub, and one may be behind any
    module of it, by the name with an underscore (PEP 399).
    """
    names: dict[str, str] = {}
    for file in files:
        summary = index.summary(file.path, file.kind)
        if summary is None:
            continue
        imports = steps_by_kind(summary, (ImportModule, ImportFrom))
        for step in imports[ImportModule]:
            names.setdefault(step.module, file.path)
        for step in imports[ImportFrom]:
            if not step.level:
                names.setdefault(step.module, file.path)
                for alias in step.names:
                    names.setdefault(f"{step.module}.{alias.name}", file.path)
    stubs = {"builtins": stdlib_stub("builtins", target)}
    for name, importer in names.items():
        found = finder.find(name, posixpath.dirname(importer), importer)
        if isinstance(found, Found) and found.path.startswith("/"):
            yield found.path, found.kind
        if found.origin is Origin.STANDARD_LIBRARY and not isinstance(found, Missing):
            compiled = name if isinstance(found, Opaque) else f"_{name}"
            if compiled not in stubs and isinstance(finder.find(compiled), Opaque):
                stubs[compiled] = stdlib_stub(compiled, target)
    yield from ((path, kind_of(path)) for path in stubs.values() if path is not None)


def _starts(
    launches: LaunchReading,
    tree: Tree,
    project: Project,
    finder: Finder,
    configuration: Configuration,
    checked: Sequence[str],
) -> Starts:
    """Give the entry points with what linking them needs; those of checked files are judged."""

    def file_at(path: str) -> Found | None:
        directory, name = posixpath.split(path)
        there = tree.entries(directory).get(name) is EntryKind.FILE
        return module_of(path, project.roots, tree) if there else None

    def in_view(path: str) -> bool:
        return bool(selected((path,), configuration, checked))

    return Starts(launches.entries, finder.find_from, file_at, in_view)


def _sources(
    files: Iterable[Found], index: Index, tree: Tree, words: Iterable[str]
) -> Sequence[tuple[FileSummary | None, bytes]]:
    """Give what production has that speaks of state: the texts with one of the words, and the
    summaries of those with state. Nothing else is made of the other texts.
    """
    wanted = [word.encode() for word in words]
    found: list[tuple[FileSummary | None, bytes]] = []
    for file in files:
        if not is_test(file.path):
            text = index.source(file.path)
            if any(word in text for word in wanted):
                text = index.text(file.path)
            elif b"state" not in text:
                continue
            summary = index.summary(file.path, file.kind) if b"state" in text else None
            found.append((summary, text))
    tree.asked(TextQuestion(tuple(words), WordForm.WRITTEN, False))
    return found


def _behind(name: str, finder: Finder, project: Project) -> str | None:
    """Name the standard or installed module that a first-party file hides."""
    hidden = finder.hidden(name)
    if not isinstance(hidden, Found | Opaque) or _is_own(hidden.path, project):
        return None
    return f"the {hidden.origin} module {hidden.path}"


def _is_own(path: str, project: Project) -> bool:
    """Whether an installed file is a copy of the project itself."""
    return project.declared is not None and f"/{project.declared.replace('-', '_')}" in path


def _lost_entries(entries: Sequence[str], modules: Iterable[str]) -> Iterator[str]:
    known = set(modules)
    for entry in entries:
        if entry.partition(":")[0] not in known:
            yield f"entry point {entry}: the project has no such module"
