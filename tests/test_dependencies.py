"""Imports, declarations and environment compared, as a whole run tells it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wheels import install, write_wheel


def check(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linkstep", "check", *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )


def concise(tree: Path, *arguments: str) -> list[str]:
    """Give the lines of a run without the last ones, which count."""
    done = check(tree, "--format", "concise", "--quiet", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def write(tree: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)


def test_declarations_and_a_lock_judge_without_an_environment(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname='shop'\ndependencies=['flask']\n",
            "uv.lock": (
                "version = 1\n[[package]]\nname = 'flask'\nversion = '3.0'\n"
                "[[package]]\nname = 'pyyaml'\nversion = '6.0'\n"
            ),
            "main.py": "import flask\nimport jinja2\nimport yaml\nimport requests\nimport acme\n",
        },
    )
    assert concise(tmp_path) == [
        "main.py:2:8: LS304 jinja2 is imported, and jinja2 is only there because another "
        "distribution needs it",
        "main.py:3:8: LS304 yaml is imported, and pyyaml is only there because another "
        "distribution needs it",
        "main.py:4:8: LS301 requests is imported, and nothing declares requests",
    ]
    note = "third-party modules are judged by declarations and uv.lock only: no environment found"
    assert f"note: {note}" in check(tmp_path, "--format", "concise").stdout


def test_what_is_declared_elsewhere_is_declared(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname='shop'\ndependencies=['flask']\n",
            "Dockerfile": "FROM python:3.11\nRUN pip install flask requests\n",
            "main.py": "import requests\n",
        },
    )
    assert concise(tmp_path) == []


def test_configuration_names_modules_and_uses(tmp_path: Path) -> None:
    acme = write_wheel(tmp_path, "acme_tools", "1.0", {"acme_tools.py": ""})
    flask = write_wheel(tmp_path, "flask", "3.0", {"flask/__init__.py": ""})
    install(tmp_path / "env", acme, flask)
    declared = "[project]\nname='shop'\ndependencies=['flask', 'acme-tools']\n"
    write(tmp_path, {"pyproject.toml": declared, "main.py": "import flask\n"})
    unused = "pyproject.toml:3:1: LS303 acme-tools is declared, and nothing uses it"
    assert concise(tmp_path, "--python", "env") == [unused]
    used = "[tool.linkstep.dependencies]\nused = ['Acme.Tools']\n"
    write(tmp_path, {"pyproject.toml": declared + used})
    assert concise(tmp_path, "--python", "env") == []


def test_the_json_of_a_missing_distribution_keeps_the_exception(tmp_path: Path) -> None:
    install(tmp_path / "env", write_wheel(tmp_path, "flask", "3.0", {"flask/__init__.py": ""}))
    write(
        tmp_path,
        {
            "requirements.txt": "flask\nPyYAML\n",
            "main.py": "import flask\n\ndef load():\n    import yaml\n    return yaml\n",
        },
    )
    done = check(tmp_path, "--python", "env", "--format", "json")
    [finding] = json.loads(done.stdout)["findings"]
    kept = ("code", "line", "module", "name", "message", "exception", "runs", "function")
    assert {key: finding[key] for key in kept} == {
        "code": "LS302",
        "line": 4,
        "module": "yaml",
        "name": "PyYAML",
        "message": "PyYAML is declared, and not installed",
        "exception": "ModuleNotFoundError: No module named 'yaml'",
        "runs": "call",
        "function": "load",
    }


def test_a_part_of_the_project_is_not_told_about_declarations(tmp_path: Path) -> None:
    install(tmp_path / "env", write_wheel(tmp_path, "flask", "2.0", {"flask/__init__.py": ""}))
    write(tmp_path, {"requirements.txt": "flask>=3\n", "app/main.py": "import flask\n"})
    assert concise(tmp_path, "--python", "env", "app") == []
    assert len(concise(tmp_path, "--python", "env")) == 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"requirements.txt": "-r b.txt\n", "b.txt": "-r requirements.txt\n"},
            "requirements files include each other in a circle",
        ),
        ({"uv.lock": "version = 7\n"}, "the lock file has format version 7, which is not known"),
        (
            {"linkstep.toml": "[dependencies]\nuses = []\n"},
            "unknown key 'uses'",
        ),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path: Path, files: dict[str, str], message: str) -> None:
    write(tmp_path, {"main.py": "", **files})
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"linkstep: error: {message}"
