"""The `full` format: every finding with its code, its effect, and what to do.

    app/ws.py:44:12: error[LS102] cannot import name 'gone' from 'app.db.session'
      44 |     from app.db.session import gone
         |                                ^^^^
      found:   app/db/session.py binds get_session, open_session and init_database
      effect:  fails when connect() is called, ...

Lines are wrapped at words with a hanging indent. A word longer than the line, such as
a path, is left whole, for it would be useless in pieces. Colour only repeats what the
words say. Text of the analysed tree was made visible before rich sees it; rich's
markup, emoji codes and highlighting are never applied to it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from linkstep.model.findings import Finding, Report, Severity
from linkstep.model.summary import Span
from linkstep.report.blocks import Block, also, group
from linkstep.report.summary import notes, summary_line
from linkstep.report.visible import visible, visible_line
from linkstep.report.words import place_of, rows

Lines = Callable[[str], Sequence[str]]

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.OFF: ""}
CROPPED = "..."
NARROWEST = 20
PLACE = 2  # how much a place's second line is indented, so that places can be told apart
_SPACE = re.compile(r" (?!s\))")  # where a line may end; "(0.25 s)" stays together
NEAR = 2_000  # characters on both sides of a mark that can matter on any terminal


def render_full(
    report: Report,
    lines: Lines,
    width: int = 80,
    colour: bool = False,
    elapsed: float | None = None,
    quiet: bool = False,
) -> str:
    """Give the report as text for a terminal of `width` columns.

    `lines` gives the source lines of a path, nothing when they are not to be had.
    `elapsed` are seconds. `quiet` leaves out the summary and the notes.
    """
    width = max(width, NARROWEST)
    printed: list[Text] = []
    for block in group(report.findings):
        printed.extend(block_lines(block, lines, width))
        printed.append(Text())
    if not quiet:
        printed.extend(hang(Text(), Text(summary_line(report, elapsed), "bold"), 2, width))
        for note in notes(report):
            printed.extend(hang(Text("note: "), Text(note), 6, width))
    elif printed:
        printed.pop()
    return encoded(printed, colour)


def block_lines(block: Block, lines: Lines, width: int) -> Iterator[Text]:
    """Give one block: the finding with its code and rows, then the other places."""
    yield from head_lines(block.first, lines, width)
    for label, sentence in rows(block.first.fact):
        yield from row(label, sentence, width)
    for number, sentence in enumerate(also(block)):
        yield from row("" if number else "also", sentence, width, PLACE)


def head_lines(finding: Finding, lines: Lines, width: int) -> Iterator[Text]:
    """Give the line of a finding that stands alone, and its code."""
    yield from hang(Text(), _header(finding), 2, width)
    source = lines(finding.fact.path)
    span = finding.fact.span
    if 0 < span.line <= len(source):
        yield from code_lines(source[span.line - 1], span, width, COLOURS[finding.severity])


def _header(finding: Finding) -> Text:
    """Give the line that stands alone and can be searched for."""
    fact = finding.fact
    return Text.assemble(
        (place_of(fact.path, fact.span.line, fact.span.column), "bold"),
        ": ",
        (f"{finding.severity.value}[{finding.code}]", COLOURS[finding.severity]),
        f" {visible(finding.message)}",
    )


def row(label: str, sentence: str, width: int, further: int = 0) -> Iterator[Text]:
    """Give a labelled sentence; its second line is indented by `further` columns more."""
    head = Text.assemble((f"  {label + ':' if label else '':<8} ", "cyan"))
    yield from hang(head, Text(sentence), len(head) + further, width)


def hang(head: Text, body: Text, indent: int, width: int) -> Iterator[Text]:
    """Give `body` wrapped at words behind `head`, further lines indented.

    The first line of a body without head may use the full width.
    """
    breaks = _breaks(body.plain, width - cell_len(head.plain), width - indent)
    for number, part in enumerate(body.divide(breaks)):
        part.rstrip()
        yield (Text(" " * indent) if number else head) + part


def _breaks(text: str, first: int, rest: int) -> list[int]:
    """Give the offsets of the words that begin a new line."""
    breaks: list[int] = []
    used, limit, offset = 0, first, 0
    for word in _SPACE.split(text):
        size = cell_len(word)
        if used and used + size > limit:
            breaks.append(offset)
            used, limit = 0, rest
        used += size + 1
        offset += len(word) + 1
    return breaks


def code_lines(line: str, span: Span, width: int, style: str) -> Iterator[Text]:
    """Give the source line with its number, and the line of carets below it.

    A span over several lines is marked to the end of the first. A line that is too
    long is cropped around its mark.
    """
    cut = max(0, span.column - NEAR)  # of a generated line of a megabyte, look at this part
    line = line[cut : span.column + NEAR]
    shown, offsets = visible_line(line)
    last = len(offsets) - 1
    start = offsets[min(span.column - 1 - cut, last)]
    closes_here = span.end_line == span.line
    end = offsets[min(span.end_column - 1 - cut, last)] if closes_here else len(shown)
    gutter = f"  {span.line} | "
    shown, start, end = _crop(shown.rstrip(), start, max(end, start + 1), width - len(gutter))
    before, marked = cell_len(shown[:start]), max(1, cell_len(shown[start:end]))
    blank = " " * (len(gutter) - 2) + "| "
    yield Text.assemble((gutter, "dim"), shown)
    yield Text.assemble((blank, "dim"), " " * before, ("^" * marked, style))


def _crop(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """Give a part of the line that fits, with the mark moved along.

    Indentation goes first. Then as much as possible of the mark is kept, and of what is
    before it: what stands before a name says more about it than what follows.
    """
    if cell_len(line) <= width:
        return line, start, end
    indent = min(len(line) - len(line.lstrip()), start)
    line, start, end = line[indent:], start - indent, min(end - indent, len(line) - indent)
    left = _left_edge(line, start, end, width)
    head = CROPPED if left else ""
    body = line[left:]
    if cell_len(head + body) > width:
        body = set_cell_size(body, max(1, width - len(head) - len(CROPPED))).rstrip()
        end = min(end, left + len(body))
        body += CROPPED
    shift = len(head) - left
    return head + body, start + shift, max(end, start + 1) + shift


def _left_edge(line: str, start: int, end: int, width: int) -> int:
    """Give the first character to show, so that the mark still fits at the right."""
    room = width - (len(CROPPED) if end < len(line) else 0)
    if cell_len(line[:end]) <= room:
        return 0
    room -= len(CROPPED)
    left = end
    while left > 0 and room >= cell_len(line[left - 1]):
        left -= 1
        room -= cell_len(line[left])
    return min(left, start)


def encoded(lines: list[Text], colour: bool) -> str:
    """Give the lines as one string, with escape sequences if colour is wanted.

    The environment is not asked: whoever calls has decided about colour already.
    """
    if not colour:
        return "".join(f"{line.plain}\n" for line in lines)
    console = Console(file=io.StringIO(), _environ={})
    return "".join(f"{_escaped(line, console)}\n" for line in lines)


def _escaped(line: Text, console: Console) -> str:
    """Give a line with the escape sequences of its styles."""
    return "".join(
        segment.style.render(segment.text, color_system=ColorSystem.STANDARD)
        if segment.style
        else segment.text
        for segment in line.render(console)
    )
