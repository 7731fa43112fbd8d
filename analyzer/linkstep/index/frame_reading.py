"""What a statement does with the frames and the modules that it takes hold of.

A function that asks the frame of its caller for a name, or binds one name there that is written
in it, does nothing that is not known. The reading is narrow: frames and their dictionaries may
be held in variables, compared, and asked for or given keys that are literals. Anything else may
bind whatever it likes.
"""

from __future__ import annotations

import ast

from linkstep.index.conditions import dotted
from linkstep.index.walking import nodes, parents

# Names for frames, for the table of modules, and of ways to them.
_WORDS = (
    frozenset({"modules", "_getframe", "currentframe", "f_globals", "f_locals", "f_back"})
    | {"f_builtins", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "__globals__"}
    | {"getmodule", "getouterframes", "getinnerframes", "_current_frames", "stack"}
    | {"import_module", "__import__"}
)
_NAMESPACES = frozenset({"f_globals", "f_locals"})
_TOLD = frozenset({"f_code", "f_lineno"})
_BLOCKS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_READING = frozenset({"get", "keys", "__contains__"})


def bound_in_callers(statement: ast.stmt) -> frozenset[str] | None:
    r"""Give the names that a statement may bind in frames, None when that is not known.

    >>> def read(text):
    ...     names = bound_in_callers(ast.parse("def f(key):\n    names = " + text).body[0])
    ...     return None if names is None else sorted(names)
    >>> read("key"), read("sys._getframe(1).f_globals; names['a'] = names['b']")
    ([], ['a'])
    >>> read("sys._getframe(1).f_globals; names[key] = 1"), read("sys.modules[key]")
    (None, None)
    """
    if not any(_is_word(node) for node in nodes(statement)):
        return frozenset()
    return _Reading(statement).bound()


def _is_word(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _WORDS and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Attribute):
        return node.attr in _WORDS
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value.rpartition(".")[2] in _WORDS
    return isinstance(node, ast.alias) and node.name.rpartition(".")[2] in _WORDS


class _Reading:
    """Follows frames and their dictionaries through one statement.

    `known` are the nodes that were followed, and `held` the variables that may be a frame or
    the dictionary of one, whatever else they are.
    """

    def __init__(self, statement: ast.stmt) -> None:
        self.above = parents(statement)
        self.names: set[str] = set()
        self.known: set[ast.AST] = set()
        self.held: set[tuple[str, bool]] = set()

    def bound(self) -> frozenset[str] | None:
        """Give the names that are bound, when all is known that is done."""
        pending = [(node, True) for node in self.above if self._is_frame(node)]
        while pending:
            further = self._followed(*pending.pop())
            if further is None:
                return None
            pending += further
        variables = {name for name, _ in self.held}
        for node in filter(_is_word, self.above):
            is_held = isinstance(node, ast.Name) and node.id in variables
            if not (is_held or node in self.known or self._is_asked(node)):
                return None
        return frozenset(self.names)

    def _is_frame(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call) and dotted(node.func) == "sys._getframe":
            self.known.add(node.func)
            return True
        return False

    def _is_asked(self, word: ast.AST) -> bool:
        """Whether the table of modules is only asked whether a module is there, or a word is
        none: `stack` is no call.
        """
        user = self.above[word]
        if isinstance(word, ast.Name | ast.Attribute) and dotted(word) == "sys.modules":
            return isinstance(user, ast.Compare) and word in user.comparators
        name = word.id if isinstance(word, ast.Name) else getattr(word, "attr", None)
        return name == "stack" and not (isinstance(user, ast.Call) and user.func is word)

    def _followed(self, value: ast.AST, is_frame: bool) -> list[tuple[ast.AST, bool]] | None:
        """Give where a frame, or the dictionary of one, goes to; None when that is not known."""
        user = self.above.get(value)
        while isinstance(user, ast.BoolOp | ast.IfExp):
            value, user = user, self.above.get(user)
        if isinstance(user, ast.Assign):
            return self._assigned(user, is_frame)
        if isinstance(user, ast.Attribute) and is_frame:
            self.known.add(user)
            if user.attr in _NAMESPACES or user.attr == "f_back":
                return [(user, user.attr == "f_back")]
            return [] if user.attr in _TOLD else None
        if isinstance(user, ast.Attribute):
            return self._called(user)
        if isinstance(user, ast.Subscript) and user.value is value and not is_frame:
            return self._item(user.slice, binds=not isinstance(user.ctx, ast.Load))
        return [] if isinstance(user, ast.Compare | ast.If | ast.UnaryOp | ast.Expr) else None

    def _assigned(self, user: ast.Assign, is_frame: bool) -> list[tuple[ast.AST, bool]] | None:
        names = {target.id for target in user.targets if isinstance(target, ast.Name)}
        if len(names) < len(user.targets) or not self._is_local(user, names):
            return None
        new = {name for name in names if (name, is_frame) not in self.held}
        self.held |= {(name, is_frame) for name in new}
        return [
            (node, is_frame)
            for node in self.above
            if isinstance(node, ast.Name) and node.id in new and self._is_read(node)
        ]

    def _is_local(self, statement: ast.stmt, names: set[str]) -> bool:
        """Whether an assignment binds variables of a function, which nobody else sees."""
        if any(isinstance(node, ast.Global) and names & {*node.names} for node in self.above):
            return False
        around = self.above.get(statement)
        while around is not None and not isinstance(around, _BLOCKS):
            around = self.above.get(around)
        return isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef)

    def _is_read(self, name: ast.Name) -> bool:
        """Whether a name is evaluated; `names |= more` changes the dictionary itself."""
        return isinstance(name.ctx, ast.Load) or isinstance(self.above[name], ast.AugAssign)

    def _called(self, method: ast.Attribute) -> list[tuple[ast.AST, bool]] | None:
        call = self.above[method]
        if not isinstance(call, ast.Call) or call.func is not method:
            return None
        if method.attr == "setdefault" and call.args:
            return self._item(call.args[0], binds=True)
        return [] if method.attr in _READING else None

    def _item(self, key: ast.expr, *, binds: bool) -> list[tuple[ast.AST, bool]] | None:
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            return None if binds else []
        if binds:
            self.names.add(key.value)
        return []
