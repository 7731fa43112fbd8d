"""Which paths git ignores: the one place where the `pathspec` library is used.

gitignore(5): patterns of `.git/info/exclude` come first, then those of the `.gitignore`
files from the top of the checkout down to the path's own directory; the last pattern
that matches decides. A file cannot be taken back in when its directory is ignored,
which is why the walk asks about directories first and never looks into ignored ones.

Most patterns are plain names (`build/`, `.env`). They are looked up in a table, and
patterns without a slash are asked once per name, since 7,500 files times 150 regular
expressions would cost more than reading the files.
"""

from __future__ import annotations

import re
from pathlib import Path

from pathspec import GitIgnoreSpec

_PLAIN = re.compile(r"[\w.@+-]+/?\Z")


class IgnoreFile:
    """The patterns of one ignore file; paths are counted from its directory.

    >>> rules = IgnoreFile(["*.pyc", "build/", "!keep.pyc", "/docs/api"])
    >>> rules.decide("a/b.pyc", False), rules.decide("a/keep.pyc", False)
    (True, False)
    >>> rules.decide("a/build", True), rules.decide("a/build", False)
    (True, None)
    >>> rules.decide("docs/api", True), rules.decide("x/docs/api", True)
    (True, None)
    """

    def __init__(self, lines: list[str]) -> None:
        self._plain: dict[str, list[tuple[int, bool]]] = {}
        self._by_name: list[tuple[int, GitIgnoreSpec]] = []
        self._by_path: list[tuple[int, GitIgnoreSpec]] = []
        self._names: dict[str, tuple[int, bool]] = {}
        for number, line in enumerate(lines):
            pattern = line.rstrip("\r\n")
            if not pattern.strip() or pattern.startswith("#"):
                continue
            if _PLAIN.match(pattern):
                self._plain.setdefault(pattern, []).append((number, True))
                continue
            try:
                spec = GitIgnoreSpec.from_lines([pattern])
            except ValueError:  # git skips a pattern that it cannot understand, too
                continue
            floating = "/" not in pattern.rstrip().rstrip("/")
            (self._by_name if floating else self._by_path).append((number, spec))

    def decide(self, path: str, is_directory: bool) -> bool | None:
        """Say whether `path` is ignored; None when no pattern speaks about it."""
        name = path.rpartition("/")[2]
        asked = name + "/" if is_directory else name
        best = self._names.get(asked)
        if best is None:
            best = self._names[asked] = self._decide_by_name(name, asked)
        if self._by_path:
            full = path + "/" if is_directory else path
            best = max(best, _last_match(self._by_path, full))
        return best[1] if best[0] >= 0 else None

    def _decide_by_name(self, name: str, asked: str) -> tuple[int, bool]:
        matches = [_last_match(self._by_name, asked)]
        matches += self._plain.get(name, ())
        matches += self._plain.get(name + "/", ()) if asked != name else ()
        return max(matches)


def _last_match(specs: list[tuple[int, GitIgnoreSpec]], path: str) -> tuple[int, bool]:
    for number, spec in reversed(specs):
        include = spec.check_file(path).include
        if include is not None:
            return number, include
    return -1, False


class Ignored:
    """Answers whether git ignores a path below `root`; nothing is, outside a checkout.

    `enter` a directory before asking about what is in it, from the top down. A root that
    is ignored itself was asked for on purpose: patterns from above it then do not count.
    """

    def __init__(self, root: Path) -> None:
        # A scope is (prefix, cut, rules): the rules are asked about prefix + path[cut:].
        self._scopes: dict[str, tuple[tuple[str, int, IgnoreFile], ...]] = {}
        self._above: tuple[tuple[str, int, IgnoreFile], ...] = ()
        top = next((d for d in (root, *root.parents) if (d / ".git").exists()), None)
        self.active = top is not None
        if top is not None:
            self._above = _scopes_above(root, top)

    def enter(self, directory: str, gitignore: bytes | None) -> None:
        """Take note of a directory (its path from the root) and of its ignore file."""
        scopes = self._scopes[directory.rpartition("/")[0]] if directory else self._above
        if gitignore:
            rules = IgnoreFile(gitignore.decode("utf-8-sig", "replace").splitlines())
            scopes = (*scopes, ("", len(directory) + bool(directory), rules))
        self._scopes[directory] = scopes

    def decide(self, directory: str, name: str, is_directory: bool) -> bool:
        """Say whether `name` in an entered directory is ignored."""
        path = f"{directory}/{name}" if directory else name
        return _decide(self._scopes[directory], path, is_directory)


def _decide(scopes: tuple[tuple[str, int, IgnoreFile], ...], path: str, is_directory: bool) -> bool:
    for prefix, cut, rules in reversed(scopes):
        said = rules.decide(prefix + path[cut:], is_directory)
        if said is not None:
            return said
    return False


def _scopes_above(root: Path, top: Path) -> tuple[tuple[str, int, IgnoreFile], ...]:
    """Give the rules of the checkout `top` that come from above `root`."""
    scopes = []
    inner = "" if top == root else root.relative_to(top).as_posix() + "/"
    exclude = _read_lines(_git_directory(top) / "info" / "exclude")
    if exclude:
        scopes.append((inner, 0, IgnoreFile(exclude)))
    for directory in reversed([d for d in root.parents if top in (d, *d.parents)]):
        lines = _read_lines(directory / ".gitignore")
        if lines:
            scopes.append((root.relative_to(directory).as_posix() + "/", 0, IgnoreFile(lines)))
    parts = inner.rstrip("/").split("/")
    for depth in range(1, len(parts) + 1 if inner else 0):
        # `prefix` ends with the root's own path; ask about each directory down to it.
        asked = "/".join(parts[:depth])
        known = [
            ("", len(inner) - len(prefix), rules)
            for prefix, _, rules in scopes
            if len(inner) - len(prefix) < len(asked)
        ]
        if _decide(tuple(known), asked, True):
            return ()
    return tuple(scopes)


def _git_directory(top: Path) -> Path:
    """Follow the `.git` file of a worktree or submodule (gitrepository-layout(5))."""
    git = top / ".git"
    if git.is_dir():
        return git
    lines = _read_lines(git)
    if lines and lines[0].startswith("gitdir:"):
        git = top / lines[0].partition(":")[2].strip()
        common = _read_lines(git / "commondir")
        if common:
            git = git / common[0].strip()
    return git


def _read_lines(path: Path) -> list[str]:
    try:
        if not path.is_file():
            return []
        return path.read_bytes().decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return []
