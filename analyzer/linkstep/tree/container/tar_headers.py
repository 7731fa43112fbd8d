"""The members of a tar stream, by a scanner that looks at headers only.

`tarfile` makes an object with twenty attributes for every member and resolves links by
itself; an image has a hundred thousand members of which a tenth matters. This scanner
reads 512-byte headers of the formats that image builders write (POSIX.1-2001 pax, GNU,
ustar, V7) and leaves contents to the caller.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from linkstep.errors import LinkstepError
from linkstep.tree.container.limits import Budget
from linkstep.tree.container.streams import Cursor

BLOCK = 512
_END = bytes(BLOCK)
_SPARSE = "GNU.sparse."
_MOST_OWNERS = 1000
_PAX = re.compile(rb"(\d{1,20}) ([^=\n]{1,1024})=")


class MemberKind(enum.Enum):
    """What a member is; `OTHER` are devices and pipes."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"
    OTHER = "other"


class Member(NamedTuple):
    """One member; names are as written, undecodable bytes as surrogates.

    `stored` says that `size` bytes of content follow and are the file's content.
    """

    name: str
    kind: MemberKind
    mode: int
    owner: tuple[int, int]
    size: int
    link: str
    stored: bool


_KINDS = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"7": MemberKind.FILE,
    b"S": MemberKind.FILE,
    b"1": MemberKind.HARD_LINK,
    b"2": MemberKind.SYMLINK,
    b"3": MemberKind.OTHER,
    b"4": MemberKind.OTHER,
    b"5": MemberKind.DIRECTORY,
    b"6": MemberKind.OTHER,
}


def looks_like_tar(head: bytes) -> bool:
    """Say whether a stream that begins with these 512 bytes is a tar archive.

    >>> looks_like_tar(bytes(512)), looks_like_tar(b"#!/bin/sh")
    (True, False)
    """
    if len(head) < BLOCK:
        return False
    return head[:BLOCK] == _END or _checksum_fits(head[:BLOCK])


def members(cursor: Cursor, budget: Budget, where: str) -> Iterator[Member]:
    """Give the members in order; what of a content the caller does not read is skipped.

    Raises LinkstepError when the archive is damaged: a checksum that does not fit, a
    content or an extended header that is cut off.
    """
    scan = _Scan(cursor, budget, where)
    while (member := scan.next()) is not None:
        end = cursor.position + scan.follows
        yield member
        left = end - cursor.position
        cursor.skip(left)
        # The padding of the last member may be missing: umoci leaves it out.
        if end - cursor.position > scan.padding:
            _damaged(where, f"{member.name!r} is cut off")


class _Scan:
    """One pass over the headers, with what extended headers say about the next member."""

    def __init__(self, cursor: Cursor, budget: Budget, where: str) -> None:
        self._cursor = cursor
        self._budget = budget
        self._where = where
        self._everywhere: dict[str, str] = {}
        self._owners: dict[bytes, tuple[int, int]] = {}
        self.follows = 0
        self.padding = 0

    def next(self) -> Member | None:
        extended = dict(self._everywhere)
        while True:
            header = self._cursor.read(BLOCK)
            if not header or header == _END:
                return None
            if len(header) < BLOCK:
                _damaged(self._where, "a header is cut off")
            if not _checksum_fits(header):
                _damaged(self._where, f"no tar header at byte {self._cursor.position - BLOCK:,}")
            self._budget.count_entry()
            kind = header[156:157]
            size = self._number(header[124:136])
            if kind in b"xXgLK":
                self._extend(kind, self._content(size), extended)
                continue
            return self._member(header, kind, size, extended)

    def _member(self, header: bytes, kind: bytes, size: int, extended: dict[str, str]) -> Member:
        name = extended.get("path") or _name(header)
        link = extended.get("linkpath") or _text(header[157:257])
        if "size" in extended:
            size = self._decimal(extended["size"])
        sparse = kind == b"S" or bool(extended and any(k.startswith(_SPARSE) for k in extended))
        if kind == b"S":
            self._skip_sparse_map(header)
        what = _KINDS.get(kind, MemberKind.FILE)
        if what is MemberKind.FILE and name.endswith("/") and kind == b"\0":
            what = MemberKind.DIRECTORY
        size = 0 if kind in b"123456" else size
        self.follows = -(-size // BLOCK) * BLOCK
        self.padding = self.follows - size
        if len(name) > self._budget.limits.name or len(link) > self._budget.limits.name:
            _damaged(self._where, f"a name is longer than {self._budget.limits.name:,} bytes")
        if sparse and "GNU.sparse.name" in extended:
            name = extended["GNU.sparse.name"]
        owner = self._owner(header[108:124])
        mode = self._number(header[100:108]) & 0o7777
        stored = what is MemberKind.FILE and not sparse and kind in b"07\0"
        return Member(name, what, mode, owner, size, link, stored)

    def _owner(self, field: bytes) -> tuple[int, int]:
        """Give user and group; an image has few of them."""
        owner = self._owners.get(field)
        if owner is None:
            owner = (self._number(field[:8]), self._number(field[8:]))
            if len(self._owners) < _MOST_OWNERS:
                self._owners[field] = owner
        return owner

    def _content(self, size: int) -> bytes:
        """Read the content of an extended header, with its padding."""
        if size > self._budget.limits.document:
            _damaged(self._where, f"an extended header has {size:,} bytes")
        padded = -(-size // BLOCK) * BLOCK
        data = self._cursor.read(padded)
        if len(data) < padded:
            _damaged(self._where, "an extended header is cut off")
        return data[:size]

    def _extend(self, kind: bytes, data: bytes, extended: dict[str, str]) -> None:
        if kind == b"L":
            extended["path"] = _text(data)
        elif kind == b"K":
            extended["linkpath"] = _text(data)
        else:
            records = self._pax(data)
            extended.update(records)
            if kind == b"g":
                self._everywhere.update(records)

    def _pax(self, data: bytes) -> dict[str, str]:
        """Read `length key=value` records (POSIX.1-2001, pax)."""
        records = {}
        at = 0
        while at < len(data) and data[at : at + 1] != b"\0":
            match = _PAX.match(data, at)
            length = int(match[1]) if match else 0
            if match is None or not match.end() - at < length <= len(data) - at:
                _damaged(self._where, "an extended header is malformed")
            key = match[2].decode("utf-8", "surrogateescape")
            records[key] = data[match.end() : at + length - 1].decode("utf-8", "surrogateescape")
            at += length
        return records

    def _skip_sparse_map(self, header: bytes) -> None:
        """Pass over the blocks in which GNU tar goes on with the map of a sparse file."""
        more = header[482:483]
        while more not in (b"", b"\0"):
            block = self._cursor.read(BLOCK)
            if len(block) < BLOCK:
                _damaged(self._where, "the map of a sparse file is cut off")
            more = block[504:505]

    def _number(self, field: bytes) -> int:
        """Read an octal number, or GNU's base 256 for what is too large for it."""
        if field[0] >= 0x80:
            number = int.from_bytes(field[1:], "big", signed=False)
            return 0 if field[0] == 0xFF else number
        try:
            return int(field.strip(b" \0") or b"0", 8)
        except ValueError:
            _damaged(self._where, "a header has a number that is none")

    def _decimal(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 20:
            _damaged(self._where, "an extended header has a size that is none")
        return int(text)


def _checksum_fits(header: bytes) -> bool:
    """Compare the checksum: the sum of all bytes, with blanks in place of the field itself."""
    try:
        expected = int(header[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    actual = sum(header) - sum(header[148:156]) + 8 * 32
    # Old tars added up signed bytes.
    return actual == expected or actual - expected == sum(
        256 for byte in header[:148] + header[156:] if byte > 127
    )


def _name(header: bytes) -> str:
    name = _text(header[:100])
    # Only POSIX ustar has a prefix; GNU tar uses these bytes otherwise.
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    end = field.find(b"\0")
    return (field if end < 0 else field[:end]).decode("utf-8", "surrogateescape")


def _damaged(where: str, why: str) -> NoReturn:
    raise LinkstepError("a layer is damaged", where=where, why=why)
