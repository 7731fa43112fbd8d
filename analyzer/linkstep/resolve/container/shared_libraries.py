"""Shared libraries: what the dynamic loader would find in an image.

ld.so(8) of glibc: DT_RPATH of the file and of those that loaded it (unless the file has
DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH of the file, `ld.so.cache` as `ldconfig` wrote it
(where there is none, the directories of `ld.so.conf`), the default directories. musl looks
into LD_LIBRARY_PATH, both kinds of path, and the directories of `/etc/ld-musl-ARCH.path` or
its defaults. A library of another machine is passed over.
"""

from __future__ import annotations

import fnmatch
import posixpath
import struct
from collections.abc import Iterator

from msgspec import Struct

from linkstep.model.binary import Binary
from linkstep.model.image import ImageFiles
from linkstep.model.tree import EntryKind
from linkstep.resolve.paths import kind, read_text

_MULTIARCH = {
    62: "x86_64-linux-gnu",
    183: "aarch64-linux-gnu",
    3: "i386-linux-gnu",
    40: "arm-linux-gnueabihf",
    21: "powerpc64le-linux-gnu",
    22: "s390x-linux-gnu",
    243: "riscv64-linux-gnu",
}
_PLATFORMS = {62: "x86_64", 183: "aarch64", 3: "i686", 40: "armv7l", 21: "ppc64le", 22: "s390x"}
_DEEPEST_INCLUDE = 4
_MOST_LIBRARIES = 2000
_MOST_CACHED = 100_000
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"


def read_cache(data: bytes) -> dict[str, tuple[str, ...]] | None:
    """Give the paths by library name that `ld.so.cache` lists; None when it is none.

    glibc `elf/cache.c`: a header of 48 bytes, entries of 24, and strings, whose offsets
    count from the header.
    """
    start = data.find(_CACHE_MAGIC)
    if start < 0 or len(data) < start + 48:
        return None
    data = data[start:]
    order = ">" if data[28] & 3 == 3 else "<"
    (count,) = struct.unpack_from(order + "I", data, 20)
    if count > _MOST_CACHED or 48 + 24 * count > len(data):
        return None
    found: dict[str, list[str]] = {}
    for at in range(48, 48 + 24 * count, 24):
        _, key, value = struct.unpack_from(order + "iII", data, at)
        name, path = (
            data[o : data.find(b"\0", o)].decode("utf-8", "replace") for o in (key, value)
        )
        found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


class MissingLibrary(Struct, frozen=True):
    """A library that is not found; `needed_by` is the file that asks for it."""

    name: str
    needed_by: str


class Loader:
    """Answers which library a file needs and the image does not have.

    `environ` are the variables of the process; `program` the interpreter, whose own
    DT_RPATH counts for everything it loads, and whose libraries are there already.
    """

    def __init__(self, files: ImageFiles, environ: dict[str, str], program: str | None) -> None:
        self._files = files
        self._environ = environ
        self._program = program
        self._configured: tuple[str, ...] | None = None
        self._cached = read_cache(self._cache())
        self._complete: dict[tuple[str, tuple[str, ...]], MissingLibrary | None] = {}
        self._loaded: frozenset[str] = frozenset()
        if program is not None:
            self._loaded = frozenset(self._all_of(program))

    def missing(self, path: str) -> MissingLibrary | None:
        """Give the first library that loading `path` would not find, None when all are there.

        None as well for a file that cannot be read as ELF: nothing is known about it.
        """
        inherited = self._rpath_of(self._program) if self._program else ()
        return self._missing(path, inherited)

    def _missing(self, path: str, inherited: tuple[str, ...]) -> MissingLibrary | None:
        key = (path, inherited)
        if key in self._complete:
            return self._complete[key]
        self._complete[key] = None
        pending = [(path, inherited)]
        seen: set[str] = set()
        found: MissingLibrary | None = None
        while pending and found is None and len(seen) < _MOST_LIBRARIES:
            current, above = pending.pop()
            binary = self._files.binary(current)
            if binary is None or current in seen:
                continue
            seen.add(current)
            own = above + self._expanded(binary.rpath, current, binary)
            for name in binary.needed:
                library = self._find(name, current, binary, own)
                if library is None and name not in self._loaded:
                    found = MissingLibrary(name, current)
                    break
                if library is not None:
                    pending.append((library, own))
        self._complete[key] = found
        return found

    def _all_of(self, path: str) -> Iterator[str]:
        """Give the names of all libraries that a program loads, directly or not."""
        pending, seen = [path], set[str]()
        while pending and len(seen) < _MOST_LIBRARIES:
            current = pending.pop()
            binary = self._files.binary(current)
            if binary is None or current in seen:
                continue
            seen.add(current)
            above = self._expanded(binary.rpath, current, binary)
            for name in binary.needed:
                yield name
                library = self._find(name, current, binary, above)
                if library is not None:
                    pending.append(library)

    def find(self, name: str, path: str) -> str | None:
        """Give the file that `path` would load as library `name`."""
        binary = self._files.binary(path)
        if binary is None:
            return None
        return self._find(name, path, binary, self._expanded(binary.rpath, path, binary))

    def _find(self, name: str, path: str, binary: Binary, rpath: tuple[str, ...]) -> str | None:
        if "/" in name:
            return name if self._fits(name, binary) else None
        for directory in self._directories(path, binary, rpath):
            candidate = posixpath.join(directory, name)
            if self._fits(candidate, binary):
                return self._files.real_path(candidate)
        for candidate in (self._cached or {}).get(name, ()):
            if self._fits(candidate, binary):
                return self._files.real_path(candidate)
        return None

    def _cache(self) -> bytes:
        try:
            return self._files.read("/etc/ld.so.cache")
        except OSError:
            return b""

    def _fits(self, path: str, binary: Binary) -> bool:
        """Say whether a library is at `path` and is not certainly for another machine."""
        if kind(self._files, path) is not EntryKind.FILE:
            return False
        found = self._files.binary(path)
        return found is None or (found.machine, found.bits) == (binary.machine, binary.bits)

    def _directories(self, path: str, binary: Binary, rpath: tuple[str, ...]) -> Iterator[str]:
        if not binary.runpath:
            yield from rpath
        for directory in self._environ.get("LD_LIBRARY_PATH", "").replace(";", ":").split(":"):
            if directory:
                yield directory
        yield from self._expanded(binary.runpath, path, binary)
        if self._configured is None and self._cached is not None:
            self._configured = ()
        if self._configured is None:
            self._configured = tuple(dict.fromkeys(self._read_configuration("/etc/ld.so.conf", 0)))
        yield from self._configured
        yield from self._musl_directories(binary)
        triplet = _MULTIARCH.get(binary.machine)
        for top in ("/lib", "/usr/lib"):
            if triplet is not None:
                yield f"{top}/{triplet}"
        yield from (("/lib64", "/usr/lib64") if binary.bits == 64 else ("/lib32", "/usr/lib32"))
        yield from ("/lib", "/usr/lib")

    def _musl_directories(self, binary: Binary) -> Iterator[str]:
        machine = _PLATFORMS.get(binary.machine, "")
        if kind(self._files, f"/lib/ld-musl-{machine}.so.1") is None:
            return
        configured = read_text(self._files, f"/etc/ld-musl-{machine}.path")
        if configured is None:
            yield "/usr/local/lib"
        else:
            yield from (line for line in configured.replace(":", "\n").split() if line)

    def _read_configuration(self, path: str, depth: int) -> Iterator[str]:
        """Read `ld.so.conf`, with the files that it includes by pattern.

        Without one, what `ldconfig` may have been told on its command line is not known;
        the directory that Python images register is then taken to be there.
        """
        text = read_text(self._files, path) if depth < _DEEPEST_INCLUDE else None
        if text is None:
            if depth == 0:
                yield "/usr/local/lib"
            return
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["include"]:
                for pattern in words[1:]:
                    for file in self._matching(posixpath.join(posixpath.dirname(path), pattern)):
                        yield from self._read_configuration(file, depth + 1)
            elif words and words[0].startswith("/"):
                yield words[0].rstrip("/")

    def _matching(self, pattern: str) -> Iterator[str]:
        directory, wanted = posixpath.split(pattern)
        for name in sorted(self._files.entries(directory)):
            if fnmatch.fnmatchcase(name, wanted):
                yield posixpath.join(directory, name)

    def _rpath_of(self, path: str) -> tuple[str, ...]:
        binary = self._files.binary(path)
        return () if binary is None else self._expanded(binary.rpath, path, binary)

    def _expanded(self, directories: tuple[str, ...], path: str, binary: Binary) -> tuple[str, ...]:
        """Put in what `$ORIGIN`, `$LIB` and `$PLATFORM` stand for."""
        if not directories:
            return ()
        values = {
            "ORIGIN": posixpath.dirname(self._files.real_path(path)),
            "LIB": "lib64" if binary.bits == 64 else "lib",
            "PLATFORM": _PLATFORMS.get(binary.machine, ""),
        }
        expanded = []
        for directory in directories:
            for name, value in values.items():
                directory = directory.replace(f"${{{name}}}", value).replace(f"${name}", value)
            expanded.append(posixpath.normpath(directory))
        return tuple(expanded)
