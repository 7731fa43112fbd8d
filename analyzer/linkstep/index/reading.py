"""From the bytes of one file to its summary, by the fastest reader that reads it.

The native reader comes first. What it declines, and what `ast` or `libcst` is asked to read, is
read in Python. Both give the same summary. A summary that is encoded stays so on its way from
the reader, out of a worker and into the cache.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec
from msgspec import Struct

from linkstep.index import native
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target

_DECODER = msgspec.msgpack.Decoder(FileSummary)


class Reading(Struct, frozen=True):
    """A summary, and what MessagePack makes of it where that is at hand."""

    summary: FileSummary
    encoded: bytes | None = None


def read(
    source: bytes,
    kind: ModuleKind,
    target: Target,
    reader: str = "auto",
    *,
    shallow: bool = False,
) -> Reading:
    """Give the summary of one file; the arguments are those of `summarize`.

    >>> read(b"import os", ModuleKind.MODULE, Target((3, 11))).summary.body[0].module
    'os'
    """
    found = decoded(_by_native(source, kind, target, reader, shallow=shallow))
    return found or Reading(_by_python(source, kind, target, reader, shallow=shallow))


def read_encoded(
    source: bytes, kind: ModuleKind, target: Target, reader: str, *, shallow: bool
) -> bytes | None:
    """Give what MessagePack makes of the summary; None where it nests too deep for that."""
    encoded = _by_native(source, kind, target, reader, shallow=shallow)
    if encoded is None:
        with suppress(RecursionError):
            summary = _by_python(source, kind, target, reader, shallow=shallow)
            encoded = msgspec.msgpack.encode(summary)
    return encoded


def decoded(encoded: bytes | None) -> Reading | None:
    """Give an encoded summary as a value; None where there is none, or it nests too deep."""
    if encoded is not None:
        with suppress(RecursionError):
            return Reading(_DECODER.decode(encoded), encoded)
    return None


def _by_native(
    source: bytes, kind: ModuleKind, target: Target, reader: str, *, shallow: bool
) -> bytes | None:
    return native.encoded(source, kind, target, shallow=shallow) if reader == "auto" else None


def _by_python(
    source: bytes, kind: ModuleKind, target: Target, reader: str, *, shallow: bool
) -> FileSummary:
    from linkstep.index.summarize import summarize  # thirty modules that few edits need

    return summarize(source, kind, target, reader, shallow=shallow)
