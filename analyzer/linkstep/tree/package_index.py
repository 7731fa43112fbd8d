"""Wheels from the configured index, by pip: nothing is installed, nothing is built unasked.

pip is run by the Python that runs linkstep, so that its configuration holds: index, proxy,
credentials. The interpreter of the analysed environment is not started.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from linkstep.errors import LinkstepError
from linkstep.model.target import Target

_PATIENCE = 600
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ConnectionError|ProxyError"
    r"|Failed to establish|Could not fetch URL|Network is unreachable|Temporary failure"
)


def download_wheel(
    requirement: str, directory: Path, target: Target, *, allow_build: bool = False
) -> Path:
    """Download the wheel that meets a requirement on a target, and give its path.

    `Requires-Python` is not asked: that the Python is too old is for the report to say. With
    `allow_build` a source distribution is built when there is no wheel, which runs its code.

    Raises LinkstepError with what pip says when there is none, or no index to ask.
    """
    before = set(directory.iterdir())
    asked = ["--no-deps", "--dest", str(directory), *_for_target(target)]
    done = _pip("download", "--only-binary=:all:", "--ignore-requires-python", *asked, requirement)
    if done.returncode and allow_build and not _UNREACHABLE.search(done.stderr):
        built = ["--no-deps", "--wheel-dir", str(directory)]
        done = _pip("wheel", *built, requirement)
    if done.returncode:
        raise _refused(requirement, done.stderr, target, allow_build=allow_build)
    wheels = sorted(set(directory.iterdir()) - before)
    if len(wheels) != 1:
        raise LinkstepError(f"pip gave {len(wheels)} files for {requirement}", where="the index")
    return wheels[0]


def newest_version(name: str, target: Target) -> str | None:
    """Give the newest version of a distribution that has a wheel for the target; None for none.

    Raises LinkstepError when no index can be reached.
    """
    asked = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"]
    place = ["--target", tempfile.gettempdir(), "--report", "-", *_for_target(target)]
    done = _pip("install", *asked, *place, name)
    if done.returncode:
        if _UNREACHABLE.search(done.stderr):
            raise _refused(name, done.stderr, target, allow_build=True)
        return None
    try:
        installed: Any = json.loads(done.stdout)["install"]
        return str(installed[0]["metadata"]["version"])
    except (ValueError, LookupError, TypeError):
        return None


def _pip(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = ["--disable-pip-version-check", "--no-input", "--quiet"]
    patience = ["--retries", "1", "--timeout", "15"]
    try:
        return subprocess.run(
            [sys.executable, "-m", "pip", command, *quiet, *patience, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LinkstepError("pip did not answer", why=f"after {_PATIENCE} seconds") from None
    except OSError as error:
        raise LinkstepError("pip cannot be started", why=str(error)) from None


def _for_target(target: Target) -> list[str]:
    version = f"{target.version[0]}.{target.version[1]}"
    asked = ["--python-version", version, "--implementation", "cp"]
    platforms = {"win32": "win_amd64", "darwin": "macosx_11_0_arm64", "linux": "linux_x86_64"}
    if target.platform != sys.platform and target.platform in platforms:
        asked += ["--platform", platforms[target.platform]]
    return asked


def _refused(requirement: str, stderr: str, target: Target, *, allow_build: bool) -> LinkstepError:
    """Give pip's failure as one line, with what pip says to it."""
    if "No module named pip" in stderr:
        return LinkstepError(
            "pip is not installed beside linkstep",
            where=sys.executable,
            hint="install pip there, or name a wheel that is on the disk",
        )
    if _UNREACHABLE.search(stderr):
        return LinkstepError(
            f"cannot get {requirement}: the index cannot be reached",
            why=_said(stderr),
            hint="name a wheel that is on the disk",
        )
    hint = "" if allow_build else "--allow-build also takes what has to be built, and runs its code"
    return LinkstepError(
        f"the index has no wheel of {requirement} for {target}", why=_said(stderr), hint=hint
    )


def _said(stderr: str) -> str:
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    said = (errors or stderr.splitlines() or [""])[0].removeprefix("ERROR:").strip()
    return re.sub(r"\(from versions: (?:.*, )?((?:[^,()]+, ){4}[^,()]+)\)", r"(there are \1)", said)
