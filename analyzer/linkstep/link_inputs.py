"""From a tree to what the link stage gets of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from linkstep.config import Configuration
from linkstep.index.build import Index
from linkstep.index.summaries import Summaries
from linkstep.link.program import LinkInput
from linkstep.model.environment import Found, Project
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind, Tree
from linkstep.preparation import selected
from linkstep.resolve.finder import Finder
from linkstep.resolve.naming import module_of
from linkstep.resolve.stdlib import stdlib_stub


class Ground(Struct, frozen=True):
    """What a link stands on: the files of a tree that are checked, and how others are found.

    `paths` are all of these files, `files` the modules among them, and `witnesses` the modules
    of the project that are not checked and may set names on those that are.
    """

    tree: Tree
    project: Project
    finder: Finder
    index: Index
    paths: Sequence[str]
    files: Sequence[Found]
    witnesses: Sequence[Found]

    def link_input(self, checked: Sequence[Found]) -> LinkInput:
        """Give what is linked when some of the modules are, and all that stands around them."""
        tree, project, index = self.tree, self.project, self.index
        return LinkInput(
            checked,
            self.witnesses,
            self.finder.find,
            index.summary,
            lambda name: stdlib_stub(name, project.target),
            project.target,
            index.text,
            index.source,
            index.harmless,
            lambda path, suffixes: _texts_around(path, suffixes, tree, project),
            project.environment.suspects,
        )


def ground_of(
    tree: Tree,
    project: Project,
    configuration: Configuration,
    request: CheckRequest,
    checked: Sequence[str],
    summaries: Summaries | None = None,
    index: Index | None = None,
) -> Ground:
    """Give what to link of a tree, by the paths that are checked.

    `index` is one that has read files of this tree for this target already.
    """
    paths = selected(tree.files(), configuration, checked)
    files = [module_of(path, project.roots, tree) for path in paths if path.endswith(".py")]
    if index is None:
        target, reader = project.target, request.reader
        index = Index(tree.read, target, reader, summaries, tree.content_id, tree.source)
    witnesses = _witnesses_beside(tree, project, paths)
    return Ground(tree, project, Finder(tree, project), index, paths, files, witnesses)


def _witnesses_beside(tree: Tree, project: Project, chosen: Iterable[str]) -> list[Found]:
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
