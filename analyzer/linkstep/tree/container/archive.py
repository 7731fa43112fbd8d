"""Where an image is kept: named byte ranges in a directory, a tar file, or a pipe.

A file and a directory can be asked for a range again. A pipe, and a tar file that is
compressed as a whole, pass by once: what may be a layer is read as one while it passes,
so that nothing has to be spooled to disk.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from linkstep.errors import LinkstepError
from linkstep.tree.container.contents import NOT_KEPT, Contents, Place
from linkstep.tree.container.layer import Entry, keep_content, normalized, read_layer
from linkstep.tree.container.limits import Budget
from linkstep.tree.container.streams import (
    GZIP,
    ZSTD,
    Bounded,
    Cursor,
    FileRange,
    Measured,
    Stream,
    decompressed,
)
from linkstep.tree.container.tar_headers import (
    BLOCK,
    Member,
    MemberKind,
    looks_like_tar,
    members,
)


class ReadLayer(NamedTuple):
    """A layer that was read: its members, and what it measures as stored and as plain tar."""

    entries: list[Entry]
    size: int
    digest: str
    diff_id: str


class Archive:
    """Named byte ranges, read on demand.

    `rootfs` are the members themselves, for when the archive turns out to be no image
    but the file tree of one.
    """

    def __init__(self, where: str, contents: Contents, budget: Budget) -> None:
        self.where = where
        self.contents = contents
        self.budget = budget
        self.rootfs: list[Entry] = []

    def document(self, name: str) -> bytes | None:
        """Give a small file whole, None when there is none; LinkstepError when it is large."""
        raise NotImplementedError

    def layer(self, name: str, algorithm: str) -> ReadLayer | None:
        """Read a blob as a layer, None when there is none."""
        raise NotImplementedError

    def check_document(self, name: str, size: int) -> None:
        """Refuse a document that is larger than any real one."""
        if size > self.budget.limits.document:
            raise LinkstepError(f"{name} is too large", where=self.where, why=f"{size:,} bytes")

    def read_range(
        self, file: BinaryIO, offset: int, size: int, name: str, algorithm: str
    ) -> ReadLayer:
        """Read a range of an open file as a layer; plain contents stay where they are."""
        where = f"{self.where}, {name}"
        stored = Measured(FileRange(file, offset, size), algorithm)
        head = FileRange(file, offset, BLOCK).read(BLOCK)
        if looks_like_tar(head) and not head.startswith((GZIP, ZSTD)):
            origin = (self.contents.add_file(file), offset)
            entries = read_layer(
                Cursor(_Limited(stored, self.budget)), self.contents, self.budget, where, origin
            )
            digest = stored.digest() or ""
            return ReadLayer(entries, stored.size, digest, digest)
        return self.read_stream(stored, where)

    def read_stream(self, stored: Measured, where: str) -> ReadLayer:
        """Read a stream as a layer; the contents that matter are held in memory."""
        algorithm = (stored.digest() or "sha256").partition(":")[0]
        plain = Measured(decompressed(stored, self.budget, where), algorithm)
        cursor = Cursor(plain)
        entries = read_layer(cursor, self.contents, self.budget, where)
        while stored.read(1 << 18):  # what follows the last member belongs to the digest
            pass
        return ReadLayer(entries, stored.size, stored.digest() or "", plain.digest() or "")


class _Limited:
    """A plain stream that counts against the budget."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._budget.count_size(len(data))
        return data


class DirectoryArchive(Archive):
    """An unpacked image: an OCI layout, skopeo's `dir:`, or an unpacked docker archive."""

    def __init__(self, directory: str, contents: Contents, budget: Budget) -> None:
        super().__init__(directory, contents, budget)
        self._directory = directory

    def document(self, name: str) -> bytes | None:
        """Give a small file of the directory."""
        file = self._open(name)
        if file is None:
            return None
        with file:
            self.check_document(name, os.fstat(file.fileno()).st_size)
            return file.read(self.budget.limits.document)

    def layer(self, name: str, algorithm: str) -> ReadLayer | None:
        """Read a file of the directory as a layer."""
        file = self._open(name)
        if file is None:
            return None
        return self.read_range(file, 0, os.fstat(file.fileno()).st_size, name, algorithm)

    def _open(self, name: str) -> BinaryIO | None:
        """Open a regular file that really is in the directory; a pipe is never waited for."""
        path = os.path.join(self._directory, name)
        inside = os.path.realpath(self._directory).rstrip("/") + "/"
        try:
            if not os.path.realpath(path).startswith(inside):
                return None
            if not stat.S_ISREG(os.stat(path).st_mode):
                return None
            return open(path, "rb")
        except (OSError, ValueError):
            return None


# What may be a layer by its place in an archive; only asked where there is no second look.
_BLOB = re.compile(
    r"(?:.*/)?(?:blobs/\w+/\w+|sha\d+:\w+|[0-9a-f]{64}|[^/]+\.(?:tar(?:\.\w+)?|tgz))\Z"
)


class TarArchive(Archive):
    """A tar file: `docker save`, an OCI archive, or the file tree of a container.

    `file` is given when it can be read at any place; else `stream` passes by once.
    """

    def __init__(
        self,
        where: str,
        contents: Contents,
        budget: Budget,
        stream: Stream,
        file: BinaryIO | None = None,
    ) -> None:
        super().__init__(where, contents, budget)
        self._file = file
        self._ranges: dict[str, tuple[int, int]] = {}
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, ReadLayer | LinkstepError] = {}
        self._links: dict[str, str] = {}
        cursor = Cursor(stream)
        origin = None if file is None else (contents.add_file(file), 0)
        for member in members(cursor, budget, where):
            self._take(member, cursor, origin)

    def document(self, name: str) -> bytes | None:
        """Give a small member of the archive."""
        name = self._followed(name)
        if self._file is None:
            return self._documents.get(name)
        found = self._ranges.get(name)
        if found is None:
            return None
        self.check_document(name, found[1])
        return FileRange(self._file, *found).read(found[1])

    def layer(self, name: str, algorithm: str) -> ReadLayer | None:
        """Give a member of the archive as a layer."""
        name = self._followed(name)
        if self._file is not None and name in self._ranges:
            return self.read_range(self._file, *self._ranges[name], name, algorithm)
        read = self._layers.get(name)
        if isinstance(read, LinkstepError):
            raise read
        return read

    def _take(self, member: Member, cursor: Cursor, origin: tuple[int, int] | None) -> None:
        path = normalized(member.name)
        if member.kind in (MemberKind.SYMLINK, MemberKind.HARD_LINK):
            link = member.link
            if member.kind is MemberKind.SYMLINK:
                link = posixpath.join(posixpath.dirname(path), link)
            self._links[path] = normalized(link)
        place, binary = NOT_KEPT, False
        if member.stored:
            if self._file is not None:
                self._take_range(path, member.size, cursor.position)
            elif self._is_taken(path, member, cursor):
                return
            place, binary = keep_content(member, path, cursor, self.contents, self.budget, origin)
        self.rootfs.append(
            Entry(path, member.kind, member.mode, member.owner, member.link, place, binary)
        )

    def _take_range(self, path: str, size: int, offset: int) -> None:
        known = self._ranges.get(path)
        if known is not None and posixpath.dirname(path) == "" and path.endswith(".json"):
            self._refuse_twice(path)
        self._ranges[path] = (offset, size)

    def _is_taken(self, path: str, member: Member, cursor: Cursor) -> bool:
        """Read a member that will not come by again, if it is a document or a layer."""
        head = cursor.peek(min(BLOCK, member.size))[: member.size]
        if head.lstrip()[:1] in (b"{", b"[") and member.size <= self.budget.limits.document:
            if path.count("/") > 2:
                return False
            data = cursor.read(member.size)
            if self._documents.setdefault(path, data) != data:
                self._refuse_twice(path)
            self.rootfs.append(
                Entry(path, member.kind, member.mode, member.owner, "", self.contents.keep(data))
            )
            return True
        if not _BLOB.match(path) or path.count("/") > 2:
            return False
        if not head.startswith((GZIP, ZSTD)) and not looks_like_tar(head):
            return False
        stored = Measured(Bounded(cursor, member.size), "sha512" if "sha512" in path else "sha256")
        try:
            self._layers[path] = self.read_stream(stored, f"{self.where}, {path}")
        except LinkstepError as error:
            self._layers[path] = error  # told if it is a layer of the image that is wanted
        return True

    def _refuse_twice(self, path: str) -> None:
        raise LinkstepError(
            f"{path} is in the archive twice",
            where=self.where,
            why="tools differ in which one they take",
        )

    def _followed(self, name: str) -> str:
        name = normalized(name)
        for _ in range(8):
            if name not in self._links:
                return name
            name = self._links[name]
        return name


def open_archive(file: BinaryIO, where: str, contents: Contents, budget: Budget) -> TarArchive:
    """Read an open file, or a pipe, as a tar archive, compressed as a whole or not.

    Raises LinkstepError when it is none.
    """
    size = _size_on_disk(file)
    stream: Stream = file if size is None else FileRange(file, 0, size)
    cursor = Cursor(stream)
    head = cursor.peek(BLOCK)
    if head.startswith((GZIP, ZSTD)):
        plain = Cursor(decompressed(_Rest(cursor), budget, where))
        head = plain.peek(BLOCK)
        _check_tar(head, where)
        return TarArchive(where, contents, budget, _Rest(plain))
    _check_tar(head, where)
    if size is not None:
        return TarArchive(where, contents, budget, FileRange(file, 0, size), file)
    return TarArchive(where, contents, budget, _Limited(_Rest(cursor), budget))


def _size_on_disk(file: BinaryIO) -> int | None:
    """Give the size of a regular file, None for what passes by once."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class _Rest:
    """What is left of a cursor, as a stream."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def read(self, size: int) -> bytes:
        return self._cursor.read(size)


_FORMS = {
    b"\x7fELF": "it is an executable",
    b"PK\x03\x04": "it is a zip archive; `linkstep check` reads those",
    b"hsqs": "it is a squashfs image, which is not supported",
    b"#!": "it is a script (a Singularity image is not supported)",
}


def _check_tar(head: bytes, where: str) -> None:
    if looks_like_tar(head):
        return
    why = next((text for magic, text in _FORMS.items() if head.startswith(magic)), None)
    raise LinkstepError(
        "not a container image",
        where=where,
        why=why or ("it is empty" if not head else "it is neither a tar archive nor a directory"),
        hint="give a `docker save` tar, an OCI layout, a root file system, or - for a pipe",
    )


def read_directory(directory: str, contents: Contents, budget: Budget) -> list[Entry]:
    """Give an unpacked root file system as the members of one layer.

    Links are read, never followed; what may not be read counts as a file without content.
    """
    return list(_walk(directory, contents, budget))


def _walk(directory: str, contents: Contents, budget: Budget) -> Iterator[Entry]:
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            listed = sorted(os.scandir(os.path.join(directory, prefix)), key=lambda e: e.name)
        except OSError:
            continue
        for entry in listed:
            budget.count_entry()
            status = entry.stat(follow_symlinks=False)
            path = prefix + entry.name
            kind, link, place = MemberKind.OTHER, "", NOT_KEPT
            if stat.S_ISLNK(status.st_mode):
                kind, link = MemberKind.SYMLINK, os.readlink(entry.path)
            elif stat.S_ISDIR(status.st_mode):
                kind = MemberKind.DIRECTORY
                pending.append(path + "/")
            elif stat.S_ISREG(status.st_mode):
                kind = MemberKind.FILE
                place = Place(contents.add_file(entry.path), 0, status.st_size)
            owner = (status.st_uid, status.st_gid)
            yield Entry(path, kind, status.st_mode & 0o7777, owner, link, place)


def open_file(path: Path) -> BinaryIO:
    """Open an image file; LinkstepError when it cannot be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise LinkstepError(
            "cannot read the image", where=str(path), why=error.strerror or str(error)
        ) from None
