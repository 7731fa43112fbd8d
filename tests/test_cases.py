"""Every case and every example of a rule page: linked, and run by the real interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check
from linkstep.rulebook.cases import ENVIRONMENT, Case, parse_cases
from repositories import Checkout

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "rules").glob("*.md"), *(ROOT / "tests/fixtures/cases").rglob("*.md")])
CASES = [
    pytest.param(case, id=f"{page.stem}: {case.heading[-1]}")
    for page in PAGES
    for case in parse_cases(page.read_text(encoding="utf-8"), page.name)
]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def write(case: Case, top: Path) -> tuple[Path, Path | None]:
    """Write the case's tree and environment; give both directories."""
    tree, environment = top / "tree", top / "environment"
    for file in case.files:
        inside = file.path.startswith(ENVIRONMENT)
        path = environment / file.path[len(ENVIRONMENT) :] if inside else tree / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    if case.configuration is not None:
        (tree / "linkstep.toml").write_text(case.configuration, encoding="utf-8")
    if case.untracked:
        Checkout(tree).track_all_but(case.untracked)
    if not case.has_environment:
        return tree, None
    (environment / "pyvenv.cfg").write_text("version = 3.11.7\n", encoding="utf-8")
    return tree, environment


@pytest.mark.parametrize("reader", ["auto", "libcst"])
@pytest.mark.parametrize("case", CASES)
def test_linkstep_reports_what_the_case_expects(case: Case, reader: str, tmp_path: Path) -> None:
    tree, environment = write(case, tmp_path)
    request = CheckRequest(
        cwd=str(tree),
        environ={},
        python=str(environment) if environment else None,
        target_version=None if case.configuration else "3.11",
        platform=None if case.configuration else "linux",
        reader=reader,
    )
    report = check(request, Unobserved()).report
    found = sorted(
        (f.fact.path, f.fact.span.line, f.code, f.severity.value, f.message)
        for f in report.findings
    )
    wanted = sorted((e.path, e.line, e.code, e.severity.value) for e in case.expected)
    assert [item[:4] for item in found] == wanted, found
    for expected in case.expected:
        messages = [m for p, n, c, _, m in found if (p, n, c) == expected_key(expected)]
        assert any((expected.message or "") in message for message in messages)
    counts = report.counts
    assert counts.references == counts.resolved + counts.unresolved + counts.unknown


def expected_key(expected: object) -> tuple[object, ...]:
    return tuple(getattr(expected, name) for name in ("path", "line", "code"))


@pytest.mark.parametrize("case", [c for c in CASES if c.values[0].claims])
def test_the_interpreter_agrees(case: Case, tmp_path: Path) -> None:
    tree, environment = write(case, tmp_path)
    search = []
    if environment is not None:
        search = [str(path) for path in environment.glob("lib/python3*/site-packages")]
    for claim in case.claims:
        script = (
            "import sys, runpy, traceback\n"
            f"sys.path[:0] = {[str(tree / claim.entry).rpartition('/')[0]]!r}\n"
            f"sys.path += {search!r}\n"
            f"sys.argv = [{claim.entry!r}]\n"
            f"runpy.run_path({claim.entry!r}, run_name='__main__')\n"
        )
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", script],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        last = lines[-1] if done.returncode and lines else None
        assert claim.agrees(last), done.stderr
