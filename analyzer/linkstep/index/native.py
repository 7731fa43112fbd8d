"""The native reader: a library that is compiled from `native/`, where there is one.

It gives what `summarize` gives, as MessagePack, or it declines the file. So may the whole
library: where it is missing, cannot be loaded or has another interface, every file is declined.
It is looked for once, beside this module, when the first file is to be read. Its name has a
hyphen so that no import statement takes it for an extension module.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache

from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target

SWITCH = "LINKSTEP_NATIVE"
_INTERFACE = 1  # of native/src/ffi.rs
_SUFFIX = {"win32": "dll", "darwin": "dylib"}.get(sys.platform, "so")
_LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"native-reader.{_SUFFIX}")
_NUMBERS = {kind: number for number, kind in enumerate(ModuleKind)}

_Reader = Callable[[bytes, int, bool, bool], "bytes | None"]


def available() -> bool:
    """Whether there is a native reader, and it is not switched off by `LINKSTEP_NATIVE=0`."""
    return _reader() is not None


def encoded(source: bytes, kind: ModuleKind, target: Target, *, shallow: bool) -> bytes | None:
    """Give what MessagePack makes of the summary of one file; None where it is declined."""
    read = _reader()
    if read is None:
        return None
    defers_annotations = target.version >= (3, 14)  # PEP 649
    return read(source, _NUMBERS[kind], shallow, defers_annotations)


@cache
def _reader() -> _Reader | None:
    if os.environ.get(SWITCH) == "0" or not os.path.exists(_LIBRARY):
        return None
    try:
        return _loaded(_LIBRARY)
    except (ImportError, OSError, AttributeError):  # no ctypes, no library, not this library
        return None


def _loaded(path: str) -> _Reader | None:
    """Give the reader of a library; None where its interface is another one."""
    import ctypes

    library = ctypes.CDLL(path)
    interface, summarize = library.linkstep_interface, library.linkstep_summarize
    release = library.linkstep_release
    interface.argtypes, interface.restype = (), ctypes.c_uint32
    if interface() != _INTERFACE:
        return None
    size = ctypes.c_size_t
    flags = ctypes.c_uint8, ctypes.c_bool, ctypes.c_bool
    summarize.argtypes = (ctypes.c_char_p, size, *flags, ctypes.POINTER(size))
    summarize.restype = ctypes.c_void_p
    release.argtypes, release.restype = (ctypes.c_void_p, size), None

    def read(source: bytes, kind: int, shallow: bool, defers_annotations: bool) -> bytes | None:
        written = size()
        found = summarize(
            source, len(source), kind, shallow, defers_annotations, ctypes.byref(written)
        )
        if found is None:
            return None
        try:
            return ctypes.string_at(found, written.value)
        finally:
            release(found, written)

    return read
