"""A zip archive on `sys.path`: what `zipimport` would see in it.

A zipapp, a PEX or the standard library as `python311.zip`. The archive is part of an
untrusted image: members are read one at a time, each to a limit.
"""

from __future__ import annotations

import errno
import posixpath
import zipfile
import zlib
from typing import BinaryIO

from linkstep.model.tree import EntryKind

_MOST_MEMBERS = 200_000
_LARGEST = 16 << 20


class ZippedFiles:
    """The files of a zip archive by path, without a leading slash.

    Raises zipfile.BadZipFile when it is none, or has more members than any real one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        self._directories: dict[str, dict[str, EntryKind]] = {"": {}}
        names = self._zip.namelist()
        if len(names) > _MOST_MEMBERS:
            raise zipfile.BadZipFile("too many members")
        for name in names:
            path = posixpath.normpath("/" + name).lstrip("/")
            if path != name.rstrip("/"):
                continue  # `..` and absolute names: zipimport cannot find these either
            kind = EntryKind.DIRECTORY if name.endswith("/") else EntryKind.FILE
            self._add(path, kind)

    def _add(self, path: str, kind: EntryKind) -> None:
        if kind is EntryKind.DIRECTORY:
            self._directories.setdefault(path, {})
        while path:
            directory, name = posixpath.split(path)
            listed = self._directories.setdefault(directory, {})
            if name in listed:
                return
            listed[name] = kind
            path, kind = directory, EntryKind.DIRECTORY

    def entries(self, directory: str) -> dict[str, EntryKind]:
        """List a directory of the archive; empty when there is none."""
        return self._directories.get(directory.rstrip("/"), {})

    def python_files(self, directory: str) -> tuple[str, ...]:
        """Give the Python files below a directory, counted from it; hidden ones left out."""
        found: list[str] = []
        pending = [""]
        while pending:
            prefix = pending.pop()
            for name, kind in self.entries(f"{directory}/{prefix}".strip("/")).items():
                if kind is EntryKind.DIRECTORY:
                    if not name.startswith(".") and name != "site-packages":
                        pending.append(f"{prefix}{name}/")
                elif name.endswith((".py", ".pyi")):
                    found.append(prefix + name)
        return tuple(sorted(found))

    def read(self, path: str) -> bytes:
        """Give a member's bytes; OSError when there is none, or it is damaged or too large."""
        try:
            with self._zip.open(path) as member:
                data = member.read(_LARGEST + 1)
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file in the archive", path) from None
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
            raise OSError(errno.EIO, "a damaged member of an archive", path) from None
        if len(data) > _LARGEST:
            raise OSError(errno.EFBIG, "a member of an archive is too large", path)
        return data
