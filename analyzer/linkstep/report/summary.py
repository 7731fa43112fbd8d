"""The last lines of every text format: how much was looked at, and how it ended.

Resolved, unresolved and unknown are always said, also in a run without findings, so
that silence is never mistaken for coverage.
"""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.model.findings import Counts, Report, Severity
from linkstep.report.visible import visible
from linkstep.report.words import SHOWN, listed


def summary_line(report: Report, elapsed: float | None = None) -> str:
    """Give the counts of a run in one line; `elapsed` are seconds, None leaves them out.

    >>> summary_line(Report((), Counts(files=2, references=1200, resolved=1200)), 0.25)
    'no findings in 2 files: 1,200 references, 1,200 resolved, 0 unresolved, 0 unknown (0.25 s)'
    """
    counts = report.counts
    severities = [finding.severity for finding in report.findings]
    said = [
        plural(severities.count(severity), severity.value)
        for severity in (Severity.ERROR, Severity.WARNING)
        if severity in severities
    ]
    verdict = ", ".join(said) or "no findings"
    optional = f" ({counts.optional:,} optional)" if counts.optional else ""
    time = "" if elapsed is None else f" ({elapsed:.2f} s)"
    return (
        f"{verdict} in {plural(counts.files, 'file')}: "
        f"{plural(counts.references, 'reference')}, {counts.resolved:,} resolved, "
        f"{counts.unresolved:,} unresolved{optional}, {counts.unknown:,} unknown{time}"
    )


def notes(report: Report) -> Iterator[str]:
    """Give the sentences below the summary: about the run, then about what is not shown."""
    yield from map(visible, report.notes)
    if reasons := _reasons(report.counts):
        yield f"unknown: {reasons}"
    for count, how in (
        (report.counts.suppressed, "suppressed by comments"),
        (len(report.baselined), "accepted by the baseline"),
    ):
        if count:
            yield f"{plural(count, 'finding')} {_is(count)} {how}"
    if unreached := report.counts.unreached:
        modules = plural(unreached, "module")
        yield f"no import leads from an entry point to {modules} of the project"
    if count := report.counts.unreachable:
        yield f"{plural(count, 'finding')} there {_is(count)} left out"
    if count := report.counts.preexisting:
        was = "was" if count == 1 else "were"
        yield f"{plural(count, 'finding')} {was} there before, and {was} not caused by the change"


def _reasons(counts: Counts) -> str:
    """Give the commonest reasons why references are unknown."""
    ordered = sorted(counts.reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{number:,} {visible(reason)}" for reason, number in ordered[:SHOWN]]
    return listed(shown, sum(number for _, number in ordered[SHOWN:])) if shown else ""


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def plural(count: int, noun: str) -> str:
    """Give a count with its noun.

    >>> plural(1, "file"), plural(5234, "reference")
    ('1 file', '5,234 references')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
