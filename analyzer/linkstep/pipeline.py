"""The line from a tree to a report: tree, index, resolve, link, analyses, rulebook."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import linkstep.config as configuration_file
from linkstep.analyses.broken_files import broken_files
from linkstep.analyses.broken_references import broken_references
from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.shadowed_modules import shadowed_modules
from linkstep.config import Configuration
from linkstep.errors import LinkstepError
from linkstep.index.build import Index
from linkstep.link.program import link
from linkstep.model.environment import Found, Opaque, Project
from linkstep.model.facts import Fact, Problem
from linkstep.model.findings import Counts, Report
from linkstep.model.links import Program
from linkstep.model.observer import Observer
from linkstep.model.request import CheckRequest, CheckResult, Explanation
from linkstep.model.settings import ResolveSettings
from linkstep.model.summary import ModuleKind
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.finder import Finder
from linkstep.resolve.naming import module_of
from linkstep.resolve.project import resolve_project
from linkstep.resolve.stdlib import stdlib_stub
from linkstep.rulebook.judge import judge
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.select import check_policy, matches
from linkstep.rulebook.suppress import may_be_unused
from linkstep.tree.open import find_project_root, open_tree


def check(request: CheckRequest, observer: Observer) -> CheckResult:
    """Link what a request names and say what CPython would refuse.

    Raises LinkstepError for input that cannot be worked with.
    """
    root, checked_paths = _locate(request)
    tree = open_tree(root)
    configuration = _configure(root, request)
    rules = load_rules([root / directory for directory in configuration.rules])
    check_policy(configuration.policy, rules, configuration.source or "the command line")
    with _collector_off():
        result = check_tree(tree, root, configuration, request, checked_paths, observer)
    read = _reader(tree)
    # From here on nothing is linked any more: facts become findings.
    judgement = judge(result.facts, rules, configuration.policy, read, result.commented)
    counts = _counts(result, judgement.suppressed)
    report = Report(judgement.findings, counts, result.notes)
    return CheckResult(report, _lines_of(read), configuration.fail_on)


def explain(request: CheckRequest) -> Explanation:
    """Say what a check would link against what, and why."""
    root, checked_paths = _locate(request)
    tree = open_tree(root)
    configuration = _configure(root, request)
    project = resolve_project(tree, _settings(root, configuration, request))
    files = _selected(tree.files(), configuration, checked_paths)
    return Explanation(str(root), project, configuration.source, len(files))


class Linked:
    """What linking a tree gives, before any rule looks at it."""

    def __init__(
        self,
        program: Program,
        facts: tuple[Fact, ...],
        files: int,
        commented: Sequence[str],
        notes: tuple[str, ...],
    ) -> None:
        self.program = program
        self.facts = facts
        self.files = files
        self.commented = commented
        self.notes = notes


def check_tree(
    tree: Tree,
    root: Path,
    configuration: Configuration,
    request: CheckRequest,
    checked_paths: Sequence[str],
    observer: Observer,
) -> Linked:
    """Run all stages up to the facts; the tree may be of any kind."""
    project = resolve_project(tree, _settings(root, configuration, request))
    if not project.environment.found and configuration.require_environment:
        raise LinkstepError(
            "no Python environment was found",
            why=project.environment.why,
            hint="pass --python PATH, or create .venv in the project",
        )
    finder = Finder(tree, project)
    paths = _selected(tree.files(), configuration, checked_paths)
    files = [module_of(path, project.roots, tree) for path in paths if path.endswith(".py")]
    observer.stage(f"reading {len(files)} files", len(files))
    index = Index(tree.read, project.target, request.reader)
    index.build(((file.path, _kind(file)) for file in files), observer, may_be_unused)
    observer.stage(f"linking {len(files)} modules", len(files))
    readable = [file for file in files if file.path not in index.unreadable]
    chosen = set(paths)
    witnesses = [
        module_of(path, project.roots, tree)
        for path in tree.files()
        if path not in chosen and path.endswith(".py") and not _is_test(path)
    ]
    program = link(
        readable,
        witnesses,
        finder.find,
        index.summary,
        lambda name: stdlib_stub(name, project.target),
        project.target,
        index.text,
        lambda path: _texts_around(path, tree, project),
        observer.advance,
        follow_others=bool(configuration.entry_points),
    )
    # From here on no file is read but to show its lines.
    names = {module.path: module.name for module in program.modules}
    graph = ImportGraph(program.edges, names)
    entries = configuration.entry_points
    summaries = {module.path: module.summary for module in program.modules}
    facts: tuple[Fact, ...] = (
        *broken_references(program, graph, entries),
        *broken_files(files, summaries, index.unreadable, project.target, graph, entries),
        *shadowed_modules(files, finder.find, lambda name: _behind(name, finder, project)),
    )
    notes = (*_notes(project), *_lost_entries(entries, names.values()))
    return Linked(program, facts, len(paths), index.commented, notes)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Switch cyclic garbage collection off: trees and summaries are many objects, no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _texts_around(path: str, tree: Tree, project: Project) -> Iterator[bytes]:
    """Give the Python files of the installed top-level package that a file belongs to."""
    for entry in project.environment.site:
        if path.startswith(entry.directory + "/"):
            top = path[len(entry.directory) + 1 :].partition("/")[0]
            pending = [f"{entry.directory}/{top}"]
            while pending:
                directory = pending.pop()
                for name, kind in tree.entries(directory).items():
                    if kind is EntryKind.DIRECTORY:
                        pending.append(f"{directory}/{name}")
                    elif name.endswith(".py"):
                        with contextlib.suppress(OSError):
                            yield tree.read(f"{directory}/{name}")


def _is_test(path: str) -> bool:
    """Whether a file is a test by its place or name: what it patches, it patches for itself."""
    directory, _, name = path.rpartition("/")
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return named or not {"test", "tests"}.isdisjoint(directory.split("/"))


def _kind(file: Found) -> ModuleKind:
    return ModuleKind.PACKAGE if file.is_package else ModuleKind.MODULE


def _behind(name: str, finder: Finder, project: Project) -> str | None:
    """Name the standard or installed module that a first-party file hides."""
    hidden = finder.hidden(name)
    if not isinstance(hidden, Found | Opaque) or _is_own(hidden.path, project):
        return None
    return f"the {hidden.origin} module {hidden.path}"


def _is_own(path: str, project: Project) -> bool:
    """Whether an installed file is a copy of the project itself."""
    return project.declared is not None and f"/{project.declared.replace('-', '_')}" in path


def _locate(request: CheckRequest) -> tuple[Path, tuple[str, ...]]:
    """Give the project root and the paths to check, relative to it."""
    named = [Path(request.cwd, path) for path in request.paths or (".",)]
    for path, text in zip(named, request.paths or (".",), strict=True):
        if not path.exists():
            raise LinkstepError(f"there is no file or directory {text}")
    root = find_project_root(named[0], Path(os.path.abspath(request.cwd)))
    relative = []
    for path, text in zip(named, request.paths or (".",), strict=True):
        inside = os.path.relpath(os.path.abspath(path), root)
        if inside.startswith(".."):
            raise LinkstepError(
                f"{text} is outside of the project",
                where=str(root),
                hint="check one project at a time",
            )
        relative.append("" if inside == "." else Path(inside).as_posix())
    return root, tuple(relative)


def _configure(root: Path, request: CheckRequest) -> Configuration:
    def read(name: str) -> bytes | None:
        path = Path(request.cwd, name) if name == request.configuration else root / name
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None
        except OSError as error:
            raise LinkstepError(f"cannot read {name}", why=str(error.strerror)) from error

    loaded = configuration_file.load_configuration(read, request.configuration)
    return configuration_file.override(loaded, request)


def _settings(root: Path, configuration: Configuration, request: CheckRequest) -> ResolveSettings:
    return ResolveSettings(
        project_root=str(root),
        roots=configuration.roots or None,
        python=_python(configuration, request),
        target_version=configuration.target_version,
        platform=configuration.platform,
        environ=request.environ,
        own_prefix=sys.prefix,
        host_version=sys.version_info[:2],
        host_platform=sys.platform,
    )


def _python(configuration: Configuration, request: CheckRequest) -> str | None:
    """Give the interpreter: named on the command line from there, else from the root."""
    if request.python is not None:
        return os.path.abspath(Path(request.cwd, os.path.expanduser(request.python)))
    return configuration.python


def _selected(
    files: Sequence[str], configuration: Configuration, checked: Sequence[str]
) -> tuple[str, ...]:
    """Give the files to check: those below the paths named, as configuration filters them."""

    def chosen(path: str) -> bool:
        if not any(not p or path == p or path.startswith(p + "/") for p in checked):
            return False
        if configuration.include and not any(matches(p, path) for p in configuration.include):
            return False
        return not any(matches(pattern, path) for pattern in configuration.exclude)

    return tuple(path for path in files if chosen(path))


def _notes(project: Project) -> tuple[str, ...]:
    if project.environment.found:
        return ()
    return (f"third-party names are not judged: {project.environment.why}",)


def _lost_entries(entries: Sequence[str], modules: Iterable[str]) -> Iterator[str]:
    known = set(modules)
    for entry in entries:
        if entry.partition(":")[0] not in known:
            yield f"entry point {entry}: the project has no such module"


def _counts(linked: Linked, suppressed: int) -> Counts:
    program = linked.program
    broken = [
        link for link in program.broken if link.problem is not Problem.POSSIBLY_UNDEFINED_NAME
    ]
    return Counts(
        files=linked.files,
        references=program.references,
        resolved=program.resolved,
        unresolved=len(broken),
        unknown=sum(program.unknown.values()),
        optional=sum(link.optional for link in broken),
        suppressed=suppressed,
        reasons=dict(Counter({str(doubt): n for doubt, n in program.unknown.items()})),
    )


def _reader(tree: Tree) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return tree.read(path)
        except OSError:
            return None

    return read


def _lines_of(read: Callable[[str], bytes | None]) -> Callable[[str], Sequence[str]]:
    @lru_cache(maxsize=64)
    def lines(path: str) -> Sequence[str]:
        source = read(path) or b""
        return re.split(r"\r\n|\r|\n", source.decode("utf-8", "replace"))

    return lines
