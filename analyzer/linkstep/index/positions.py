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

    __slots__ = ("_lines", "_whole", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._whole: list[bytes] | None = None
        self._lines: list[bytes] | None = None if text.isascii() else text.encode().splitlines()

    def column(self, line: int, offset: int) -> int:
        """Give the column, from 1, of a byte offset in a line."""
        if self._lines is None or line > len(self._lines):
            return offset + 1
        return len(self._lines[line - 1][:offset].decode("utf-8", "replace")) + 1

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
        line, offset = node.end_lineno or 0, node.end_col_offset or 0
        return line, offset + 1 if self._lines is None else self.column(line, offset)

    def span(self, node: ast.stmt | ast.expr | ast.alias | ast.excepthandler) -> Span:
        """Give the span of a node."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        return Span(
            line,
            self.column(line, node.col_offset),
            end_line,
            self.column(end_line, node.end_col_offset or node.col_offset),
        )
