"""Summaries by content: those that this run made, and those that a cache kept of earlier runs.

A summary depends on bytes, on the kind of module, on the target and on linkstep itself, and on
nothing else. So it is the same for every project that has such a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from linkstep.model.digests import digest_of
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target

if TYPE_CHECKING:  # a run that has nothing to summarise needs none of it
    from concurrent.futures import Executor

_AT_ONCE = 500  # summaries that are looked through
_TWO_VALUES = b"\x92"  # an array, in MessagePack
_ENCODED = {None: b"\xc0", False: b"\xc2", True: b"\xc3"}

Workers = Callable[[], "AbstractContextManager[Executor | None]"]
"""Gives an executor for a while, None where the work is better done in this process."""


def no_workers() -> AbstractContextManager[Executor | None]:
    """Give no executor: everything is done in this process."""
    return nullcontext()


class Kept(Struct, frozen=True, array_like=True):
    """A summary; `commented` says whether the file has comments for linkstep, None: not asked."""

    summary: FileSummary
    commented: bool | None = None


class Store(Protocol):
    """Where summaries of earlier runs are, encoded."""

    def summaries(self, keys: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """Give those that are there."""
        ...


class Summaries:
    """Summaries by key, for all indexes of a run: states of a tree have most files in common.

    >>> from linkstep.index.summarize import summarize
    >>> summaries, target = Summaries(), Target((3, 11))
    >>> key = summaries.key(bytes(16), ModuleKind.MODULE, target, "auto", shallow=False)
    >>> summaries.get(key) is None
    True
    >>> summaries.put(key, Kept(summarize(b"", ModuleKind.MODULE, target)))
    >>> summaries.get(key).summary.kind
    <ModuleKind.MODULE: 'module'>
    """

    def __init__(
        self, store: Store | None = None, build: bytes = b"", workers: Workers = no_workers
    ) -> None:
        self.workers = workers
        self._store = store
        self._build = build
        self._kept: dict[bytes, Kept] = {}
        self._fetched: dict[bytes, bytes] = {}
        self._searched: dict[bytes, bytes] = {}
        self._asked: set[bytes] = set()
        self._made: dict[bytes, bytes | None] = {}
        self._prefixes: dict[tuple[ModuleKind, Target, str, bool], bytes] = {}
        self._decoder = msgspec.msgpack.Decoder(Kept)

    def key(
        self, content: bytes, kind: ModuleKind, target: Target, reader: str, *, shallow: bool
    ) -> bytes:
        """Give what a summary is kept by; `content` are 16 bytes that stand for the file's."""
        circumstances = kind, target, reader, shallow
        prefix = self._prefixes.get(circumstances)
        if prefix is None:
            said = f"{kind.value}\0{target}\0{reader}\0{shallow}".encode()
            prefix = self._prefixes[circumstances] = self._build + b"\0" + said
        return digest_of(content + prefix)

    def fetch(self, keys: Iterable[bytes]) -> None:
        """Fetch many summaries at once."""
        if self._store is not None:
            wanted = [key for key in keys if key not in self._asked and key not in self._kept]
            self._asked.update(wanted)
            self._fetched.update(self._store.summaries(wanted))

    def having(self, keys: Sequence[bytes], words: Iterable[str]) -> set[bytes] | None:
        """Give those of the keys whose summaries may have one of the words, alone or in a dotted
        name; None when there is not a summary for each. Nothing is decoded.
        """
        wanted: dict[bytes, list[tuple[bytes, re.Pattern[bytes]]]] = {}
        for word in sorted(words):
            first = word.partition(".")[0].encode()
            wanted.setdefault(first, []).append((word.encode(), re.compile(_pattern(word))))
        found = set()
        encoder = msgspec.msgpack.Encoder()
        for start in range(0, len(keys), _AT_ONCE):
            asked = [key for key in keys[start : start + _AT_ONCE] if key not in self._searched]
            if self._store is not None:
                self._searched.update(self._store.summaries(asked))
            for key in keys[start : start + _AT_ONCE]:
                encoded = self._searched.get(key) or self._made.get(key)
                if encoded is None and key in self._kept:
                    encoded = self._searched[key] = encoder.encode(self._kept[key])
                if encoded is None:
                    return None
                rows = (row for first in wanted if first in encoded for row in wanted[first])
                if any(word in encoded and there.search(encoded) for word, there in rows):
                    found.add(key)
        return found

    def get(self, key: bytes) -> Kept | None:
        """Give a summary; None when nobody has made it yet."""
        kept = self._kept.get(key)
        if kept is not None or self._store is None:
            return kept
        if key not in self._asked:
            self.fetch((key,))
        encoded = self._fetched.pop(key, None)
        if encoded is None:
            return None
        try:
            kept = self._kept[key] = self._decoder.decode(encoded)
        except (msgspec.MsgspecError, RecursionError):
            return None  # written by something else under our name
        return kept

    def put(self, key: bytes, kept: Kept, encoded: bytes | None = None) -> None:
        """Keep a summary that was made; `encoded` is it in MessagePack, where that is at hand."""
        self._kept[key] = kept
        if encoded is not None and self._store is not None:
            encoded = b"".join((_TWO_VALUES, encoded, _ENCODED[kept.commented]))
            self._made[key] = encoded
        else:
            self._made[key] = None

    def made(self) -> Iterable[tuple[bytes, bytes]]:
        """Give what was made in this run, encoded, by key; without what nests too deep for it."""
        encoder = msgspec.msgpack.Encoder()
        for key in sorted(self._made):
            with suppress(RecursionError):
                yield key, self._made[key] or encoder.encode(self._kept[key])


def _pattern(word: str) -> bytes:
    """Give what matches a word in what msgspec encodes: as a whole text, whose length goes before
    it, or beside a dot or colon.
    """
    encoded = msgspec.msgpack.encode(word)
    found = re.escape(word.encode())
    return b"%s|[.:]%s|%s[.:]" % (re.escape(encoded), found, found)
