"""From syntax to the few expressions that can decide an import (model/expressions.py)."""

from __future__ import annotations

import ast
from collections.abc import Callable

from linkstep.model.expressions import (
    Both,
    Call,
    Compare,
    Const,
    Either,
    Expression,
    Item,
    Join,
    Member,
    Not,
    Ref,
    Sequence,
)

ScopeOf = Callable[[str], int]

_DEEPEST = 12
_LONGEST = 400
_OPERATORS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def expression(node: ast.expr | None, scope_of: ScopeOf, depth: int = 0) -> Expression | None:
    """Keep `node` if it is of a kind that linking may be able to evaluate, else None.

    `scope_of` says which scope binds a name.

    >>> expression(ast.parse("sys.version_info >= (3, 8)").body[0].value, lambda name: 0)
    Compare(left=Ref(name='sys', attributes=('version_info',), scope=0), operator='>=', \
right=Sequence(items=(Const(value=3), Const(value=8))))
    """
    if node is None or depth > _DEEPEST:
        return None
    convert = _CONVERTERS.get(type(node))
    return convert(node, scope_of, depth + 1) if convert else None


def reference(node: ast.expr, scope_of: ScopeOf) -> Ref | None:
    """Give the chain of names that `node` is, or None.

    >>> reference(ast.parse("a.b.c").body[0].value, lambda name: 0)
    Ref(name='a', attributes=('b', 'c'), scope=0)
    """
    chain = _chain(node)
    return Ref(chain[0], tuple(chain[1:]), scope_of(chain[0])) if chain else None


def dotted(node: ast.expr) -> str | None:
    """Give a chain of names as it is written: `pytest.raises`.

    >>> dotted(ast.parse("a.b.c").body[0].value), dotted(ast.parse("a().b").body[0].value)
    ('a.b.c', None)
    """
    chain = _chain(node)
    return ".".join(chain) if chain else None


def _chain(node: ast.expr) -> list[str] | None:
    """Give the names of a chain, its root first."""
    names: list[str] = []
    while type(node) is ast.Attribute:
        names.append(node.attr)
        node = node.value
    if type(node) is not ast.Name:
        return None
    names.append(node.id)
    names.reverse()
    return names


def _constant(node: ast.Constant, scope_of: ScopeOf, depth: int) -> Expression | None:
    value = node.value
    if value is None or isinstance(value, bool | float):
        return Const(value)
    if isinstance(value, int):
        return Const(value) if abs(value) < 2**53 else None
    if isinstance(value, str) and len(value) <= _LONGEST:
        return Const(value) if value.isprintable() else None
    return None


def _attribute(node: ast.Attribute, scope_of: ScopeOf, depth: int) -> Expression | None:
    found = reference(node, scope_of)
    if found is not None:
        return found
    value = expression(node.value, scope_of, depth)
    return Member(value, node.attr) if value is not None else None


def _unary(node: ast.UnaryOp, scope_of: ScopeOf, depth: int) -> Expression | None:
    if isinstance(node.op, ast.Not):
        return Not(expression(node.operand, scope_of, depth))
    if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return Const(-value) if type(value) is int and value < 2**53 else None
    return None


def _boolean(node: ast.BoolOp, scope_of: ScopeOf, depth: int) -> Expression | None:
    operands = tuple(expression(value, scope_of, depth) for value in node.values)
    return Both(operands) if isinstance(node.op, ast.And) else Either(operands)


def _compare(node: ast.Compare, scope_of: ScopeOf, depth: int) -> Expression | None:
    parts: list[Expression | None] = []
    left = expression(node.left, scope_of, depth)
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = expression(comparator, scope_of, depth)
        parts.append(Compare(left, _OPERATORS[type(operator)], right))
        left = right
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def _sequence(
    node: ast.Tuple | ast.List | ast.Set, scope_of: ScopeOf, depth: int
) -> Expression | None:
    if len(node.elts) > 16:
        return None
    return Sequence(tuple(expression(item, scope_of, depth) for item in node.elts))


def _subscript(node: ast.Subscript, scope_of: ScopeOf, depth: int) -> Expression | None:
    value = expression(node.value, scope_of, depth)
    index = node.slice
    if isinstance(index, ast.Slice):
        stop = expression(index.upper, scope_of, depth)
        if index.lower is None and index.step is None and isinstance(stop, Const):
            return Item(value, stop=stop.value) if type(stop.value) is int else None
        return None
    key = expression(index, scope_of, depth)
    if isinstance(key, Const) and type(key.value) in (int, str):
        return Item(value, index=key.value)  # type: ignore[arg-type]
    return None


def _call(node: ast.Call, scope_of: ScopeOf, depth: int) -> Expression | None:
    function = expression(node.func, scope_of, depth)
    if function is None or len(node.args) > 4:
        return None
    return Call(function, tuple(expression(item, scope_of, depth) for item in node.args))


def _binary(node: ast.BinOp, scope_of: ScopeOf, depth: int) -> Expression | None:
    if not isinstance(node.op, ast.Add | ast.Div):
        return None
    left = expression(node.left, scope_of, depth)
    right = expression(node.right, scope_of, depth)
    if left is None and right is None:
        return None
    return Join("+" if isinstance(node.op, ast.Add) else "/", left, right)


def _formatted(node: ast.JoinedStr, scope_of: ScopeOf, depth: int) -> Expression | None:
    joined: Expression | None = Const("")
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            plain = part.conversion == -1 and part.format_spec is None
            value = expression(part.value, scope_of, depth) if plain else None
        else:
            value = expression(part, scope_of, depth)
        joined = Join("+", joined, value)
    return joined


_CONVERTERS: dict[type, Callable[..., Expression | None]] = {
    ast.Constant: _constant,
    ast.Name: lambda node, scope_of, depth: Ref(node.id, (), scope_of(node.id)),
    ast.Attribute: _attribute,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.JoinedStr: _formatted,
}
