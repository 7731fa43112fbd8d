"""`__all__` in every form that can be read: what a star import takes (reference, 7.11)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from linkstep.index.conditions import ScopeOf, reference
from linkstep.model.expressions import Ref
from linkstep.model.summary import ExportedName, Exports, Span

Literals = Mapping[str, ast.expr]
_CONVERSIONS = ("list", "tuple", "sorted", "set")


class _Reading:
    """Collects the parts of one value for `__all__`."""

    def __init__(
        self, literals: Literals, span_of: Callable[[ast.expr], Span], scope_of: ScopeOf
    ) -> None:
        self.literals = literals
        self.span_of = span_of
        self.scope_of = scope_of
        self.names: list[ExportedName] = []
        self.of: list[Ref] = []
        self.complete = True

    def read(self, node: ast.expr, depth: int = 0) -> None:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            for item in node.elts:
                self.item(item, depth)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            self.read(node.left, depth)
            self.read(node.right, depth)
        elif isinstance(node, ast.Call) and self.converts(node):
            self.read(node.args[0], depth)
        elif isinstance(node, ast.Name) and node.id in self.literals and depth < 4:
            self.read(self.literals[node.id], depth + 1)
        elif (found := reference(node, self.scope_of)) and found.scope == 0:
            self.of.append(found)
        else:
            self.complete = False

    def item(self, item: ast.expr, depth: int) -> None:
        if isinstance(item, ast.Starred):
            self.read(item.value, depth)
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            self.names.append(ExportedName(item.value, self.span_of(item)))
        elif isinstance(item, ast.Attribute) and item.attr == "__name__":
            if isinstance(item.value, ast.Name):  # `cls.__name__`: the class's own name
                self.names.append(ExportedName(item.value.id, self.span_of(item)))
            else:
                self.complete = False
        else:
            self.complete = False

    def converts(self, node: ast.Call) -> bool:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return name in _CONVERSIONS and len(node.args) == 1


def exports(
    operation: str,
    value: ast.expr,
    line: int,
    literals: Literals,
    span_of: Callable[[ast.expr], Span],
    scope_of: ScopeOf,
) -> Exports:
    """Read the value that `__all__` is set to, extended with, or relieved of.

    `literals` are the list and tuple displays that the module binds to one name only.

    >>> value = ast.parse("['a', *b.__all__] + names").body[0].value
    >>> names = ast.parse("('c',)").body[0].value
    >>> found = exports("set", value, 1, {"names": names}, lambda n: None, lambda n: 0)
    >>> [item.name for item in found.names], found.of, found.complete
    (['a', 'c'], (Ref(name='b', attributes=('__all__',), scope=0),), True)
    """
    reading = _Reading(literals, span_of, scope_of)
    if operation == "append":
        reading.item(value, 0)
        operation = "add"
    elif operation == "remove":
        reading.item(value, 0)
    else:
        reading.read(value)
    return Exports(operation, tuple(reading.names), tuple(reading.of), reading.complete, line)
