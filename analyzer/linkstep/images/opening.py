"""From an image to a project that can be linked: layers, command, interpreter, application."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from linkstep.errors import LinkstepError
from linkstep.model.environment import Environment, Project
from linkstep.model.facts import UnstartableEntry
from linkstep.model.image import ImageConfig, ImageDescription, ImageRequest
from linkstep.model.observer import Observer
from linkstep.model.target import Target
from linkstep.resolve.container.application import Application, find_application
from linkstep.resolve.container.archives import PEX, SHIV
from linkstep.resolve.container.command import (
    CommandReading,
    read_image_command,
    split_command,
)
from linkstep.resolve.container.compiled_modules import exception_of, unloadable_modules
from linkstep.resolve.container.interpreter import read_environment
from linkstep.resolve.container.shared_libraries import Loader, MissingLibrary
from linkstep.resolve.container.suspects import find_suspects
from linkstep.tree.container.limits import Limits
from linkstep.tree.container.manifests import Choice
from linkstep.tree.image import ImageTree
from linkstep.tree.open_image import open_image


class Prepared(Struct, frozen=True):
    """An image that was read and understood, before anything is linked.

    `files` is the image seen from its root, `tree` from the application's directory. `python`
    is the interpreter that runs the entry points, None when the command cannot start one:
    then nothing can be linked. `libraries` are those that compiled modules lack.
    """

    files: ImageTree
    tree: ImageTree
    description: ImageDescription
    config: ImageConfig
    commands: tuple[CommandReading, ...]
    application: Application
    project: Project
    python: str | None
    libraries: dict[str, MissingLibrary]

    @property
    def failures(self) -> tuple[UnstartableEntry, ...]:
        """The programs that cannot start."""
        return tuple(failure for command in self.commands for failure in command.failures)


def prepare(request: ImageRequest, stdin: BinaryIO, observer: Observer) -> Prepared:
    """Read an image, follow its command to an interpreter, and find its application.

    Raises LinkstepError for what cannot be judged.
    """
    limits = Limits() if request.max_size is None else Limits(size=request.max_size)
    choice = Choice(request.ref, request.platform)
    files, description = open_image(request.source, stdin, observer, choice, limits, request.user)
    config = _with_overrides(description.config or ImageConfig(), request)
    commands = _commands(request, config, description, files)
    python = _python(request, commands, description, files)
    environment = _environment(python, files, config, "/dev/null")
    entries = [entry for command in commands for entry in command.launch.entries]
    site = tuple(entry.directory for entry in environment.site)
    archived = (d for one in entries if one.launcher in (PEX, SHIV) for d in one.path)
    installed = (*site, *archived)
    application = find_application(entries, config, files, installed, bool(entries), request.root)
    libraries: dict[str, MissingLibrary] = {}
    suspects: frozenset[str] = frozenset()
    if python is not None:
        loader = Loader(files, config.environ, python)
        places = (*site, *(entry.directory for entry in environment.stdlib))
        libraries = unloadable_modules(files, loader, places)
        environment = _environment(python, files, config, application.root)
        suspects = find_suspects(files, environment, libraries)
    unloadable = {path: exception_of(library) for path, library in libraries.items()}
    project = Project(
        roots=application.path,
        environment=replace(environment, unloadable=unloadable, suspects=suspects),
        target=Target(environment.version or (3, 11), "linux"),
        target_why=f"the interpreter {python}",
        exact=application.exact,
    )
    tree = files.seen_from(application.root, application.only)
    return Prepared(
        files, tree, description, config, commands, application, project, python, libraries
    )


def _environment(
    python: str | None, files: ImageTree, config: ImageConfig, root: str
) -> Environment:
    if python is None:
        return Environment(why="no interpreter was found in the image", sealed=True)
    return read_environment(files, python, files.account.home, config.environ, root)


def _python(
    request: ImageRequest,
    commands: Sequence[CommandReading],
    description: ImageDescription,
    files: ImageTree,
) -> str | None:
    """Give the interpreter; of a command that cannot start only one that is certain."""
    if request.check.python is not None:
        return request.check.python
    found = next((command.python for command in commands if command.python), None)
    failures = [failure for command in commands for failure in command.failures]
    if found is None and not failures:
        raise LinkstepError(
            "the image has no Python that its command could start",
            where=description.where,
            hint="name its interpreter with --python, a path in the image",
        )
    return found or _environment_around(failures, files)


def _environment_around(failures: Sequence[UnstartableEntry], files: ImageTree) -> str | None:
    """Give the virtual environment that a program which cannot start belongs to."""
    for failure in failures:
        directory = posixpath.dirname(posixpath.dirname(failure.path))
        if "pyvenv.cfg" in files.entries(directory):
            return directory
    return None


def _commands(
    request: ImageRequest, config: ImageConfig, description: ImageDescription, files: ImageTree
) -> tuple[CommandReading, ...]:
    """Read the image's command, or those that `--entry` names in its place."""
    if request.entries:
        readings = [
            read_image_command(
                split_command(text), f"--entry {text}", config, files, started=" " in text
            )
            for text in request.entries
        ]
    elif not config.argv:
        what = "the image has neither Entrypoint nor Cmd"
        if description.config is None:
            what = "a root file system does not say which command it is started with"
        raise LinkstepError(what, where=description.where, hint=_NAME_ENTRY)
    else:
        parts = [name for name, words in _parts(config) if words]
        why = f"{' and '.join(parts)} of the image"
        readings = [read_image_command(config.argv, why, config, files)]
    for reading in readings:
        _check_understood(reading, description)
    return tuple(readings)


_NAME_ENTRY = 'name what it starts: --entry app.main:app, or --entry "uvicorn app.main:app"'


def _parts(config: ImageConfig) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("Entrypoint", config.entrypoint), ("Cmd", config.cmd))


def _check_understood(reading: CommandReading, description: ImageDescription) -> None:
    """Refuse to judge what was not understood: a gate must not pass on a guess."""
    launch = reading.launch
    if launch.unclear and not reading.failures:
        first = launch.unclear[0]
        raise LinkstepError(
            f"the command of the image cannot be followed: {first.why}",
            where=f"{description.where}: {reading.text}",
            why=f"at `{first.command}` in {first.declared_at.path}",
            hint=_NAME_ENTRY,
        )
    if not launch.entries and not reading.failures:
        foreign = ", ".join(launch.foreign)
        raise LinkstepError(
            "the command of the image starts no Python that could be followed",
            where=f"{description.where}: {reading.text}",
            why=f"it starts {foreign}" if foreign else "",
            hint=_NAME_ENTRY,
        )


def _with_overrides(config: ImageConfig, request: ImageRequest) -> ImageConfig:
    working_dir = config.working_dir
    if request.working_dir is not None:
        working_dir = posixpath.normpath(posixpath.join("/", request.working_dir))
    return replace(config, working_dir=working_dir, environ={**config.environ, **request.environ})
