"""JUnit XML: what Jenkins, GitLab and others show as a test report.

A file with findings is a suite, a finding a test in it that fails, named without lines,
so that a server can follow it from one run to the next. A finding below `--fail-on` is
a test that was skipped. One more suite holds the run itself, which passes: a report
without any test is taken for a broken one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from linkstep.model.findings import Finding, Report, Severity
from linkstep.model.identity import in_order, key_of
from linkstep.report.summary import notes, summary_line
from linkstep.report.visible import visible
from linkstep.report.words import place_of, rows


def render_junit(report: Report, fails: Callable[[Severity], bool], prefix: str = "") -> str:
    """Give the report as XML 1.0; `fails` says whether a severity fails the run.

    `prefix` leads from the top of the checkout, which servers count from, to the project.
    """
    by_path: dict[str, list[Finding]] = {}
    for finding in in_order(report.findings):
        by_path.setdefault(finding.fact.path, []).append(finding)
    total = len(report.findings) + 1
    failures = sum(fails(finding.severity) for finding in report.findings)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<testsuites{_numbers('linkstep', total, failures, total - 1 - failures)}>",
        *_run(report),
    ]
    for path, findings in by_path.items():
        lines.extend(_suite(path, findings, fails, prefix))
    lines.append("</testsuites>")
    return "".join(f"{line}\n" for line in lines)


def _run(report: Report) -> Iterator[str]:
    """Give the suite of the run: one test that passed, with what was counted."""
    said = [summary_line(report), *(f"note: {note}" for note in notes(report))]
    yield f"  <testsuite{_numbers('linkstep', 1, 0, 0)}>"
    yield '    <testcase classname="linkstep" name="the check ran">'
    yield f"      <system-out>{_text(said)}</system-out>"
    yield "    </testcase>"
    yield "  </testsuite>"


def _suite(
    path: str, findings: list[Finding], fails: Callable[[Severity], bool], prefix: str
) -> Iterator[str]:
    failures = sum(fails(finding.severity) for finding in findings)
    yield f"  <testsuite{_numbers(path, len(findings), failures, len(findings) - failures)}>"
    names: Counter[str] = Counter()
    for finding in findings:
        name = _name(finding)
        names[name] += 1
        if names[name] > 1:
            name = f"{name} ({names[name]})"
        yield from _case(finding, name, prefix + path, fails(finding.severity))
    yield "  </testsuite>"


def _case(finding: Finding, name: str, file: str, failed: bool) -> Iterator[str]:
    fact = finding.fact
    where = _attributes(classname=fact.path, name=name, file=file, line=str(fact.span.line))
    yield f"    <testcase{where}>"
    message = _attributes(message=finding.message, type=finding.severity.value)
    place = place_of(fact.path, fact.span.line, fact.span.column)
    told = [f"{place}: {finding.severity.value}[{finding.code}] {visible(finding.message)}"]
    told += [f"  {label + ':' if label else '':<8} {text}" for label, text in rows(fact)]
    if failed:
        yield f"      <failure{message}>{_text(told)}</failure>"
    else:
        yield f"      <skipped{_attributes(message=finding.message)}/>"
        yield f"      <system-out>{_text(told)}</system-out>"
    yield "    </testcase>"


def _name(finding: Finding) -> str:
    """Give the name of a finding's test, which holds no line."""
    key = key_of(finding)
    subject = ".".join(part for part in (key.module, key.name) if part)
    return " ".join(part for part in (finding.code, finding.rule, subject) if part)


def _numbers(name: str, tests: int, failures: int, skipped: int) -> str:
    counted = {"tests": tests, "failures": failures, "errors": 0, "skipped": skipped}
    return _attributes(name=name, **{key: str(count) for key, count in counted.items()})


def _attributes(**values: str) -> str:
    """Give attributes as they stand in a tag; what XML cannot hold is made visible."""
    return "".join(f" {name}={quoteattr(visible(text))}" for name, text in values.items())


def _text(lines: list[str]) -> str:
    return escape("\n".join(lines))
