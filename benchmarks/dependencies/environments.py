"""Source trees and environments of the applications, and one with the tools."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from msgspec import Struct

TOOLS = ("deptry==0.23.0", "fawltydeps==0.18.0", "pip-check-reqs==2.5.3")
# What source archives name as their build backend; pip asks it for the name and version.
BACKENDS = ("setuptools<81", "wheel", "hatchling", "flit-core", "poetry-core")


class Application(Struct, frozen=True):
    """One application, by its name and version on the index."""

    name: str
    version: str
    kind: str


class Place(Struct, frozen=True):
    """Where an application is: its sources, and the environment it was installed for."""

    sources: Path
    environment: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"


def prepare(application: Application, directory: Path) -> Place:
    """Unpack the sources and install what the application declares, not the application."""
    place = directory / f"{application.name}-{application.version}"
    environment = place / "environment"
    if not (place / "complete").exists():
        place.mkdir(parents=True, exist_ok=True)
        exact = f"{application.name}=={application.version}"
        _run(sys.executable, "-m", "venv", str(environment))
        pip = [str(environment / "bin" / "python"), "-m", "pip", "--quiet"]
        pip += ["--disable-pip-version-check"]
        _run(*pip, "install", exact)
        _run(*pip, "uninstall", "--yes", application.name)
        fetch = [str(directory / "tools" / "bin" / "python"), "-m", "pip", "--quiet", "download"]
        fetch += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
        _run(*fetch, "--dest", str(place), exact)
        archive = next(place.glob("*.tar.gz"))
        with tarfile.open(archive) as file:
            file.extractall(place / "sources", filter="data")
        (place / "complete").touch()
    [sources] = (path for path in (place / "sources").iterdir() if path.is_dir())
    return Place(sources, environment)


def prepare_tools(directory: Path) -> Path:
    """Install the tools beside each other and give the directory of their programs."""
    place = directory / "tools"
    if not (place / "complete").exists():
        _run(sys.executable, "-m", "venv", str(place))
        _run(str(place / "bin" / "python"), "-m", "pip", "--quiet", "install", *TOOLS, *BACKENDS)
        (place / "complete").touch()
    return place / "bin"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
