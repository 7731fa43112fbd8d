"""Names for syntax-tree nodes that are younger than the running interpreter.

The recorder walks trees of Python's own `ast` classes. A file may use grammar that the host's
`ast` has no class for: a file for Python 3.14, read on 3.11. Here every such class has a name: the
host's own class where there is one, else a stand-in with the same fields, so that the recorder is
written once.

Two things are marks on old classes rather than new classes: `is_lazy` on imports (PEP 810) and
`type_params` on functions and classes (PEP 695). On a host whose classes lack the field they are
plain attributes that only `getattr` sees; `ast.dump` and `ast.iter_child_nodes` do not.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any
from typing import TypeVar as _TypeVar

__all__ = [
    "Interpolation",
    "ParamSpec",
    "ReaderError",
    "TemplateStr",
    "TooDeeplyNested",
    "TypeAlias",
    "TypeVar",
    "TypeVarTuple",
    "mark_lazy",
    "type_param",
    "with_type_params",
]

_Import = _TypeVar("_Import", ast.Import, ast.ImportFrom)
_Definition = _TypeVar("_Definition", bound=ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


class ReaderError(SyntaxError):
    """The reader gave up on a file that may still be valid Python."""


class TooDeeplyNested(ReaderError):  # noqa: N818 (not every deep file is in error)
    """The file nests deeper than the reader follows, which is about as deep as CPython compiles."""


class _StandIn:
    """What all classes below take: their fields and positions by name, as ast classes do."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...


if sys.version_info >= (3, 12) and not TYPE_CHECKING:
    from ast import ParamSpec, TypeAlias, TypeVar, TypeVarTuple, type_param
else:

    class type_param(_StandIn, ast.AST):  # noqa: N801 (the name it has in ast)
        """What stands between the brackets of `def f[...]` (PEP 695)."""

        _attributes = ("lineno", "col_offset", "end_lineno", "end_col_offset")
        name: str
        lineno: int
        col_offset: int
        end_lineno: int
        end_col_offset: int

    class TypeVar(type_param):
        """`T`, `T: bound` or `T = default` in a list of type parameters (PEP 695, PEP 696)."""

        _fields = __match_args__ = ("name", "bound", "default_value")
        bound: ast.expr | None = None
        default_value: ast.expr | None = None

    class ParamSpec(type_param):
        """`**P` in a list of type parameters (PEP 695, PEP 696)."""

        _fields = __match_args__ = ("name", "default_value")
        default_value: ast.expr | None = None

    class TypeVarTuple(type_param):
        """`*Ts` in a list of type parameters (PEP 695, PEP 696)."""

        _fields = __match_args__ = ("name", "default_value")
        default_value: ast.expr | None = None

    class TypeAlias(_StandIn, ast.stmt):
        """`type X[T] = value` (PEP 695); the value is evaluated only when it is asked for."""

        _fields = __match_args__ = ("name", "type_params", "value")
        name: ast.Name
        type_params: list[type_param]
        value: ast.expr


if sys.version_info >= (3, 14) and not TYPE_CHECKING:
    from ast import Interpolation, TemplateStr
else:

    class TemplateStr(_StandIn, ast.expr):
        """`t"..."` (PEP 750): its values are Constant and Interpolation nodes."""

        _fields = __match_args__ = ("values",)
        values: list[ast.expr]

    class Interpolation(_StandIn, ast.expr):
        """`{value!r:spec}` in a t-string (PEP 750); `str` is the source text of the value."""

        _fields = __match_args__ = ("value", "str", "conversion", "format_spec")
        value: ast.expr
        str: object
        conversion: int
        format_spec: ast.expr | None = None


def mark_lazy(node: _Import) -> _Import:
    """Return `node` marked as `lazy import ...` or `lazy from ... import ...` (PEP 810).

    The mark is `is_lazy = 1`, the field that ast has from Python 3.15 on. A node without
    the attribute is an ordinary import.

    >>> getattr(mark_lazy(ast.Import(names=[ast.alias(name="json")])), "is_lazy", 0)
    1
    >>> getattr(ast.Import(names=[ast.alias(name="json")]), "is_lazy", 0)
    0
    """
    vars(node)["is_lazy"] = 1
    return node


def with_type_params(node: _Definition, type_params: list[type_param]) -> _Definition:
    """Return the function or class `node` with the type parameters of its brackets (PEP 695).

    >>> node = ast.parse("class Box: pass").body[0]
    >>> [p.name for p in with_type_params(node, [TypeVar(name="T")]).type_params]
    ['T']
    """
    vars(node)["type_params"] = type_params
    return node
