"""The files of an image, as far as a Dockerfile copies them from the tree.

A view is a tree whose paths are those of the image. What comes from elsewhere (the base
image, `RUN`) is not in it, so what a view lacks proves nothing by itself.
"""

from __future__ import annotations

import errno
import fnmatch
import posixpath
from collections.abc import Mapping

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import join, kind


class Copy(Struct, frozen=True):
    """`source`, a path of the tree, comes to lie at `target`, a path of the image."""

    source: str
    target: str


class OwnFiles(Tree):
    """A tree without its environment: an absolute path leads nowhere.

    A command may name `/usr/bin/x` or `/app/run.sh`; these are files of the machine it
    runs on, never of the one that reads it.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def files(self) -> tuple[str, ...]:
        """Give the project's own Python files."""
        return self.tree.files()

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory of the project; empty for an absolute path."""
        return {} if directory.startswith(("/", "..")) else self.tree.entries(directory)

    def read(self, path: str) -> bytes:
        """Give a file's bytes; FileNotFoundError for an absolute path."""
        if path.startswith(("/", "..")):
            raise FileNotFoundError(errno.ENOENT, "not in the project", path)
        return self.tree.read(path)


class ImageView(Tree):
    """Copies laid over each other, the last one on top.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"backend/app/main.py": "", "run.sh": ""})
    >>> view = ImageView(tree, [Copy("backend", "/srv"), Copy("run.sh", "/srv/run.sh")])
    >>> sorted(view.entries("/srv")), view.real_path("/srv/app/main.py")
    (['app', 'run.sh'], 'backend/app/main.py')
    >>> view.places("/srv")
    ('backend',)
    """

    def __init__(self, tree: Tree, copies: list[Copy]) -> None:
        self.tree = tree
        self.copies = copies

    def files(self) -> tuple[str, ...]:
        """Give nothing: a view is asked for single files."""
        return ()

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List what the copies put into a directory of the image."""
        found: dict[str, EntryKind] = {}
        above = directory.rstrip("/") + "/"
        for copy in self.copies:
            place = self._inside(copy, directory)
            if place is not None:
                found.update(self.tree.entries(place))
            elif copy.target.startswith(above):
                rest = copy.target[len(above) :]
                single = kind(self.tree, copy.source) if "/" not in rest else None
                found[rest.partition("/")[0]] = single or EntryKind.DIRECTORY
        return found

    def read(self, path: str) -> bytes:
        """Give a file's bytes; FileNotFoundError for one that no copy brings."""
        place = self.real_path(path)
        if place.startswith("/"):
            raise FileNotFoundError(errno.ENOENT, "not copied into the image", path)
        return self.tree.read(place)

    def real_path(self, path: str) -> str:
        """Give the path in the tree that a path of the image comes from; itself if none."""
        for copy in reversed(self.copies):
            place = self._inside(copy, path)
            if place is not None and kind(self.tree, place) is not None:
                return place
        return path

    def places(self, directory: str) -> tuple[str, ...]:
        """Give the directories of the tree from which modules in `directory` would come.

        Besides what was copied to it, that is the directory above a package that was
        copied into it under its own name.
        """
        found: dict[str, None] = {}
        for copy in reversed(self.copies):
            place = self._inside(copy, directory)
            if place is not None:
                if kind(self.tree, place) is EntryKind.DIRECTORY:
                    found.setdefault(place)
            elif (
                posixpath.dirname(copy.target) == directory.rstrip("/")
                and posixpath.basename(copy.target) == posixpath.basename(copy.source)
                and kind(self.tree, copy.source or ".") is EntryKind.DIRECTORY
            ):
                found.setdefault(posixpath.dirname(copy.source))
        return tuple(found)

    def brings(self, path: str) -> bool:
        """Whether a directory was copied that `path` lies in, so that it should be there."""
        return any(self._inside(copy, path) is not None for copy in self.copies)

    def _inside(self, copy: Copy, path: str) -> str | None:
        target = copy.target.rstrip("/")
        if path.rstrip("/") == target:
            return copy.source
        if path.startswith(target + "/"):
            return join(copy.source, path[len(target) + 1 :])
        return None


def copies_of(
    tree: Tree, context: str, sources: list[str], target: str, workdir: str
) -> list[Copy]:
    """Translate one `COPY` (Dockerfile reference, "COPY") of files below `context`."""
    into = target.endswith("/") or target in (".", "..") or len(sources) > 1
    place = posixpath.normpath(posixpath.join(workdir, target))
    found = []
    for source in sources:
        for path in _matching(tree, join(context, source.lstrip("/"))):
            what = kind(tree, path)
            if path.startswith("..") or what is None:
                continue
            is_file = what is EntryKind.FILE
            named = posixpath.join(place, posixpath.basename(path)) if is_file and into else place
            found.append(Copy(path, named))
    return found


def _matching(tree: Tree, path: str) -> list[str]:
    """Give the paths that a pattern in the last part of `path` stands for."""
    directory, name = posixpath.split(path)
    if not any(c in name for c in "*?["):
        return [path]
    names = sorted(tree.entries(directory))
    return [posixpath.join(directory, n) for n in names if fnmatch.fnmatchcase(n, name)]
