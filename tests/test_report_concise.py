"""The `concise` format: one line a finding."""

from __future__ import annotations

from facts import finding, reference
from linkstep.model.findings import Counts, Report, Severity
from linkstep.report.concise import render_concise

COUNTS = Counts(files=2, references=10, resolved=9, unresolved=1, suppressed=2)


def test_findings_then_the_summary() -> None:
    second = finding(reference(path="b.py"), severity=Severity.WARNING, code="LS108", message="m")
    report = Report((finding(), second), COUNTS, ("no environment found",))
    assert render_concise(report, 1.5) == (
        "app/ws/manager.py:4:40: LS102 cannot import name 'get_db_session_factory' "
        "from 'app.db.session'\n"
        "b.py:4:40: LS108 m\n"
        "1 error, 1 warning in 2 files: 10 references, 9 resolved, 1 unresolved, "
        "0 unknown (1.50 s)\n"
        "note: no environment found\n"
        "note: 2 findings are suppressed by comments\n"
    )
    assert len(render_concise(report, quiet=True).splitlines()) == 2


def test_a_finding_stays_on_its_line() -> None:
    hostile = finding(reference(path="a\nb.py"), message="x\r\x1b[31m\u2028y")
    assert render_concise(Report((hostile,), COUNTS), quiet=True) == (
        "a\\x0ab.py:4:40: LS102 x\\x0d\\x1b[31m\\u2028y\n"
    )
