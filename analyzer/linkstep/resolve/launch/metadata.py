"""Entry points that a project declares in its metadata: scripts and plug-in groups.

They are object references, `module:attribute [extras]` (packaging.python.org, "Entry points
specification"), whoever declares them: `[project]`, poetry, flit, `setup.cfg`, `setup.py`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from linkstep.model.entry_points import EntryKind, EntryPoint
from linkstep.model.facts import Location
from linkstep.model.summary import Span
from linkstep.model.tree import Tree
from linkstep.resolve.build_backend import declared_roots
from linkstep.resolve.launch.places import in_text
from linkstep.resolve.manifests import Manifest, only_strings, read_ini
from linkstep.resolve.paths import join, read_text

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.\w+)*)\s*(?::\s*([^\W\d]\w*(?:\.\w+)*))?\s*(?:\[.*\])?")
_CONSOLE, _GUI = "console_scripts", "gui_scripts"

# (file, group, name, reference)
_Declared = tuple[str, str, str, str]


def declared_entry_points(tree: Tree, manifest: Manifest) -> tuple[EntryPoint, ...]:
    """Give the scripts and plug-ins that the build files of one directory declare.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = '[project.scripts]\\nshop = "shop.cli:main"\\n'
    >>> manifest = Manifest("", {"project": {"scripts": {"shop": "shop.cli:main"}}})
    >>> [entry] = declared_entry_points(MemoryTree({"pyproject.toml": text}), manifest)
    >>> entry.name, entry.target, entry.declared_at.span
    ('shop', 'shop.cli:main', Span(line=2, column=9, end_line=2, end_column=22))
    """
    roots = [join(manifest.directory, root) for root, _ in declared_roots(manifest)]
    path = tuple(dict.fromkeys([*roots, manifest.directory, join(manifest.directory, "src")]))
    return _entries(tree, manifest.directory, _declared(manifest), path)


def _entries(
    tree: Tree, directory: str, declared: Iterable[_Declared], path: tuple[str, ...]
) -> tuple[EntryPoint, ...]:
    entries = []
    for file, group, name, reference in declared:
        match = _REFERENCE.fullmatch(reference.strip())
        if match is None:
            continue
        place = posixpath.join(directory, file)
        kind = {_CONSOLE: EntryKind.CONSOLE_SCRIPT, _GUI: EntryKind.GUI_SCRIPT}.get(
            group, EntryKind.PLUGIN
        )
        shown = name if kind is not EntryKind.PLUGIN else f"{name} of {group}"
        entries.append(
            EntryPoint(
                name=shown,
                kind=kind,
                declared_at=Location(place, _find(tree, place, name, reference)),
                why=f"{group} in {place}",
                module=match[1],
                attribute=match[2],
                factory=kind is not EntryKind.PLUGIN,
                path=path,
                launcher=group,
            )
        )
    return tuple(dict.fromkeys(entries))


def installed_entry_points(tree: Tree) -> tuple[EntryPoint, ...]:
    """Give the entry points of the distribution that a wheel, or its unpacked files, holds.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = "[console_scripts]\\nShop = shop.cli:main\\n"
    >>> tree = MemoryTree({"shop-1.dist-info/entry_points.txt": text})
    >>> [(entry.name, entry.declared_at.path) for entry in installed_entry_points(tree)]
    [('Shop', 'shop-1.dist-info/entry_points.txt')]
    """
    places = [name for name in tree.entries("") if name.endswith(".dist-info")]
    if len(places) != 1:
        return ()
    file = f"{places[0]}/entry_points.txt"
    group, declared = "", []
    for line in (read_text(tree, file) or "").splitlines():
        name, equals, reference = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            group = line.strip(" []")
        elif equals and group:
            declared.append((file, group, name, reference))
    return _entries(tree, "", declared, ("",))


def console_scripts(manifest: Manifest) -> dict[str, str]:
    """Give the programs that installing the project makes, with what each calls."""
    return {
        name: reference
        for _, group, name, reference in _declared(manifest)
        if group in (_CONSOLE, _GUI)
    }


def _declared(manifest: Manifest) -> Iterator[_Declared]:
    for file, group, table in _tables(manifest):
        for name, reference in table.items():
            if isinstance(reference, dict) and reference.get("type", "console") == "console":
                reference = reference.get("reference") or reference.get("callable")
            if isinstance(reference, str):
                yield file, group, name, reference


def _tables(manifest: Manifest) -> Iterator[tuple[str, str, dict[str, Any]]]:
    toml = "pyproject.toml"
    yield toml, _CONSOLE, manifest.table("project", "scripts")
    yield toml, _GUI, manifest.table("project", "gui-scripts")
    yield toml, _CONSOLE, manifest.table("tool", "poetry", "scripts")
    yield toml, _CONSOLE, manifest.table("tool", "flit", "scripts")
    for keys in (
        ("project", "entry-points"),
        ("tool", "poetry", "plugins"),
        ("tool", "flit", "entrypoints"),
    ):
        for group, table in manifest.table(*keys).items():
            if isinstance(table, dict):
                yield toml, group, table
    for group, text in manifest.setup_cfg.get("options.entry_points", {}).items():
        yield "setup.cfg", group, _pairs(text.splitlines())
    declared = manifest.setup_py.get("entry_points")
    if isinstance(declared, str):
        for group, options in read_ini(declared).items():
            yield "setup.py", group, dict(options)
    elif isinstance(declared, dict):
        for group, value in declared.items():
            lines = value.splitlines() if isinstance(value, str) else only_strings(value)
            yield "setup.py", group, _pairs(lines)


def _pairs(lines: list[str]) -> dict[str, Any]:
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _find(tree: Tree, path: str, name: str, reference: str) -> Span:
    """Find where a reference is written: on the line that has its name too, if there is one."""
    text = read_text(tree, path) or ""
    lines = text.splitlines()
    having = [number for number, line in enumerate(lines, 1) if reference in line]
    named = [number for number in having if name in lines[number - 1].partition(reference)[0]]
    number = next(iter(named or having), None)
    if number is None:
        return in_text(text, 1)
    column = lines[number - 1].rindex(reference) + 1
    return Span(number, column, number, column + len(reference))
