"""Byte streams: ranges of files, what is decompressed from them, and exact reading.

Compression is told by its magic bytes, never by a media type or a file name. A gzip
stream may have several members (RFC 1952, 2.2; estargz makes use of it), a zstd stream
several frames, of which some are only there to be skipped (RFC 8878, 3.1).
"""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from linkstep.errors import LinkstepError
from linkstep.tree.container.limits import Budget

CHUNK = 1 << 18
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))


class Stream(Protocol):
    """What bytes come from, once and in order."""

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes, none at the end."""
        ...


class FileRange:
    """A range of an open file, read without moving the file's own position."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._next = offset
        self._end = offset + size

    def read(self, size: int) -> bytes:
        """Give the next bytes of the range."""
        data = read_at(self._file, self._next, min(size, self._end - self._next))
        self._next += len(data)
        return data

    def forward(self, size: int) -> int:
        """Pass over bytes without reading them; give how many there were."""
        passed = max(min(size, self._end - self._next), 0)
        self._next += passed
        return passed


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Give `size` bytes of a file from `offset` on, fewer at its end."""
    if size <= 0:
        return b""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, offset)
    file.seek(offset)
    return file.read(size)


class Bounded:
    """The next `size` bytes of a cursor as a stream of their own."""

    def __init__(self, cursor: Cursor, size: int) -> None:
        self._cursor = cursor
        self._left = size

    def read(self, size: int) -> bytes:
        """Give the next bytes, none at the bound."""
        data = self._cursor.read(min(size, self._left))
        self._left -= len(data)
        return data


class Measured:
    """A stream that is counted and hashed while it is read."""

    def __init__(self, stream: Stream, algorithm: str | None = None) -> None:
        self._stream = stream
        self._hash = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
        self.size = 0

    def read(self, size: int) -> bytes:
        """Give the next bytes and take note of them."""
        data = self._stream.read(size)
        self.size += len(data)
        if self._hash is not None:
            self._hash.update(data)
        return data

    def digest(self) -> str | None:
        """Give the digest of what was read, as `sha256:<hex>`."""
        return f"{self._hash.name}:{self._hash.hexdigest()}" if self._hash else None


class Cursor:
    """Exact reading from a stream, with the position in it.

    >>> from io import BytesIO
    >>> cursor = Cursor(BytesIO(b"abcdef"))
    >>> cursor.peek(3), cursor.read(2), cursor.skip(3), cursor.position, cursor.read(9)
    (b'abc', b'ab', 3, 5, b'f')
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Give up to `size` bytes without passing over them."""
        parts = [self._buffer[self._at :]]
        length = len(parts[0])
        while length < size and (more := self._stream.read(CHUNK)):
            parts.append(more)
            length += len(more)
        self._buffer, self._at = b"".join(parts), 0
        return self._buffer[:size]

    def read(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end of the stream."""
        end = self._at + size
        if end <= len(self._buffer):
            data = self._buffer[self._at : end]
            self._at = end
        else:
            parts = [self._buffer[self._at :]]
            length = len(parts[0])
            self._buffer, self._at = b"", 0
            while length < size and (more := self._stream.read(CHUNK)):
                self._at = min(len(more), size - length)
                parts.append(more[: self._at])
                length += self._at
                self._buffer = more
            data = b"".join(parts)
        self.position += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; give how many there were."""
        passed = min(size, len(self._buffer) - self._at)
        self._at += passed
        if isinstance(self._stream, FileRange):
            passed += self._stream.forward(size - passed)
        while passed < size and (more := self._stream.read(CHUNK)):
            self._at = min(len(more), size - passed)
            self._buffer = more
            passed += self._at
        self.position += passed
        return passed

    def drain(self) -> None:
        """Pass over everything that is left, so that checksums are complete."""
        while self.skip(CHUNK):
            pass


def decompressed(stream: Stream, budget: Budget, where: str) -> Stream:
    """Give the plain bytes of a stream, whatever it is compressed with.

    Raises LinkstepError, while it is read, when the stream is damaged, looks like a
    bomb, or is larger than the budget has left.
    """
    cursor = Cursor(stream)
    head = cursor.peek(4)
    if head.startswith(GZIP):
        return _Inflating(cursor, _new_gzip, zlib.error, "gzip", budget, where)
    if head.startswith((ZSTD, *_SKIPPABLE)):
        new, error = _zstd(where)
        return _Inflating(cursor, new, error, "zstd", budget, where)
    return _Counted(cursor, budget)


class _Decompressor(Protocol):
    """What zlib and the zstd library have in common, with zlib's leftover handled."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def feed(self, data: bytes, most: int) -> bytes: ...

    def pending(self) -> bool: ...


class _Gzip:
    def __init__(self) -> None:
        self._one = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._one.eof

    @property
    def unused_data(self) -> bytes:
        return self._one.unused_data

    def feed(self, data: bytes, most: int) -> bytes:
        return self._one.decompress(self._one.unconsumed_tail + data, most)

    def pending(self) -> bool:
        return bool(self._one.unconsumed_tail)


def _new_gzip() -> _Decompressor:
    return _Gzip()


def _zstd(where: str) -> tuple[Callable[[], _Decompressor], type[Exception]]:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise LinkstepError(
            "the image has zstd layers, and no library to read them is installed",
            where=where,
            hint="install linkstep[zstd]",
        ) from None

    class Zstd:
        def __init__(self) -> None:
            self._one = zstd.ZstdDecompressor()

        @property
        def eof(self) -> bool:
            return self._one.eof

        @property
        def unused_data(self) -> bytes:
            return self._one.unused_data

        def feed(self, data: bytes, most: int) -> bytes:
            return self._one.decompress(data, most)

        def pending(self) -> bool:
            return not self._one.needs_input

    return Zstd, zstd.ZstdError


class _Counted:
    """A plain stream that is held to the budget."""

    def __init__(self, cursor: Cursor, budget: Budget) -> None:
        self._cursor = cursor
        self._budget = budget

    def read(self, size: int) -> bytes:
        data = self._cursor.read(size)
        self._budget.count_size(len(data))
        return data


class _Inflating:
    """The members or frames of a compressed stream, one after the other."""

    def __init__(
        self,
        cursor: Cursor,
        new: Callable[[], _Decompressor],
        error: type[Exception],
        kind: str,
        budget: Budget,
        where: str,
    ) -> None:
        self._cursor = cursor
        self._new = new
        self._error = error
        self._kind = kind
        self._budget = budget
        self._where = where
        self._one: _Decompressor | None = new()
        self._left = b""
        self._given = 0

    def read(self, size: int) -> bytes:
        while self._one is not None:
            if self._one.eof:
                self._start_next()
                continue
            data = b""
            if not self._one.pending():
                data = self._left or self._cursor.read(CHUNK)
                self._left = b""
                if not data:
                    raise self._damaged("it ends in the middle")
            try:
                plain = self._one.feed(data, size)
            except (self._error, EOFError) as error:
                raise self._damaged(str(error)) from None
            if plain:
                self._given += len(plain)
                self._budget.count_size(len(plain))
                self._budget.check_ratio(self._cursor.position, self._given, self._where)
                return plain
        return b""

    def _start_next(self) -> None:
        """Go on with the next member; zeros behind the last one are padding."""
        assert self._one is not None
        rest = self._one.unused_data or self._left or self._cursor.read(CHUNK)
        while rest and not rest.lstrip(b"\0"):
            rest = self._cursor.read(CHUNK)
        self._left = rest
        self._one = self._new() if rest else None

    def _damaged(self, why: str) -> LinkstepError:
        return LinkstepError(
            "a layer is damaged", where=self._where, why=f"the {self._kind} stream is broken: {why}"
        )
