"""Records: how the references of one file ended, for a later run to compare with."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from linkstep.link.import_scan import digest_of_imports
from linkstep.link.modules import Module
from linkstep.link.references import link_module
from linkstep.link.settling import Links
from linkstep.model.digests import digest_of
from linkstep.model.summary import Invoke, Span
from linkstep.model.trace import LinkRecord, Trace

_PLACES = frozenset({"line", "column"})


def recorded(links: Links, module: Module) -> LinkRecord:
    """Link all references of one module into `links`, and give its record."""
    own = Links(links.lookup, links.checked)
    link_module(own, module)
    rest = (
        sorted(own.unknown.items()),
        own.broken,
        sorted({(edge.target, edge.runs) for edge in own.edges}),
        own.foreign.imports,
        own.foreign.unproven,
        own.state_reads,
        [one.ref if isinstance(one, Invoke) else None for one in own.calls.get(module, ())],
        module.path in links.lookup.evaluator.version_tested,
    )
    links.take(own)
    return LinkRecord(own.references, own.resolved, _digest(rest))


def trace_of(links: Links, records: dict[str, LinkRecord]) -> Trace:
    """Give the records with what was looked at besides outlines."""
    lookup = links.lookup
    scanned = lookup.submodules.scanned
    return Trace(
        records,
        {path: frozenset(names) for path, names in links.library.items()},
        frozenset(lookup.executed),
        {path: digest_of_imports(names) for path, names in scanned.items()},
        lookup.evidence.setting(),
    )


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
