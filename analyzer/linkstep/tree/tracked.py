"""What git holds of a directory: only that is in the next clone, and is deployed from there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from linkstep.errors import LinkstepError
from linkstep.model.delivery import Delivery
from linkstep.model.facts import LeftOutOf
from linkstep.tree.git_repository import Repository
from linkstep.tree.inputs import KIND
from linkstep.tree.journal import Journal

_SUBMODULE = "160000"


def git_delivery(
    root: Path, environ: Mapping[str, str], journal: Journal | None = None
) -> Delivery | None:
    """Give what git takes of the directory `root`; None outside of a checkout or without git."""
    if journal is not None:
        for directory in (root, *root.parents):
            journal.look(KIND, str(directory / ".git"))
    if not any((directory / ".git").exists() for directory in (root, *root.parents)):
        return None
    try:
        repository = Repository(root, environ, journal)
        entries = list(repository.list_index())
    except LinkstepError:
        return None  # whoever asks for the index itself is told why
    tracked = {entry.path for entry in entries}
    submodules = [e.path + "/" for e in entries if e.mode == _SUBMODULE]

    def place(path: str) -> str:
        return os.path.relpath(os.path.realpath(root / path), os.path.realpath(repository.top))

    def takes(path: str) -> bool:
        inside = place(path)
        if inside in tracked or inside.startswith("../"):
            return True
        return any(inside.startswith(submodule) for submodule in submodules)

    def cause(path: str) -> str:
        pattern = repository.ignoring([place(path)]).get(place(path))
        return f"is ignored by git ({pattern})" if pattern else "is not tracked by git"

    return Delivery(LeftOutOf.GIT, takes, lambda path: not takes(path), cause)
