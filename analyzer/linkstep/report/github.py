"""Workflow commands: annotations on the lines of a change, as GitHub Actions shows them.

    ::error file=app/ws.py,line=44,endLine=44,col=12,title=LS102 undefined-name::cannot ...

The runner reads commands from the log. It ends a property at a comma, the properties at
`::`, and a command at the end of the line; the percent signs below stand for what would be
taken for one of these. Of each kind it shows the first ten in a step, so the heaviest come
first, as they do everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.model.findings import Finding, Report, Severity
from linkstep.report.summary import notes, summary_line
from linkstep.report.visible import visible
from linkstep.report.words import rows

IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_DATA | str.maketrans({":": "%3A", ",": "%2C"})
OLD_COMMAND = "##["  # the runner obeys `##[error]` too, anywhere in a line


def render_github(report: Report, prefix: str = "", quiet: bool = False) -> str:
    """Give one command a finding, then the summary as plain lines of the log.

    `prefix` leads from the top of the checkout, which GitHub counts from, to the project.
    """
    lines = [_command(finding, prefix) for finding in report.findings]
    if not quiet:
        lines.extend(_plain(report))
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, prefix: str) -> str:
    kind = "error" if finding.severity is Severity.ERROR else "warning"
    span = finding.fact.span
    properties = {
        "file": prefix + finding.fact.path,
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "title": f"{finding.code} {finding.rule}",
    }
    given = ",".join(
        f"{name}={visible(str(value)).translate(IN_PROPERTY)}" for name, value in properties.items()
    )
    told = [visible(finding.message)]
    told += [f"{label + ': ' if label else ''}{text}" for label, text in rows(finding.fact)]
    return f"::{kind} {given}::" + "\n".join(told).translate(IN_DATA)


def _plain(report: Report) -> Iterator[str]:
    """Give the ending, so that nothing in it is taken for a command."""
    for line in (summary_line(report), *(f"note: {note}" for note in notes(report))):
        yield line.replace(OLD_COMMAND, "## [")
