"""The words that all build backends' inclusion rules are put in.

A backend's reader gives a `Rules`: a function that says of a file, by its path from the
project's own directory, why the wheel lacks it. `TAKEN` is the answer for a file that the
wheel has, `UNSURE` where the backend's answer depends on what cannot be read here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.manifests import Manifest
from linkstep.resolve.paths import join, kind, read_text

TAKEN, UNSURE = None, ""

Verdict = str | None
Rules = Callable[[str], Verdict]
Match = Callable[[Sequence[str], str], str | None]
"""Gives the last of some `.gitignore` patterns that matches a path, None when it is not ignored."""


class Sources:
    """The tree as a backend sees it: from the directory of the manifest."""

    def __init__(self, tree: Tree, manifest: Manifest) -> None:
        self._tree = tree
        self._base = manifest.directory
        self.manifest = manifest

    def is_file(self, path: str) -> bool:
        """Say whether a file is there."""
        return kind(self._tree, join(self._base, path)) is EntryKind.FILE

    def is_directory(self, path: str) -> bool:
        """Say whether a directory is there."""
        return kind(self._tree, join(self._base, path)) is EntryKind.DIRECTORY

    def text(self, path: str) -> str:
        """Give a file's text, empty when there is none."""
        return (read_text(self._tree, join(self._base, path)) or "") if self.is_file(path) else ""

    def names(self, directory: str, wanted: EntryKind) -> list[str]:
        """Give the names of the files, or of the directories, in a directory."""
        entries = self._tree.entries(join(self._base, directory))
        return sorted(name for name, found in entries.items() if found is wanted)

    def place(self, text: str, *files: str) -> str:
        """Give where a setting is written, as `file:line`; the first file when nowhere."""
        for file in files:
            for number, line in enumerate(self.text(file).splitlines(), 1):
                if text in line:
                    return f"{join(self._base, file)}:{number}"
        return join(self._base, files[0])


def below(path: str, directory: str) -> bool:
    """Say whether a path is a directory or in it; everything is in `.`.

    >>> below("shop/a.py", "shop"), below("shopping.py", "shop"), below("a.py", ".")
    (True, False, True)
    """
    place = posixpath.normpath(directory)
    return place == "." or path == place or path.startswith(place + "/")


def glob_hit(patterns: Iterable[str], path: str) -> str | None:
    """Give the first glob that matches a path or a directory above it (`pathlib.Path.glob`).

    >>> glob_hit(["docs", "shop/**/old_*.py"], "shop/a/b/old_x.py"), glob_hit(["*.py"], "a/b.py")
    ('shop/**/old_*.py', None)
    """
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for pattern in patterns:
        regex = re.compile(_translate(posixpath.normpath(pattern.strip("/"))))
        if any(regex.fullmatch(place) for place in above):
            return pattern
    return None


def _translate(pattern: str) -> str:
    out = []
    for part in pattern.split("/"):
        if part == "**":
            out.append("(?:[^/]+/)*")
            continue
        text = "".join(
            "[^/]*" if char == "*" else "[^/]" if char == "?" else re.escape(char) for char in part
        )
        out.append(text + "/")
    regex = "".join(out)
    return regex.removesuffix("/") if not pattern.endswith("**") else regex + "[^/]*"


def module_name(distribution: str) -> str:
    """Give the module name that backends derive from a distribution's name.

    >>> module_name("Shop-Api.Client")
    'shop_api_client'
    """
    return re.sub(r"[-_.]+", "_", distribution).lower()
