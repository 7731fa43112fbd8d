"""`__getattr__` made by a function: `__getattr__ = make(__name__)`, or a copy of `attach`.

The function is read with the arguments of the call: what it makes of them by `set(...)`,
by a default for None, and by turning a table round is known, everything else is not. Then
the `__getattr__` inside it is read like one at the top of a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from linkstep.index.lazy_names import served_by_attach, served_by_function
from linkstep.index.literal_tables import Tables
from linkstep.model.summary import LazyNames

_NOT_KNOWN = LazyNames((), False)
_COPIES = frozenset({"set", "frozenset", "list", "tuple", "dict", "sorted"})
_LOADERS_PARAMETERS = ["package_name", "submodules", "submod_attrs"]


def makers_in(tree: ast.Module) -> dict[str, LazyNames]:
    """Say which names the `__getattr__` serves that a function of the module makes, by function.

    For other modules to call: of their arguments nothing is known here.

    >>> source = '''
    ... def make(module):
    ...     def __getattr__(name):
    ...         if name != "__version__":
    ...             raise AttributeError(name)
    ...         return "1.0"
    ...     return __getattr__
    ... '''
    >>> [(name, [lazy.name for lazy in served.names], served.complete)
    ...  for name, served in makers_in(ast.parse(source)).items()]
    [('make', ['__version__'], True)]
    """
    return {
        function.name: _served(function, {}, tree, 0)
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and _inner_getattr(function)
    }


def served_by_maker(assigned: ast.Assign, tree: ast.Module) -> LazyNames | None:
    """Say which names `__getattr__ = make(...)` serves, when `make` is of this module.

    >>> source = '''
    ... def attach(table):
    ...     modules = {name: module for module, names in table.items() for name in names}
    ...     def __getattr__(name):
    ...         if name in modules:
    ...             return load(modules[name], name)
    ...         raise AttributeError(name)
    ...     return __getattr__, lambda: list(modules)
    ... __getattr__, __dir__ = attach({"db": ["connect", "close"]})
    ... '''
    >>> tree = ast.parse(source)
    >>> found = served_by_maker(tree.body[1], tree)
    >>> [lazy.name for lazy in found.names], found.complete
    (['connect', 'close'], True)
    """
    call, target = assigned.value, assigned.targets[0]
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return None
    named = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name == call.func.id
    ]
    if len(named) != 1 or not isinstance(named[0], ast.FunctionDef):
        return None
    given = _arguments(named[0], call)
    position = _position(target)
    if given is None or position is None or len(assigned.targets) > 1:
        return _NOT_KNOWN
    served = _served(named[0], given, tree, position)
    if served.complete and [a.arg for a in named[0].args.args] == _LOADERS_PARAMETERS:
        return served_by_attach(call, tree)  # a copy of lazy_loader's, which says from where
    return served


def _inner_getattr(function: ast.FunctionDef) -> ast.FunctionDef | None:
    for statement in function.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__":
            return statement
    return None


def _position(target: ast.expr) -> int | None:
    """Give which part of what the function returns becomes `__getattr__`."""
    items = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [item.id if isinstance(item, ast.Name) else "" for item in items]
    return names.index("__getattr__") if "__getattr__" in names else None


def _arguments(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr] | None:
    """Give the values of the parameters, None when they cannot be told."""
    taken = function.args
    if taken.vararg or taken.kwarg or taken.posonlyargs or function.decorator_list:
        return None
    if any(isinstance(given, ast.Starred) for given in call.args):
        return None
    names = [argument.arg for argument in taken.args]
    values = dict(zip(reversed(names), reversed(taken.defaults), strict=False))
    for argument, default in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
        if default is not None:
            values[argument.arg] = default
    values |= zip(names, call.args, strict=False)
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        values[keyword.arg] = keyword.value
    return values


def _served(
    function: ast.FunctionDef, given: dict[str, ast.expr], tree: ast.Module, position: int
) -> LazyNames:
    """Read the function with these arguments, and the `__getattr__` that it returns."""
    inner = _inner_getattr(function)
    if inner is None or inner.decorator_list or function.decorator_list:
        return _NOT_KNOWN
    tables = Tables(tree)
    known: dict[str, ast.expr | None] = dict.fromkeys(_own_names(function))
    for name, value in given.items():
        items = tables.items(value)
        known[name] = _display(items) if items is not None else _constant(value)
    returned = _follow(function.body, known)
    if returned is None:
        return _NOT_KNOWN
    parts: list[ast.expr] = returned.elts if isinstance(returned, ast.Tuple) else [returned]
    part = parts[position] if position < len(parts) else None
    if not (isinstance(part, ast.Name) and part.id == "__getattr__"):
        return _NOT_KNOWN
    changed = Tables(ast.Module(function.body, []))
    for name, display in known.items():
        tables.displays.pop(name, None)
        if display is not None and name not in changed.changed | set(changed.additions):
            tables.displays[name] = display
            tables.changed.discard(name)
            tables.additions.pop(name, None)
    return served_by_function(inner, tree, tables)


def _own_names(function: ast.FunctionDef) -> Iterator[str]:
    """Give the parameters of a function and the names that it binds."""
    yield from (node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg))
    for statement in function.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).partition(".")[0]


def _constant(value: ast.expr) -> ast.expr | None:
    return value if isinstance(value, ast.Constant) else None


def _display(items: Sequence[tuple[str, ast.expr]]) -> ast.expr:
    keys: list[ast.expr | None] = [
        ast.copy_location(ast.Constant(key), value) for key, value in items
    ]
    return ast.Dict(keys, [value for _, value in items])


def _follow(body: Sequence[ast.stmt], known: dict[str, ast.expr | None]) -> ast.expr | None:
    """Go over the statements of a maker, note what its names are, and give what it returns."""
    pending = list(body)
    while pending:
        statement = pending.pop(0)
        if isinstance(statement, ast.Return):
            return statement.value
        if isinstance(statement, ast.Raise | ast.Global | ast.Nonlocal | ast.Delete):
            return None
        if isinstance(statement, ast.If) and (taken := _taken(statement, known)) is not None:
            pending = [*taken, *pending]
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = _value(statement.value, known)
        elif not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Expr | ast.Import):
            for node in ast.walk(statement):
                if isinstance(node, ast.Return):
                    return None
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    known[node.id] = None
    return None


def _taken(statement: ast.If, known: dict[str, ast.expr | None]) -> list[ast.stmt] | None:
    """Give the branch of `if parameter is None` that is taken, None when that is not known."""
    test = statement.test
    if not (isinstance(test, ast.Compare) and isinstance(test.left, ast.Name)):
        return None
    right = test.comparators[0]
    asked = len(test.ops) == 1 and isinstance(test.ops[0], ast.Is | ast.IsNot)
    value = known.get(test.left.id)
    if value is None or not asked or not isinstance(right, ast.Constant) or right.value is not None:
        return None
    is_none = isinstance(value, ast.Constant) and value.value is None
    return statement.body if is_none is isinstance(test.ops[0], ast.Is) else statement.orelse


def _value(node: ast.expr, known: dict[str, ast.expr | None]) -> ast.expr | None:
    """Give the table that an expression makes, None when it is not known."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
        items = Tables(ast.Module([], [])).items(node)
        return _display(items) if items is not None else None
    if isinstance(node, ast.DictComp):
        tables = Tables(ast.Module([], []))
        tables.displays = {name: display for name, display in known.items() if display is not None}
        items = tables.items(node)
        return _display(items) if items is not None else None
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    if node.func.id not in _COPIES or node.func.id in known or node.keywords or len(node.args) > 1:
        return None
    return _value(node.args[0], known) if node.args else _display(())
