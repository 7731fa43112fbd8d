"""What a module's `__getattr__` does with one name: run on paper, as far as that is certain.

Libraries that move names keep a `__getattr__` (PEP 562) that answers for what moved and
raises for what is gone, often with the reason. Its tests are comparisons with literals and
look-ups in literal tables, in this module or in one beside it. These are followed here; a
test that is not understood is taken both ways, and anything else may give the name. So
"raises" is proven, and "may give it" is the answer to everything else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Load = Callable[[str], tuple[bytes, bool] | None]
"""Gives the source of a module by its dotted name, and whether it is a package."""

_DEEPEST = 6
_MAY_GIVE = ""


class _Unknown:
    """A value that is not known."""


_UNKNOWN = _Unknown()


class _Function:
    """A function with the scope it was made in."""

    def __init__(self, node: ast.FunctionDef, scope: _Scope) -> None:
        self.node = node
        self.scope = scope


class _Scope:
    """Names with their values; what a scope lacks its module may have."""

    def __init__(self, module: _Source, values: dict[str, Any]) -> None:
        self.module = module
        self.values = values

    def value(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        return self.module.value(name)

    def inner(self, values: Mapping[str, Any]) -> _Scope:
        return _Scope(self.module, {**self.values, **values})


class ServedNames:
    """Asks the `__getattr__` of modules; each module is parsed once.

    >>> source = b'''
    ... MOVED = {"old": "pkg.new"}
    ... def __getattr__(name):
    ...     if name in MOVED:
    ...         return import_string(MOVED[name])
    ...     raise AttributeError(f"{name} is gone")
    ... '''
    >>> served = ServedNames(lambda name: (source, False))
    >>> served.raises("pkg", "older"), served.raises("pkg", "old")
    ('AttributeError: older is gone', None)
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._sources: dict[str, _Source | None] = {}

    def raises(self, module: str, name: str) -> str | None:
        """Give the exception that asking `module` for `name` certainly raises; else None."""
        source = self.source(module)
        function = source.value("__getattr__") if source is not None else _UNKNOWN
        if not isinstance(function, _Function):
            return None
        ends = _ends(function, [name], _DEEPEST)
        if _MAY_GIVE in ends or not ends:
            return None
        return ends[0] if len(set(ends)) == 1 else ends[0].partition(":")[0]

    def source(self, module: str) -> _Source | None:
        """Give a parsed module, None when it cannot be read."""
        if module not in self._sources:
            found = self._load(module)
            tree = _parsed(found[0]) if found is not None else None
            is_package = found is not None and found[1]
            known = None if tree is None else _Source(self, module, is_package, tree)
            self._sources[module] = known
        return self._sources[module]


class _Source:
    """The top level of a module, evaluated name by name when it is asked for."""

    def __init__(self, served: ServedNames, name: str, is_package: bool, tree: ast.Module) -> None:
        self.name = name
        self._served = served
        self._is_package = is_package
        self._bindings: dict[str, list[ast.stmt]] = {}
        self._changed: set[str] = set()
        self._values: dict[str, Any] = {"__name__": name}
        self._collect(tree.body)

    def value(self, name: str) -> Any:
        """Give the value of a name that is bound once and not changed where it is seen."""
        if name not in self._values:
            self._values[name] = _UNKNOWN  # for a name that is defined by itself
            bindings = self._bindings.get(name, [])
            if len(bindings) == 1 and name not in self._changed:
                self._values[name] = self._bound(bindings[0], name)
        return self._values[name]

    def imported(self, statement: ast.ImportFrom, name: str) -> Any:
        """Give the value that a from-import binds, from the source of that module."""
        base = self.name.split(".")
        if statement.level:
            kept = len(base) - statement.level + (1 if self._is_package else 0)
            parts = [*base[: max(kept, 0)], *filter(None, (statement.module or "").split("."))]
        else:
            parts = (statement.module or "").split(".")
        found = self._served.source(".".join(parts))
        original = next((a.name for a in statement.names if (a.asname or a.name) == name), name)
        return _UNKNOWN if found is None else found.value(original)

    def _collect(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            for name in _bound_names(statement):
                self._bindings.setdefault(name, []).append(statement)
            self._changed |= _changed_names(statement)
            for block in ("body", "orelse", "finalbody"):
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    self._collect(getattr(statement, block, []))
            for handler in getattr(statement, "handlers", []):
                self._collect(handler.body)

    def _bound(self, statement: ast.stmt, name: str) -> Any:
        scope = _Scope(self, {})
        if isinstance(statement, ast.FunctionDef):
            return _Function(statement, scope) if not statement.decorator_list else _UNKNOWN
        if isinstance(statement, ast.ImportFrom):
            return self.imported(statement, name)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            return _evaluate(statement.value, scope, _DEEPEST)
        return _UNKNOWN


def _parsed(source: bytes) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    if isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For):
        return [n.id for n in ast.walk(statement.target) if isinstance(n, ast.Name)]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [a.asname or a.name.partition(".")[0] for a in statement.names]
    return []


def _changed_names(statement: ast.stmt) -> set[str]:
    """Give the names whose values a statement may change in place, or delete."""
    changed: set[str] = set()
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            changed.add(function.value.id)
    targets = getattr(statement, "targets", [])
    for target in targets if isinstance(statement, ast.Assign | ast.Delete) else []:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            changed.add(target.value.id)
        elif isinstance(statement, ast.Delete) and isinstance(target, ast.Name):
            changed.add(target.id)
    return changed


def _ends(function: _Function, arguments: Sequence[Any], depth: int) -> list[str]:
    """Give how a call can end: exceptions, and `_MAY_GIVE` for a value."""
    if depth == 0:
        return [_MAY_GIVE]
    parameters = [argument.arg for argument in function.node.args.args]
    if len(parameters) != len(arguments):
        return [_MAY_GIVE]
    scope = function.scope.inner(dict(zip(parameters, arguments, strict=True)))
    ends = _block_ends(function.node.body, scope, depth)
    return [_MAY_GIVE if end is None else end for end in ends]


def _block_ends(body: Sequence[ast.stmt], scope: _Scope, depth: int) -> list[str | None]:
    """Give how a block can end; None where control goes on behind it."""
    for number, statement in enumerate(body):
        if isinstance(statement, ast.Return):
            return list(_return_ends(statement.value, scope, depth))
        if isinstance(statement, ast.Raise):
            return [_raised(statement, scope, depth)]
        if isinstance(statement, ast.If):
            test = _evaluate(statement.test, scope, depth)
            rest = body[number + 1 :]
            if test is not _UNKNOWN:
                taken = statement.body if test else statement.orelse
                return _block_ends([*taken, *rest], scope, depth)
            return [
                end
                for branch in (statement.body, statement.orelse)
                for end in _block_ends([*branch, *rest], scope.inner({}), depth)
            ]
        if isinstance(statement, ast.Try) and _is_look_up(statement):
            rest = body[number + 1 :]
            return [
                end
                for way in _look_up_ways(statement, scope, depth)
                for end in _block_ends([*way, *rest], scope.inner({}), depth)
            ]
        if not _passed(statement, scope, depth):
            return [_MAY_GIVE]
    return [None]


def _is_look_up(statement: ast.Try) -> bool:
    """Whether a try statement only asks a table for a key: `value = TABLE[name]`."""
    [*others, last] = statement.body
    looked = isinstance(last, ast.Assign) and isinstance(last.value, ast.Subscript)
    return looked and not others and len(statement.handlers) == 1 and not statement.finalbody


def _look_up_ways(statement: ast.Try, scope: _Scope, depth: int) -> list[Sequence[ast.stmt]]:
    """Give what runs after a key was found, or was not, or both where that is not known."""
    [assigned] = statement.body
    assert isinstance(assigned, ast.Assign)
    assert isinstance(assigned.value, ast.Subscript)
    table = _evaluate(assigned.value.value, scope, depth)
    key = _evaluate(assigned.value.slice, scope, depth)
    found, lacking = [assigned, *statement.orelse], statement.handlers[0].body
    if not isinstance(table, dict) or not isinstance(key, str):
        return [found, lacking]
    return [found if key in table else lacking]


def _passed(statement: ast.stmt, scope: _Scope, depth: int) -> bool:
    """Go over a statement that only binds names, or does nothing to them; else False."""
    if isinstance(statement, ast.Expr | ast.Pass | ast.Global | ast.Nonlocal | ast.Assert):
        return True
    if isinstance(statement, ast.FunctionDef):
        scope.values[statement.name] = _Function(statement, scope)
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            scope.values[alias.asname or alias.name.partition(".")[0]] = _UNKNOWN
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            bound = alias.asname or alias.name
            scope.values[bound] = scope.module.imported(statement, bound)
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value = _evaluate(statement.value, scope, depth)
        for target in targets:
            for node in ast.walk(target):
                if isinstance(node, ast.Name):
                    scope.values[node.id] = value if node is target else _UNKNOWN
    else:
        return False
    return True


def _return_ends(value: ast.expr | None, scope: _Scope, depth: int) -> list[str]:
    if isinstance(value, ast.Call):
        function = _evaluate(value.func, scope, depth)
        if isinstance(function, _Function) and not value.keywords:
            arguments = [_evaluate(argument, scope, depth) for argument in value.args]
            return _ends(function, arguments, depth - 1)
    return [_MAY_GIVE]


def _raised(statement: ast.Raise, scope: _Scope, depth: int) -> str:
    """Give the last line of the traceback, as far as it is known."""
    raised = statement.exc
    if isinstance(raised, ast.Call):
        name = _last_name(raised.func)
        shown = raised.args[0] if raised.args else None
        message = _UNKNOWN if shown is None else _evaluate(shown, scope, depth)
        if isinstance(shown, ast.JoinedStr) and message is _UNKNOWN:
            message = _text(shown, scope, depth, "...")
        return f"{name}: {message}" if isinstance(message, str) else name
    return _last_name(raised) if raised is not None else _MAY_GIVE


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "Exception"


def _evaluate(node: ast.expr, scope: _Scope, depth: int) -> Any:
    """Give the value of an expression, `_UNKNOWN` where it is not certain."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return scope.value(node.id)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return _collection(node, scope, depth)
    if isinstance(node, ast.Dict):
        keys = [_evaluate(key, scope, depth) if key else _UNKNOWN for key in node.keys]
        values = [_evaluate(value, scope, depth) for value in node.values]
        known = all(isinstance(key, str | int) for key in keys)
        return dict(zip(keys, values, strict=True)) if known else _UNKNOWN
    if isinstance(node, ast.DictComp) and len(node.generators) == 1:
        return _comprehended(node, node.generators[0], scope, depth)
    if isinstance(node, ast.JoinedStr):
        return _text(node, scope, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        value = _evaluate(node.operand, scope, depth)
        return _UNKNOWN if value is _UNKNOWN else not value
    if isinstance(node, ast.BoolOp):
        return _joined(node, scope, depth)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left = _evaluate(node.left, scope, depth)
        right = _evaluate(node.comparators[0], scope, depth)
        return _compared(left, node.ops[0], right)
    if isinstance(node, ast.Subscript):
        table, key = _evaluate(node.value, scope, depth), _evaluate(node.slice, scope, depth)
        return table.get(key, _UNKNOWN) if isinstance(table, dict) else _UNKNOWN
    if isinstance(node, ast.Call):
        return _called(node, scope, depth)
    return _UNKNOWN


def _collection(node: ast.Tuple | ast.List | ast.Set, scope: _Scope, depth: int) -> Any:
    items = [_evaluate(item, scope, depth) for item in node.elts]
    known = all(isinstance(item, str | int | tuple) for item in items)
    return tuple(items) if known else _UNKNOWN


def _comprehended(node: ast.DictComp, loop: ast.comprehension, scope: _Scope, depth: int) -> Any:
    """Give the table that a comprehension over literals makes."""
    items = _evaluate(loop.iter, scope, depth)
    if not isinstance(items, tuple) or loop.ifs:
        return _UNKNOWN
    table = {}
    for item in items:
        targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        values = item if isinstance(loop.target, ast.Tuple) else (item,)
        if len(targets) != len(values):
            return _UNKNOWN
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        inner = scope.inner(dict(zip(names, values, strict=False)))
        key = _evaluate(node.key, inner, depth)
        if not isinstance(key, str):
            return _UNKNOWN
        table[key] = _evaluate(node.value, inner, depth)
    return table


def _text(node: ast.JoinedStr, scope: _Scope, depth: int, hole: str | None = None) -> Any:
    """Give an f-string, if all of it is known or `hole` may stand for the rest."""
    parts = []
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        value = _evaluate(inner, scope, depth)
        quoted = isinstance(part, ast.FormattedValue) and part.conversion == ord("r")
        known = value is not _UNKNOWN
        parts.append((repr(value) if quoted else str(value)) if known else hole)
    return _UNKNOWN if None in parts else "".join(filter(None, parts))


def _joined(node: ast.BoolOp, scope: _Scope, depth: int) -> Any:
    values = [_evaluate(value, scope, depth) for value in node.values]
    decisive = isinstance(node.op, ast.Or)
    if any(value is not _UNKNOWN and bool(value) is decisive for value in values):
        return decisive
    return _UNKNOWN if _UNKNOWN in values else not decisive


def _compared(left: Any, operator: ast.cmpop, right: Any) -> Any:
    if left is _UNKNOWN or right is _UNKNOWN or isinstance(left, _Function):
        return _UNKNOWN
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(right, dict | tuple | str):
            return _UNKNOWN
        return (left in right) is isinstance(operator, ast.In)
    if isinstance(operator, ast.Eq | ast.NotEq):
        return (left == right) is isinstance(operator, ast.Eq)
    if isinstance(operator, ast.Is | ast.IsNot) and (left is None or right is None):
        return (left is right) is isinstance(operator, ast.Is)
    return _UNKNOWN


def _called(node: ast.Call, scope: _Scope, depth: int) -> Any:
    """Give the value of a call: a method of a known value, or a function that is followed."""
    arguments = [_evaluate(argument, scope, depth) for argument in node.args]
    if isinstance(node.func, ast.Attribute) and not node.keywords:
        owner, method = _evaluate(node.func.value, scope, depth), node.func.attr
        if isinstance(owner, dict) and method == "keys":
            return owner
        if isinstance(owner, dict) and method == "get" and arguments[0] is not _UNKNOWN:
            return owner.get(*arguments)
        if isinstance(owner, str) and method in ("startswith", "endswith"):
            known = all(isinstance(argument, str) for argument in arguments)
            return getattr(owner, method)(*arguments) if known else _UNKNOWN
        return _UNKNOWN
    function = _evaluate(node.func, scope, depth)
    if isinstance(function, _Function) and not node.keywords and depth:
        return _returned(function, arguments, depth - 1)
    return _UNKNOWN


def _returned(function: _Function, arguments: Sequence[Any], depth: int) -> Any:
    """Give what a function without branches returns, such as one that makes a function."""
    parameters = [argument.arg for argument in function.node.args.args]
    if len(parameters) != len(arguments):
        return _UNKNOWN
    scope = function.scope.inner(dict(zip(parameters, arguments, strict=True)))
    for statement in function.node.body:
        if isinstance(statement, ast.Return) and statement.value is not None:
            return _evaluate(statement.value, scope, depth)
        if not _passed(statement, scope, depth):
            return _UNKNOWN
    return _UNKNOWN
