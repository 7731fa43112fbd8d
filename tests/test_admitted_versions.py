"""Other Pythons and platforms than the host's: what is missing there, and on which."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkstep.model.facts import BrokenReference
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check
from linkstep.report.words import effect

FROM_3_9 = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'


def findings(
    tmp_path: Path, files: dict[str, str], **options: str
) -> list[tuple[str, int, str, str, tuple[str, ...]]]:
    """Check a tree; give path, line, code, missing name and versions of each finding."""
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    options = {"platform": "linux", **options}
    report = check(CheckRequest(cwd=str(tmp_path), environ={}, **options), Unobserved()).report
    found = []
    for finding in report.findings:
        fact = finding.fact
        assert isinstance(fact, BrokenReference)
        found.append((fact.path, fact.span.line, finding.code, fact.name, fact.versions))
    return sorted(found)


def test_what_the_lowest_admitted_version_lacks(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": FROM_3_9,
        "a.py": "import tomllib\nfrom datetime import UTC\nfrom typing import override\n",
        "b.py": "import asyncio\nasyncio.TaskGroup\nimport nope_xyz.a\nfrom os import nope_xyz\n",
    }
    assert findings(tmp_path, files) == [
        ("a.py", 1, "LS101", "tomllib", ("3.9", "3.10")),
        ("a.py", 2, "LS102", "UTC", ("3.9", "3.10")),
        ("a.py", 3, "LS102", "override", ("3.9", "3.10", "3.11")),
        ("b.py", 2, "LS103", "TaskGroup", ("3.9", "3.10")),
    ]


def test_what_a_higher_admitted_version_lacks(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": FROM_3_9,
        "a.py": "import imp\nimport distutils.core\nfrom asyncio import coroutine\nimport json\n",
    }
    assert findings(tmp_path, files) == [
        ("a.py", 1, "LS306", "imp", ("3.12", "3.13", "3.14", "3.15")),
        ("a.py", 2, "LS306", "distutils", ("3.12", "3.13", "3.14", "3.15")),
        ("a.py", 3, "LS306", "coroutine", ("3.11", "3.12", "3.13", "3.14", "3.15")),
    ]


def test_branches_that_only_the_highest_version_takes(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": FROM_3_9,
        "shop/__init__.py": "",
        "shop/new.py": "def f(): ...\n",
        "shop/compat.py": (
            "import sys\n"
            "if sys.version_info >= (3, 12):\n"
            "    from shop.new import f, g\n"
            "    from typing import overide\n"
            "else:\n"
            "    from typing_extensions import f, g\n"
        ),
        "shop/names.py": "import sys\nif sys.version_info < (3, 12): h = 1\n",
        "main.py": "from shop.names import h\n",
    }
    assert findings(tmp_path, files) == [
        ("main.py", 1, "LS102", "h", ("3.15",)),
        ("shop/compat.py", 3, "LS102", "g", ("3.15",)),
    ]


def test_an_environment_chooses_the_target_and_the_range_still_counts(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": FROM_3_9,
        ".venv/pyvenv.cfg": "version = 3.11.2\n",
        ".venv/lib/python3.11/site-packages/six.py": "",
        "a.py": "import tomllib\nimport cgi, sys\nif sys.version_info >= (3, 12): import x\n",
    }
    assert findings(tmp_path, files) == [("a.py", 2, "LS306", "cgi", ("3.13", "3.14", "3.15"))]


def test_annotations_do_not_run_from_3_14_on(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": FROM_3_9.replace("3.9", "3.12"),
        "a.py": "import ast\ndef f(x: ast.Num): ...\ny = ast.Str\n",
    }
    assert findings(tmp_path, files) == [("a.py", 3, "LS306", "Str", ("3.14", "3.15"))]


def test_poetry_bounds_are_understood(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.11"\n',
        "a.py": "import cgi, asyncore\n",
    }
    assert findings(tmp_path, files) == []


def test_the_report_says_where_it_fails(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(FROM_3_9)
    (tmp_path / "a.py").write_text("import tomllib\nimport imp\n")
    request = CheckRequest(cwd=str(tmp_path), environ={}, platform="linux")
    facts = [finding.fact for finding in check(request, Unobserved()).report.findings]
    assert [effect(fact) for fact in facts if isinstance(fact, BrokenReference)] == [
        "fails when a is imported, on Python 3.9 and 3.10 (requires-python >=3.9 admits it)",
        "fails when a is imported, on Python 3.12, 3.13, 3.14 and 3.15 "
        "(requires-python >=3.9 admits it)",
    ]


@pytest.mark.parametrize(
    ("source", "linux", "darwin", "win32"),
    [
        ("import winreg, msvcrt", 2, 2, 0),
        ("import fcntl, termios, pwd", 0, 0, 3),
        ("from os import fork, getuid", 0, 0, 2),
        ("from os import startfile", 1, 1, 0),
        ("import signal; signal.SIGKILL; signal.CTRL_C_EVENT", 1, 1, 1),
        ("import asyncio; asyncio.ProactorEventLoop", 1, 1, 0),
        ("import sys\nif sys.platform == 'win32': import winreg\nelse: import fcntl", 0, 0, 0),
        ("import os\nif os.name == 'nt': import winreg\nelse: import fcntl", 0, 0, 0),
        ("import platform\nif platform.system() != 'Windows': import fcntl", 0, 0, 0),
        ("import platform\nif platform.system().lower() == 'windows': import winreg", 0, 0, 0),
        ("import os\nif hasattr(os, 'fork'): os.fork()\nelse: os.startfile", 0, 0, 0),
    ],
)
def test_platforms(tmp_path: Path, source: str, linux: int, darwin: int, win32: int) -> None:
    for platform, count in (("linux", linux), ("darwin", darwin), ("win32", win32)):
        options = {"platform": platform, "target_version": "3.12"}
        assert len(findings(tmp_path, {"a.py": source + "\n"}, **options)) == count, platform


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import imp, asyncore, distutils.core", []),
        ("import telnetlib, cgi, crypt, pipes, nis", ["cgi", "crypt", "nis", "pipes", "telnetlib"]),
        ("from typing import override, TypeIs, nope_xyz", []),
        ("from typing import ReadOnly, TypeForm", ["TypeForm"]),
        ("from logging import getHandlerByName", []),
        ("from collections.abc import Buffer, ByteString", []),
        ("from os import process_cpu_count, reload_environ", ["reload_environ"]),
        ("import sys\nif sys.hexversion < 0x030d0000: import telnetlib", []),
        ("import sys\nif sys.version_info[1] < 13: import telnetlib", []),
        ("import email.mime.text, importlib.resources.abc, xml.etree.ElementTree", []),
        ("import importlib.resources.nope_xyz, asyncio.graph", ["asyncio.graph"]),
    ],
)
def test_the_library_of_another_version_is_known_by_name(
    tmp_path: Path, source: str, missing: list[str]
) -> None:
    found = findings(tmp_path, {"a.py": source + "\n"}, target_version="3.13")
    removed = ["imp", "asyncore", "distutils"]
    assert [entry[3] for entry in found if entry[3] not in removed] == missing
