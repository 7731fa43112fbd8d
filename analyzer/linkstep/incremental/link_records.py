"""Records: what stands for the links of a file, so that two runs can be compared."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct

from linkstep.model.digests import digest_of
from linkstep.model.links import FileLinks, ForeignImport
from linkstep.model.summary import ImportByName, Invoke, Span
from linkstep.model.trace import LinkRecord

_PLACES = frozenset({"line", "column"})


def record_of(links: FileLinks) -> LinkRecord:
    """Give the record of a file's links."""
    rest = (
        sorted(links.unknown.items()),
        [_without_places(one) for one in (*links.broken, *links.unproven, *links.state_reads)],
        sorted({(edge.target, edge.runs) for edge in links.edges}),
        [_of_import(one) for one in links.foreign],
        [_of_call(one) for one in links.calls],
        links.asks_version,
    )
    return LinkRecord(links.references, links.resolved, _digest(rest))


def _of_import(one: ForeignImport) -> tuple[object, ...]:
    """Give an import without its place: most files have many."""
    guard = one.guard
    told = (guard.kind, guard.catches, one.function, one.optional)
    return (one.module, one.found, one.runs, *told)


def _of_call(one: Invoke | ImportByName) -> tuple[object, ...]:
    return (one.ref.name, one.ref.attributes, one.ref.scope) if isinstance(one, Invoke) else ()


def _digest(value: object) -> bytes:
    return digest_of(msgspec.msgpack.encode(value))


def _without_places(value: object) -> object:
    """Give a value in lists, lines and columns aside.

    >>> from linkstep.model.facts import Runs
    >>> from linkstep.model.links import Edge
    >>> _without_places(Edge("a.py", "b.py", 3, Runs.IMPORT))
    ['Edge', 'a.py', 'b.py', <Runs.IMPORT: 'import'>]
    """
    if isinstance(value, Struct):
        kind = type(value)
        return [kind.__name__, *(_without_places(getattr(value, name)) for name in _fields(kind))]
    if isinstance(value, (list, tuple)):
        return [_without_places(item) for item in value]
    return value


@cache
def _fields(kind: type[Struct]) -> tuple[str, ...]:
    """Give the fields of a struct that say more than where something is."""
    if kind is Span:
        return ()
    return tuple(name for name in kind.__struct_fields__ if name not in _PLACES)
