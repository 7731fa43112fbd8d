"""From libcst's string nodes to those of ast: strings, f-strings (PEP 701), t-strings (PEP 750).

ast joins neighbours: `"a" f"b{x}" "c"` is one node with the values "ab", x and "c". Positions
within such a node are exact and those of CPython 3.13. Before 3.12 `ast.parse` gave the span of the
whole literal to its parts, and sometimes a wrong place to the expressions in it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_literals import decode_escapes, evaluate_string
from linkstep.index.syntax_nodes import Interpolation, TemplateStr

StringNode: TypeAlias = cst.SimpleString | cst.FormattedString | cst.TemplatedString
_Field: TypeAlias = cst.FormattedStringExpression | cst.TemplatedStringExpression
_Part: TypeAlias = cst.BaseFormattedStringContent | cst.BaseTemplatedStringContent
_Lower: TypeAlias = Callable[[Cursor, cst.BaseExpression], ast.expr]

_NO_CONVERSION = -1


class _Text(NamedTuple):
    """Literal text, and where it stands."""

    value: str
    start: int
    end: int
    kind: str | None = None


def lower_strings(
    cursor: Cursor, node: StringNode | cst.ConcatenatedString, lower: _Lower
) -> ast.expr:
    """Give the one ast node for a string literal or for several that stand side by side.

    `lower` lowers the expressions in the replacement fields.
    """
    start = cursor.start()
    literals = list(_side_by_side(node))
    plain = [literal for literal in literals if isinstance(literal, cst.SimpleString)]
    if len(plain) == len(literals):
        return _lower_plain(cursor, plain, start)
    values: list[ast.expr] = list(_join(cursor, _pieces(cursor, literals, lower)))
    templates = sum(isinstance(literal, cst.TemplatedString) for literal in literals)
    if 0 < templates < len(literals):
        message = "cannot mix t-string literals with string or bytes literals"
        raise cursor.error(message, start)
    if templates:
        return TemplateStr(values=values, **cursor.span(start))
    return ast.JoinedStr(values=values, **cursor.span(start))


def _side_by_side(node: cst.BaseExpression) -> Iterator[StringNode]:
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    assert isinstance(node, StringNode)
    yield node


def _lower_plain(cursor: Cursor, literals: Sequence[cst.SimpleString], start: int) -> ast.Constant:
    values = [_take_literal(cursor, literal) for literal in literals]
    texts = [value for value in values if isinstance(value, str)]
    joined: str | bytes
    if len(texts) == len(values):
        joined = "".join(texts)
    elif texts:
        raise cursor.error("cannot mix bytes and nonbytes literals", start)
    else:
        joined = b"".join(value for value in values if isinstance(value, bytes))
    return ast.Constant(joined, _kind(literals[0]), **cursor.span(start))


def _take_literal(cursor: Cursor, node: cst.SimpleString) -> str | bytes:
    start = cursor.take(node.value.encode())
    try:
        return evaluate_string(node.value)
    except ValueError as error:
        raise cursor.error(str(error), start) from None


def _kind(node: cst.SimpleString) -> str | None:
    # ast keeps the prefix of the first literal, and only the lower-case one.
    return "u" if node.value.startswith("u") else None


def _pieces(
    cursor: Cursor, literals: Iterable[StringNode], lower: _Lower
) -> Iterator[_Text | ast.expr]:
    for literal in literals:
        if isinstance(literal, cst.SimpleString):
            start = cursor.start()
            value = _take_literal(cursor, literal)
            if isinstance(value, bytes):
                raise cursor.error("cannot mix bytes and nonbytes literals", start)
            yield _Text(value, start, cursor.end, _kind(literal))
        else:
            cursor.take(literal.start.encode())
            prefix = literal.start.rstrip("'\"").lower()
            yield from _lower_parts(cursor, literal.parts, prefix, lower)
            cursor.take(literal.end.encode())


def _lower_parts(
    cursor: Cursor, parts: Sequence[_Part], prefix: str, lower: _Lower
) -> Iterator[_Text | ast.expr]:
    for part in parts:
        start = cursor.end
        if isinstance(part, cst.FormattedStringText | cst.TemplatedStringText):
            cursor.skip(len(part.value.encode()))
            yield _Text(_evaluate_text(cursor, part.value, "r" in prefix, start), start, cursor.end)
        elif isinstance(part, _Field):
            yield from _lower_field(cursor, part, prefix, lower)


def _evaluate_text(cursor: Cursor, text: str, is_raw: bool, start: int) -> str:
    # The braces of \N{...} are single, so halving the doubled ones first cannot hurt them.
    text = text.replace("{{", "{").replace("}}", "}")
    try:
        return text if is_raw else decode_escapes(text)
    except ValueError as error:
        raise cursor.error(str(error), start) from None


def _lower_field(
    cursor: Cursor, node: _Field, prefix: str, lower: _Lower
) -> Iterator[_Text | ast.expr]:
    """Give the node for `{value!conversion:spec}`, after the text that `{value=}` also prints."""
    start = cursor.take(b"{")
    value = lower(cursor, node.expression)
    source = cursor.text[start + 1 : cursor.end].decode()
    conversion = ord(node.conversion) if node.conversion else _NO_CONVERSION
    if node.equal is not None:
        cursor.take(b"=")
        end = cursor.start()
        yield _Text(cursor.text[start + 1 : end].decode(), start + 1, end)
        if node.conversion is None and node.format_spec is None:
            conversion = ord("r")
    if node.conversion is not None:
        cursor.take(b"!")
        cursor.take(node.conversion.encode())
    # What is nested in a format is formatted at once, in a t-string too.
    spec = _lower_spec(cursor, node.format_spec, prefix.replace("t", "f"), lower)
    cursor.take(b"}")
    if "t" in prefix:
        yield Interpolation(
            value=value,
            str=source,
            conversion=conversion,
            format_spec=spec,
            **cursor.span(start),
        )
    else:
        yield ast.FormattedValue(value, conversion, spec, **cursor.span(start))


def _lower_spec(
    cursor: Cursor, parts: Sequence[_Part] | None, prefix: str, lower: _Lower
) -> ast.JoinedStr | None:
    if parts is None:
        return None
    start = cursor.take(b":")
    values: list[ast.expr] = list(_join(cursor, _lower_parts(cursor, parts, prefix, lower)))
    return ast.JoinedStr(values=values, **cursor.span(start))


def _join(cursor: Cursor, pieces: Iterable[_Text | ast.expr]) -> Iterator[ast.expr]:
    """Turn runs of text into one Constant each; ast has no empty ones."""
    run: list[_Text] = []
    for piece in pieces:
        if isinstance(piece, _Text):
            run.append(piece)
        else:
            yield from _constant(cursor, run)
            run = []
            yield piece
    yield from _constant(cursor, run)


def _constant(cursor: Cursor, run: Sequence[_Text]) -> Iterator[ast.Constant]:
    value = "".join(text.value for text in run)
    if value:
        span = cursor.span_between(run[0].start, run[-1].end)
        yield ast.Constant(value, run[0].kind, **span)
