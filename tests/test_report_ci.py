"""The formats that services read: github, gitlab and junit, compared whole."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import msgspec
import pytest

from facts import finding, reference
from hostile import HOSTILE, hostile_report
from linkstep.model.facts import Guard, Location, Runs, StaleEntry
from linkstep.model.findings import Counts, Finding, Report, Severity
from linkstep.model.policy import FailOn
from linkstep.model.summary import Span
from linkstep.report.github import render_github
from linkstep.report.gitlab import render_gitlab
from linkstep.report.junit import render_junit

COUNTS = Counts(files=120, references=5234, resolved=5180, unresolved=6, unknown=48)
WARNED = finding(
    reference(
        path="app/api.py",
        span=Span(3, 5, 4, 9),
        function=None,
        runs=Runs.IMPORT,
        guard=Guard(),
        reached_from=(),
        suggestion=None,
        offered_by=None,
    ),
    severity=Severity.WARNING,
)
STALE = finding(
    StaleEntry("linkstep-baseline.json", Span(4, 5, 4, 90), "LS102 in a.py, 'x' of b", 1),
    code="LS902",
    rule="stale-baseline-entry",
    message="stale baseline entry: LS102 in a.py, 'x' of b",
)
REPORT = Report((finding(), WARNED, STALE), COUNTS, ("no environment",), (finding(),))


def test_github() -> None:
    assert render_github(REPORT, "backend/") == (
        "::error file=backend/app/ws/manager.py,line=4,endLine=4,col=40,"
        "title=LS102 undefined-name::cannot import name 'get_db_session_factory' "
        "from 'app.db.session'"
        "%0Afound: app/db/session.py binds get_session, get_session_from_factory, init_database "
        "and 4 more"
        "%0Aeffect: fails when check_health() is called; `except Exception` at line 11 hides it, "
        "so the program starts"
        "%0Areached: app.main:app -> app.ws.routes -> app.ws.manager"
        "%0Ahelp: get_session_from_factory is the closest name there\n"
        "::warning file=backend/app/api.py,line=3,endLine=4,col=5,title=LS102 undefined-name::"
        "cannot import name 'get_db_session_factory' from 'app.db.session'"
        "%0Afound: it offers get_session, get_session_from_factory, init_database and 4 more"
        "%0Aeffect: fails when app.ws.manager is imported\n"
        "::error file=backend/linkstep-baseline.json,line=4,endLine=4,col=5,"
        "title=LS902 stale-baseline-entry::stale baseline entry: LS102 in a.py, 'x' of b"
        "%0Ahelp: `linkstep baseline --prune` removes what no longer occurs\n"
        "2 errors, 1 warning in 120 files: 5,234 references, 5,180 resolved, 6 unresolved, "
        "48 unknown\n"
        "note: no environment\n"
        "note: 1 finding is accepted by the baseline\n"
    )


def test_github_without_findings() -> None:
    clean = Report((), Counts(files=1))
    assert render_github(clean) == (
        "no findings in 1 file: 0 references, 0 resolved, 0 unresolved, 0 unknown\n"
    )
    assert render_github(clean, quiet=True) == ""


def test_github_escapes_what_the_runner_obeys() -> None:
    fact = StaleEntry("a,b:c%0A::d.py", Span(1, 1, 1, 2), "x", 1)
    told = finding(fact, rule="r", message="50%\r\n::add-mask::x, y: z\n##[error]")
    assert render_github(Report((told,), Counts(), ("##[add-mask]a",))) == (
        "::error file=a%2Cb%3Ac%250A%3A%3Ad.py,line=1,endLine=1,col=1,title=LS102 r::"
        "50%25\\x0d\\x0a::add-mask::x, y: z\\x0a##[error]"
        "%0Ahelp: `linkstep baseline --prune` removes what no longer occurs\n"
        "1 error in 0 files: 0 references, 0 resolved, 0 unresolved, 0 unknown\n"
        "note: ## [add-mask]a\n"
    )


def test_github_obeys_nothing_hostile() -> None:
    lines = render_github(hostile_report()).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert [re.match(r"::(\w+) ", line)[1] for line in commands] == ["error", "error"]  # type: ignore[index]
    for line in commands:
        properties = line.split("::")[1].partition(" ")[2].split(",")
        names = [each.partition("=")[0] for each in properties]
        assert names == ["file", "line", "endLine", "col", "title"]
    assert all(line.isprintable() and "##[" not in line for line in lines[len(commands) :])


def test_gitlab() -> None:
    same = finding(reference(span=Span(9, 1, 9, 2)))
    text = render_gitlab(Report((same, finding(), WARNED, STALE), COUNTS, (), ()), "backend/")
    issues = json.loads(text)
    effect = (
        "fails when check_health() is called; `except Exception` at line 11 hides it, "
        "so the program starts"
    )
    message = "cannot import name 'get_db_session_factory' from 'app.db.session'"
    assert issues == [
        {
            "description": f"{message}; {effect}",
            "check_name": "LS102 undefined-name",
            "fingerprint": "a99f974a52607e0153a73a08846bd1fa",
            "severity": "major",
            "location": {"path": "backend/app/ws/manager.py", "lines": {"begin": 9, "end": 9}},
        },
        {
            "description": f"{message}; {effect}",
            "check_name": "LS102 undefined-name",
            "fingerprint": "88076f4dc737c6bf7a548089add511ef",
            "severity": "major",
            "location": {"path": "backend/app/ws/manager.py", "lines": {"begin": 4, "end": 4}},
        },
        {
            "description": f"{message}; fails when app.ws.manager is imported",
            "check_name": "LS102 undefined-name",
            "fingerprint": "7a08eaf3c04372e7b96e83682fdb025d",
            "severity": "minor",
            "location": {"path": "backend/app/api.py", "lines": {"begin": 3, "end": 4}},
        },
        {
            "description": "stale baseline entry: LS102 in a.py, 'x' of b",
            "check_name": "LS902 stale-baseline-entry",
            "fingerprint": "3c75f2c6ddabc33ea0deeda285b322f8",
            "severity": "major",
            "location": {"path": "backend/linkstep-baseline.json", "lines": {"begin": 4, "end": 4}},
        },
    ]


def moved(told: Finding, lines: int) -> Finding:
    """Give a finding as it is after somebody wrote lines above it."""
    span = told.fact.span
    below = msgspec.structs.replace(span, line=span.line + lines, end_line=span.end_line + lines)
    return msgspec.structs.replace(told, fact=msgspec.structs.replace(told.fact, span=below))


def test_gitlab_fingerprints_are_unique_and_stay_when_lines_move() -> None:
    told = (finding(), finding(reference(span=Span(9, 1, 9, 2))), WARNED, STALE)

    def digits(*findings: Finding) -> list[str]:
        report = Report(findings, COUNTS)
        return [issue["fingerprint"] for issue in json.loads(render_gitlab(report))]

    before = digits(*told)
    assert len(set(before)) == 4
    assert digits(*(moved(each, 100) for each in told)) == before
    assert digits(*reversed(told)) == before[::-1]
    accepted = Report(told[1:], COUNTS, (), told[:1])
    assert [issue["fingerprint"] for issue in json.loads(render_gitlab(accepted))] == before[1:]


def test_gitlab_without_findings() -> None:
    assert render_gitlab(Report((), COUNTS, (), (finding(),))) == "[]\n"


def test_gitlab_keeps_paths_and_shows_text() -> None:
    issues = json.loads(render_gitlab(hostile_report()))
    shown = HOSTILE.encode("utf-8", "backslashreplace").decode()
    assert [issue["location"]["path"] for issue in issues] == [shown, "other.py"]
    assert all(issue["description"].isprintable() for issue in issues)


JUNIT = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="linkstep" tests="4" failures="2" errors="0" skipped="1">
  <testsuite name="linkstep" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="linkstep" name="the check ran">
      <system-out>2 errors, 1 warning in 120 files: 5,234 references, 5,180 resolved, \
6 unresolved, 48 unknown
note: no environment
note: 1 finding is accepted by the baseline</system-out>
    </testcase>
  </testsuite>
  <testsuite name="app/api.py" tests="1" failures="0" errors="0" skipped="1">
    <testcase classname="app/api.py" \
name="LS102 undefined-name app.db.session.get_db_session_factory" file="backend/app/api.py" \
line="3">
      <skipped message="cannot import name 'get_db_session_factory' from 'app.db.session'"/>
      <system-out>app/api.py:3:5: warning[LS102] cannot import name 'get_db_session_factory' \
from 'app.db.session'
  found:   it offers get_session, get_session_from_factory, init_database and 4 more
  effect:  fails when app.ws.manager is imported</system-out>
    </testcase>
  </testsuite>
  <testsuite name="app/ws/manager.py" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="app/ws/manager.py" \
name="LS102 undefined-name app.db.session.get_db_session_factory" \
file="backend/app/ws/manager.py" line="4">
      <failure message="cannot import name 'get_db_session_factory' from 'app.db.session'" \
type="error">app/ws/manager.py:4:40: error[LS102] cannot import name 'get_db_session_factory' \
from 'app.db.session'
  found:   app/db/session.py binds get_session, get_session_from_factory, init_database and 4 more
  effect:  fails when check_health() is called; `except Exception` at line 11 hides it, \
so the program starts
  reached: app.main:app -&gt; app.ws.routes -&gt; app.ws.manager
  help:    get_session_from_factory is the closest name there</failure>
    </testcase>
  </testsuite>
  <testsuite name="linkstep-baseline.json" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="linkstep-baseline.json" \
name="LS902 stale-baseline-entry LS102 in a.py, 'x' of b" \
file="backend/linkstep-baseline.json" line="4">
      <failure message="stale baseline entry: LS102 in a.py, 'x' of b" \
type="error">linkstep-baseline.json:4:5: error[LS902] stale baseline entry: \
LS102 in a.py, 'x' of b
  help:    `linkstep baseline --prune` removes what no longer occurs</failure>
    </testcase>
  </testsuite>
</testsuites>
"""


def test_junit() -> None:
    assert render_junit(REPORT, FailOn.ERROR.fails, "backend/") == JUNIT


def test_junit_without_findings_has_a_test_that_passed() -> None:
    assert render_junit(Report((), Counts(files=1)), FailOn.ERROR.fails) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<testsuites name="linkstep" tests="1" failures="0" errors="0" skipped="0">\n'
        '  <testsuite name="linkstep" tests="1" failures="0" errors="0" skipped="0">\n'
        '    <testcase classname="linkstep" name="the check ran">\n'
        "      <system-out>no findings in 1 file: 0 references, 0 resolved, 0 unresolved, "
        "0 unknown</system-out>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 2), ("warning", 3), ("never", 0)])
def test_junit_fails_what_fails_the_run(fail_on: str, failures: int) -> None:
    tree = ElementTree.fromstring(render_junit(REPORT, FailOn(fail_on).fails))
    assert tree.get("failures") == str(failures) == str(len(tree.findall(".//failure")))
    assert tree.get("skipped") == str(3 - failures) == str(len(tree.findall(".//skipped")))


def test_junit_numbers_tests_of_one_name() -> None:
    told = (finding(), finding(reference(span=Span(9, 1, 9, 2))))
    tree = ElementTree.fromstring(render_junit(Report(told, COUNTS), FailOn.ERROR.fails))
    name = "LS102 undefined-name app.db.session.get_db_session_factory"
    assert [case.get("name") for case in tree.findall(".//testcase")][1:] == [name, f"{name} (2)"]


def test_junit_is_xml_whatever_names_hold() -> None:
    text = render_junit(hostile_report(), FailOn.ERROR.fails)
    tree = ElementTree.fromstring(text)
    assert [suite.get("tests") for suite in tree] == ["1", "1", "1"]
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    message = tree.findall(".//failure")[0].get("message")
    assert message is not None
    assert message.isprintable()


def test_used_by_is_no_test_of_its_own() -> None:
    used = reference(used_by=(Location("x.py", Span(1, 1, 1, 2)),))
    text = render_junit(Report((finding(used),), COUNTS), FailOn.ERROR.fails)
    tree = ElementTree.fromstring(text)
    assert tree.get("tests") == "2"
