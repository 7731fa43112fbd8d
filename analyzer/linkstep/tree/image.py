"""The file tree of a container image, as the process in the container would see it.

Relative paths are counted from the application's directory, absolute ones from the root of
the image. Links are followed inside the image, across layers. What the image's user may
not read or search is not there for it.
"""

from __future__ import annotations

import contextlib
import errno
import io
import posixpath
import zipfile
from collections.abc import Mapping

import msgspec

from linkstep.errors import LinkstepError
from linkstep.model.binary import Binary
from linkstep.model.image import ImageFiles, Version
from linkstep.model.tree import EntryKind
from linkstep.tree.container.account import Account
from linkstep.tree.container.contents import NOT_KEPT, Contents, Place
from linkstep.tree.container.elf import MAGIC, read_binary
from linkstep.tree.container.merge import MergedLayers, Node
from linkstep.tree.container.tar_headers import MemberKind
from linkstep.tree.container.zipped import ZippedFiles
from linkstep.tree.directory import SKIPPED_DIRECTORIES

_SYSTEM = frozenset(
    {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "media", "mnt", "proc"}
    | {"run", "sbin", "sys", "usr", "var"}
)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


class ImageTree(ImageFiles):
    """The merged layers, seen from the directory `root` by one user.

    `only` limits the project to these entries of `root`, for an application that shares
    its directory with what it does not own: an installed package in site-packages.
    """

    def __init__(
        self,
        merged: MergedLayers,
        contents: Contents,
        account: Account,
        root: str = "/",
        only: frozenset[str] | None = None,
    ) -> None:
        self.root = root.rstrip("/") or "/"
        self.account = account
        self._merged = merged
        self._contents = contents
        self._only = only
        self._found: dict[str, tuple[Node, str] | None] = {}
        self._searchable: dict[str, bool] = {"": True, "/": True}
        self._binaries: dict[Place, Binary | None] = {}
        self._zips: dict[str, ZippedFiles | None] = {}

    def seen_from(self, root: str, only: frozenset[str] | None = None) -> ImageTree:
        """Give the same image with another directory as the project's."""
        return ImageTree(self._merged, self._contents, self.account, root, only)

    def absolute(self, path: str) -> str:
        """Give a path counted from the root of the image."""
        return posixpath.normpath(posixpath.join(self.root, path))

    def files(self) -> tuple[str, ...]:
        """Give the Python files below the project's directory; environments are left out."""
        found: list[str] = []
        start = self._find(self.root)
        if start is None or not start[0].is_directory:
            archive = self._in_zip(self.root)
            inside = archive[0].python_files(archive[1]) if archive is not None else ()
            return tuple(path for path in inside if self._is_own(path.partition("/")[0]))
        pending = [(start[0], "")]
        while pending:
            node, prefix = pending.pop()
            for name, child in node.children.items():
                if not prefix and not self._is_own(name):
                    continue
                path = prefix + name
                if child.is_directory:
                    marks = any(mark in child.children for mark in _ENVIRONMENT_MARKS)
                    if name not in SKIPPED_DIRECTORIES and not marks:
                        pending.append((child, path + "/"))
                elif name.endswith((".py", ".pyi")) and self._kind(path) is EntryKind.FILE:
                    found.append(path)
        return tuple(sorted(found))

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory, or a zip archive and the directories in it."""
        found = self._find(directory)
        if found is None or not found[0].is_directory:
            inside = self._in_zip(directory)
            listing = inside[0].entries(inside[1]) if inside is not None else {}
            return {n: k for n, k in listing.items() if directory or self._is_own(n)}
        node, real = found
        if not self.account.may(node, 4):
            return {}
        own = directory == "" and self._only is not None
        listed = {}
        for name in node.children:
            if own and not self._is_own(name):
                continue
            kind = self._kind(f"{real}/{name}")
            if kind is not None:
                listed[name] = kind
        return listed

    def read(self, path: str) -> bytes:
        """Give a file's bytes; OSError when it is not there, or not for this user."""
        found = self._find(path)
        if found is None:
            inside = self._in_zip(path)
            if inside is not None:
                return inside[0].read(inside[1])
            raise FileNotFoundError(errno.ENOENT, "no such file in the image", path)
        node, _ = found
        if node.kind is not MemberKind.FILE:
            raise OSError(errno.EINVAL, "not a regular file", path)
        if not self.account.may(node, 4):
            raise PermissionError(errno.EACCES, "the image's user may not read it", path)
        if node.binary:
            raise OSError(errno.EINVAL, "a compiled file", path)
        if node.place == NOT_KEPT and path.endswith(".py"):
            raise LinkstepError("a Python file cannot be read", where=path, why="it is too large")
        return self._contents.read(node.place)

    def real_path(self, path: str) -> str:
        """Give the absolute path that links lead to, the path itself where they dangle."""
        found = self._merged.resolve(self.absolute(path))
        return found[1] if found is not None else self.absolute(path)

    def is_executable(self, path: str) -> bool:
        """Say whether a regular file is there that the image's user may execute."""
        found = self._find(path)
        return found is not None and found[0].kind is MemberKind.FILE and self._may_run(found[0])

    def link(self, path: str) -> str | None:
        """Give where the link at `path` points."""
        node = self._merged.find(self.absolute(path), follow=False)
        return node.link if node is not None and node.kind is MemberKind.SYMLINK else None

    def binary(self, path: str) -> Binary | None:
        """Give what an ELF file says; None when it is none, or was too large to be read."""
        found = self._find(path)
        if found is None or found[0].kind is not MemberKind.FILE:
            return None
        node = found[0]
        if node.place not in self._binaries:
            self._binaries[node.place] = self._read_binary(node)
        return self._binaries[node.place]

    def layer_of(self, path: str) -> int | None:
        """Give the number of the layer that wrote what is at `path`, counted from 1."""
        found = self._merged.resolve(self.absolute(path), follow=False)
        return found[0].layer + 1 if found is not None else None

    def versions(self, path: str) -> tuple[Version, ...]:
        """Give what was at `path` before upper layers removed or replaced it, oldest first."""
        path = self.absolute(path)
        directory = self._merged.resolve(posixpath.dirname(path))
        if directory is not None:
            path = posixpath.join(directory[1], posixpath.basename(path))
        return tuple(
            Version(
                removal.node.layer + 1, removal.by + 1, removal.replaced, self._old(removal.node)
            )
            for removal in self._merged.removals(path[1:])
        )

    def _old(self, node: Node) -> bytes | None:
        if node.kind is not MemberKind.FILE or node.binary:
            return None
        try:
            return self._contents.read(node.place)
        except OSError:
            return None

    def _is_own(self, name: str) -> bool:
        if self._only is not None:
            return name in self._only
        return self.root != "/" or name not in _SYSTEM

    def _may_run(self, node: Node) -> bool:
        return self.account.may(node, 1)

    def _find(self, path: str) -> tuple[Node, str] | None:
        """Give the node that this user finds at a path, with its real path."""
        path = self.absolute(path)
        if path not in self._found:
            found = self._merged.resolve(path)
            if found is not None and not self._may_reach(posixpath.dirname(found[1])):
                found = None
            self._found[path] = found
        return self._found[path]

    def _may_reach(self, directory: str) -> bool:
        known = self._searchable.get(directory)
        if known is None:
            node = self._merged.find(directory)
            above = posixpath.dirname(directory)
            known = node is not None and self.account.may(node, 1) and self._may_reach(above)
            self._searchable[directory] = known
        return known

    def _kind(self, path: str) -> EntryKind | None:
        found = self._find(path)
        if found is None:
            return None
        if found[0].is_directory:
            return EntryKind.DIRECTORY
        return EntryKind.FILE if found[0].kind is MemberKind.FILE else None

    def _read_binary(self, node: Node) -> Binary | None:
        if node.place == NOT_KEPT:
            return None
        if node.binary:
            data = self._contents.read(node.place)
            return msgspec.msgpack.decode(data, type=Binary | None)
        if self._contents.read(node.place, 0, 4) != MAGIC:
            return None
        return read_binary(lambda offset, size: self._contents.read(node.place, offset, size))

    def _in_zip(self, path: str) -> tuple[ZippedFiles, str] | None:
        """Give the zip archive that a path leads into, and the rest of the path."""
        path = self.absolute(path)
        inner = ""
        while path != "/":
            found = self._find(path)
            if found is not None:
                archive = self._zip(found[1]) if found[0].kind is MemberKind.FILE else None
                return (archive, inner) if archive is not None else None
            path, name = posixpath.split(path)
            inner = f"{name}/{inner}" if inner else name
        return None

    def _zip(self, path: str) -> ZippedFiles | None:
        if path not in self._zips:
            self._zips[path] = None
            with contextlib.suppress(OSError, zipfile.BadZipFile, LinkstepError):
                self._zips[path] = ZippedFiles(io.BytesIO(self.read(path)))
        return self._zips[path]
