"""Which paths git ignores: the one place where the `pathspec` library is used.

gitignore(5): patterns of `.git/info/exclude` come first, then those of the `.gitignore`
files from the top of the checkout down to the path's own directory; the last pattern
that matches decides. A file cannot be taken back in when its directory is ignored,
which is why the walk asks about directories first and never looks into ignored ones.

Most patterns are plain names (`build/`) or endings (`*.so`). They are looked up, patterns
without a slash are asked once per name, and the rest is asked one by one only when
all of them together match: 7,500 files times 150 regular expressions would cost more
than reading the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

_Match = tuple[int, bool]
_NO_MATCH: _Match = (-1, False)
_PLAIN = re.compile(r"(?P<star>\*?)(?P<name>[\w.@+-]+)(?P<slash>/?)\Z")


class Note(Protocol):
    """Is told of a path before it is looked at: for its content, or whether it is there."""

    def __call__(self, path: Path, *, content: bool) -> None: ...  # noqa: D102


def _unnoted(path: Path, *, content: bool) -> None:
    """Let it be looked at."""


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
        self._plain: dict[str, int] = {}
        self._endings: dict[str, int] = {}
        by_name: list[tuple[int, str]] = []
        by_path: list[tuple[int, str]] = []
        for number, line in enumerate(lines):
            if not line.strip() or line.startswith("#"):
                continue
            plain = _PLAIN.match(line)
            if plain is not None:
                known = self._endings if plain["star"] else self._plain
                known[plain["name"] + plain["slash"]] = number
            else:
                floating = "/" not in line.rstrip().rstrip("/")
                (by_name if floating else by_path).append((number, line))
        self._all_endings = tuple(self._endings)
        self._by_name = _Patterns(by_name)
        self._by_path = _Patterns(by_path)
        self._names: dict[str, _Match] = {}

    def decide(self, path: str, is_directory: bool) -> bool | None:
        """Say whether `path` is ignored; None when no pattern speaks about it."""
        name = path.rpartition("/")[2]
        asked = name + "/" if is_directory else name
        best = self._names.get(asked)
        if best is None:
            best = self._names[asked] = self._decide_by_name(name, asked)
        best = max(best, self._by_path.last_match(path + "/" if is_directory else path))
        return best[1] if best[0] >= 0 else None

    def _decide_by_name(self, name: str, asked: str) -> _Match:
        best = self._by_name.last_match(asked)
        for text in {name, asked}:
            number = self._plain.get(text, -1)
            if text.endswith(self._all_endings):
                found = [n for ending, n in self._endings.items() if text.endswith(ending)]
                number = max(number, *found)
            best = max(best, (number, number >= 0))
        return best


def last_match(patterns: Sequence[str], path: str) -> str | None:
    """Give the last pattern that matches a file or a directory above it; None when it is not
    ignored after all.

    >>> last_match(["data/", "*.gen.py", "!keep.gen.py"], "app/data/x.py")
    'data/'
    >>> last_match(["*.gen.py", "!keep.gen.py"], "app/keep.gen.py")
    """
    parts = path.split("/")
    found = None
    for pattern in patterns:
        rules = _single(pattern)
        said = [
            rules.decide("/".join(parts[: depth + 1]), depth + 1 < len(parts))
            for depth in range(len(parts))
        ]
        if True in said:
            found = pattern
        elif False in said:
            found = None
    return found


@lru_cache(maxsize=1024)
def _single(pattern: str) -> IgnoreFile:
    return IgnoreFile([pattern])


class _Patterns:
    """Patterns in their order, with one expression that matches where any of them does."""

    def __init__(self, numbered: list[tuple[int, str]]) -> None:
        self._patterns: list[tuple[int, bool, re.Pattern[str]]] = []
        if numbered:
            from pathspec import GitIgnoreSpec  # most patterns are plain names
        for number, line in numbered:
            try:
                patterns = GitIgnoreSpec.from_lines([line]).patterns
            except ValueError:  # git passes over a pattern that it cannot understand, too
                continue
            for pattern in patterns:
                if pattern.include is not None and pattern.regex is not None:
                    self._patterns.append((number, pattern.include, pattern.regex))
        # Without their names, since a group may be named once only in an expression.
        alternatives = [re.sub(r"\(\?P<\w+>", "(?:", p.pattern) for _, _, p in self._patterns]
        self._any = re.compile("|".join(alternatives)) if alternatives else None

    def last_match(self, path: str) -> _Match:
        """Give the number and the verdict of the last pattern that matches."""
        if self._any is None or self._any.match(path) is None:
            return _NO_MATCH
        matches = ((n, include) for n, include, p in reversed(self._patterns) if p.match(path))
        return next(matches, _NO_MATCH)


class Ignored:
    """Answers whether git ignores a path below `root`; nothing is, outside a checkout.

    `enter` a directory before asking about what is in it, from the top down. A root that
    is ignored itself was asked for on purpose: patterns from above it then do not count.
    `note` is told of what will be looked at outside of the directories entered.
    """

    def __init__(self, root: Path, note: Note = _unnoted) -> None:
        # A scope is (prefix, cut, rules): the rules are asked about prefix + path[cut:].
        self._scopes: dict[str, tuple[tuple[str, int, IgnoreFile], ...]] = {}
        self._above: tuple[tuple[str, int, IgnoreFile], ...] = ()
        top = None
        for directory in (root, *root.parents):
            note(directory / ".git", content=False)
            if (directory / ".git").exists():
                top = directory
                break
        self.active = top is not None
        if top is not None:
            self._above = _scopes_above(root, top, partial(_read_lines, note=note))

    def enter(self, directory: str, gitignore: bytes | None) -> None:
        """Take note of a directory (its path from the root) and of its ignore file."""
        scopes = self._scopes[directory.rpartition("/")[0]] if directory else self._above
        if gitignore:
            rules = IgnoreFile(_lines(gitignore))
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


def _scopes_above(
    root: Path, top: Path, read_lines: Callable[[Path], list[str]]
) -> tuple[tuple[str, int, IgnoreFile], ...]:
    """Give the rules of the checkout `top` that come from above `root`."""
    scopes = []
    inner = "" if top == root else root.relative_to(top).as_posix() + "/"
    exclude = read_lines(_git_directory(top, read_lines) / "info" / "exclude")
    if exclude:
        scopes.append((inner, 0, IgnoreFile(exclude)))
    for directory in reversed([d for d in root.parents if top in (d, *d.parents)]):
        lines = read_lines(directory / ".gitignore")
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


def _git_directory(top: Path, read_lines: Callable[[Path], list[str]]) -> Path:
    """Follow the `.git` file of a worktree or submodule (gitrepository-layout(5))."""
    git = top / ".git"
    if git.is_dir():
        return git
    lines = read_lines(git)
    if lines and lines[0].startswith("gitdir:"):
        git = top / lines[0].partition(":")[2].strip()
        common = read_lines(git / "commondir")
        if common:
            git = git / common[0].strip()
    return git


def _read_lines(path: Path, note: Note) -> list[str]:
    note(path, content=True)
    try:
        if not path.is_file():
            return []
        return _lines(path.read_bytes())
    except OSError:
        return []


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
