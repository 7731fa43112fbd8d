"""Layers merged to one file tree, with a memory of what upper layers removed.

OCI image specification, "Image Layer Filesystem Changeset". Where the text leaves a
choice, this does what umoci and containerd do: the directory of a member is resolved
through the links that are there, the member itself replaces a link; an opaque marker
hides what lower layers had, wherever in the layer it stands.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from linkstep.errors import LinkstepError
from linkstep.tree.container.contents import EMPTY, NOT_KEPT, Place
from linkstep.tree.container.layer import Entry
from linkstep.tree.container.tar_headers import MemberKind

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."
MOST_LINKS = 40
_MOST_STEPS = 4_000_000


class Node:
    """A file, a directory, a link or a device, as the topmost layer left it.

    `layer` wrote it last; `touched` is the last layer that wrote it or anything below.
    """

    __slots__ = ("binary", "children", "kind", "layer", "link", "mode", "owner", "place", "touched")

    def __init__(self, kind: MemberKind, layer: int, entry: Entry | None = None) -> None:
        self.kind = kind
        self.layer = layer
        self.touched = layer
        self.mode = entry.mode if entry else 0o755
        self.owner = entry.owner if entry else (0, 0)
        self.link = entry.link if entry else ""
        self.place: Place = entry.place if entry else NOT_KEPT
        self.binary = entry.binary if entry else False
        self.children: dict[str, Node] = {}

    @property
    def is_directory(self) -> bool:
        """Whether it can have children."""
        return self.kind is MemberKind.DIRECTORY


class Removal:
    """What was at a path before layer `by` removed or replaced it."""

    __slots__ = ("by", "node", "replaced")

    def __init__(self, node: Node, by: int, replaced: bool) -> None:
        self.node = node
        self.by = by
        self.replaced = replaced


class MergedLayers:
    """The file tree of an image; layers are applied from the bottom up.

    >>> file = Entry("srv/app.py", MemberKind.FILE, 0o644, (0, 0), "", NOT_KEPT)
    >>> merged = MergedLayers()
    >>> merged.apply([file])
    >>> merged.find("/srv/app.py").layer
    0
    >>> merged.apply([file._replace(path="srv/.wh.app.py")])
    >>> merged.find("/srv/app.py") is None, [r.by for r in merged.removals("srv/app.py")]
    (True, [1])
    """

    def __init__(self) -> None:
        self.root = Node(MemberKind.DIRECTORY, 0)
        self.layers = 0
        self.written_through: dict[tuple[int, str], None] = {}
        self._removals: dict[str, list[Removal]] = {}
        self._parents: dict[str, tuple[Node, str]] = {}
        self._hidden: set[str] = set()
        self._steps = 0
        self._applying = False
        self._alike: dict[tuple[int, int, tuple[int, int]], Node] = {}

    def apply(self, entries: list[Entry]) -> None:
        """Lay one more layer over the tree."""
        layer = self.layers
        self.layers += 1
        self._applying = True
        self._alike.clear()
        self._hidden.clear()
        for entry in entries:
            if not entry.path:
                continue
            directory, name = posixpath.split(entry.path)
            if name.startswith(_WHITEOUT):
                self._white_out(directory, name, layer)
                continue
            parent, real = self._parent(directory, layer)
            self._write(parent, real, name, entry, layer)
        self._parents.clear()
        self._applying = False

    def find(self, path: str, *, follow: bool = True) -> Node | None:
        """Give what is at an absolute path; `follow` says whether a last link is followed."""
        found = self.resolve(path, follow=follow)
        return found[0] if found is not None else None

    def resolve(self, path: str, *, follow: bool = True) -> tuple[Node, str] | None:
        """Give the node at a path and its real path; None when a link dangles or goes round."""
        parts = [part for part in path.split("/") if part][::-1]
        trail: list[tuple[Node, str]] = [(self.root, "")]
        budget = MOST_LINKS
        while parts:
            part = parts.pop()
            node, real = trail[-1]
            if part == ".":
                continue
            if part == "..":
                if len(trail) > 1:
                    trail.pop()
                continue
            child = node.children.get(part)
            if child is None:
                return None
            if child.kind is MemberKind.SYMLINK and (parts or follow):
                budget -= 1
                if budget < 0:
                    return None
                if child.link.startswith("/"):
                    del trail[1:]
                steps = [step for step in child.link.split("/") if step]
                self._count(len(steps))
                parts += steps[::-1]
                continue
            if parts and not child.is_directory:
                return None
            trail.append((child, f"{real}/{part}"))
        node, real = trail[-1]
        return node, real or "/"

    def _count(self, steps: int) -> None:
        """Hold the work that links cause while layers are applied to a bound.

        Forty of them can name 80,000 parts, for each of many members.
        """
        self._steps += steps if self._applying else 0
        if self._steps > _MOST_STEPS:
            raise LinkstepError("the image's links are too entangled to be followed")

    def removals(self, path: str) -> Iterator[Removal]:
        """Give what was at a path (without its first slash) before it went, oldest first."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            for removal in self._removals.get("/".join(parts[:depth]), ()):
                node: Node | None = removal.node
                for part in parts[depth:]:
                    node = node.children.get(part) if node is not None else None
                if node is not None:
                    yield Removal(node, removal.by, removal.replaced)

    def _parent(self, directory: str, layer: int) -> tuple[Node, str]:
        """Give the directory that a member goes into; what is missing is made."""
        known = self._parents.get(directory)
        if known is None:
            known = self._parents[directory] = self._make_directories(directory, layer)
        self._touch(known[1], layer)
        return known

    def _make_directories(self, directory: str, layer: int) -> tuple[Node, str]:
        node, real = self.root, ""
        for part in directory.split("/") if directory else ():
            child = node.children.get(part)
            place = f"{real}/{part}"
            if child is not None and child.kind is MemberKind.SYMLINK:
                found = self.resolve(place)
                if found is None or not found[0].is_directory:
                    raise LinkstepError(
                        "a layer is damaged",
                        where=f"layer {layer + 1}",
                        why=f"{directory!r} goes through {place!r}, a link that leads nowhere",
                    )
                self.written_through.setdefault((layer, place))
                node, real = found[0], found[1].rstrip("/")
                continue
            if child is None or not child.is_directory:
                if child is not None:
                    self._remember(place[1:], child, layer, replaced=True)
                child = node.children[part] = Node(MemberKind.DIRECTORY, layer)
            node, real = child, place
        return node, real

    def _touch(self, real: str, layer: int) -> None:
        node = self.root
        node.touched = layer
        for part in real.split("/")[1:]:
            node = node.children[part]
            node.touched = layer

    def _write(self, parent: Node, real: str, name: str, entry: Entry, layer: int) -> None:
        known = parent.children.get(name)
        if entry.kind is MemberKind.DIRECTORY and known is not None and known.is_directory:
            known.mode, known.owner = entry.mode, entry.owner
            known.layer = known.touched = layer
            return
        node = self._node(entry, layer)
        if known is not None:
            if known.is_directory or known.kind is MemberKind.SYMLINK:
                self._parents.clear()
            self._remember(f"{real}/{name}"[1:], known, layer, replaced=True)
        elif node.kind is MemberKind.SYMLINK:
            self._parents.clear()
        parent.children[name] = node

    def _node(self, entry: Entry, layer: int) -> Node:
        if entry.kind is MemberKind.HARD_LINK:
            target = self.find(entry.link, follow=False)
            if target is None or target.is_directory:
                raise LinkstepError(
                    "a layer is damaged",
                    where=f"layer {layer + 1}",
                    why=f"{entry.path!r} is a hard link to {entry.link!r}, which is not there",
                )
            linked = Node(target.kind, layer)
            linked.mode, linked.owner, linked.link = target.mode, target.owner, target.link
            linked.place, linked.binary = target.place, target.binary
            return linked
        place = entry.place
        if entry.kind is not MemberKind.FILE or (place is not NOT_KEPT and place is not EMPTY):
            return Node(entry.kind, layer, entry)
        # Most files are empty, or neither Python's nor links: those of a layer share their node.
        key = (place.source, entry.mode, entry.owner)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = Node(entry.kind, layer, entry)
        return alike

    def _white_out(self, directory: str, name: str, layer: int) -> None:
        found = self.resolve("/" + directory) if directory else (self.root, "")
        if found is None or not found[0].is_directory:
            return
        node, real = found
        real = real.rstrip("/")
        if name == _OPAQUE:
            if real not in self._hidden:
                self._hidden.add(real)
                for child in list(node.children):
                    self._remove(node, real, child, layer)
        elif name == _WHITEOUT:
            raise LinkstepError(
                "a layer is damaged", where=f"layer {layer + 1}", why="a whiteout names no file"
            )
        elif not name.startswith(_AUFS):
            self._remove(node, real, name[len(_WHITEOUT) :], layer)

    def _remove(self, parent: Node, real: str, name: str, layer: int) -> None:
        """Take away what lower layers have at a path, and leave what this one wrote."""
        pending = [(parent, real, name)]
        while pending:
            parent, real, name = pending.pop()
            node = parent.children.get(name)
            if node is None:
                continue
            place = f"{real}/{name}"
            if node.touched != layer:
                del parent.children[name]
                self._parents.clear()
                self._remember(place[1:], node, layer, replaced=False)
            elif place not in self._hidden:
                # What this layer wrote stays; below it nothing of the lower ones is left.
                self._hidden.add(place)
                pending += [(node, place, child) for child in node.children]

    def _remember(self, path: str, node: Node, layer: int, *, replaced: bool) -> None:
        if node.layer != layer or node.children:
            self._removals.setdefault(path, []).append(Removal(node, layer, replaced))
