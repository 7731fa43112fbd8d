"""Cases: small trees in Markdown, with the findings expected on their lines.

The examples of rule pages and the files of tests/fixtures/cases are written in one
format, docs/cases.md, so that what users read is what is tested. This module only
reads it; the tests link the trees and run the entries by the real interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.model.findings import Severity

ENVIRONMENT = "/env/"

HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})\s*(.*)$")
PATH = re.compile(r"`([^`]+)`:(?:\s*(empty))?$")
CLAIM = re.compile(r"Python:\s*`?(.*?)`?$")
UNTRACKED = re.compile(r"Untracked:\s*((?:`[^`]+`(?:,\s*)?)+)$")
EXPECTATION = re.compile(
    r'#\s*(error|warning):\s*\[([A-Z]{2,6}\d{3})\](?:\s*"((?:[^"\\]|\\.)*)")?', re.ASCII
)
ALMOST = re.compile(r"#\s*(?:error|warning):\s*(?:\[|[A-Z]{2,6}\d{3})")
# What CPython appends, depending on its version: a place, a suggestion, advice to rename.
APPENDED = re.compile(r"(?: \((?:[^()]*[/\\][^()]*|unknown location)\)|\. Did you mean:? .*\?)+$")


class CaseFile(Struct, frozen=True):
    """A file of a case; `line` is where its text begins in the Markdown."""

    path: str
    text: str
    line: int


class Expectation(Struct, frozen=True, order=True):
    """A finding that a line of a file must have; `message` is a part of what it says."""

    path: str
    line: int
    code: str
    severity: Severity
    message: str | None = None


class Claim(Struct, frozen=True):
    """What the interpreter says when it runs `entry`: its last line, None when it runs.

    Places and suggestions that some versions append to a message do not count.
    """

    entry: str
    exception: str | None
    line: int

    def agrees(self, last_line: str | None) -> bool:
        """Whether a run that ended with this line, None without exception, is as claimed.

        >>> claim = Claim("main.py", "ImportError: cannot import name 'x' from 'm'", 9)
        >>> claim.agrees("ImportError: cannot import name 'x' from 'm' (/tmp/m.py)")
        True
        """
        if self.exception is None or last_line is None:
            return self.exception == last_line
        return APPENDED.sub("", last_line) == APPENDED.sub("", self.exception)


class Case(Struct, frozen=True):
    """One tree with everything that is said about it.

    `heading` holds the headings it stands under, outermost first. Files whose path
    begins with `/env/` are a virtual environment. `configuration` is the text of a
    linkstep.toml. When files are `untracked`, the tree is a git checkout that holds the
    others.
    """

    heading: tuple[str, ...]
    line: int
    files: tuple[CaseFile, ...]
    expected: tuple[Expectation, ...]
    claims: tuple[Claim, ...]
    configuration: str | None = None
    untracked: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Give the headings in one line, for the name of a test."""
        return " / ".join(self.heading)

    @property
    def has_environment(self) -> bool:
        """Whether some of the files are an environment."""
        return any(file.path.startswith(ENVIRONMENT) for file in self.files)


def parse_cases(text: str, where: str) -> tuple[Case, ...]:
    """Give the cases of a Markdown text: every section that has files of its own.

    What almost is an expectation, a path without a file, and a claim without an entry
    are LinkstepErrors: a case that is not understood must not look like one that passed.

    >>> [case] = parse_cases("# A\\n`m.py`:\\n~~~\\nimport gone  # error: [LS101]\\n~~~\\n", "a.md")
    >>> case.heading, case.files[0].path, case.expected[0].line
    (('A',), 'm.py', 1)
    """
    reader = _Reader(where)
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        reader.take(line, number)
    reader.end()
    return tuple(reader.cases)


class _Section(Struct):
    """What has been read below one heading."""

    line: int
    files: list[CaseFile] = []
    claims: list[Claim] = []
    untracked: list[str] = []


class _Fence(Struct):
    """A code fence that is open; `path` is None for one that only illustrates."""

    mark: str
    path: str | None
    is_configuration: bool
    line: int
    lines: list[str] = []


class _Reader:
    """Goes through the lines once, and remembers what it stands in."""

    def __init__(self, where: str) -> None:
        self.cases: list[Case] = []
        self._where = where
        self._headings: dict[int, str] = {}
        self._configurations: dict[int, str] = {}
        self._section = _Section(1)
        self._fence: _Fence | None = None
        self._path: str | None = None
        self._configures = False

    def take(self, line: str, number: int) -> None:
        """Read one line."""
        if self._fence is not None:
            self._inside(self._fence, line)
        elif match := FENCE.match(line):
            self._open(match[1], match[2].strip(), number)
        elif self._path or self._configures:
            if line.strip():
                self._fail("a code fence has to follow here", number)
        elif match := HEADING.match(line):
            self._enter(len(match[1]), match[2], number)
        elif match := PATH.match(line):
            if match[2]:
                self._add(CaseFile(match[1], "", number))
            else:
                self._path = match[1]
        elif line.rstrip() == "Config:":
            self._configures = True
        elif match := UNTRACKED.match(line):
            self._untrack(re.findall(r"`([^`]+)`", match[1]), number)
        elif match := CLAIM.match(line):
            self._claim(match[1].strip(), number)

    def end(self) -> None:
        """Finish the last section."""
        if self._fence is not None:
            self._fail("the code fence is never closed", self._fence.line)
        if self._path or self._configures:
            self._fail("a code fence has to follow the last line", 0)
        self._finish()

    def _enter(self, level: int, title: str, number: int) -> None:
        self._finish()
        for kept in (self._headings, self._configurations):
            for deeper in [known for known in kept if known >= level]:
                del kept[deeper]
        self._headings[level] = title
        self._section = _Section(number)

    def _finish(self) -> None:
        """Make a case of the section, if it has files."""
        section = self._section
        if section.files:
            depth = max(self._configurations, default=None)
            self.cases.append(
                Case(
                    heading=tuple(self._headings[level] for level in sorted(self._headings)),
                    line=section.line,
                    files=tuple(section.files),
                    expected=tuple(
                        found for file in section.files for found in self._expected(file)
                    ),
                    claims=tuple(section.claims),
                    configuration=None if depth is None else self._configurations[depth],
                    untracked=tuple(section.untracked),
                )
            )

    def _open(self, mark: str, label: str, number: int) -> None:
        _, _, written = label.partition(" ")
        path = self._path or written.strip() or None
        self._fence = _Fence(mark, path, self._configures, number)
        self._path, self._configures = None, False

    def _inside(self, fence: _Fence, line: str) -> None:
        if not re.fullmatch(rf"{re.escape(fence.mark[0])}{{{len(fence.mark)},}}\s*", line):
            fence.lines.append(line)
            return
        self._fence = None
        text = "".join(f"{kept}\n" for kept in fence.lines)
        if fence.is_configuration:
            self._configurations[max(self._headings, default=0)] = text
        elif fence.path is not None:
            self._add(CaseFile(fence.path, text, fence.line + 1))

    def _add(self, file: CaseFile) -> None:
        if any(file.path == known.path for known in self._section.files):
            self._fail(f"{file.path} is there twice", file.line)
        if (file.path.startswith("/") and not file.path.startswith(ENVIRONMENT)) or (
            ".." in file.path.split("/")
        ):
            self._fail(f"{file.path} is neither in the tree nor in {ENVIRONMENT}", file.line)
        self._section.files.append(file)

    def _untrack(self, paths: list[str], number: int) -> None:
        known = {file.path for file in self._section.files}
        for path in paths:
            if path not in known:
                self._fail(f"{path} is no file of this case", number)
        self._section.untracked += paths

    def _claim(self, claim: str, number: int) -> None:
        if not self._section.files:
            self._fail("a claim about Python has to follow the file that is run", number)
        if claim != "runs" and not re.match(r"[A-Za-z_.]+(: .|$)", claim):
            self._fail("a claim is `runs` or the last line of a traceback", number)
        entry = self._section.files[-1].path
        exception = None if claim == "runs" else claim
        self._section.claims.append(Claim(entry, exception, number))

    def _expected(self, file: CaseFile) -> Iterator[Expectation]:
        """Give what the comments expect; one on a line of its own speaks for the next."""
        waiting: list[re.Match[str]] = []
        for number, line in enumerate(file.text.removesuffix("\n").split("\n"), 1):
            found = list(EXPECTATION.finditer(line))
            if len(found) != len(ALMOST.findall(line)):
                self._fail("no expectation such as `# error: [LS102]`", file.line + number - 1)
            waiting.extend(found)
            if not found or line[: found[0].start()].strip():
                for level, code, message in (match.groups() for match in waiting):
                    yield Expectation(file.path, number, code, Severity(level), message)
                waiting = []
        if waiting:
            self._fail("nothing follows the expectation", file.line)

    def _fail(self, what: str, number: int) -> None:
        raise LinkstepError(what, where=f"{self._where}:{number}")
