"""The contents that are remembered: ranges of files on disk, and bytes held in memory.

What comes out of a compressed layer or a pipe cannot be read a second time. The part of
it that matters to Python is held in memory, in chunks; the older ones are deflated when
they become many, so that a large image stays small.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from linkstep.errors import LinkstepError
from linkstep.tree.container.limits import Budget
from linkstep.tree.container.streams import read_at

_CHUNK = 1 << 20
_RAW_CHUNKS = 48


class Place(NamedTuple):
    """Where a content is: a source, and a range of it."""

    source: int
    offset: int
    size: int


MEMORY = 0
NOT_KEPT = Place(-1, 0, 0)
EMPTY = Place(MEMORY, 0, 0)


class Contents:
    """Keeps contents by place.

    >>> from linkstep.tree.container.limits import Limits
    >>> contents = Contents(Budget(Limits()))
    >>> place = contents.keep(b"import os")
    >>> contents.read(place)
    b'import os'
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._chunks: list[bytes] = []
        self._deflated = 0
        self._open = bytearray()
        self._files: list[BinaryIO | str] = []
        self._inflate = lru_cache(maxsize=8)(self._inflated)

    def keep(self, data: bytes) -> Place:
        """Remember bytes; LinkstepError when that becomes too much."""
        self._budget.count_kept(len(data))
        if len(self._open) + len(data) > _CHUNK and self._open:
            self._chunks.append(bytes(self._open))
            self._open = bytearray()
            if len(self._chunks) - self._deflated > _RAW_CHUNKS:
                self._chunks[self._deflated] = zlib.compress(self._chunks[self._deflated], 1)
                self._deflated += 1
        place = Place(MEMORY, len(self._chunks) << 40 | len(self._open), len(data))
        self._open += data
        return place

    def add_file(self, file: BinaryIO | str) -> int:
        """Take note of an open file, or of the path of one; give its source number."""
        self._files.append(file)
        return len(self._files)

    def read(self, place: Place, offset: int = 0, size: int | None = None) -> bytes:
        """Give a content, or a range of it; OSError when it was not kept."""
        size = place.size - offset if size is None else min(size, place.size - offset)
        if size <= 0:
            return b""
        if place.source == MEMORY:
            number, at = place.offset >> 40, (place.offset & ((1 << 40) - 1)) + offset
            chunk = self._open if number == len(self._chunks) else self._chunk(number)
            return bytes(chunk[at : at + size])
        if place == NOT_KEPT:
            raise OSError("the content was not kept")
        file = self._files[place.source - 1]
        if isinstance(file, str):
            with open(file, "rb") as opened:
                data = read_at(opened, place.offset + offset, size)
        else:
            data = read_at(file, place.offset + offset, size)
        if len(data) != size:
            raise LinkstepError("the image changed while it was read")
        return data

    def _chunk(self, number: int) -> bytes:
        return self._inflate(number) if number < self._deflated else self._chunks[number]

    def _inflated(self, number: int) -> bytes:
        return zlib.decompress(self._chunks[number])
