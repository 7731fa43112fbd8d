"""linkstep, run on a copy; its JSON document becomes alarms."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.accuracy.claims import Alarm, Claim, Kind, Reported
from benchmarks.accuracy.environments import clean, python_of

LIMIT = 900  # seconds
# Rules about references: of the others, none claims that something raises.
ABOUT_REFERENCES = ("LS1", "LS2")
LEFT_OUT = "LS110"  # the names of files


def check(project: Path, environment: Path) -> Reported:
    """Run `linkstep check` over a project against an environment."""
    # With -P nothing of the measured project can be taken for a module of linkstep.
    command = [sys.executable, "-P", "-m", "linkstep", "check", "--format", "json", "--no-cache"]
    command += ["--ignore", LEFT_OUT, "--python", str(python_of(environment))]
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=clean(),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Reported("linkstep", trouble=f"took more than {LIMIT} s", seconds=LIMIT)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        return Reported("linkstep", trouble=done.stderr[-2000:], seconds=seconds)
    document = json.loads(done.stdout)
    counts = document["summary"]
    return Reported(
        "linkstep",
        alarms=tuple(
            alarm_of(finding)
            for finding in document["findings"]
            if finding["code"].startswith(ABOUT_REFERENCES)
        ),
        seconds=seconds,
        **{key: counts[key] for key in ("references", "resolved", "unresolved", "unknown")},
        optional=counts["optional"],
        unknown_by_reason=counts["unknown_by_reason"],
    )


def alarm_of(finding: dict[str, Any]) -> Alarm:
    """Give one finding as a claim at its place."""
    code, exception = finding["code"], finding["exception"] or ""
    kind = kind_of(code, exception.partition(":")[0])
    module, name = finding["module"] or "", finding["name"] or ""
    if finding.get("cycle"):  # whether it raises depends on what is imported first
        kind, module, name = Kind.FAILING, *2 * (finding["cycle"]["first"],)
    claim = Claim(
        kind,
        module,
        name,
        finding["importing"] or "",
        exception if kind is Kind.FAILING else "",
    )
    used_by = tuple((place["path"], place["line"]) for place in finding["used_by"])
    return Alarm(finding["path"], finding["line"], claim, code, used_by)


def kind_of(code: str, exception: str) -> Kind:
    """Give the kind of claim that a rule makes with an exception.

    >>> kind_of("LS109", "ModuleNotFoundError")
    <Kind.MODULE: 'module'>
    """
    by_code = {"LS104": Kind.EXPORT, "LS111": Kind.SYNTAX, "LS112": Kind.FAILING}
    by_exception = {
        "ModuleNotFoundError": Kind.MODULE,
        "AttributeError": Kind.ATTRIBUTE,
        "NameError": Kind.GLOBAL,
    }
    return by_code.get(code) or by_exception.get(exception, Kind.NAME)
