"""What a commit lacks that is on disk: modules that nobody added, or that git ignores.

With `--staged` the tree is the index, so a module that git does not hold is missing. Whoever
sees it on disk is told why it is missing, and not that there is none: LS401 as for the files on
disk, in place of LS101.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from linkstep.analyses.left_out import in_place_of
from linkstep.model.environment import Project
from linkstep.model.facts import BrokenReference, Fact
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.recording import directory_tree, journal_of
from linkstep.tree.tracked import git_delivery


def say_untracked(
    facts: Iterable[Fact], tree: Tree, root: Path, project: Project, request: CheckRequest
) -> tuple[Fact, ...]:
    """Give the facts about the index, with modules that are on disk told as left out of it."""
    told = tuple(facts)
    if not any(isinstance(fact, BrokenReference) for fact in told):
        return told  # git is asked only when something is missing
    journal = journal_of(tree)
    delivery = git_delivery(root, request.environ, journal)
    if delivery is None:
        return told
    disk = directory_tree(root, journal)
    roots = [one.directory for one in project.roots if not one.directory.startswith("/")]

    def candidates(module: str) -> Iterator[str]:
        below = module.replace(".", "/")
        for directory in roots:
            yield posixpath.join(directory, below, "__init__.py")
            yield posixpath.join(directory, f"{below}.py")

    def on_disk(module: str) -> str | None:
        for path in candidates(module):
            directory, name = posixpath.split(path)
            if disk.entries(directory).get(name) is EntryKind.FILE and delivery.lacks(path):
                return path
        return None

    return in_place_of(told, on_disk, delivery)
