"""What an image's command starts: programs on the way, entry points, and the interpreter."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from linkstep.errors import LinkstepError
from linkstep.model.entry_points import EntryKind, LaunchReading
from linkstep.model.facts import Location, StartProblem, UnstartableEntry
from linkstep.model.image import DOCKER_PATH, ImageConfig, ImageFiles
from linkstep.model.summary import Span
from linkstep.resolve.container.archives import archived_entry
from linkstep.resolve.container.programs import Failure, Programs, Started
from linkstep.resolve.launch.command import read_command
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.words import is_known
from linkstep.resolve.launch.wrappers import wrapper_of
from linkstep.resolve.paths import is_file

CONFIGURATION = "image configuration"
_START = Span(1, 1, 1, 1)
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_RUNNERS = frozenset({"uv", "poetry", "pdm", "rye", "hatch", "pipenv"})
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.\w+)*(?::[^\W\d]\w*(?:\.\w+)*)?")


class CommandStep(Struct, frozen=True):
    """One program on the way from a command to Python; `path` is its file in the image."""

    words: tuple[str, ...]
    path: str | None
    python: str | None


class CommandReading(Struct, frozen=True):
    """What a command line comes to in an image.

    `python` is the interpreter that runs the entry points, by the path under which it is
    started. `failures` are programs on the way that cannot start. `why` says where the
    command is written.
    """

    text: str
    why: str
    launch: LaunchReading
    python: str | None
    steps: tuple[CommandStep, ...] = ()
    failures: tuple[UnstartableEntry, ...] = ()

    @property
    def programs(self) -> tuple[CommandStep, ...]:
        """The steps that are programs: `exec` is a word of the shell."""
        return tuple(step for step in self.steps if step.words[0] != "exec")


def split_command(text: str) -> list[str]:
    """Give the words of `--entry`: a command line, a dotted name, or a Python file.

    >>> split_command("app.main:app"), split_command("run.py")
    (['uvicorn', 'app.main:app'], ['python', 'run.py'])
    >>> split_command("app.worker"), split_command("gunicorn -w 2 app:make()")
    (['python', '-m', 'app.worker'], ['gunicorn', '-w', '2', 'app:make()'])
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise LinkstepError(f"--entry {text!r} is no command", why=str(error)) from None
    if not words:
        raise LinkstepError("--entry is empty", hint="name app.main:app, or a command line")
    if len(words) > 1:
        return words
    if words[0].endswith(".py"):
        return ["python", *words]
    if _DOTTED.fullmatch(words[0]):
        return ["uvicorn", words[0]] if ":" in words[0] else ["python", "-m", words[0]]
    return words


def read_image_command(
    argv: Sequence[str],
    why: str,
    config: ImageConfig,
    files: ImageFiles,
    *,
    started: bool = True,
) -> CommandReading:
    """Follow a command of an image to the Python it runs.

    `started` says that the container's runtime executes these very words, so that their
    programs have to be there; else they only name an entry point. `files` is the image
    seen from its root.
    """
    environ = {"PATH": DOCKER_PATH, **config.environ}
    follower = _Follower(argv, files, config.architecture)
    context = LaunchContext(
        files,
        why,
        Location(CONFIGURATION, _START),
        config.working_dir,
        environ,
        seen=follower.see,
    )
    launch = _with_script_directory(read_command(argv, context), follower.steps)
    entries = tuple(archived_entry(entry, files) for entry in launch.entries)
    launch = replace(launch, entries=entries)
    failures = tuple(follower.failures()) if started else ()
    python = follower.python
    if python is None and not failures:
        python = _python_on_path(config, files)
    return CommandReading(shlex.join(argv), why, launch, python, tuple(follower.steps), failures)


def _with_script_directory(launch: LaunchReading, steps: Sequence[CommandStep]) -> LaunchReading:
    """Put the directory of a console script in front of the path, as the interpreter does."""
    programs = [step.path for step in steps if step.path is not None]
    if not programs:
        return launch
    entries = tuple(
        replace(entry, path=(posixpath.dirname(programs[-1]),))
        if entry.kind is EntryKind.CONSOLE_SCRIPT and not entry.path
        else entry
        for entry in launch.entries
    )
    return replace(launch, entries=entries)


def _python_on_path(config: ImageConfig, files: ImageFiles) -> str | None:
    programs = Programs(files, config.architecture)
    for name in ("python", "python3"):
        found = programs.start(name, config.working_dir, config.environ)
        if isinstance(found, Started) and found.python is not None:
            return found.python
    return None


class _Follower:
    """Takes note of every command on the way, and tries to start its program."""

    def __init__(self, argv: Sequence[str], files: ImageFiles, architecture: str) -> None:
        self._text = shlex.join(argv)
        self._files = files
        self._programs = Programs(files, architecture)
        self._failures: list[tuple[int, LaunchContext, Failure]] = []
        self.steps: list[CommandStep] = []
        self.python: str | None = None

    def see(self, words: Sequence[str], context: LaunchContext) -> None:
        """Try to start the program of one command."""
        program, at = words[0], len(self.steps)
        self.steps.append(CommandStep(tuple(words), None, None))
        if not is_known(program) or not context.directory or program == "exec":
            return
        found = self._programs.start(program, context.directory, context.environ, by_shell=at > 0)
        if isinstance(found, Failure):
            self._failures.append((at, context, found))
            return
        python = found.python or self._of_runner(words, context)
        self.steps[at] = CommandStep(tuple(words), found.path, python)
        self.python = python or self.python

    def failures(self) -> list[UnstartableEntry]:
        """Give the programs that cannot start although they have to."""
        return [
            UnstartableEntry(
                path=failure.path or context.declared_at.path,
                span=_START if failure.path else context.declared_at.span,
                command=self._text,
                program=self.steps[at].words[0],
                problem=failure.problem,
                subject=failure.subject,
                exception=failure.exception,
                elsewhere=self._elsewhere(failure),
            )
            for at, context, failure in self._failures
            if self._must_run(at)
        ]

    def _must_run(self, at: int) -> bool:
        """Say whether the command at a place certainly runs.

        The first does, and what it wraps. Of a shell text its only command does, or the
        one behind `exec` when there is no other `exec`: else a test that is not decided
        may stand before it.
        """
        if at == 0:
            return True
        before = self.steps[at - 1].words[0]
        if before == "exec":
            return sum(step.words[0] == "exec" for step in self.steps) == 1
        if self._is_shell(at - 1):
            return at == len(self.steps) - 1
        return wrapper_of(posixpath.basename(before)) is not None and self._must_run(at - 1)

    def _is_shell(self, at: int) -> bool:
        """Say whether a command is a shell, or a script for one."""
        step = self.steps[at]
        if posixpath.basename(step.words[0]) in _SHELLS:
            return True
        try:
            head = self._files.read(step.path or "/")[:256]
        except OSError:
            return False
        return head.startswith(b"#!") and head.partition(b"\n")[0].rstrip().endswith(b"sh")

    def _elsewhere(self, failure: Failure) -> str | None:
        if failure.problem is not StartProblem.NOT_ON_PATH:
            return None
        return self._programs.elsewhere(failure.subject)

    def _of_runner(self, words: Sequence[str], context: LaunchContext) -> str | None:
        """Give the interpreter of the environment that `uv run` and its like activate."""
        program = posixpath.basename(words[0])
        if program in _RUNNERS:
            python = posixpath.join(context.directory, ".venv/bin/python")
            return python if is_file(self._files, python) else None
        if program in ("conda", "mamba", "micromamba") and len(words) > 3:
            for option, value in pairwise(words):
                if option in ("-n", "--name", "-p", "--prefix"):
                    prefix = value if value.startswith("/") else f"/opt/conda/envs/{value}"
                    python = f"{prefix}/bin/python"
                    return python if is_file(self._files, python) else None
        return None
