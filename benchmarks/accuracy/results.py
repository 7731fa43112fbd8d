"""What has been measured, one file for each distribution and tool, so that a run can go on.

Below the work directory, `results/plain/click/linkstep.json` is what a tool said about the
code as it is, `results/mutated/click/truth.json` the places that fail after mutations, and
`results/mutated/click/linkstep.json` what a tool said then. `click-2` is another round of
mutations.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from benchmarks.accuracy.claims import Alarm, Outcome, Reported, Verdict

T = TypeVar("T")

ROUNDS = 4  # copies of a distribution that are mutated, at most


def name_of_round(name: str, number: int) -> str:
    """Give the name that a round of mutations is kept under.

    >>> name_of_round("click", 1), name_of_round("click", 2)
    ('click', 'click-2')
    """
    return name if number == 1 else f"{name}-{number}"


class Settled(Struct, frozen=True):
    """An alarm with what the interpreter says about it.

    `plainly` says that the code stands under no test that may keep it from running, and
    that no handler around it stops the exception.
    """

    alarm: Alarm
    verdict: Verdict
    plainly: bool = True


class Plain(Struct, frozen=True):
    """A tool on a distribution as it is: its own counts, and its alarms, settled."""

    name: str
    version: str
    files: int
    lines: int
    reported: Reported
    settled: tuple[Settled, ...]

    def having(self, outcome: Outcome) -> list[Settled]:
        """Give the alarms with one outcome."""
        return [one for one in self.settled if one.verdict.outcome is outcome]


class Store:
    """The results below a work directory."""

    def __init__(self, work: Path) -> None:
        self.directory = work / "results"

    def path(self, stage: str, name: str, tool: str) -> Path:
        """Give the file of one result."""
        return self.directory / stage / name / f"{tool}.json"

    def has(self, stage: str, name: str, tool: str) -> bool:
        """Say whether it has been measured."""
        return self.path(stage, name, tool).is_file()

    def put(self, stage: str, name: str, tool: str, result: Struct) -> None:
        """Keep a result; a file that is there is complete."""
        path = self.path(stage, name, tool)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
        unfinished.replace(path)

    def get(self, stage: str, name: str, tool: str, kind: type[T]) -> T | None:
        """Give a result, None when it has not been measured."""
        path = self.path(stage, name, tool)
        return msgspec.json.decode(path.read_bytes(), type=kind) if path.is_file() else None
