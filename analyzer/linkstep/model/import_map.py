"""The import map: modules and the imports between them, ready to be drawn."""

from __future__ import annotations

from msgspec import Struct

from linkstep.model.facts import Runs


class MapNode(Struct, frozen=True, order=True):
    """A module, or a package that stands for all modules in it.

    `path` is its file, None for what does not exist and for a package that stands for
    others; `findings` how many broken references stand in it; `missing` says that there is
    no such module.
    """

    name: str
    path: str | None = None
    findings: int = 0
    missing: bool = False


class MapEdge(Struct, frozen=True, order=True):
    """An import: the first line where `importer` imports `imported`.

    `broken` are the names, or the module, that are not there; `circle` the number of the
    circle of imports the edge belongs to, counted from 1, 0 for none; `imports` how many
    imports between modules the edge stands for.
    """

    importer: str
    imported: str
    path: str
    line: int
    runs: Runs
    broken: tuple[str, ...] = ()
    circle: int = 0
    imports: int = 1


class ImportMap(Struct, frozen=True):
    """Nodes and edges, both sorted; every edge joins two of the nodes."""

    nodes: tuple[MapNode, ...] = ()
    edges: tuple[MapEdge, ...] = ()


class MapRequest(Struct, frozen=True):
    """Which part of the map is wanted.

    `focus` are modules, with `*` for any part of a name; only what they reach, or what
    reaches them, within `depth` imports is kept (None: any distance). `levels` collapses
    modules to their first so many packages. `at_import` keeps only imports that run when their
    module is imported; `circles` only those that are part of a circle; `broken` only those
    that fail, with the modules they stand in.
    """

    focus: tuple[str, ...] = ()
    depth: int | None = None
    levels: int | None = None
    at_import: bool = False
    circles: bool = False
    broken: bool = False
