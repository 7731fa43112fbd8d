"""PEX and shiv files: archives that bring their dependencies along.

Their `__main__.py` is a loader. What it starts, and from where, is written in a JSON document
beside it: `PEX-INFO` with the wheels in `.deps`, or shiv's `environment.json` with a
directory `site-packages`. Both loaders put these directories on `sys.path`.
"""

from __future__ import annotations

import posixpath
from typing import Any

import msgspec
from msgspec.structs import replace

from linkstep.model.entry_points import EntryPoint
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import read_text

PEX, SHIV = "pex", "shiv"


def archived_entry(entry: EntryPoint, tree: Tree) -> EntryPoint:
    """Give what the loader of a PEX or shiv file starts; any other entry point as it is.

    >>> from linkstep.model.entry_points import EntryKind as Starts
    >>> from linkstep.model.facts import Location
    >>> from linkstep.model.summary import Span
    >>> from linkstep.tree.memory import MemoryTree
    >>> info = '{"entry_point": "shop.main:app"}'
    >>> tree = MemoryTree({"/shop.pex/PEX-INFO": info, "/shop.pex/.deps/shop.whl/shop.py": ""})
    >>> place = Location("image configuration", Span(1, 1, 1, 1))
    >>> entry = EntryPoint("", Starts.FILE, place, "", script="/shop.pex/__main__.py")
    >>> found = archived_entry(entry, tree)
    >>> found.target, found.path
    ('shop.main:app', ('/shop.pex', '/shop.pex/.deps/shop.whl'))
    """
    if entry.script is None or posixpath.basename(entry.script) != "__main__.py":
        return entry
    archive = posixpath.dirname(entry.script)
    pex = _document(tree, posixpath.join(archive, "PEX-INFO"))
    shiv = _document(tree, posixpath.join(archive, "environment.json"))
    packages = posixpath.join(archive, "site-packages")
    if pex.get("entry_point"):
        wheels = posixpath.join(archive, ".deps")
        inside = [
            posixpath.join(wheels, name)
            for name, kind in sorted(tree.entries(wheels).items())
            if kind is EntryKind.DIRECTORY
        ]
        return _started(entry, str(pex["entry_point"]), (archive, *inside), PEX)
    if shiv.get("entry_point") and tree.entries(packages):
        return _started(entry, str(shiv["entry_point"]), (packages, archive), SHIV)
    return entry


def _started(entry: EntryPoint, target: str, path: tuple[str, ...], launcher: str) -> EntryPoint:
    module, _, attribute = target.partition(":")
    return replace(
        entry,
        name=entry.name.replace(entry.script or "", target),
        script=None,
        module=module.strip(),
        attribute=attribute.strip() or None,
        path=(*path, *(place for place in entry.path if place not in path)),
        launcher=launcher,
    )


def _document(tree: Tree, path: str) -> dict[str, Any]:
    text = read_text(tree, path)
    if text is None:
        return {}
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
