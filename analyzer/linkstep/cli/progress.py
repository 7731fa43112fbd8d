"""Progress on standard error: only on a terminal, only when the run takes long.

Half a second is what a person takes for instant; shorter runs stay silent. The line
is written over in place and gone before the report appears.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from linkstep.cli.streams import is_terminal
from linkstep.model.observer import Observer, Unobserved

PATIENCE = 0.5  # seconds before anything is shown
INTERVAL = 0.1  # seconds between two writings


class ProgressLine:
    """An observer that keeps one line up to date."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock() + PATIENCE
        self._name = ""
        self._total: int | None = None
        self._done = 0
        self._shown = False

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage; its name is what the line says."""
        self._name, self._total, self._done = name, total, 0
        self._show()

    def advance(self, count: int) -> None:
        """Count steps of the stage as done."""
        self._done += count
        self._show()

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._shown = False

    def _show(self) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + INTERVAL
        steps = "" if self._total is None else f" {self._done:,} of {self._total:,}"
        self._stream.write(f"\r\x1b[2K{self._name}{steps}")
        self._stream.flush()
        self._shown = True


@contextmanager
def observed(stream: TextIO, quiet: bool = False) -> Iterator[Observer]:
    """Give the observer for a run: a progress line where one can be shown."""
    dumb = os.environ.get("TERM") == "dumb" or os.environ.get("CI")
    if quiet or dumb or not is_terminal(stream):
        yield Unobserved()
        return
    line = ProgressLine(stream)
    try:
        yield line
    finally:
        line.close()
