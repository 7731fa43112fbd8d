"""A check that tells a part of what is found: what a change caused, what is reachable.

Everything is linked and judged as for the whole (`of_state`); then findings are left out. The
earlier state is opened only when there is something that may have been there before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from linkstep.analyses.removals import Removals
from linkstep.model.facts import BrokenReference
from linkstep.model.findings import Finding
from linkstep.model.links import Offers
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.model.tree import Tree
from linkstep.rulebook.since import new_since
from linkstep.rulebook.view import reachable
from linkstep.tree.moves import moved_files


class Earlier(Struct, frozen=True):
    """The findings of an earlier state, its files, and what its modules offer."""

    findings: tuple[Finding, ...]
    tree: Tree
    offers: Callable[[], Offers]


def narrowed(
    request: CheckRequest,
    state: CheckResult,
    earlier: Callable[[], Earlier] | None,
    now: Callable[[], Tree],
) -> CheckResult:
    """Give the part that a request wants of the result for the whole state it names.

    `earlier` makes the state to compare with, None when there is nothing to be compared; `now`
    opens the files of the state.
    """
    report = state.report
    findings, preexisting = report.findings, 0
    if earlier is not None and findings:
        findings, preexisting = _caused(state, earlier(), now)
    told = reachable(findings) if request.only_reachable else findings
    counts = replace(report.counts, preexisting=preexisting, unreachable=len(findings) - len(told))
    return replace(state, report=replace(report, findings=told, counts=counts))


def _caused(
    state: CheckResult, before: Earlier, now: Callable[[], Tree]
) -> tuple[tuple[Finding, ...], int]:
    """Give the findings that are new, with their causes, and the number of the others."""
    findings = state.report.findings
    if findings == before.findings:
        return (), len(findings)
    moved = moved_files(before.tree, now())
    new, preexisting = new_since(findings, before.findings, moved)
    if new:
        new = tuple(_with_causes(new, Removals(before.offers(), state.offers(), moved)))
    return new, preexisting


def _with_causes(findings: Iterable[Finding], removals: Removals) -> Iterable[Finding]:
    """Say of each broken reference which removal broke it."""
    for finding in findings:
        fact = finding.fact
        if isinstance(fact, BrokenReference):
            finding = replace(finding, fact=replace(fact, caused_by=removals.behind(fact)))
        yield finding
