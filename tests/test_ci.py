"""action.yml and the recipes of docs/ci.md: valid where they are read, and run here.

The schemas are those that check-jsonschema brings along; the steps of the action are run
by bash, as a runner would, against the example service.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from linkstep.cli.check import command
from linkstep.cli.formats import FORMATS
from test_docs import fences, table

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "chat-backend"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
RECIPES = fences(PAGE, "yaml")
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


def valid(schema: str, path: Path) -> None:
    """Have a file validated by a schema that check-jsonschema brings along."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_is_an_action() -> None:
    valid("github-actions", ROOT / "action.yml")


@pytest.mark.parametrize(
    ("number", "schema"), [(0, "github-workflows"), (1, "github-workflows"), (2, "gitlab-ci")]
)
def test_a_recipe_is_valid(number: int, schema: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yml"
    path.write_text(RECIPES[number], encoding="utf-8")
    valid(schema, path)


def test_no_script_holds_an_expression() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


def test_every_input_reaches_a_step_and_the_page() -> None:
    used = {
        name.removeprefix("inputs.")
        for step in ACTION["runs"]["steps"]
        for value in (*step.get("env", {}).values(), *step.get("with", {}).values())
        for name in EXPRESSION.findall(value)
        if name.startswith("inputs.")
    }
    assert used == set(ACTION["inputs"])
    rows = {name.strip("`"): default.strip('`"') for name, default, _ in table(PAGE, "input |")}
    assert rows == {name: each["default"] for name, each in ACTION["inputs"].items()}


def test_the_formats_of_the_page_are_those_of_check() -> None:
    listed = [name.strip("`") for name, _ in table(PAGE, "format |")]
    assert set(listed) == set(FORMATS) - {"full", "concise"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The example in a checkout, with an environment that holds nothing."""
    (tmp_path / "checkout/.git").mkdir(parents=True)
    project = tmp_path / "checkout/chat"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / ".venv/lib/python3.11/site-packages").mkdir(parents=True)
    (project / ".venv/pyvenv.cfg").write_text("version = 3.11.7\n")
    return project


def perform(
    step: str, workspace: Path, values: dict[str, str], **environment: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run a step of the action as a runner does; give the process and the step's outputs."""
    temporary = workspace.parent.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    known = {f"inputs.{name}": str(each["default"]) for name, each in ACTION["inputs"].items()}
    known |= {"runner.temp": str(temporary), "github.action_path": str(ROOT)}
    known |= values
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {
        name: EXPRESSION.sub(lambda found: known[found[1]], value)
        for name, value in STEPS[step]["env"].items()
    }
    output, summary = temporary / f"{step}.output", temporary / "summary.md"
    output.write_text("")
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    script = temporary / f"{step}.sh"
    script.write_text(STEPS[step]["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=workspace,
        env={**kept, **given, **files, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done, dict(line.split("=", 1) for line in output.read_text().splitlines())


HERE = {"steps.install.outputs.command": str(Path(sys.executable).with_name("linkstep"))}


@needs_bash
def test_the_check_of_the_action(workspace: Path) -> None:
    done, outputs = perform("check", workspace, HERE | {"inputs.python": ".venv"})
    assert (done.returncode, done.stderr) == (1, "")
    first, *rest = done.stdout.splitlines()
    assert first.startswith(
        "::error file=chat/app/ws/manager.py,line=45,endLine=45,col=40,title=LS102 undefined-name::"
    )
    assert [re.sub(r"\d+", "N", line) for line in rest] == [
        "N error in N files: N references, N resolved, N unresolved, N unknown",
    ]
    assert outputs == {"exit-code": "1", "sarif-file": "linkstep.sarif"}
    log = json.loads((workspace / "linkstep.sarif").read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["LS102"]
    summary = (workspace.parent.parent / "temporary/summary.md").read_text(encoding="utf-8")
    assert summary.startswith("### linkstep: 1 error\n")


@needs_bash
def test_the_action_takes_paths_options_and_a_baseline(workspace: Path) -> None:
    (workspace / "a b.py").write_text("import app.nothing\n")
    values = HERE | {"inputs.path": "a b.py\napp/db\n", "inputs.sarif-file": ""}
    done, outputs = perform("check", workspace, values)
    assert (done.returncode, outputs) == (1, {"exit-code": "1", "sarif-file": ""})
    assert done.stdout.startswith("::error file=chat/a b.py,line=1")
    assert not (workspace / "linkstep.sarif").exists()
    done, _ = perform("check", workspace, values | {"inputs.args": "--fail-on\n  never -q"})
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    write = [*HERE.values(), "baseline", "--output", "b.json", "-q"]
    subprocess.run(write, cwd=workspace, check=True, timeout=120)
    done, outputs = perform("check", workspace, values | {"inputs.baseline": "b.json"})
    assert (done.returncode, outputs["exit-code"]) == (0, "0")


@needs_bash
@pytest.mark.parametrize("name", ["path", "args", "python", "baseline", "sarif-file"])
def test_an_input_is_no_script(workspace: Path, name: str) -> None:
    before = sorted(path.name for path in workspace.iterdir())
    attack = "$(touch owned) `touch owned` ; touch owned # \" ' * && touch owned"
    perform("check", workspace, HERE | {f"inputs.{name}": attack})
    after = sorted(path.name for path in workspace.iterdir() if path.name != attack)
    assert set(after) <= {*before, "linkstep.sarif"}


@needs_bash
def test_what_cannot_be_judged_is_exit_code_2(workspace: Path) -> None:
    done, outputs = perform("check", workspace, HERE | {"inputs.python": "no-such-environment"})
    assert (done.returncode, outputs) == (2, {"exit-code": "2"})
    assert done.stderr.startswith("linkstep: error: ")


@needs_bash
def test_the_installation_of_the_action(workspace: Path) -> None:
    """From this checkout; what it depends on is taken from here, so that no index is needed."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    python = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment = {**offline, **python, "PYTHONPATH": packages}
    done, outputs = perform("install", workspace, {}, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    installed = Path(outputs["command"])
    assert installed.is_relative_to(workspace.parent.parent / "temporary/linkstep")
    values = {"steps.install.outputs.command": str(installed)}
    done, outputs = perform("check", workspace, values, PYTHONPATH=packages)
    assert (done.returncode, outputs["exit-code"]) == (1, "1")


@needs_bash
@pytest.mark.parametrize("version", ["1.0 --index-url=http://e.vil", "$(id)", "-r x", "latest"])
def test_a_version_is_a_version(workspace: Path, version: str) -> None:
    done, outputs = perform("install", workspace, {"inputs.version": version})
    assert (done.returncode, outputs) == (2, {})
    assert done.stdout == "::error title=linkstep::the input version is no version\n"


def commands(text: str) -> list[str]:
    """Give the calls of `linkstep check` in a recipe."""
    return re.findall(r"linkstep (check [^'\n]*)", text)


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        pytest.param(RECIPES[1], {"SUMMARY"}, id="github"),
        pytest.param(RECIPES[2], {"linkstep.json", "linkstep.xml"}, id="gitlab"),
        pytest.param(fences(PAGE, "groovy")[0], {"linkstep.sarif", "linkstep.xml"}, id="jenkins"),
    ],
)
def test_the_check_of_a_recipe_runs(recipe: str, expected: set[str], workspace: Path) -> None:
    [shown] = commands(recipe)
    before = {path.name for path in workspace.iterdir()}
    done = subprocess.run(
        [*HERE.values(), *shlex.split(shown.replace("$GITHUB_STEP_SUMMARY", "SUMMARY"))],
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert {path.name for path in workspace.iterdir()} - before == expected


def test_what_a_recipe_writes_is_what_it_publishes() -> None:
    job = yaml.safe_load(RECIPES[2])["linkstep"]
    [check] = commands(RECIPES[2])
    reports = job["artifacts"]["reports"]
    assert f"gitlab={reports['codequality']}" in check
    assert f"junit={reports['junit']}" in check
    [check] = commands(fences(PAGE, "groovy")[0])
    assert "sarif=linkstep.sarif" in check
    assert "pattern: 'linkstep.sarif'" in PAGE
    assert "junit 'linkstep.xml'" in PAGE


def test_options_of_the_action_are_options_of_check() -> None:
    known: set[Any] = {option for parameter in command.params for option in parameter.opts}
    used = set(re.findall(r"(--[a-z-]+) ", STEPS["check"]["run"])) - {"--"}
    assert used == {"--format", "--report", "--python", "--baseline"}
    assert used <= known
