"""Compose files: what each service starts, in the image it builds or with what it mounts."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkstep.model.entry_points import EntryKind, LaunchReading
from linkstep.model.facts import Location
from linkstep.model.tree import Tree
from linkstep.resolve.launch.command import joined, read_command
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.docker import Command, Stage, combined, read_stages, translated
from linkstep.resolve.launch.image_view import Copy, ImageView
from linkstep.resolve.launch.places import narrowed
from linkstep.resolve.launch.words import UNKNOWN
from linkstep.resolve.paths import is_file, join, kind, read_text

if TYPE_CHECKING:
    from linkstep.resolve.launch.yaml_nodes import YamlNode

NAME = re.compile(r"(?:[\w.-]+[.-])?compose(?:[.-][\w.-]+)?\.ya?ml\Z")
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:?[-?+])([^}]*))?\}|(\w+))")


def read_compose(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the services of a compose file start.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = 'services:\\n  web:\\n    image: python\\n    volumes: [".:/srv"]\\n' \\
    ...     '    working_dir: /srv\\n    command: uvicorn --port ${PORT:-80} main:app\\n'
    >>> reading = read_compose(MemoryTree({"compose.yml": text, "main.py": ""}), "compose.yml", {})
    >>> [(e.name, e.path, e.declared_at.span.line) for e in reading.entries]
    [('main:app (service web in compose.yml)', ('',), 6)]
    """
    from linkstep.resolve.launch.yaml_nodes import read_yaml  # most trees have no such file

    text = read_text(tree, path) or ""
    readings = []
    for document in read_yaml(text):
        for name, service in document["services"].items():
            readings.append(_read_service(tree, path, name, service, scripts))
    return narrowed(joined(readings), path, text)


def _read_service(
    tree: Tree, path: str, name: str, service: YamlNode, scripts: dict[str, str]
) -> LaunchReading:
    mounted = _mounts(tree, path, service)
    stage = _stage_of(tree, path, service, mounted)
    readings = []
    environ = {**stage.environ, **_environ(service["environment"])}
    directory = _expand(service["working_dir"].text or "") or stage.workdir
    base = LaunchContext(
        tree=ImageView(tree, [*stage.copies, *mounted]),
        label=f"service {name} in {path}",
        declared_at=Location(path, service.span),
        directory=posixpath.join("/", directory),
        environ=environ,
        scripts=scripts,
    )
    own = {key: service[key] for key in ("entrypoint", "command") if service[key]}
    if own:
        entrypoint, command = stage.entrypoint, stage.command
        if "entrypoint" in own:
            entrypoint, command = _command(own["entrypoint"]), None
        if "command" in own:
            command = _command(own["command"])
        readings.append(_read(base, combined(entrypoint, command), list(own.values())[-1], stage))
    test = service["healthcheck"]["test"]
    words = test.strings() if test.is_list else ["CMD-SHELL", test.text or ""]
    if test and words[:1] in (["CMD"], ["CMD-SHELL"]):
        shell = ("/bin/sh", "-c", *words[1:]) if words[0] == "CMD-SHELL" else words[1:]
        check = replace(base, label=f"health check of {base.label}")
        expanded = tuple(_expand(word) for word in shell)
        reading = _read(check, Command(expanded), test, stage)
        health = [replace(entry, kind=EntryKind.HEALTH_CHECK) for entry in reading.entries]
        readings.append(replace(reading, entries=tuple(health)))
    return joined(readings)


def _read(
    context: LaunchContext, command: Command | None, node: YamlNode, stage: Stage
) -> LaunchReading:
    if command is None:
        return LaunchReading()
    placed = replace(context, declared_at=Location(context.declared_at.path, node.span))
    words = command.words if command.text is None else ("/bin/sh", "-c", command.text)
    assert isinstance(context.tree, ImageView)
    return translated(read_command(words, placed), context.tree, complete=stage.complete)


def _stage_of(tree: Tree, path: str, service: YamlNode, mounted: list[Copy]) -> Stage:
    """Give the stage that a service's image is built from; an empty one for a foreign image.

    Into an image of somebody else the code comes by a mount, or it is not in the tree.
    """
    build = service["build"]
    if not build:
        return Stage(complete=bool(mounted))
    context = _expand(build.text or build["context"].text or ".")
    directory = join(posixpath.dirname(path), context)
    dockerfile = join(directory, _expand(build["dockerfile"].text or "Dockerfile"))
    if not is_file(tree, dockerfile):
        return Stage(complete=False)
    stages = read_stages(tree, dockerfile, directory)
    wanted = (build["target"].text or "").lower()
    named = [stage for stage in stages if wanted and stage.name == wanted]
    chosen = named or stages[-1:]
    return chosen[0] if chosen else Stage(complete=False)


def _mounts(tree: Tree, path: str, service: YamlNode) -> list[Copy]:
    """Give what a service mounts from the tree: it hides what the image has there."""
    found = []
    for volume in service["volumes"]:
        if volume.text is not None:
            source, _, rest = _expand(volume.text).partition(":")
            target = rest.partition(":")[0]
        else:
            source, target = (_expand(volume[key].text or "") for key in ("source", "target"))
        place = join(posixpath.dirname(path), source)
        inside = source.startswith(".") and not place.startswith("..")
        if inside and target.startswith("/") and kind(tree, place) is not None:
            found.append(Copy(place, posixpath.normpath(target)))
    return found


def _environ(node: YamlNode) -> dict[str, str]:
    pairs = [(name, value.text or "") for name, value in node.items()]
    for item in node.strings():
        name, _, value = item.partition("=")
        pairs.append((name, value))
    return {name: _expand(value) for name, value in pairs}


def _command(node: YamlNode) -> Command:
    """Read a command: a list of words, or a text that Compose splits like a shell."""
    if node.is_list:
        return Command(tuple(_expand(word) for word in node.strings()))
    try:
        return Command(tuple(shlex.split(_expand(node.text or ""))))
    except ValueError:
        return Command((UNKNOWN,))


def _expand(text: str) -> str:
    """Replace variables as Compose does; one that nothing sets is unknown.

    >>> _expand("${A:-b} $$HOME"), _expand("$PORT") == UNKNOWN
    ('b $HOME', True)
    """

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return match[3] if match[2] in (":-", "-") else UNKNOWN

    return _VARIABLE.sub(value, text)
