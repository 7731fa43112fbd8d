"""Kubernetes manifests: what each container is told to start.

Which image a container runs is not followed. Its working directory then says nothing about
the tree, and a module is looked for wherever the tree may be started from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkstep.model.entry_points import LaunchReading
from linkstep.model.facts import Location
from linkstep.model.tree import Tree
from linkstep.resolve.launch.command import joined, read_command
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.image_view import ImageView
from linkstep.resolve.launch.places import narrowed
from linkstep.resolve.launch.words import UNKNOWN
from linkstep.resolve.paths import read_text

if TYPE_CHECKING:
    from linkstep.resolve.launch.yaml_nodes import YamlNode

_VARIABLE = re.compile(r"\$\((\w+)\)")
_DEEPEST = 12
_KEYS = ("containers", "initContainers")


def read_kubernetes(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the containers of a manifest start; templates and other YAML give nothing.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = 'kind: Pod\\napiVersion: v1\\nspec:\\n  containers:\\n  - name: api\\n' \\
    ...     '    command: [uvicorn]\\n    args: [shop.main:app]\\n'
    >>> [e.name for e in read_kubernetes(MemoryTree({"k.yaml": text}), "k.yaml", {}).entries]
    ['shop.main:app (container api in k.yaml)']
    """
    from linkstep.resolve.launch.yaml_nodes import read_yaml  # most trees have no such file

    text = read_text(tree, path) or ""
    if "apiVersion" not in text or "{{" in text:
        return LaunchReading()
    readings = [
        _read_container(tree, path, container, scripts)
        for document in read_yaml(text)
        if document["kind"] and document["apiVersion"]
        for container in _containers(document, _DEEPEST)
    ]
    return narrowed(joined(readings), path, text)


def _containers(node: YamlNode, depth: int) -> Iterator[YamlNode]:
    if depth == 0:
        return
    for name, value in node.items():
        if name in _KEYS:
            yield from value
        else:
            yield from _containers(value, depth - 1)
    for item in node:
        yield from _containers(item, depth - 1)


def _read_container(
    tree: Tree, path: str, container: YamlNode, scripts: dict[str, str]
) -> LaunchReading:
    command = container["command"]
    if not command and not container["args"]:
        return LaunchReading()
    environ = {
        name: variable["value"].text or UNKNOWN
        for variable in container["env"]
        if (name := variable["name"].text) is not None
    }
    words = [_expand(w, environ) for w in (*command.strings(), *container["args"].strings())]
    if not command:
        return LaunchReading()  # arguments of an entry point that only the image knows
    name = container["name"].text or "?"
    first, last = command.span, (container["args"] or command).span
    span = replace(max(first, last), line=min(first, last).line, column=min(first, last).column)
    context = LaunchContext(
        tree=ImageView(tree, []),
        label=f"container {name} in {path}",
        declared_at=Location(path, span),
        directory=container["workingDir"].text or "/",
        environ=environ,
        scripts=scripts,
    )
    return read_command(words, context).anywhere()


def _expand(word: str, environ: dict[str, str]) -> str:
    """Replace `$(NAME)`, which Kubernetes does itself."""
    return _VARIABLE.sub(lambda match: environ.get(match[1], UNKNOWN), word)
