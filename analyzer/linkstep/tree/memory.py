"""A tree held in memory: for doctests, tests, and sources that never were on a disk."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Mapping

from linkstep.model.tree import EntryKind, Tree


class MemoryTree(Tree):
    """Files given by path; relative paths are the project, absolute ones the environment.

    Nothing is ignored and nothing is a link. A directory exists when a file is in it;
    a key that ends with `/` makes an empty one.

    >>> tree = MemoryTree({"shop/__init__.py": "", "shop/db.py": "x = 1", "/site/six.py": ""})
    >>> tree.files()
    ('shop/__init__.py', 'shop/db.py')
    >>> sorted(tree.entries("shop"))
    ['__init__.py', 'db.py']
    >>> tree.read("shop/db.py")
    b'x = 1'
    """

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._contents: dict[str, bytes] = {}
        self._directories: dict[str, dict[str, EntryKind]] = {"": {}}
        for path, content in files.items():
            if path.endswith("/"):
                self._add_directory(posixpath.normpath(path))
                continue
            path = posixpath.normpath(path)
            self._contents[path] = content.encode() if isinstance(content, str) else content
            directory, name = posixpath.split(path)
            self._add_directory(directory)
            self._directories[directory][name] = EntryKind.FILE

    def _add_directory(self, directory: str) -> None:
        if directory in self._directories:
            return
        self._directories[directory] = {}
        parent, name = posixpath.split(directory)
        if name:
            self._add_directory(parent)
            self._directories[parent][name] = EntryKind.DIRECTORY

    def files(self) -> tuple[str, ...]:
        """Give the relative `.py` and `.pyi` paths, sorted."""
        return tuple(
            sorted(
                path
                for path in self._contents
                if path.endswith((".py", ".pyi")) and not path.startswith("/")
            )
        )

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory; empty when there is none."""
        return self._directories.get(posixpath.normpath(directory) if directory else "", {})

    def read(self, path: str) -> bytes:
        """Give the bytes of a file; FileNotFoundError when there is none."""
        content = self._contents.get(posixpath.normpath(path))
        if content is None:
            raise FileNotFoundError(errno.ENOENT, "no such file in memory", path)
        return content
