"""Health on a terminal: two tables, root causes with their code, and what to run.

On a narrow terminal a row of a table becomes a paragraph. A status is a word, in capitals
where it is bad; colour only repeats it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
from linkstep.report.summary import plural
from linkstep.report.terminal import Lines, block_lines, encoded, hang
from linkstep.report.visible import visible

NARROW = 76  # columns below which a table cannot be read any more
NARROWEST = 24
CAUSES = 10  # root causes that are told with their code
COLOURS = {
    Status.HEALTHY: "green",
    Status.DEGRADED: "bold yellow",
    Status.UNKNOWN: "yellow",
    Status.FAILED: "bold red",
    Status.BLOCKED: "bold red",
}
_BAD = (Status.FAILED, Status.BLOCKED)

Row = tuple[str, Status, Sequence[str]]


def render_health(
    health: Health,
    lines: Lines,
    invocation: Invocation,
    closing: Sequence[str],
    width: int = 80,
    colour: bool = False,
) -> str:
    """Give health as text for a terminal of `width` columns.

    `lines` gives the source lines of a path, `invocation` is what was typed, for the commands
    that are shown, `closing` sentences about the run itself.
    """
    width = max(width, NARROWEST)
    components: list[Row] = [
        (one.name, one.status, (detail(one), impact(one, health.paths)))
        for one in health.components
    ]
    paths: list[Row] = [(one.name, one.status, (blocked_at(one),)) for one in health.paths]
    printed = [*hang(Text(), Text(headline(health), "bold"), 2, width), Text()]
    printed += _rows(("component", "detail", "impact"), components, width)
    printed += _rows(("golden path", "blocked at, weakened at, or way"), paths, width)
    for number, cause in enumerate(health.causes[:CAUSES], 1):
        printed += _cause(number, cause, lines, width)
    if more := len(health.causes) - CAUSES:
        printed += [Text(f"and {plural(more, 'root cause')} more"), Text()] if more > 0 else []
    if commands := list(next_commands(health, invocation)):
        printed.append(Text.assemble(("run after the fix", "bold")))
        printed += [Text(f"  {command}") for command in commands]
        printed.append(Text())
    for sentence in closing:
        printed += hang(Text(), Text(sentence), 2, width)
    return encoded(printed, colour)


def _rows(headings: Sequence[str], rows: Sequence[Row], width: int) -> Iterator[Text]:
    """Give a table, or paragraphs where a table would be too narrow."""
    if not rows:
        return
    if width < NARROW:
        for name, status, cells in rows:
            head = Text.assemble((visible(name), "bold"), ": ", _status(status))
            yield from hang(Text(), head, 2, width)
            for heading, cell in zip(headings[1:], cells, strict=True):
                label = Text(f"  {heading}: " if len(cells) > 1 else "  ", "cyan")
                yield from hang(label, Text(cell), 4, width)
    else:
        yield from _table(headings, rows, width)
    yield Text()


def _table(headings: Sequence[str], rows: Sequence[Row], width: int) -> Iterator[Text]:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column(headings[0], overflow="fold", max_width=max(12, width // 4))
    table.add_column("status", no_wrap=True)
    table.add_column(headings[1], overflow="fold", ratio=5)
    for heading in headings[2:]:
        table.add_column(heading, overflow="fold", ratio=3)
    for name, status, cells in rows:
        table.add_row(Text(visible(name)), _status(status), *map(Text, cells))
    table.expand = True
    console = Console(
        file=io.StringIO(), width=width, color_system="standard", force_terminal=True, _environ={}
    )
    for segments in console.render_lines(table, pad=False):
        line = Text.assemble(*((part.text, part.style or "") for part in segments))
        line.rstrip()
        yield line


def _status(status: Status) -> Text:
    word = status.value.upper() if status in _BAD else status.value
    return Text(word, COLOURS[status])


def _cause(number: int, cause: RootCause, lines: Lines, width: int) -> Iterator[Text]:
    head = Text(f"root cause {number}: {what_is_missing(cause)}", "bold")
    yield from hang(Text(), head, 2, width)
    yield from hang(Text("  hits:    ", "cyan"), Text(hits(cause)), 11, width)
    first, *others = cause.findings
    yield from block_lines(Block(first, tuple(others)), lines, width)
    yield Text()
