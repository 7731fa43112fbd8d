"""Entry points: where execution starts, and what each of them needs to be there."""

from __future__ import annotations

import enum

from msgspec import Struct
from msgspec.structs import replace

from linkstep.model.facts import Location


class EntryKind(enum.StrEnum):
    """Who starts the code; see `EntryPoint.is_production`."""

    CONSOLE_SCRIPT = "console script"
    GUI_SCRIPT = "gui script"
    PLUGIN = "plug-in"
    SERVER = "server"
    WORKER = "worker"
    COMMAND = "command"
    MODULE = "module"
    FILE = "file"
    HEALTH_CHECK = "health check"
    TOOL = "tool"
    TEST = "test"


class Complaints(Struct, frozen=True):
    """What a launcher prints when something is not there; empty where Python itself speaks.

    `{module}`, `{attribute}`, `{target}` and `{script}` stand for what the command names.
    """

    module: str = ""
    attribute: str = ""
    file: str = ""


class EntryPoint(Struct, frozen=True):
    """One place where execution starts.

    `name` is what the user is shown, such as `app.main:app (CMD in Dockerfile)`. What starts
    is either `module`, a dotted name, with the dotted `attribute` that is fetched from it
    (None when nothing is), or `script`, the path of the Python file that is run, or both
    for a script of which something is fetched (`streamlit run`, `fastapi run main.py`).

    `by_dots` says that the last part of `module` may be an attribute of the rest as well.
    `factory` says that the attribute is called. `imports` are further things the launcher
    imports, by dotted name: modules, or attributes of them such as a worker class. `path`
    are the directories put in front of `sys.path`, first one first.

    `certain` is False when a part of the command is only known at run time and may change
    where modules are found: then nothing missing is proven. `why` tells how it was found.
    """

    name: str
    kind: EntryKind
    declared_at: Location
    why: str
    module: str | None = None
    attribute: str | None = None
    by_dots: bool = False
    factory: bool = False
    script: str | None = None
    imports: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    launcher: str = ""
    certain: bool = True
    complaints: Complaints = Complaints()

    @property
    def is_production(self) -> bool:
        """Whether the entry point runs where the product runs, not where it is made."""
        return self.kind not in (EntryKind.TOOL, EntryKind.TEST)

    @property
    def is_declared(self) -> bool:
        """Whether metadata declares it, not a command."""
        return self.kind in (EntryKind.GUI_SCRIPT, EntryKind.PLUGIN) or (
            self.kind is EntryKind.CONSOLE_SCRIPT and self.launcher == "console_scripts"
        )

    @property
    def target(self) -> str:
        """What starts, as it is written in a command: `app.main:app`, or a file's path.

        >>> from linkstep.model.summary import Span
        >>> place = Location("Procfile", Span(1, 1, 1, 1))
        >>> EntryPoint("", EntryKind.SERVER, place, "", "app.main", "app").target
        'app.main:app'
        """
        if self.module is None:
            return self.script or ""
        return f"{self.module}:{self.attribute}" if self.attribute else self.module


class Unclear(Struct, frozen=True):
    """A command that may start Python and could not be followed; `why` completes a sentence."""

    command: str
    why: str
    declared_at: Location


class LaunchReading(Struct, frozen=True):
    """What a command starts.

    `entries` are Python's; `foreign` the programs that run no Python of this tree (`nginx`,
    `curl`); `unclear` what was not understood. A command without any of the three runs
    only what a shell has built in.
    """

    entries: tuple[EntryPoint, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    foreign: tuple[str, ...] = ()

    def anywhere(self) -> LaunchReading:
        """Give the same, started where nothing is known about the directories of the tree.

        A script then is no file of the tree, and a module may be in any directory of it.
        """
        entries = tuple(
            replace(entry, path=(), certain=entry.certain and entry.module is not None)
            for entry in self.entries
        )
        return LaunchReading(entries, self.unclear, self.foreign)
