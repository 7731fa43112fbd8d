"""The members of a zip or tar.gz file, within bounds.

Counted before they are read: how many there are, how large they say they are, and how
much they grow; and counted again while reading, since what they say need not be true. Members
that no installer would write (absolute, with `..`, with control characters, no regular files)
do not exist here. Of two members of one name the last one counts, as when they are
unpacked in order. Contents are kept only of files that say something about modules.
"""

from __future__ import annotations

import gzip
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from linkstep.errors import LinkstepError

MOST_MEMBERS = 200_000
MOST_BYTES = 2 << 30
LARGEST_FILE = 64 << 20
MOST_KEPT = 512 << 20
_LARGEST_DIRECTORY = 48 << 20
_LEAST_GROWN = 64 << 20  # below this, any ratio is harmless
_MOST_RATIO = 200
_UNSPEAKABLE = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")
_KEPT = re.compile(
    r".*\.(?:pyi?|pth|toml|cfg|ini|txt|json|in)|(?:.*/)?(?:PEX-INFO|[^/]*\.(?:dist|egg)-info/[^/]+"
    r"|PKG-INFO|Dockerfile[^/]*|Containerfile[^/]*|Procfile|Makefile|\.[\w-]+ignore|\.python-version)"
)


class Members:
    """Regular files by path; `read` gives None for what is not there."""

    def paths(self) -> Mapping[str, int]:
        """Give the sizes of all regular files by their normal paths."""
        raise NotImplementedError

    def read(self, path: str) -> bytes | None:
        """Give the content of a file that says something about modules."""
        raise NotImplementedError


class ZipMembers(Members):
    """The members of a zip file, read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self._where = str(path)
        _check_end(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(self._where, error) from None
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._read = 0
        infos = self._zip.infolist()
        _bound(len(infos), sum(i.file_size for i in infos), path.stat().st_size, self._where)
        for info in infos:
            name = _member_path(info.filename)
            kind = info.external_attr >> 28  # the type bits of a Unix mode; 8 is a regular file
            if name is not None and not info.is_dir() and kind in (0, 8):
                self._infos[name] = info

    def paths(self) -> Mapping[str, int]:
        """Give the sizes of all regular files by path."""
        return {path: info.file_size for path, info in self._infos.items()}

    def read(self, path: str) -> bytes | None:
        """Give the content of a member; OSError for one that is damaged or encrypted."""
        info = self._infos.get(path)
        if info is None:
            return None
        try:
            with self._zip.open(info) as member:
                content = _limited(member, path, self._where)
        except (
            *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
            *(NotImplementedError, ValueError, LookupError),
        ) as error:
            raise OSError(f"the archive's member is damaged: {error}") from None
        self._read += len(content)
        if self._read > MOST_BYTES:
            raise _too_large(self._where, "its members hold more than they say")
        return content


class TarMembers(Members):
    """The members of a tar.gz file: it is read once, and what may matter is kept."""

    def __init__(self, path: Path) -> None:
        self._contents: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}
        where = str(path)
        compressed = path.stat().st_size
        read, count, kept = 0, 0, 0
        try:
            with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
                for member in archive:
                    count, read = count + 1, read + member.size
                    _bound(count, read, compressed, where)
                    name = _member_path(member.name)
                    file = archive.extractfile(member) if member.isreg() and name else None
                    if file is not None and name is not None:
                        self._sizes[name] = member.size
                        if _KEPT.fullmatch(name):
                            self._contents[name] = _limited(file, name, where)
                            kept += len(self._contents[name])
                            if kept > MOST_KEPT:
                                raise _too_large(where, "its sources alone fill the memory")
                while rest := unpacked.read(1 << 20):  # the checksum is at the end
                    read += len(rest)
                    _bound(count, read, compressed, where)
        except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
            raise _damaged(where, error) from None

    def paths(self) -> Mapping[str, int]:
        """Give the sizes of all regular files by path."""
        return self._sizes

    def read(self, path: str) -> bytes | None:
        """Give the content of a file that says something about modules."""
        return self._contents.get(path)


def open_members(path: Path) -> Members:
    """Give what an archive holds, by its first bytes: gzip, else zip.

    Raises LinkstepError when it is neither, damaged, or beyond the bounds.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise LinkstepError(
            "cannot read the archive", where=str(path), why=error.strerror or ""
        ) from None
    return TarMembers(path) if is_gzip else ZipMembers(path)


def _member_path(name: str) -> str | None:
    """Give the normal path of a member, None for one that leaves the archive.

    >>> _member_path("./app/main.py"), _member_path("app//x.py")
    ('app/main.py', 'app/x.py')
    >>> [_member_path(name) for name in ("/etc/passwd", "a/../../b", "C:/x", "a\\x00b", "..")]
    [None, None, None, None, None]
    """
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return None
    if _UNSPEAKABLE.search(name):
        return None
    normal = posixpath.normpath(name)
    return None if normal == "." else normal


def _limited(file: IO[bytes], name: str, where: str) -> bytes:
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _too_large(where, f"{name} has more than {LARGEST_FILE >> 20} MiB")
    return content


def _bound(count: int, size: int, compressed: int, where: str) -> None:
    """Refuse what no distribution is: too many members, too much, or too much out of little."""
    if count > MOST_MEMBERS:
        raise _too_large(where, f"it has more than {MOST_MEMBERS:,} members")
    if size > MOST_BYTES:
        raise _too_large(where, f"its members have more than {MOST_BYTES >> 30} GiB")
    if size > _LEAST_GROWN and size > _MOST_RATIO * compressed:
        raise _too_large(where, f"it grows to more than {_MOST_RATIO} times its size")


def _check_end(path: Path) -> None:
    """Refuse a zip file whose directory alone would fill the memory, before it is read."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 128))
        tail = file.read()
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    lengths = [
        struct.unpack_from(form, tail, start + offset)[0]
        for form, start, offset in (("<L", end, 12), ("<Q", end64, 40))
        if start >= 0 and start + offset + 8 <= len(tail)
    ]
    known = [length for length in lengths if length != 0xFFFFFFFF]  # said in the other record
    if not known or max(known) > _LARGEST_DIRECTORY:
        why = "its directory is too long" if known else "it has no directory"
        raise _too_large(str(path), why) if known else _damaged(str(path), ValueError(why))


def _too_large(where: str, why: str) -> LinkstepError:
    return LinkstepError(
        "the archive is larger than anything that is installed", where=where, why=why
    )


def _damaged(where: str, error: Exception) -> LinkstepError:
    return LinkstepError("cannot read the archive", where=where, why=str(error))
