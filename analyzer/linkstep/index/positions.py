"""From the byte offsets of a syntax tree to the code-point columns that users count."""

from __future__ import annotations

import ast

from linkstep.model.summary import Span


class Positions:
    """Columns of one file; free of cost for files that are ASCII only.

    `ast` counts UTF-8 bytes from 0, editors count characters from 1.

    >>> node = ast.parse("é = xyz").body[0].value
    >>> Positions("é = xyz").span(node)
    Span(line=1, column=5, end_line=1, end_column=8)
    """

    __slots__ = ("_whole", "_wide", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._whole: list[bytes] | None = None
        self._wide: dict[int, bytes] = {}  # the lines that have more bytes than characters
        if not text.isascii():
            lines = enumerate(text.encode().splitlines(), 1)
            self._wide = {number: line for number, line in lines if not line.isascii()}

    def column(self, line: int, offset: int) -> int:
        """Give the column, from 1, of a byte offset in a line."""
        wide = self._wide.get(line)
        return offset + 1 if wide is None else len(wide[:offset].decode("utf-8", "replace")) + 1

    def source(self, node: ast.expr) -> str:
        """Give the text of an expression."""
        if self._whole is None:
            self._whole = self.text.encode().splitlines(keepends=True)
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self._whole[first : last + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"".join(lines).decode()

    def end(self, node: ast.expr) -> tuple[int, int]:
        """Give the line and the column where an expression ends."""
        line = node.end_lineno or 0
        return line, self.column(line, node.end_col_offset or 0)

    def is_together(self, start: ast.expr, end: ast.expr, width: int) -> bool:
        """Whether all from one expression to the end of another one is on one line, has that
        many characters, and each of them is ASCII.

        >>> chain = ast.parse("a. b").body[0].value
        >>> Positions("a. b").is_together(chain.value, chain, len("a.b"))
        False
        """
        line = start.lineno
        return (
            line == end.end_lineno
            and end.end_col_offset == start.col_offset + width
            and line not in self._wide
        )

    def span(self, node: ast.stmt | ast.expr | ast.alias | ast.excepthandler) -> Span:
        """Give the span of a node."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        return Span(
            line,
            self.column(line, node.col_offset),
            end_line,
            self.column(end_line, node.end_col_offset or node.col_offset),
        )
