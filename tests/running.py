"""Cases put to the test: written to a directory, linked, and run by the interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from linkstep.model.facts import Fact
from linkstep.model.findings import Finding
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check
from linkstep.rulebook.cases import ENVIRONMENT, Case, Claim, Expectation
from repositories import Checkout

SITE = "lib/python3.11/site-packages"


def write(case: Case, directory: Path) -> Path:
    """Write the files of a case below a directory and give the root of its tree."""
    tree = directory / "tree"
    tree.mkdir()
    for file in case.files:
        if file.path.startswith(ENVIRONMENT):
            path = directory / "env" / file.path.removeprefix(ENVIRONMENT)
        else:
            path = tree / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8", newline="")
    if case.has_environment:
        (directory / "env" / "pyvenv.cfg").touch()
    if case.configuration is not None:
        (tree / "linkstep.toml").write_text(case.configuration, encoding="utf-8")
    if case.untracked:
        Checkout(tree).track_all_but(case.untracked)
    return tree


def last_line(claim: Claim, tree: Path) -> str | None:
    """Run the entry of a claim; give the last line of its traceback, None when it runs."""
    done = subprocess.run(
        [sys.executable, "-S", "-B", claim.entry],
        cwd=tree,
        env={"PYTHONPATH": str(tree.parent / "env" / SITE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def findings_of(case: Case, tree: Path) -> tuple[Finding, ...]:
    """Link the tree of a case as `linkstep check` does."""
    python = str(tree.parent / "env") if case.has_environment else None
    request = CheckRequest(cwd=str(tree), environ={}, python=python)
    return check(request, Unobserved()).report.findings


def compare(case: Case, findings: tuple[Finding, ...]) -> tuple[list[str], list[str]]:
    """Give what was expected and is not there, and what is there and was not expected."""
    open_findings = list(findings)
    missing = []
    for expected in case.expected:
        match = next((found for found in open_findings if _meets(found, expected)), None)
        if match is None:
            level, code = expected.severity.value, expected.code
            missing.append(f"{expected.path}:{expected.line}: {level}[{code}]")
        else:
            open_findings.remove(match)
    return missing, [
        f"{_place(found.fact)}: {found.code} {found.message}" for found in open_findings
    ]


def _meets(found: Finding, expected: Expectation) -> bool:
    fact = found.fact
    return (
        (fact.path, fact.span.line) == (expected.path, expected.line)
        and (found.code, found.severity) == (expected.code, expected.severity)
        and (expected.message or "") in found.message
    )


def _place(fact: Fact) -> str:
    return f"{fact.path}:{fact.span.line}"
