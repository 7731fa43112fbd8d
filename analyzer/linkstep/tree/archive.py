"""A wheel, sdist, zip or zipapp as a tree; nothing is unpacked to disk.

A path is the path inside the archive. Of an sdist or a source zip, which hold everything in
one directory, that directory is the project root, so that paths are those of the project.
Absolute paths are the environment and come from the disk.

Archives are hostile until read (see `archive_members`). What a wheel holds is seen as an
installer spreads it: `NAME.data/purelib` and `platlib` are site-packages too, scripts and
headers are not modules.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.directory import SKIPPED_DIRECTORIES, DirectoryTree

if TYPE_CHECKING:
    from linkstep.tree.archive_members import Members

_DATA = re.compile(r"[^/]+\.data/([^/]+)/")
_INSTALLED_AS_LIBRARY = frozenset({"purelib", "platlib"})
_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO"})


class Layout(Struct, frozen=True):
    """How an archive is put on `sys.path`.

    `roots` are the directories on it, None where the project's own build files say it (a
    source archive). What is below `foreign` is packed in, and not the project's own.
    """

    roots: tuple[str, ...] | None
    foreign: tuple[str, ...] = ()


class ArchiveTree(Tree):
    """The members of an archive below `top`; `project_root` is where relative paths would be."""

    def __init__(self, members: Members, top: str, layout: Layout, project_root: Path) -> None:
        self.layout = layout
        self.root = project_root
        self._members = members
        self._top = top
        self._disk = DirectoryTree(project_root)
        self._children: dict[str, dict[str, EntryKind]] = {"": {}}
        inside = f"{top}/" if top else ""
        self._paths = [p[len(inside) :] for p in members.paths() if p.startswith(inside)]
        for path in self._paths:
            self._place(path, EntryKind.FILE)
        self._libraries = [r for r in layout.roots or () if _DATA.match(r + "/")]

    def files(self) -> tuple[str, ...]:
        """Give the `.py` and `.pyi` files that are the project's own, sorted."""
        return tuple(sorted(path for path in self._paths if self._is_own(path)))

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory; a package that lies in several roots of a wheel is one directory."""
        if directory.startswith("/"):
            return self._disk.entries(directory)
        listing = dict(self._children.get(_normal(directory), {}))
        for other in self._counterparts(directory):
            listing = {**self._children.get(other, {}), **listing}
        return listing

    def read(self, path: str) -> bytes:
        """Give the bytes of a member, or of a file of the environment."""
        if path.startswith("/"):
            return self._disk.read(path)
        for place in (_normal(path), *self._counterparts(path)):
            content = self._members.read(posixpath.join(self._top, place))
            if content is not None:
                return content
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def real_path(self, path: str) -> str:
        """Give the path itself inside of the archive; there are no links."""
        return self._disk.real_path(path) if path.startswith("/") else path

    def _counterparts(self, path: str) -> list[str]:
        """Give where else an installer takes from what ends up at a path; roots themselves not."""
        if not self._libraries or not path or path in self._libraries:
            return []
        roots = ["", *self._libraries]
        own = max((r for r in roots if not r or path.startswith(r + "/")), key=len)
        below = path[len(own) + 1 :] if own else path
        return [posixpath.join(root, below) for root in roots if root != own]

    def _is_own(self, path: str) -> bool:
        if not path.endswith((".py", ".pyi")):
            return False
        if any(path == name or path.startswith(name + "/") for name in self.layout.foreign):
            return False
        data = _DATA.match(path) if self.layout.roots is not None else None
        if data is not None and data[1] not in _INSTALLED_AS_LIBRARY:
            return False
        above = path.split("/")[:-1]
        return SKIPPED_DIRECTORIES.isdisjoint(above) or self.layout.roots is not None

    def _place(self, path: str, kind: EntryKind) -> None:
        directory, name = posixpath.split(path)
        if directory not in self._children:
            self._children[directory] = {}
            self._place(directory, EntryKind.DIRECTORY)
        self._children[directory][name] = kind


def is_archive(path: Path) -> bool:
    """Whether a file is a kind of archive that can be checked, by its first bytes.

    A zipapp may begin with a `#!` line; what makes a zip file is its end. A Python file that
    ends like one is still a Python file.
    """
    if path.suffix in (".py", ".pyi") or not path.is_file():
        return False
    return path.name.endswith((".whl", ".zip", ".pyz", ".pex", ".tar.gz", ".tgz")) or (
        not path.suffix and _ends_like_zip(path)
    )


def open_archive(path: Path, project_root: Path) -> ArchiveTree:
    """Give an archive as a tree.

    Raises LinkstepError when it is damaged, or larger than anything that is installed.
    """
    from linkstep.tree.archive_members import open_members  # a directory needs none of it

    members = open_members(path)
    paths = members.paths()
    is_wheel = path.suffix == ".whl"
    top = _single_directory(paths)
    if not is_wheel and any(posixpath.join(top, name) in paths for name in _PROJECT_FILES):
        return ArchiveTree(members, top, Layout(None), project_root)
    if "PEX-INFO" in paths:
        return ArchiveTree(members, "", _pex(members, paths), project_root)
    if "environment.json" in paths and any(p.startswith("site-packages/") for p in paths):
        return ArchiveTree(members, "", _shiv(members, paths), project_root)
    data = {m[0].rstrip("/") for m in map(_DATA.match, paths) if m is not None}
    libraries = sorted(d for d in data if posixpath.basename(d) in _INSTALLED_AS_LIBRARY)
    return ArchiveTree(members, "", Layout(("", *libraries)), project_root)


def _single_directory(paths: Mapping[str, int]) -> str:
    """Give the directory that holds everything and is no package, as in an sdist."""
    tops = {path.partition("/")[0] for path in paths}
    [top] = tops if len(tops) == 1 else [""]
    inside = any(path.startswith(top + "/") for path in paths)
    return top if inside and f"{top}/__init__.py" not in paths else ""


def _pex(members: Members, paths: Mapping[str, int]) -> Layout:
    """Give what pex's bootstrap puts on the path: the top, and each distribution below .deps.

    The distribution that is started is the project, as are modules at the top.
    """
    parts = (path.split("/") for path in paths)
    packed = sorted({"/".join(p[:2]) for p in parts if p[0] == ".deps" and len(p) > 2})
    own = _started(members, "PEX-INFO")
    others = [d for d in packed if not {f"{d}/{own}/__init__.py", f"{d}/{own}.py"} & paths.keys()]
    return Layout(("", *packed), ("__main__.py", ".bootstrap", "__pex__", *others))


def _shiv(members: Members, paths: Mapping[str, int]) -> Layout:
    """Give shiv's one directory: the distribution that is started is the project in it."""
    own = _started(members, "environment.json")
    foreign: set[str] = set()
    for path in paths:
        if path.startswith("site-packages/") and path.endswith(".dist-info/RECORD"):
            lines = (members.read(path) or b"").decode("utf-8", "replace").splitlines()
            tops = {line.partition(",")[0].strip('"').partition("/")[0] for line in lines}
            if own not in tops and f"{own}.py" not in tops:
                foreign |= tops
    others = sorted(f"site-packages/{name}" for name in foreign if name)
    return Layout(("site-packages",), ("__main__.py", "_bootstrap", *others))


def _started(members: Members, file: str) -> str:
    """Give the top-level name of the entry point that a zipapp's own file names."""
    import json  # asked of zipapps only

    try:
        document = json.loads(members.read(file) or b"{}")
    except (ValueError, RecursionError, OSError):
        return ""
    entry = document.get("entry_point") if isinstance(document, dict) else None
    return str(entry or "").partition(":")[0].partition(".")[0]


def _ends_like_zip(path: Path) -> bool:
    from zipfile import is_zipfile  # asked of files without a suffix only

    return is_zipfile(path)


def _normal(path: str) -> str:
    normal = posixpath.normpath(path) if path else ""
    return "" if normal == "." else normal
