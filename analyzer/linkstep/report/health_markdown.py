"""Health as Markdown, to be pasted into an incident or a pull request.

The tables come first, since they are what everybody asks for; evidence follows, folded
away beyond the first causes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from linkstep.model.health import Health, RootCause, Status
from linkstep.report.blocks import Block
from linkstep.report.health_words import (
    Invocation,
    blocked_at,
    detail,
    headline,
    hits,
    impact,
    next_commands,
    what_is_missing,
)
from linkstep.report.markdown import Lines, code, folded, prose, section
from linkstep.report.summary import plural
from linkstep.report.visible import visible

IN_FULL = 5  # root causes that are told with their code
IN_LINES = 60  # further ones that are told in a line each
_BAD = (Status.FAILED, Status.BLOCKED)


def render_health_markdown(
    health: Health, lines: Lines, invocation: Invocation, closing: Sequence[str]
) -> str:
    """Give health as Markdown that GitHub and GitLab show alike.

    The arguments are those of `render_health` for the terminal.
    """
    parts = ["### Health", prose(headline(health))]
    if health.components:
        rows = [
            (prose(visible(one.name)), _status(one.status), _cell(detail(one)),
             _cell(impact(one, health.paths)))
            for one in health.components
        ]  # fmt: skip
        parts.append(_table(("component", "status", "detail", "impact"), rows))
    if health.paths:
        ways = [
            (prose(visible(one.name)), _status(one.status), _cell(blocked_at(one)))
            for one in health.paths
        ]
        parts.append(_table(("golden path", "status", "blocked at, weakened at, or way"), ways))
    for number, cause in enumerate(health.causes[:IN_FULL], 1):
        parts.extend(_cause(number, cause, lines))
    if rest := health.causes[IN_FULL:]:
        told = [f"- {prose(what_is_missing(c))}: {prose(hits(c))}" for c in rest[:IN_LINES]]
        if len(rest) > IN_LINES:
            told.append(f"- and {plural(len(rest) - IN_LINES, 'root cause')} more")
        parts.append(folded(f"{plural(len(rest), 'root cause')} more", told))
    if commands := list(next_commands(health, invocation)):
        shown = "\n".join(commands)
        parts += ["#### Run after the fix", f"```console\n{shown}\n```"]
    parts += [prose(sentence) for sentence in closing]
    return "\n\n".join(parts) + "\n"


def _status(status: Status) -> str:
    return f"**{status.value.upper()}**" if status in _BAD else status.value


def _cell(text: str) -> str:
    """Give prose for a table, in which a bar ends the cell even within code."""
    return re.sub(r"(?<!\\)\|", r"\\|", prose(text))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cause(number: int, cause: RootCause, lines: Lines) -> Iterator[str]:
    yield f"#### Root cause {number}: {code(what_is_missing(cause))}"
    yield f"Hits {prose(hits(cause))}."
    first, *others = cause.findings
    yield from list(section(Block(first, tuple(others)), lines))[1:]
