"""YAML with places: mappings and lists of plain values that know their lines.

Only nodes are built, never objects, so a document cannot construct anything. What is no
YAML (a Helm template) gives no document.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from linkstep.model.summary import Span

_LARGEST = 2_000_000
_loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlNode:
    """A node of a document, asked by key; missing keys give an empty node.

    >>> document = next(read_yaml("web:\\n  command: [a, 1]\\n"))
    >>> document["web"]["command"].strings(), document["web"]["command"].span.line
    (['a', '1'], 2)
    >>> document["db"]["image"].text is None
    True
    """

    def __init__(self, node: Node | None) -> None:
        self._node = node

    def __getitem__(self, key: str) -> YamlNode:
        return next((value for name, value in self.items() if name == key), YamlNode(None))

    def __bool__(self) -> bool:
        return self._node is not None

    def items(self) -> Iterator[tuple[str, YamlNode]]:
        """Give the entries of a mapping, merged ones (`<<`) last; none for other nodes."""
        merged: list[YamlNode] = []
        if isinstance(self._node, MappingNode):
            for key, value in self._node.value:
                if isinstance(key, ScalarNode) and key.value == "<<":
                    merged += [YamlNode(value), *YamlNode(value)]
                elif isinstance(key, ScalarNode):
                    yield key.value, YamlNode(value)
        for node in merged:
            if node._node is not self._node:
                yield from node.items()

    def __iter__(self) -> Iterator[YamlNode]:
        """Give the items of a list; none for other nodes."""
        if isinstance(self._node, SequenceNode):
            yield from (YamlNode(item) for item in self._node.value)

    @property
    def is_list(self) -> bool:
        """Whether the node is a list."""
        return isinstance(self._node, SequenceNode)

    @property
    def text(self) -> str | None:
        """The text of a scalar, None for anything else and for null."""
        node = self._node
        if not isinstance(node, ScalarNode) or node.tag == "tag:yaml.org,2002:null":
            return None
        return str(node.value)

    @property
    def text_line(self) -> int:
        """The line at which the text begins; 0 when its lines are not those of the file."""
        node = self._node
        if not isinstance(node, ScalarNode) or node.style == ">":
            return 0
        return int(node.start_mark.line) + (2 if node.style == "|" else 1)

    def strings(self) -> list[str]:
        """Give the texts of a list's scalars."""
        return [item.text for item in self if item.text is not None]

    @property
    def span(self) -> Span:
        """Where the node is written; lines and columns count from 1."""
        if self._node is None:
            return Span(1, 1, 1, 1)
        start, end = self._node.start_mark, self._node.end_mark
        last, column = end.line, end.column
        if column == 0 and last > start.line:
            last, column = max(last - 1, start.line), 0
        return Span(start.line + 1, start.column + 1, last + 1, column + 1)


def read_yaml(text: str) -> Iterator[YamlNode]:
    """Give the documents of a YAML text; none when it cannot be parsed."""
    if len(text) > _LARGEST:
        return
    try:
        documents = list(yaml.compose_all(text, Loader=_loader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return
    for document in documents:
        if document is not None:
            yield YamlNode(document)
