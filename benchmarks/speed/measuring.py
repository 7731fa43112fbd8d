"""Running a command and saying what it took."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

LIMIT = 600  # seconds


class Taken(NamedTuple):
    """Wall clock and processor seconds, and the peak memory of all its processes in MB."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Taken | None:
    """Run a command to its end, whatever its exit code; None when it takes too long."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    watch = _Watch(process.pid)
    watch.start()
    killer = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
    killer.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.ended.set()
    watch.join()
    if wall >= LIMIT:
        return None
    peak = max(watch.peak, usage.ru_maxrss / 1024)
    return Taken(wall, usage.ru_utime + usage.ru_stime, peak)


def median(runs: Sequence[Taken]) -> Taken:
    """Give the median of each figure."""
    return Taken(*(statistics.median(column) for column in zip(*runs, strict=True)))


class _Watch(threading.Thread):
    """Adds up the memory of a session's processes, ten times a second, shared pages once."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.ended = threading.Event()
        self.peak = 0.0

    def run(self) -> None:
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, sum(map(_proportional, self._processes())) / 1024)

    def _processes(self) -> list[int]:
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = Path("/proc", entry, "stat").read_text()
                except OSError:
                    continue
                if int(stat.rpartition(")")[2].split()[3]) == self.session:
                    found.append(int(entry))
        return found


def _proportional(pid: int) -> int:
    """Give the memory of a process in kB, pages that n processes share as one n-th."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
