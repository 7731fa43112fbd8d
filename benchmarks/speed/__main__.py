"""Measures linkstep and its peers on the same code, and writes the table.

    python -m benchmarks.speed                    all corpora, 5 rounds, and print
    python -m benchmarks.speed --write            and put the tables into docs/performance.md
    python -m benchmarks.speed --rounds 1 small   one corpus, once

In each round every tool runs once, one after the other, so that what else the machine does
hits all of them. What is fetched is kept in the work directory (`--work`).
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.speed.corpora import Corpus, corpora, lines_in, multiplied, unpack
from benchmarks.speed.edits import ADDED, with_line, with_missing, without
from benchmarks.speed.hook import Hook
from benchmarks.speed.measuring import Taken, median, run
from benchmarks.speed.tools import (
    BODY,
    COLD,
    EXPORT,
    FUNCTION,
    MISSING,
    OTHERS,
    PEERS,
    WARM,
    Tool,
    install,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
START, END = "<!-- speed: written by benchmarks/speed -->", "<!-- speed: end -->"
GROWTH = (1, 2, 4, 8)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("corpora", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "linkstep-speed"))
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    asked = shlex.join(["python", "-m", "benchmarks.speed", *sys.argv[1:]])
    bench = Bench(install(work), work, arguments.rounds, asked)
    chosen = [c for c in corpora() if not arguments.corpora or c.name in arguments.corpora]
    parts: list[str] = []
    for part in bench.parts(chosen, everything=not arguments.corpora):
        print(part, flush=True)
        parts.append(part)
    text = "\n\n".join(parts)
    if arguments.write:
        before, _, rest = DOCUMENT.read_text().partition(START)
        after = rest.partition(END)[2]
        DOCUMENT.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}")
    return 0


class Bench:
    """Runs the tools on corpora."""

    def __init__(self, programs: Path, work: Path, rounds: int, asked: str) -> None:
        self.asked = asked
        self.programs = str(programs)
        self.work = work
        self.rounds = rounds
        kept = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(work / "home")}
        self.environ = kept | {k: v for k, v in os.environ.items() if k.startswith("npm_")}

    def parts(self, chosen: Sequence[Corpus], everything: bool) -> Iterator[str]:
        """Give the tables, each when it is measured."""
        yield self.machine()
        for corpus in chosen:
            if corpus.is_hook:
                hook = Hook(corpus, self.work, self.programs, self.environ)
                yield hook.table(self.rounds)
            else:
                yield self.table(corpus)
        if everything:
            yield self.growth(chosen[0])
        yield self.start()

    def machine(self) -> str:
        """Say what was measured with, and how."""
        versions = ", ".join(peer.replace("==", " ") for peer in PEERS)
        return (
            f"`{self.asked}`, medians; in each round every tool ran "
            f"once. {platform.system()} {platform.machine()}, "
            f"{os.cpu_count()} processors, Python {platform.python_version()}; linkstep "
            f"{'with' if self.reads_natively() else 'without'} its native reader; {versions}."
        )

    def reads_natively(self) -> bool:
        """Whether the linkstep that was installed has its native reader."""
        question = "import sys; from linkstep.index import native; sys.exit(not native.available())"
        command = [f"{self.programs}/python", "-c", question]
        return subprocess.run(command, env=self.environ, check=False).returncode == 0

    def table(self, corpus: Corpus) -> str:
        """Measure all tools on one corpus, and give a table in Markdown."""
        place = unpack(corpus, self.work)
        files, lines = lines_in(place)
        rows: dict[str, list[Taken] | None] = {}
        for _ in range(self.rounds):
            for name, taken in self.round(corpus, place):
                found = rows.setdefault(name, [])
                if taken is None:
                    rows[name] = None
                elif found is not None:
                    found.append(taken)
        medians = {name: median(runs) if runs else None for name, runs in rows.items()}
        head = f"**{corpus.name}**: {', '.join(corpus.distributions)}; "
        text = [f"{head}{files:,} files, {lines:,} lines.", ""]
        text += ["| | seconds | of cold linkstep | processor | memory |", "|---|--:|--:|--:|--:|"]
        cold = medians[COLD.name]
        for name, taken in medians.items():
            if taken is None or cold is None:
                text.append(f"| {name} | more than 600 | | | |")
                continue
            ratio = f"{taken.wall / cold.wall:.2f}"
            text.append(
                f"| {name} | {taken.wall:.2f} | {ratio} | {taken.cpu:.1f} | {taken.memory:.0f} MB |"
            )
        return "\n".join(text)

    def round(self, corpus: Corpus, place: Path) -> Iterator[tuple[str, Taken | None]]:
        """Run every tool once."""
        edited = place / corpus.edited
        text = edited.read_text()
        yield COLD.name, self.run(COLD, place)
        self.run(WARM, place)  # what was written just now is looked at once more
        yield WARM.name, self.run(WARM, place)
        try:
            edited.write_text(with_line(text))
            yield BODY.name, self.run(BODY, place)
            edited.write_text(text + ADDED)
            yield FUNCTION.name, self.run(FUNCTION, place)
            edited.write_text(with_missing(text, corpus))
            yield MISSING.name, self.run(MISSING, place)
            edited.write_text(without(text, corpus))
            yield EXPORT.name, self.run(EXPORT, place)
        finally:
            edited.write_text(text)
        for tool in OTHERS:
            if not tool.corpora or corpus.name in tool.corpora:
                yield tool.name, self.run(tool, place)

    def run(self, tool: Tool, place: Path) -> Taken | None:
        """Run one tool; the rows of one program keep things in the same place."""
        kept = self.work / "kept" / f"{tool.name.partition(',')[0]}-{place.name}"
        tool.prepare(kept)
        return run(tool.command(self.programs, str(kept)), place, self.environ)

    def growth(self, corpus: Corpus) -> str:
        """Measure how time and memory grow with the same code several times."""
        place = unpack(corpus, self.work)
        text = ["| the same code | lines | seconds | processor | memory |", "|--:|--:|--:|--:|--:|"]
        for times in GROWTH:
            copy = multiplied(place, times, self.work)
            runs = [self.run(COLD, copy) for _ in range(self.rounds)]
            taken = median([one for one in runs if one is not None])
            text.append(
                f"| {times}x | {lines_in(copy)[1]:,} | {taken.wall:.2f} | {taken.cpu:.1f} "
                f"| {taken.memory:.0f} MB |"
            )
        return "\n".join(["Growth, with an empty cache:", "", *text])

    def start(self) -> str:
        """Measure the start of the program."""
        command = [f"{self.programs}/linkstep", "--version"]
        runs = [run(command, self.work, self.environ) for _ in range(4 * self.rounds)]
        taken = median([one for one in runs if one is not None])
        return f"`linkstep --version`: {taken.wall:.3f} seconds."


if __name__ == "__main__":
    sys.exit(main())
