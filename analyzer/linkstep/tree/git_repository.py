"""A git repository, asked through plumbing commands only.

Nothing is checked out, no lock is taken, no hook, monitor or pager runs, and nothing is
fetched. The environment variables that git gives to its hooks (`GIT_DIR`, `GIT_INDEX_FILE`)
are handed on: in `git commit -a` and `git commit FILE` the index that will be committed is a
temporary one, and only they name it.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.tree.journal import LISTING, Journal

if TYPE_CHECKING:
    from subprocess import Popen

_SETTINGS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.allow=never"),
)
# Their answers follow from what is asked, whatever the repository holds besides; but for `-e`,
# by which names of revisions are looked up.
_TIMELESS = frozenset({"cat-file", "hash-object"})
_ENVIRON = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "",
    "LC_ALL": "C",
}


class GitEntry(Struct, frozen=True):
    """A path of the index or of a tree, from the top of the repository.

    `mode` is git's (`120000` is a symbolic link, `160000` a submodule's commit), `stage` is
    0 unless the path is in conflict.
    """

    path: str
    mode: str
    object: str
    stage: int = 0


def command(arguments: Iterable[str]) -> list[str]:
    """Give the command line of a question to git."""
    return ["git", *_SETTINGS, *arguments]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that git is run with."""
    return {**environ, **_ENVIRON}


def answer_of(code: int, printed: bytes) -> bytes:
    """Give an answer of git in one piece; empty for none, as when there is no git."""
    return b"%d %s" % (code, printed)


class GitFailedError(Exception):
    """A git command that ended with an error; `said` is the first line of its message."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Repository:
    """The repository that git finds from the directory `cwd`; `journal` gets its answers.

    Raises LinkstepError when there is none, or no git to ask.
    """

    def __init__(
        self, cwd: Path, environ: Mapping[str, str], journal: Journal | None = None
    ) -> None:
        self.journal = journal
        self._cwd = cwd
        self._environ = environment(environ)
        self._contents: dict[str, bytes] = {}
        self._blobs: Blobs | None = None
        try:
            self.top = Path(os.fsdecode(self.ask("rev-parse", "--show-toplevel")).rstrip("\n"))
        except GitFailedError as error:
            if not self._is_bare():
                raise LinkstepError(
                    "this is no git checkout", where=str(cwd), why=error.said
                ) from None
            self.top = Path(os.fsdecode(self.ask("rev-parse", "--absolute-git-dir")).rstrip("\n"))

    def ask(self, *arguments: str, stdin: bytes = b"", timeout: float | None = None) -> bytes:
        """Run one git command, for `timeout` seconds at most, and give what it prints."""
        from subprocess import TimeoutExpired, run  # where there is no repository, none starts

        answer = b""
        try:
            done = run(
                command(arguments),
                cwd=self._cwd,
                env=self._environ,
                input=stdin,
                capture_output=True,
                check=False,
                timeout=timeout,
            )
            answer = answer_of(done.returncode, done.stdout)
        except TimeoutExpired:
            raise GitFailedError(f"git {arguments[0]} took longer than {timeout:.0f} s") from None
        except FileNotFoundError:
            raise LinkstepError(
                "git cannot be started", hint="install git, or check the files on disk"
            ) from None
        finally:
            if self.journal is not None and (arguments[0] not in _TIMELESS or "-e" in arguments):
                self.journal.answered(str(self._cwd), arguments, stdin, answer)
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitFailedError(lines[0] if lines else f"git {arguments[0]} failed")
        return done.stdout

    def has(self, revision: str) -> bool:
        """Whether a revision is there; whatever it holds."""
        try:
            self.ask("cat-file", "-e", f"{revision}^{{tree}}")
        except GitFailedError:
            return False
        return True

    def tree_of(self, revision: str) -> str:
        """Give the tree that a revision names; the empty tree for HEAD before the first commit."""
        if not revision.startswith("-"):
            try:
                found = self.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
                return found.decode().strip()
            except GitFailedError:
                if revision in ("HEAD", "@") and self._is_unborn():
                    return self._empty_tree()
        shallow = self.is_shallow()
        raise LinkstepError(
            f"there is no revision {revision}",
            where=str(self.top),
            why="the clone is shallow: it lacks older commits" if shallow else "",
            hint="fetch the whole history (`fetch-depth: 0` in GitHub Actions)" if shallow else "",
        )

    def list_tree(self, tree: str) -> Iterator[GitEntry]:
        """Give everything that a tree holds."""
        for line in self._lines("ls-tree", "-r", "-z", "--full-tree", tree):
            head, _, path = line.partition(b"\t")
            mode, _, name = head.decode().split(" ")
            yield GitEntry(os.fsdecode(path), mode, name)

    def list_index(self) -> Iterator[GitEntry]:
        """Give everything that the index holds and a commit of it would."""
        entries = []
        for line in self._lines(*LISTING):
            head, _, path = line.partition(b"\t")
            mode, name, stage = head.decode().split(" ")
            entries.append(GitEntry(os.fsdecode(path), mode, name, int(stage)))
        if any(entry.stage for entry in entries):
            return iter(entries)
        intended = self._intended(entries)
        return (entry for entry in entries if entry.path not in intended)

    def tracked(self) -> frozenset[str]:
        """Give the paths that the index holds, from the top of the repository."""
        return frozenset(map(os.fsdecode, self._lines("ls-files", "-z", "--full-name", ":/")))

    def ignoring(self, paths: list[str]) -> dict[str, str]:
        """Give, for those of the paths (from the top) that git ignores, the pattern's place.

        Such as `.gitignore:3: lib/`. Patterns that speak of files the index holds count too.
        """
        stdin = b"".join(os.fsencode(str(self.top / path)) + b"\0" for path in paths)
        try:
            answer = self.ask("check-ignore", "--no-index", "-v", "-z", "--stdin", stdin=stdin)
        except GitFailedError:
            return {}  # none of them is ignored
        fields = answer.split(b"\0")
        places = {}
        for source, line, pattern, path in zip(*(fields[n::4] for n in range(4)), strict=False):
            place = os.path.relpath(os.fsdecode(path), self.top)
            places[place] = f"{os.fsdecode(source)}:{line.decode()}: {os.fsdecode(pattern)}"
        return places

    def content(self, name: str) -> bytes:
        """Give the content of an object; LinkstepError when the clone does not hold it."""
        known = self._contents.get(name)
        if known is None:
            if self._blobs is None:
                self._blobs = Blobs(self._cwd, self._environ)
            known = self._contents[name] = self._blobs.read(name)
        return known

    def fetch(self, names: Iterable[str]) -> None:
        """Read many objects at once, so that asking for each takes no way to another process.

        What is not there is left for `content` to complain about.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self._contents]
        if not wanted:
            return
        answer = self.ask(
            *("cat-file", "--batch", "--buffer"), stdin="".join(f"{n}\n" for n in wanted).encode()
        )
        position = 0
        for name in wanted:
            end = answer.index(b"\n", position)
            head = answer[position:end].split()
            position = end + 1
            if len(head) == 3:
                size = int(head[2])
                self._contents[name] = answer[position : position + size]
                position += size + 1

    def is_shallow(self) -> bool:
        """Whether older commits were not fetched."""
        return self._answers_true("--is-shallow-repository")

    def _lines(self, *arguments: str) -> Iterator[bytes]:
        try:
            return (line for line in self.ask(*arguments).split(b"\0") if line)
        except GitFailedError as error:
            raise LinkstepError(
                "git cannot list its files", where=str(self.top), why=error.said
            ) from None

    def _intended(self, entries: list[GitEntry]) -> frozenset[str]:
        """Give the paths of `git add --intent-to-add`: in the index, but in no commit of it.

        They look like empty files; what a comparison with the empty tree adds is real.
        """
        empty = self.ask("hash-object", "--stdin").decode().strip()
        hollow = {entry.path for entry in entries if entry.object == empty}
        if not hollow:
            return frozenset()
        fields = self._lines(
            *("diff-index", "--cached", "--ita-invisible-in-index", "--no-renames"),
            *("--name-only", "-z", self._empty_tree()),
        )
        return frozenset(hollow.difference(map(os.fsdecode, fields)))

    def _empty_tree(self) -> str:
        return self.ask("hash-object", "-t", "tree", "--stdin").decode().strip()

    def _is_unborn(self) -> bool:
        try:
            return bool(self.ask("symbolic-ref", "-q", "HEAD"))
        except GitFailedError:
            return False

    def _is_bare(self) -> bool:
        return self._answers_true("--is-bare-repository")

    def _answers_true(self, question: str) -> bool:
        try:
            return self.ask("rev-parse", question).strip() == b"true"
        except GitFailedError:
            return False


class Blobs:
    """The contents of objects, by one `git cat-file --batch` that runs as long as this lives."""

    def __init__(self, cwd: Path, environ: Mapping[str, str]) -> None:
        from subprocess import DEVNULL, PIPE, Popen

        self._process = Popen(
            command(("cat-file", "--batch")),
            cwd=cwd,
            env=environ,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        weakref.finalize(self, _stop, self._process)

    def read(self, name: str) -> bytes:
        """Give the content of an object.

        Raises LinkstepError when the clone does not hold it: a partial clone would have to
        fetch it, and that is not for a reader to decide.
        """
        self._asked.write(name.encode() + b"\n")
        self._asked.flush()
        head = self._answers.readline().split()
        if len(head) != 3:
            raise LinkstepError(
                f"the git object {name} is not in this clone",
                why="the clone is partial or damaged",
                hint="`git fsck` says what is missing",
            )
        content = self._answers.read(int(head[2]))
        self._answers.read(1)
        return content


def _stop(process: Popen[bytes]) -> None:
    """End the process: it stops by itself when nobody can ask it any more."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()
