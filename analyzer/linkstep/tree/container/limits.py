"""How much of an image is read: the bounds that hostile input runs into.

An image is untrusted. A gzip bomb, ten million members, or a JSON document of a gigabyte
must end in a sentence, in bounded time and memory.
"""

from __future__ import annotations

from msgspec import Struct

from linkstep.errors import LinkstepError

MIB = 1 << 20
GIB = 1 << 30


class Limits(Struct, frozen=True):
    """The bounds of one image, in bytes and entries.

    `size` bounds what all layers decompress to. `ratio` is how many times its compressed
    size a layer may have, once it is larger than `unsuspicious`. `kept` bounds the
    contents that are remembered, `file` a single one of them.
    """

    size: int = 32 * GIB
    ratio: int = 400
    unsuspicious: int = 256 * MIB
    entries: int = 600_000
    kept: int = 1 * GIB
    file: int = 64 * MIB
    document: int = 4 * MIB
    name: int = 4096


class Budget:
    """What of the limits is used up; one for all layers of an image.

    >>> budget = Budget(Limits(entries=2))
    >>> budget.count_entry(), budget.count_entry()
    (None, None)
    >>> budget.count_entry()
    Traceback (most recent call last):
    linkstep.errors.LinkstepError: the image has more than 2 entries
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.entries = 0
        self._size = 0
        self._kept = 0

    def count_entry(self) -> None:
        """Take note of one member of a layer."""
        self.entries += 1
        if self.entries > self.limits.entries:
            raise LinkstepError(
                f"the image has more than {self.limits.entries:,} entries",
                why="so many are not read, since each takes memory",
            )

    def count_size(self, size: int) -> None:
        """Take note of `size` bytes that came out of a layer."""
        self._size += size
        if self._size > self.limits.size:
            raise LinkstepError(
                f"the image is larger than {self.limits.size:,} bytes when decompressed",
                hint="pass --max-size if that is what it should be",
            )

    def count_kept(self, size: int) -> None:
        """Take note of `size` bytes that are remembered."""
        self._kept += size
        if self._kept > self.limits.kept:
            raise LinkstepError(
                f"the image has more than {self.limits.kept:,} bytes of Python files and metadata",
                why="they are kept in memory, since nothing is unpacked to disk",
            )

    def check_ratio(self, taken: int, given: int, where: str) -> None:
        """Refuse what decompresses to more than any real file tree does."""
        if given > self.limits.unsuspicious and given > taken * self.limits.ratio:
            raise LinkstepError(
                "a layer looks like a decompression bomb",
                where=where,
                why=f"{taken:,} bytes became more than {given:,}",
            )
