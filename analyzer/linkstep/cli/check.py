"""`linkstep check`: link a tree and tell what CPython would refuse."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from linkstep import __version__
from linkstep.cli.options import linking_options, request_for, words
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver, wants_colour, width_of
from linkstep.model.policy import FailOn
from linkstep.model.request import CheckResult

FORMATS = ("full", "concise", "json")


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How to tell it.",
)
@click.option("--output", metavar="FILE", help="Write the report there, not to standard output.")
@click.option(
    "--select",
    callback=words,
    multiple=True,
    metavar="CODES",
    help="Report these rules only: LS102, LS1, undefined-name or ALL.",
)
@click.option(
    "--ignore",
    callback=words,
    multiple=True,
    metavar="CODES",
    help="Leave these rules out as well.",
)
@click.option(
    "--fail-on",
    type=click.Choice([level.value for level in FailOn]),
    help="Least severity that ends with exit code 1.  [default: error]",
)
@linking_options
@click.option(
    "--require-environment", is_flag=True, help="Stop with exit code 2 if no environment is found."
)
@click.option(
    "--reader",
    type=click.Choice(("auto", "libcst", "ast")),
    default="auto",
    show_default=True,
    help="How files are parsed; the findings are the same.",
)
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no summary, notes or progress.")
def command(
    style: str, output: str | None, quiet: bool, paths: tuple[str, ...], **options: Any
) -> int:
    """Check the files below PATHS (default: the project in this directory).

    Everything is linked, but only references in PATHS are reported.

    \b
    Examples:
      linkstep check
      linkstep check src/app tests --ignore LS108
      linkstep check --python .venv --target-version 3.11
      linkstep check --format json --output report.json

    \b
    Exit code: 0 clean, 1 findings at or above --fail-on, 2 usage,
    configuration or unreadable input, 3 a bug in linkstep.
    """
    from linkstep import pipeline  # the stages; --help needs none of them

    started = time.perf_counter()
    with observed(sys.stderr, quiet) as observer:
        result: CheckResult = pipeline.check(request_for(paths, **options), observer)
    elapsed = time.perf_counter() - started
    deliver(_render(result, style, output, elapsed, quiet), output)
    return 1 if result.failed else 0


def _render(
    result: CheckResult, style: str, output: str | None, elapsed: float, quiet: bool
) -> str:
    """Give the report in one format; each is imported only when it is wanted."""
    if style == "json":
        from linkstep.report.json_document import render_json

        return render_json(result.report, __version__)
    if style == "concise":
        from linkstep.report.concise import render_concise

        return render_concise(result.report, elapsed, quiet)
    from linkstep.report.terminal import render_full

    to_file = output not in (None, "-")
    colour = not to_file and wants_colour(sys.stdout)
    width = width_of(sys.stdout)
    return render_full(result.report, result.lines, width, colour, elapsed, quiet)
