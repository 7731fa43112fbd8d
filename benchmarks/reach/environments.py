"""An application from the index: its environment, and its own package as a project."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from msgspec import Struct

from benchmarks.accuracy.environments import python_of, run, say, site_packages


class Application(Struct, frozen=True):
    """One application: what is installed, its own top-level package, and what starts it."""

    name: str
    version: str
    package: str
    entry: str


class Place(Struct, frozen=True):
    """A project to link, the interpreter that runs it, and the paths that are checked."""

    root: Path
    python: Path
    paths: tuple[str, ...] = ("",)


def prepare(application: Application, work: Path) -> Place:
    """Install an application and copy its package out, unless an earlier run has."""
    place = work / f"{application.name}-{application.version}"
    environment, sources = place / "environment", place / "sources"
    exact = f"{application.name}=={application.version}"
    if not (place / "complete").exists():
        say(f"installing {exact}")
        run([sys.executable, "-m", "venv", "--clear", str(environment)])
        pip = [str(python_of(environment)), "-m", "pip", "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", "--no-input", exact])
        installed = site_packages(environment) / application.package
        shutil.copytree(installed, sources / application.package, dirs_exist_ok=True)
        (place / "complete").touch()
    return Place(sources.resolve(), python_of(environment.absolute()))
