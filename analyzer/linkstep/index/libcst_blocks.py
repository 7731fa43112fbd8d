"""From libcst's compound statements to those of ast: what holds other statements.

The end of a compound statement is the end of its last token, which is a `;` if one ends its last
line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_expressions import lower_arguments, lower_expression, lower_target
from linkstep.index.libcst_leaves import take_name
from linkstep.index.libcst_parameters import lower_parameters, lower_type_parameters
from linkstep.index.libcst_patterns import lower_pattern
from linkstep.index.libcst_statements import lower_simple_statements
from linkstep.index.syntax_nodes import with_type_params


def lower_statements(
    cursor: Cursor, statements: Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement]
) -> list[ast.stmt]:
    """Give the ast nodes for the statements of a module or an indented block.

    >>> source = "if x: pass\\nelse: y()\\n"
    >>> lowered = lower_statements(Cursor(source.encode()), cst.parse_module(source).body)
    >>> [(node.lineno, node.end_lineno) for node in lowered]
    [(1, 2)]
    """
    lowered: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, cst.SimpleStatementLine):
            lowered.extend(lower_simple_statements(cursor, statement.body))
        else:
            lowered.append(_LOWER[type(statement)](cursor, statement))
    return lowered


def _lower_suite(cursor: Cursor, node: cst.BaseSuite) -> list[ast.stmt]:
    """Lower the colon and what it governs: an indented block or the rest of the line."""
    cursor.take(b":")
    if isinstance(node, cst.SimpleStatementSuite):
        return lower_simple_statements(cursor, node.body)
    assert isinstance(node, cst.IndentedBlock)
    body: Sequence[Any] = node.body
    return lower_statements(cursor, body)


def _lower_else(cursor: Cursor, node: cst.Else | None) -> list[ast.stmt]:
    if node is None:
        return []
    cursor.take(b"else")
    return _lower_suite(cursor, node.body)


def _lower_if(cursor: Cursor, node: cst.If) -> ast.stmt:
    """Lower `if` with its `elif`s, each of which is an If inside the one before it.

    They all end together, so the chain is taken first, and nested from its end.
    """
    branches: list[tuple[int, ast.expr, list[ast.stmt]]] = []
    branch: cst.If | cst.Else | None = node
    while isinstance(branch, cst.If):
        start = cursor.take(b"elif" if branches else b"if")
        test = lower_expression(cursor, branch.test)
        branches.append((start, test, _lower_suite(cursor, branch.body)))
        branch = branch.orelse
    orelse = _lower_else(cursor, branch)
    for start, test, body in reversed(branches):
        orelse = [ast.If(test, body, orelse, **cursor.span(start))]
    return orelse[0]


def _lower_while(cursor: Cursor, node: cst.While) -> ast.stmt:
    start = cursor.take(b"while")
    test = lower_expression(cursor, node.test)
    body = _lower_suite(cursor, node.body)
    orelse = _lower_else(cursor, node.orelse)
    return ast.While(test, body, orelse, **cursor.span(start))


def _lower_for(cursor: Cursor, node: cst.For) -> ast.stmt:
    start = cursor.take(b"for" if node.asynchronous is None else b"async")
    if node.asynchronous is not None:
        cursor.take(b"for")
    target = lower_target(cursor, node.target)
    cursor.take(b"in")
    iterable = lower_expression(cursor, node.iter)
    body = _lower_suite(cursor, node.body)
    orelse = _lower_else(cursor, node.orelse)
    kind = ast.For if node.asynchronous is None else ast.AsyncFor
    return kind(target, iterable, body, orelse, None, **cursor.span(start))


def _lower_with(cursor: Cursor, node: cst.With) -> ast.stmt:
    start = cursor.take(b"with" if node.asynchronous is None else b"async")
    if node.asynchronous is not None:
        cursor.take(b"with")
    is_parenthesized = isinstance(node.lpar, cst.LeftParen)
    if is_parenthesized:
        cursor.take(b"(")
    items: list[ast.withitem] = []
    for item in node.items:
        context = lower_expression(cursor, item.item)
        target = None
        if item.asname is not None:
            cursor.take(b"as")
            target = lower_target(cursor, item.asname.name)
        items.append(ast.withitem(context, target))
        cursor.take_if(b",")
    if is_parenthesized:
        cursor.take(b")")
    body = _lower_suite(cursor, node.body)
    kind = ast.With if node.asynchronous is None else ast.AsyncWith
    return kind(items, body, None, **cursor.span(start))


def _lower_try(cursor: Cursor, node: cst.Try | cst.TryStar) -> ast.stmt:
    start = cursor.take(b"try")
    body = _lower_suite(cursor, node.body)
    handlers = [_lower_handler(cursor, handler) for handler in node.handlers]
    orelse = _lower_else(cursor, node.orelse)
    finalbody: list[ast.stmt] = []
    if node.finalbody is not None:
        cursor.take(b"finally")
        finalbody = _lower_suite(cursor, node.finalbody.body)
    kind = ast.Try if isinstance(node, cst.Try) else ast.TryStar
    return kind(body, handlers, orelse, finalbody, **cursor.span(start))


def _lower_handler(
    cursor: Cursor, node: cst.ExceptHandler | cst.ExceptStarHandler
) -> ast.ExceptHandler:
    start = cursor.take(b"except")
    if isinstance(node, cst.ExceptStarHandler):
        cursor.take(b"*")
    caught = None if node.type is None else lower_expression(cursor, node.type)
    name = None
    if node.name is not None:
        cursor.take(b"as")
        assert isinstance(node.name.name, cst.Name)
        name = take_name(cursor, node.name.name)
    body = _lower_suite(cursor, node.body)
    return ast.ExceptHandler(caught, name, body, **cursor.span(start))


def _lower_match(cursor: Cursor, node: cst.Match) -> ast.stmt:
    start = cursor.take(b"match")
    subject = lower_expression(cursor, node.subject)
    cursor.take(b":")
    cases: list[ast.match_case] = []
    for case in node.cases:
        cursor.take(b"case")
        pattern = lower_pattern(cursor, case.pattern)
        guard = None
        if case.guard is not None:
            cursor.take(b"if")
            guard = lower_expression(cursor, case.guard)
        cases.append(ast.match_case(pattern, guard, _lower_suite(cursor, case.body)))
    return ast.Match(subject, cases, **cursor.span(start))


# ---- definitions: their position begins at `def` or `class`, below the decorators


def _lower_decorators(cursor: Cursor, decorators: Sequence[cst.Decorator]) -> list[ast.expr]:
    lowered: list[ast.expr] = []
    for decorator in decorators:
        cursor.take(b"@")
        lowered.append(lower_expression(cursor, decorator.decorator))
    return lowered


def _lower_function(cursor: Cursor, node: cst.FunctionDef) -> ast.stmt:
    decorators = _lower_decorators(cursor, node.decorators)
    start = cursor.take(b"def" if node.asynchronous is None else b"async")
    if node.asynchronous is not None:
        cursor.take(b"def")
    name = take_name(cursor, node.name)
    type_parameters = lower_type_parameters(cursor, node.type_parameters, lower_expression)
    cursor.take(b"(")
    parameters = lower_parameters(cursor, node.params, lower_expression)
    cursor.take(b")")
    returns = None
    if node.returns is not None:
        cursor.take(b"->")
        returns = lower_expression(cursor, node.returns.annotation)
    body = _lower_suite(cursor, node.body)
    span = cursor.span(start)
    function: ast.FunctionDef | ast.AsyncFunctionDef
    if node.asynchronous is None:
        function = ast.FunctionDef(name, parameters, body, decorators, returns, None, **span)
    else:
        function = ast.AsyncFunctionDef(name, parameters, body, decorators, returns, None, **span)
    return with_type_params(function, type_parameters)


def _lower_class(cursor: Cursor, node: cst.ClassDef) -> ast.stmt:
    decorators = _lower_decorators(cursor, node.decorators)
    start = cursor.take(b"class")
    name = take_name(cursor, node.name)
    type_parameters = lower_type_parameters(cursor, node.type_parameters, lower_expression)
    has_brackets = cursor.take_if(b"(")
    bases, keywords = lower_arguments(cursor, (*node.bases, *node.keywords))
    if has_brackets:
        cursor.take(b")")
    body = _lower_suite(cursor, node.body)
    lowered = ast.ClassDef(name, bases, keywords, body, decorators, **cursor.span(start))
    return with_type_params(lowered, type_parameters)


_LOWER: dict[type[cst.BaseCompoundStatement], Callable[[Cursor, Any], ast.stmt]] = {
    cst.ClassDef: _lower_class,
    cst.For: _lower_for,
    cst.FunctionDef: _lower_function,
    cst.If: _lower_if,
    cst.Match: _lower_match,
    cst.Try: _lower_try,
    cst.TryStar: _lower_try,
    cst.While: _lower_while,
    cst.With: _lower_with,
}
