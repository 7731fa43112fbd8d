"""What a function of the same file does with the module's namespace that it is given.

`_finish(locals())` at the end of a module is harmless when `_finish` only reads what it gets,
or ignores it. Whatever else may happen to the dictionary is not followed.
"""

from __future__ import annotations

import ast

_READING = frozenset({"get", "keys", "items", "values", "copy", "__contains__", "__getitem__"})
_ALL_LOCALS = frozenset({"locals", "vars", "eval", "exec"})


def only_reads(call: ast.Call, argument: ast.expr, tree: ast.Module) -> bool:
    """Whether the function called is one of this file and only reads the argument.

    >>> tree = ast.parse("def f(names): return names['a']\\ndef g(names): names['b'] = 1")
    >>> calls = [ast.parse(text, mode="eval").body for text in ("f(locals())", "g(locals())")]
    >>> [only_reads(call, call.args[0], tree) for call in calls]
    [True, False]
    """
    function = _function(call.func, tree)
    name = _parameter(function, call, argument) if function is not None else None
    if function is None or name is None:
        return False
    harmless: set[ast.AST] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            harmless.add(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _READING:
                harmless.add(node.func.value)
        elif isinstance(node, ast.Compare):
            harmless.update(node.comparators)
    mentioned = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    return not any(
        node.id in _ALL_LOCALS or (node.id == name and node not in harmless) for node in mentioned
    )


def _function(called: ast.expr, tree: ast.Module) -> ast.FunctionDef | None:
    """Give the function of this file that a name is bound to, if nothing else binds it."""
    name = called.id if isinstance(called, ast.Name) else None
    found = None
    for node in ast.walk(tree) if name is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == name and node in tree.body:
            if found is not None or node.decorator_list:
                return None
            found = node
        elif name in _bound_by(node):
            return None
    return found


def _bound_by(node: ast.AST) -> set[str]:
    """Give the names that a node binds in some block of the file."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return {node.id}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {node.arg} if isinstance(node, ast.arg) else set()


def _parameter(function: ast.FunctionDef, call: ast.Call, argument: ast.expr) -> str | None:
    """Give the parameter that an argument of a call is bound to, None when it is not one alone."""
    if any(isinstance(value, ast.Starred) for value in call.args):
        return None
    for keyword in call.keywords:
        if keyword.value is argument:
            return keyword.arg
    parameters = [*function.args.posonlyargs, *function.args.args]
    place = call.args.index(argument)
    return parameters[place].arg if place < len(parameters) else None
