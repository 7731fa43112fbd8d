"""Markdown for an incident, a pull request, or the summary of a job.

The summary comes first, then a section for each missing symbol with its code. Sections
beyond the first are told in a line each, folded away: what is pasted has to be read by
somebody, and services cut a comment off at 65,536 characters.

Text of the analysed tree stands in code, or has every character escaped that Markdown,
HTML or a service could take for something: no markup, no link, no image, no mention of a
user, no reference to an issue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from linkstep.model.findings import Report, Severity
from linkstep.report.blocks import Block, also, group
from linkstep.report.excerpt import excerpt
from linkstep.report.summary import notes, plural, summary_line
from linkstep.report.visible import visible
from linkstep.report.words import place_of, rows

Lines = Callable[[str], Sequence[str]]

IN_FULL = 10  # sections that are told with everything
IN_LINES = 100  # further ones that are told in a line each
ALSO = 5  # places of a section that are not folded

# Emphasis, code, links, HTML, entities, tables and formulas; then emoji, addresses, and
# what opens a list or a heading at the start of a line. An underscore in a word opens nothing.
MARKUP = re.compile(
    r"[\\`*\[\]<|~&$]|(?<![^\W_])_|_(?![^\W_])|:(?=//|[\w+-]*[a-z][\w+-]*:)|(?<=\bwww)\.|^[#+=>-]|(?<=^\d)[.)]"
)
REFERENCE = re.compile(r"(?<=[@#!])(?=[\w/-])")  # @user, #123 and !123 mean something to services
CODE = re.compile(r"(`[^`\n]+`)")


def render_markdown(report: Report, lines: Lines, quiet: bool = False) -> str:
    """Give the report as Markdown that GitHub and GitLab show alike.

    `lines` gives the source lines of a path. `quiet` leaves out counts and notes.
    """
    blocks = group(report.findings)
    parts = [f"### {_headline(report)}", *([] if quiet else [prose(summary_line(report))])]
    parts.extend(part for block in blocks[:IN_FULL] for part in section(block, lines))
    if rest := blocks[IN_FULL:]:
        listed = [_in_a_line(block) for block in rest[:IN_LINES]]
        if len(rest) > IN_LINES:
            listed.append(f"- and {plural(len(rest) - IN_LINES, 'symbol')} more")
        parts.append(folded(f"{plural(len(rest), 'symbol')} more", listed))
    if not quiet:
        said = [f"- {prose(note)}" for note in notes(report)]
        parts.extend(["\n".join(said)] if said else [])
    return "\n\n".join(parts) + "\n"


def prose(text: str) -> str:
    r"""Give plain text as Markdown that shows it; what stands in backticks becomes code.

    >>> print(prose("`except *` hides __init__ <b> from @you"))
    `except *` hides \_\_init\_\_ \<b> from @<!-- -->you
    """
    parts = CODE.split(text)
    return "".join(part if number % 2 else _escape(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """Give text as a code span, whatever backticks it holds.

    >>> print(code("a`b"))
    ``a`b``
    """
    ticks = "`" * (_longest_run(text) + 1)
    space = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{ticks}{space}{text}{space}{ticks}" if text else ""


def _escape(text: str) -> str:
    escaped = MARKUP.sub(r"\\\g<0>", text)
    return REFERENCE.sub("<!-- -->", escaped)  # a comment parts the name from the character


def _headline(report: Report) -> str:
    severities = [finding.severity for finding in report.findings]
    said = [
        plural(severities.count(severity), severity.value)
        for severity in (Severity.ERROR, Severity.WARNING)
        if severity in severities
    ]
    return f"linkstep: {', '.join(said) or 'no findings'}"


def section(block: Block, lines: Lines) -> Iterator[str]:
    """Give the parts of a section: heading, place, code, what it means, other places."""
    finding = block.first
    fact = finding.fact
    yield f"#### {finding.code} {code(visible(finding.message))}"
    place = code(place_of(fact.path, fact.span.line, fact.span.column))
    yield f"{place} ({finding.severity.value})"
    source = lines(fact.path)
    if 0 < fact.span.line <= len(source):
        shown = "\n".join(excerpt(source[fact.span.line - 1], fact.span))
        fence = "`" * max(3, _longest_run(shown) + 1)
        yield f"{fence}text\n{shown}\n{fence}"
    told = []
    for label, sentence in rows(fact):
        told.append(f"- **{label}**: {prose(sentence)}" if label else f"  <br>{prose(sentence)}")
    if told:
        yield "\n".join(told)
    if others := [f"- {prose(sentence)}" for sentence in also(block)]:
        short = "\n".join(["also:", "", *others])
        away = folded(f"also in {plural(len(others), 'place')}", others)
        yield away if len(others) > ALSO else short


def _in_a_line(block: Block) -> str:
    finding = block.first
    fact = finding.fact
    place = place_of(fact.path, fact.span.line, fact.span.column)
    more = f" and {plural(len(block.others), 'further place')}" if block.others else ""
    return f"- {finding.code} {code(visible(finding.message))} in {code(place)}{more}"


def folded(summary: str, lines: Sequence[str]) -> str:
    """Give lines that a click unfolds; the blank lines make their Markdown count."""
    body = "\n".join(lines)
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
