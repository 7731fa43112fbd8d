"""One layer, read once from front to back: what is in it, and the contents that matter.

Python files, metadata, scripts and archives are kept; of ELF files only what loading
needs; of everything else that it is there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from linkstep.tree.container.contents import EMPTY, NOT_KEPT, Contents, Place
from linkstep.tree.container.elf import MAGIC, read_binary
from linkstep.tree.container.limits import Budget
from linkstep.tree.container.streams import Cursor
from linkstep.tree.container.tar_headers import Member, MemberKind, members

# Files that steer the import system, the environment or the command, by name.
_PYTHON_SUFFIXES = (".py", ".pyi", ".pth", ".egg-link", ".typed")
_KEPT_SUFFIXES = (*_PYTHON_SUFFIXES, ".toml", ".cfg", ".ini", ".conf", ".in", ".yml", ".yaml")
_KEPT_NAMES = frozenset(
    {"METADATA", "PKG-INFO", "RECORD", "INSTALLER", "WHEEL", "Procfile", "PEX-INFO"}
    | {"passwd", "group", "top_level.txt", "entry_points.txt", "direct_url.json", "MANIFEST"}
    | {
        "ld.so.cache",
        "environment.json",
        "ld-musl-x86_64.path",
        "ld-musl-aarch64.path",
        ".python-version",
    }
)
_ARCHIVES = (".zip", ".egg", ".whl", ".pyz", ".pex", ".shiv")
_SMALL = 1 << 20
_LIBRARY = re.compile(r"\.so(?:\.[\d.]+)?\Z")
_WHOLE_BINARY = 96 << 20


class Entry(NamedTuple):
    """One member of a layer; `path` is relative to the root of the image, without `..`.

    `binary` says that the content is what an ELF file says, not the file itself.
    """

    path: str
    kind: MemberKind
    mode: int
    owner: tuple[int, int]
    link: str
    place: Place
    binary: bool = False


def read_layer(
    cursor: Cursor,
    contents: Contents,
    budget: Budget,
    where: str,
    origin: tuple[int, int] | None = None,
) -> list[Entry]:
    """Give the members of a layer in their order.

    `origin` is the file, and the offset in it, where the plain bytes of the layer are and
    stay: contents are then left there. Raises LinkstepError when the layer is damaged.
    """
    entries = []
    for member in members(cursor, budget, where):
        path = normalized(member.name)
        place, binary = NOT_KEPT, False
        if member.stored:
            place, binary = keep_content(member, path, cursor, contents, budget, origin)
        entries.append(
            Entry(path, member.kind, member.mode, member.owner, member.link, place, binary)
        )
    # To the very end, so that checksums and digests cover all of it.
    cursor.drain()
    return entries


def normalized(name: str) -> str:
    """Give a member's path: relative, without `.` and empty parts; `..` cannot leave the root.

    >>> normalized("./usr//lib/"), normalized("/etc/passwd"), normalized("../../a/../b")
    ('usr/lib', 'etc/passwd', 'b')
    """
    if name[:1] not in ("/", ".") and "//" not in name and "/." not in name:
        return name.rstrip("/")
    return posixpath.normpath("/" + name).lstrip("/")


def keep_content(
    member: Member,
    path: str,
    cursor: Cursor,
    contents: Contents,
    budget: Budget,
    origin: tuple[int, int] | None,
) -> tuple[Place, bool]:
    """Remember a content when it can matter; say where, and whether it is an ELF summary."""
    if not member.size:
        return EMPTY, False
    if origin is not None:
        return Place(origin[0], origin[1] + cursor.position, member.size), False
    head = cursor.peek(4)[: member.size]
    if head == MAGIC:
        return _keep_binary(member.size, cursor, contents)
    if member.size > budget.limits.file or not _matters(path, member, head):
        return NOT_KEPT, False
    return contents.keep(cursor.read(member.size)), False


def _keep_binary(size: int, cursor: Cursor, contents: Contents) -> tuple[Place, bool]:
    if size > _WHOLE_BINARY:
        return NOT_KEPT, False
    data = cursor.read(size)
    binary = read_binary(lambda offset, count: data[offset : offset + count])
    return contents.keep(msgspec.msgpack.encode(binary)), True


def _matters(path: str, member: Member, head: bytes) -> bool:
    name = posixpath.basename(path)
    if name.endswith(_KEPT_SUFFIXES) or name in _KEPT_NAMES:
        return member.size <= _SMALL or name.endswith(".py") or name == "RECORD"
    if name.endswith(_ARCHIVES):
        return True
    if not member.mode & 0o111 or _LIBRARY.search(name):
        return False
    # A program: a script, or a zip archive behind a shebang.
    return head.startswith((b"#!", b"PK")) or member.size <= 1 << 16


def paths_above(path: str) -> Iterator[str]:
    """Give the directories above a path, the nearest first, without the root.

    >>> list(paths_above("usr/lib/python3"))
    ['usr/lib', 'usr']
    """
    while path := posixpath.dirname(path):
        yield path
