"""Calls and assignments that change a namespace, `sys.modules` or `sys.path` by value.

These decide whether a module is *closed* (its names are all known), or *open* (it may
have names that cannot be seen). Reading `globals()` is harmless; handing it to somebody
else, or storing under a computed key, is not.
"""

from __future__ import annotations

import ast
import re

from linkstep.index.conditions import dotted
from linkstep.index.dotted_paths import KNOWN_CALLS, called_paths
from linkstep.index.handed_namespaces import only_reads
from linkstep.index.made_names import is_found, loop_names, loop_prefix, member_names
from linkstep.index.references import References
from linkstep.index.restored_names import is_restored
from linkstep.model.expressions import Call, Compare, Const, Ref
from linkstep.model.summary import (
    Bind,
    BindingKind,
    ExternalBind,
    If,
    ImportByName,
    ModuleAlias,
    PathEdit,
    Stop,
    StopKind,
)

# How an expression is written that is the module or its dictionary.
_OWN_NAMESPACE = {
    "globals": re.compile(r"globals\s*[(\\#)]"),
    "vars": re.compile(r"vars\s*[(\\#)]"),
    "locals": re.compile(r"locals\s*[(\\#)]"),
    "modules": re.compile(r"modules\s*[\[\\#)]"),
}
_READ_METHODS = frozenset({"get", "keys", "items", "values", "copy", "__contains__"})
_READ_CALLS = frozenset(
    {"dict", "list", "sorted", "set", "tuple", "len", "eval", "repr", "str", "id", "isinstance"}
    | {"testmod", "doctest.testmod", "run_docstring_examples", "timeit", "get_type_hints"}
)
# Functions that are given `__name__` and are known not to add names to the module.
_NAME_ONLY = frozenset(
    {"getLogger", "get_logger", "Flask", "Blueprint", "Celery", "import_module", "print"}
    | {"format", "find_spec", "files", "resource_filename", "version", "distribution"}
    | {"getModule", "str", "isinstance", "get_data", "TypeVar", "NewType", "warn", "Logger"}
    | {"getattr", "APIRouter", "FastAPI", "join", "startswith", "split", "rpartition"}
    | {"getChild", "Sanic", "Bottle", "Dash", "path", "read_text", "open_text", "bind"}
    | {"open_binary", "resource_stream", "resource_string", "testmod", "import_string"}
)


class Namespaces(References):
    """Adds to the walk of expressions what the special functions mean."""

    tree: ast.Module

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.opens: list[tuple[str, int]] = []
        self.prefixes: tuple[str, ...] = ()  # of names that an open module gives itself
        self.by_name = 0  # imports by name so far
        self.opens_path = False
        self.hands_over: dict[Ref, None] = {}
        self.rebound_globals: set[str] = set()
        self.namespace_aliases: set[str] = set()
        self.self_aliases: set[str] = set()
        self.mirrored: ast.expr | None = None
        self.named: ast.expr | None = None
        self.words: set[str] = set()
        self.loops: list[ast.For] = []
        text = self.positions.text
        self.reaches_itself = any(
            word in text and written.search(text) for word, written in _OWN_NAMESPACE.items()
        )
        self.says_name = "__name__" in text
        if not self.reaches_itself:
            self._visitors[ast.Attribute] = super().visit_attribute
            self._visitors[ast.Name] = super().visit_name

    def open(self, reason: str, node: ast.expr | ast.stmt) -> None:
        """Note that the module may have names that cannot be seen."""
        self.opens.append((reason, node.lineno))

    # What an expression is

    def is_namespace(self, node: ast.AST) -> bool:
        """Whether the expression is this module's own dictionary."""
        if isinstance(node, ast.Name):
            return node.id in self.namespace_aliases
        if isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Name):
            at_module = self.frame is self.module
            return node.func.id == "globals" or (at_module and node.func.id in ("vars", "locals"))
        return (
            isinstance(node, ast.Attribute) and node.attr == "__dict__" and self.is_self(node.value)
        )

    def is_self(self, node: ast.AST) -> bool:
        """Whether the expression is this module: `sys.modules[__name__]`."""
        if isinstance(node, ast.Name):
            return node.id in self.self_aliases
        return (
            isinstance(node, ast.Subscript)
            and is_module_table(node.value)
            and _is_own_name(node.slice)
        )

    # Reading and storing items

    def visit_subscript(self, node: ast.Subscript) -> None:
        """Record `globals()[key]`, `sys.modules[key]`, and every other subscript."""
        if not self.reaches_itself:
            self.visit(node.value)
            self.visit(node.slice)
            return
        stores = not isinstance(node.ctx, ast.Load)
        if self.is_namespace(node.value):
            if stores:
                self.bind_item(node.slice, node)
            self.visit(node.slice)
            return
        if stores and is_module_table(node.value):
            if _is_own_name(node.slice):
                self.open("the module replaces itself in sys.modules", node)
            elif isinstance(node.ctx, ast.Del) and self.frame is self.module:
                self.open("the module removes a module from sys.modules, perhaps itself", node)
            elif isinstance(node.ctx, ast.Store) and not is_found(node, self.tree):
                name = self.expression(node.slice)
                own = self.named is node
                self.steps.append(ModuleAlias(name, node.lineno, self.mirrored is node, own))
        self.children(node)

    def bind_item(self, key: ast.expr, node: ast.expr | ast.stmt) -> None:
        """Bind the name that a literal key is, or open the module for a computed one."""
        names = None if isinstance(key, ast.Constant) else loop_names(key, self.loops, self.tree)
        if names is not None:
            for name in names:
                self.bind_item(ast.Constant(name), node)
        elif not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            self.open("globals() is changed under computed keys", node)
            prefix = loop_prefix(key, node, self.loops)
            self.prefixes += (prefix,) if prefix else ()
        elif self.frame is self.module:
            self.steps.append(Bind(key.value, BindingKind.DYNAMIC, node.lineno))
        else:
            self.rebound_globals.add(key.value)

    def visit_compare(self, node: ast.Compare) -> None:
        """Record a comparison; `name in globals()` only reads."""
        self.visit(node.left)
        for comparator in node.comparators:
            if not self.reaches_itself or not self.is_namespace(comparator):
                self.visit(comparator)

    def visit_name(self, node: ast.Name) -> None:
        """Record a name; an alias of `globals()` that gets here is handed on."""
        if node.id in self.namespace_aliases and isinstance(node.ctx, ast.Load):
            self.open("globals() is handed to other code", node)
        super().visit_name(node)

    def visit_attribute(self, node: ast.Attribute) -> None:
        """Record an attribute; setting one on the module itself binds the name."""
        if type(node.ctx) is not ast.Load and self.is_self(node.value):
            if node.attr == "__class__":
                self.open("the module's class is replaced", node)
            else:
                self.rebound_globals.add(node.attr)
        super().visit_attribute(node)

    # Calls

    def visit_call(self, node: ast.Call) -> None:
        """Record a call and what it means when the function is a known one."""
        if self.notes_state:
            self.note_state(node)
        function = node.func
        name: str | None = None
        if type(function) is ast.Name:
            name = function.id
        elif type(function) is ast.Attribute:
            name = function.attr
            if self.reaches_itself and self.is_namespace(function.value):
                self._namespace_method(node, function.attr)
                return
        if name in _TOLD_APART:
            special = _SPECIAL.get(name)
            if special is not None:
                special(self, node)
            if name in KNOWN_CALLS:
                self.steps += called_paths(node, name, self.expression, self.positions)
        self.visit(function)
        self._arguments(node, name)
        self.invoke(function, node.lineno)

    def _arguments(self, node: ast.Call, name: str | None) -> None:
        if self.reaches_itself:
            for value in _values(node):
                self._argument(value, node, name)
        else:
            self.visit_all(node.args)
            for keyword in node.keywords:
                self.visit(keyword.value)
        if self.says_name and name not in _NAME_ONLY and _hands_own_name(node):
            self.note_handover(node)

    def _argument(self, value: ast.expr, node: ast.Call, name: str | None) -> None:
        if self.is_namespace(value):
            if name not in _READ_CALLS and not only_reads(node, value, self.tree):
                self.open("globals() is handed to other code", node)
        elif self.is_self(value) and name not in ("getattr", "hasattr", "setattr", "dir"):
            self.open("the module object is handed to other code", node)
        else:
            self.visit(value)

    def note_handover(self, node: ast.expr) -> None:
        """Note a callee that may add names to this module."""
        callee = self.expression(node.func if isinstance(node, ast.Call) else node)
        if isinstance(callee, Ref):
            self.hands_over[callee] = None

    def _namespace_method(self, node: ast.Call, method: str) -> None:
        if method in ("update", "setdefault", "__setitem__"):
            first = node.args[0] if node.args else None
            if method == "update" and isinstance(first, ast.Dict):
                for key in first.keys:
                    self.bind_item(key or first, node)
            elif method == "update" and (names := member_names(first, self.tree)) is not None:
                for name in names:
                    self.bind_item(ast.Constant(name), node)
            elif method == "update" and first is not None:
                self.open("globals() is updated from a computed mapping", node)
            elif first is not None:
                self.bind_item(first, node)
            for keyword in node.keywords:
                literal = ast.Constant(keyword.arg) if keyword.arg else keyword.value
                self.bind_item(literal, node)
        elif method not in _READ_METHODS and method not in ("pop", "__delitem__"):
            self.open("globals() is handed to other code", node)
        self.visit_all(node.args)
        self.visit_all(keyword.value for keyword in node.keywords)

    def call_setattr(self, node: ast.Call) -> None:
        """Record `setattr(module, name, value)`."""
        if len(node.args) < 2:
            return
        target, key = node.args[0], node.args[1]
        literal = key.value if isinstance(key, ast.Constant) else None
        name = literal if isinstance(literal, str) else None
        if self.is_self(target):
            if name is None:
                self.open("setattr() on the module with a computed name", node)
            else:
                self.rebound_globals.add(name)
            return
        found = self.expression(target)
        if isinstance(found, Ref) and self.tracked(found.name):
            if name is None and is_restored(node, self.loops, self.tree):
                return
            self.steps.append(ExternalBind(found, name, node.lineno))
        elif isinstance(found, Call) and name is None:
            self.hands_over[Ref("setattr", (), -1)] = None

    def call_exec(self, node: ast.Call) -> None:
        """Record `exec(...)` that runs in this module's namespace."""
        scope = node.args[1] if len(node.args) > 1 else None
        if isinstance(node.func, ast.Name) and (scope is None or self.is_namespace(scope)):
            self.open("exec() runs in the module's namespace", node)

    def call_import(self, node: ast.Call) -> None:
        """Record an import whose module name is a value."""
        if not node.args:
            return
        name = self.expression(node.args[0])
        relative = len(node.args) > 1 and _is_package_name(node.args[1])
        span = self.positions.span(node.args[0])
        self.steps.append(ImportByName(name, relative, node.lineno, span))
        self.by_name += 1

    def call_importorskip(self, node: ast.Call) -> None:
        """Record `pytest.importorskip("m")`: without m the module stops here, skipped."""
        if node.args:
            name = self.expression(node.args[0])
            absent = Compare(Call(Ref("find_spec", (), -1), (name,)), "is", Const(None))
            skip = Stop(StopKind.SKIP, node.lineno)
            self.steps.append(If(absent, (skip,), (), node.lineno))
            self.call_import(node)

    def call_convert(self, node: ast.Call) -> None:
        """Record `IntEnum._convert_(...)`: it binds the members in the named module."""
        self.open("enum members are converted into module names", node)

    def call_gettext(self, node: ast.Call) -> None:
        """Record `gettext.install()`: it adds `_` to the builtins."""
        if dotted(node.func) == "gettext.install":
            self.steps.append(ExternalBind(Ref("builtins", (), -1), "_", node.lineno))

    def call_path(self, node: ast.Call) -> None:
        """Record `sys.path.insert(0, x)`, `sys.path.append(x)`, `site.addsitedir(x)`."""
        if getattr(node.func, "attr", None) in _CHANGES_OF_A_LIST and not _is_path(node.func):
            return
        called = dotted(node.func)
        if called in ("__path__.append", "__path__.insert", "__path__.extend"):
            self.opens_path = True
        if called not in _PATH_CALLS or not node.args:
            return
        value = node.args[-1]
        if called.endswith("extend"):
            self.edit_path(value, node)
        else:
            front = called == "sys.path.insert"
            self.steps.append(PathEdit(self.expression(value), front, node.lineno))

    def edit_path(self, value: ast.expr, node: ast.expr | ast.stmt) -> None:
        """Record a list of directories that joins `sys.path`."""
        items = value.elts if isinstance(value, ast.List | ast.Tuple) else [None]
        for item in items:
            self.steps.append(PathEdit(self.expression(item), True, node.lineno))

    def call_extend_path(self, node: ast.Call) -> None:
        """Record `pkgutil.extend_path(__path__, __name__)`."""
        self.opens_path = True


_CHANGES_OF_A_LIST = ("append", "insert", "extend")
_PATH_CALLS = frozenset({"sys.path.insert", "sys.path.append", "sys.path.extend"}) | {
    "site.addsitedir",
    "addsitedir",
}
_SPECIAL = {
    "setattr": Namespaces.call_setattr,
    "exec": Namespaces.call_exec,
    "execfile": Namespaces.call_exec,
    "import_module": Namespaces.call_import,
    "__import__": Namespaces.call_import,
    "importorskip": Namespaces.call_importorskip,
    "_convert_": Namespaces.call_convert,
    "_convert": Namespaces.call_convert,
    "install": Namespaces.call_gettext,
    "insert": Namespaces.call_path,
    "append": Namespaces.call_path,
    "extend": Namespaces.call_path,
    "addsitedir": Namespaces.call_path,
    "extend_path": Namespaces.call_extend_path,
}


_TOLD_APART = _SPECIAL.keys() | KNOWN_CALLS


def is_module_table(node: ast.AST) -> bool:
    """Whether the expression is `sys.modules`, as it is usually written."""
    return isinstance(node, ast.expr) and dotted(node) in ("sys.modules", "modules")


def _is_path(method: ast.expr) -> bool:
    """Whether the owner of a method is called like `sys.path` or `__path__`."""
    owner = getattr(method, "value", None)
    return getattr(owner, "attr", None) == "path" or getattr(owner, "id", None) == "__path__"


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *[keyword.value for keyword in node.keywords]]


def _hands_own_name(node: ast.Call) -> bool:
    return "__name__" in [getattr(value, "id", None) for value in _values(node)]


def _is_own_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _is_package_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("__name__", "__package__")
