"""Other tools on the same copies: their rules about imports and attributes of modules.

A tool's words say what is missing in its own way, often without the module (`Import
".db" could not be resolved`). So the words give the kind and the name only; the claim is
that of the site at the line which an alarm points at.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from benchmarks.accuracy.claims import Alarm, Claim, Kind, Reported
from benchmarks.accuracy.environments import clean, python_of, site_packages
from benchmarks.accuracy.sites import Site, sites_of
from benchmarks.accuracy.subjects import module_name

LIMIT = 300  # seconds


class Message(Struct, frozen=True):
    """One line of a tool's output."""

    path: str
    line: int
    rule: str
    text: str


class Peer(Struct, frozen=True):
    """A tool: how it is called, how its output is read, and which of its words count.

    `words` has a pattern for `rule: text`, and the kind that it claims. Group 1 is the name.
    """

    name: str
    command: Callable[[Path, Path], list[str]]
    read: Callable[[str], Iterator[Message]]
    words: tuple[tuple[str, Kind], ...]

    def run(self, project: Path, environment: Path, peers: Path) -> Reported:
        """Check all packages of a project against an environment, within the time limit."""
        command = self.command(environment, peers / "bin")
        targets = sorted({path.relative_to(project).parts[0] for path in project.rglob("*.py")})
        started = time.perf_counter()
        output, trouble = output_of([*command, *targets], project)
        seconds = time.perf_counter() - started
        if trouble:
            return Reported(self.name, seconds=seconds, trouble=trouble)
        try:
            messages = list(self.read(output))
        except ValueError:
            return Reported(self.name, seconds=seconds, trouble=output[-300:] or "no output")
        alarms = self.alarms(messages, project)
        return Reported(self.name, alarms=tuple(sorted(set(alarms))), seconds=seconds)

    def alarms(self, messages: Iterable[Message], project: Path) -> Iterator[Alarm]:
        """Give the messages that are about imports or attributes of modules."""
        sites = by_line(sites_of(project, everything=True))
        for message in messages:
            for pattern, kind in self.words:
                found = re.match(pattern, f"{message.rule}: {message.text}", re.DOTALL)
                if found:
                    path = os.path.relpath(project / message.path, project)
                    at_line = sites.get((path, message.line), ())
                    named = found.groupdict() or dict(
                        zip(("name", "module"), found.groups(), strict=False)
                    )
                    claim = claim_at(at_line, kind, named, module_name(path))
                    yield Alarm(path, message.line, claim, message.rule)
                    break


def output_of(command: Sequence[str], project: Path) -> tuple[str, str]:
    """Run a tool; give its output, and what went wrong."""
    process = subprocess.Popen(
        command,
        cwd=project,
        env=clean(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "", f"took more than {LIMIT} s"
    return output, ""


def by_line(sites: Iterable[Site]) -> Mapping[tuple[str, int], list[Site]]:
    """Give the sites that stand on each line of each file."""
    found: defaultdict[tuple[str, int], list[Site]] = defaultdict(list)
    for site in sites:
        for line in range(site.line, site.end_line + 1):
            found[site.path, line].append(site)
    return found


def claim_at(sites: Sequence[Site], kind: Kind, named: Mapping[str, str], importing: str) -> Claim:
    """Give what an alarm claims: the site of its line with the name, else its own words."""
    name, module = named["name"], named.get("module", "")
    last = name.rpartition(".")[2]
    kinds = {kind} if kind is not Kind.NAME else {Kind.NAME, Kind.ATTRIBUTE}
    for site in sites:
        parts = site.name.split(".")
        if site.kind not in kinds or last not in parts:
            continue
        if site.kind is Kind.ATTRIBUTE:
            holder = ".".join([site.module, *parts[: parts.index(last)]])
            return Claim(Kind.ATTRIBUTE, holder, last, importing)
        if site.kind is not Kind.MODULE or f".{site.name}".endswith(f".{name.lstrip('.')}"):
            return Claim(site.kind, site.module, site.name, importing)
    if kind is Kind.MODULE:
        # In `from . import db`, `.db` is a module to some.
        names = [site for site in sites if site.kind is Kind.NAME and site.name == last]
        if names:
            return Claim(Kind.NAME, names[0].module, last, importing)
        return Claim(kind, "", name, importing)
    return Claim(kind, module or importing, name, importing)


def read_pylint(output: str) -> Iterator[Message]:
    """Read `--output-format=json2`."""
    for entry in json.loads(output)["messages"]:
        yield Message(entry["path"], entry["line"], entry["messageId"], entry["message"])


def read_mypy(output: str) -> Iterator[Message]:
    """Read `--output json`: one object a line."""
    for line in output.splitlines():
        entry: dict[str, Any] = json.loads(line)
        yield Message(entry["file"], entry["line"], entry["code"] or "", entry["message"])


def read_pyright(output: str) -> Iterator[Message]:
    """Read `--outputjson`, whose lines count from 0."""
    for entry in json.loads(output)["generalDiagnostics"]:
        line = entry["range"]["start"]["line"] + 1
        yield Message(entry["file"], line, entry.get("rule", ""), entry["message"])


def read_ty(output: str) -> Iterator[Message]:
    """Read `--output-format concise`."""
    for line in output.splitlines():
        found = re.match(r"(.+?):(\d+):\d+: error\[([\w-]+)\] (.*)", line)
        if found:
            yield Message(found[1], int(found[2]), found[3], found[4])


def read_pyrefly(output: str) -> Iterator[Message]:
    """Read `--output-format json`."""
    for entry in json.loads(output)["errors"]:
        text = entry["concise_description"]
        yield Message(entry["path"], entry["line"], entry["name"], text)


def call_pylint(environment: Path, bin_directory: Path) -> list[str]:
    """Give the command; pylint sees the environment through sys.path."""
    path = str(site_packages(environment))
    command = [str(bin_directory / "pylint"), "--output-format=json2", "--persistent=n"]
    command += ["--disable=all", "--enable=E0401,E0611,E1101,E0603"]
    return [*command, f"--init-hook=import sys; sys.path.append({path!r})"]


def call_mypy(environment: Path, bin_directory: Path) -> list[str]:
    """Give the command; bodies of functions without annotations are checked too."""
    command = [str(bin_directory / "mypy"), "--output", "json", "--check-untyped-defs"]
    command += ["--no-error-summary", "--no-incremental", "--cache-dir", os.devnull]
    return [*command, "--python-executable", str(python_of(environment))]


def call_pyright(environment: Path, bin_directory: Path) -> list[str]:
    """Give the command."""
    python = str(python_of(environment))
    return [str(bin_directory / "pyright"), "--outputjson", "--pythonpath", python]


def call_ty(environment: Path, bin_directory: Path) -> list[str]:
    """Give the command."""
    command = [str(bin_directory / "ty"), "check", "--output-format", "concise"]
    return [*command, "--project", ".", "--python", str(environment)]


def call_pyrefly(environment: Path, bin_directory: Path) -> list[str]:
    """Give the command; without a preset an unconfigured project is checked for less."""
    command = [str(bin_directory / "pyrefly"), "check", "--preset", "default"]
    command += ["--search-path", ".", "--output-format", "json"]
    return [*command, "--python-interpreter-path", str(python_of(environment))]


# Each pattern is matched with `rule: text`. Group 1 is the name, group 2 the module.
PEERS = (
    Peer(
        "pylint",
        call_pylint,
        read_pylint,
        (
            (r"E0401: Unable to import '(.+?)'", Kind.MODULE),
            (r"E0611: No name '(.+?)' in module '(.*?)'", Kind.NAME),
            (r"E1101: Module '(?P<module>.+?)' has no '(?P<name>.+?)' member", Kind.ATTRIBUTE),
            (r"E0603: Undefined variable name '(.+?)' in __all__", Kind.EXPORT),
        ),
    ),
    Peer(
        "mypy",
        call_mypy,
        read_mypy,
        (
            (r"import-not-found: Cannot find .* module named \"(.+?)\"", Kind.MODULE),
            (
                r"attr-defined: Module \"(?P<module>.+?)\" has no attribute \"(?P<name>.+?)\"",
                Kind.NAME,
            ),
        ),
    ),
    Peer(
        "pyright",
        call_pyright,
        read_pyright,
        (
            (r"reportMissingImports: Import \"(.+?)\" could not be resolved", Kind.MODULE),
            (r"reportAttributeAccessIssue: \"(.+?)\" is unknown import symbol", Kind.NAME),
            (
                r"reportAttributeAccessIssue: \"(.+?)\" is not a known attribute of module "
                r"\"(.+?)\"",
                Kind.ATTRIBUTE,
            ),
            (r"reportUnsupportedDunderAll: \"(.+?)\" is specified in __all__", Kind.EXPORT),
        ),
    ),
    Peer(
        "ty",
        call_ty,
        read_ty,
        (
            (r"import-not-found: Cannot resolve imported module `(.+?)`", Kind.MODULE),
            (
                r"missing-module-member: Module `(?P<module>.+?)` has no member `(?P<name>.+?)`",
                Kind.NAME,
            ),
            (
                r"missing-attribute: Module `(?P<module>.+?)` has no member `(?P<name>.+?)`",
                Kind.ATTRIBUTE,
            ),
        ),
    ),
    Peer(
        "pyrefly",
        call_pyrefly,
        read_pyrefly,
        (
            (r"missing-import: Cannot find module `(.+?)`", Kind.MODULE),
            (r"missing-module-attribute: Could not import `(.+?)` from `(.+?)`", Kind.NAME),
            (r"missing-attribute: No attribute `(.+?)` in module `(.+?)`", Kind.ATTRIBUTE),
            (r"bad-dunder-all: Name `(.+?)` is listed in `__all__`", Kind.EXPORT),
        ),
    ),
)
