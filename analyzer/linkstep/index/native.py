"""The native reader: a library that is compiled from `native/`, where there is one.

It gives what `summarize` gives, as MessagePack, or it declines the file. So may the whole
library: where it is missing, cannot be loaded or has another interface, every file is declined.
It is looked for once, beside this module, when the first file is to be read. Its name has a
hyphen so that no import statement takes it for an extension module.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target

if TYPE_CHECKING:  # what reads nothing has no use for it
    import ctypes

SWITCH = "LINKSTEP_NATIVE"
_INTERFACE = 3  # of native/src/ffi.rs
_SUFFIX = {"win32": "dll", "darwin": "dylib"}.get(sys.platform, "so")
_LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"native-reader.{_SUFFIX}")
_NUMBERS = {kind: number for number, kind in enumerate(ModuleKind)}
_MOST_WAITING = 4 << 20  # bytes of files that are with the threads at a time


def available() -> bool:
    """Whether there is a native reader, and it is not switched off by `LINKSTEP_NATIVE=0`."""
    return _library() is not None


def encoded(source: bytes, kind: ModuleKind, target: Target, *, shallow: bool) -> bytes | None:
    """Give what MessagePack makes of the summary of one file; None where it is declined."""
    library = _library()
    if library is None:
        return None
    written = _number()
    found = library.linkstep_summarize(
        source, *_circumstances(source, kind, target, shallow), written
    )
    return _taken(library, found, written)


def all_encoded(
    sources: Iterable[tuple[bytes, ModuleKind]], target: Target, threads: int, *, shallow: bool
) -> Iterator[bytes | None]:
    """Give what MessagePack makes of the summaries of some files, in their order.

    Threads of the library read them while this one goes on.
    """
    library = _library()
    if library is None:
        yield from (None for _ in sources)
        return
    pool = library.linkstep_pool(threads)
    written = _number()
    waiting: deque[bytes] = deque()  # they have to stay where they are
    size = 0
    try:
        for source, kind in sources:
            circumstances = _circumstances(source, kind, target, shallow)
            library.linkstep_pool_submit(pool, source, *circumstances)
            waiting.append(source)
            size += len(source)
            while size > _MOST_WAITING:
                yield _taken(library, library.linkstep_pool_take(pool, written), written)
                size -= len(waiting.popleft())
        while waiting:
            yield _taken(library, library.linkstep_pool_take(pool, written), written)
            waiting.popleft()
    finally:
        library.linkstep_pool_end(pool)


def _circumstances(
    source: bytes, kind: ModuleKind, target: Target, shallow: bool
) -> tuple[int, int, bool, int]:
    major, minor = target.version
    return len(source), _NUMBERS[kind], shallow, 100 * major + minor


def _number() -> ctypes.c_size_t:
    import ctypes

    return ctypes.c_size_t()


def _taken(library: ctypes.CDLL, found: int | None, written: ctypes.c_size_t) -> bytes | None:
    """Give the bytes that the library handed out, and hand them back."""
    import ctypes

    if found is None:
        return None
    try:
        return ctypes.string_at(found, written.value)
    finally:
        library.linkstep_release(found, written)


@cache
def _library() -> ctypes.CDLL | None:
    if os.environ.get(SWITCH) == "0" or not os.path.exists(_LIBRARY):
        return None
    try:
        return _loaded(_LIBRARY)
    except (ImportError, OSError, AttributeError):  # no ctypes, no library, not this library
        return None


def _loaded(path: str) -> ctypes.CDLL | None:
    """Give a library; None where its interface is another one."""
    import ctypes

    library = ctypes.CDLL(path)
    size, address, number = ctypes.c_size_t, ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t)
    file = (ctypes.c_char_p, size, ctypes.c_uint8, ctypes.c_bool, ctypes.c_uint16)
    for name, result, *arguments in (
        ("interface", ctypes.c_uint32),
        ("summarize", address, *file, number),
        ("release", None, address, size),
        ("pool", address, size),
        ("pool_submit", None, address, *file),
        ("pool_take", address, address, number),
        ("pool_end", None, address),
    ):
        function = getattr(library, f"linkstep_{name}")
        function.restype, function.argtypes = result, arguments
    return library if library.linkstep_interface() == _INTERFACE else None
