"""What each statement at the top of a file says of the others, by the names in it.

A statement is read without knowing what it computes: it mentions names of the module, attributes,
and strings that could be either; it may change an object that a name is bound to. Names that
a function binds for itself are no names of the module (language reference, 4.2.2).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from linkstep.index.names import add_arguments, collect
from linkstep.index.walking import below, nodes
from linkstep.model.expressions import Ref
from linkstep.model.summary import ImportedName, ImportFrom, ImportModule, Span

# Modules of the standard library whose decorators and bases add nothing to what they get.
PLAIN_MODULES = frozenset(
    {"__future__", "abc", "collections", "contextlib", "dataclasses", "functools", "types"}
    | {"typing", "typing_extensions"}
)
_NOWHERE = Span(0, 0, 0, 0)
_A_NAME = re.compile(r"[\w.:]+")
_ASKING = frozenset({"isinstance", "issubclass", "hasattr"})
_CHANGING = frozenset({"setattr", "delattr"})


class Part:
    """One statement at the top of a file.

    `mentions` are names, attributes and strings; `decorators` those in its decorators;
    `changes` what it may set attributes or items of, or calls a method of. `refs` are chains
    of names that may be called when a function of the statement is: of what runs while the
    file is imported those that it keeps. `imports` are the imports in functions of it, and
    `imported` the names that other imports in it bind.
    """

    def __init__(self, statement: ast.stmt) -> None:
        self.statement = statement
        self.binds = _bound_at_top(statement)
        self.mentions: set[str] = set()
        self.decorators: set[str] = set()
        self.changes: set[str] = set()
        self.refs: set[Ref] = set()
        self.imports: list[ImportModule | ImportFrom] = []
        self.imported: set[str] = set()
        self._pending = [_Place(statement, frozenset(), later=False, kept=False)]
        while self._pending:
            self._read(self._pending.pop())
        for decorator in getattr(statement, "decorator_list", ()):
            self.decorators.update(n.id for n in nodes(decorator) if isinstance(n, ast.Name))

    @property
    def is_definition(self) -> bool:
        """Whether it is a `def` or a `class`."""
        return isinstance(self.statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)

    @property
    def is_import(self) -> bool:
        """Whether it is an import."""
        return isinstance(self.statement, ast.Import | ast.ImportFrom)

    def _read(self, place: _Place) -> None:
        node = place.node
        read = _READERS.get(type(node))
        if read is not None:
            read(self, node, place)
            return
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            self._change(node.value, place)
        self._put(below(node), place, kept=True)

    def _put(self, nodes: Iterable[ast.AST], place: _Place, *, kept: bool) -> None:
        _, hidden, later, _ = place
        self._pending += [_Place(node, hidden, later, kept) for node in nodes]

    def _class(self, node: ast.ClassDef, place: _Place) -> None:
        self._put(node.decorator_list, place, kept=place.later)
        self._put(node.bases, place, kept=True)
        self._put([keyword.value for keyword in node.keywords], place, kept=True)
        self._put(node.body, place, kept=False)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, place: _Place
    ) -> None:
        names = {n.id for g in node.generators for n in _names_in(g.target)}
        self._put([node.generators[0].iter], place, kept=True)
        inside = place._replace(hidden=place.hidden | names)
        self._put(below(node), inside, kept=True)

    def _compare(self, node: ast.Compare, place: _Place) -> None:
        self._put([node.left, *node.comparators], place, kept=False)

    def _global(self, node: ast.Global, place: _Place) -> None:
        self.binds.update(node.names)

    def _constant(self, node: ast.Constant, place: _Place) -> None:
        if isinstance(node.value, str) and _A_NAME.fullmatch(node.value):
            self.mentions.update(re.split("[.:]", node.value))

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, place: _Place
    ) -> None:
        """Read a function; what stands around its body is evaluated where it is defined."""
        body: list[ast.stmt] = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        names = collect(body, walrus=True)
        add_arguments(names, node.args)
        self._put(getattr(node, "decorator_list", []), place, kept=place.later)
        self._put([node.args], place, kept=True)
        returns = getattr(node, "returns", None)
        self._put([returns] if returns is not None else [], place, kept=False)
        hidden = (place.hidden | names.bound.keys()) - names.globals
        self._put(body, _Place(node, hidden, later=True, kept=True), kept=True)

    def _call(self, node: ast.Call, place: _Place) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name in _CHANGING and node.args:
            self._change(node.args[0], place)
        elif isinstance(node.func, ast.Attribute):
            self._change(node.func, place)  # `Marks.all.append(mark)`
        self._put([node.func], place, kept=place.later)
        self._put(node.args, place, kept=name not in _ASKING)
        self._put([keyword.value for keyword in node.keywords], place, kept=True)

    def _import(self, node: ast.Import | ast.ImportFrom, place: _Place) -> None:
        for alias in node.names:
            self.mentions.update(alias.name.split("."))
            if not place.later:
                self.imported.add(alias.asname or alias.name.partition(".")[0])
            elif isinstance(node, ast.Import):
                whole = alias.asname or alias.name  # as a name it would be the module at the top
                self.imports.append(ImportModule(alias.name, whole, _NOWHERE))
            else:
                name = ImportedName(alias.name, None, _NOWHERE)
                step = ImportFrom(node.module or "", node.level, (name,), _NOWHERE)
                self.imports.append(step)

    def _chain(self, node: ast.Name | ast.Attribute, place: _Place) -> None:
        attributes: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            attributes.append(value.attr)
            value = value.value
        self.mentions.update(attributes)
        if attributes and not isinstance(node.ctx, ast.Load):
            self._change(value, place)
        if not isinstance(value, ast.Name):
            self._put([value], place, kept=True)
        elif value.id not in place.hidden:
            self.mentions.add(value.id)
            if place.kept:
                self.refs.add(Ref(value.id, tuple(reversed(attributes)), 0))

    def _change(self, changed: ast.expr, place: _Place) -> None:
        while isinstance(changed, ast.Attribute | ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Name) and changed.id not in place.hidden:
            self.changes.add(changed.id)


_Reader = Callable[[Part, Any, "_Place"], None]
_READERS: dict[type[ast.AST], _Reader] = {
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), Part._function),
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), Part._comprehension
    ),
    **dict.fromkeys((ast.Import, ast.ImportFrom), Part._import),
    **dict.fromkeys((ast.Name, ast.Attribute), Part._chain),
    ast.ClassDef: Part._class,
    ast.Call: Part._call,
    ast.Compare: Part._compare,
    ast.Global: Part._global,
    ast.Constant: Part._constant,
}


class _Place(NamedTuple):
    """A node, the names that functions around it bind, whether one is around it, and whether
    what a chain of names there stands for may be called by then."""

    node: ast.AST
    hidden: frozenset[str]
    later: bool
    kept: bool


def _bound_at_top(statement: ast.stmt) -> set[str]:
    names = collect([statement], walrus=True)
    return {*names.bound, *(("*",) if names.stars else ())}


def _names_in(node: ast.AST) -> Iterator[ast.Name]:
    return (inner for inner in nodes(node) if isinstance(inner, ast.Name))
