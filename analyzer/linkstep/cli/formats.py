"""The formats of a report, each imported only when it is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
from msgspec import Struct

from linkstep import __version__
from linkstep.cli.streams import wants_colour, width_of
from linkstep.model.request import CheckResult


class Occasion(Struct, frozen=True):
    """How a report is told this time: where it goes, and what the run took."""

    to_file: bool = False
    quiet: bool = False
    elapsed: float | None = None


def render(result: CheckResult, style: str, occasion: Occasion) -> str:
    """Give the report of a run in the format that is called `style`."""
    return FORMATS[style](result, occasion)


def further_reports(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Give format and file of each `--report FORMAT=FILE`."""
    reports = []
    for value in values:
        style, _, file = value.partition("=")
        if style not in FORMATS or not file:
            raise click.BadParameter(
                f"{value!r} is no FORMAT=FILE; formats are {', '.join(FORMATS)}"
            )
        reports.append((style, file))
    return tuple(reports)


def _full(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.terminal import render_full

    colour = not occasion.to_file and wants_colour(sys.stdout)
    width = width_of(sys.stdout)
    lines, elapsed = result.lines, occasion.elapsed
    return render_full(result.report, lines, width, colour, elapsed, occasion.quiet)


def _concise(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.concise import render_concise

    return render_concise(result.report, occasion.elapsed, occasion.quiet)


def _json(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.json_document import render_json

    return render_json(result.report, __version__)


def _sarif(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.sarif import render_sarif
    from linkstep.rulebook.load import says

    summaries = {rule.code: says(rule) for rule in result.rules}
    failed, prefix = result.failed, _prefix(result.root)
    return render_sarif(result.report, result.rules, summaries, __version__, failed, prefix)


def _github(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.github import render_github

    return render_github(result.report, _prefix(result.root), occasion.quiet)


def _gitlab(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.gitlab import render_gitlab

    return render_gitlab(result.report, _prefix(result.root))


def _junit(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.junit import render_junit

    return render_junit(result.report, result.fail_on.fails, _prefix(result.root))


def _markdown(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.markdown import render_markdown

    return render_markdown(result.report, result.lines, occasion.quiet)


def _html(result: CheckResult, occasion: Occasion) -> str:
    from linkstep.report.health_words import Invocation
    from linkstep.report.html_page import render_html
    from linkstep.report.summary import notes

    closing = () if occasion.quiet else tuple(notes(result.report))
    overview = result.overview()
    return render_html(
        "linkstep check", result.report, overview, result.lines, Invocation(), closing
    )


FORMATS: dict[str, Callable[[CheckResult, Occasion], str]] = {
    "full": _full,
    "concise": _concise,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "markdown": _markdown,
    "html": _html,
}


def _prefix(root: str) -> str:
    """Give the way from the top of the checkout to a project, with a slash at its end.

    Services count paths from there, and a project can be a part of a repository.
    """
    if not root:
        return ""
    here = Path(root)
    top = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    return "" if top == here else f"{here.relative_to(top).as_posix()}/"
