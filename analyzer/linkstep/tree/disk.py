"""The disk itself: reading a file, listing a directory, and telling whether either changed.

What is there may be hostile: a pipe is never opened, a name that is not UTF-8 or holds
control characters is left out (no import statement can spell it).

A *signature* is what `stat` says of a file or directory without a look into it. That it is
the same as before proves that the content is the same, with two exceptions. What is written
within one tick of the file system's clock may leave the signature as it was; so one is trusted
only if it was `SETTLED` when it was taken, as git does with its index. And a directory does not
change when what a link in it leads to does; so links are asked one by one.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable

from linkstep.model.digests import digest_of
from linkstep.model.tree import EntryKind

Signature = tuple[int, int, int, int]
"""Time of change, size, number of the file, time of change of the entry itself; or an error
number and zeros where there is nothing."""

Listing = dict[str, EntryKind]

UNTRUSTED: Signature = (0, 0, 0, 0)
SETTLED = 2_500_000_000  # nanoseconds; the coarsest clock of a file system, FAT's, has 2 seconds
_UNSPEAKABLE = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MASK = (1 << 64) - 1
_LASTING = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EINVAL),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO),
}


def read_file(place: str) -> tuple[bytes, os.stat_result]:
    """Give the bytes of a regular file, and its state before they were read.

    Raises OSError for anything else, at once.
    """
    try:
        descriptor = os.open(place, _OPEN_FLAGS)
    except ValueError as error:  # a NUL in the path
        raise FileNotFoundError(errno.ENOENT, str(error), place) from None
    with open(descriptor, "rb", buffering=0) as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", place)
        return file.readall(), state


def list_directory(
    place: str, failed: Callable[[OSError], None] | None = None
) -> tuple[Listing, frozenset[str]]:
    """List a directory, links followed, with the names that are links.

    It is empty when there is no such directory, or when it cannot be read; `failed` is told why.
    """
    listing: Listing = {}
    links: set[str] = set()
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if _UNSPEAKABLE.search(entry.name):
                    continue
                kind = _kind(entry)
                if kind is not None:
                    listing[entry.name] = kind
                if entry.is_symlink():
                    links.add(entry.name)
    except OSError as error:
        if failed is not None:
            failed(error)
        return {}, frozenset()
    except ValueError:  # a NUL in the path
        return {}, frozenset()
    return listing, frozenset(links)


def signature(place: str) -> Signature:
    """Give the signature of what is at a path, links followed."""
    try:
        return signature_of(os.stat(place))
    except OSError as error:
        return error.errno or errno.EIO, 0, 0, 0
    except ValueError:  # a NUL in the path
        return errno.ENOENT, 0, 0, 0


def signature_of(state: os.stat_result) -> Signature:
    """Give the signature that a state makes."""
    return (
        state.st_mtime_ns & _MASK,
        state.st_size & _MASK,
        state.st_ino & _MASK,
        state.st_ctime_ns & _MASK,
    )


def settled(of: Signature, now: int) -> Signature:
    """Give a signature that was taken at `now` or later, `UNTRUSTED` when it is too young.

    >>> settled((5, 1, 7, 5), 5 + SETTLED), settled((6, 1, 7, 5), 5 + SETTLED)
    ((5, 1, 7, 5), (0, 0, 0, 0))
    """
    if not of[2] and not of[3]:
        return of  # there is nothing, which cannot be young
    return of if max(of[0], of[3]) <= now - SETTLED else UNTRUSTED


def is_lasting(error: OSError) -> bool:
    """Whether a failure lies in what is there, and not in the moment: a signature covers it.

    >>> is_lasting(FileNotFoundError(errno.ENOENT, "")), is_lasting(OSError(errno.EMFILE, ""))
    (True, False)
    """
    return error.errno in _LASTING


def digest_of_listing(listing: Listing, links: frozenset[str]) -> bytes:
    """Give 16 bytes that stand for a directory: names, kinds, and which of them are links.

    What a link leads to is not in it.
    """
    lines = [
        f"{name}\0{'' if name in links else listing[name].value}"
        for name in sorted({*listing, *links})
    ]
    return digest_of("\n".join(lines).encode())


def end_of(link: str) -> bytes:
    """Give 16 bytes that stand for where a path leads, and what is there."""
    try:
        real = os.path.realpath(link)
    except (OSError, ValueError):
        real = link
    return digest_of(f"{kind_at(link)}\0".encode() + os.fsencode(real))


def kind_at(place: str) -> str:
    """Say what is at a path, links followed: `file`, `directory`, `other` or `nothing`."""
    try:
        mode = os.stat(place).st_mode
    except (OSError, ValueError):
        return "nothing"
    if stat.S_ISDIR(mode):
        return "directory"
    return "file" if stat.S_ISREG(mode) else "other"


def _kind(entry: os.DirEntry[str]) -> EntryKind | None:
    try:
        if entry.is_dir():
            return EntryKind.DIRECTORY
        if entry.is_file():
            return EntryKind.FILE
    except OSError:
        pass
    return None  # pipes, sockets, devices, and links that lead nowhere
