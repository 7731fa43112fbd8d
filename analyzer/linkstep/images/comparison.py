"""An image compared with the sources it should have been built from (LS404)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from linkstep.index.reading import read
from linkstep.model.facts import BrokenReference, Fact, StaleModule, Staleness
from linkstep.model.links import Program
from linkstep.model.settings import ResolveSettings
from linkstep.model.steps import all_steps
from linkstep.model.summary import (
    Bind,
    FileSummary,
    ImportFrom,
    ImportModule,
    ModuleKind,
    Span,
)
from linkstep.model.target import Target
from linkstep.model.tree import Tree
from linkstep.resolve.naming import module_of
from linkstep.resolve.project import resolve_project
from linkstep.tree.open import open_tree

_FIRST = Span(1, 1, 1, 1)
_MISSING = "ModuleNotFoundError: No module named "


def bound_names(source: bytes, target: Target) -> frozenset[str]:
    """Give the names a module may bind, on any branch; none when it cannot be parsed.

    >>> sorted(bound_names(b"import os.path\\nfrom a import b as c", Target((3, 11))))
    ['c', 'os']
    """
    return _names(read(source, ModuleKind.MODULE, target).summary)


def compare_with_sources(
    image: Tree, program: Program, facts: Iterable[Fact], sources: str, target: Target
) -> Iterator[StaleModule]:
    """Give the modules that the image has otherwise than the source tree at `sources`, or lacks.

    Modules are the same when they are imported by the same name, wherever the two trees
    have them. Those that make names at run time are not compared, and of those that
    are lacking only what `facts` say something imports. Raises LinkstepError when there is no
    directory at `sources`.
    """
    tree = open_tree(Path(sources))
    by_name = _source_files(tree, sources)
    for module in program.modules:
        path = by_name.get(module.name)
        if path is None or module.path.endswith("__main__.py"):
            continue
        ours, theirs = image.read(module.path), tree.read(path)
        if ours.replace(b"\r\n", b"\n") == theirs.replace(b"\r\n", b"\n"):
            continue
        built = read(ours, ModuleKind.MODULE, target).summary
        meant = read(theirs, ModuleKind.MODULE, target).summary
        if built.problem or meant.problem or not (_is_closed(built) and _is_closed(meant)):
            continue
        lacking, surplus = _names(meant) - _names(built), _names(built) - _names(meant)
        if lacking or surplus:
            yield StaleModule(
                path=module.path,
                span=_FIRST,
                module=module.name,
                staleness=Staleness.OTHER_NAMES,
                source=path,
                lacking=tuple(sorted(lacking)),
                surplus=tuple(sorted(surplus)),
            )
    yield from _absent(facts, by_name)


def _absent(facts: Iterable[Fact], by_name: Mapping[str, str]) -> Iterator[StaleModule]:
    """Give the modules that something in the image imports, and only the sources have."""
    said: set[str] = set()
    for fact in facts:
        if not isinstance(fact, BrokenReference) or not fact.exception.startswith(_MISSING):
            continue
        name = fact.exception.removeprefix(_MISSING).partition(";")[0].strip("'")
        if name in by_name and name not in said:
            said.add(name)
            yield StaleModule(
                path=fact.path,
                span=fact.span,
                module=name,
                staleness=Staleness.ABSENT,
                source=by_name[name],
                imported_by=(fact.importing,),
            )


def _source_files(tree: Tree, sources: str) -> dict[str, str]:
    """Give the files of a source tree by the name under which they are imported."""
    project = resolve_project(tree, ResolveSettings(project_root=sources))
    roots = (*project.roots, *project.implied)
    files = [path for path in tree.files() if path.endswith(".py")]
    return {module_of(path, roots, tree).name: path for path in reversed(files)}


def _is_closed(summary: FileSummary) -> bool:
    return not summary.opens and summary.lazy is None


def _names(summary: FileSummary) -> frozenset[str]:
    names: set[str] = set()
    for step in all_steps(summary.body):
        if isinstance(step, Bind):
            names.add(step.name)
        elif isinstance(step, ImportModule):
            names.add(step.alias or step.module.partition(".")[0])
        elif isinstance(step, ImportFrom):
            names.update(alias.bound for alias in step.names if alias.name != "*")
    return frozenset(names)
