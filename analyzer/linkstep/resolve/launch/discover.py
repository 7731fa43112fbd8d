"""Every place of a tree that starts Python: metadata, and files with launch commands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from linkstep.model.entry_points import EntryKind, EntryPoint, LaunchReading
from linkstep.model.tree import EntryKind as FileKind
from linkstep.model.tree import Tree
from linkstep.resolve.dockerfile import is_dockerfile
from linkstep.resolve.launch.command import joined
from linkstep.resolve.launch.compose import NAME as COMPOSE
from linkstep.resolve.launch.compose import read_compose
from linkstep.resolve.launch.docker import read_dockerfile
from linkstep.resolve.launch.image_view import OwnFiles
from linkstep.resolve.launch.kubernetes import read_kubernetes
from linkstep.resolve.launch.metadata import (
    console_scripts,
    declared_entry_points,
    installed_entry_points,
)
from linkstep.resolve.launch.plain import (
    read_makefile,
    read_procfile,
    read_shell_script,
    read_supervisor,
    read_unit,
)
from linkstep.resolve.launch.workflows import read_workflow
from linkstep.resolve.manifests import find_manifests
from linkstep.resolve.paths import read_text

_Reader = Callable[[Tree, str, dict[str, str]], LaunchReading]
_DEEPEST = 5
_MOST_DIRECTORIES = 4000
_NOT_ENTERED = frozenset(
    {"node_modules", "venv", "env", "site-packages", "__pycache__", "build", "dist", "vendor"}
    | {"third_party", "test", "tests", "testing", "fixtures", "docs"}
)
_HIDDEN = frozenset({".github", ".devcontainer", ".docker"})
_WORKFLOWS = re.compile(r"(?:^|/)\.github/workflows$")

_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (COMPOSE, read_compose),
    (re.compile(r"Procfile(?:\.\w+)?"), read_procfile),
    (re.compile(r"(?:GNU)?[Mm]akefile|[\w-]+\.mk"), read_makefile),
    (re.compile(r"[\w@.-]+\.service"), read_unit),
    (re.compile(r"supervisord?[\w.-]*\.(?:conf|ini)"), read_supervisor),
    (re.compile(r"[\w.-]+\.(?:sh|bash)"), read_shell_script),
    (re.compile(r"[\w.-]+\.ya?ml"), read_kubernetes),
)
# Whoever builds or tests runs these; what they start there is no production.
_BY_HAND = (read_makefile, read_shell_script, read_workflow)
_SERVING = (EntryKind.SERVER, EntryKind.WORKER)


def find_entry_points(tree: Tree) -> LaunchReading:
    """Give the entry points of a project: those that build files declare come first.

    Hidden directories other than those of CI, tests and what installers fill are not looked
    into, nor is anything deeper than five levels.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"Procfile": "web: uvicorn shop.main:app", "Makefile": "t:\\n\\tpytest"})
    >>> reading = find_entry_points(tree)
    >>> [entry.name for entry in reading.entries], reading.foreign
    (['shop.main:app (web in Procfile)'], ('pytest',))
    """
    manifests = find_manifests(tree)
    scripts: dict[str, str] = {}
    for manifest in manifests:
        scripts = {**console_scripts(manifest), **scripts}
    inside = OwnFiles(tree)
    declared = [LaunchReading(declared_entry_points(tree, manifest)) for manifest in manifests]
    started = [
        _as_tools(reader(inside, path, scripts), reader) for path, reader in _launch_files(tree)
    ]
    return joined([LaunchReading(installed_entry_points(tree)), *declared, *started])


def _launch_files(tree: Tree) -> Iterator[tuple[str, _Reader]]:
    """Give the files that hold commands, each with who reads it."""
    pending, seen = [""], 0
    while pending and seen < _MOST_DIRECTORIES:
        directory = pending.pop(0)
        seen += 1
        for name, kind in sorted(tree.entries(directory).items()):
            path = posixpath.join(directory, name)
            if kind is FileKind.FILE:
                reader = _reader_of(directory, name)
                if reader is not None:
                    yield path, reader
            elif _is_entered(tree, path, name):
                pending.append(path)


def _is_entered(tree: Tree, path: str, name: str) -> bool:
    if name in _NOT_ENTERED or path.count("/") >= _DEEPEST:
        return False
    hidden = name.startswith(".") and name not in _HIDDEN
    return not hidden and "pyvenv.cfg" not in tree.entries(path)


def _is_template(tree: Tree, path: str) -> bool:
    """Whether a file still has the marks of a template: whatever it starts comes later."""
    text = read_text(tree, path) or ""
    return "{{" in text or "{%" in text


def _reader_of(directory: str, name: str) -> _Reader | None:
    if is_dockerfile(name):
        return read_dockerfile
    if _WORKFLOWS.search(directory):
        return read_workflow if name.endswith((".yml", ".yaml")) else None
    return next((reader for pattern, reader in _READERS if pattern.fullmatch(name)), None)


def _as_tools(reading: LaunchReading, reader: _Reader) -> LaunchReading:
    if reader not in _BY_HAND:
        return reading
    entries: list[EntryPoint] = [
        entry if entry.kind in _SERVING else replace(entry, kind=EntryKind.TOOL)
        for entry in reading.entries
    ]
    return replace(reading, entries=tuple(entries))
