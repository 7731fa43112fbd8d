"""Tables and numbers in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a Markdown table; columns after the first are numbers when their cells are.

    >>> print(table(["tool", "found"], [["linkstep", 3]]))
    | tool | found |
    |---|--:|
    | linkstep | 3 |
    """
    cells = [[shown(cell) for cell in row] for row in rows]
    if not cells:
        return "None."
    numeric = [all(is_number(row[column]) for row in cells) for column in range(len(heads))]
    rule = "|".join("--:" if right else "---" for right in numeric)
    lines = [f"| {' | '.join(heads)} |", f"|{rule}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def shown(cell: object) -> str:
    """Give a cell: thousands are set apart, and what would end the cell is escaped.

    >>> shown(12345), shown("a|b")
    ('12,345', 'a\\\\|b')
    """
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell).replace("|", "\\|").replace("\n", " ")


def is_number(text: str) -> bool:
    """Say whether a cell is set to the right."""
    return bool(text) and text[0] in "0123456789-" and text.strip("0123456789,.%- s") == ""


def share(part: int, whole: int, digits: int = 1) -> str:
    """Give a share in per cent.

    >>> share(1, 3), share(0, 0)
    ('33.3%', '-')
    """
    return f"{100 * part / whole:.{digits}f}%" if whole else "-"


def bullets(lines: Sequence[str]) -> str:
    """Give a list, or the word for an empty one."""
    return "\n".join(f"- {line}" for line in lines) or "None."
