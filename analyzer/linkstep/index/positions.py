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

    __slots__ = ("_lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines: list[bytes] | None = None if text.isascii() else text.encode().splitlines()

    def column(self, line: int, offset: int) -> int:
        """Give the column, from 1, of a byte offset in a line."""
        if self._lines is None or line > len(self._lines):
            return offset + 1
        return len(self._lines[line - 1][:offset].decode("utf-8", "replace")) + 1

    def span(self, node: ast.stmt | ast.expr | ast.alias | ast.excepthandler) -> Span:
        """Give the span of a node."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        return Span(
            line,
            self.column(line, node.col_offset),
            end_line,
            self.column(end_line, node.end_col_offset or node.col_offset),
        )
