"""`linkstep check`: link a tree and tell what CPython would refuse."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from linkstep.cli.formats import FORMATS, Occasion, further_reports, render
from linkstep.cli.options import (
    cache_options,
    linking_options,
    request_for,
    tree_options,
    words,
)
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver
from linkstep.model.policy import FailOn


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "style",
    type=click.Choice(tuple(FORMATS)),
    default="full",
    show_default=True,
    help="How to tell it.",
)
@click.option("--output", metavar="FILE", help="Write the report there, not to standard output.")
@click.option(
    "--report",
    "further",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=further_reports,
    help="Write a report in another format as well; repeatable.",
)
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
@tree_options
@click.option(
    "--since",
    metavar="REV",
    help="Report only what the change from REV on causes, in files it does not touch too.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    help="Accept the findings listed there, which `linkstep baseline` has written.",
)
@click.option(
    "--no-baseline", is_flag=True, help="Tell all findings, whatever baseline is configured."
)
@linking_options
@click.option(
    "--only-reachable",
    is_flag=True,
    help="Leave out findings in modules that no entry point reaches.",
)
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
@cache_options
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that read files, for a large tree.  [default: one on each processor]",
)
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no summary, notes or progress.")
def command(
    style: str,
    output: str | None,
    further: tuple[tuple[str, str], ...],
    quiet: bool,
    cache_dir: str | None,
    no_cache: bool,
    jobs: int | None,
    paths: tuple[str, ...],
    **options: Any,
) -> int:
    """Check the files below PATHS (default: the project in this directory).

    Everything is linked, but only references in PATHS are reported. PATHS can also
    be one wheel, sdist, zip file or zipapp.

    \b
    Examples:
      linkstep check
      linkstep check src/app tests --ignore LS108
      linkstep check --python .venv --target-version 3.11
      linkstep check --format sarif --output linkstep.sarif
      linkstep check --report junit=linkstep.xml --report markdown=linkstep.md
      linkstep check --baseline linkstep-baseline.json
      linkstep check --staged --since HEAD
      linkstep check dist/app-1.0-py3-none-any.whl

    \b
    Exit code: 0 clean, 1 findings at or above --fail-on, 2 usage,
    configuration or unreadable input, 3 a bug in linkstep.
    """
    from linkstep.cli.caching import cache_for, checked  # --help needs none of it

    started = time.perf_counter()
    request = request_for(paths, **options)
    with checked(request, cache_for(cache_dir, no_cache), quiet, jobs) as check:
        with observed(sys.stderr, quiet) as observer:
            result = check(observer)
        elapsed = time.perf_counter() - started
        for format_, file in ((style, output), *further):
            occasion = Occasion(to_file=file not in (None, "-"), quiet=quiet, elapsed=elapsed)
            deliver(render(result, format_, occasion), file)
    return 1 if result.failed else 0
