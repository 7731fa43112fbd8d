"""The words of `linkstep why`: modules, names, files, entry points, and places of findings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from linkstep.analyses.import_chains import members_of
from linkstep.closest import suggestion
from linkstep.errors import LinkstepError
from linkstep.model.links import Program

_PLACE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?(?::(?P<rest>.*))?", re.DOTALL
)
_CODE = re.compile(r"\b[A-Z]{2,}\d{3}\b")
_HINT = "a module, module:name, a file, an entry point, or path:line of a finding"


class Spot(Struct, frozen=True):
    """The place of a finding, as it was typed or pasted; 0 and "" leave it open."""

    path: str
    line: int
    column: int = 0
    code: str = ""


class Subject(Struct, frozen=True):
    """What a word names.

    `modules` are modules of the project; `name` one that is looked for in the only one of
    them. `outside` is a module that is no file of the project: missing, or not its own.
    """

    text: str
    modules: tuple[str, ...] = ()
    name: str = ""
    outside: str = ""


def spot_of(targets: Sequence[str]) -> Spot | None:
    """Give the place that words name: `path:line`, with a code before or behind it.

    A whole line of a report can be pasted.

    >>> spot_of(["app/ws.py:44"])
    Spot(path='app/ws.py', line=44, column=0, code='')
    >>> spot_of(["LS102", "app/ws.py:44"]) == spot_of(["app/ws.py:44:LS102"])
    True
    >>> spot_of(["app/ws.py:44:12: error[LS102] cannot import name 'x' from 'app.db'"])
    Spot(path='app/ws.py', line=44, column=12, code='LS102')
    >>> spot_of(["app.db:connect"]) is None
    True
    """
    words = list(targets)
    first = _CODE.fullmatch(words[0])
    code = words.pop(0) if first and len(words) == 2 else ""
    match = _PLACE.fullmatch(words[0]) if len(words) == 1 else None
    if match is None:
        return None
    behind = _CODE.search(match["rest"] or "")
    code = code or (behind[0] if behind else "")
    return Spot(match["path"], int(match["line"]), int(match["column"] or 0), code)


class Words:
    """What the words of a request mean in a linked program.

    `entries` are the entry points with the modules they begin with, `cwd` is where files are
    counted from that are typed, `root` where the paths of the program are.
    """

    def __init__(
        self, program: Program, entries: Mapping[str, Sequence[str]], cwd: str, root: Path
    ) -> None:
        self._program = program
        self._entries = entries
        self._cwd, self._root = cwd, root
        self.modules = {module.name: module for module in program.modules}
        self.paths = {module.path: module.name for module in program.modules}
        self.missing = {
            link.name
            for link in program.broken
            if link.exception.startswith("ModuleNotFoundError") and link.name
        }
        self.foreign = {one.module for one in program.foreign}
        self.library = {name for needed in program.library.values() for name, _ in needed}

    def start(self, text: str) -> Subject:
        """Give where chains begin: an entry point, or whatever else has modules."""
        for entry, modules in self._entries.items():
            if text in (entry, entry.partition(" (")[0]):
                return Subject(entry, tuple(modules))
        for launch in self._program.launches:
            if text in (launch.entry.name, launch.entry.target):
                modules = tuple(self.paths[path] for path in launch.modules if path in self.paths)
                if modules:
                    return Subject(launch.entry.name, modules)
        subject = self.subject(text)
        if not subject.modules:
            raise LinkstepError(
                f"{text} is no module of the project, so no chain begins there",
                hint=suggestion(text, [*self._entries, *self.modules], _HINT),
            )
        return subject

    def subject(self, text: str) -> Subject:
        """Give the module or name that a word is; LinkstepError when there is none."""
        if text.endswith(".py") or os.sep in text:
            return self._file(text)
        module, colon, name = text.partition(":")
        if colon:
            return self._named(text, module, name)
        if members := members_of(text, self.modules):
            return Subject(text, members)
        if text in self.missing:
            return Subject(text, outside=text)
        parent, _, last = text.rpartition(".")
        if parent in self.modules:
            return Subject(text, (parent,), last)
        return self._outside(text)

    def path_of(self, text: str) -> str:
        """Give a path as the program counts it, from the project's root."""
        if text in self.paths or not self._cwd:
            return text
        inside = os.path.relpath(Path(self._cwd, text), self._root)
        return text if inside.startswith("..") else Path(inside).as_posix()

    def _file(self, text: str) -> Subject:
        path = self.path_of(text)
        if path in self.paths:
            return Subject(text, (self.paths[path],))
        raise LinkstepError(
            f"{text} is no file that was linked",
            where=str(self._root),
            hint=suggestion(path, self.paths, "`linkstep roots` shows where modules come from"),
        )

    def _named(self, text: str, module: str, name: str) -> Subject:
        if not name.isidentifier():
            first = name.partition(".")[0]
            what = f"{text} is no name of a module"
            hint = f"only names of modules are linked: {module}:{first}" if first else _HINT
            raise LinkstepError(what, hint=hint)
        if f"{module}.{name}" in self.modules:
            return self.subject(f"{module}.{name}")
        if module in self.modules:
            return Subject(text, (module,), name)
        if module in self.missing:
            return Subject(module, outside=module)
        return self._outside(module)

    def _outside(self, text: str) -> Subject:
        """Give a module of a distribution or of the standard library that something imports."""
        for known in (self.foreign, self.library):
            if any(name == text or name.startswith(f"{text}.") for name in known):
                return Subject(text, outside=text)
        known_names = [*self.modules, *self.missing, *self.foreign, *self._entries]
        raise LinkstepError(
            f"there is no module {text}, and nothing imports one",
            where=str(self._root),
            hint=suggestion(text, known_names, _HINT),
        )
