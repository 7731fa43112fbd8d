"""Plain files with commands: Procfile, systemd units, Makefiles, supervisord, shell scripts."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from linkstep.model.entry_points import LaunchReading
from linkstep.model.facts import Location
from linkstep.model.tree import Tree
from linkstep.resolve.launch.command import joined, read_command, read_shell
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.docker import translated
from linkstep.resolve.launch.image_view import Copy, ImageView
from linkstep.resolve.launch.places import in_text, narrowed
from linkstep.resolve.launch.words import UNKNOWN
from linkstep.resolve.paths import read_text

_CHECKOUT = "/checkout"
_PROCESS = re.compile(r"([\w-]+)\s*:\s*(.+)")
_SETTING = re.compile(r"\s*([\w-]+)\s*=\s*(.*)")
_MAKE_VARIABLE = re.compile(r"([A-Za-z_]\w*)\s*(?::{0,3}|\?)=\s*(.*)")
_MAKE_USE = re.compile(r"\$(?:\$|\((\w+)\)|\{(\w+)\}|\([^)]*\)|\{[^}]*\}|.)")


def read_procfile(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the process types of a Procfile start (Heroku documentation, "Procfile").

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"Procfile": "web: gunicorn shop.wsgi --log-file -\\n"})
    >>> [entry.name for entry in read_procfile(tree, "Procfile", {}).entries]
    ['shop.wsgi:application (web in Procfile)']
    """
    text = read_text(tree, path) or ""
    readings = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _PROCESS.fullmatch(line.strip())
        if match is not None and not line.startswith("#"):
            context = _context(tree, path, text, number, f"{match[1]} in {path}", scripts)
            readings.append(read_shell(match[2], context))
    return narrowed(joined(readings), path, text)


def read_shell_script(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what a shell script starts by itself.

    Neither its arguments nor the directory it is run from are known; that `exec "$@"` then
    starts anything is no news.
    """
    text = read_text(tree, path) or ""
    # At an absolute place, so that a script finds itself by `$0` wherever it is run from.
    view = ImageView(tree, [Copy("", _CHECKOUT)])
    context = LaunchContext(
        view,
        path,
        Location(path, in_text(text, 1)),
        directory=UNKNOWN,
        scripts=scripts,
        arguments=(UNKNOWN,),
    )
    reading = translated(read_shell(text, context, f"{_CHECKOUT}/{path}"), view, complete=True)
    unclear = tuple(
        one for one in reading.unclear if not one.command.lstrip("exc ").startswith("?")
    )
    return LaunchReading(reading.entries, unclear, reading.foreign)


def read_makefile(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the recipes of a Makefile start; each line has a shell of its own.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = "PY := python3\\nrun:\\n\\t@cd src && $(PY) -m shop $(ARGS)\\n"
    >>> reading = read_makefile(MemoryTree({"Makefile": text}), "Makefile", {})
    >>> [(entry.name, entry.path) for entry in reading.entries]
    [('shop (run in Makefile)', ('src',))]
    """
    text = read_text(tree, path) or ""
    variables: dict[str, str] = {}
    target = ""
    readings = []
    for number, line in _logical_lines(text):
        assigned = _MAKE_VARIABLE.fullmatch(line) if not line.startswith("\t") else None
        if assigned is not None:
            variables[assigned[1]] = _make_expand(assigned[2].strip(), variables)
        elif line.startswith("\t") and target:
            recipe = line.strip()
            command = recipe.lstrip("@-+ \t")
            ignored = "-" in recipe[: len(recipe) - len(command)]
            context = _context(tree, path, text, number, f"{target} in {path}", scripts, ignored)
            readings.append(read_shell(_make_expand(command, variables), context))
        elif ":" in line and not line.startswith(("#", " ", ".")):
            target = line.partition(":")[0].split()[0] if line.partition(":")[0].split() else ""
    return narrowed(joined(readings), path, text)


def read_unit(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what a systemd unit starts (systemd.service(5), "ExecStart=").

    Where its absolute paths lie in the tree is not known, so nothing is certain but what
    the module names say.

    >>> from linkstep.tree.memory import MemoryTree
    >>> unit = "[Service]\\nExecStart=/srv/bin/gunicorn -w 2 shop.web:app\\n"
    >>> [e.name for e in read_unit(MemoryTree({"a.service": unit}), "a.service", {}).entries]
    ['shop.web:app (ExecStart in a.service)']
    """
    text = read_text(tree, path) or ""
    settings = list(_settings(text, ("ExecStart", "ExecStartPre", "WorkingDirectory")))
    directory = next((value for _, key, value in settings if key == "WorkingDirectory"), "/")
    readings = []
    for number, key, value in settings:
        words = _split(value.lstrip("-@:+!"))
        if key.startswith("Exec") and words:
            readings.append(_elsewhere(tree, path, text, number, key, words, directory, scripts))
    return narrowed(joined(readings), path, text)


def read_supervisor(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the programs of a supervisord configuration start."""
    text = read_text(tree, path) or ""
    readings = [
        _elsewhere(tree, path, text, number, "program", _split(value), "/", scripts)
        for number, _, value in _settings(text, ("command",))
    ]
    return narrowed(joined(readings), path, text)


def _elsewhere(
    tree: Tree,
    path: str,
    text: str,
    number: int,
    what: str,
    words: list[str],
    directory: str,
    scripts: dict[str, str],
) -> LaunchReading:
    """Read a command of a machine whose directories are not those of the tree."""
    view = ImageView(tree, [])
    place = Location(path, in_text(text, number))
    context = LaunchContext(view, f"{what} in {path}", place, directory, scripts=scripts)
    reading = read_command(words, context)
    return reading.anywhere()


def _context(
    tree: Tree,
    path: str,
    text: str,
    number: int,
    label: str,
    scripts: dict[str, str],
    guarded: bool = False,
) -> LaunchContext:
    return LaunchContext(
        tree=tree,
        label=label,
        declared_at=Location(path, in_text(text, number)),
        directory=posixpath.dirname(path),
        scripts=scripts,
        text_line=number,
        guarded=guarded,
    )


def _settings(text: str, keys: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    for number, line in _logical_lines(text):
        match = _SETTING.fullmatch(line)
        if match is not None and match[1] in keys and match[2]:
            yield number, match[1], match[2]


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give lines with their numbers; those that end in a backslash go on in the next."""
    pending, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if pending else number
        pending += line if not pending else line.lstrip()
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        yield first, pending
        pending = ""


def _make_expand(text: str, variables: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = match[1] or match[2]
        return variables.get(name, "${_}") if name else "${_}"

    return _MAKE_USE.sub(value, text)


def _split(text: str) -> list[str]:
    try:
        return [UNKNOWN if "$" in w or "%" in w else w for w in shlex.split(text)]
    except ValueError:
        return []
