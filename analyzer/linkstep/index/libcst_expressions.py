"""From libcst's expression nodes to those of ast.

One function a kind of node, found by the node's type. Each takes the cursor over the node's
tokens, in source order. Parentheses around an expression belong to no node in ast, except for
tuples and generator expressions; `lower_expression` steps over them for all the others.

Expressions that begin with another expression (`a.b(c)[d] + e`) are walked in a loop from the
innermost to the outermost, so that a sum of 3,000 terms needs no deep stack.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_displays import LOWER_DISPLAY, Lower, lower_parenthesized
from linkstep.index.libcst_leaves import (
    BINARY_OPERATORS,
    BOOLEAN_OPERATORS,
    COMPARISONS,
    DELETE,
    LOAD,
    STORE,
    UNARY_OPERATORS,
    take_name,
    with_context,
)
from linkstep.index.libcst_literals import evaluate_number
from linkstep.index.libcst_parameters import lower_parameters
from linkstep.index.libcst_strings import StringNode, lower_strings

_CONSTANTS = {"None": None, "True": True, "False": False}


def lower_expression(cursor: Cursor, node: cst.BaseExpression) -> ast.expr:
    """Give the ast node for any expression, to be loaded (`ctx` is Load).

    >>> import libcst
    >>> ast.dump(lower_expression(Cursor(b"(a).b"), libcst.parse_expression("(a).b")))
    "Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Load())"
    """
    # Down the left edge: from `a.b + c` to `a`, past the parentheses that open on the way.
    edge: list[tuple[Any, int]] = []
    while (field := _FIRST_FIELD.get(type(node))) is not None:
        _take_all(cursor, b"(", node.lpar)
        edge.append((node, cursor.start()))
        node = getattr(node, field)
    lowered = _lower_leftmost(cursor, node)
    for outer, start in reversed(edge):
        lowered = _LOWER_REST[type(outer)](cursor, outer, lowered, start)
        _take_all(cursor, b")", outer.rpar)
    return lowered


def lower_target(cursor: Cursor, node: cst.BaseExpression) -> ast.expr:
    """Give the ast node for what an assignment, `for`, `with` or walrus binds (`ctx` is Store)."""
    return with_context(lower_expression(cursor, node), STORE)


def lower_deleted(cursor: Cursor, node: cst.BaseExpression) -> ast.expr:
    """Give the ast node for what `del` unbinds (`ctx` is Del)."""
    return with_context(lower_expression(cursor, node), DELETE)


def lower_arguments(
    cursor: Cursor, arguments: Sequence[cst.Arg]
) -> tuple[list[ast.expr], list[ast.keyword]]:
    """Give the positional and the keyword arguments of a call or a class."""
    positional: list[ast.expr] = []
    keywords: list[ast.keyword] = []
    for argument in arguments:
        start = cursor.start()
        if argument.keyword is not None:
            name = take_name(cursor, argument.keyword)
            cursor.take(b"=")
            value = lower_expression(cursor, argument.value)
            keywords.append(ast.keyword(name, value, **cursor.span(start)))
        elif argument.star == "**":
            cursor.take(b"**")
            value = lower_expression(cursor, argument.value)
            keywords.append(ast.keyword(None, value, **cursor.span(start)))
        elif argument.star == "*":
            cursor.take(b"*")
            value = lower_expression(cursor, argument.value)
            positional.append(ast.Starred(value, LOAD, **cursor.span(start)))
        else:
            positional.append(lower_expression(cursor, argument.value))
        cursor.take_if(b",")
    return positional, keywords


def _take_all(cursor: Cursor, token: bytes, nodes: Sequence[cst.CSTNode]) -> None:
    for _ in nodes:
        cursor.take(token)


def _lower_leftmost(cursor: Cursor, node: cst.BaseExpression) -> ast.expr:
    lower = _LOWER.get(type(node))
    if lower is None:
        assert isinstance(node, cst.Tuple | cst.GeneratorExp)
        return lower_parenthesized(cursor, node, lower_expression)
    _take_all(cursor, b"(", node.lpar)
    lowered = lower(cursor, node)
    _take_all(cursor, b")", node.rpar)
    return lowered


# ---- expressions that begin with a token of their own


def _lower_name(cursor: Cursor, node: cst.Name) -> ast.expr:
    start = cursor.start()
    name = take_name(cursor, node)
    if name in _CONSTANTS:
        return ast.Constant(_CONSTANTS[name], None, **cursor.span(start))
    return ast.Name(name, LOAD, **cursor.span(start))


def _lower_number(cursor: Cursor, node: cst.BaseNumber) -> ast.expr:
    assert isinstance(node, cst.Integer | cst.Float | cst.Imaginary)
    start = cursor.take(node.value.encode())
    try:
        value = evaluate_number(node.value)
    except ValueError as error:
        raise cursor.error(str(error), start) from None
    return ast.Constant(value, None, **cursor.span(start))


def _lower_string(cursor: Cursor, node: StringNode | cst.ConcatenatedString) -> ast.expr:
    return lower_strings(cursor, node, lower_expression)


def _lower_ellipsis(cursor: Cursor, _: cst.Ellipsis) -> ast.expr:
    return ast.Constant(..., None, **cursor.span(cursor.take(b"...")))


def _lower_unary(cursor: Cursor, node: cst.UnaryOperation) -> ast.expr:
    operator, token = UNARY_OPERATORS[type(node.operator)]
    start = cursor.take(token)
    operand = lower_expression(cursor, node.expression)
    return ast.UnaryOp(operator, operand, **cursor.span(start))


def _lower_await(cursor: Cursor, node: cst.Await) -> ast.expr:
    start = cursor.take(b"await")
    return ast.Await(lower_expression(cursor, node.expression), **cursor.span(start))


def _lower_yield(cursor: Cursor, node: cst.Yield) -> ast.expr:
    start = cursor.take(b"yield")
    if isinstance(node.value, cst.From):
        cursor.take(b"from")
        item = lower_expression(cursor, node.value.item)
        return ast.YieldFrom(item, **cursor.span(start))
    value = None if node.value is None else lower_expression(cursor, node.value)
    return ast.Yield(value, **cursor.span(start))


def _lower_lambda(cursor: Cursor, node: cst.Lambda) -> ast.expr:
    start = cursor.take(b"lambda")
    parameters = lower_parameters(cursor, node.params, lower_expression)
    cursor.take(b":")
    body = lower_expression(cursor, node.body)
    return ast.Lambda(parameters, body, **cursor.span(start))


def _lower_starred(cursor: Cursor, node: cst.StarredElement) -> ast.expr:
    start = cursor.take(b"*")
    return ast.Starred(lower_expression(cursor, node.value), LOAD, **cursor.span(start))


# ---- expressions that begin with another expression: `left` is that one, already lowered


def _lower_attribute(cursor: Cursor, node: cst.Attribute, left: ast.expr, start: int) -> ast.expr:
    cursor.take(b".")
    name = take_name(cursor, node.attr)
    return ast.Attribute(left, name, LOAD, **cursor.span(start))


def _lower_call(cursor: Cursor, node: cst.Call, left: ast.expr, start: int) -> ast.expr:
    opening = cursor.take(b"(")
    positional, keywords = lower_arguments(cursor, node.args)
    cursor.take(b")")
    if len(node.args) == 1 and isinstance(node.args[0].value, cst.GeneratorExp):
        generator, value = node.args[0].value, positional[0]
        if not generator.lpar:  # it borrows the parentheses of the call
            vars(value).update(cursor.span(opening))
    return ast.Call(left, positional, keywords, **cursor.span(start))


def _lower_subscript(cursor: Cursor, node: cst.Subscript, left: ast.expr, start: int) -> ast.expr:
    cursor.take(b"[")
    elements_start = cursor.start()
    elements: list[ast.expr] = []
    is_tuple = len(node.slice) > 1
    for element in node.slice:
        is_starred = isinstance(element.slice, cst.Index) and element.slice.star is not None
        elements.append(_lower_slice(cursor, element.slice))
        is_tuple = cursor.take_if(b",") or is_starred or is_tuple
    index = elements[0]
    if is_tuple:
        index = ast.Tuple(elements, LOAD, **cursor.span(elements_start))
    cursor.take(b"]")
    return ast.Subscript(left, index, LOAD, **cursor.span(start))


def _lower_slice(cursor: Cursor, node: cst.BaseSlice) -> ast.expr:
    start = cursor.start()
    if isinstance(node, cst.Index):
        if node.star is None:
            return lower_expression(cursor, node.value)
        cursor.take(b"*")
        return ast.Starred(lower_expression(cursor, node.value), LOAD, **cursor.span(start))
    assert isinstance(node, cst.Slice)
    lower = None if node.lower is None else lower_expression(cursor, node.lower)
    cursor.take(b":")
    upper = None if node.upper is None else lower_expression(cursor, node.upper)
    step = None
    if cursor.take_if(b":") and node.step is not None:
        step = lower_expression(cursor, node.step)
    return ast.Slice(lower, upper, step, **cursor.span(start))


def _lower_binary(
    cursor: Cursor, node: cst.BinaryOperation, left: ast.expr, start: int
) -> ast.expr:
    operator, token = BINARY_OPERATORS[type(node.operator)]
    cursor.take(token)
    right = lower_expression(cursor, node.right)
    return ast.BinOp(left, operator, right, **cursor.span(start))


def _lower_boolean(
    cursor: Cursor, node: cst.BooleanOperation, left: ast.expr, start: int
) -> ast.expr:
    operator, token = BOOLEAN_OPERATORS[type(node.operator)]
    cursor.take(token)
    right = lower_expression(cursor, node.right)
    if isinstance(left, ast.BoolOp) and not node.left.lpar and isinstance(left.op, type(operator)):
        left.values.append(right)  # `a and b and c` is one node in ast
        vars(left).update(cursor.span(start))
        return left
    return ast.BoolOp(operator, [left, right], **cursor.span(start))


def _lower_comparison(cursor: Cursor, node: cst.Comparison, left: ast.expr, start: int) -> ast.expr:
    operators: list[ast.cmpop] = []
    comparators: list[ast.expr] = []
    for target in node.comparisons:
        operator, tokens = COMPARISONS[type(target.operator)]
        for token in tokens:
            cursor.take(token)
        operators.append(operator)
        comparators.append(lower_expression(cursor, target.comparator))
    return ast.Compare(left, operators, comparators, **cursor.span(start))


def _lower_conditional(cursor: Cursor, node: cst.IfExp, left: ast.expr, start: int) -> ast.expr:
    cursor.take(b"if")
    test = lower_expression(cursor, node.test)
    cursor.take(b"else")
    otherwise = lower_expression(cursor, node.orelse)
    return ast.IfExp(test, left, otherwise, **cursor.span(start))


def _lower_walrus(cursor: Cursor, node: cst.NamedExpr, left: ast.expr, start: int) -> ast.expr:
    target: Any = with_context(left, STORE)
    cursor.take(b":=")
    value = lower_expression(cursor, node.value)
    return ast.NamedExpr(target, value, **cursor.span(start))


def _with_lower_expression(
    lower_display: Callable[[Cursor, Any, Lower], ast.expr],
) -> Callable[[Cursor, Any], ast.expr]:
    return lambda cursor, node: lower_display(cursor, node, lower_expression)


_LOWER: dict[type[cst.BaseExpression], Callable[[Cursor, Any], ast.expr]] = {
    cst.Await: _lower_await,
    cst.ConcatenatedString: _lower_string,
    cst.Ellipsis: _lower_ellipsis,
    cst.Float: _lower_number,
    cst.FormattedString: _lower_string,
    cst.Imaginary: _lower_number,
    cst.Integer: _lower_number,
    cst.Lambda: _lower_lambda,
    cst.Name: _lower_name,
    cst.SimpleString: _lower_string,
    cst.StarredElement: _lower_starred,
    cst.TemplatedString: _lower_string,
    cst.UnaryOperation: _lower_unary,
    cst.Yield: _lower_yield,
    **{kind: _with_lower_expression(lower) for kind, lower in LOWER_DISPLAY.items()},
}

_LOWER_REST: dict[type[cst.BaseExpression], Callable[[Cursor, Any, ast.expr, int], ast.expr]] = {
    cst.Attribute: _lower_attribute,
    cst.BinaryOperation: _lower_binary,
    cst.BooleanOperation: _lower_boolean,
    cst.Call: _lower_call,
    cst.Comparison: _lower_comparison,
    cst.IfExp: _lower_conditional,
    cst.NamedExpr: _lower_walrus,
    cst.Subscript: _lower_subscript,
}

_FIRST_FIELD: dict[type[cst.BaseExpression], str] = {
    cst.Attribute: "value",
    cst.BinaryOperation: "left",
    cst.BooleanOperation: "left",
    cst.Call: "func",
    cst.Comparison: "left",
    cst.IfExp: "body",
    cst.NamedExpr: "target",
    cst.Subscript: "value",
}
