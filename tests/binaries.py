"""ELF files for the tests: as small as they can be, with what a loader would read."""

from __future__ import annotations

import struct
from collections.abc import Sequence

NEEDED, STRTAB, SYMTAB, STRSZ, RPATH, RUNPATH = 1, 5, 6, 10, 15, 29
X86_64, AARCH64 = 62, 183


def elf(
    needed: Sequence[str] = (),
    *,
    interpreter: str | None = None,
    runpath: str = "",
    rpath: str = "",
    modules: Sequence[str] = (),
    machine: int = X86_64,
) -> bytes:
    """Give an ELF file of 64 bits that asks for libraries and exports `PyInit_` functions."""
    strings = bytearray(b"\0")

    def string(text: str) -> int:
        strings.extend(text.encode() + b"\0")
        return len(strings) - len(text) - 1

    entries = [(NEEDED, string(name)) for name in needed]
    entries += [(tag, string(text)) for tag, text in ((RPATH, rpath), (RUNPATH, runpath)) if text]
    symbols = bytes(24)
    for name in modules:
        symbols += struct.pack("<IBBHQQ", string(f"PyInit_{name}"), 0x12, 0, 1, 0, 0)
    loader = (interpreter or "").encode() + b"\0"
    headers = 64 + 3 * 56
    at_symbols = headers + len(loader)
    at_strings = at_symbols + len(symbols)
    at_dynamic = at_strings + len(strings)
    entries += [(STRTAB, at_strings), (SYMTAB, at_symbols), (STRSZ, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    size = at_dynamic + len(dynamic)
    segments = [(1, 0, size), (2, at_dynamic, len(dynamic))]
    segments.append((3, headers, len(loader)) if interpreter else (0, 0, 0))
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    for kind, offset, length in segments:
        head += struct.pack("<IIQQQQQQ", kind, 5, offset, offset, offset, length, length, 1)
    return head + loader + symbols + bytes(strings) + dynamic
