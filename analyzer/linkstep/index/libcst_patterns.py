"""From libcst's match patterns to those of ast (PEP 634)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_expressions import lower_expression
from linkstep.index.libcst_leaves import take_name

_SINGLETONS = {"None": None, "True": True, "False": False}


def lower_pattern(cursor: Cursor, node: cst.MatchPattern) -> ast.pattern:
    """Give the ast node for what stands behind `case`, up to the guard or the colon.

    >>> case = cst.parse_statement("match x:\\n case [1, *_]: pass").cases[0]
    >>> ast.unparse(lower_pattern(Cursor(b"[1, *_]"), case.pattern))
    '[1, *_]'
    """
    if isinstance(node, cst.MatchTuple):
        return _lower_tuple(cursor, node)
    if isinstance(node, cst.MatchValue):  # its parentheses are those of the value
        return _lower_value(cursor, node)
    for _ in node.lpar:
        cursor.take(b"(")
    lowered = _LOWER[type(node)](cursor, node)
    for _ in node.rpar:
        cursor.take(b")")
    return lowered


def _lower_tuple(cursor: Cursor, node: cst.MatchTuple) -> ast.pattern:
    """Lower a sequence in parentheses; the innermost are its own."""
    for _ in node.lpar[:-1]:
        cursor.take(b"(")
    start = cursor.take(b"(")
    patterns = _lower_elements(cursor, node.patterns)
    cursor.take(b")")
    lowered = ast.MatchSequence(patterns, **cursor.span(start))
    for _ in node.rpar[1:]:
        cursor.take(b")")
    return lowered


def _lower_list(cursor: Cursor, node: cst.MatchList) -> ast.pattern:
    """Lower a sequence in brackets or in nothing: `case first, *rest`."""
    start = cursor.start()
    if node.lbracket is not None:
        cursor.take(b"[")
    patterns = _lower_elements(cursor, node.patterns)
    if node.rbracket is not None:
        cursor.take(b"]")
    return ast.MatchSequence(patterns, **cursor.span(start))


def _lower_elements(
    cursor: Cursor, elements: Sequence[cst.MatchSequenceElement | cst.MatchStar]
) -> list[ast.pattern]:
    patterns: list[ast.pattern] = []
    for element in elements:
        if isinstance(element, cst.MatchStar):
            start = cursor.take(b"*")
            name = _take_capture(cursor, element.name)
            patterns.append(ast.MatchStar(name, **cursor.span(start)))
        else:
            patterns.append(lower_pattern(cursor, element.value))
        cursor.take_if(b",")
    return patterns


def _take_capture(cursor: Cursor, name: cst.Name | None) -> str | None:
    """Step over a capture; the wildcard, which libcst and ast have as None, is written `_`."""
    if name is None:
        cursor.take(b"_")
        return None
    return take_name(cursor, name)


def _lower_value(cursor: Cursor, node: cst.MatchValue) -> ast.pattern:
    value = lower_expression(cursor, node.value)
    return ast.MatchValue(
        value,
        lineno=value.lineno,
        col_offset=value.col_offset,
        end_lineno=value.end_lineno or value.lineno,
        end_col_offset=value.end_col_offset or value.col_offset,
    )


def _lower_singleton(cursor: Cursor, node: cst.MatchSingleton) -> ast.pattern:
    start = cursor.take(node.value.value.encode())
    return ast.MatchSingleton(_SINGLETONS[node.value.value], **cursor.span(start))


def _lower_mapping(cursor: Cursor, node: cst.MatchMapping) -> ast.pattern:
    keys: list[ast.expr] = []
    patterns: list[ast.pattern] = []
    start = cursor.take(b"{")
    for element in node.elements:
        keys.append(lower_expression(cursor, element.key))
        cursor.take(b":")
        patterns.append(lower_pattern(cursor, element.pattern))
        cursor.take_if(b",")
    rest = None
    if node.rest is not None:
        cursor.take(b"**")
        rest = take_name(cursor, node.rest)
        cursor.take_if(b",")
    cursor.take(b"}")
    return ast.MatchMapping(keys, patterns, rest, **cursor.span(start))


def _lower_class(cursor: Cursor, node: cst.MatchClass) -> ast.pattern:
    start = cursor.start()
    cls = lower_expression(cursor, node.cls)
    cursor.take(b"(")
    patterns = _lower_elements(cursor, node.patterns)
    keywords: list[str] = []
    keyword_patterns: list[ast.pattern] = []
    for element in node.kwds:
        keywords.append(take_name(cursor, element.key))
        cursor.take(b"=")
        keyword_patterns.append(lower_pattern(cursor, element.pattern))
        cursor.take_if(b",")
    cursor.take(b")")
    return ast.MatchClass(cls, patterns, keywords, keyword_patterns, **cursor.span(start))


def _lower_as(cursor: Cursor, node: cst.MatchAs) -> ast.pattern:
    start = cursor.start()
    pattern = None
    if node.pattern is not None:
        pattern = lower_pattern(cursor, node.pattern)
        cursor.take(b"as")
    name = _take_capture(cursor, node.name)
    return ast.MatchAs(pattern, name, **cursor.span(start))


def _lower_or(cursor: Cursor, node: cst.MatchOr) -> ast.pattern:
    start = cursor.start()
    patterns: list[ast.pattern] = []
    for element in node.patterns:
        if patterns:
            cursor.take(b"|")
        patterns.append(lower_pattern(cursor, element.pattern))
    return ast.MatchOr(patterns, **cursor.span(start))


_LOWER: dict[type[cst.MatchPattern], Callable[[Cursor, Any], ast.pattern]] = {
    cst.MatchAs: _lower_as,
    cst.MatchClass: _lower_class,
    cst.MatchList: _lower_list,
    cst.MatchMapping: _lower_mapping,
    cst.MatchOr: _lower_or,
    cst.MatchSingleton: _lower_singleton,
}
