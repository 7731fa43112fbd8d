"""SARIF 2.1.0, for code scanning and for editors.

What the baseline accepts is in the log too, marked as suppressed, so that a service that
keeps count does not take it for repaired. Fingerprints hold no line. Paths count from
the top of the checkout. There is no time, no host and no absolute path in the log: the
same tree gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from linkstep.model.facts import BrokenReference, Fact, Reach
from linkstep.model.findings import Finding, Report, Rule, Severity
from linkstep.model.identity import fingerprints
from linkstep.model.summary import Span
from linkstep.report.json_text import json_text
from linkstep.report.summary import notes, summary_line
from linkstep.report.visible import visible
from linkstep.report.words import rows

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.OFF: "none"}
ACCEPTED = {"kind": "external", "status": "accepted", "justification": "listed in the baseline"}
EXIT = {0: "no finding fails the run", 1: "there are findings that fail the run"}
SECTION = re.compile(r"^## (.*)\n", re.MULTILINE)

Object = dict[str, object]


def render_sarif(
    report: Report,
    rules: Sequence[Rule],
    summaries: Mapping[str, str],
    version: str,
    failed: bool,
    prefix: str = "",
) -> str:
    """Give the log of one run; `summaries` has a sentence for each rule, by code.

    `failed` is whether the run ends with exit code 1. `prefix` leads from the top of the
    checkout to the project.
    """
    driver = {
        "name": "linkstep",
        "version": version,
        "rules": [_rule(rule, summaries[rule.code]) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report, failed)],
        "columnKind": "unicodeCodePoints",
        "results": list(_results(report, [rule.code for rule in rules], prefix)),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule, summary: str) -> Object:
    """Give a rule as its page describes it; the examples are in the Markdown only."""
    _, _, page = rule.page.partition("\n")
    introduction, *sections = SECTION.split(page.strip())
    bodies = dict(zip(sections[::2], sections[1::2], strict=True))
    wanted = (introduction, *(bodies.get(name, "") for name in ("Why it matters", "What to do")))
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary or rule.name},
        "fullDescription": {"text": _plain(introduction) or rule.name},
        "help": {
            "text": "\n\n".join(filter(None, map(_plain, wanted))) or rule.name,
            "markdown": page.strip() or rule.name,
        },
        "defaultConfiguration": {
            "enabled": rule.severity is not Severity.OFF,
            "level": LEVELS[rule.severity],
        },
        "properties": {
            "precision": "very-high",
            "problem.severity": LEVELS[rule.severity].replace("none", "recommendation"),
            "tags": ["imports"],
        },
    }


def _invocation(report: Report, failed: bool) -> Object:
    code = 1 if failed else 0
    told = [summary_line(report), *notes(report)]
    return {
        "executionSuccessful": True,
        "exitCode": code,
        "exitCodeDescription": EXIT[code],
        "toolExecutionNotifications": [
            {"level": "note", "message": _message(sentence)} for sentence in told
        ],
    }


def _results(report: Report, codes: Sequence[str], prefix: str) -> Iterator[Object]:
    digits = fingerprints((*report.findings, *report.baselined))
    indexes = {code: index for index, code in enumerate(codes)}
    for finding in report.findings:
        yield _result(finding, indexes[finding.code], digits[finding], prefix, [])
    for finding in report.baselined:
        yield _result(finding, indexes[finding.code], digits[finding], prefix, [ACCEPTED])


def _result(
    finding: Finding, index: int, digits: str, prefix: str, suppressions: list[dict[str, str]]
) -> Object:
    fact = finding.fact
    told = [f"{label + ': ' if label else ''}{sentence}" for label, sentence in rows(fact)]
    location: Object = {"physicalLocation": _physical(prefix + fact.path, fact.span)}
    if logical := _logical(fact):
        location["logicalLocations"] = [logical]
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": _message("\n".join([visible(finding.message), *told])),
        "locations": [location],
        "relatedLocations": list(_related(fact, prefix)),
        "partialFingerprints": {"linkstepIdentity/v1": digits},
        "suppressions": suppressions,
        "properties": _properties(fact),
    }


def _related(fact: Fact, prefix: str) -> Iterator[Object]:
    """Give the places that fail because of a finding."""
    if isinstance(fact, BrokenReference):
        for number, at in enumerate(fact.used_by, 1):
            yield {
                "id": number,
                "message": {"text": "fails because of it"},
                "physicalLocation": _physical(prefix + at.path, at.span),
            }


def _physical(path: str, span: Span) -> Object:
    return {
        "artifactLocation": {
            "uri": quote(path.encode("utf-8", "surrogateescape")),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _logical(fact: Fact) -> Object | None:
    """Give the module or function that contains a reference."""
    if not isinstance(fact, BrokenReference):
        return None
    if fact.function in (None, "__main__"):
        return {"fullyQualifiedName": visible(fact.importing), "kind": "module"}
    name = f"{fact.importing}.{fact.function}"
    return {"fullyQualifiedName": visible(name), "kind": "function"}


def _properties(fact: Fact) -> Object:
    """Give what SARIF has no place for; no key where it does not apply."""
    values: Object = {}
    if isinstance(fact, BrokenReference):
        values |= {"module": fact.module, "name": fact.name, "runs": fact.runs.value}
        values |= {"guard": fact.guard.kind.value, "suggestion": fact.suggestion}
    reached: tuple[Reach, ...] = getattr(fact, "reached_from", ())
    values["exception"] = getattr(fact, "exception", None)
    values["reachedFrom"] = [" -> ".join((at.entry, *at.chain)) for at in reached]
    return {key: value for key, value in values.items() if value}


def _message(text: str) -> Object:
    """Give a message; braces and links mean something in one (sections 3.11.5, 3.11.6)."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "]\\(")}


def _plain(markdown: str) -> str:
    """Give the paragraphs of a page as plain text, one line each."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in markdown.strip().split("\n\n"))
    return "\n\n".join(filter(None, paragraphs)).replace("`", "")
