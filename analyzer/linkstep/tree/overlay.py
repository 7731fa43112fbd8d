"""A tree in which some installed distributions are replaced by wheels.

Nothing is installed: the files of the old version are not seen, those of the wheel are, at the
paths where an installer would put them. Everything else is the tree below.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.archive_members import Members, open_members

_DATA = re.compile(r"[^/]+\.data/([^/]+)/(.*)")


class Replacement(Struct, frozen=True):
    """One distribution: the wheel, the site directory it goes to, and what leaves from there.

    `removed` are the files of the installed version, and directories that are its own,
    relative to `site`.
    """

    wheel: str
    site: str
    removed: frozenset[str]


class OverlayTree(Tree):
    """`base` with replacements; paths below a site directory come from wheels first."""

    def __init__(self, base: Tree, replacements: Iterable[Replacement]) -> None:
        self._base = base
        self._removed: set[str] = set()
        self._contents: dict[str, tuple[Members, str]] = {}
        self._children: dict[str, dict[str, EntryKind]] = {}
        for one in replacements:
            self._removed |= {posixpath.join(one.site, path) for path in one.removed}
            members = open_members(Path(one.wheel))
            for path in members.paths():
                inner = _installed_path(path)
                if inner is not None:
                    place = posixpath.join(one.site, inner)
                    self._contents[place] = members, path
                    self._place(place, EntryKind.FILE, one.site)
        self._touched = {above for path in self._removed for above in _above(path)}

    def files(self) -> tuple[str, ...]:
        """Give the project's own files, which are those of the tree below."""
        return self._base.files()

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory without what left and with what came."""
        listing = self._base.entries(directory)
        added = self._children.get(directory)
        if added is None and directory not in self._touched:
            return listing
        kept = {
            name: kind
            for name, kind in listing.items()
            if not self._is_gone(posixpath.join(directory, name), kind)
        }
        return {**kept, **(added or {})}

    def read(self, path: str) -> bytes:
        """Give the bytes of a file; what left is not there."""
        content = self._contents.get(path)
        if content is not None:
            members, inner = content
            found = members.read(inner)
            if found is None:
                raise FileNotFoundError(path)
            return found
        if path in self._removed:
            raise FileNotFoundError(path)
        return self._base.read(path)

    def real_path(self, path: str) -> str:
        """Give the path that links lead to; a file of a wheel is no link."""
        return path if path in self._contents else self._base.real_path(path)

    def _is_gone(self, path: str, kind: EntryKind) -> bool:
        """Whether a file left, or a directory has nothing but what left."""
        if path in self._removed:
            return True
        if kind is EntryKind.FILE or path not in self._touched:
            return False
        return not any(name != "__pycache__" for name in self.entries(path))

    def _place(self, path: str, kind: EntryKind, site: str) -> None:
        directory, name = posixpath.split(path)
        known = self._children.setdefault(directory, {})
        known[name] = kind
        if directory != site and directory.startswith(site):
            self._place(directory, EntryKind.DIRECTORY, site)


def _above(path: str) -> Iterator[str]:
    """Give the directories above a path, nearest first.

    >>> list(_above("/site/a/b.py"))
    ['/site/a', '/site', '/']
    """
    while path not in ("", "/"):
        path = posixpath.dirname(path)
        yield path


def _installed_path(path: str) -> str | None:
    """Give where an installer puts a member, relative to site-packages; None for elsewhere.

    >>> _installed_path("six.py"), _installed_path("a-1.data/purelib/a.py")
    ('six.py', 'a.py')
    >>> _installed_path("a-1.data/scripts/run") is None
    True
    """
    match = _DATA.fullmatch(path)
    if match is None:
        return path
    return match[2] if match[1] in ("purelib", "platlib") else None
