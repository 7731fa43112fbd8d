"""Why as JSON, for programs; `why_schema.json` beside this module is its promise.

One of `chains`, `needed` and `report` is the answer, and the others are null. There is no time
of the run and no path of this machine in it: the same tree and history give the same bytes.
"""

from __future__ import annotations

from msgspec import Struct

from linkstep.model.facts import Location, Reach
from linkstep.model.why import (
    Answer,
    Chains,
    Explained,
    Hop,
    Need,
    Needed,
    Past,
    Report,
    is_answered,
)
from linkstep.report.json_document import FindingEntry, Place, ReachEntry, finding_entry
from linkstep.report.json_text import json_text

SCHEMA = 1


class HopEntry(Struct, frozen=True):
    """A module on a chain, and the statement that asks for it; the first one has none."""

    module: str
    path: str | None
    line: int | None
    runs: str
    function: str | None
    deferred: bool
    implied: bool
    guard: str
    guard_catches: str | None
    guard_line: int | None
    raises: str | None


class ChainsEntry(Struct, frozen=True):
    """How one module leads to another; `backwards` says that only the other way there is one."""

    start: str
    goal: str
    chains: tuple[tuple[HopEntry, ...], ...]
    backwards: bool


class PastEntry(Struct, frozen=True):
    """What became of something that is missing, by the history of the repository."""

    kind: str
    path: str | None
    line: int | None
    commit: str | None
    date: str | None
    subject: str | None
    moved_to: str | None
    versions: int
    why: str | None


class NeedEntry(Struct, frozen=True):
    """A reference that fails, or would; `through` is a re-export on its way."""

    path: str
    line: int
    column: int
    importing: str
    runs: str
    function: str | None
    guard: str
    guard_catches: str | None
    guard_line: int | None
    exception: str
    optional: bool
    test: bool
    through: Place | None


class NeededEntry(Struct, frozen=True):
    """Who needs a module or a name; `path` is null where it is missing."""

    module: str
    name: str | None
    path: str | None
    line: int | None
    needs: tuple[NeedEntry, ...]
    history: PastEntry | None
    suggestion: str | None
    reached_from: tuple[ReachEntry, ...]
    unreached: bool
    stops: tuple[str, ...]
    components: tuple[str, ...]
    blocks: tuple[str, ...]
    weakens: tuple[str, ...]


class ExplainedEntry(Struct, frozen=True):
    """A finding with what is known about it besides."""

    finding: FindingEntry
    module: str | None
    component: str | None
    history: PastEntry | None
    blocks: tuple[str, ...]
    weakens: tuple[str, ...]


class ReportEntry(Struct, frozen=True):
    """The findings at a place, or the lines of its file that have one."""

    place: str
    findings: tuple[ExplainedEntry, ...]
    near: tuple[int, ...]
    cause_of: Place | None


class WhyDocument(Struct, frozen=True):
    """The whole document."""

    schema: int
    linkstep: str
    answered: bool
    chains: ChainsEntry | None = None
    needed: NeededEntry | None = None
    report: ReportEntry | None = None


def render_why_json(answer: Answer, version: str) -> str:
    """Give the document as indented JSON with a line end; `version` is linkstep's own."""
    return json_text(
        WhyDocument(
            SCHEMA,
            version,
            is_answered(answer),
            _chains(answer) if isinstance(answer, Chains) else None,
            _needed(answer) if isinstance(answer, Needed) else None,
            _report(answer) if isinstance(answer, Report) else None,
        )
    )


def _chains(answer: Chains) -> ChainsEntry:
    chains = tuple(tuple(map(_hop, chain)) for chain in answer.chains)
    return ChainsEntry(answer.start, answer.goal, chains, answer.backwards)


def _hop(hop: Hop) -> HopEntry:
    return HopEntry(
        hop.module,
        hop.path or None,
        hop.line or None,
        hop.runs.value,
        hop.function,
        hop.is_deferred,
        hop.implied,
        hop.guard.kind.value,
        hop.guard.catches or None,
        hop.guard.line or None,
        hop.raises or None,
    )


def _needed(answer: Needed) -> NeededEntry:
    return NeededEntry(
        answer.module,
        answer.name or None,
        answer.path,
        answer.line or None,
        tuple(map(_need, answer.needs)),
        _past(answer.past),
        answer.suggestion,
        tuple(map(_reach, answer.reached_from)),
        answer.unreached,
        answer.stops,
        answer.components,
        answer.blocks,
        answer.weakens,
    )


def _need(need: Need) -> NeedEntry:
    one = need.reference
    return NeedEntry(
        one.path,
        one.span.line,
        one.span.column,
        one.importing,
        one.runs.value,
        one.function,
        one.guard.kind.value,
        one.guard.catches or None,
        one.guard.line or None,
        one.exception,
        need.optional,
        need.is_test,
        _place(need.through),
    )


def _report(answer: Report) -> ReportEntry:
    explained = tuple(map(_explained, answer.findings))
    return ReportEntry(answer.place, explained, answer.near, _place(answer.cause_of))


def _explained(one: Explained) -> ExplainedEntry:
    return ExplainedEntry(
        finding_entry(one.finding),
        one.module or None,
        one.component or None,
        _past(one.past),
        one.blocks,
        one.weakens,
    )


def _past(past: Past | None) -> PastEntry | None:
    if past is None:
        return None
    return PastEntry(
        past.kind.value,
        past.path or None,
        past.line or None,
        past.commit or None,
        past.date or None,
        past.subject or None,
        past.moved_to,
        past.versions,
        past.why or None,
    )


def _place(at: Location | None) -> Place | None:
    """Give a place; of a consequence only the line of its cause is known, so its column is 1."""
    return None if at is None else Place(at.path, at.span.line, max(1, at.span.column))


def _reach(reach: Reach) -> ReachEntry:
    return ReachEntry(reach.entry, reach.chain, reach.deferred)
