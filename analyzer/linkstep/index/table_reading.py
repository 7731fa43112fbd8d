"""What a file does with the modules that it takes out of `sys.modules`.

A function that looks a module up there to read its version gives no names to anybody. The
reading is narrow: modules may be held in variables, handed to functions of the same file,
compared, asked for `__version__` and its like, and returned to functions of the same file that do
no more. Anything else may change them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from linkstep.index.shallow import lines_with
from linkstep.index.walking import parents

_ASKING = frozenset({"hasattr", "isinstance", "repr", "str", "id", "bool"})
_TOLD = frozenset({"__version__", "__name__", "__file__", "__package__", "__doc__"})


def only_looks(tree: ast.Module, text: str) -> bool:
    """Whether nothing in a file can change a module that it takes out of `sys.modules`.

    >>> looks = lambda text: only_looks(ast.parse(text), text)
    >>> looks("def f(name): return sys.modules[name].__version__")
    True
    >>> looks("def f(name): sys.modules[name].x = 1")
    False
    >>> text = "def f(name): return sys.modules[name]\\ndef g(name): "
    >>> looks(text + "f(name)"), looks(text + "f(name).x = 1")
    (True, False)
    """
    near = parents(tree, lines_with(("modules", "exec", "eval"), text))
    if any(_is_run(node) or (_is_table(node) and _is_reached_into(node, near)) for node in near):
        return False  # so it is with most files, and the rest of their trees tells nothing more
    above = parents(tree)
    held: set[str] = set()
    if any(map(_is_run, above)):
        return False
    taken: list[ast.AST] = []
    for table in filter(_is_table, above):
        entry = _entry(table, above)
        if entry is None:
            return False
        taken.append(entry)
    while taken:
        names = _holders(taken.pop(), above)
        if names is None:
            return False
        for name in names - held:
            held.add(name)
            taken += _loads(name, above)
    return True


def _is_run(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("exec", "eval")


def _is_reached_into(table: ast.AST, near: dict[ast.AST, ast.AST]) -> bool:
    """Whether the statement alone shows that a module taken out of a table may be changed."""
    entry = _entry(table, near)
    user = None if entry is None else near.get(entry)
    return entry is None or (isinstance(user, ast.Attribute) and _holders(entry, near) is None)


def _is_table(node: ast.AST) -> bool:
    """Whether a node may be the table of modules; an import of it counts as one."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "sys" and any(alias.name in ("modules", "*") for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr == "modules"


def _entry(table: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.AST | None:
    """Give the expression that takes one module out of the table, None for any other use."""
    user = above.get(table)
    if isinstance(user, ast.Subscript) and isinstance(user.ctx, ast.Load):
        return user if user.value is table else None
    if isinstance(user, ast.Compare) and table in user.comparators:
        return user
    if isinstance(user, ast.Attribute) and user.attr == "get":
        call = above.get(user)
        return call if isinstance(call, ast.Call) and call.func is user else None
    return None


def _loads(name: str, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """Give the places where a variable is read, or `f()` where f is called, in whatever scope."""
    function = name.removesuffix("()")
    for node in above:
        if isinstance(node, ast.Name) and node.id == function and isinstance(node.ctx, ast.Load):
            user = above.get(node)
            called = isinstance(user, ast.Call) and user.func is node
            yield user if name != function and called and user is not None else node
        elif name != function and isinstance(node, ast.Attribute) and node.attr == function:
            yield above[node] if isinstance(above[node], ast.Call) else node


def _holders(value: ast.AST, above: dict[ast.AST, ast.AST]) -> set[str] | None:
    """Give the variables that get a module, by how it is used; None when it may be changed."""
    user = above.get(value)
    while isinstance(user, ast.BoolOp | ast.IfExp):
        value, user = user, above.get(user)
    if isinstance(user, ast.Attribute):
        return set() if user.attr in _TOLD and isinstance(user.ctx, ast.Load) else None
    if isinstance(user, ast.Assign):
        names = {target.id for target in user.targets if isinstance(target, ast.Name)}
        return names if len(names) == len(user.targets) else None
    if isinstance(user, ast.Call):
        return _parameters(user, value, above)
    if isinstance(user, ast.Return):
        function = _function_around(user, above)
        return {f"{function}()"} if function is not None else None
    harmless = ast.Compare | ast.If | ast.Expr | ast.UnaryOp | ast.FormattedValue
    return set() if isinstance(user, harmless) else None


def _function_around(statement: ast.Return, above: dict[ast.AST, ast.AST]) -> str | None:
    around: ast.AST | None = statement
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
        around = above.get(around)
    return around.name if around is not None else None


def _told(names: list[ast.expr]) -> bool:
    return any(isinstance(name, ast.Constant) and name.value in _TOLD for name in names)


def _parameters(call: ast.Call, value: ast.AST, above: Iterable[ast.AST]) -> set[str] | None:
    """Give the parameter of a function of this file that gets a module."""
    name = call.func.id if isinstance(call.func, ast.Name) else None
    if name in _ASKING or (name == "getattr" and _told(call.args[1:2]) and value in call.args):
        return set()
    defined = [node for node in above if isinstance(node, ast.FunctionDef) and node.name == name]
    if not defined or call.keywords or value not in call.args:
        return None
    place = call.args.index(value)
    if any(place >= len(node.args.args) or node.decorator_list for node in defined):
        return None
    return {node.args.args[place].arg for node in defined}
