"""Directories that code computes from `__file__`, for edits of `sys.path`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from linkstep.model.expressions import Call, Const, Expression, Item, Join, Member, Ref
from linkstep.model.summary import Bind

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module

_SAME = frozenset(
    {"abspath", "realpath", "normpath", "str", "fspath", "Path", "PurePath", "resolve"}
    | {"absolute", "as_posix", "expanduser", "normcase"}
)
_DEEPEST = 16


def directory_of(
    expression: Expression | None, module: Module, lookup: Lookup, depth: int = 0
) -> str | None:
    """Give the path, in the tree, that an expression stands for; None when it is not known.

    Relative literals are taken from the project root, where a program is usually started.
    """
    if depth > _DEEPEST:
        return None

    def inner(part: Expression | None) -> str | None:
        return directory_of(part, module, lookup, depth + 1)

    match expression:
        case Const(str(text)):
            return _normal(text)
        case Ref("__file__", ()):
            return module.path
        case Ref(name, attributes):
            return _of_name(expression, name, attributes, module, lookup, depth)
        case Member(value, "parent"):
            base = inner(value)
            return _parent(base)
        case Item(Member(value, "parents"), int(index)):
            base = inner(value)
            for _ in range(index + 1):
                base = _parent(base)
            return base
        case Item(Ref(name, (*attributes, "parents"), scope), int(index)):
            base = inner(Ref(name, tuple(attributes), scope))
            for _ in range(index + 1):
                base = _parent(base)
            return base
        case Join("/", left, right):
            return _join(inner(left), inner(right))
        case Join("+", left, right):
            first, second = inner(left), inner(right)
            if first is None or second is None:
                return None
            return first if not second else _normal(first + "/" + second)
        case Call(function, arguments):
            return _of_call(function, arguments, module, lookup, depth)
    return None


def _of_name(
    ref: Ref,
    name: str,
    attributes: tuple[str, ...],
    module: Module,
    lookup: Lookup,
    depth: int,
) -> str | None:
    if attributes and attributes[-1] == "parent":
        base = Ref(name, attributes[:-1], ref.scope)
        return _parent(directory_of(base, module, lookup, depth + 1))
    if attributes[-1:] in (("pardir",), ("curdir",)):
        return ".." if attributes[-1] == "pardir" else "."
    if attributes or ref.scope != 0:
        return None
    names = lookup.names(module)
    entry = names.get(name) if names is not None else None
    if entry is None or len(entry.live) != 1 or not isinstance(entry.live[0].step, Bind):
        return None
    return directory_of(entry.live[0].step.value, module, lookup, depth + 1)


def _of_call(
    function: Expression | None,
    arguments: tuple[Expression | None, ...],
    module: Module,
    lookup: Lookup,
    depth: int,
) -> str | None:
    values = [directory_of(argument, module, lookup, depth + 1) for argument in arguments]
    if isinstance(function, Member):
        owner = directory_of(function.value, module, lookup, depth + 1)
        called = function.name
    elif isinstance(function, Ref):
        called = function.attributes[-1] if function.attributes else function.name
        base = Ref(function.name, function.attributes[:-1], function.scope)
        known = function.attributes and called in ("resolve", "absolute", "joinpath", "as_posix")
        owner = directory_of(base, module, lookup, depth + 1) if known else None
    else:
        return None
    if called in ("getcwd", "cwd") and not values:
        return ""
    if called == "dirname" and len(values) == 1:
        return _parent(values[0])
    if called in ("join", "joinpath"):
        parts = [owner, *values] if called == "joinpath" else values
        joined = parts[0] if parts else None
        for part in parts[1:]:
            joined = _join(joined, part)
        return joined
    if called in _SAME:
        return owner if owner is not None and not values else values[0] if values else owner
    return None


def _parent(path: str | None) -> str | None:
    if path is None or path in ("", "."):
        return None
    return posixpath.dirname(path)


def _join(base: str | None, part: str | None) -> str | None:
    if base is None or part is None:
        return None
    return _normal(posixpath.join(base, part))


def _normal(path: str) -> str | None:
    normal = posixpath.normpath(path) if path else ""
    if normal.startswith("../") or normal == "..":
        return normal if normal == ".." else None
    return "" if normal == "." else normal
