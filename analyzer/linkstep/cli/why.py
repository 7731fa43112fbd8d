"""`linkstep why`: how a module is reached, who needs a name, everything about a finding."""

from __future__ import annotations

import sys
from typing import Any

import click

from linkstep import __version__
from linkstep.cli.options import cache_options, linking_options, request_for, tree_options
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver, wants_colour, width_of
from linkstep.model.why import WhyRequest, is_answered

FORMATS = ("full", "json")


@click.command("why")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET [TARGET]")
@click.option(
    "--in",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Link what is below this path only, as `linkstep check PATH` does; repeatable.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How to tell it.",
)
@click.option("--output", metavar="FILE", help="Write there, not to standard output.")
@click.option(
    "--chains",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="How many of the shortest chains to show.",
)
@tree_options
@linking_options
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(
    targets: tuple[str, ...],
    paths: tuple[str, ...],
    style: str,
    output: str | None,
    chains: int,
    quiet: bool,
    cache_dir: str | None,
    no_cache: bool,
    **options: Any,
) -> int:
    """Say why: how one module reaches another, who needs a name, what a finding means.

    A TARGET is a module (app.db.session, or its file), a name of one (app.db.session:connect),
    an entry point (app.main:app), or the place of a finding (app/ws.py:44).

    \b
    linkstep why A B          the shortest chains of imports from A to B
    linkstep why MODULE:NAME  who needs it, what breaks without it, which commit removed it
    linkstep why FILE:LINE    the finding there: cause, effect, history, whom it hits

    \b
    Examples:
      linkstep why app.main:app app.db.session
      linkstep why app.db.session:get_session
      linkstep why LS102 app/ws/manager.py:44

    \b
    Exit code: 0 there is an answer, 1 no chain or no finding, 2 usage, configuration,
    unreadable input or a word that names nothing, 3 a bug in linkstep.
    """
    if len(targets) > 2:
        raise click.UsageError("one or two targets, not more")
    from linkstep.cli.caching import cache_for, known
    from linkstep.why.pipeline import explain_why

    request = WhyRequest(request_for(paths, no_baseline=True, **options), targets, chains)
    with (
        known(request.check, cache_for(cache_dir, no_cache), quiet) as (summaries, journal),
        observed(sys.stderr, quiet) as observer,
    ):
        result = explain_why(request, observer, summaries, journal)
    if style == "json":
        from linkstep.report.why_json import render_why_json

        text = render_why_json(result.answer, __version__)
    else:
        from linkstep.report.why_terminal import render_why

        colour = output in (None, "-") and wants_colour(sys.stdout)
        text = render_why(result.answer, result.lines, width_of(sys.stdout), colour)
    deliver(text, output)
    return 0 if is_answered(result.answer) else 1
