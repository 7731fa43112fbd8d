"""A tree as it arrives: without the Python files that are left behind on the way."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterable, Mapping

from linkstep.model.tree import EntryKind, Tree


class DeliveredTree(Tree):
    """`tree` without the files that are `known` and not `kept`; the others stay as they are.

    A directory in which nothing but such files is known to lie is gone as well: what is
    left of a package that does not arrive is not a namespace package.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"app/a.py": "", "app/b.py": "", "app/x/c.py": ""})
    >>> arrived = DeliveredTree(tree, tree.files(), {"app/a.py"})
    >>> arrived.files(), sorted(arrived.entries("app"))
    (('app/a.py',), ['a.py'])
    """

    def __init__(self, tree: Tree, known: Iterable[str], kept: Iterable[str]) -> None:
        self._tree = tree
        kept = frozenset(kept)
        self._gone = frozenset(known) - kept
        self._gone_directories = _above(self._gone) - _above(kept)

    def files(self) -> tuple[str, ...]:
        """Give the Python files that arrive, sorted."""
        return tuple(path for path in self._tree.files() if path not in self._gone)

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory; empty for one that does not arrive."""
        if directory in self._gone_directories:
            return {}
        return {
            name: kind
            for name, kind in self._tree.entries(directory).items()
            if not self._is_gone(posixpath.join(directory, name), kind)
        }

    def read(self, path: str) -> bytes:
        """Give the bytes of a file; FileNotFoundError for one that does not arrive."""
        if path in self._gone:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._tree.read(path)

    def real_path(self, path: str) -> str:
        """Give the path that links lead to."""
        return self._tree.real_path(path)

    def _is_gone(self, path: str, kind: EntryKind) -> bool:
        return path in (self._gone if kind is EntryKind.FILE else self._gone_directories)


def _above(paths: frozenset[str]) -> set[str]:
    """Give every directory that one of the paths lies in, the root aside."""
    found: set[str] = set()
    for path in paths:
        directory = posixpath.dirname(path)
        while directory and directory not in found:
            found.add(directory)
            directory = posixpath.dirname(directory)
    return found
