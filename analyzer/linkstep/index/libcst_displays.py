"""From libcst's displays and comprehensions to those of ast: what stands in brackets.

`lower` lowers the expressions in them: `lower_expression`, handed in because each of the two needs
the other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_leaves import LOAD, STORE, with_context

Lower: TypeAlias = Callable[[Cursor, cst.BaseExpression], ast.expr]


def lower_parenthesized(
    cursor: Cursor, node: cst.Tuple | cst.GeneratorExp, lower: Lower
) -> ast.expr:
    """Give the ast node for a tuple or a generator expression.

    The innermost parentheses belong to it, if it has any; those around them to nobody. A
    tuple may stand without, and a generator expression may borrow those of a call.
    """
    for _ in node.lpar[:-1]:
        cursor.take(b"(")
    start = cursor.take(b"(") if node.lpar else cursor.start()
    lowered: ast.expr
    if isinstance(node, cst.Tuple):
        elements = _lower_elements(cursor, node.elements, lower)
        if node.rpar:
            cursor.take(b")")
        lowered = ast.Tuple(elements, LOAD, **cursor.span(start))
    else:
        element = lower(cursor, node.elt)
        generators = _lower_clauses(cursor, node.for_in, lower)
        if node.rpar:
            cursor.take(b")")
        lowered = ast.GeneratorExp(element, generators, **cursor.span(start))
    for _ in node.rpar[1:]:
        cursor.take(b")")
    return lowered


def _lower_list(cursor: Cursor, node: cst.List, lower: Lower) -> ast.expr:
    start = cursor.take(b"[")
    elements = _lower_elements(cursor, node.elements, lower)
    cursor.take(b"]")
    return ast.List(elements, LOAD, **cursor.span(start))


def _lower_set(cursor: Cursor, node: cst.Set, lower: Lower) -> ast.expr:
    start = cursor.take(b"{")
    elements = _lower_elements(cursor, node.elements, lower)
    cursor.take(b"}")
    return ast.Set(elements, **cursor.span(start))


def _lower_elements(
    cursor: Cursor, elements: Sequence[cst.BaseElement], lower: Lower
) -> list[ast.expr]:
    lowered: list[ast.expr] = []
    for element in elements:
        if isinstance(element, cst.StarredElement):
            lowered.append(lower(cursor, element))
        else:
            lowered.append(lower(cursor, element.value))
        cursor.take_if(b",")
    return lowered


def _lower_dict(cursor: Cursor, node: cst.Dict, lower: Lower) -> ast.expr:
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    start = cursor.take(b"{")
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            keys.append(lower(cursor, element.key))
            cursor.take(b":")
        else:
            cursor.take(b"**")
            keys.append(None)
        values.append(lower(cursor, element.value))
        cursor.take_if(b",")
    cursor.take(b"}")
    return ast.Dict(keys, values, **cursor.span(start))


def _lower_list_comprehension(cursor: Cursor, node: cst.ListComp, lower: Lower) -> ast.expr:
    start = cursor.take(b"[")
    element = lower(cursor, node.elt)
    generators = _lower_clauses(cursor, node.for_in, lower)
    cursor.take(b"]")
    return ast.ListComp(element, generators, **cursor.span(start))


def _lower_set_comprehension(cursor: Cursor, node: cst.SetComp, lower: Lower) -> ast.expr:
    start = cursor.take(b"{")
    element = lower(cursor, node.elt)
    generators = _lower_clauses(cursor, node.for_in, lower)
    cursor.take(b"}")
    return ast.SetComp(element, generators, **cursor.span(start))


def _lower_dict_comprehension(cursor: Cursor, node: cst.DictComp, lower: Lower) -> ast.expr:
    start = cursor.take(b"{")
    key = lower(cursor, node.key)
    cursor.take(b":")
    value = lower(cursor, node.value)
    generators = _lower_clauses(cursor, node.for_in, lower)
    cursor.take(b"}")
    return ast.DictComp(key, value, generators, **cursor.span(start))


def _lower_unpacking_comprehension(
    cursor: Cursor, node: cst.StarredDictComp, lower: Lower
) -> ast.expr:
    """Lower `{**d for d in ds}` (PEP 798): ast has the unpacked mapping as key, and no value."""
    start = cursor.take(b"{")
    cursor.take(b"**")
    mapping = lower(cursor, node.value)
    generators = _lower_clauses(cursor, node.for_in, lower)
    cursor.take(b"}")
    no_value: Any = None
    return ast.DictComp(mapping, no_value, generators, **cursor.span(start))


def _lower_clauses(cursor: Cursor, node: cst.CompFor, lower: Lower) -> list[ast.comprehension]:
    """Lower the `for ... in ... if ...` clauses, which libcst nests and ast lists."""
    generators: list[ast.comprehension] = []
    clause: cst.CompFor | None = node
    while clause is not None:
        if clause.asynchronous is not None:
            cursor.take(b"async")
        cursor.take(b"for")
        target = with_context(lower(cursor, clause.target), STORE)
        cursor.take(b"in")
        iterable = lower(cursor, clause.iter)
        tests: list[ast.expr] = []
        for condition in clause.ifs:
            cursor.take(b"if")
            tests.append(lower(cursor, condition.test))
        is_async = int(clause.asynchronous is not None)
        generators.append(ast.comprehension(target, iterable, tests, is_async))
        clause = clause.inner_for_in
    return generators


#: The function for each kind of display that has brackets of its own.
LOWER_DISPLAY: dict[type[cst.BaseExpression], Callable[[Cursor, Any, Lower], ast.expr]] = {
    cst.Dict: _lower_dict,
    cst.DictComp: _lower_dict_comprehension,
    cst.List: _lower_list,
    cst.ListComp: _lower_list_comprehension,
    cst.Set: _lower_set,
    cst.SetComp: _lower_set_comprehension,
    cst.StarredDictComp: _lower_unpacking_comprehension,
}
