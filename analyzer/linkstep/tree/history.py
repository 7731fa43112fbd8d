"""What became of something that is missing, by the history of a git repository.

A file is followed through its commits, newest first, and through renames. Contents are
compared commit by commit with those of their parents, so that branches next to each other
do not look like removals. Merges are looked at only when no other commit tells: then one of
them dropped the name. Nothing is fetched, and both commits and time are bounded.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.model.why import Past, PastKind
from linkstep.tree.git_repository import GitFailedError, Repository

SHORT = 10  # digits of a commit that are told
VERSIONS = 1_000  # commits of one file that are looked through
PATIENCE = 30.0  # seconds that git may take for one question

_FORMAT = "--format=%x01%H%x02%cs%x02%s"
_RAW = ("--raw", "-z", "--no-abbrev", "-M")
_SHALLOW = "the clone is shallow: it lacks older commits"

LineOf = Callable[[bytes], int | None]
"""The line that binds the name in question, None when none does."""


class Change(Struct, frozen=True):
    """What a commit did to a file: contents by object (None: no file), and its path before."""

    commit: str
    date: str
    subject: str
    before: str
    old: str | None
    new: str | None
    path: str

    def past(self, kind: PastKind, path: str, line: int = 0, moved_to: str | None = None) -> Past:
        """Give the change as what became of something."""
        short = self.commit[:SHORT]
        return Past(kind, path, line, short, self.date, self.subject, moved_to)


class History:
    """The commits up to `revision` of the repository that the directory `root` is in."""

    def __init__(self, root: Path, environ: Mapping[str, str], revision: str = "HEAD") -> None:
        self._root = root
        self._environ = {**environ, "GIT_LITERAL_PATHSPECS": "1"}
        self._revision = revision

    def of_name(self, path: str, name: str, line_of: LineOf) -> Past:
        """Say what became of a name that the file at `path` does not bind."""
        return self._asked(lambda repository: _of_name(repository, self, path, name, line_of))

    def of_file(self, paths: Sequence[str]) -> Past:
        """Say what became of a file that is not there, by the paths it may have had."""
        return self._asked(lambda repository: _of_file(repository, self, paths))

    def _asked(self, question: Callable[[Repository], Past]) -> Past:
        """Ask git; whatever keeps it from answering is an answer too."""
        try:
            repository = Repository(self._root, self._environ)
            top = Repository(repository.top, self._environ)  # paths are counted from there
            return question(top)
        except LinkstepError as error:
            return Past(PastKind.UNKNOWN, why=error.what)
        except GitFailedError as error:
            return Past(PastKind.UNKNOWN, why=f"git cannot tell: {error.said}")

    def inside(self, repository: Repository, path: str) -> str:
        """Give a path of the project as git names it, from the top of the repository."""
        prefix = os.path.relpath(os.path.realpath(self._root), os.path.realpath(repository.top))
        place = Path(prefix).as_posix()
        return posixpath.normpath(posixpath.join("" if place.startswith("..") else place, path))

    def outside(self, repository: Repository, place: str) -> str:
        """Give a path of git as the project names it, or as git does if it is out of that."""
        own = self.inside(repository, ".")
        return place.removeprefix(own + "/") if own != "." else place

    def object_of(self, repository: Repository, place: str) -> str | None:
        """Give the content that the revision has at a place, by its object."""
        try:
            name = f"{self._revision}:{place}"
            return repository.ask("rev-parse", "--verify", "--quiet", name).decode().strip()
        except GitFailedError:
            return None

    def versions(self, repository: Repository, place: str, merges: str) -> tuple[list[Change], str]:
        """Give the changes of one file through renames, or why it is followed without them.

        Renames are found by contents, which a partial clone does not have.
        """
        try:
            return self.changes(repository, "--follow", merges, "--", place), ""
        except GitFailedError as error:
            alone = f"renames could not be followed, since git says: {error.said}"
            return self.changes(repository, "--no-renames", merges, "--", place), alone

    def changes(self, repository: Repository, *arguments: str) -> list[Change]:
        """Give the changes of files, newest first."""
        limit = f"--max-count={VERSIONS}"
        options = (_FORMAT, *_RAW, limit, "--no-show-signature", self._revision)
        answer = repository.ask("log", *options, *arguments, timeout=PATIENCE)
        return list(_parsed(answer))


def _of_name(
    repository: Repository, history: History, path: str, name: str, line_of: LineOf
) -> Past:
    place = history.inside(repository, path)

    def line_in(content: str | None) -> int | None:
        if content is None:
            return None
        source = repository.content(content)
        return line_of(source) if name.encode() in source else None

    line = line_in(history.object_of(repository, place))
    if line is not None:
        return Past(PastKind.UNCOMMITTED, path, line)
    changes: list[Change] = []
    alone = ""
    for merges in ("--no-merges", "--diff-merges=first-parent"):
        changes, alone = history.versions(repository, place, merges)
        repository.fetch(one for change in changes for one in (change.old, change.new) if one)
        seen = False
        for change in changes:
            here, before = line_in(change.new), line_in(change.old)
            if here is None and before is not None:
                old = history.outside(repository, change.before)
                return change.past(PastKind.REMOVED, old, before)
            seen = seen or here is not None
        if not seen:
            break
    if not changes:
        return Past(PastKind.UNKNOWN, path, why=f"no commit has {path}")
    return _never(repository, path, len(changes), alone)


def _of_file(repository: Repository, history: History, paths: Sequence[str]) -> Past:
    places = [history.inside(repository, path) for path in paths]
    for path, place in zip(paths, places, strict=True):
        if history.object_of(repository, place) is not None:
            return Past(PastKind.UNCOMMITTED, path)
    gone = history.changes(repository, "--no-merges", "--diff-filter=D", "--", *places)
    if not gone:
        return _never(repository, paths[0], 0, "")
    (last, *_) = gone
    target = _moved_to(repository, last)
    old = history.outside(repository, last.before)
    if target is not None:
        return last.past(PastKind.MOVED, old, moved_to=history.outside(repository, target))
    return last.past(PastKind.REMOVED, old)


def _moved_to(repository: Repository, gone: Change) -> str | None:
    """Give where a commit moved a file that it took away, None when it did not."""
    arguments = ("diff-tree", "-r", "--root", *_RAW, _FORMAT, gone.commit)
    try:
        whole = repository.ask(*arguments, timeout=PATIENCE)
    except GitFailedError:
        return None  # renames are found by contents, and these are not all there
    moved = {change.before: change.path for change in _parsed(whole)}
    target = moved.get(gone.before)
    return target if target != gone.before else None


def _never(repository: Repository, path: str, versions: int, alone: str) -> Past:
    """Say that no commit had it, unless not all of them were looked at.

    `alone` is why the file could be followed under this very name only.
    """
    if repository.is_shallow():
        return Past(PastKind.UNKNOWN, path, versions=versions, why=_SHALLOW)
    if versions >= VERSIONS:
        why = f"the last {versions:,} commits of {path} do not have it, and there are more"
        return Past(PastKind.UNKNOWN, path, versions=versions, why=why)
    return Past(PastKind.NEVER, path, versions=versions, why=alone)


def _parsed(answer: bytes) -> Iterator[Change]:
    r"""Read what `git log --raw -z` prints in `_FORMAT`.

    >>> head = b"\x01c0ffee1\x022024-05-01\x02drop it\0"
    >>> raw = b":100644 100644 " + b"a" * 40 + b" " + b"b" * 40 + b" M\0app/db.py\0"
    >>> [(c.commit, c.subject, c.before, c.path) for c in _parsed(head + raw)]
    [('c0ffee1', 'drop it', 'app/db.py', 'app/db.py')]
    """
    for record in answer.split(b"\x01")[1:]:
        head, _, rest = record.partition(b"\0")
        commit, date, subject = head.decode("utf-8", "replace").strip("\n").split("\x02", 2)
        fields = iter(field.strip(b"\n") for field in rest.split(b"\0"))
        for field in fields:
            if not field.startswith(b":"):
                continue
            _, _, old, new, status = field.decode().split(" ")
            before = path = os.fsdecode(next(fields))
            if status[0] in "RC":
                path = os.fsdecode(next(fields))
            yield Change(commit, date, subject, before, _object(old), _object(new), path)


def _object(name: str) -> str | None:
    return name if name.strip("0") else None
