"""What the index or a revision holds: files, links and submodules, by path from the top.

A path is followed as the file system would follow it in a checkout: links inside the
repository stay inside, those that lead out of it give an absolute path on disk. A submodule
is the commit that the snapshot names, read from the submodule's own repository; when that
is not there, the submodule is an empty directory, as in a clone without submodules.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from linkstep.errors import LinkstepError
from linkstep.model.digests import digest_of
from linkstep.model.tree import EntryKind
from linkstep.tree.git_repository import GitEntry, Repository

_LINK, _SUBMODULE = "120000", "160000"
_MOST_LINKS = 40  # as Linux counts before it says ELOOP
_UNSPEAKABLE = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")


class Snapshot:
    """The files of one state of a repository; contents are read when they are asked for.

    `is_index` says that it is the index, whose objects the journal takes note of one by one.
    `state` are 16 bytes that stand for all of it: the index has those of the commit it becomes.
    """

    def __init__(
        self,
        repository: Repository,
        entries: Iterable[GitEntry],
        environ: Mapping[str, str],
        *,
        is_index: bool = False,
    ) -> None:
        self.top = repository.top.as_posix()
        self.journal = repository.journal
        self._repository = repository
        self._objects: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._submodules: dict[str, Snapshot | None] = {}
        self._children: dict[str, dict[str, EntryKind | None]] = {"": {}}
        self._noted = repository.journal if is_index else None
        entries = sorted(entries, key=lambda entry: entry.path)
        held = "\n".join(f"{entry.mode} {entry.object} {entry.path}" for entry in entries)
        self.state = digest_of(held.encode("utf-8", "surrogateescape"))
        for entry in entries:
            if _UNSPEAKABLE.search(entry.path):
                continue  # no import statement can spell it
            kind: EntryKind | None = EntryKind.FILE
            if entry.mode == _SUBMODULE:
                if self.journal is not None:
                    self.journal.torn = True  # other repositories are not taken note of
                self._submodules[entry.path] = _submodule(repository.top, entry, environ)
                self._children.setdefault(entry.path, {})
                kind = EntryKind.DIRECTORY
            elif entry.mode == _LINK:
                self._links[entry.path] = entry.object
                if self._noted is not None:
                    self._noted.held(entry.path, entry.object)
                kind = None  # it is what it leads to
            else:
                self._objects[entry.path] = entry.object
            self._place(entry.path, kind)

    def paths(self) -> Iterable[str]:
        """Give all files and links, and what submodules hold, in no certain order."""
        yield from self._objects
        yield from self._links
        for place, inner in self._submodules.items():
            if inner is not None:
                for path in inner.paths():
                    yield f"{place}/{path}"

    def is_link(self, path: str) -> bool:
        """Whether the path itself, links above it aside, is a link."""
        place = self._submodule_of(path)
        if place is None:
            return path in self._links
        inner = self._submodules[place]
        return inner is not None and inner.is_link(path[len(place) + 1 :])

    def object_of(self, path: str) -> str | None:
        """Give the name of the object that a followed path is, None when it is no file here."""
        place = self._submodule_of(path)
        if place is None:
            return self._objects.get(path)
        inner = self._submodules[place]
        return None if inner is None else inner.object_of(path[len(place) + 1 :])

    def read(self, path: str) -> bytes | None:
        """Give the content of a followed path, None when it is no file here."""
        place = self._submodule_of(path)
        if place is not None:
            inner = self._submodules[place]
            return None if inner is None else inner.read(path[len(place) + 1 :])
        name = self._objects.get(path)
        return None if name is None else self._repository.content(name)

    def note(self, path: str) -> None:
        """Take note of the object that a followed path is, where the index decides that."""
        name = self._objects.get(path)
        if self._noted is not None and name is not None:
            self._noted.held(path, name)

    def kind(self, path: str) -> EntryKind | None:
        """Say what a followed path is."""
        if self.children(path) is not None:
            return EntryKind.DIRECTORY
        return EntryKind.FILE if self.object_of(path) is not None else None

    def children(self, directory: str) -> Mapping[str, EntryKind | None] | None:
        """List a followed directory; the kind of links is None. None when it is no directory."""
        place = self._submodule_of(directory)
        if place is None:
            return self._children.get(directory)
        inner = self._submodules[place]
        if inner is None:
            return {} if directory == place else None
        return inner.children(directory[len(place) + 1 :])

    def follow(self, path: str) -> str | None:
        """Give where a path leads: from the top, absolute when out of it, None in a circle."""
        if not self._links and not self._submodules and ".." not in path:
            return path
        rest = path.split("/")[::-1]
        done, links = "", 0
        while rest:
            part = rest.pop()
            if part == ".." and not done:
                return posixpath.normpath(posixpath.join(self.top, "..", *rest[::-1]))
            if part in ("", ".", ".."):
                done = posixpath.dirname(done) if part == ".." else done
                continue
            target = self._target(posixpath.join(done, part))
            if target is None:
                done = posixpath.join(done, part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                if not posixpath.normpath(target).startswith(self.top + "/"):
                    return posixpath.normpath(posixpath.join(target, *rest[::-1]))
                done, target = "", posixpath.normpath(target)[len(self.top) + 1 :]
            rest += target.split("/")[::-1]
        return done

    def _target(self, path: str) -> str | None:
        place = self._submodule_of(path)
        if place is not None:
            inner = self._submodules[place]
            return None if inner is None else inner._target(path[len(place) + 1 :])
        name = self._links.get(path)
        if name is None:
            return None
        return self._repository.content(name).decode("utf-8", "surrogateescape")

    def _submodule_of(self, path: str) -> str | None:
        if not self._submodules:
            return None
        return next((p for p in self._submodules if path == p or path.startswith(p + "/")), None)

    def _place(self, path: str, kind: EntryKind | None) -> None:
        directory, name = posixpath.split(path)
        siblings = self._children.get(directory)
        if siblings is None:
            siblings = self._children[directory] = {}
            self._place(directory, EntryKind.DIRECTORY)
        siblings[name] = kind


def _submodule(top: Path, entry: GitEntry, environ: Mapping[str, str]) -> Snapshot | None:
    """Give what a submodule holds at the commit named, None when it is not checked out."""
    place = top / entry.path
    if not (place / ".git").exists():
        return None
    outside = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    try:
        repository = Repository(place, outside)
        return Snapshot(repository, repository.list_tree(repository.tree_of(entry.object)), outside)
    except LinkstepError:
        return None  # the commit was not fetched
