"""Functions of which the file itself says when they are called.

A function that enters modules in `sys.modules` matters only if something calls it. Where its
name serves for nothing but calls, these calls are the steps `Invoke`, and a linker that finds
all of them in branches that never run knows that the file does not call it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from linkstep.index.walking import nodes

_BY_NAME = frozenset({"globals", "locals", "vars", "eval", "exec", "dir"})
_GETS_GLOBALS = frozenset({"__import__", "import_module"})


def only_called(tree: ast.Module) -> frozenset[str]:
    """Give the functions of a module whose names are used for calls and nothing else.

    >>> text = "def alias(): ...\\ndef hook(): ...\\nif FLAG: alias()\\nregister(hook)"
    >>> only_called(ast.parse(text))
    frozenset({'alias'})
    """
    defined = [
        statement.name
        for statement in tree.body
        if isinstance(statement, ast.FunctionDef) and not statement.decorator_list
    ]
    everything = list(nodes(tree))
    calls = [
        node
        for node in everything
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    of_import = [call for call in calls if getattr(call.func, "id", "") in _GETS_GLOBALS]
    given = {getattr(argument, "func", None) for call in of_import for argument in call.args}
    called = {call.func for call in calls}
    other: set[str] = set()
    for node in everything:
        if isinstance(node, ast.Name):
            if node.id in _BY_NAME and node not in given:
                return frozenset()
            if node not in called:
                other.add(node.id)
        elif node not in tree.body or not isinstance(node, ast.FunctionDef):
            other.update(_mentioned(node))
    return frozenset(name for name in defined if defined.count(name) == 1 and name not in other)


def _mentioned(node: ast.AST) -> Iterator[str]:
    """Give the names that a node binds or may look up in another way than by a plain name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.split(r"[.:]", node.value)[-1]
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
