"""ELF headers, read by ranges: what a file needs to be loaded, and what it can initialise.

System V ABI, "Object Files" and "Program Loading and Dynamic Linking". Everything comes
from the program headers and the dynamic section, which survive `strip`. The file is
hostile: every offset and count is checked against what is there, and a file that makes
no sense gives None.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from linkstep.model.binary import Binary

MAGIC = b"\x7fELF"
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ = 1, 4, 5, 6, 10
_DT_RPATH, _DT_RUNPATH, _DT_GNU_HASH = 15, 29, 0x6FFFFEF5
_MOST_HEADERS = 512
_LARGEST_TABLE = 32 << 20

ReadAt = Callable[[int, int], bytes]


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


class _Layout(NamedTuple):
    """How numbers are written: byte order, and the fields of the two classes of ELF."""

    order: str
    bits: int

    def unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, data)

    @property
    def word(self) -> str:
        return "Q" if self.bits == 64 else "I"


def read_binary(read: ReadAt) -> Binary | None:
    """Give what an ELF file says, None when it is none or is damaged.

    `read(offset, size)` gives that range of the file, less at its end.
    """
    try:
        return _read(read)
    except (struct.error, ValueError, OverflowError):
        return None


def _read(read: ReadAt) -> Binary | None:
    head = read(0, 64)
    if not head.startswith(MAGIC) or len(head) < 52:
        return None
    layout = _Layout("<" if head[5] == 1 else ">", 64 if head[4] == 2 else 32)
    machine = layout.unpack("H", head[18:20])[0]
    segments = _segments(read, head, layout)
    interpreter = next((s for s in segments if s.kind == _PT_INTERP and s.size < 4096), None)
    name = None
    if interpreter is not None:
        name = _text(read(interpreter.offset, interpreter.size))
    dynamic = next((s for s in segments if s.kind == _PT_DYNAMIC), None)
    if dynamic is None:
        return Binary(machine, layout.bits, name)
    entries = _dynamic(read(dynamic.offset, min(dynamic.size, 1 << 16)), layout)
    strings = _table(read, segments, _first(entries, _DT_STRTAB), _first(entries, _DT_STRSZ))

    def texts(tag: int) -> tuple[str, ...]:
        return tuple(_string(strings, value) for key, value in entries if key == tag)

    modules: tuple[str, ...] = ()
    if b"PyInit_" in strings:
        modules = _initialised(read, segments, entries, strings, layout)
    return Binary(
        machine,
        layout.bits,
        name,
        texts(_DT_NEEDED),
        _directories(texts(_DT_RPATH)),
        _directories(texts(_DT_RUNPATH)),
        modules,
    )


def _segments(read: ReadAt, head: bytes, layout: _Layout) -> list[_Segment]:
    if layout.bits == 64:
        (offset,) = layout.unpack("Q", head[32:40])
        size, count = layout.unpack("HH", head[54:58])
        form = "IIQQQQ"
    else:
        (offset,) = layout.unpack("I", head[28:32])
        size, count = layout.unpack("HH", head[42:46])
        form = "IIIIII"
    count = min(count, _MOST_HEADERS)
    data = read(offset, size * count)
    segments = []
    for at in range(0, len(data) - struct.calcsize("=" + form) + 1, max(size, 1)):
        fields = layout.unpack(form, data[at:])
        if layout.bits == 64:
            kind, _, start, address, _, length = fields
        else:
            kind, start, address, _, length, _ = fields
        segments.append(_Segment(kind, start, address, length))
    return segments


def _dynamic(data: bytes, layout: _Layout) -> list[tuple[int, int]]:
    step = 2 * layout.bits // 8
    entries = []
    for at in range(0, len(data) - step + 1, step):
        tag, value = layout.unpack(layout.word * 2, data[at:])
        if tag == 0:
            break
        entries.append((tag, value))
    return entries


def _first(entries: list[tuple[int, int]], tag: int) -> int | None:
    return next((value for key, value in entries if key == tag), None)


def _offset(segments: list[_Segment], address: int) -> int | None:
    """Give where in the file the byte is that is loaded to `address`."""
    for segment in segments:
        if segment.kind == _PT_LOAD and 0 <= address - segment.address < segment.size:
            return segment.offset + address - segment.address
    return None


def _table(read: ReadAt, segments: list[_Segment], address: int | None, size: int | None) -> bytes:
    if address is None or size is None:
        return b""
    offset = _offset(segments, address)
    return b"" if offset is None else read(offset, min(size, _LARGEST_TABLE))


def _initialised(
    read: ReadAt,
    segments: list[_Segment],
    entries: list[tuple[int, int]],
    strings: bytes,
    layout: _Layout,
) -> tuple[str, ...]:
    """Give the names of the `PyInit_` functions that the file defines and exports.

    The dynamic section does not say how many symbols there are. The string table mostly
    follows the symbols; where it does not, reading on to the end of the segment finds
    entries that make no sense, which are passed over.
    """
    address = _first(entries, _DT_SYMTAB)
    offset = None if address is None else _offset(segments, address)
    if address is None or offset is None:
        return ()
    form, size = ("IBBHQQ", 24) if layout.bits == 64 else ("IIIBBH", 16)
    after = [value for tag, value in entries if tag in _AFTER_SYMBOLS and value > address]
    length = min(after) - address if after else _LARGEST_TABLE
    data = read(offset, min(length, _LARGEST_TABLE))
    found = set()
    for fields in struct.iter_unpack(layout.order + form, data[: len(data) // size * size]):
        name = fields[0]
        section = fields[3] if layout.bits == 64 else fields[5]
        if section != 0 and strings.startswith(b"PyInit_", name):
            found.add(_string(strings, name + 7))
    return tuple(sorted(found))


# Tables that linkers put behind the symbols; the nearest one ends them.
_AFTER_SYMBOLS = frozenset({_DT_STRTAB, _DT_HASH, _DT_GNU_HASH, 7, 17, 23, 0x6FFFFFF0})


def _string(strings: bytes, at: int) -> str:
    end = strings.find(b"\0", at)
    return strings[at : end if end >= 0 else len(strings)].decode("utf-8", "replace")


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _directories(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(directory for path in paths for directory in path.split(":") if directory)
