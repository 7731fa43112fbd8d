"""The git index or a revision as a tree, without a checkout.

What is read is what git holds, byte for byte: the file on disk may say something else.
Absolute paths are the environment and come from the disk, unless the state of the
repository has them too: an editable install leads back into the project.
"""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from linkstep.errors import LinkstepError
from linkstep.model.trace import TextQuestion
from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.directory import SKIPPED_DIRECTORIES
from linkstep.tree.git_repository import Repository
from linkstep.tree.git_snapshot import Snapshot
from linkstep.tree.journal import digest_of_object
from linkstep.tree.recording import directory_tree


class GitTree(Tree):
    """A snapshot of a repository, with paths counted from the directory `prefix` of it.

    `files()` lists what `DirectoryTree` would in a fresh clone, but for ignore files: what
    git holds is part of the project whatever they say.
    """

    def __init__(self, snapshot: Snapshot, prefix: str = "") -> None:
        self._snapshot = snapshot
        self.prefix = prefix
        self.root = Path(snapshot.top, prefix)
        self.journal = snapshot.journal
        self._disk = directory_tree(self.root, snapshot.journal)
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        self._files: tuple[str, ...] | None = None

    def below(self, prefix: str) -> GitTree:
        """Give the same state, with paths counted from a directory of the repository."""
        return GitTree(self._snapshot, prefix)

    @property
    def state(self) -> bytes:
        """What stands for all that git holds here, 16 bytes."""
        return self._snapshot.state

    def files(self) -> tuple[str, ...]:
        """Give the project's own `.py` and `.pyi` files, sorted."""
        if self._files is None:
            inside = self.prefix + "/" if self.prefix else ""
            paths = (p for p in self._snapshot.paths() if p.startswith(inside))
            found = (p[len(inside) :] for p in paths if p.endswith((".py", ".pyi")))
            self._files = tuple(sorted(path for path in found if self._is_own(path)))
        return self._files

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory, links followed; empty when it is none."""
        listing = self._listings.get(directory)
        if listing is None:
            listing = self._listings[directory] = self._list(directory)
        return listing

    def read(self, path: str) -> bytes:
        """Give the bytes of a file as git holds them; from disk when the path leads there."""
        if self.journal is not None:
            self.journal.texts.add(posixpath.normpath(posixpath.join(self.root.as_posix(), path)))
        return self._bytes_of(path)

    def _bytes_of(self, path: str) -> bytes:
        place = self._place(path)
        if place is None:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        content = self._snapshot.read(place) if not place.startswith("/") else None
        if content is not None:
            self._snapshot.note(place)
            return content
        if not place.startswith("/"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._disk.read(place)

    def source(self, path: str) -> bytes:
        """Give a file's bytes as `read` does, for its summary or for what `asked` tells."""
        return self._bytes_of(path)

    def asked(self, question: TextQuestion) -> None:
        """Take note of what was made of the text of files that `source` gave."""
        if self.journal is not None:
            self.journal.questions.add(question)

    def content_id(self, path: str) -> bytes | None:
        """Give what stands for a file's content: the name of its object, if git holds it."""
        place = self._place(path)
        if place is None:
            return None
        name = self._snapshot.object_of(place) if not place.startswith("/") else None
        if name is None:
            return self._disk.content_id(place) if place.startswith("/") else None
        self._snapshot.note(place)
        return digest_of_object(name)

    def real_path(self, path: str) -> str:
        """Give the absolute path that links lead to."""
        place = self._place(path)
        if place is None:
            return path
        if place.startswith("/"):
            return self._disk.real_path(place)
        return posixpath.join(self._snapshot.top, place)

    def _list(self, directory: str) -> Mapping[str, EntryKind]:
        place = self._place(directory)
        if place is None:
            return {}
        if place.startswith("/"):
            return self._disk.entries(place)
        listing = {}
        for name, kind in (self._snapshot.children(place) or {}).items():
            known = kind or self._kind_of_link(posixpath.join(place, name))
            if known is not None:
                listing[name] = known
        return listing

    def _kind_of_link(self, link: str) -> EntryKind | None:
        target = self._snapshot.follow(link)
        if target is None:
            return None
        if target.startswith("/"):
            directory, name = posixpath.split(target)
            return self._disk.entries(directory).get(name)
        return self._snapshot.kind(target)

    def _place(self, path: str) -> str | None:
        """Give where a path leads: in the repository, or absolute when on disk."""
        top = self._snapshot.top
        if not path.startswith("/"):
            inner = posixpath.normpath(posixpath.join(self.prefix, path))
            return self._snapshot.follow("" if inner == "." else inner)
        if path.startswith(top + "/"):
            place = self._snapshot.follow(path[len(top) + 1 :])
            if place is None or place.startswith("/") or self._snapshot.kind(place) is not None:
                return place
        return path

    def _is_own(self, path: str) -> bool:
        """Whether a file is the project's: not of an environment, and no link out of it."""
        if not SKIPPED_DIRECTORIES.isdisjoint(path.split("/")[:-1]):
            return False
        full = posixpath.join(self.prefix, path)
        if not self._snapshot.is_link(full):
            return True
        target = self._snapshot.follow(full)
        inside = self.prefix + "/" if self.prefix else ""
        return (
            target is not None
            and not target.startswith("/")
            and target.startswith(inside)
            and self._snapshot.kind(target) is EntryKind.FILE
        )


def held_by(tree: Tree) -> bytes:
    """Give what stands for all that git holds of a tree; empty for one on disk."""
    return tree.state if isinstance(tree, GitTree) else b""


def open_index(repository: Repository, environ: Mapping[str, str]) -> GitTree:
    """Give what a commit of the index would hold.

    Raises LinkstepError while files are in conflict: then nothing can be committed.
    """
    entries = list(repository.list_index())
    conflicts = sorted({entry.path for entry in entries if entry.stage})
    if conflicts:
        more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
        raise LinkstepError(
            "the index holds files that are in conflict",
            where=f"{conflicts[0]}{more}",
            hint="resolve the conflict, then `git add` the file",
        )
    return GitTree(Snapshot(repository, entries, environ, is_index=True))


def open_revision(repository: Repository, revision: str, environ: Mapping[str, str]) -> GitTree:
    """Give what a revision holds; a LinkstepError when there is no such revision."""
    entries = repository.list_tree(repository.tree_of(revision))
    return GitTree(Snapshot(repository, entries, environ))
