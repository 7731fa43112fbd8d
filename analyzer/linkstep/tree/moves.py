"""Which files of a tree are files of another tree that were moved.

As in git's rename detection a file is taken for a moved one when at least half of its
lines are those of a file that is gone; the same name and the same content come first.
"""

from __future__ import annotations

import posixpath
from collections import Counter

from linkstep.model.tree import Tree

_LEAST_ALIKE = 0.5
_MOST_COMPARED = 60  # beyond that only equal contents are looked for, as in git


def moved_files(before: Tree, now: Tree) -> dict[str, str]:
    """Give the old path of each file of `now` that was moved.

    >>> from linkstep.tree.memory import MemoryTree
    >>> before = MemoryTree({"app/db.py": "a = 1\\nb = 2\\nc = 3\\n", "app/x.py": "x = 1\\n"})
    >>> now = MemoryTree({"app/database.py": "a = 1\\nb = 2\\nc = 4\\n", "app/y.py": "q = 2\\n"})
    >>> moved_files(before, now)
    {'app/database.py': 'app/db.py'}
    """
    old_paths, new_paths = set(before.files()), set(now.files())
    gone = {path: _lines(before, path) for path in sorted(old_paths - new_paths)}
    come = {path: _lines(now, path) for path in sorted(new_paths - old_paths)}
    moved: dict[str, str] = {}
    if not gone or not come:
        return moved
    pairs = []
    few = len(gone) * len(come) <= _MOST_COMPARED**2
    for new, lines in come.items():
        for old, earlier in gone.items():
            alike = _alike(earlier, lines) if few else float(lines == earlier)
            if alike >= _LEAST_ALIKE and lines:
                same_name = posixpath.basename(old) == posixpath.basename(new)
                pairs.append((-alike, not same_name, new, old))
    for _, _, new, old in sorted(pairs):
        if new not in moved and old in gone:
            moved[new] = old
            del gone[old]
    return moved


def _lines(tree: Tree, path: str) -> Counter[bytes]:
    try:
        return Counter(line for line in tree.read(path).splitlines() if line.strip())
    except OSError:
        return Counter()


def _alike(first: Counter[bytes], second: Counter[bytes]) -> float:
    larger = max(first.total(), second.total())
    return (first & second).total() / larger if larger else 0.0
