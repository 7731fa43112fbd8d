"""From libcst's parameters to those of ast: of functions and lambdas, and of types (PEP 695).

`lower` lowers annotations and defaults: `lower_expression`, handed in because a lambda needs both.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_displays import Lower
from linkstep.index.libcst_leaves import take_name
from linkstep.index.syntax_nodes import ParamSpec, TypeVar, TypeVarTuple, type_param


def lower_parameters(cursor: Cursor, node: cst.Parameters, lower: Lower) -> ast.arguments:
    """Give the parameters of a function or a lambda, without the brackets around them.

    >>> from linkstep.index.libcst_expressions import lower_expression
    >>> parsed = cst.parse_expression("lambda a, /, *, b=1: 0").params
    >>> ast.unparse(lower_parameters(Cursor(b"a, /, *, b=1"), parsed, lower_expression))
    'a, /, *, b=1'
    """
    posonlyargs, posonly_defaults = _lower_run(cursor, node.posonly_params, lower)
    if isinstance(node.posonly_ind, cst.ParamSlash):
        cursor.take(b"/")
        cursor.take_if(b",")
    args, defaults = _lower_run(cursor, node.params, lower)
    vararg = kwarg = None
    if isinstance(node.star_arg, cst.Param):
        cursor.take(b"*")
        vararg, _ = _lower_parameter(cursor, node.star_arg, lower)
    elif isinstance(node.star_arg, cst.ParamStar):
        cursor.take(b"*")
        cursor.take(b",")
    kwonlyargs, kw_defaults = _lower_run(cursor, node.kwonly_params, lower)
    if node.star_kwarg is not None:
        cursor.take(b"**")
        kwarg, _ = _lower_parameter(cursor, node.star_kwarg, lower)
    given = [default for default in (*posonly_defaults, *defaults) if default is not None]
    return ast.arguments(posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, given)


def lower_type_parameters(
    cursor: Cursor, node: cst.TypeParameters | None, lower: Lower
) -> list[type_param]:
    """Give the type parameters in the brackets of a function, a class or a type alias."""
    lowered: list[type_param] = []
    if node is not None:
        cursor.take(b"[")
        for parameter in node.params:
            lowered.append(_lower_type_parameter(cursor, parameter, lower))
            cursor.take_if(b",")
        cursor.take(b"]")
    return lowered


def _lower_run(
    cursor: Cursor, parameters: Sequence[cst.Param], lower: Lower
) -> tuple[list[ast.arg], list[ast.expr | None]]:
    lowered = [_lower_parameter(cursor, parameter, lower) for parameter in parameters]
    return [argument for argument, _ in lowered], [default for _, default in lowered]


def _lower_parameter(
    cursor: Cursor, node: cst.Param, lower: Lower
) -> tuple[ast.arg, ast.expr | None]:
    start = cursor.start()
    name = take_name(cursor, node.name)
    annotation = default = None
    if node.annotation is not None:
        cursor.take(b":")
        annotation = lower(cursor, node.annotation.annotation)
    parameter = ast.arg(name, annotation, None, **cursor.span(start))
    if node.default is not None:
        cursor.take(b"=")
        default = lower(cursor, node.default)
    cursor.take_if(b",")
    return parameter, default


def _lower_type_parameter(cursor: Cursor, node: cst.TypeParam, lower: Lower) -> type_param:
    start = cursor.start()
    if isinstance(node.param, cst.TypeVarTuple):
        cursor.take(b"*")
    elif isinstance(node.param, cst.ParamSpec):
        cursor.take(b"**")
    name = take_name(cursor, node.param.name)
    bound = None
    if isinstance(node.param, cst.TypeVar) and node.param.bound is not None:
        cursor.take(b":")
        bound = lower(cursor, node.param.bound)
    default = _lower_type_default(cursor, node, lower)
    span = cursor.span(start)
    if isinstance(node.param, cst.TypeVarTuple):
        return TypeVarTuple(name=name, default_value=default, **span)
    if isinstance(node.param, cst.ParamSpec):
        return ParamSpec(name=name, default_value=default, **span)
    return TypeVar(name=name, bound=bound, default_value=default, **span)


def _lower_type_default(cursor: Cursor, node: cst.TypeParam, lower: Lower) -> ast.expr | None:
    """Lower the `= default` of PEP 696, which may be starred for a TypeVarTuple."""
    if node.default is None:
        return None
    cursor.take(b"=")
    start = cursor.start()
    if node.star != "*":
        return lower(cursor, node.default)
    cursor.take(b"*")
    return ast.Starred(lower(cursor, node.default), ast.Load(), **cursor.span(start))
