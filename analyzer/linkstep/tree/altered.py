"""A tree as it would be after an edit that nobody has made."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from linkstep.model.tree import EntryKind, Tree


class AlteredTree(Tree):
    """`base` with other contents for some files; None takes a file or a directory away.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"app/a.py": "x = 1\\n", "app/b/c.py": ""})
    >>> altered = AlteredTree(tree, {"app/a.py": b"", "app/b": None})
    >>> altered.files(), sorted(altered.entries("app")), altered.read("app/a.py")
    (('app/a.py',), ['a.py'], b'')
    """

    def __init__(self, base: Tree, contents: Mapping[str, bytes | None]) -> None:
        self._base = base
        self._contents = contents
        self._gone = tuple(path for path, content in contents.items() if content is None)

    def files(self) -> tuple[str, ...]:
        """Give the project's own files that are still there."""
        return tuple(path for path in self._base.files() if not self._is_gone(path))

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory without what was taken away."""
        return {
            name: kind
            for name, kind in self._base.entries(directory).items()
            if not self._is_gone(posixpath.join(directory, name))
        }

    def read(self, path: str) -> bytes:
        """Give the bytes of a file as they would be."""
        if self._is_gone(path):
            raise FileNotFoundError(path)
        content = self._contents.get(path)
        return self._base.read(path) if content is None else content

    def real_path(self, path: str) -> str:
        """Give the path that links lead to."""
        return self._base.real_path(path)

    def _is_gone(self, path: str) -> bool:
        return any(path == gone or path.startswith(gone + "/") for gone in self._gone)
