"""Names that a module gives itself in ways that can be listed: an enum's members, a loop."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from linkstep.index.literal_tables import Tables
from linkstep.index.names import target_names
from linkstep.index.walking import nodes

_PLAIN = (ast.FunctionDef, ast.Pass)


def member_names(mapping: ast.expr | None, tree: ast.Module) -> list[str] | None:
    """Give the keys of `C.__members__`, for an enum of this module; None when not known.

    What the class body binds besides its members is among them, which is too much
    and does no harm.

    >>> tree = ast.parse("class Colour(IntEnum):\\n    RED = 1\\n    BLUE = 2")
    >>> member_names(ast.parse("Colour.__members__", mode="eval").body, tree)
    ['RED', 'BLUE']
    """
    if not (isinstance(mapping, ast.Attribute) and mapping.attr == "__members__"):
        return None
    owner = mapping.value.id if isinstance(mapping.value, ast.Name) else None
    found = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == owner]
    if len(found) != 1 or found[0].keywords or found[0].decorator_list:
        return None
    bases = [getattr(base, "attr", getattr(base, "id", "")) for base in found[0].bases]
    if not any(base.endswith(("Enum", "Flag")) for base in bases):
        return None
    names: list[str] = []
    for statement in found[0].body:
        if isinstance(statement, ast.Assign):
            names += [name for target in statement.targets for name in target_names(target)]
        elif isinstance(statement, ast.AnnAssign):
            names += target_names(statement.target)
        elif not (isinstance(statement, _PLAIN) or _is_text(statement)):
            return None
    return names


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def loop_prefix(key: ast.expr, node: ast.AST, loops: Sequence[ast.For]) -> str | None:
    """Give what a name begins with wherever a loop comes to `node`, None when that is not known.

    >>> loop = ast.parse("for n in x:\\n    if n.startswith('RLIM'):\\n        g[n] = 1").body[0]
    >>> stored = loop.body[0].body[0].targets[0]
    >>> loop_prefix(stored.slice, stored, [loop])
    'RLIM'
    """
    if not isinstance(key, ast.Name) or (loop := _loop_over(key.id, loops)) is None:
        return None
    for test in ast.walk(loop):
        if isinstance(test, ast.If) and _holds(test.body, node):
            prefix = _prefix(test.test, key.id)
            if prefix:
                return prefix
    return None


def _loop_over(name: str, loops: Sequence[ast.For]) -> ast.For | None:
    """Give the innermost loop that binds a name, if it does so by its target alone."""
    for loop in reversed(loops):
        stored = stored_in(loop, name)
        if stored:
            return loop if stored == [loop.target] else None
    return None


def stored_in(loop: ast.For, name: str) -> list[ast.Name]:
    """Give the places of a loop that bind a name, or delete it.

    >>> loop = ast.parse("for x in y:\\n    x = y[x]\\n    del y[x], x").body[0]
    >>> [type(node.ctx).__name__ for node in stored_in(loop, "x")]
    ['Store', 'Store', 'Del']
    """
    return [
        node
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]


def _holds(body: Sequence[ast.stmt], node: ast.AST) -> bool:
    return any(found is node for statement in body for found in ast.walk(statement))


def _prefix(test: ast.expr, name: str) -> str | None:
    """Give the text of `name.startswith(text)`, alone or among what has to hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return next((found for part in test.values if (found := _prefix(part, name))), None)
    if not (isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute)):
        return None
    asked = test.func.attr == "startswith" and getattr(test.func.value, "id", None) == name
    text = test.args[0] if asked and len(test.args) == 1 else None
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else None


def loop_names(key: ast.expr, loops: Sequence[ast.For], tree: ast.Module) -> list[str] | None:
    """Give the values of `key` in the loops around it: `for key in ("a", "b"): ...`.

    None when it is not the target of a loop over literals, or the loop gives it another value.

    >>> loop = ast.parse("for name in ('red', 'blue'): pass").body[0]
    >>> loop_names(ast.Name("name", ast.Load()), [loop], ast.Module([loop], []))
    ['red', 'blue']
    """
    loop = _loop_over(key.id, loops) if isinstance(key, ast.Name) else None
    items = Tables(tree).items(loop.iter) if loop is not None else None
    return [name for name, _ in items] if items is not None else None


def _is_around(function: ast.FunctionDef, entry: ast.expr) -> bool:
    """Whether the lines of a function hold those of an expression."""
    return function.lineno <= entry.lineno <= (function.end_lineno or function.lineno)


def is_found(entry: ast.Subscript, tree: ast.Module) -> bool:
    """Whether `sys.modules[name] = module` is about a module that `find_spec(name)` has found.

    That is how a lazy import is written (importlib, "Implementing lazy imports"): the name
    is that of a module which is there anyway.
    """
    name = entry.slice.id if isinstance(entry.slice, ast.Name) else None
    for function in nodes(tree) if name is not None else ():
        if not isinstance(function, ast.FunctionDef) or not _is_around(function, entry):
            continue
        inside = list(nodes(function))
        if not any(node is entry for node in inside):
            continue
        calls = [node for node in inside if isinstance(node, ast.Call)]
        called = [getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls]
        asked = any(
            what == "find_spec" and call.args and getattr(call.args[0], "id", None) == name
            for what, call in zip(called, calls, strict=True)
        )
        stored = any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            for node in inside
        )
        if asked and not stored and not any(what.startswith("spec_from") for what in called):
            return True
    return False
