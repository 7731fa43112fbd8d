"""Whether a program can be started in an image, and which interpreter runs it.

execve(2) and execvp(3): a name without a slash is looked for on PATH; the file must be there,
through all links, and executable; an ELF file needs its loader and its libraries, a
script the interpreter of its first line, which is a program again.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from linkstep.model.facts import StartProblem
from linkstep.model.image import DOCKER_PATH, ImageFiles
from linkstep.model.tree import EntryKind
from linkstep.resolve.container.shared_libraries import Loader
from linkstep.resolve.paths import kind

_MACHINES = {"amd64": 62, "arm64": 183, "386": 3, "arm": 40, "ppc64le": 21, "s390x": 22}
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*)?t?\Z")
# What pip writes where a path is too long, or has blanks, for a first line.
_EXEC_LINE = re.compile(rb"'''exec' \"?(/[^\"\n]*?)\"? \"\$0\" \"\$@\"")
_DEEPEST = 5
_LONGEST_LINE = 256
_WITH_VALUE = frozenset({"-u", "--unset", "-C", "--chdir"})


class Failure(Struct, frozen=True):
    """Why a program cannot be started.

    `path` is the file that fails, empty when there is none; `subject` what is missing: the
    program, the interpreter of a script, a link's target, a library. `exception` is
    what the container's runtime or the shell says.
    """

    problem: StartProblem
    path: str
    subject: str
    exception: str


class Started(Struct, frozen=True):
    """A program that can be started: its file, and the Python that runs it, if one does."""

    path: str
    python: str | None = None


class Programs:
    """Starts programs in thought; `architecture` is the image's, as Go names it."""

    def __init__(self, files: ImageFiles, architecture: str = "") -> None:
        self._files = files
        self._machine = _MACHINES.get(architecture)

    def start(
        self, name: str, directory: str, environ: dict[str, str], *, by_shell: bool = False
    ) -> Started | Failure:
        """Say what executing `name` does in `directory`.

        `by_shell` says that a shell or execvp(3) starts it, which runs a file without any
        magic as a shell script.
        """
        if not name:
            text = 'exec: "": executable file not found in $PATH'
            return Failure(StartProblem.EMPTY, "", "", text)
        if "/" in name:
            path = posixpath.normpath(posixpath.join(directory, name))
            return self._execute(path, name, environ, by_shell, 0)
        refused: Failure | None = None
        for place in environ.get("PATH", DOCKER_PATH).split(":"):
            path = posixpath.join(directory, place or ".", name)
            path = posixpath.normpath(path)
            if kind(self._files, path) is EntryKind.FILE and self._files.is_executable(path):
                return self._execute(path, name, environ, by_shell, 0)
            if refused is None and self._files.link(path) is not None:
                refused = self._dangling(path, name)
        if refused is not None:
            return refused
        text = f'exec: "{name}": executable file not found in $PATH'
        return Failure(StartProblem.NOT_ON_PATH, "", name, text)

    def elsewhere(self, name: str) -> str | None:
        """Give a place where the program lies although PATH does not lead there."""
        return next(self._places(name), None)

    def _places(self, name: str) -> Iterator[str]:
        pending = [("/", 0)]
        while pending:
            directory, depth = pending.pop(0)
            for entry, what in sorted(self._files.entries(directory).items()):
                path = posixpath.join(directory, entry)
                if what is EntryKind.DIRECTORY and self._files.link(path) is None:
                    if depth < 4 and path not in ("/proc", "/sys", "/dev"):
                        pending.append((path, depth + 1))
                elif entry == name and posixpath.basename(directory) in ("bin", "Scripts"):
                    yield path

    def _execute(
        self, path: str, name: str, environ: dict[str, str], by_shell: bool, depth: int
    ) -> Started | Failure:
        what = kind(self._files, path)
        quoted = f'exec: "{name}"'
        if what is None:
            if self._files.link(path) is not None:
                return self._dangling(path, name)
            text = f"{quoted}: stat {path}: no such file or directory"
            return Failure(StartProblem.NOT_THERE, "", path, text)
        if what is EntryKind.DIRECTORY:
            return Failure(StartProblem.DIRECTORY, path, path, f"{quoted}: is a directory")
        if not self._files.is_executable(path):
            text = f"{quoted}: permission denied"
            return Failure(StartProblem.NOT_EXECUTABLE, path, path, text)
        binary = self._files.binary(path)
        if binary is not None:
            return self._compiled(path, environ)
        return self._script(path, environ, by_shell, depth)

    def _compiled(self, path: str, environ: dict[str, str]) -> Started | Failure:
        binary = self._files.binary(path)
        assert binary is not None
        if self._machine is not None and binary.machine != self._machine:
            text = f"exec {path}: exec format error"
            return Failure(StartProblem.WRONG_MACHINE, path, path, text)
        loader = binary.interpreter
        if loader is not None and kind(self._files, loader) is not EntryKind.FILE:
            text = f"exec {path}: no such file or directory"
            return Failure(StartProblem.NO_LOADER, path, loader, text)
        lacks = Loader(self._files, environ, None).missing(path)
        if lacks is not None:
            text = (
                f"error while loading shared libraries: {lacks.name}: "
                "cannot open shared object file: No such file or directory"
            )
            return Failure(StartProblem.NO_LIBRARY, lacks.needed_by, lacks.name, text)
        names = (posixpath.basename(path), posixpath.basename(self._files.real_path(path)))
        is_python = any(_PYTHON.match(name) for name in names)
        return Started(path, path if is_python else None)

    def _script(
        self, path: str, environ: dict[str, str], by_shell: bool, depth: int
    ) -> Started | Failure:
        try:
            head = self._files.read(path)[:4096]
        except OSError:
            return Started(path)  # not kept: nothing is known about it
        if not head.startswith(b"#!"):
            if by_shell or head.startswith(b"MZ"):
                return Started(path)
            text = f"exec {path}: exec format error"
            return Failure(StartProblem.NO_SHEBANG, path, path, text)
        line = head.partition(b"\n")[0][2:_LONGEST_LINE]
        words = line.decode("utf-8", "replace").strip(" \t").split(None, 1)
        if not words or depth > _DEEPEST:
            text = f"exec {path}: exec format error"
            return Failure(StartProblem.NO_SHEBANG, path, path, text)
        interpreter = words[0].strip(" \t\n")
        if line.endswith(b"\r") and len(words) == 1:
            interpreter += "\r" if not interpreter.endswith("\r") else ""
        behind = _EXEC_LINE.search(head)
        found = self._interpreter(path, interpreter, words[1:], environ, depth)
        if behind is not None and isinstance(found, Started):
            target = behind[1].decode("utf-8", "replace")
            found = self._interpreter(path, target, (), environ, depth)
        if isinstance(found, Failure):
            return found
        return Started(path, found.python)

    def _interpreter(
        self,
        path: str,
        interpreter: str,
        arguments: Sequence[str],
        environ: dict[str, str],
        depth: int,
    ) -> Started | Failure:
        """Start the program of a script's first line; for `env` the one that it starts."""
        found = self._execute(interpreter, interpreter, environ, True, depth + 1)
        if isinstance(found, Failure):
            if found.problem in (StartProblem.NOT_THERE, StartProblem.DANGLING):
                subject = interpreter
                if found.problem is StartProblem.DANGLING:
                    subject = f"{interpreter} -> {found.subject}"
                text = f"exec {path}: no such file or directory"
                return Failure(StartProblem.NO_INTERPRETER, path, subject, text)
            return found
        if posixpath.basename(interpreter) != "env":
            return found
        name = _program_of_env(" ".join(arguments).split())
        if name is None:
            return Started(path)
        inner = self.start(name, "/", environ, by_shell=True)
        if isinstance(inner, Failure) and inner.problem is StartProblem.NOT_ON_PATH:
            text = f"{interpreter}: '{name}': No such file or directory"
            return Failure(StartProblem.NO_INTERPRETER, path, name, text)
        return inner

    def _dangling(self, path: str, name: str) -> Failure:
        """Name the link of a chain that leads nowhere, and where it points."""
        here, target = path, self._files.link(path) or ""
        for _ in range(8):
            following = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
            further = self._files.link(following)
            if further is None:
                break
            here, target = following, further
        text = f'exec: "{name}": stat {path}: no such file or directory'
        return Failure(StartProblem.DANGLING, path, target, text)


def _program_of_env(words: list[str]) -> str | None:
    """Give the program that the words after `env` start.

    >>> _program_of_env(["-S", "LANG=C", "python3", "-u"])
    'python3'
    """
    while words:
        word = words.pop(0)
        if word in _WITH_VALUE:
            words = words[1:]
        elif not word.startswith("-") and "=" not in word:
            return word
    return None
