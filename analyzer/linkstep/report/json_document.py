"""The JSON document: every finding and count, for programs.

Its shape is promised: `schema` counts up when a key changes its meaning or goes. The
JSON Schema beside this module is part of the package. There is no time and no path of
this machine in it: the same tree gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from linkstep.model.execution import ImportStep
from linkstep.model.facts import (
    BrokenFile,
    BrokenReference,
    DependencyFault,
    FailingCycle,
    ImportCycle,
    LeftOutModule,
    Location,
    MissingSharedLibrary,
    Reach,
    Removal,
    Runs,
    UnsetAppState,
    UnstartableEntry,
)
from linkstep.model.findings import Finding, Report
from linkstep.report.cycle_words import advice
from linkstep.report.json_text import json_text

SCHEMA = 1


class ReachEntry(Struct, frozen=True):
    """An entry point and the shortest import chain from it."""

    entry: str
    chain: tuple[str, ...]
    deferred: bool


class Place(Struct, frozen=True):
    """A position in a file."""

    path: str
    line: int
    column: int


class RemovalEntry(Struct, frozen=True):
    """What a change removed, and so broke the reference; a moved file has a new path."""

    name: str
    path: str
    moved_to: str | None


class StepEntry(Struct, frozen=True):
    """`importer` imports `module` at a line of a file; the first step has no importer."""

    importer: str
    path: str
    line: int
    module: str


class CycleEntry(Struct, frozen=True):
    """A circle of imports.

    `chain` is the order that fails, and `binding` the place that comes too late in it.
    `edges` are all imports of a circle that does not fail.
    """

    order: str | None = None
    first: str | None = None
    entry: str | None = None
    chain: tuple[StepEntry, ...] = ()
    binding: Place | None = None
    failing: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    edges: tuple[StepEntry, ...] = ()


class LayerEntry(Struct, frozen=True):
    """What a layer of an image did to a file."""

    action: str
    path: str
    number: int
    count: int
    created_by: str


class FindingEntry(Struct, frozen=True, kw_only=True):
    """One finding; what does not apply to its kind is null."""

    code: str
    rule: str
    severity: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    module: str | None = None
    name: str | None = None
    message: str
    exception: str | None = None
    runs: str | None = None
    guard: str | None = None
    reached_from: tuple[ReachEntry, ...] = ()
    suggestion: str | None = None
    importing: str | None = None
    function: str | None = None
    guard_catches: str | None = None
    guard_line: int | None = None
    used_by: tuple[Place, ...] = ()
    versions: tuple[str, ...] = ()
    caused_by: RemovalEntry | None = None
    cycle: CycleEntry | None = None
    layers: tuple[LayerEntry, ...] = ()


class Summary(Struct, frozen=True):
    """How many references there were, how they ended, and findings by code."""

    files: int
    references: int
    resolved: int
    unresolved: int
    unknown: int
    optional: int
    suppressed: int
    baselined: int
    preexisting: int
    unreached: int | None
    unreachable: int
    unknown_by_reason: dict[str, int]
    findings_by_code: dict[str, int]


class Document(Struct, frozen=True):
    """The whole document."""

    schema: int
    linkstep: str
    findings: tuple[FindingEntry, ...]
    summary: Summary
    notes: tuple[str, ...]


def render_json(report: Report, version: str) -> str:
    """Give the document as indented JSON with a line end; `version` is linkstep's own."""
    return json_text(document_of(report, version))


def document_of(report: Report, version: str) -> Document:
    """Give the document as structs, for formats that wrap it."""
    counts = report.counts
    by_code = Counter(finding.code for finding in report.findings)
    return Document(
        schema=SCHEMA,
        linkstep=version,
        findings=tuple(map(finding_entry, report.findings)),
        summary=Summary(
            files=counts.files,
            references=counts.references,
            resolved=counts.resolved,
            unresolved=counts.unresolved,
            unknown=counts.unknown,
            optional=counts.optional,
            suppressed=counts.suppressed,
            baselined=len(report.baselined),
            preexisting=counts.preexisting,
            unreached=counts.unreached,
            unreachable=counts.unreachable,
            unknown_by_reason=dict(sorted(counts.reasons.items())),
            findings_by_code=dict(sorted(by_code.items())),
        ),
        notes=report.notes,
    )


def _reach(chains: Iterable[Reach]) -> tuple[ReachEntry, ...]:
    return tuple(ReachEntry(at.entry, at.chain, at.deferred) for at in chains)


def finding_entry(finding: Finding) -> FindingEntry:
    """Give one finding with all its keys."""
    fact = finding.fact
    values = _reference(fact) if isinstance(fact, BrokenReference) else {}
    if isinstance(fact, BrokenReference | BrokenFile | LeftOutModule | DependencyFault):
        values["exception"] = fact.exception
        values["reached_from"] = _reach(fact.reached_from)
    values["module"] = getattr(fact, "module", None)
    if isinstance(fact, UnstartableEntry | MissingSharedLibrary):
        values |= _of_image(fact)
    values["layers"] = tuple(
        LayerEntry(note.action.value, note.path, note.number, note.count, note.created_by)
        for note in getattr(fact, "layers", ())
    )
    if isinstance(fact, UnsetAppState):
        values |= _app_state(fact)
    if isinstance(fact, DependencyFault):
        values |= _dependency(fact)
    elif isinstance(fact, FailingCycle | ImportCycle):
        values |= _circle(fact)
    plain = FindingEntry(
        code=finding.code,
        rule=finding.rule,
        severity=finding.severity.value,
        path=fact.path,
        line=fact.span.line,
        column=fact.span.column,
        end_line=fact.span.end_line,
        end_column=fact.span.end_column,
        message=finding.message,
    )
    return msgspec.structs.replace(plain, **values)


def _app_state(fact: UnsetAppState) -> dict[str, object]:
    return {
        "name": fact.name,
        "exception": fact.exception,
        "runs": fact.runs.value,
        "guard": fact.guard.kind.value,
        "importing": fact.importing,
        "function": fact.function,
        "guard_catches": fact.guard.catches or None,
        "guard_line": fact.guard.line or None,
        "suggestion": fact.suggestion,
        "reached_from": _reach(fact.reached_from),
    }


def _of_image(fact: UnstartableEntry | MissingSharedLibrary) -> dict[str, object]:
    """Give the keys of what an image cannot start, or cannot load."""
    if isinstance(fact, UnstartableEntry):
        return {"name": fact.program, "exception": fact.exception, "runs": Runs.IMPORT.value}
    return {
        "name": fact.library,
        "exception": fact.exception,
        "runs": fact.runs.value,
        "guard": fact.guard.kind.value,
        "importing": fact.importing,
        "function": fact.function,
        "reached_from": _reach(fact.reached_from),
    }


def _reference(fact: BrokenReference) -> dict[str, object]:
    """Give the keys that only references have."""
    return {
        "name": fact.name,
        "runs": fact.runs.value,
        "guard": fact.guard.kind.value,
        "suggestion": fact.suggestion,
        "importing": fact.importing,
        "function": fact.function,
        "guard_catches": fact.guard.catches or None,
        "guard_line": fact.guard.line or None,
        "used_by": tuple(map(_place, fact.used_by)),
        "versions": fact.versions,
        "caused_by": _removal(fact.caused_by),
    }


def _dependency(fact: DependencyFault) -> dict[str, object]:
    """Give the keys of a distribution: its name, and of an import what a reference has."""
    if not fact.module:
        return {"name": fact.name, "module": None, "exception": None}
    return {
        "name": fact.name,
        "exception": fact.exception or None,
        "runs": fact.runs.value,
        "guard": fact.guard.kind.value,
        "importing": fact.importing,
        "function": fact.function,
        "guard_catches": fact.guard.catches or None,
        "guard_line": fact.guard.line or None,
    }


def _circle(fact: FailingCycle | ImportCycle) -> dict[str, object]:
    """Give the keys of a circle of imports."""
    reached = _reach(fact.reached_from)
    if isinstance(fact, ImportCycle):
        edges = tuple(map(_step, fact.edges))
        return {"cycle": CycleEntry(modules=fact.modules, edges=edges), "reached_from": reached}
    binding = Place(fact.module_path, fact.binding_line, 1) if fact.binding_line else None
    cycle = CycleEntry(
        order=fact.order.value,
        first=fact.first,
        entry=fact.entry,
        chain=tuple(map(_step, fact.chain)),
        binding=binding,
        failing=fact.failing,
        working=fact.working,
        remedies=tuple(advice(remedy, fact) for remedy in fact.remedies),
    )
    return {
        "name": fact.name,
        "exception": fact.exception,
        "importing": fact.importing,
        "runs": Runs.IMPORT.value,
        "reached_from": reached,
        "cycle": cycle,
    }


def _step(step: ImportStep) -> StepEntry:
    return StepEntry(step.importer, step.path, step.line, step.module)


def _removal(gone: Removal | None) -> RemovalEntry | None:
    return None if gone is None else RemovalEntry(gone.name, gone.path, gone.moved_to)


def _place(location: Location) -> Place:
    return Place(location.path, location.span.line, location.span.column)
