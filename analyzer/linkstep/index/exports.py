"""`__all__` in every form that can be read: what a star import takes (reference, 7.11)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from linkstep.index.conditions import ScopeOf, reference
from linkstep.index.shallow import is_within, lines_with
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


# What is handed the list and does not change it, by the last part of the callee's name.
_READERS = frozenset(
    {"list", "tuple", "set", "frozenset", "sorted", "reversed", "len", "iter", "enumerate"}
    | {"map", "filter", "zip", "any", "all", "dict", "isinstance", "print", "repr", "str", "join"}
    | {"extend", "update", "union", "copy", "deepcopy", "getattr", "fromkeys", "chain", "format"}
)
_MUTATORS = frozenset({"append", "extend", "insert", "remove", "pop", "clear", "__iadd__"})


def may_change_unseen(text: str) -> bool:
    """Whether a file does more with `__all__` than statements at the beginning of a line do.

    >>> may_change_unseen("__all__ = []\\n__all__ += one.__all__"), may_change_unseen("f(__all__)")
    (False, True)
    """
    at = text.find("__all__")
    while at >= 0:
        before, after = text[max(at - 8, 0) : at], text[at + 7 : at + 10]
        if not before or before.endswith("\n"):
            elsewhere = after.lstrip().startswith("[")
        else:
            looked_at = before.endswith(("*", " in ", "return ")) and not after.startswith(".")
            another = before[-1] == "." or before[-1].isidentifier()
            elsewhere = not (looked_at or another)
        if elsewhere:
            return True
        at = text.find("__all__", at + 7)
    return False


def changed_unseen(tree: ast.Module, text: str) -> int | None:
    """Give a line where `__all__` is changed, or may be, other than by a statement of the module.

    That is what a decorator does that lists what it decorates, and a function that takes
    over the list of a submodule. Only statements that have the name on a line are looked at.

    >>> text = "__all__ = []\\ndef public(f):\\n    __all__.append(f.__name__)"
    >>> changed_unseen(ast.parse(text), text)
    3
    >>> text = "__all__ = []\\n__all__.append('a')\\nprint(__all__)"
    >>> changed_unseen(ast.parse(text), text)
    """
    lines = lines_with(("__all__",), text)
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    bound, changed = False, None
    while pending:
        node, deferred = pending.pop()
        if isinstance(node, ast.stmt) and not is_within(lines, node):
            pending += ((above, True) for above in getattr(node, "decorator_list", ()))
            continue
        deferred = deferred or isinstance(node, _BODIES)
        plain = not deferred and isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if plain and _is_all(getattr(node.value.func, "value", None)):  # type: ignore[attr-defined]
            continue
        stores = _is_all(node) and not isinstance(getattr(node, "ctx", None), ast.Load)
        bound = bound or (stores and not deferred) or getattr(node, "name", "") == "__all__"
        if changed is None and (_changes(node) or (stores and deferred)):
            changed = int(getattr(node, "lineno", 0))
        pending += ((child, deferred) for child in ast.iter_child_nodes(node))
    return changed if bound else None


_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def _changes(node: ast.AST) -> bool:
    """Whether an expression or assignment changes `__all__`, or hands it to others who may."""
    if isinstance(node, ast.Attribute):
        return node.attr in _MUTATORS and _is_all(node.value)
    if isinstance(node, ast.Call):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return called not in _READERS and any(map(_is_all, given))
    if isinstance(node, ast.Subscript):
        return _is_all(node.value) and not isinstance(node.ctx, ast.Load)
    assigns = isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
    return assigns and _is_all(getattr(node, "value", None))


def _is_all(node: object) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"
