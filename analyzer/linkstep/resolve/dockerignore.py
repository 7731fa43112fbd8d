"""`.dockerignore`: what the build context leaves out, matched as Docker matches it.

The rules are those of moby's `patternmatcher` (Docker's documentation, ".dockerignore
files"). They are not those of `.gitignore`: every pattern counts from the context's top,
`*` and `?` stop at a slash and `**` does not, the last pattern that matches decides, and a
file below an excluded directory can be taken back in.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache

from msgspec import Struct

_SPECIAL = frozenset(".+()|{}$")


class IgnorePattern(Struct, frozen=True):
    """One line: `text` as written, `line` from 1, `takes_back` for one that begins with `!`."""

    text: str
    line: int
    takes_back: bool
    regex: str


_State = tuple[list[bool], IgnorePattern | None]
"""Which patterns match a path or a directory above it, and which of them decides."""


class DockerIgnore:
    """The patterns of one file, in order.

    >>> rules = DockerIgnore("# tests\\n**/test_*.py\\ndocs\\n!docs/api\\n/*.md\\n")
    >>> rules.decides("shared/test_only_guard.py").text, rules.decides("app/main.py")
    ('**/test_*.py', None)
    >>> rules.decides("docs/x/y.py").text, rules.decides("docs/api/y.py")
    ('docs', None)
    >>> rules.decides("README.md").line, rules.decides("app/README.md")
    (5, None)
    """

    def __init__(self, text: str) -> None:
        self.patterns = tuple(_read(text))
        self._compiled = [re.compile(p.regex, re.DOTALL) for p in self.patterns]
        self._any = re.compile("|".join(f"(?:{p.regex})" for p in self.patterns), re.DOTALL)
        self._none: _State = [False] * len(self.patterns), None
        self._directories: dict[str, _State] = {"": self._none}
        self._decided: dict[str, IgnorePattern | None] = {}

    def decides(self, path: str) -> IgnorePattern | None:
        """Give the pattern that keeps a file out of the context, None when it gets in.

        The directories above it are asked first, from the top, since a pattern that
        matches one of them matches everything below.
        """
        if path not in self._decided:
            state = self._decide(path, self._directory(posixpath.dirname(path)))
            self._decided[path] = state[1]
        return self._decided[path]

    def _directory(self, path: str) -> _State:
        state = self._directories.get(path)
        if state is None:
            above = self._directory(posixpath.dirname(path))
            state = self._directories[path] = self._decide(path, above)
        return state

    def _decide(self, path: str, state: _State) -> _State:
        above = state[0]
        if state is self._none and self._any.fullmatch(path) is None:
            return state
        matched: list[bool] = []
        kept_out: IgnorePattern | None = None
        for number, pattern in enumerate(self.patterns):
            hit = above[number]
            # A pattern that could not change the state is not asked, and counts as no match.
            if not hit and pattern.takes_back is (kept_out is not None):
                hit = self._compiled[number].fullmatch(path) is not None
            matched.append(hit)
            if hit:
                kept_out = None if pattern.takes_back else pattern
        return matched, kept_out


@cache
def docker_ignore(text: str) -> DockerIgnore:
    """Give the rules of a `.dockerignore`; several images share one file."""
    return DockerIgnore(text)


def _read(text: str) -> list[IgnorePattern]:
    patterns = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        written = line.strip()
        if line.startswith("#") or not written:
            continue
        takes_back = written.startswith("!")
        wanted = written[1:].strip() if takes_back else written
        if not wanted:
            continue
        path = posixpath.normpath(wanted)
        path = path[1:] if len(path) > 1 and path.startswith("/") else path
        path = path.lstrip("/") or path
        try:
            regex = _translate(path)
            re.compile(regex)
        except re.error:
            continue  # docker refuses to build with such a file
        patterns.append(IgnorePattern(written, number, takes_back, regex))
    return patterns


def _translate(pattern: str) -> str:
    """Give the regular expression of a pattern.

    >>> _translate("**/a?.py"), _translate("docs/**"), _translate("*.[ch]")
    ('(?:.*/)?a[^/]\\\\.py', 'docs/.*', '[^/]*\\\\.[ch]')
    """
    out = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*" and pattern[position : position + 1] == "*":
            position += 1
            if pattern[position : position + 1] == "/":
                position += 1
            out.append(".*" if position >= len(pattern) else "(?:.*/)?")
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and position < len(pattern):
            out.append(re.escape(pattern[position]))
            position += 1
        else:
            out.append("\\" + char if char in _SPECIAL or char == "\\" else char)
    return "".join(out)
