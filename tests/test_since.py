"""`--since REV`: what a change causes, in files that it touches and in files that it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkstep.cli.main import main
from linkstep.errors import LinkstepError
from linkstep.model.facts import BrokenReference, Removal
from linkstep.model.findings import Report
from repositories import ENVIRON, Checkout, said

APP = {
    "linkstep.toml": "",
    "app/__init__.py": "",
    "app/db.py": "def get(): ...\ndef put(): ...\n",
    "app/ws.py": "from app.db import get\nfrom app.db import never\n",
    "app/late.py": "def f():\n    from app import db\n    return db.put\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path / "checkout")
    checkout.commit(APP)
    return checkout


def causes(report: Report) -> list[Removal | None]:
    return [f.fact.caused_by for f in report.findings if isinstance(f.fact, BrokenReference)]


def test_nothing_changed_nothing_is_said_and_the_old_is_counted(checkout: Checkout) -> None:
    for options in ({}, {"staged": True}, {"rev": "HEAD"}):
        report = checkout.check(since="HEAD", **options)
        assert (said(report), report.counts.preexisting) == ([], 1)
        assert len(checkout.check(**options).findings) == 1


def test_a_removal_breaks_files_that_are_not_touched(checkout: Checkout) -> None:
    change = {"app/db.py": "def put(): ...\n"}
    expected = [("app/ws.py", 1, "LS102", "cannot import name 'get' from 'app.db'")]
    checkout.write(change)
    assert said(checkout.check(staged=True, since="HEAD")) == []
    report = checkout.check(since="HEAD")
    assert (said(report), causes(report)) == (expected, [Removal("get", "app/db.py")])
    checkout.stage(change)
    assert said(checkout.check(staged=True, since="HEAD")) == expected
    checkout.commit(change)
    report = checkout.check(rev="HEAD", since="HEAD~1")
    assert (said(report), causes(report)) == (expected, [Removal("get", "app/db.py")])
    assert report.counts.preexisting == 1


def test_a_module_that_is_deleted_or_moved(checkout: Checkout) -> None:
    checkout.write({"app/db.py": None})
    report = checkout.check(since="HEAD")
    assert said(report) == [
        ("app/ws.py", 1, "LS101", "No module named 'app.db'"),
        ("app/ws.py", 2, "LS101", "No module named 'app.db'"),
        ("app/late.py", 2, "LS102", "cannot import name 'db' from 'app'"),
    ]
    assert causes(report) == [Removal("app.db", "app/db.py")] * 3
    checkout.write({"app/data.py": APP["app/db.py"]})
    moved = [Removal("app.db", "app/db.py", "app/data.py")] * 3
    assert causes(checkout.check(since="HEAD")) == moved


def test_what_is_new_in_a_changed_file(checkout: Checkout) -> None:
    text = "import os\n" + APP["app/ws.py"] + "from app.db import invented\n"
    checkout.write({"app/ws.py": text})
    report = checkout.check(since="HEAD")
    message = "cannot import name 'invented' from 'app.db'"
    assert said(report) == [("app/ws.py", 4, "LS102", message)]
    assert causes(report) == [None]
    assert report.counts.preexisting == 1


def test_the_same_name_in_another_function_is_new(checkout: Checkout) -> None:
    once = "def {}():\n    from app.db import never\n"
    checkout.commit({"app/two.py": once.format("second")})
    checkout.write({"app/two.py": once.format("first") + once.format("second")})
    message = "cannot import name 'never' from 'app.db'"
    assert said(checkout.check(since="HEAD")) == [("app/two.py", 2, "LS102", message)]


def test_moving_a_file_moves_its_old_findings(checkout: Checkout) -> None:
    text = APP["app/ws.py"] + "\n".join(f"x{n} = {n}" for n in range(10))
    checkout.commit({"app/ws.py": text})
    checkout.write({"app/ws.py": None, "app/socket.py": text + "\nlast = 1\n"})
    report = checkout.check(since="HEAD")
    assert (said(report), report.counts.preexisting) == ([], 1)


def test_a_name_goes_where_it_is_re_exported(checkout: Checkout) -> None:
    checkout.commit(
        {"app/__init__.py": "from app.db import put\n", "use.py": "from app import put\n"}
    )
    checkout.write({"app/db.py": "def get(): ...\n"})
    report = checkout.check(since="HEAD")
    assert said(report) == [
        ("app/__init__.py", 1, "LS102", "cannot import name 'put' from 'app.db'"),
        ("app/late.py", 3, "LS103", "module 'app.db' has no attribute 'put'"),
    ]
    assert causes(report) == [Removal("put", "app/db.py")] * 2


def test_repairing_leaves_nothing_to_say(checkout: Checkout) -> None:
    checkout.write({"app/db.py": APP["app/db.py"] + "never = 1\n"})
    report = checkout.check(since="HEAD")
    assert (said(report), report.counts.preexisting) == ([], 0)


def test_a_comment_that_is_removed_lets_its_finding_out(checkout: Checkout) -> None:
    quiet = "from app.db import never  # linkstep: ignore[LS102]\n"
    checkout.commit({"app/quiet.py": quiet})
    checkout.write({"app/quiet.py": quiet.partition("  #")[0] + "\n"})
    message = "cannot import name 'never' from 'app.db'"
    assert said(checkout.check(since="HEAD")) == [("app/quiet.py", 1, "LS102", message)]


def test_the_first_commit_is_all_new(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "new")
    checkout.stage(APP)
    report = checkout.check(staged=True, since="HEAD")
    message = "cannot import name 'never' from 'app.db'"
    assert said(report) == [("app/ws.py", 2, "LS102", message)]
    assert (causes(report), report.counts.preexisting) == ([None], 0)


def test_a_part_of_the_tree_is_compared_with_that_part(checkout: Checkout) -> None:
    checkout.write({"app/db.py": "", "other.py": "from app.db import nope\n"})
    assert [place for place, *_ in said(checkout.check("app/late.py", since="HEAD"))] == [
        "app/late.py"
    ]


def test_configured_roots_need_not_have_been_there(checkout: Checkout) -> None:
    checkout.write({"linkstep.toml": 'roots = ["src", "."]\n', "src/lib.py": "import app.gone\n"})
    assert said(checkout.check(since="HEAD")) == [
        ("src/lib.py", 1, "LS101", "No module named 'app.gone'")
    ]


def test_a_project_below_the_top_of_the_repository(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "mono")
    checkout.commit({f"services/api/{name}": text for name, text in APP.items()})
    checkout.write({"services/api/app/db.py": ""})
    for cwd in ("services/api", "services/api/app"):
        report = checkout.check(since="HEAD", cwd=cwd)
        assert [place for place, *_ in said(report)] == ["app/ws.py", "app/late.py"]


def test_the_text_and_the_document_name_the_cause(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in ENVIRON.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.chdir(checkout.root)
    checkout.write({"app/db.py": "def put(): ...\n"})
    assert main(["check", "--since", "HEAD"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith(
        "app/ws.py:1:20: error[LS102] cannot import name 'get' from 'app.db'\n"
        "  1 | from app.db import get\n"
        "    |                    ^^^\n"
        "  found:   app/db.py binds put\n"
        "  effect:  fails when app.ws is imported; caused by the removal of get in app/db.py\n"
        "\n1 error in 4 files: "
    )
    assert shown.endswith("note: 1 finding was there before, and was not caused by the change\n")
    assert main(["check", "--since", "HEAD", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [entry["caused_by"] for entry in document["findings"]] == [
        {"name": "get", "path": "app/db.py", "moved_to": None}
    ]
    assert document["summary"]["preexisting"] == 1


def test_a_revision_that_is_not_there_is_refused(checkout: Checkout) -> None:
    with pytest.raises(LinkstepError, match="there is no revision v9"):
        checkout.check(since="v9")
