"""Where in a text something is written."""

from __future__ import annotations

import re

from msgspec.structs import replace

from linkstep.model.entry_points import EntryPoint, LaunchReading
from linkstep.model.facts import Location
from linkstep.model.summary import Span


def in_text(text: str, line: int) -> Span:
    """Give the span of a line without its margins; lines count from 1.

    >>> in_text("a\\n  run it  \\n", 2)
    Span(line=2, column=3, end_line=2, end_column=9)
    """
    lines = text.splitlines()
    content = lines[line - 1] if 0 < line <= len(lines) else ""
    start = len(content) - len(content.lstrip())
    return Span(line, start + 1, line, max(len(content.rstrip()), start) + 1)


def find_word(text: str, span: Span, word: str) -> Span | None:
    """Find a word in the lines of a span; None when it does not stand there as such.

    >>> find_word("web: uvicorn app.main:app", Span(1, 1, 1, 26), "app.main:app")
    Span(line=1, column=14, end_line=1, end_column=26)
    """
    lines = text.splitlines()
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        at = lines[number - 1].find(word) if word else -1
        if at >= 0:
            return Span(number, at + 1, number, at + 1 + len(word))
    return None


def narrowed(reading: LaunchReading, path: str, text: str) -> LaunchReading:
    """Let what `path` declares point at the very word that names it, else at its line."""
    entries = tuple(
        replace(entry, declared_at=_narrow(entry.declared_at, path, text, _names_of(entry)))
        for entry in reading.entries
    )
    unclear = tuple(
        replace(one, declared_at=_narrow(one.declared_at, path, text, []))
        for one in reading.unclear
    )
    return LaunchReading(tuple(_checked(e, path, text) for e in entries), unclear, reading.foreign)


def _checked(entry: EntryPoint, path: str, text: str) -> EntryPoint:
    """Take back the certainty of a script that the same text seems to make or to fetch."""
    if entry.script is None or entry.module is not None or entry.declared_at.path != path:
        return entry
    name = entry.script.rpartition("/")[2]
    runs = re.compile(
        rf"python[\d.]*['\"]?,?\s[^|;&>]*{re.escape(name)}|\srun\s[^|;&>]*{re.escape(name)}"
    )
    makes = any(
        name in line and not runs.search(line) and not line.lstrip().startswith("#")
        for line in text.splitlines()
    )
    return replace(entry, certain=entry.certain and not makes)


def _names_of(entry: EntryPoint) -> list[str]:
    parts = (entry.script or "").split("/")
    return [entry.target, entry.module or "", *("/".join(parts[at:]) for at in range(len(parts)))]


def _narrow(place: Location, path: str, text: str, names: list[str]) -> Location:
    if place.path != path:
        return place
    for word in names:
        span = find_word(text, place.span, word)
        if span is not None:
            return Location(path, span)
    span = place.span
    if (span.line, span.column) == (span.end_line, span.end_column):
        return Location(path, in_text(text, span.line))
    return place
