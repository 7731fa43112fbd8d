"""What each tool says about an application: kinds and names in one language.

`undeclared` is a module that is imported and not declared, `transitive` one that another
distribution brings, `unused` a distribution that is declared and not imported, `conflict`
what `pip check` says, `missing` what is not installed.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.dependencies.environments import Place

_CODES = {"LS301": "undeclared", "LS302": "missing", "LS303": "unused", "LS304": "transitive"}
_CODES |= {"LS305": "development", "LS307": "conflict"}
_LINKSTEP = ("--format", "json", "--select", "LS3")
_DEPTRY = {"DEP001": "undeclared", "DEP002": "unused", "DEP003": "transitive"}
_DEPTRY |= {"DEP004": "development", "DEP005": "standard library"}


class Said(Struct, frozen=True, order=True):
    """One statement of a tool; `name` is normalized, a module or a distribution."""

    kind: str
    name: str


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def linkstep(place: Place, program: Path) -> set[Said]:
    """Run linkstep on the sources, against the environment."""
    done = _run(program, "check", "--python", place.environment, *_LINKSTEP, at=place)
    findings = json.loads(done.stdout)["findings"]
    return {
        Said(_CODES[one["code"]], normal(one["name"])) for one in findings if one["code"] in _CODES
    }


def deptry(place: Place, programs: Path, declared: Iterable[str]) -> set[Said]:
    """Run deptry as the environment's own Python would see it.

    It does not read setup.py and setup.cfg; then it gets what is declared as requirements.
    """
    found = place.sources.parent / "deptry.json"
    site = next(programs.parent.glob("lib/python*/site-packages"))
    command = (place.python, "-c", _WITH_SITE.format(site=str(site), module="deptry.cli:cli"))
    pyproject = place.sources / "pyproject.toml"
    tables = tomllib.loads(pyproject.read_text()) if pyproject.exists() else {}
    options: tuple[object, ...] = ()
    if "project" not in tables and "poetry" not in tables.get("tool", {}):
        options = ("--requirements-files", _listing(place, declared))
    _run(*command, ".", "--json-output", found, *options, at=place)
    issues = json.loads(found.read_text())
    return {Said(_DEPTRY[one["error"]["code"]], normal(one["module"])) for one in issues}


def fawltydeps(place: Place, programs: Path) -> set[Said]:
    """Run FawltyDeps with the environment to map names by."""
    done = _run(
        programs / "fawltydeps", "--json", "--pyenv", place.environment, "--code", ".", at=place
    )
    document = json.loads(done.stdout)
    return {
        *(Said("undeclared", normal(one["name"])) for one in document["undeclared_deps"] or ()),
        *(Said("unused", normal(one["name"])) for one in document["unused_deps"] or ()),
    }


def pip_check_reqs(place: Place, programs: Path, declared: Iterable[str]) -> set[Said]:
    """Run pip-missing-reqs and pip-extra-reqs, on what is declared as a requirements file."""
    listed = _listing(place, declared)
    site = next(programs.parent.glob("lib/python*/site-packages"))
    said: set[Said] = set()
    for kind, module in (
        ("undeclared", "pip_check_reqs.find_missing_reqs:main"),
        ("unused", "pip_check_reqs.find_extra_reqs:main"),
    ):
        code = _WITH_SITE.format(site=str(site), module=module)
        done = _run(place.python, "-c", code, "--requirements-file", listed, ".", at=place)
        said |= {Said(kind, normal(name)) for name in _listed(done.stderr + done.stdout)}
    return said


def pip_check(place: Place) -> set[Said]:
    """Run pip check in the environment."""
    done = _run(place.python, "-m", "pip", "check", at=place)
    words = (line.split() for line in done.stdout.splitlines() if " has requirement" in line)
    return {Said("conflict", normal(line[0])) for line in words}


_WITH_SITE = (
    "import sys, importlib; sys.path.append({site!r}); name, _, main = {module!r}.partition(':'); "
    "sys.exit(getattr(importlib.import_module(name), main)())"
)


def _listing(place: Place, declared: Iterable[str]) -> Path:
    """Write what is declared as a requirements file, beside the sources."""
    listed = place.sources.parent / "requirements.txt"
    listed.write_text("".join(f"{one}\n" for one in declared))
    return listed


def _listed(text: str) -> Iterator[str]:
    """Give the distributions at the beginning of lines of pip-check-reqs."""
    for line in text.splitlines():
        match = re.match(r"(?:.*dist=|)([A-Za-z0-9][\w.-]*)(?: module=.*| in .*)?$", line.strip())
        if match is not None and not line.startswith(("Missing", "Extra")):
            yield match[1]


def _run(*command: object, at: Place) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=at.sources,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
