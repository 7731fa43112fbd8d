"""`linkstep upgrade`: would this code still link against that version."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from linkstep.cli.formats import FORMATS, Occasion, render
from linkstep.cli.options import linking_options, request_for
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver
from linkstep.errors import LinkstepError
from linkstep.model.upgrade import UpgradeRequest


@click.command("upgrade")
@click.argument("wanted", nargs=-1, metavar="[DIST==VERSION|WHEEL]...")
@click.option("--outdated", is_flag=True, help="Try the newest version of each direct dependency.")
@click.option(
    "--allow-build",
    is_flag=True,
    help="Take a source distribution where there is no wheel; building it runs its code.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(tuple(FORMATS)),
    default="full",
    show_default=True,
    help="How to tell it.",
)
@click.option("--output", metavar="FILE", help="Write the report there, not to standard output.")
@linking_options
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no summary, notes or progress.")
def command(
    wanted: tuple[str, ...],
    outdated: bool,
    allow_build: bool,
    style: str,
    output: str | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Say what breaks if these distributions are upgraded; nothing is installed.

    The project and the rest of its environment are linked against the new versions.
    What breaks only then is reported: names and modules that are gone, requirements
    that are no longer met. Wheels come from the index that pip is configured for.

    \b
    Examples:
      linkstep upgrade flask==3.0.3 werkzeug==3.0.3
      linkstep upgrade dist/ourlib-2.0-py3-none-any.whl
      linkstep upgrade --outdated

    \b
    Exit code: 0 it links the same, 1 something breaks, 2 usage, a version or a
    wheel that cannot be had, 3 a bug in linkstep.
    """
    if outdated is bool(wanted):
        raise LinkstepError(
            "name distributions, or ask for --outdated",
            hint="for example: linkstep upgrade flask==3.0.3",
        )
    from linkstep.upgrade_pipeline import check_upgrade  # the stages; --help needs none of them

    started = time.perf_counter()
    with observed(sys.stderr, quiet) as observer, tempfile.TemporaryDirectory() as directory:
        check = request_for((), **options)
        request = UpgradeRequest(check, wanted, Path(directory), allow_build, outdated)
        result = check_upgrade(request, observer)
        elapsed = time.perf_counter() - started
        occasion = Occasion(to_file=output not in (None, "-"), quiet=quiet, elapsed=elapsed)
        report = render(result, style, occasion)
    deliver(report, output)
    return 1 if result.failed else 0
