"""From libcst's simple statements to those of ast: what fits on a line.

Each function takes the tokens of its statement; the `;` behind it, if any, is left to the caller.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_expressions import lower_deleted, lower_expression, lower_target
from linkstep.index.libcst_leaves import (
    AUGMENTED_OPERATORS,
    STORE,
    take_dotted_name,
    take_name,
    with_context,
)
from linkstep.index.libcst_parameters import lower_type_parameters
from linkstep.index.syntax_nodes import TypeAlias, mark_lazy


def lower_simple_statements(
    cursor: Cursor, statements: Sequence[cst.BaseSmallStatement]
) -> list[ast.stmt]:
    """Give the ast nodes for the statements of one line.

    >>> line = cst.parse_statement("import os; x: int = 1")
    >>> [ast.unparse(node) for node in lower_simple_statements(
    ...     Cursor(b"import os; x: int = 1"), line.body)]
    ['import os', 'x: int = 1']
    """
    lowered: list[ast.stmt] = []
    for statement in statements:
        lowered.append(_LOWER[type(statement)](cursor, statement))
        cursor.take_if(b";")
    return lowered


def _lower_expression_statement(cursor: Cursor, node: cst.Expr) -> ast.stmt:
    start = cursor.start()
    return ast.Expr(lower_expression(cursor, node.value), **cursor.span(start))


def _lower_assign(cursor: Cursor, node: cst.Assign) -> ast.stmt:
    start = cursor.start()
    targets: list[ast.expr] = []
    for target in node.targets:
        targets.append(lower_target(cursor, target.target))
        cursor.take(b"=")
    value = lower_expression(cursor, node.value)
    return ast.Assign(targets, value, None, **cursor.span(start))


def _lower_annotated(cursor: Cursor, node: cst.AnnAssign) -> ast.stmt:
    start = cursor.start()
    target: Any = lower_target(cursor, node.target)
    cursor.take(b":")
    annotation = lower_expression(cursor, node.annotation.annotation)
    value = None
    if node.value is not None:
        cursor.take(b"=")
        value = lower_expression(cursor, node.value)
    simple = int(isinstance(node.target, cst.Name) and not node.target.lpar)
    return ast.AnnAssign(target, annotation, value, simple, **cursor.span(start))


def _lower_augmented(cursor: Cursor, node: cst.AugAssign) -> ast.stmt:
    start = cursor.start()
    target: Any = lower_target(cursor, node.target)
    operator, token = AUGMENTED_OPERATORS[type(node.operator)]
    cursor.take(token)
    value = lower_expression(cursor, node.value)
    return ast.AugAssign(target, operator, value, **cursor.span(start))


def _lower_delete(cursor: Cursor, node: cst.Del) -> ast.stmt:
    start = cursor.take(b"del")
    deleted = lower_deleted(cursor, node.target)
    targets = [deleted]
    if isinstance(deleted, ast.Tuple) and not node.target.lpar:
        targets = deleted.elts  # `del a, b` has two targets, `del (a, b)` one
    return ast.Delete(targets, **cursor.span(start))


def _lower_pass(cursor: Cursor, _: cst.Pass) -> ast.stmt:
    return ast.Pass(**cursor.span(cursor.take(b"pass")))


def _lower_break(cursor: Cursor, _: cst.Break) -> ast.stmt:
    return ast.Break(**cursor.span(cursor.take(b"break")))


def _lower_continue(cursor: Cursor, _: cst.Continue) -> ast.stmt:
    return ast.Continue(**cursor.span(cursor.take(b"continue")))


def _lower_return(cursor: Cursor, node: cst.Return) -> ast.stmt:
    start = cursor.take(b"return")
    value = None if node.value is None else lower_expression(cursor, node.value)
    return ast.Return(value, **cursor.span(start))


def _lower_raise(cursor: Cursor, node: cst.Raise) -> ast.stmt:
    start = cursor.take(b"raise")
    exception = None if node.exc is None else lower_expression(cursor, node.exc)
    cause = None
    if node.cause is not None:
        cursor.take(b"from")
        cause = lower_expression(cursor, node.cause.item)
    return ast.Raise(exception, cause, **cursor.span(start))


def _lower_assert(cursor: Cursor, node: cst.Assert) -> ast.stmt:
    start = cursor.take(b"assert")
    test = lower_expression(cursor, node.test)
    message = None
    if node.msg is not None:
        cursor.take(b",")
        message = lower_expression(cursor, node.msg)
    return ast.Assert(test, message, **cursor.span(start))


def _lower_global(cursor: Cursor, node: cst.Global) -> ast.stmt:
    start = cursor.take(b"global")
    return ast.Global(_take_names(cursor, node.names), **cursor.span(start))


def _lower_nonlocal(cursor: Cursor, node: cst.Nonlocal) -> ast.stmt:
    start = cursor.take(b"nonlocal")
    return ast.Nonlocal(_take_names(cursor, node.names), **cursor.span(start))


def _take_names(cursor: Cursor, items: Sequence[cst.NameItem]) -> list[str]:
    names: list[str] = []
    for item in items:
        names.append(take_name(cursor, item.name))
        cursor.take_if(b",")
    return names


def _lower_type_alias(cursor: Cursor, node: cst.TypeAlias) -> ast.stmt:
    start = cursor.take(b"type")
    name = with_context(lower_expression(cursor, node.name), STORE)
    parameters = lower_type_parameters(cursor, node.type_parameters, lower_expression)
    cursor.take(b"=")
    value = lower_expression(cursor, node.value)
    return TypeAlias(name=name, type_params=parameters, value=value, **cursor.span(start))


# ---- imports


def _lower_import(cursor: Cursor, node: cst.Import | cst.LazyImport) -> ast.Import:
    start = cursor.take(b"import")
    return ast.Import(_lower_aliases(cursor, node.names), **cursor.span(start))


def _lower_import_from(cursor: Cursor, node: cst.ImportFrom | cst.LazyImportFrom) -> ast.ImportFrom:
    start = cursor.take(b"from")
    for _ in node.relative:
        cursor.take(b".")
    module = None if node.module is None else take_dotted_name(cursor, node.module)
    cursor.take(b"import")
    if isinstance(node.names, cst.ImportStar):
        star = cursor.take(b"*")
        names = [ast.alias("*", None, **cursor.span(star))]
    else:
        if node.lpar is not None:
            cursor.take(b"(")
        names = _lower_aliases(cursor, node.names)
        if node.rpar is not None:
            cursor.take(b")")
    return ast.ImportFrom(module, names, len(node.relative), **cursor.span(start))


def _lower_lazy_import(cursor: Cursor, node: cst.LazyImport) -> ast.stmt:
    start = cursor.take(b"lazy")
    lowered = _lower_import(cursor, node)
    vars(lowered).update(cursor.span(start))
    return mark_lazy(lowered)


def _lower_lazy_import_from(cursor: Cursor, node: cst.LazyImportFrom) -> ast.stmt:
    start = cursor.take(b"lazy")
    lowered = _lower_import_from(cursor, node)
    vars(lowered).update(cursor.span(start))
    return mark_lazy(lowered)


def _lower_aliases(cursor: Cursor, aliases: Sequence[cst.ImportAlias]) -> list[ast.alias]:
    lowered: list[ast.alias] = []
    for alias in aliases:
        start = cursor.start()
        name = take_dotted_name(cursor, alias.name)
        asname = None
        if alias.asname is not None:
            cursor.take(b"as")
            assert isinstance(alias.asname.name, cst.Name)
            asname = take_name(cursor, alias.asname.name)
        lowered.append(ast.alias(name, asname, **cursor.span(start)))
        cursor.take_if(b",")
    return lowered


_LOWER: dict[type[cst.BaseSmallStatement], Callable[[Cursor, Any], ast.stmt]] = {
    cst.AnnAssign: _lower_annotated,
    cst.Assert: _lower_assert,
    cst.Assign: _lower_assign,
    cst.AugAssign: _lower_augmented,
    cst.Break: _lower_break,
    cst.Continue: _lower_continue,
    cst.Del: _lower_delete,
    cst.Expr: _lower_expression_statement,
    cst.Global: _lower_global,
    cst.Import: _lower_import,
    cst.ImportFrom: _lower_import_from,
    cst.LazyImport: _lower_lazy_import,
    cst.LazyImportFrom: _lower_lazy_import_from,
    cst.Nonlocal: _lower_nonlocal,
    cst.Pass: _lower_pass,
    cst.Raise: _lower_raise,
    cst.Return: _lower_return,
    cst.TypeAlias: _lower_type_alias,
}
