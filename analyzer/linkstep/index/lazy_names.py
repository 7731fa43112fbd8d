"""Names that a module serves on demand: PEP 562 `__getattr__`, and literal lazy tables.

A `__getattr__` that compares its argument with literals, or looks it up in a literal
table, and raises AttributeError otherwise, serves exactly the names it mentions: the
module is then *open with known keys*. Everything else serves unknown names.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from linkstep.index.literal_tables import Tables
from linkstep.model.summary import LazyName, LazyNames


def served_by_function(
    function: ast.FunctionDef, tree: ast.Module, tables: Tables | None = None
) -> LazyNames:
    """Say which names a module's `__getattr__` serves.

    >>> source = '''
    ... _LAZY = {"a": ".x", "b": ".y"}
    ... def __getattr__(name):
    ...     if name in _LAZY:
    ...         return getattr(importlib.import_module(_LAZY[name], __name__), name)
    ...     raise AttributeError(name)
    ... '''
    >>> tree = ast.parse(source)
    >>> found = served_by_function(tree.body[1], tree)
    >>> [(lazy.name, lazy.module, lazy.attribute) for lazy in found.names], found.complete
    ([('a', '.x', 'a'), ('b', '.y', 'b')], True)
    """
    if not function.args.args or _rebinds(function, function.args.args[0].arg):
        return LazyNames((), False)
    reading = _Function(function, tables or Tables(tree))
    complete = reading.refuses(function.body) is True
    return LazyNames(tuple(reading.names.values()), complete)


def _rebinds(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function gives its parameter another value: `name = name.lower()`."""
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


class _Function:
    def __init__(self, function: ast.FunctionDef, tables: Tables) -> None:
        self.function = function
        self.parameter = function.args.args[0].arg
        self.tables = tables
        self.looked_up: dict[str, ast.expr] = {}
        self.names: dict[str, LazyName] = {}

    def refuses(self, body: list[ast.stmt]) -> bool | None:
        """Whether this block raises for every name not recorded on the way.

        None says that it does nothing about the others: control goes on behind it.
        """
        for statement in body:
            if isinstance(statement, ast.Raise):
                return True
            if isinstance(statement, ast.If):
                verdict = self.branch(statement)
                if verdict is not None:
                    return verdict
            elif isinstance(statement, ast.Try):
                return self.tries(statement)
            elif isinstance(statement, ast.Assign):
                if self.assigns(statement):
                    return True
            elif not isinstance(
                statement, ast.Import | ast.ImportFrom | ast.Expr | ast.Global | ast.AnnAssign
            ):
                return False
        return None

    def branch(self, statement: ast.If) -> bool | None:
        """Give the verdict of the whole block when this `if` settles it, else None."""
        keys, inside = self.keys(statement.test)
        if keys is None:
            if _raises(statement.body) and not statement.orelse:
                return None
            return False
        self.serve(keys, statement.test)
        if not inside:
            return _raises(statement.body)
        if statement.orelse:
            return self.refuses(statement.orelse)
        return None

    def tries(self, statement: ast.Try) -> bool:
        """Whether the try raises for names that its table lacks."""
        for node in ast.walk(ast.Module(statement.body, [])):
            if isinstance(node, ast.Subscript) and self.is_parameter(node.slice):
                items = self.tables.items(node.value)
                if items is not None and all(_raises(h.body) for h in statement.handlers):
                    self.serve(dict(items), node)
                    return True
        return False

    def assigns(self, statement: ast.Assign) -> bool:
        """Whether the assignment raises KeyError for names that are not served."""
        value = statement.value
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            self.tables.displays.pop(target.id, None)
            if isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Set):
                self.tables.displays[target.id] = value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            asked = value.func.attr == "get" and value.args and self.is_parameter(value.args[0])
            if asked and isinstance(target, ast.Name):
                self.looked_up[target.id] = value.func.value
        elif isinstance(value, ast.Subscript) and self.is_parameter(value.slice):
            items = self.tables.items(value.value)
            if items is not None:
                self.serve(dict(items), value)
                return True
        return False

    def is_parameter(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self.parameter

    def keys(self, test: ast.expr) -> tuple[dict[str, ast.expr | None] | None, bool]:
        """Give the names a test admits, and whether it holds for them (or for all others)."""
        if isinstance(test, ast.BoolOp):
            return self._combined(test)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            keys, inside = self.keys(test.operand)
            return keys, not inside
        if isinstance(test, ast.NamedExpr):
            return self._fetched(test.value), True
        if isinstance(test, ast.Name) and test.id in self.looked_up:
            return self._table(self.looked_up[test.id]), True
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
            return None, True
        operator, right = test.ops[0], test.comparators[0]
        fetched = isinstance(test.left, ast.Name) and test.left.id in self.looked_up
        if fetched and isinstance(operator, ast.Is | ast.IsNot):
            inside = isinstance(operator, ast.IsNot)
            return self._table(self.looked_up[test.left.id]), inside  # type: ignore[attr-defined]
        if not self.is_parameter(test.left):
            return None, True
        if isinstance(operator, ast.In | ast.NotIn):
            return self._table(right), isinstance(operator, ast.In)
        if isinstance(operator, ast.Eq | ast.NotEq) and isinstance(right, ast.Constant):
            return {str(right.value): None}, isinstance(operator, ast.Eq)
        return None, True

    def _fetched(self, value: ast.expr) -> dict[str, ast.expr | None] | None:
        """Give the names for which `TABLE.get(name)` finds something."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
            return None
        asked = value.func.attr == "get" and len(value.args) == 1
        return self._table(value.func.value) if asked and self.is_parameter(value.args[0]) else None

    def _combined(self, test: ast.BoolOp) -> tuple[dict[str, ast.expr | None] | None, bool]:
        parts = [self.keys(value) for value in test.values]
        if isinstance(test.op, ast.And):
            for keys, inside in parts:
                if keys is not None and inside:
                    return keys, True
            return None, True
        merged: dict[str, ast.expr | None] = {}
        for keys, inside in parts:
            if keys is None or not inside:
                return None, True
            merged.update(keys)
        return merged, True

    def _table(self, node: ast.expr) -> dict[str, ast.expr | None] | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value if node.func.attr == "keys" else node
        items = self.tables.items(node)
        return dict(items) if items is not None else None

    def serve(self, keys: Mapping[str, ast.expr | None], where: ast.expr) -> None:
        """Record the names, with their targets where the function's form says them."""
        form = _import_form(self.function, self.parameter)
        for name, value in keys.items():
            line = value.lineno if value is not None else where.lineno
            module, attribute = _target(form, name, value)
            self.names.setdefault(name, LazyName(name, module, attribute, line))


def _raises(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def _import_form(function: ast.FunctionDef, parameter: str) -> tuple[str, str] | None:
    """Give (prefix of the module name, what the table's value is), or None.

    The value is `module` when the table maps a name to its module, `pair` when it maps
    it to (module, attribute).
    """
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
    ]
    fetches = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr"
    ]
    tests = [node for node in ast.walk(function) if isinstance(node, ast.If)]
    if len(calls) == len(tests) == 1 and not fetches and calls[0].args:
        prefix, value = _prefix(calls[0].args[0])  # the names are those of submodules
        named = isinstance(value, ast.Name) and value.id == parameter
        return (prefix, "submodule") if named and prefix is not None else None
    if len(calls) != 1 or len(fetches) != 1 or len(fetches[0].args) != 2 or not calls[0].args:
        return None
    pairs = {
        target.elts[0].id: target.elts[1].id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(target := node.targets[0], ast.Tuple)
        and len(target.elts) == 2
        and isinstance(target.elts[0], ast.Name)
        and isinstance(target.elts[1], ast.Name)
    }
    prefix, value = _prefix(calls[0].args[0])
    attribute = fetches[0].args[1]
    if prefix is None or not isinstance(attribute, ast.Name):
        return None
    if isinstance(value, ast.Name) and pairs.get(value.id) == attribute.id:
        return prefix, "pair"
    if attribute.id == parameter and isinstance(value, ast.Subscript | ast.Name):
        if isinstance(value, ast.Name) and value.id in (parameter, *pairs):
            return None
        return prefix, "module"
    return None


def _prefix(argument: ast.expr) -> tuple[str | None, ast.expr | None]:
    """Split the module argument of import_module into a literal prefix and a value."""
    parts: list[ast.expr] = []
    if isinstance(argument, ast.JoinedStr):
        parts = [
            part.value if isinstance(part, ast.FormattedValue) else part for part in argument.values
        ]
    elif isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add):
        left, right = _prefix(argument.left), argument.right
        if left[1] is not None:
            return None, None
        return left[0], right
    elif isinstance(argument, ast.Constant):
        return str(argument.value), None
    elif isinstance(argument, ast.Name) and argument.id in ("__name__", "__package__"):
        return "", None
    else:
        return "", argument
    prefix = ""
    for part in parts[:-1]:
        if isinstance(part, ast.Constant):
            prefix += str(part.value)
        elif not (isinstance(part, ast.Name) and part.id in ("__name__", "__package__")):
            return None, None
    return prefix, parts[-1] if parts else None


def _target(
    form: tuple[str, str] | None, name: str, value: ast.expr | None
) -> tuple[str | None, str | None]:
    if form is None or value is None:
        return None, None
    prefix, kind = form
    if kind == "submodule":
        return prefix + name, None
    if kind == "module" and isinstance(value, ast.Constant) and isinstance(value.value, str):
        return prefix + value.value, name
    if kind == "pair" and isinstance(value, ast.Tuple | ast.List) and len(value.elts) == 2:
        module, attribute = value.elts
        if isinstance(module, ast.Constant) and isinstance(attribute, ast.Constant):
            return prefix + str(module.value), str(attribute.value)
    return None, None


def served_by_attach(call: ast.Call, tree: ast.Module) -> LazyNames:
    """Say which names `lazy_loader.attach(...)` or `attach_stub(...)` serves.

    >>> tree = ast.parse("x = attach(__name__, ['sub'], {'mod': ['f']})")
    >>> [lazy.name for lazy in served_by_attach(tree.body[0].value, tree).names]
    ['sub', 'f']
    """
    if getattr(call.func, "attr", getattr(call.func, "id", "")) == "attach_stub":
        return LazyNames((), True, stub=True)
    tables = Tables(tree)
    given = dict(zip(("package", "submodules", "submod_attrs"), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    names: list[LazyName] = []
    submodules = given.get("submodules")
    if submodules is not None and not _is_none(submodules):
        members = tables.items(submodules)
        if members is None:
            return LazyNames((), False)
        names += [LazyName(name, f".{name}", None, node.lineno) for name, node in members]
    attributes = given.get("submod_attrs")
    if attributes is not None and not _is_none(attributes):
        served = served_by_structure(attributes, tables)
        if not served.complete:
            return served
        names += [lazy for lazy in served.names if lazy.attribute]
    return LazyNames(tuple(names), True)


def served_by_structure(table: ast.expr, tables: Tables) -> LazyNames:
    """Say which names a table of submodule to attributes serves (`_import_structure`)."""
    items = tables.items(table)
    if items is None:
        return LazyNames((), False)
    names: list[LazyName] = []
    for module, value in items:
        members = tables.items(value)
        if members is None:
            return LazyNames((), False)
        names.append(LazyName(module.partition(".")[0], f".{module}", None, value.lineno))
        names += [LazyName(name, f".{module}", name, node.lineno) for name, node in members]
    return LazyNames(tuple(names), True)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
