"""`linkstep health`: components and golden paths, what is broken, and whom that hits."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Any

import click

from linkstep import __version__
from linkstep.cli.options import (
    cache_options,
    linking_options,
    request_for,
    tree_options,
    words,
)
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver, wants_colour, width_of
from linkstep.model.health import HealthFailOn
from linkstep.model.request import CheckResult
from linkstep.report.health_words import Invocation

FORMATS = ("full", "markdown", "json", "html")
TYPED = ("roots", "python", "config", "target_version", "platform")


@click.command("health")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How to tell it; html is one page with the import map.",
)
@click.option("--output", metavar="FILE", help="Write there, not to standard output.")
@click.option(
    "--fail-on",
    "fail_on",
    type=click.Choice([level.value for level in HealthFailOn]),
    default="failed",
    show_default=True,
    help="Least bad status that ends with exit code 1; a blocked path counts as failed.",
)
@click.option(
    "--ignore",
    callback=words,
    multiple=True,
    metavar="CODES",
    help="Leave these rules out as well.",
)
@tree_options
@linking_options
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(
    paths: tuple[str, ...],
    style: str,
    output: str | None,
    fail_on: str,
    quiet: bool,
    cache_dir: str | None,
    no_cache: bool,
    **options: Any,
) -> int:
    """Tell how components and golden paths are, and what causes the harm.

    Components and golden paths are named in `[tool.linkstep.components]` and
    `[tool.linkstep.paths]`. Without them, components are the top two package levels and
    paths the entry points.

    \b
    Examples:
      linkstep health
      linkstep health --format markdown --output incident.md
      linkstep health --format html --output health.html

    \b
    Exit code: 0 healthy enough, 1 something is as bad as --fail-on, 2 usage,
    configuration or unreadable input, 3 a bug in linkstep.
    """
    from linkstep.cli.caching import cache_for, checked

    started = time.perf_counter()
    request = request_for(paths, no_baseline=True, **options)
    with checked(request, cache_for(cache_dir, no_cache), quiet) as check:
        with observed(sys.stderr, quiet) as observer:
            result = check(observer)
            overview = result.overview()
        elapsed = time.perf_counter() - started
        invocation = Invocation(paths, tuple(_as_typed(options)))
        deliver(_render(result, style, output, invocation, elapsed), output)
    return 1 if overview.health.failed(HealthFailOn(fail_on)) else 0


def _as_typed(options: dict[str, Any]) -> list[str]:
    """Give the options that decide what is linked against what, as they were typed."""
    typed = []
    for name in TYPED:
        value = options.get(name)
        for one in value if isinstance(value, tuple) else (value,) if value else ():
            typed += [f"--{'root' if name == 'roots' else name.replace('_', '-')}", one]
    return typed


def _render(
    result: CheckResult, style: str, output: str | None, invocation: Invocation, elapsed: float
) -> str:
    """Give health in one format; each is imported only when it is wanted."""
    health = result.overview().health
    if style == "json":
        from linkstep.report.health_json import render_health_json

        return render_health_json(health, __version__, invocation)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    files = f"{result.report.counts.files:,} files"
    run = f"`{invocation.command}`: {files}, {when}, linkstep {__version__} ({elapsed:.2f} s)"
    closing = (run, *(f"note: {note}" for note in result.report.notes))
    if style == "markdown":
        from linkstep.report.health_markdown import render_health_markdown

        return render_health_markdown(health, result.lines, invocation, closing)
    if style == "html":
        from linkstep.report.html_page import render_html

        overview = result.overview()
        return render_html(
            "linkstep health", result.report, overview, result.lines, invocation, closing
        )
    from linkstep.report.health_terminal import render_health

    colour = output in (None, "-") and wants_colour(sys.stdout)
    width = width_of(sys.stdout)
    return render_health(health, result.lines, invocation, closing, width, colour)
