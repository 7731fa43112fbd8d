"""Where a run starts: the directory a user named, and the project it belongs to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from linkstep.errors import LinkstepError
from linkstep.pyproject import read_toml
from linkstep.tree.directory import DirectoryTree


def open_tree(path: Path) -> DirectoryTree:
    """Give the directory `path` as a tree.

    Raises LinkstepError when there is nothing at `path`, when it is not a directory, or
    when it cannot be listed.
    """
    where = str(path)
    if not os.path.lexists(path):
        raise LinkstepError("no such directory", where=where)
    if not path.exists():
        raise LinkstepError("no such directory", where=where, why="it is a link that leads nowhere")
    if not path.is_dir():
        raise LinkstepError("not a directory", where=where)
    try:
        os.scandir(path).close()
    except OSError as error:
        raise LinkstepError(
            "cannot list the directory", where=where, why=error.strerror or str(error)
        ) from None
    return DirectoryTree(path)


def find_project_root(path: Path, start: Path | None = None) -> Path:
    """Give the directory that the paths of a report are counted from.

    From `path` upwards to the top of the git checkout, or of the disk when there is
    none: the nearest directory with a `linkstep.toml`, or with a `pyproject.toml` that
    has a `[tool.linkstep]` table; else the top of the checkout, since a part of a
    monorepo imports from its other parts; else the nearest directory with a
    `pyproject.toml`, `setup.cfg` or `setup.py`; else `start`, the directory where the user
    stands, when it holds `path`; else `path`, or the directory it is in.
    """
    here = Path(os.path.abspath(path))
    if not here.is_dir():
        here = here.parent
    upwards = [here, *here.parents]
    fallback = start if start in upwards and start is not None else here
    top = next((directory for directory in upwards if (directory / ".git").exists()), None)
    if top is not None:
        upwards = upwards[: upwards.index(top) + 1]
    configured = next((directory for directory in upwards if _is_configured(directory)), None)
    return configured or top or next(filter(_is_project, upwards), fallback)


def _is_configured(directory: Path) -> bool:
    if (directory / "linkstep.toml").is_file():
        return True
    pyproject = directory / "pyproject.toml"
    try:
        if not pyproject.is_file():
            return False
        tool: Any = read_toml(pyproject.read_bytes(), str(pyproject)).get("tool")
    except (OSError, LinkstepError):
        return False  # a broken file is reported by whoever needs what is in it
    return isinstance(tool, dict) and "linkstep" in tool


def _is_project(directory: Path) -> bool:
    return any((directory / name).is_file() for name in ("pyproject.toml", "setup.cfg", "setup.py"))
