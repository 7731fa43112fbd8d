"""Claims put to the interpreter of the environment they are about."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.accuracy.claims import Alarm, Claim, Kind, Outcome, Verdict
from benchmarks.accuracy.environments import clean

INSIDE = Path(__file__).parent / "inside"
SECONDS = 40  # for one claim


def settle(
    alarms: Iterable[Alarm], project: Path, python: Path, prepare: str = ""
) -> dict[Claim, Verdict]:
    """Execute every distinct claim, and give what came of each.

    A claim is *true* when CPython raises the stated exception about the same name, a
    *false alarm* when nothing is raised, and *fails otherwise* when something else is.
    """
    claims: dict[Claim, Alarm] = {}
    for alarm in alarms:
        claims.setdefault(alarm.claim, alarm)
    jobs = [job_of(claim, alarm, project) for claim, alarm in claims.items()]
    answers = inside(
        "settle.py",
        {
            "project": str(project),
            "prepare": prepare,
            "seconds": SECONDS,
            "claims": jobs,
        },
        python,
        limit=120 + SECONDS * len(jobs),
    )
    missing = Verdict(Outcome.TIMEOUT, "the interpreter ended before it came to this")
    by_index = {index: Verdict(Outcome(outcome), text) for index, outcome, text in answers}
    return {claim: by_index.get(index, missing) for index, claim in enumerate(claims)}


def job_of(claim: Claim, alarm: Alarm, project: Path) -> dict[str, str]:
    """Give a claim with what executing it needs."""
    job = {
        "kind": claim.kind.value,
        "module": claim.module,
        "name": claim.name,
        "importing": claim.importing,
        "exception": claim.exception,
    }
    if claim.kind is Kind.SYNTAX:
        job["path"] = str(project / alarm.path)
    return job


def inside(script: str, job: dict[str, Any], python: Path, limit: float) -> list[Any]:
    """Run a script of `inside/` with an interpreter; give the JSON lines it has answered.

    It runs in an empty directory and as leader of a process group, which is ended with it:
    what an import starts does not outlive the measurement.
    """
    with TemporaryDirectory() as directory:
        question, answers = Path(directory, "job.json"), Path(directory, "answers.jsonl")
        question.write_text(json.dumps(job), encoding="utf-8")
        answers.touch()
        home = Path(directory, "home")
        home.mkdir()
        with subprocess.Popen(
            [python, "-B", INSIDE / script, question, answers],
            cwd=home,
            env={**clean(), "HOME": str(home), "PYTHONHASHSEED": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                _, errors = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                errors = b"the time limit was reached"
            finally:
                end_group(process.pid)
        lines = answers.read_text(encoding="utf-8").splitlines()
        if process.returncode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"{script}: {errors.decode(errors='replace')[-2000:]}")
        return [json.loads(line) for line in lines]


def end_group(leader: int) -> None:
    """End what is left of the processes that a script has started."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
