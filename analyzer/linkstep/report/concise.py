"""One line a finding, as editors and other tools read it, then the summary."""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.model.findings import Finding, Report
from linkstep.report.summary import notes, summary_line
from linkstep.report.visible import visible
from linkstep.report.words import place_of


def render_concise(report: Report, elapsed: float | None = None, quiet: bool = False) -> str:
    """Give `path:line:column: CODE message` for each finding, then the summary line.

    `quiet` leaves out the summary and the notes.
    """
    lines = [concise_line(finding) for finding in report.findings]
    if not quiet:
        lines.extend(_ending(report, elapsed))
    return "".join(f"{line}\n" for line in lines)


def concise_line(finding: Finding) -> str:
    """Give a finding in one line, whatever its names contain."""
    fact = finding.fact
    place = place_of(fact.path, fact.span.line, fact.span.column)
    return f"{place}: {finding.code} {visible(finding.message)}"


def _ending(report: Report, elapsed: float | None) -> Iterator[str]:
    yield summary_line(report, elapsed)
    for note in notes(report):
        yield f"note: {note}"
