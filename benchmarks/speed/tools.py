"""The tools, and how each is made to look at imports and names of modules, and little else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

PEERS = (
    "ty==0.0.105",
    "pyrefly==1.4.1",
    "pyright==1.1.414",
    "mypy==2.4.1",
    "pylint==4.1.4",
    "ruff==0.17.6",
)
ROOT = Path(__file__).parents[2]


class Tool(Struct, frozen=True):
    """A row of the table.

    `command` gets the directory of the programs and one to keep things in, and gives what
    to run; `corpora` are those that it is run on, all when empty. `prepare` is run before
    each run, with the directory to keep things in; it is not measured.
    """

    name: str
    command: Callable[[str, str], list[str]]
    prepare: Callable[[Path], None] = lambda kept: None
    corpora: tuple[str, ...] = ()


def install(work: Path) -> Path:
    """Install the peers, and linkstep from this checkout; give the directory of programs."""
    place = work / "tools"
    pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not place.is_dir():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([*pip, "install", *PEERS], check=True)
    subprocess.run([*pip, "install", "--force-reinstall", "--no-deps", str(ROOT)], check=True)
    subprocess.run([*pip, "install", str(ROOT)], check=True)
    return place / "bin"


def _emptied(kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)


def _linkstep(programs: str, kept: str) -> list[str]:
    return [f"{programs}/linkstep", "check", "--format", "concise", "--cache-dir", kept]


def _mypy(programs: str, kept: str) -> list[str]:
    options = ["--ignore-missing-imports", "--no-error-summary", "--cache-dir", kept]
    return [f"{programs}/mypy", *options, "--explicit-package-bases", "."]


COLD = Tool("linkstep, empty cache", _linkstep, _emptied)
WARM = Tool("linkstep, warm", _linkstep)
BODY = Tool("linkstep, a body edited", _linkstep)
FUNCTION = Tool("linkstep, a function added", _linkstep)
MISSING = Tool("linkstep, a missing name in a function", _linkstep)
EXPORT = Tool("linkstep, a name removed", _linkstep)
OTHERS = (
    Tool(
        "linkstep without cache",
        lambda programs, kept: [f"{programs}/linkstep", "check", "--no-cache"],
    ),
    Tool(
        "linkstep without its native reader, empty cache",
        lambda programs, kept: ["env", "LINKSTEP_NATIVE=0", *_linkstep(programs, kept)],
        _emptied,
    ),
    Tool(
        "ty",
        lambda programs, kept: [
            *(f"{programs}/ty", "check", "--ignore", "all"),
            *("--error", "unresolved-import", "--error", "unresolved-attribute", "."),
        ],
    ),
    Tool("pyrefly", lambda programs, kept: [f"{programs}/pyrefly", "check", "."]),
    Tool(
        "pyright",
        lambda programs, kept: [f"{programs}/pyright", "."],
        corpora=("small",),
    ),
    Tool("mypy, empty cache", _mypy, _emptied, ("small",)),
    Tool("mypy, warm", _mypy, corpora=("small",)),
    Tool(
        "pylint E0401,E0611",
        lambda programs, kept: [
            *(f"{programs}/pylint", "--disable=all", "--enable=E0401,E0611"),
            *("--recursive=y", "."),
        ],
        corpora=("small",),
    ),
    Tool(
        "ruff analyze graph (floor: modules only)",
        lambda programs, kept: [f"{programs}/ruff", "analyze", "graph", "."],
    ),
    Tool(
        "ast.parse (floor: CPython's parser alone, on all processors)",
        lambda programs, kept: [f"{programs}/python", str(Path(__file__).with_name("parsing.py"))],
    ),
)
