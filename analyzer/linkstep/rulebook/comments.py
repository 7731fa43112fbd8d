"""Comments and the statements they stand in, read with CPython's own parser.

The fast lane of `suppress`, thirty times as fast as concrete syntax: the statements
come from `ast`, and only those that hold the text in question are tokenized. libcst
reads what this interpreter's grammar does not know; both give the same, which a test
checks on the standard library.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from msgspec import Struct

Extent = tuple[int, int]  # first and last line


class Comment(Struct, frozen=True, order=True):
    """A comment with its place, and the lines of the statement it speaks for."""

    line: int
    column: int
    text: str
    extent: Extent


def read_comments(source: bytes, wanted: re.Pattern[str]) -> list[Comment] | None:
    """Give the comments that match `wanted`, None when this Python cannot parse the file.

    >>> read_comments(b"x = '# a'  # b\\n", re.compile("#"))
    [Comment(line=1, column=12, text='# b', extent=(1, 1))]
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in the strings of the file
            body = ast.parse(source).body
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        matching = [number for number, line in enumerate(lines, 1) if wanted.search(line)]
        extents: dict[int, Extent] = {}
        for statement in body:
            _extend(statement, lines, matching, extents)
        return sorted(_comments(lines, extents, matching, wanted))
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, tokenize.TokenError):
        return None


def _comments(
    lines: Sequence[str],
    extents: dict[int, Extent],
    matching: Sequence[int],
    wanted: re.Pattern[str],
) -> Iterator[Comment]:
    """Tokenize the statements in which a line has the text; elsewhere `#` says it."""
    seen: set[Extent] = set()
    for number in matching:
        line = lines[number - 1]
        extent = extents.get(number, (number, number))
        # An alias on a line of its own is a part of a statement that has to be whole.
        first, last = max(extent, extents.get(-number, extent), key=lambda e: e[1] - e[0])
        if number not in extents:
            column = line.index("#")
            yield Comment(number, column + 1, line[column:].rstrip(), extent)
        elif (first, last) not in seen:
            seen.add((first, last))
            part = io.StringIO("\n".join(lines[first - 1 : last]) + "\n")
            for token in tokenize.generate_tokens(part.readline):
                if token.type == tokenize.COMMENT and wanted.search(token.string):
                    at = first + token.start[0] - 1
                    yield Comment(at, token.start[1] + 1, token.string, extents[at])


def _extend(
    statement: ast.AST,
    lines: Sequence[str],
    matching: Sequence[int],
    extents: dict[int, Extent],
) -> None:
    """Note the lines of a simple statement, or of a compound one's headers.

    A compound statement shares its lines with no other, so one that has no matching line is
    passed over with all that is in it.
    """
    first = min([_line(statement), *map(_line, getattr(statement, "decorator_list", ()))])
    blocks = [
        block
        for name in ("body", "orelse", "finalbody", "handlers", "cases")
        if (block := getattr(statement, name, None)) and isinstance(block, list)
    ]
    if blocks:
        last = getattr(statement, "end_lineno", None)
        place = bisect_left(matching, first)
        if last is not None and (place == len(matching) or matching[place] > last):
            return
        _note(first, _header_end(statement, blocks[0][0], lines), extents)
        for block in blocks:
            for inner in block:
                _extend(inner, lines, matching, extents)
        return
    last = getattr(statement, "end_lineno", None) or first
    _note(first, last, extents)
    if isinstance(statement, ast.ImportFrom):
        whole = extents[first]
        for line in range(first + 1, last):
            extents[line], extents[-line] = (line, line), whole


def _note(first: int, last: int, extents: dict[int, Extent]) -> None:
    """Note an extent; what begins on a line that another one ends on belongs to it."""
    first = extents.get(first, (first, first))[0]
    for line in range(first, last + 1):
        extents[line] = (first, last)


def _header_end(statement: ast.AST, inner: ast.AST, lines: Sequence[str]) -> int:
    """Give the line of the colon: the last one above the block that is not only a comment.

    A block on the line of the colon, or behind a backslash, belongs to the header.
    """
    first = _line(statement)
    begins = min([_line(inner), *map(_line, getattr(inner, "decorator_list", ()))])
    if lines[begins - 1].encode()[: getattr(inner, "col_offset", 0)].strip():
        return begins
    last = begins - 1
    while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip()[0] == "#"):
        last -= 1
    return begins if lines[last - 1].endswith("\\") else last


def _line(node: ast.AST) -> int:
    """Give the line a node begins on; a `case` begins where its pattern does."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    return int(getattr(node, "lineno", 1))
