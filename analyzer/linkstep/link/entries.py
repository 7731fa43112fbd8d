"""Linking entry points: what a command or a declaration names is there, or it is not."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from linkstep.link.dotted import attributes_of, follow_path
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.outcomes import Absent, Dubious, ModuleValue, Outcome
from linkstep.link.settling import Links
from linkstep.model.entry_points import EntryKind, EntryPoint
from linkstep.model.environment import Found, Missing, Origin, Resolution
from linkstep.model.facts import Guard, Problem, Runs
from linkstep.model.links import BrokenLink, Doubt, EntryLink
from linkstep.model.summary import PathForm


class Starts(NamedTuple):
    """Entry points, and how they find what they start.

    `find_at` resolves a module name with directories in front of the path, `file_at` gives
    the module that a file of the tree is, None when there is no such file. `in_view` says of
    which files the entry points are judged; those of others only say what is started.
    """

    entries: tuple[EntryPoint, ...]
    find_at: Callable[[str, tuple[str, ...]], Resolution]
    file_at: Callable[[str], Found | None]
    in_view: Callable[[str], bool]


class EntryLinks:
    """Links entry points, and counts and keeps what comes of them in `links`."""

    def __init__(self, lookup: Lookup, links: Links) -> None:
        self.lookup = lookup
        self.links = links

    def all(self, starts: Starts) -> tuple[EntryLink, ...]:
        """Link entry points, in their order."""
        found = []
        for entry in starts.entries:
            link = _OneEntry(self.lookup, starts, entry).link()
            found.append(link)
            if not starts.in_view(entry.declared_at.path):
                continue
            self.links.references += 1
            if link.broken is not None:
                self.links.broken.append(link.broken)
            elif link.doubt is not None:
                self.links.unknown[link.doubt] += 1
            else:
                self.links.resolved += 1
        return tuple(found)


class _OneEntry:
    def __init__(self, lookup: Lookup, starts: Starts, entry: EntryPoint) -> None:
        self.lookup = lookup
        self.starts = starts
        self.entry = entry

    def link(self) -> EntryLink:
        """Say which modules the entry point starts, and the first thing it lacks."""
        entry = self.entry
        outcomes: list[tuple[Outcome, str]] = []
        if entry.script is not None and entry.module is None:
            outcomes.append((self._script(entry.script), entry.script))
        if entry.module is not None:
            outcomes.append((self._target(entry.module), entry.module))
        for name in entry.imports:
            found = follow_path(name, PathForm.EITHER, self._load, self.lookup)
            outcomes.append((found, name))
        paths = dict.fromkeys(p for outcome, name in outcomes for p in self._started(outcome, name))
        for outcome, _ in outcomes:
            if isinstance(outcome, Absent) and self._is_certain(outcome):
                return EntryLink(entry, tuple(paths), _broken(outcome, entry))
        doubts = [outcome.doubt for outcome, _ in outcomes if isinstance(outcome, Dubious)]
        if any(isinstance(outcome, Absent) for outcome, _ in outcomes):
            doubts.append(Doubt.COMMAND)
        return EntryLink(entry, tuple(paths), doubt=doubts[0] if doubts else None)

    def _is_certain(self, absent: Absent) -> bool:
        """Whether the absence is proven where the program runs.

        Where the directories of the program are not known, that the tree lacks a
        top-level name says nothing.
        """
        entry = self.entry
        inside = bool(absent.module) or bool(entry.path) or entry.is_declared
        return entry.certain and inside

    def _load(self, name: str) -> Module | Absent | Dubious:
        answer = self.starts.find_at(name, self.entry.path)
        if not isinstance(answer, Missing):
            return self.lookup.modules.load(answer)
        return self.lookup.missing(answer, None)

    def _script(self, path: str) -> Outcome:
        if path.startswith(("/", "..")):
            return Dubious(Doubt.COMMAND)
        found = self.starts.file_at(path)
        if found is not None:
            return ModuleValue(self.lookup.modules.load(found))
        if not path.endswith(".py"):
            return Dubious(Doubt.COMMAND)
        text = f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'"
        module = posixpath.dirname(path) or "."
        return Absent(Problem.MISSING_MODULE, module, None, path, Origin.FIRST_PARTY, text)

    def _target(self, name: str) -> Outcome:
        entry = self.entry
        if entry.by_dots:
            return follow_path(name, PathForm.EITHER, self._load, self.lookup)
        found = self._load(name)
        if isinstance(found, Absent | Dubious):
            return found
        if entry.launcher == "python -m" and found.is_package:
            return follow_path(f"{name}.__main__", PathForm.MODULE, self._load, self.lookup)
        if entry.attribute is None:
            return ModuleValue(found)
        outcome = attributes_of(ModuleValue(found), entry.attribute, self.lookup)
        if isinstance(outcome, Absent) and entry.is_declared and entry.kind is not EntryKind.PLUGIN:
            text = f"ImportError: cannot import name '{outcome.name}' from '{outcome.module}'"
            return outcome._replace(exception=text)  # an installed script has a from-import
        return outcome

    def _started(self, outcome: Outcome, name: str) -> Sequence[str]:
        """Give the first-party files whose import the entry point asks for."""
        found: Module | None = None
        if name == self.entry.script:
            found = outcome.module if isinstance(outcome, ModuleValue) else None
        else:
            for inner in (name, name.rpartition(".")[0]):
                loaded = self._load(inner) if found is None and inner else None
                found = loaded if isinstance(loaded, Module) else found
        return [found.path] if found is not None and found.is_first_party else []


def _broken(absent: Absent, entry: EntryPoint) -> BrokenLink:
    problem = Problem.BROKEN_ENTRY_POINT if entry.is_declared else Problem.BROKEN_LAUNCH_COMMAND
    return BrokenLink(
        problem=problem,
        path=entry.declared_at.path,
        span=entry.declared_at.span,
        importing=entry.name,
        module=absent.module,
        module_path=absent.path,
        name=absent.name,
        origin=absent.origin,
        runs=Runs.IMPORT,
        exception=absent.exception,
        guard=Guard(),
        function=None,
        says=_says(absent, entry),
    )


def _says(absent: Absent, entry: EntryPoint) -> str:
    """Give what the launcher prints, by the part that is missing."""
    complaints = entry.complaints
    if "/" in absent.name or absent.name == entry.script:
        template = complaints.file
    elif absent.exception.startswith("AttributeError") or entry.by_dots:
        template = complaints.attribute
    else:
        template = (
            complaints.module if absent.name in (entry.module, f"{entry.module}.__main__") else ""
        )
    values = {
        "module": absent.name if "__main__" in absent.name else entry.module,
        "attribute": entry.attribute,
        "target": entry.target,
        "script": entry.script,
    }
    return template.format_map(values)
