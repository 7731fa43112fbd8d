"""Health as JSON, for programs; `health_schema.json` beside this module is its promise.

There is no time and no path of this machine in it: the same tree gives the same bytes.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from linkstep.model.findings import Finding
from linkstep.model.health import (
    ComponentHealth,
    Health,
    PathHealth,
    RootCause,
    Trouble,
    WayStep,
)
from linkstep.report.health_words import Invocation, next_commands
from linkstep.report.json_document import FindingEntry, finding_entry
from linkstep.report.json_text import json_text

SCHEMA = 1


class FindingPlace(Struct, frozen=True):
    """A finding by its place; the finding itself is with its root cause."""

    code: str
    path: str
    line: int
    column: int
    message: str


class TroubleEntry(Struct, frozen=True):
    """A module that cannot be used, and the statement that raises."""

    module: str
    path: str
    line: int
    exception: str


class ComponentEntry(Struct, frozen=True):
    """One component; `unreached` says that nothing known reaches what is broken in it."""

    name: str
    status: str
    modules: int
    failures: tuple[TroubleEntry, ...]
    broken: tuple[FindingPlace, ...]
    lacking: tuple[FindingPlace, ...]
    unreached: bool
    paths: tuple[str, ...]
    entries: tuple[str, ...]


class StepEntry(Struct, frozen=True):
    """A module on a way; `path` and `line` are the import that leads to it."""

    module: str
    path: str | None
    line: int | None
    runs: str


class PathEntry(Struct, frozen=True):
    """One golden path; `obstacle` is null where it can be gone."""

    name: str
    stops: tuple[str, ...]
    status: str
    way: tuple[StepEntry, ...]
    obstacle: str | None
    at: str | None
    trouble: TroubleEntry | None
    weak: tuple[FindingPlace, ...]


class CauseEntry(Struct, frozen=True):
    """One missing symbol, with who is hit and all findings about it."""

    symbol: str
    components: tuple[str, ...]
    paths: tuple[str, ...]
    unreached: bool
    findings: tuple[FindingEntry, ...]


class HealthSummary(Struct, frozen=True):
    """How many there are of each status, and the findings that hit nothing named."""

    components: dict[str, int]
    paths: dict[str, int]
    elsewhere: int


class HealthDocument(Struct, frozen=True):
    """The whole document."""

    schema: int
    linkstep: str
    components: tuple[ComponentEntry, ...]
    paths: tuple[PathEntry, ...]
    causes: tuple[CauseEntry, ...]
    commands: tuple[str, ...]
    summary: HealthSummary


def render_health_json(health: Health, version: str, invocation: Invocation) -> str:
    """Give the document as indented JSON with a line end; `version` is linkstep's own."""
    document = HealthDocument(
        schema=SCHEMA,
        linkstep=version,
        components=tuple(map(_component, health.components)),
        paths=tuple(map(_path, health.paths)),
        causes=tuple(map(_cause, health.causes)),
        commands=tuple(next_commands(health, invocation)),
        summary=HealthSummary(
            components=_counts(health.components),
            paths=_counts(health.paths),
            elsewhere=health.elsewhere,
        ),
    )
    return json_text(document)


def _counts(ones: tuple[ComponentHealth, ...] | tuple[PathHealth, ...]) -> dict[str, int]:
    return dict(sorted(Counter(one.status.value for one in ones).items()))


def _component(one: ComponentHealth) -> ComponentEntry:
    return ComponentEntry(
        one.name,
        one.status.value,
        one.modules,
        tuple(map(_trouble, one.failures)),
        tuple(map(_place, one.broken)),
        tuple(map(_place, one.lacking)),
        one.unreached,
        one.paths,
        one.entries,
    )


def _path(one: PathHealth) -> PathEntry:
    return PathEntry(
        one.name,
        one.stops,
        one.status.value,
        tuple(map(_step, one.way)),
        one.obstacle.value if one.obstacle else None,
        one.at or None,
        _trouble(one.trouble) if one.trouble else None,
        tuple(map(_place, one.weak)),
    )


def _cause(cause: RootCause) -> CauseEntry:
    found = tuple(map(finding_entry, cause.findings))
    return CauseEntry(cause.symbol, cause.components, cause.paths, cause.unreached, found)


def _step(step: WayStep) -> StepEntry:
    return StepEntry(step.module, step.path or None, step.line or None, step.runs.value)


def _trouble(trouble: Trouble) -> TroubleEntry:
    return TroubleEntry(trouble.module, trouble.path, trouble.line, trouble.exception)


def _place(finding: Finding) -> FindingPlace:
    span = finding.fact.span
    return FindingPlace(finding.code, finding.fact.path, span.line, span.column, finding.message)
