"""A directory on disk as a tree.

One `os.scandir` per directory serves both the walk over the project's own files and the
finder's questions, so that finding 100,000 modules costs no `stat` call. What is listed
may be hostile (see `disk`); a cycle of links is never followed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.disk import list_directory, read_file
from linkstep.tree.ignored import Ignored

SKIPPED_DIRECTORIES = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".venv",
        ".tox",
        ".nox",
        ".eggs",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".pyre",
        ".pytype",
        ".ipynb_checkpoints",
        ".direnv",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "dist-packages",
    }
)
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


class DirectoryTree(Tree):
    """The files below `root`, read once; what changes on disk later is not seen.

    `files()` leaves out what git ignores when `root` is inside a checkout, environments,
    caches, and directories reached by a link: inside the root these are listed under
    their real path, outside of it they are not the project's. `entries()` and `read()`
    follow links and hide nothing, as the import system does.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._prefix = str(self.root).rstrip("/") + "/"
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        self._links: dict[str, frozenset[str]] = {}
        self._files: tuple[str, ...] | None = None

    def files(self) -> tuple[str, ...]:
        """Give the project's own `.py` and `.pyi` files, sorted."""
        if self._files is None:
            self._files = tuple(sorted(self._walk()))
        return self._files

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory, links followed; empty when it is none or cannot be read."""
        listing = self._listings.get(directory)
        return self._scan(directory) if listing is None else listing

    def read(self, path: str) -> bytes:
        """Give the bytes of a regular file; OSError for anything else, at once."""
        return read_file(self._on_disk(path))[0]

    def real_path(self, path: str) -> str:
        """Give the absolute path that links lead to."""
        try:
            return os.path.realpath(self._on_disk(path)).replace(os.sep, "/")
        except (OSError, ValueError):
            return path

    def _on_disk(self, path: str) -> str:
        return path if os.path.isabs(path) else self._prefix + path

    def _scan(self, directory: str) -> Mapping[str, EntryKind]:
        listing, links = self._listed(directory)
        self._listings[directory] = listing
        self._links[directory] = links
        return listing

    def _listed(self, directory: str) -> tuple[Mapping[str, EntryKind], frozenset[str]]:
        return list_directory(self._on_disk(directory))

    def _walk(self) -> list[str]:
        found: list[str] = []
        ignored = self._ignored()
        pending = [""]
        while pending:
            directory = pending.pop()
            listing = self.entries(directory)
            links = self._links[directory]
            prefix = directory + "/" if directory else ""
            if ignored.active:
                ignored.enter(directory, self._gitignore(prefix, listing))
            for name, kind in listing.items():
                if kind is EntryKind.FILE:
                    if not name.endswith((".py", ".pyi")):
                        continue
                    if name in links and not self._is_inside(prefix + name):
                        continue
                elif name in links or self._is_skipped(prefix + name, name):
                    continue
                is_directory = kind is EntryKind.DIRECTORY
                if ignored.active and ignored.decide(directory, name, is_directory):
                    continue
                (pending if is_directory else found).append(prefix + name)
        return found

    def _ignored(self) -> Ignored:
        return Ignored(self.root)

    def _gitignore(self, prefix: str, listing: Mapping[str, EntryKind]) -> bytes | None:
        if listing.get(".gitignore") is not EntryKind.FILE:
            return None
        try:
            return self.read(prefix + ".gitignore")
        except OSError:
            return None

    def _is_skipped(self, path: str, name: str) -> bool:
        return name in SKIPPED_DIRECTORIES or not _ENVIRONMENT_MARKS.isdisjoint(self.entries(path))

    def _is_inside(self, path: str) -> bool:
        root = self.real_path("").rstrip("/")
        return self.real_path(path).startswith(root + "/")
