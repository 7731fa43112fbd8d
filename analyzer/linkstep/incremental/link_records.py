"""Records: what stands for the links of a file, so that two runs can be compared."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from linkstep.model.digests import digest_of
from linkstep.model.links import FileLinks
from linkstep.model.summary import Invoke, Span
from linkstep.model.trace import LinkRecord

_PLACES = frozenset({"line", "column"})


def record_of(links: FileLinks) -> LinkRecord:
    """Give the record of a file's links."""
    rest = (
        sorted(links.unknown.items()),
        links.broken,
        sorted({(edge.target, edge.runs) for edge in links.edges}),
        links.foreign,
        links.unproven,
        links.state_reads,
        [one.ref if isinstance(one, Invoke) else None for one in links.calls],
        links.asks_version,
    )
    return LinkRecord(links.references, links.resolved, _digest(rest))


def _digest(value: object) -> bytes:
    """Give 16 bytes that stand for values, lines and columns aside.

    >>> from linkstep.model.links import Edge
    >>> from linkstep.model.facts import Runs
    >>> first, second = (Edge("a.py", "b.py", line, Runs.IMPORT) for line in (1, 2))
    >>> _digest(first) == _digest(second), _digest(first) == _digest("a.py")
    (True, False)
    """
    return digest_of(repr(_without_places(value)).encode())


def _without_places(value: object) -> object:
    if isinstance(value, Struct):
        kind = type(value)
        return kind.__name__, *(_without_places(getattr(value, name)) for name in _fields(kind))
    if isinstance(value, (list, tuple)):
        return [_without_places(item) for item in value]
    return value


@cache
def _fields(kind: type[Struct]) -> tuple[str, ...]:
    """Give the fields of a struct that say more than where something is."""
    if kind is Span:
        return ()
    return tuple(name for name in kind.__struct_fields__ if name not in _PLACES)
