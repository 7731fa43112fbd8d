"""`linkstep why`: chains, who needs a name, what became of it, and one finding in full."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from hostile import HOSTILE
from linkstep.cli.main import main
from linkstep.model.facts import Guard, GuardKind, Runs
from linkstep.model.why import Chains, Hop, Needed, Past, PastKind
from linkstep.report.why_json import render_why_json
from linkstep.report.why_terminal import render_why
from repositories import ENVIRON, Checkout

ROOT = Path(__file__).parents[1]
SCHEMA, REPORT_SCHEMA = (
    json.loads((files("linkstep.report") / name).read_text(encoding="utf-8"))
    for name in ("why_schema.json", "schema.json")
)
VALIDATOR = Draft202012Validator(
    SCHEMA,
    registry=Registry().with_resource(
        REPORT_SCHEMA["$id"], DRAFT202012.create_resource(REPORT_SCHEMA)
    ),
)

PROJECT = {
    "Procfile": "web: uvicorn app.main:app\n",
    "app/__init__.py": "",
    "app/main.py": "from app.api import router\n\napp = router\n",
    "app/api.py": (
        "import json\n\nfrom app.db import session\n\nrouter = object()\n\n\n"
        "def answer():\n    try:\n        from app.late import reply\n"
        "    except Exception:\n        reply = None\n    return reply\n"
    ),
    "app/late.py": "from app.db.session import connect\n\n\ndef reply(): ...\n",
    "app/db/__init__.py": "",
    "app/db/session.py": "def connect(): ...\n\n\ndef close(): ...\n",
    "tests/test_late.py": (
        "from unittest.mock import patch\n\nfrom app.late import reply\n\n\n"
        'def test_reply():\n    with patch("app.db.session.connect"):\n        reply()\n'
    ),
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Give a repository with the project, where the test stands."""
    made = Checkout(tmp_path / "shop")
    made.commit(PROJECT, "begin")
    monkeypatch.chdir(made.root)
    for name in [key for key in os.environ if key.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    for name in ("VIRTUAL_ENV", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return made


Output = pytest.CaptureFixture[str]


def told(capsys: Output, *arguments: str, code: int = 0) -> str:
    """Give what `linkstep why` writes."""
    assert main(["why", *arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: Output, *arguments: str) -> str:
    """Give what `linkstep why` says about words that name nothing."""
    assert main(["why", *arguments]) == 2
    return capsys.readouterr().err


def document(capsys: Output, *arguments: str, code: int = 0) -> Mapping[str, object]:
    """Give the JSON document, which keeps its promise."""
    read: Mapping[str, object] = json.loads(told(capsys, *arguments, "--format", "json", code=code))
    VALIDATOR.validate(read)
    return read


# Chains


def test_a_chain_with_the_lines_of_its_imports(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.main:app", "app.db.session") == (
        "app.main:app (web in Procfile) reaches app.db.session when it is imported, in 2\n"
        "  steps\n"
        "\n"
        "app.main\n"
        "-> app.api   app/main.py:1\n"
        "     1 | from app.api import router\n"
        "-> app.db.session   app/api.py:3\n"
        "     3 | from app.db import session\n"
    )


def test_a_chain_behind_a_deferred_import(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app/main.py", "app.late") == (
        "app/main.py reaches app.late behind a deferred import, in 2 steps\n"
        "\n"
        "app.main\n"
        "-> app.api   app/main.py:1\n"
        "     1 | from app.api import router\n"
        "-> app.late   app/api.py:10\n"
        "    10 | from app.late import reply\n"
        "      deferred: runs when answer() is called\n"
        "      guarded: `except Exception` at line 11 would hide a failure\n"
    )


def test_a_chain_to_the_standard_library(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.api", "json").splitlines()[2:] == [
        "app.api",
        "-> json   app/api.py:1",
        "     1 | import json",
    ]


def test_several_shortest_chains(checkout: Checkout, capsys: Output) -> None:
    checkout.commit(
        {
            "app/api.py": "import app.b\nimport app.a\n",
            **{f"app/{name}.py": "import app.db.session\n" for name in ("a", "b", "c")},
        }
    )
    read = document(capsys, "app.api", "app.db.session")
    chains = read["chains"]
    assert isinstance(chains, dict)
    assert [[hop["module"] for hop in chain] for chain in chains["chains"]] == [
        ["app.api", "app.a", "app.db.session"],
        ["app.api", "app.b", "app.db.session"],
    ]
    one = document(capsys, "app.api", "app.db.session", "--chains", "1")["chains"]
    assert isinstance(one, dict)
    assert len(one["chains"]) == 1


def test_the_chain_that_runs_at_start_goes_first(checkout: Checkout, capsys: Output) -> None:
    checkout.commit(
        {
            "app/main.py": "import app.api\n\n\ndef f():\n    import app.db.session\n",
            "app/api.py": (
                "from contextlib import suppress\n\n"
                "with suppress(ImportError):\n    import app.db.session\n"
            ),
        }
    )
    assert told(capsys, "app.main", "app.db.session") == (
        "app.main reaches app.db.session when it is imported, in 2 steps\n"
        "\n"
        "app.main\n"
        "-> app.api   app/main.py:1\n"
        "     1 | import app.api\n"
        "-> app.db.session   app/api.py:4\n"
        "     4 | import app.db.session\n"
        "      guarded: line 3 would hide a failure\n"
        "\n"
        "or in 1 step\n"
        "app.main\n"
        "-> app.db.session   app/main.py:5\n"
        "     5 | import app.db.session\n"
        "      deferred: runs when f() is called\n"
    )


def test_a_package_is_executed_before_its_modules(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.late", "app.db") == (
        "app.late reaches app.db when it is imported, in 2 steps\n"
        "\n"
        "app.late\n"
        "-> app.db.session   app/late.py:1\n"
        "     1 | from app.db.session import connect\n"
        "-> app.db   (a package is executed before its modules)\n"
    )


def test_a_function_that_is_called_at_import(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/api.py": PROJECT["app/api.py"] + "\n\nanswer()\n"})
    assert told(capsys, "app.main", "app.late").splitlines()[-3:] == [
        "    10 | from app.late import reply",
        "      called: answer() is called while modules are imported",
        "      guarded: `except Exception` at line 11 would hide a failure",
    ]


def test_what_breaks_on_a_chain_is_told(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/main.py": "import app.api\nfrom app.db.session import lost\n"})
    assert told(capsys, "app.main", "app.db.session:lost") == (
        "app.main reaches app.db.session:lost when it is imported, in 1 step\n"
        "\n"
        "app.main\n"
        "-> app.db.session:lost   app/main.py:2\n"
        "     2 | from app.db.session import lost\n"
        "      broken: raises ImportError: cannot import name 'lost' from\n"
        "        'app.db.session'\n"
    )


def test_no_chain_is_one_line_and_exit_code_1(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.db.session", "app.main", code=1) == (
        "no import leads from app.db.session to app.main; app.main leads to\n  app.db.session\n"
    )
    assert document(capsys, "app.late", "app.main", code=1)["chains"] == {
        "start": "app.late",
        "goal": "app.main",
        "chains": [],
        "backwards": True,
    }


# Who needs a name


def test_what_would_break_without_a_name(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.db.session:connect") == (
        "app.db.session.connect is there: app/db/session.py:1\n"
        "without it 2 references in 2 files would fail, 1 at import and 1 in tests\n"
        "\n"
        "app/late.py:1:28\n"
        "  1 | from app.db.session import connect\n"
        "    |                            ^^^^^^^\n"
        "  fails when app.late is imported\n"
        "\n"
        "tests/test_late.py:7:16\n"
        '  7 |     with patch("app.db.session.connect"):\n'
        "    |                ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  fails when the patch is applied\n"
        "\n"
        "  reached: app.main:app (web in Procfile) -> app.api -> app.late (an import on\n"
        "           the way waits for a call)\n"
        "  used by: app\n"
    )


def test_what_would_break_without_a_module(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.db.session").splitlines()[:2] == [
        "app.db.session is there: app/db/session.py",
        "without it 3 references in 3 files would fail, 2 at import and 1 in tests",
    ]
    read = document(capsys, "app/db/session.py")["needed"]
    assert isinstance(read, dict)
    assert read["stops"] == ["app.main:app (web in Procfile)"]


def test_a_launch_command_needs_a_name_too(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.main:app") == (
        "app.main.app is there: app/main.py:3\n"
        "without it 1 reference would fail\n"
        "\n"
        "Procfile:1:14\n"
        "  1 | web: uvicorn app.main:app\n"
        "    |              ^^^^^^^^^^^^\n"
        "  fails when app.main:app (web in Procfile) is started, which then says: Error\n"
        '    loading ASGI app. Attribute "app" not found in module "app.main".\n'
        "\n"
        "  impact:  app.main:app (web in Procfile) would not start\n"
    )


def test_a_distribution_is_needed_by_its_imports(checkout: Checkout, capsys: Output) -> None:
    optional = "try:\n    import redis\nexcept ImportError:\n    redis = None\n"
    checkout.commit({"app/main.py": f"import sqlalchemy.orm\n\n{optional}"})
    assert told(capsys, "sqlalchemy") == (
        "sqlalchemy is imported from an environment that is not known\n"
        "without it 1 reference would fail\n"
        "\n"
        "app/main.py:1:8\n"
        "  1 | import sqlalchemy.orm\n"
        "    |        ^^^^^^^^^^^^^^\n"
        "  fails when app.main is imported\n"
        "\n"
        "  reached: app.main:app (web in Procfile)\n"
        "  used by: app\n"
        "  impact:  app.main:app (web in Procfile) would not start\n"
    )
    assert told(capsys, "redis").splitlines()[6:] == [
        "  fails when app.main is imported; accepted, since `except ImportError` at line",
        "    5 goes on without it",
        "",
        "  reached: app.main:app (web in Procfile)",
        "  used by: app",
    ]


def test_what_nothing_reaches(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/idle.py": "from app.db.session import close\n"})
    assert told(capsys, "app.db.session:close").splitlines()[-3:] == [
        "",
        "  reached: from no entry point that is known",
        "  used by: app",
    ]


def test_a_package_at_the_top(checkout: Checkout, capsys: Output) -> None:
    read = document(capsys, "app")["needed"]
    assert isinstance(read, dict)
    assert [(need["path"], need["line"]) for need in read["needs"]] == [
        ("Procfile", 1),
        ("tests/test_late.py", 3),
        ("tests/test_late.py", 7),
    ]


def test_a_name_that_is_handed_on(checkout: Checkout, capsys: Output) -> None:
    checkout.commit(
        {
            "app/db/__init__.py": "from app.db.session import close\n",
            "app/api.py": "from app.db import close\n",
        }
    )
    assert told(capsys, "app.db.session:close") == (
        "app.db.session.close is there: app/db/session.py:4\n"
        "without it 2 references in 2 files would fail, 2 at import\n"
        "\n"
        "app/db/__init__.py:1:28\n"
        "  1 | from app.db.session import close\n"
        "    |                            ^^^^^\n"
        "  fails when app.db is imported\n"
        "\n"
        "app/api.py:1:6\n"
        "  1 | from app.db import close\n"
        "    |      ^^^^^^\n"
        "  fails when app.api is imported; through app/db/__init__.py:1\n"
        "\n"
        "  reached: app.main:app (web in Procfile) -> app.api\n"
        "  used by: app and app.db\n"
        "  impact:  app.main:app (web in Procfile) would not start\n"
    )


def test_a_name_that_nothing_needs(checkout: Checkout, capsys: Output) -> None:
    assert told(capsys, "app.db.session:close") == (
        "app.db.session.close is there: app/db/session.py:4\nno reference to it is known\n"
    )


def test_a_name_that_a_commit_removed(checkout: Checkout, capsys: Output) -> None:
    gone = checkout.commit({"app/db/session.py": "def close(): ...\n"}, "drop connect")
    checkout.commit({"app/db/session.py": "def close(): ...\n\n\nx = 1\n"}, "later")
    assert told(capsys, "app.db.session.connect") == (
        "app.db.session has no name connect\n"
        "2 references in 2 files need it, 1 at import and 1 in tests\n"
        "\n"
        "app/late.py:1:28\n"
        "  1 | from app.db.session import connect\n"
        "    |                            ^^^^^^^\n"
        "  fails when app.late is imported\n"
        "\n"
        "tests/test_late.py:7:16\n"
        '  7 |     with patch("app.db.session.connect"):\n'
        "    |                ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  fails when the patch is applied\n"
        "\n"
        "  found:   app/db/session.py binds close and x\n"
        f"  history: commit {gone[:10]} of 2024-01-01 (drop connect) removed it; it was at\n"
        "           app/db/session.py:1\n"
        "  reached: app.main:app (web in Procfile) -> app.api -> app.late (an import on\n"
        "           the way waits for a call)\n"
        "  used by: app\n"
        "  impact:  weakens app.main:app (web in Procfile)\n"
    )


def history_of(capsys: Output, *arguments: str) -> Mapping[str, object]:
    """Give the history in the JSON document, without what is null."""
    needed = document(capsys, *arguments)["needed"]
    assert isinstance(needed, dict)
    return {key: value for key, value in needed["history"].items() if value}


def test_a_name_that_was_never_there(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/late.py": "from app.db.session import conect\n"})
    assert history_of(capsys, "app.db.session:conect") == {
        "kind": "never",
        "path": "app/db/session.py",
        "versions": 1,
    }
    needed = document(capsys, "app.db.session:conect")["needed"]
    assert isinstance(needed, dict)
    assert needed["suggestion"] == "app.db.session.connect"


def test_a_name_that_only_the_text_had(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/db/session.py": "# connect is\ndef close(): ...\n"}, "a comment")
    checkout.commit({"app/db/session.py": "def close():\n    connect = 1\n"}, "a local")
    past = history_of(capsys, "app.db.session:connect")
    assert (past["kind"], past["subject"]) == ("removed", "a comment")


def test_a_file_that_moved_is_followed(checkout: Checkout, capsys: Output) -> None:
    gone = checkout.commit({"app/db/session.py": "def close(): ...\n"}, "drop connect")
    checkout.git("mv", "app/db/session.py", "app/db/store.py")
    late = "from app.db.store import connect\n"
    checkout.commit({"app/late.py": late, "app/api.py": "import app.late\n"}, "rename")
    assert history_of(capsys, "app.db.store:connect") == {
        "kind": "removed",
        "path": "app/db/session.py",
        "line": 1,
        "commit": gone[:10],
        "date": "2024-01-01",
        "subject": "drop connect",
    }


def test_a_module_that_moved(checkout: Checkout, capsys: Output) -> None:
    checkout.git("mv", "app/db/session.py", "app/db/store.py")
    moved = checkout.commit({}, "rename session")
    assert history_of(capsys, "app.db.session") == {
        "kind": "moved",
        "path": "app/db/session.py",
        "moved_to": "app/db/store.py",
        "commit": moved[:10],
        "date": "2024-01-01",
        "subject": "rename session",
    }


def test_a_module_that_a_commit_removed(checkout: Checkout, capsys: Output) -> None:
    gone = checkout.commit({"app/late.py": None}, "no late replies")
    assert told(capsys, "app.late").splitlines()[-5:] == [
        f"  history: commit {gone[:10]} of 2024-01-01 (no late replies) removed it; it was",
        "           at app/late.py",
        "  reached: app.main:app (web in Procfile) -> app.api",
        "  used by: app",
        "  impact:  weakens app.main:app (web in Procfile)",
    ]


def test_a_removal_that_is_not_committed(checkout: Checkout, capsys: Output) -> None:
    checkout.write({"app/db/session.py": "def close(): ...\n"})
    assert history_of(capsys, "app.db.session:connect") == {
        "kind": "uncommitted",
        "path": "app/db/session.py",
        "line": 1,
    }


def test_a_removal_in_a_merge(checkout: Checkout, capsys: Output) -> None:
    checkout.git("checkout", "--quiet", "-b", "side")
    checkout.commit({"side.txt": "x"}, "aside")
    checkout.git("checkout", "--quiet", "main")
    checkout.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    merge = checkout.commit({"app/db/session.py": "def close(): ...\n"}, "merge side")
    past = history_of(capsys, "app.db.session:connect")
    assert (past["kind"], past["commit"]) == ("removed", merge[:10])


def test_a_project_below_the_top_of_its_repository(
    checkout: Checkout, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = {f"part/{name}": text for name, text in PROJECT.items()}
    checkout.commit({**below, "part/linkstep.toml": ""}, "begin part")
    gone = checkout.commit({"part/app/db/session.py": "def close(): ...\n"}, "drop connect")
    monkeypatch.chdir(checkout.root / "part")
    past = history_of(capsys, "app.db.session:connect")
    assert (past["path"], past["commit"]) == ("app/db/session.py", gone[:10])


def test_a_revision_is_asked_about(checkout: Checkout, capsys: Output) -> None:
    gone = checkout.commit({"app/db/session.py": "def close(): ...\n"}, "drop connect")
    checkout.commit({"app/db/session.py": PROJECT["app/db/session.py"]}, "take it back")
    assert history_of(capsys, "app.db.session:connect", "--rev", gone)["commit"] == gone[:10]
    needed = document(capsys, "app.db.session:connect")["needed"]
    assert isinstance(needed, dict)
    assert (needed["path"], needed["history"]) == ("app/db/session.py", None)


def test_without_git_there_is_no_history(
    tmp_path: Path, checkout: Checkout, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain"
    for name, text in {**PROJECT, "app/db/session.py": "", "linkstep.toml": ""}.items():
        path = plain / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(plain)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert "  history: not known: this is no git checkout\n" in told(
        capsys, "app.db.session:connect"
    )


# A finding


def test_a_finding_on_one_screen(checkout: Checkout, capsys: Output) -> None:
    gone = checkout.commit({"app/db/session.py": "def conect(): ...\n"}, "slip")
    shown = (
        "app/late.py:1:28: error[LS102] cannot import name 'connect' from\n"
        "  'app.db.session'\n"
        "  1 | from app.db.session import connect\n"
        "    |                            ^^^^^^^\n"
        "  raises:  ImportError: cannot import name 'connect' from 'app.db.session'\n"
        "  found:   app/db/session.py binds conect\n"
        "  effect:  fails when app.late is imported\n"
        "  reached: app.main:app (web in Procfile) -> app.api -> app.late (an import on\n"
        "           the way waits for a call)\n"
        f"  history: commit {gone[:10]} of 2024-01-01 (slip) removed it; it was at\n"
        "           app/db/session.py:1\n"
        "  part of: app (module app.late)\n"
        "  impact:  weakens app.main:app (web in Procfile)\n"
        "  help:    conect is the closest name there\n"
        "  rule:    `linkstep rule LS102` explains undefined-name\n"
    )
    assert told(capsys, "app/late.py:1") == shown
    assert told(capsys, "LS102", "app/late.py:1") == shown
    assert told(capsys, "app/late.py:1:LS102") == shown
    assert told(capsys, shown.partition("\n")[0]) == shown
    report = document(capsys, "app/late.py:1")["report"]
    assert isinstance(report, dict)
    (one,) = report["findings"]
    assert (one["finding"]["code"], one["component"], one["history"]["kind"]) == (
        "LS102",
        "app",
        "removed",
    )


def test_a_consequence_leads_to_its_cause(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/db/session.py": "def close(): ...\n"}, "drop connect")
    assert told(capsys, "app/api.py:10").splitlines()[:3] == [
        "app/api.py:10 fails because of this:",
        "app/late.py:1:28: error[LS102] cannot import name 'connect' from",
        "  'app.db.session'",
    ]


def test_no_finding_is_one_line_and_exit_code_1(checkout: Checkout, capsys: Output) -> None:
    checkout.commit({"app/db/session.py": "def close(): ...\n"}, "drop connect")
    assert told(capsys, "app/late.py:3", code=1) == (
        "no finding at app/late.py:3; the file has findings at line 1\n"
    )
    assert told(capsys, "app/main.py:1", code=1) == "no finding at app/main.py:1\n"
    assert told(capsys, "LS101", "app/late.py:1", code=1) == (
        "no finding at app/late.py:1:LS101; the file has findings at line 1\n"
    )


def test_the_guide_shows_what_is_printed(
    tmp_path: Path, checkout: Checkout, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (ROOT / "docs/usage.md").read_text(encoding="utf-8")
    example = Checkout(tmp_path / "example")
    shutil.copytree(ROOT / "examples/chat-backend", example.root, dirs_exist_ok=True)
    example.commit({}, "begin")
    monkeypatch.chdir(example.root)
    lost = "app.db.session:get_db_session_factory"
    for arguments in (("app.main:app", lost), ("app/ws/manager.py:45",)):
        assert f"```\n{told(capsys, *arguments)}```\n" in guide


# Words that name nothing


def test_words_that_name_nothing_are_refused(checkout: Checkout, capsys: Output) -> None:
    root = checkout.root
    assert refused(capsys, "app.main", "app.db.sesion") == (
        "linkstep: error: app.db has no name sesion, and nothing asks for it\n"
        "  where: app/db/__init__.py\n"
        "  hint:  did you mean 'app.db.session'?\n"
    )
    assert refused(capsys, "ap.main") == (
        "linkstep: error: there is no module ap.main, and nothing imports one\n"
        f"  where: {root}\n"
        "  hint:  did you mean 'app.main'?\n"
    )
    assert refused(capsys, "app.db.session:conect") == (
        "linkstep: error: app.db.session has no name conect, and nothing asks for it\n"
        "  where: app/db/session.py\n"
        "  hint:  did you mean 'app.db.session.connect'?\n"
    )
    assert refused(capsys, "app/mian.py") == (
        "linkstep: error: app/mian.py is no file that was linked\n"
        f"  where: {root}\n"
        "  hint:  did you mean 'app/main.py'?\n"
    )
    assert refused(capsys, "app/gone.py:3") == (
        f"linkstep: error: there is no file app/gone.py\n  where: {root}\n"
    )
    assert refused(capsys, "json", "app.main").splitlines()[0] == (
        "linkstep: error: json is no module of the project, so no chain begins there"
    )
    assert refused(capsys, "app.api", "app.api").splitlines()[0] == (
        "linkstep: error: app.api and app.api are the same module"
    )
    assert refused(capsys, "a", "b", "c").splitlines()[0] == (
        "linkstep: error: one or two targets, not more"
    )


# What strangers write


def test_text_of_strangers_is_made_visible() -> None:
    guard = Guard(GuardKind.SWALLOWED, HOSTILE, 3)
    hop = Hop(HOSTILE, HOSTILE, 1, Runs.CALL, HOSTILE, guard=guard, raises=HOSTILE)
    past = Past(PastKind.REMOVED, HOSTILE, 1, "c0ffee", "2024-01-01", HOSTILE)
    answers = (
        Chains(HOSTILE, HOSTILE, ((Hop(HOSTILE), hop),)),
        Needed(HOSTILE, HOSTILE, past=past, suggestion=HOSTILE, stops=(HOSTILE,)),
    )
    for answer in answers:
        shown = render_why(answer, lambda path: [HOSTILE], 60)
        assert all(line.isprintable() for line in shown.splitlines()), shown
        VALIDATOR.validate(json.loads(render_why_json(answer, "0")))


def test_colour_repeats_what_the_words_say(checkout: Checkout, capsys: Output) -> None:
    answer = Chains("a", "b", ((Hop("a"), Hop("b", "a.py", 1, Runs.CALL, raises="E")),))
    plain = render_why(answer, lambda path: ["import b"], 80)
    coloured = render_why(answer, lambda path: ["import b"], 80, colour=True)
    assert "\x1b[1;31mbroken\x1b[0m: raises E" in coloured
    assert "\x1b" not in plain
