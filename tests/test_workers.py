"""Summaries made by several processes, by threads, by a cluster: always the same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from linkstep import pipeline
from linkstep.index.summaries import Summaries, Workers
from linkstep.index.summarize import summarize
from linkstep.index.workers import WORTH_IT, processes, read_batch, readings_by
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target

COMMAND = (sys.executable, "-P", "-m", "linkstep")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree large enough for workers; every tenth module asks for a name that is not there."""
    root = tmp_path_factory.mktemp("large")
    package = root / "app"
    package.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'large'\nversion = '1'\n")
    (package / "__init__.py").write_text("")
    for number in range(2 * WORTH_IT):
        wanted = "gone" if number % 10 == 3 else "value"
        lines = [f"from app.m{(number + 1) % (2 * WORTH_IT)} import {wanted}  # noqa: F401"]
        lines += ["value = 1", "def run():", "    import app.m0", "    return app.m0.value"]
        text = "def broken(:\n" if number == 7 else "\n".join(lines) + "\n"
        (package / f"m{number}.py").write_text(text)
    (package / "m11.py").write_bytes(b"\xff\xfe")
    return root


def _checked(project: Path, workers: Workers) -> CheckResult:
    request = CheckRequest(cwd=str(project), environ={})
    return pipeline.check(request, Unobserved(), Summaries(workers=workers))


def test_processes_give_what_one_process_gives(project: Path) -> None:
    alone = _checked(project, processes(1)).report
    assert len(alone.findings) > WORTH_IT // 5
    assert _checked(project, processes(2)).report == alone
    assert _checked(project, processes(5)).report == alone


def test_what_nests_too_deep_to_be_encoded_is_read_here() -> None:
    branches = "".join(f"elif X == {number}:\n    import b{number}\n" for number in range(2000))
    deep = f"import os\nX = os.environ.get('A')\nif X:\n    pass\n{branches}".encode()
    target = Target((3, 11))
    assert read_batch([(deep, "module")], target, "ast") == [None]
    with ThreadPoolExecutor(1) as pool:
        sources = [(b"import a", ModuleKind.MODULE), (deep, ModuleKind.MODULE)]
        found = [reading.summary for reading in readings_by(pool, sources, target, "ast")]
    alone = [summarize(*source, target, "ast") for source in sources]
    assert found[0] == alone[0]
    assert found[1].body[:2] == alone[1].body[:2]  # the rest is too deep to be compared
    assert len(found[1].body) == len(alone[1].body)


def test_any_executor_can_be_given(project: Path) -> None:
    @contextmanager
    def threads() -> Iterator[Executor]:
        with ThreadPoolExecutor(3) as pool:
            yield pool

    assert _checked(project, threads).report == _checked(project, processes(1)).report


def test_a_cluster_can_be_given(project: Path) -> None:
    distributed = pytest.importorskip("distributed")

    @contextmanager
    def cluster() -> Iterator[Executor]:
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
            ) as local,
            distributed.Client(local) as client,
        ):
            yield client.get_executor()

    assert _checked(project, cluster).report == _checked(project, processes(1)).report


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_stays(project: Path, how: signal.Signals) -> None:
    """The signal goes to the first process alone, at several moments of its work."""
    for wait in (0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen(
            [*COMMAND, "check", "--no-cache", "--jobs", "3"],
            cwd=project,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(wait)
        process.send_signal(how)
        assert process.stderr is not None
        said = process.stderr.read()  # ends only when no process holds it any more
        assert process.wait(timeout=30) != 3
        assert "Traceback" not in said
        assert _ends_within(process.pid, seconds=10)


def _ends_within(session: int, seconds: float) -> bool:
    """Whether the session has no process any more after a while at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_jobs_decide_nothing_but_the_time(project: Path) -> None:
    def document(jobs: str) -> dict[str, object]:
        command = [*COMMAND, "check", "--no-cache", "--format", "json", "--jobs", jobs]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        found: dict[str, object] = json.loads(done.stdout)
        return found

    assert document("1") == document("4")


def test_no_jobs_is_a_usage_error(project: Path) -> None:
    command = [*COMMAND, "check", "--jobs", "0"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "0 is not in the range x>=1" in done.stderr
