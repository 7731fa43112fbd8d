"""A source line with its mark, cropped: for formats that are not as wide as they like."""

from __future__ import annotations

from linkstep.model.summary import Span
from linkstep.report.visible import visible_line

CROPPED = "..."
NEAR = 200  # characters on both sides of a mark that are looked at


def excerpt(line: str, span: Span, width: int = 120) -> tuple[str, str]:
    """Give a source line that can be shown, and the line of carets to go below it.

    Indentation is taken away, tabs and control characters are made visible, and what is
    longer than `width` is cropped behind the mark, or before it if need be.

    >>> print(*excerpt("    from app import gone", Span(7, 21, 7, 25)), sep="\\n")
    from app import gone
                    ^^^^
    """
    cut = max(0, span.column - 1 - NEAR)
    shown, offsets = visible_line(line[cut : span.column + NEAR])
    last = len(offsets) - 1
    start = offsets[min(span.column - 1 - cut, last)]
    closes_here = span.end_line == span.line
    end = offsets[min(span.end_column - 1 - cut, last)] if closes_here else len(shown.rstrip())
    end = max(end, start + 1)
    indent = min(len(shown) - len(shown.lstrip()), start)
    left = max(indent, min(start, end - width))
    head = CROPPED if left > indent or cut else ""
    body = shown[left:].rstrip()
    if len(body) > width:
        body = body[:width] + CROPPED
    mark = max(1, min(end - left, width) - (start - left))
    return head + body, " " * (len(head) + start - left) + "^" * mark
