"""Why, on a terminal: chains step by step, references with their lines, one screen a finding.

app.main:app (CMD in Dockerfile) reaches app.db.session when it is imported, in 3 steps

app.main
-> app.ws.routes    app/main.py:6
     6 | from app.ws.routes import accept
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from linkstep.model.summary import Span
from linkstep.model.why import Answer, Chains, Explained, Hop, Need, Needed, Report
from linkstep.report.summary import plural
from linkstep.report.terminal import PLACE, Lines, code_lines, encoded, hang, head_lines, row
from linkstep.report.visible import visible, visible_line
from linkstep.report.why_words import (
    NEEDS,
    chains_title,
    explained_rows,
    hop_remarks,
    need_effect,
    needed_rows,
    needed_title,
    needs_title,
    report_title,
)
from linkstep.report.words import place_of

NARROWEST = 24
ARROW = "-> "
COLOURS = {"broken": "bold red", "deferred": "yellow", "guarded": "yellow", "called": "cyan"}


def render_why(answer: Answer, lines: Lines, width: int = 80, colour: bool = False) -> str:
    """Give an answer as text for a terminal of `width` columns.

    `lines` gives the source lines of a path, nothing when they are not to be had.
    """
    width = max(width, NARROWEST)
    if isinstance(answer, Chains):
        printed = list(_chains(answer, lines, width))
    elif isinstance(answer, Needed):
        printed = list(_needed(answer, lines, width))
    else:
        printed = list(_report(answer, lines, width))
    return encoded(printed, colour)


def _chains(answer: Chains, lines: Lines, width: int) -> Iterator[Text]:
    yield from _title(chains_title(answer), width)
    for number, chain in enumerate(answer.chains):
        yield Text()
        if number:
            yield from hang(Text(), Text(f"or in {plural(len(chain) - 1, 'step')}"), 2, width)
        for hop in chain:
            yield from _hop(hop, lines, width)


def _hop(hop: Hop, lines: Lines, width: int) -> Iterator[Text]:
    """Give a step: the module, the place of the statement, the statement, what is special."""
    name = Text(visible(hop.module), "bold")
    if not hop.path:
        said = "   (a package is executed before its modules)" if hop.implied else ""
        yield from hang(Text(ARROW if hop.implied else ""), name.append(said, "dim"), 6, width)
        return
    place = f"   {visible(hop.path)}:{hop.line}"
    yield from hang(Text(ARROW), name.append(place, "not bold cyan"), 6, width)
    source = lines(hop.path)
    if 0 < hop.line <= len(source):
        gutter = f"{hop.line:>6} | "
        shown = visible_line(source[hop.line - 1])[0].strip()
        room = width - len(gutter)
        yield Text.assemble((gutter, "dim"), shown if len(shown) <= room else _cut(shown, room))
    for word, sentence in hop_remarks(hop):
        yield from hang(
            Text.assemble("      ", (word, COLOURS[word]), ": "), Text(sentence), 8, width
        )


def _cut(text: str, room: int) -> str:
    return text[: max(1, room - 3)].rstrip() + "..."


def _needed(answer: Needed, lines: Lines, width: int) -> Iterator[Text]:
    yield from _title(needed_title(answer), width)
    yield from hang(Text(), Text(needs_title(answer)), 2, width)
    for need in answer.needs[:NEEDS]:
        yield Text()
        yield from _need(need, lines, width)
    if (more := len(answer.needs) - NEEDS) > 0:
        yield Text()
        yield Text(f"and {plural(more, 'more reference')}")
    rows = list(needed_rows(answer))
    if rows:
        yield Text()
    yield from _rows(rows, width)


def _need(need: Need, lines: Lines, width: int) -> Iterator[Text]:
    one = need.reference
    place = Text(place_of(one.path, one.span.line, one.span.column), "bold")
    yield from hang(Text(), place, 2, width)
    yield from _marked(one.path, one.span, lines, width)
    yield from hang(Text("  "), Text(need_effect(need)), 4, width)


def _marked(path: str, span: Span, lines: Lines, width: int) -> Iterator[Text]:
    source: Sequence[str] = lines(path)
    if 0 < span.line <= len(source):
        yield from code_lines(source[span.line - 1], span, width, "bold red")


def _report(answer: Report, lines: Lines, width: int) -> Iterator[Text]:
    title = report_title(answer)
    if title is not None:
        yield from _title(title, width)
    for number, one in enumerate(answer.findings):
        if number:
            yield Text()
        yield from _explained(one, lines, width)


def _explained(one: Explained, lines: Lines, width: int) -> Iterator[Text]:
    yield from head_lines(one.finding, lines, width)
    yield from _rows(explained_rows(one), width)


def _rows(rows: Iterable[tuple[str, str]], width: int) -> Iterator[Text]:
    """Give labelled sentences; of several below one label each one begins further left."""
    told = list(rows)
    for number, (label, sentence) in enumerate(told):
        further = told[number + 1 : number + 2]
        several = not label or (further and not further[0][0])
        yield from row(label, sentence, width, PLACE if several else 0)


def _title(sentence: str, width: int) -> Iterator[Text]:
    yield from hang(Text(), Text(sentence, "bold"), 2, width)
