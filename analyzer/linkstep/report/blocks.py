"""Findings grouped for a reader: one block for each missing symbol.

A renamed function can break forty imports. They are one problem with forty places,
so they share a block: the heaviest place in full, the others listed below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from linkstep.model.facts import BrokenReference, DependencyFault, Location
from linkstep.model.findings import Finding
from linkstep.report.words import SHOWN, effect, place_of


class Block(Struct, frozen=True):
    """The finding that is told in full, and the others of the same symbol."""

    first: Finding
    others: tuple[Finding, ...] = ()


def group(findings: Iterable[Finding]) -> tuple[Block, ...]:
    """Give the findings as blocks, in the order of the first finding of each."""
    by_symbol: dict[tuple[str, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        by_symbol.setdefault(_symbol(finding, number), []).append(finding)
    return tuple(Block(first, tuple(others)) for first, *others in by_symbol.values())


def also(block: Block) -> Iterator[str]:
    """Give the other places of a block: its findings all, what they break only in part.

    What is broken as a consequence needs no repair of its own; three places show which
    way it spreads, and the rest is counted.
    """
    for finding in block.others:
        fact = finding.fact
        place = place_of(fact.path, fact.span.line, fact.span.column)
        level = "" if finding.severity is block.first.severity else f"{finding.severity.value}, "
        saying = effect(fact) if isinstance(fact, BrokenReference) else finding.message
        yield f"{place} {level}{saying}"
    consequences = used_by(block)
    for at in consequences[:SHOWN]:
        yield f"{place_of(at.path, at.span.line, at.span.column)} fails because of it"
    if len(consequences) > SHOWN:
        yield f"and {len(consequences) - SHOWN:,} more"


def used_by(block: Block) -> tuple[Location, ...]:
    """Give the places that fail as a consequence of a block's findings, each once."""
    locations: dict[Location, None] = {}
    for finding in (block.first, *block.others):
        if isinstance(finding.fact, BrokenReference):
            locations.update(dict.fromkeys(finding.fact.used_by))
    return tuple(locations)


def _symbol(finding: Finding, number: int) -> tuple[str, ...]:
    """Give what findings of one block have in common; others stand alone."""
    fact = finding.fact
    if isinstance(fact, BrokenReference):
        return (finding.code, fact.module, fact.name)
    if isinstance(fact, DependencyFault) and fact.module:
        return (finding.code, fact.name)
    return (finding.code, str(number))
