"""The command line of the accuracy benchmark."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.accuracy.catalogue import load_catalogue
from benchmarks.accuracy.environments import provide
from benchmarks.accuracy.measuring import Measuring
from benchmarks.accuracy.report import write_report
from benchmarks.accuracy.report_recall import TOOLS

_DEEPEST = 12_000  # frames: sources are visited recursively, and some nest deeply


def main() -> None:
    """Measure what is asked for and not there yet; write the report."""
    sys.setrecursionlimit(_DEEPEST)
    options = parser().parse_args()
    options.tool = options.tool or TOOLS
    catalogue = load_catalogue()
    chosen = catalogue.chosen(options.names)
    measuring = Measuring(catalogue, options.work.absolute(), options.seed, options.mutations)
    if options.no_run:
        chosen = ()
    if chosen and set(options.tool) - {"linkstep"}:
        provide(catalogue.environment("peers"), options.work.absolute())
    for tool in options.tool:
        for distribution in chosen:
            measuring.run(distribution, tool, options.again)
    if options.report:
        write_report(options.report, catalogue, measuring.store, options.seed)


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description="Measure false alarms and recall against CPython. Results are kept in the "
        "work directory: a run that was interrupted goes on where it was.",
    )
    made.add_argument("names", nargs="*", metavar="DISTRIBUTION", help="default: all")
    made.add_argument("--tool", choices=TOOLS, action="append", help="default: all")
    made.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir(), "linkstep-accuracy"),
        help="where environments, copies and results are kept (default: %(default)s)",
    )
    made.add_argument("--seed", default="1", help="of the mutations (default: %(default)s)")
    made.add_argument(
        "--mutations", type=int, default=25, help="in one copy, at most (default: %(default)s)"
    )
    made.add_argument("--again", action="store_true", help="measure what is there already too")
    made.add_argument("--no-run", action="store_true", help="only write the report")
    made.add_argument(
        "--report", type=Path, metavar="FILE", help="write the report from all results"
    )
    return made


if __name__ == "__main__":
    main()
