"""The Code Quality report of GitLab: what a merge request adds and repairs.

GitLab compares two such reports by their fingerprints, which therefore must not change
when lines move. What the baseline accepts is left out, as from every list of findings.
"""

from __future__ import annotations

from linkstep.model.findings import Finding, Report, Severity
from linkstep.model.identity import fingerprints
from linkstep.report.json_text import json_text
from linkstep.report.visible import visible
from linkstep.report.words import rows

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.OFF: "info"}


def render_gitlab(report: Report, prefix: str = "") -> str:
    """Give the report as a JSON array, empty when there is nothing to say.

    `prefix` leads from the top of the checkout, which GitLab counts from, to the project.
    """
    digits = fingerprints((*report.findings, *report.baselined))
    return json_text([_issue(found, prefix, digits[found]) for found in report.findings])


def _issue(finding: Finding, prefix: str, fingerprint: str) -> dict[str, object]:
    effect = dict(rows(finding.fact)).get("effect")
    message = visible(finding.message)
    span = finding.fact.span
    return {
        "description": f"{message}; {effect}" if effect else message,
        "check_name": f"{finding.code} {finding.rule}",
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": prefix + finding.fact.path,
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }
