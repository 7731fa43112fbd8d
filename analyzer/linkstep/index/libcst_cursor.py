"""Where a libcst node stands in its file.

libcst nodes carry no positions, and its position metadata costs more than parsing: it prints the
whole tree again, every blank and comment of it. But the lowering visits all tokens in source order
anyway, so it can walk the file's text in step with the tree: it steps over each token that the tree
says comes next, and what is in between (blanks, comments, line joins) passes by one regular
expression. A tree and a text that do not fit together are noticed at the first token.

The text is UTF-8 with `\\n` line ends, so that a distance in it is a `col_offset` of ast, which
counts UTF-8 bytes too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TypedDict

from linkstep.index.syntax_nodes import ReaderError

_BETWEEN_TOKENS = re.compile(rb"(?:[ \t\f\n]++|\\\n|#[^\n]*+)*+")


class Span(TypedDict):
    """The position attributes of an ast node: lines from 1, columns in UTF-8 bytes from 0."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


class Cursor:
    """A place in a file's text that only moves forward, token by token.

    >>> cursor = Cursor(b"total = (  # sum\\n  1)")
    >>> start = cursor.take(b"total")
    >>> cursor.span(start)
    {'lineno': 1, 'col_offset': 0, 'end_lineno': 1, 'end_col_offset': 5}
    >>> cursor.take(b"="), cursor.take(b"("), cursor.take(b"1")
    (6, 8, 19)
    """

    __slots__ = ("_line_starts", "_next", "end", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        #: Just behind the last token that was taken.
        self.end = 0
        self._next = -1
        self._line_starts = [0, *(match.end() for match in re.finditer(rb"\n", text))]

    def start(self) -> int:
        """Give the offset at which the next token begins."""
        if self._next < self.end:
            match = _BETWEEN_TOKENS.match(self.text, self.end)
            assert match is not None  # the pattern matches the empty text too
            self._next = match.end()
        return self._next

    def take(self, token: bytes) -> int:
        """Step over `token`, which has to come next, and give the offset at which it began."""
        start = self.start()
        if not self.text.startswith(token, start):
            line, column = self._line_and_column(start)
            message = f"the text does not go on with {token.decode()!r}, as the tree of libcst does"
            raise ReaderError(message, ("<unknown>", line, column + 1, None))
        self.end = start + len(token)
        return start

    def take_if(self, token: bytes) -> bool:
        """Step over `token` if it comes next, and say whether it did."""
        start = self.start()
        if not self.text.startswith(token, start):
            return False
        self.end = start + len(token)
        return True

    def skip(self, length: int) -> None:
        """Step over `length` bytes in which blanks count: text inside a string."""
        self.end += length
        self._next = self.end

    def span(self, start: int) -> Span:
        """Give the span from `start` to the end of the last token taken."""
        return self.span_between(start, self.end)

    def span_between(self, start: int, end: int) -> Span:
        """Give the span between two offsets."""
        line, column = self._line_and_column(start)
        end_line, end_column = self._line_and_column(end)
        return {
            "lineno": line,
            "col_offset": column,
            "end_lineno": end_line,
            "end_col_offset": end_column,
        }

    def error(self, message: str, start: int) -> SyntaxError:
        """Give the error to raise for the token at `start`; it counts characters, as CPython's."""
        line, column = self._line_and_column(start)
        before = self.text[start - column : start].decode()
        return SyntaxError(message, ("<unknown>", line, len(before) + 1, None))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1]
