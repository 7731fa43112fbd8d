"""The example service: its tests pass, no message is answered, and linkstep says why."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linkstep import __version__

EXAMPLE = Path(__file__).parents[1] / "examples" / "chat-backend"

TALK = """
import json
from app.services.tokens import issue_token
from tests.client import Running, talk

with Running():
    answers = talk("/ws/lobby", issue_token("ada"), [{"type": "message", "text": "hello"}])
print(json.dumps(answers[-1]))
"""

FINDING = """\
app/ws/manager.py:45:40: error[LS102] cannot import name 'get_db_session_factory' from \
'app.db.session'
  45 |             from app.db.session import get_db_session_factory
     |                                        ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds get_session, get_session_from_factory, init_database and 8 more
  effect:  fails when ConnectionManager.post() is called; `except Exception` at line 51 hides it, \
so the program starts
  reached: app.main:app (CMD in Dockerfile) -> app.ws.routes -> app.ws.manager
  help:    get_session_from_factory is the closest name there

1 error in 24 files: 118 references, 117 resolved, 1 unresolved, 0 unknown (TIME)
note: third-party modules are judged by declarations only: no environment found
"""

DOCUMENT = {
    "schema": 1,
    "linkstep": __version__,
    "findings": [
        {
            "code": "LS102",
            "rule": "undefined-name",
            "severity": "error",
            "path": "app/ws/manager.py",
            "line": 45,
            "column": 40,
            "end_line": 45,
            "end_column": 62,
            "module": "app.db.session",
            "name": "get_db_session_factory",
            "message": "cannot import name 'get_db_session_factory' from 'app.db.session'",
            "exception": "ImportError: cannot import name 'get_db_session_factory' "
            "from 'app.db.session'",
            "runs": "call",
            "guard": "swallowed",
            "reached_from": [
                {
                    "entry": "app.main:app (CMD in Dockerfile)",
                    "chain": ["app.main", "app.ws.routes", "app.ws.manager"],
                    "deferred": False,
                }
            ],
            "suggestion": "app.db.session.get_session_from_factory",
            "importing": "app.ws.manager",
            "function": "ConnectionManager.post",
            "guard_catches": "Exception",
            "guard_line": 51,
            "used_by": [],
            "versions": [],
            "caused_by": None,
            "cycle": None,
            "layers": [],
        }
    ],
    "summary": {
        "files": 24,
        "references": 118,
        "resolved": 117,
        "unresolved": 1,
        "unknown": 0,
        "optional": 0,
        "suppressed": 0,
        "baselined": 0,
        "preexisting": 0,
        "unreached": 0,
        "unreachable": 0,
        "unknown_by_reason": {},
        "findings_by_code": {"LS102": 1},
    },
    "notes": ["third-party modules are judged by declarations only: no environment found"],
}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, so that running it leaves nothing in the checkout."""
    ignore = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "chat-backend", ignore=ignore))


def python(example: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the example, with nothing but the standard library to import."""
    return subprocess.run(
        [sys.executable, "-S", "-B", "-W", "error", *arguments],
        cwd=example,
        env={},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def linkstep(example: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run linkstep as the command line does, in no environment and without colour."""
    return subprocess.run(
        [sys.executable, "-m", "linkstep", *arguments],
        cwd=example,
        env={},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_service_starts(example: Path) -> None:
    done = python(example, "-c", "import app.main; print(type(app.main.app).__name__)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "App\n", "")


def test_its_own_tests_pass(example: Path) -> None:
    done = python(example, "-m", "unittest")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Ran 10 tests in .*\n\nOK\n\Z", done.stderr, re.MULTILINE)


def test_a_chat_message_fails(example: Path) -> None:
    done = python(example, "-c", TALK)
    answer = json.loads(done.stdout)
    assert (answer["type"], answer["code"]) == ("error", 1005)
    assert answer["detail"].startswith(
        "cannot import name 'get_db_session_factory' from 'app.db.session'"
    )


def test_linkstep_finds_the_reference_and_nothing_else(example: Path) -> None:
    done = linkstep(example, "check")
    said = re.sub(r"\(\d+\.\d\d s\)$", "(TIME)", done.stdout, flags=re.MULTILINE)
    assert (done.returncode, said, done.stderr) == (1, FINDING, "")


def test_the_line_it_names_is_the_import() -> None:
    lines = (EXAMPLE / "app/ws/manager.py").read_text().splitlines()
    assert lines[44].strip() == "from app.db.session import get_db_session_factory"
    assert lines[50].strip() == "except Exception as error:"


def test_the_json_document(example: Path) -> None:
    done = linkstep(example, "check", "--format", "json")
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (1, DOCUMENT, "")


def test_what_it_suggests_works(example: Path) -> None:
    manager = example / "app/ws/manager.py"
    source = manager.read_text()
    manager.write_text(source.replace("get_db_session_factory", "get_session_from_factory"))
    done = linkstep(example, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no findings in 24 files: ")
    answer = json.loads(python(example, "-c", TALK).stdout)
    assert answer == {"type": "message", "id": 1, "room": "lobby", "author": "ada", "text": "hello"}
