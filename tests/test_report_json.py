"""The JSON document and the JSON Schema that is shipped with it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from facts import finding, reference
from linkstep.model.environment import Origin
from linkstep.model.facts import (
    BrokenFile,
    Guard,
    GuardKind,
    Location,
    Runs,
    ShadowedModule,
    UnusedSuppression,
)
from linkstep.model.findings import Counts, Finding, Report, Severity
from linkstep.model.summary import Span
from linkstep.report.json_document import FindingEntry, Place, ReachEntry, Summary, render_json

SCHEMA = json.loads((files("linkstep.report") / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
SPAN = Span(1, 1, 1, 2)
NO_COUNTS = Counts()


def document(*findings: Finding, counts: Counts = NO_COUNTS, notes: tuple[str, ...] = ()) -> Any:
    return json.loads(render_json(Report(findings, counts, notes), "1.2.3"))


def test_the_incident() -> None:
    counts = Counts(
        files=2,
        references=9,
        resolved=5,
        unresolved=2,
        unknown=2,
        optional=1,
        reasons={"b": 1, "a": 1},
    )
    used_by = (Location("x.py", Span(3, 4, 3, 5)),)
    assert document(finding(reference(used_by=used_by)), counts=counts, notes=("n",)) == {
        "schema": 1,
        "linkstep": "1.2.3",
        "findings": [
            {
                "code": "LS102",
                "rule": "undefined-name",
                "severity": "error",
                "path": "app/ws/manager.py",
                "line": 4,
                "column": 40,
                "end_line": 4,
                "end_column": 62,
                "module": "app.db.session",
                "name": "get_db_session_factory",
                "message": "cannot import name 'get_db_session_factory' from 'app.db.session'",
                "exception": (
                    "ImportError: cannot import name 'get_db_session_factory' from 'app.db.session'"
                ),
                "runs": "call",
                "guard": "swallowed",
                "reached_from": [
                    {
                        "entry": "app.main:app",
                        "chain": ["app.main", "app.ws.routes", "app.ws.manager"],
                        "deferred": False,
                    }
                ],
                "suggestion": "app.db.session.get_session_from_factory",
                "importing": "app.ws.manager",
                "function": "check_health",
                "guard_catches": "Exception",
                "guard_line": 11,
                "used_by": [{"path": "x.py", "line": 3, "column": 4}],
                "versions": [],
                "layers": [],
                "caused_by": None,
                "cycle": None,
            }
        ],
        "summary": {
            "files": 2,
            "references": 9,
            "resolved": 5,
            "unresolved": 2,
            "unknown": 2,
            "optional": 1,
            "suppressed": 0,
            "baselined": 0,
            "preexisting": 0,
            "unreached": None,
            "unreachable": 0,
            "unknown_by_reason": {"a": 1, "b": 1},
            "findings_by_code": {"LS102": 1},
        },
        "notes": ["n"],
    }


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


FACTS = [
    reference(),
    reference(guard=Guard(), runs=Runs.IMPORT, function=None, suggestion=None, reached_from=()),
    *(reference(guard=Guard(kind, "", 3)) for kind in GuardKind),
    BrokenFile("a.py", SPAN, "a", "r", "SyntaxError: r", "Python 3.11 on linux"),
    ShadowedModule("a.py", SPAN, "a", Origin.FIRST_PARTY, "a/__init__.py", "a.py"),
    UnusedSuppression("a.py", SPAN, ("LS102",)),
]


@pytest.mark.parametrize("fact", FACTS)
def test_every_kind_of_finding_is_valid(fact: Any) -> None:
    found = document(finding(fact), finding(fact, severity=Severity.WARNING, code="OUR001"))
    VALIDATOR.validate(found)
    assert len(found["findings"]) == 2


def test_an_empty_document_is_valid() -> None:
    VALIDATOR.validate(document())


@pytest.mark.parametrize(
    ("name", "struct"),
    [("finding", FindingEntry), ("summary", Summary), ("place", Place), ("reach", ReachEntry)],
)
def test_the_schema_knows_every_key(name: str, struct: Any) -> None:
    part = SCHEMA["$defs"][name]
    assert tuple(part["properties"]) == struct.__struct_fields__
    assert set(part["required"]) == set(struct.__struct_fields__)


def test_names_that_are_not_utf_8_are_escaped() -> None:
    [found] = document(finding(reference(path="a\udcff.py", name="\udcff")))["findings"]
    assert (found["path"], found["name"]) == ("a\\udcff.py", "\\udcff")


def test_equal_reports_give_equal_bytes() -> None:
    one = Report((finding(),), Counts(reasons={"a": 1, "b": 2}))
    two = Report((finding(),), Counts(reasons={"b": 2, "a": 1}))
    assert render_json(one, "1") == render_json(two, "1")
