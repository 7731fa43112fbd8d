"""Virtual environments with pinned distributions, made once and kept in the work directory."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.accuracy.catalogue import Environment

INSTALLING = 3600  # seconds
STAMP = "pins.sha256"  # says which pins an environment was made of


def provide(environment: Environment, work: Path) -> Path:
    """Give the directory of the environment, and make it when its pins have changed.

    Everything is installed with pip from the index that pip is configured for, without
    resolving: the requirements file pins the dependencies too.
    """
    directory = work / "environments" / environment.name
    pins = environment.pins.read_bytes()
    stamp = directory / STAMP
    wanted = hashlib.sha256(pins).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return directory
    interpreter = shutil.which(environment.python)
    if interpreter is None:
        raise SystemExit(f"{environment.name} needs {environment.python}, which is not on PATH")
    say(f"making the environment {environment.name}")
    run([interpreter, "-m", "venv", "--clear", str(directory)])
    install = ["install", "--quiet", "--no-input", "--no-deps", "--disable-pip-version-check"]
    run([str(python_of(directory)), "-m", "pip", *install, "-r", str(environment.pins)])
    stamp.write_text(wanted)
    return directory


def python_of(environment: Path) -> Path:
    """Give the interpreter of a virtual environment."""
    return environment / "bin" / "python"


def site_packages(environment: Path) -> Path:
    """Give the directory that the environment installs into."""
    return next(environment.glob("lib/python*/site-packages"))


def run(command: list[str]) -> None:
    """Run a command that has to succeed; show what it says only when it does not."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALLING, env=clean(), check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def clean() -> dict[str, str]:
    """Give the environment variables without those that choose a Python."""
    chosen = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME"}
    return {key: value for key, value in os.environ.items() if key not in chosen}


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)
