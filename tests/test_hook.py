"""linkstep in git's pre-commit hook: by the pre-commit tool, and as a plain script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repositories import ENVIRON, Checkout

ROOT = Path(__file__).parents[1]
UNREACHABLE = ("NewConnectionError", "NameResolutionError", "Failed to establish", "ProxyError")

APP = {
    "app/__init__.py": "",
    "app/db.py": "def get_session(): ...\n",
    "app/ws.py": "import fastapi\nfrom fastapi import never\n\nfrom app.db import get_session\n",
    "old.py": "from app.db import never\n",
}
BROKEN = (
    "app/ws.py:4:20: error[LS102] cannot import name 'get_session' from 'app.db'\n"
    "  4 | from app.db import get_session\n"
    "    |                    ^^^^^^^^^^^\n"
    "  found:   app/db.py binds get_sessions\n"
    "  effect:  fails when app.ws is imported; caused by the removal of get_session in app/db.py\n"
    "  help:    get_sessions is the closest name there\n"
)
RENAMED = "def get_sessions(): ...\n"


def commit(
    checkout: Checkout, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Commit as a user would, with whatever hook is installed."""
    return subprocess.run(
        ["git", "commit", "-m", "change", *arguments],
        cwd=checkout.root,
        env={**ENVIRON, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def hooked(tmp_path: Path) -> Checkout:
    """A repository whose own hook calls linkstep."""
    checkout = Checkout(tmp_path / "project")
    checkout.commit(APP)
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m linkstep check --staged --since HEAD\n")
    hook.chmod(0o755)
    return checkout


def test_a_removal_is_stopped_though_its_file_is_fine(hooked: Checkout) -> None:
    hooked.stage({"app/db.py": RENAMED})
    done = commit(hooked)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).startswith(BROKEN)
    hooked.stage({"app/ws.py": "from app.db import get_sessions\n"})
    assert commit(hooked).returncode == 0


def test_what_is_on_disk_but_not_staged_neither_helps_nor_hurts(hooked: Checkout) -> None:
    hooked.stage({"app/db.py": RENAMED})
    hooked.write({"app/db.py": APP["app/db.py"]})
    assert commit(hooked).returncode == 1
    hooked.stage({"app/db.py": APP["app/db.py"] + "new = 1\n"})
    hooked.write({"app/db.py": RENAMED, "app/__init__.py": "import gone.gone\n"})
    assert commit(hooked).returncode == 0
    assert (hooked.root / "app/db.py").read_text() == RENAMED


def test_commits_of_some_files_and_of_all(hooked: Checkout) -> None:
    """git makes a temporary index for these; the variable GIT_INDEX_FILE names it."""
    hooked.write({"app/db.py": RENAMED, "app/__init__.py": "x = 1\n"})
    assert commit(hooked, "app/__init__.py").returncode == 0
    assert commit(hooked, "app/db.py").returncode == 1
    assert commit(hooked, "-a").returncode == 1
    hooked.write({"app/ws.py": "from app.db import get_sessions\n"})
    assert commit(hooked, "-a").returncode == 0


def test_in_a_worktree_and_from_a_subdirectory(hooked: Checkout, tmp_path: Path) -> None:
    hooked.git("worktree", "add", "--quiet", str(tmp_path / "side"))
    (tmp_path / "side/app/db.py").write_text(RENAMED)
    done = subprocess.run(
        ["git", "commit", "-am", "x"],
        cwd=tmp_path / "side/app",
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert (done.stdout + done.stderr).startswith(BROKEN)


def test_the_first_commit(tmp_path: Path, hooked: Checkout) -> None:
    fresh = Checkout(tmp_path / "fresh")
    shutil.copy(hooked.root / ".git/hooks/pre-commit", fresh.root / ".git/hooks/pre-commit")
    fresh.stage(APP)
    assert commit(fresh).returncode == 1
    fresh.stage({"old.py": None})
    assert commit(fresh).returncode == 0


def test_pre_commit_installs_and_runs_the_hook(tmp_path: Path) -> None:
    """The hook's environment is built from this checkout, without the project's dependencies."""
    tool = Checkout(tmp_path / "linkstep")
    files = (".pre-commit-hooks.yaml", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")
    for name in files:
        shutil.copy(ROOT / name, tool.root / name)
    for name in ("analyzer", "rules", "native"):
        ignored = shutil.ignore_patterns("__pycache__", "native-reader.*", "target")
        shutil.copytree(ROOT / name, tool.root / name, ignore=ignored)
    revision = tool.commit({})
    project = Checkout(tmp_path / "project")
    configured = f"repos:\n- repo: {tool.root}\n  rev: {revision}\n  hooks:\n  - id: linkstep\n"
    project.commit({**APP, ".pre-commit-config.yaml": configured})
    variables = {
        **{key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))},
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
        "PRE_COMMIT_COLOR": "never",
    }
    installed = subprocess.run(
        [sys.executable, "-m", "pre_commit", "install", "--install-hooks"],
        cwd=project.root,
        env={**ENVIRON, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    if installed.returncode and any(sign in installed.stdout for sign in UNREACHABLE):
        pytest.skip("pip cannot reach a package index to build the hook's environment")
    assert installed.returncode == 0, installed.stdout + installed.stderr

    # Staged content breaks a file that is not touched; on disk all is well.
    project.stage({"app/db.py": RENAMED})
    project.write({"app/db.py": APP["app/db.py"]})
    done = commit(project, **variables)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert BROKEN in said, said
    assert "no environment found (VIRTUAL_ENV holds linkstep only)" in said
    assert "note: 1 finding was there before, and was not caused by the change" in said
    assert (project.root / "app/db.py").read_text() == APP["app/db.py"]

    # The other way round: on disk all is broken, and what is staged is fine.
    project.stage({"app/db.py": APP["app/db.py"] + "more = 1\n"})
    project.write({"app/db.py": RENAMED})
    done = commit(project, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "linkstep.................................................................Passed" in (
        done.stdout + done.stderr
    )
