"""Where the import map is drawn: modules in boxes, boxes in the order of their imports.

A force-directed layout of two thousand modules is a ball of wool, and another one on each
run. Here a module stands in the box of its component, or of its package where the component
is large. Boxes stand from left to right as they import each other: what starts is left, what
everybody needs is right. So a place on the map means something, and the same tree
is always drawn the same way.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from linkstep.analyses.graph_algorithms import layers_of
from linkstep.model.facts import Runs
from linkstep.model.health import Box, Component, Spot
from linkstep.model.import_map import ImportMap, MapEdge

LARGEST = 72  # modules in a box; a larger package is divided
SMALLEST = 6  # a smaller part of a divided package stays with the rest of it
PITCH_X, PITCH_Y = 196, 30  # from one module to the next
MARGIN, TITLE, GAP = 16, 34, 44
ASPECT = 1.5  # of the whole map
NOWHERE = "not there"


def lay_out(
    shown: ImportMap, components: Sequence[Component], entries: Mapping[str, Sequence[str]]
) -> tuple[tuple[Box, ...], tuple[Spot, ...]]:
    """Give the boxes of a map, and the place of each of its modules, in the map's order.

    >>> lay_out(ImportMap(), (), {})
    ((), ())
    """
    members = _boxes(shown, components)
    box_of = {module: name for name, modules in members.items() for module in modules}
    component_of = _components_of(components)
    pairs = [(box_of[edge.importer], box_of[edge.imported]) for edge in shown.edges]
    layers = layers_of(pairs, members)
    ordered = sorted(members, key=lambda name: (layers[name], name))
    boxes, places = [], {}
    came = _arrivals(shown.edges, entries)
    for number, (name, x, y) in enumerate(_packed(ordered, members)):
        width, height = _size(len(members[name]))
        owners = Counter(component_of.get(module, "") for module in members[name])
        owner = min(owners, key=lambda one: (-owners[one], one))
        boxes.append(Box(name, owner, x, y, width, height))
        for place, module in enumerate(members[name]):
            column, row = divmod(place, _rows(len(members[name])))
            left = x + MARGIN + column * PITCH_X
            top = y + TITLE + row * PITCH_Y + PITCH_Y // 2
            places[module] = Spot(module, number, left, top, came.get(module))
    return tuple(boxes), tuple(places[node.name] for node in shown.nodes)


def _components_of(components: Sequence[Component]) -> dict[str, str]:
    """Give the component of each module: the first that it is listed in."""
    return {
        module: component.name for component in reversed(components) for module in component.modules
    }


def _boxes(shown: ImportMap, components: Sequence[Component]) -> dict[str, list[str]]:
    """Give the modules of each box, sorted; what is not there goes where it was looked for."""
    component_of = _components_of(components)
    whole: dict[str, list[str]] = {}
    for node in shown.nodes:
        if not node.missing:
            name = component_of.get(node.name) or ".".join(node.name.split(".")[:-1][:2])
            whole.setdefault(name or node.name, []).append(node.name)
    boxes: dict[str, list[str]] = {}
    for name, modules in whole.items():
        for part, some in _divided(name, modules, 1).items():
            boxes.setdefault(part, []).extend(some)
    box_of = {module: name for name, modules in boxes.items() for module in modules}
    for node in shown.nodes:
        if node.missing:
            boxes.setdefault(_box_around(node.name, box_of), []).append(node.name)
    return {name: sorted(modules) for name, modules in boxes.items()}


def _box_around(module: str, box_of: Mapping[str, str]) -> str:
    """Give the box of the innermost package that a missing module would be in."""
    package = module.rpartition(".")[0]
    while package and package not in box_of:
        package = package.rpartition(".")[0]
    return box_of.get(package, NOWHERE)


def _divided(name: str, modules: Sequence[str], level: int) -> dict[str, list[str]]:
    """Divide what is too large for a box by the next level of packages."""
    if len(modules) <= LARGEST or level > max(module.count(".") for module in modules):
        return {name: list(modules)}
    parts: dict[str, list[str]] = {}
    for module in modules:
        parts.setdefault(".".join(module.split(".")[: level + 1]), []).append(module)
    if len(parts) == 1:
        return _divided(name, modules, level + 1)
    found: dict[str, list[str]] = {}
    for part, some in parts.items():
        if len(some) < SMALLEST:
            found.setdefault(name, []).extend(some)
        else:
            label = part if part.startswith(name) else f"{name}: {part}"
            for below, few in _divided(label, some, level + 1).items():
                found.setdefault(below, []).extend(few)
    return found


def _rows(count: int) -> int:
    columns = max(1, round(math.sqrt(count * PITCH_Y / PITCH_X)))
    return math.ceil(count / columns)


def _size(count: int) -> tuple[int, int]:
    rows = _rows(count)
    columns = math.ceil(count / rows)
    return columns * PITCH_X + 2 * MARGIN - (PITCH_X - 172), rows * PITCH_Y + TITLE + MARGIN


def _packed(
    ordered: Sequence[str], members: Mapping[str, Sequence[str]]
) -> list[tuple[str, int, int]]:
    """Stack boxes in columns from left to right, so that the map is about as wide as a screen."""
    sizes = {name: _size(len(members[name])) for name in ordered}
    limit = max((height for _, height in sizes.values()), default=1)
    while True:
        placed, width = _stacked(ordered, sizes, limit)
        if width <= ASPECT * limit:
            return placed
        limit += limit // 8 + 1


def _stacked(
    ordered: Sequence[str], sizes: Mapping[str, tuple[int, int]], limit: int
) -> tuple[list[tuple[str, int, int]], int]:
    """Give the places of boxes in columns of limited height, and the width of it all."""
    placed = []
    x = y = widest = 0
    for name in ordered:
        width, height = sizes[name]
        if y and y + height > limit:
            x, y, widest = x + widest + GAP, 0, 0
        placed.append((name, x, y))
        y += height + GAP
        widest = max(widest, width)
    return placed, x + widest


def _arrivals(edges: Sequence[MapEdge], entries: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give for each module that is reached the one before it on a shortest way."""
    further: dict[str, list[MapEdge]] = {}
    for edge in sorted(edges, key=lambda e: (e.importer, e.runs is Runs.CALL, e.imported)):
        further.setdefault(edge.importer, []).append(edge)
    came = {start: "" for starts in entries.values() for start in starts}
    pending = deque(came)
    while pending:
        here = pending.popleft()
        for edge in further.get(here, ()):
            if edge.imported not in came:
                came[edge.imported] = here
                pending.append(edge.imported)
    return came
