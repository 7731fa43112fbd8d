"""`setattr(module, name, value)` that only puts back what was read from the module before.

Tests save what they are about to change, `saved[name] = getattr(module, name)`, and restore it
in a loop. Every name in `saved` was an attribute of the module, or `getattr` had raised: such
a loop gives the module no name that it does not have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from linkstep.index.made_names import stored_in
from linkstep.index.walking import nodes

_ADDING_NOTHING = frozenset({"items", "keys", "clear"})


def is_restored(call: ast.Call, loops: Sequence[ast.For], tree: ast.Module) -> bool:
    """Whether the name that a `setattr` sets comes from a table of attributes of the module.

    >>> text = "import m\\nold = {}\\nold['a'] = getattr(m, 'a')\\n"
    >>> tree = ast.parse(text + "for k, v in old.items(): setattr(m, k, v)")
    >>> is_restored(tree.body[-1].body[0].value, [tree.body[-1]], tree)
    True
    """
    module, key = call.args[0], call.args[1]
    if not isinstance(key, ast.Name):
        return False
    loop = next((one for one in reversed(loops) if stored_in(one, key.id)), None)
    table = _table(loop, key.id) if loop is not None else None
    if table is None or not _is_always_one(module, tree):
        return False
    saved = _harmless(table, module, tree)
    return all(node in saved for node in ast.walk(tree) if _is_mention(node, table))


def _is_always_one(module: ast.expr, tree: ast.Module) -> bool:
    """Whether the file binds the root of the chain by imports alone."""
    root = module
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    return not any(
        (isinstance(node, ast.Name) and node.id == root.id and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == root.id)
        for node in nodes(tree)
    )


def _table(loop: ast.For, key: str) -> ast.expr | None:
    """Give the mapping whose keys a loop goes through: `for key[, value] in table.items()`."""
    first = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else loop.target
    over = loop.iter
    method = "items" if isinstance(loop.target, ast.Tuple) else "keys"
    if stored_in(loop, key) != [first] or not isinstance(over, ast.Call) or over.args:
        return None
    if not isinstance(over.func, ast.Attribute) or over.func.attr != method:
        return None
    return over.func.value if isinstance(over.func.value, ast.Name | ast.Attribute) else None


def _is_mention(node: ast.AST, table: ast.expr) -> bool:
    """Whether a node may be the table: any name or attribute that is called like it."""
    if isinstance(table, ast.Attribute):
        return isinstance(node, ast.Attribute) and node.attr == table.attr
    assert isinstance(table, ast.Name)
    return (isinstance(node, ast.Name) and node.id == table.id) or (
        isinstance(node, ast.arg) and node.arg == table.id
    )


def _harmless(table: ast.expr, module: ast.expr, tree: ast.Module) -> set[ast.AST]:
    """Give the mentions of the table that put in it nothing but attributes of the module."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _ADDING_NOTHING:
            found.add(node.value)
        for target, value in _assigned(node):
            if _is_mention(target, table) and _is_empty(value):
                found.add(target)
            elif isinstance(target, ast.Subscript) and _is_read(value, module, target.slice):
                found.add(target.value)
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        yield node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value


def _is_empty(value: ast.expr) -> bool:
    return isinstance(value, ast.Dict) and not value.keys


def _is_read(value: ast.expr, module: ast.expr, key: ast.expr) -> bool:
    """Whether a value is `getattr(module, key)`, without a default."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
        return False
    wanted = [ast.unparse(module), ast.unparse(key)]
    given = [ast.unparse(argument) for argument in value.args]
    return value.func.id == "getattr" and not value.keywords and given == wanted
