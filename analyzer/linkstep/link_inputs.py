"""From a tree to what the link stage gets of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from linkstep.index.build import Index
from linkstep.index.summaries import Summaries
from linkstep.link.program import LinkInput
from linkstep.model.environment import Found, Project
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.finder import Finder
from linkstep.resolve.naming import module_of
from linkstep.resolve.stdlib import stdlib_stub


def index_of(
    tree: Tree, project: Project, request: CheckRequest, summaries: Summaries | None
) -> Index:
    """Give the index of a tree's files, for the target of a project."""
    target, reader = project.target, request.reader
    return Index(tree.read, target, reader, summaries, tree.content_id, tree.source)


def link_input(
    tree: Tree,
    project: Project,
    finder: Finder,
    index: Index,
    checked: Sequence[Found],
    others: Sequence[Found],
) -> LinkInput:
    """Give what is linked when some modules are checked, and all that stands around them."""
    return LinkInput(
        checked,
        others,
        finder.find,
        index.summary,
        lambda name: stdlib_stub(name, project.target),
        project.target,
        index.text,
        index.source,
        index.harmless,
        lambda path, suffixes: _texts_around(path, suffixes, tree, project),
        project.environment.suspects,
    )


def witnesses_beside(tree: Tree, project: Project, chosen: Iterable[str]) -> list[Found]:
    """Give the modules that are not checked and may set names on those that are."""
    checked = set(chosen)
    return [
        module_of(path, project.roots, tree)
        for path in tree.files()
        if path not in checked and path.endswith(".py") and not is_test(path)
    ]


def is_test(path: str) -> bool:
    """Whether a file is a test by its place or name: what it patches, it patches for itself."""
    directory, _, name = path.rpartition("/")
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return named or not {"test", "tests"}.isdisjoint(directory.split("/"))


def _texts_around(
    path: str, suffixes: tuple[str, ...], tree: Tree, project: Project
) -> Iterator[bytes]:
    """Give the files of the installed top-level package that a file belongs to."""
    for entry in project.environment.site:
        if path.startswith(entry.directory + "/"):
            top = path[len(entry.directory) + 1 :].partition("/")[0]
            pending = [f"{entry.directory}/{top}"]
            while pending:
                directory = pending.pop()
                for name, kind in tree.entries(directory).items():
                    if kind is EntryKind.DIRECTORY:
                        pending.append(f"{directory}/{name}")
                    elif name.endswith(suffixes):
                        with contextlib.suppress(OSError):
                            yield tree.read(f"{directory}/{name}")
