"""The bindings of a module: assignments, imports, `del`, and what `__all__` is set to."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from linkstep.index import lazy_names
from linkstep.index.conditions import dotted
from linkstep.index.exports import exports
from linkstep.index.getattr_makers import served_by_maker
from linkstep.index.grammar import Grammar
from linkstep.index.literal_tables import Tables
from linkstep.index.names import (
    ALIAS,
    IMPORTED,
    Names,
    target_names,
)
from linkstep.index.namespaces import Namespaces, is_module_table
from linkstep.index.own_names import keeps_name
from linkstep.index.positions import Positions
from linkstep.index.references import LOCAL
from linkstep.index.walking import nodes
from linkstep.model.expressions import Ref
from linkstep.model.summary import (
    Bind,
    BindingKind,
    ExportedName,
    Exports,
    ImportedName,
    ImportFrom,
    ImportModule,
    LazyNames,
    Span,
    Unbind,
)


class Bindings(Namespaces):
    """Adds to the walk of expressions the statements that bind names."""

    def __init__(
        self,
        tree: ast.Module,
        positions: Positions,
        names: Names,
        unsure: frozenset[str],
        *,
        stub: bool,
    ) -> None:
        super().__init__(positions, names, unsure)
        self.tree = tree
        self.stub = stub
        self.lazy: LazyNames | None = None
        self.literals = _literals(tree.body)
        self.annotations_run = not stub
        self._values: dict[str, list[ast.expr]] | None = None
        self.grammar = Grammar()

    # Names

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: ast.stmt | ast.expr | ast.excepthandler,
        value: ast.expr | None = None,
    ) -> None:
        """Record a binding, and the value if it is known, where another module can see it or a
        reference in this one.
        """
        frame = self.frame
        if frame is not self.module and name in frame.names.globals:
            self.rebound_globals.add(name)
            return
        if frame is self.module or frame.names.bound.get(name, 0) & (IMPORTED | ALIAS):
            kept = self.expression(value) if value is not None else None
            self.steps.append(Bind(name, kind, node.lineno, kept))

    def bind_targets(self, target: ast.expr) -> None:
        """Record an assignment target without a known value."""
        if isinstance(target, ast.Name):
            self.bind(target.id, BindingKind.TARGET, target)
            return
        if isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.bind_targets(item)
        elif isinstance(target, ast.Starred):
            self.bind_targets(target.value)
        else:
            self.visit(target)

    def visit_walrus(self, node: ast.NamedExpr) -> None:
        """Record `name := value`, which binds outside of comprehensions (PEP 572)."""
        self.visit(node.value)
        inner = self.frame
        while self.frame.index == LOCAL and self.frame.parent is not None:
            self.frame = self.frame.parent
        self.bind(node.target.id, BindingKind.ASSIGNMENT, node, node.value)
        self.frame = inner

    # Statements

    def record_assign(self, node: ast.Assign) -> None:
        """Record `targets = value`."""
        if self.frame is self.module and self._special_assign(node):
            return
        if self.reaches_itself and (self.is_namespace(node.value) or self.is_self(node.value)):
            aliases = self.namespace_aliases if self.is_namespace(node.value) else self.self_aliases
            aliases.update(name for target in node.targets for name in target_names(target))
        else:
            self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, BindingKind.ASSIGNMENT, node, node.value)
            else:
                if isinstance(target, ast.Subscript) and is_module_table(target.value):
                    target = self._with_known_key(target)
                    self._note_mirror(target, node.value)
                    if keeps_name(target, node.value, self.tree):
                        self.named = target
                self.bind_targets(target)

    def _with_known_key(self, target: ast.Subscript) -> ast.Subscript:
        """Write `sys.modules[name]` with the f-string that is all that `name` ever holds."""
        key = target.slice
        values = self._assigned().get(key.id, []) if isinstance(key, ast.Name) else []
        if len(values) != 1 or not isinstance(values[0], ast.JoinedStr):
            return target
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                parameters = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
                inside = any(found is target for found in ast.walk(function))
                if inside and isinstance(key, ast.Name) and key.id in parameters:
                    return target
        return ast.copy_location(ast.Subscript(target.value, values[0], target.ctx), target)

    def _note_mirror(self, target: ast.Subscript, value: ast.expr) -> None:
        """Note `sys.modules[prefix + x] = sys.modules[x]`, directly or by a variable."""
        sources = [value]
        if isinstance(value, ast.Name):
            sources = self._assigned().get(value.id, [])
        if sources and all(
            isinstance(source, ast.Subscript) and is_module_table(source.value)
            for source in sources
        ):
            self.mirrored = target
            if not self.words:
                self.words.update(
                    found.value
                    for found in nodes(self.tree)
                    if isinstance(found, ast.Constant) and isinstance(found.value, str)
                )

    def _assigned(self) -> dict[str, list[ast.expr]]:
        """Give what is assigned to each name, anywhere in the file; collected once."""
        if self._values is None:
            self._values = {}
            for found in nodes(self.tree):
                if isinstance(found, ast.Assign):
                    for name in {n for item in found.targets for n in target_names(item)}:
                        self._values.setdefault(name, []).append(found.value)
        return self._values

    def _special_assign(self, node: ast.Assign) -> bool:
        """Record assignments to `__all__`, `__path__`, `sys.path` and lazy tables."""
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id == "__all__":
            self.steps.append(self._exports("set", node.value, node.lineno))
        elif isinstance(target, ast.Name) and target.id == "__path__":
            self.opens_path = True
        elif dotted(target) in ("sys.path", "sys.path[:0]"):
            self.edit_path(node.value, node)
        elif self._attaches(node) or self._replaced_by_table(node):
            return True
        return False

    def _attaches(self, node: ast.Assign) -> bool:
        """Record `__getattr__, __dir__, __all__ = lazy_loader.attach(...)`."""
        names = [name for target in node.targets for name in target_names(target)]
        value = node.value
        if "__getattr__" not in names:
            return False
        self.lazy = None  # what was defined above does not answer any more
        called = dotted(value.func) if isinstance(value, ast.Call) else None
        if called is None or not isinstance(value, ast.Call):
            return False
        made = served_by_maker(node, self.tree)
        if made is not None:
            self.lazy = made
            self.visit(value)
        elif called.rpartition(".")[2] in ("attach", "attach_stub"):
            self.lazy = lazy_names.served_by_attach(value, self.tree)
        else:
            maker = self.expression(value.func) if names == ["__getattr__"] else None
            if isinstance(maker, Ref):
                self.lazy = LazyNames((), False, maker=maker)
            return False
        for name in names:
            self.bind(name, BindingKind.ASSIGNMENT, node)
        if "__all__" in names:
            complete = self.lazy.complete and not self.lazy.stub
            listed = tuple((lazy.name, lazy.line) for lazy in self.lazy.names)
            self.steps.append(_exports_of(listed, complete, node.lineno))
        return True

    def _replaced_by_table(self, node: ast.Assign) -> bool:
        """Record `sys.modules[__name__] = LazyModule(__name__, ..., table, ...)`."""
        target, value = node.targets[0], node.value
        if not (self.is_self(target) and isinstance(value, ast.Call)):
            return False
        tables = Tables(self.tree)
        for argument in value.args:
            if isinstance(argument, ast.Name) and argument.id in tables.displays:
                served = lazy_names.served_by_structure(argument, tables)
                if served.complete and len(value.args) <= 4 and not _extra_objects(value):
                    self.lazy = served
                    return True
        return False

    def record_augmented(self, node: ast.AugAssign) -> None:
        """Record `target += value`."""
        self.visit(node.value)
        target = node.target
        if isinstance(target, ast.Name):
            if target.id == "__all__" and self.frame is self.module:
                self.steps.append(self._exports("add", node.value, node.lineno))
            elif target.id == "__path__":
                self.opens_path = True
            self.bind(target.id, BindingKind.TARGET, node)
        elif dotted(target) == "sys.path":
            self.edit_path(node.value, node)
        else:
            self.visit(target)

    def record_annotated(self, node: ast.AnnAssign) -> None:
        """Record `target: annotation [= value]`; without a value nothing is bound."""
        in_function = self.frame is not self.module and not self.frame.is_class
        if self.annotations_run and not in_function:
            self.visit(node.annotation)
        if node.value is None:
            if self.stub and isinstance(node.target, ast.Name):
                self.bind(node.target.id, BindingKind.ASSIGNMENT, node)
            return
        assign = ast.Assign([node.target], node.value)
        self.record_assign(ast.copy_location(assign, node))

    def record_delete(self, node: ast.Delete) -> None:
        """Record `del targets`."""
        for target in node.targets:
            names = list(target_names(target))
            for name in names:
                self.steps.append(Unbind(name, node.lineno))
            if not names:
                self.visit(target)

    # Imports

    def record_import(self, node: ast.Import) -> None:
        """Record `import a.b as c, d`."""
        lazy = self._is_lazy(node)
        for alias in node.names:
            span = self.positions.span(alias)
            end = span.column + len(alias.name)
            if alias.asname is not None and span.end_line == span.line:
                span = Span(span.line, span.column, span.line, end)
            self.steps.append(ImportModule(alias.name, alias.asname, span, lazy))
        self._note_globals(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def record_import_from(self, node: ast.ImportFrom) -> None:
        """Record `from .module import a as b`."""
        names = []
        for alias in node.names:
            span = self.positions.span(alias)
            if alias.asname is not None:
                end = span.column + len(alias.name)
                span = Span(span.line, span.column, span.line, end)
            names.append(ImportedName(alias.name, alias.asname, span))
        module = node.module or ""
        if module != "__future__":
            span = self._module_span(node, module)
            lazy = self._is_lazy(node)
            self.steps.append(ImportFrom(module, node.level, tuple(names), span, lazy))
        else:  # the compiler takes it, and the names are bound all the same
            kind = BindingKind.FEATURE
            self.steps += [Bind(name.bound, kind, node.lineno) for name in names]
        self._note_globals(name.bound for name in names)

    def _is_lazy(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Whether the statement begins with `lazy` (PEP 810)."""
        lazy = bool(getattr(node, "is_lazy", 0))
        if lazy:
            self.grammar.needs(node, (3, 15), "a lazy import")
        return lazy

    def _module_span(self, node: ast.ImportFrom, module: str) -> Span:
        """Give the place of the module's name, which the tree does not keep."""
        column = self.positions.column(node.lineno, node.col_offset) + len("from ")
        width = node.level + len(module)
        return Span(node.lineno, column, node.lineno, column + width)

    def _note_globals(self, names: Iterable[str]) -> None:
        if self.frame is not self.module:
            self.rebound_globals.update(n for n in names if n in self.frame.names.globals)

    # __all__

    def _exports(self, operation: str, value: ast.expr, line: int) -> Exports:
        return exports(operation, value, line, self.literals, self.positions.span, self.scope_of)

    def _exports_call(self, node: ast.Call) -> None:
        operations = {"extend": "add", "append": "append", "remove": "remove"}
        called = dotted(node.func) or ""
        owner, _, method = called.rpartition(".")
        if owner != "__all__":
            return
        if method in operations and node.args:
            self.steps.append(self._exports(operations[method], node.args[0], node.lineno))
        elif method != "sort":
            self.steps.append(Exports("add", (), (), False, node.lineno))


def _exports_of(names: tuple[tuple[str, int], ...], complete: bool, line: int) -> Exports:
    listed = tuple(ExportedName(name, Span(at, 1, at, 1)) for name, at in names)
    return Exports("set", listed, (), complete, line)


def _extra_objects(call: ast.Call) -> bool:
    return any(keyword.arg not in ("module_spec", "spec") for keyword in call.keywords)


def _literals(body: list[ast.stmt]) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    seen: set[str] = set()
    for node in body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        for target in targets:
            for name in target_names(target):
                value = getattr(node, "value", None)
                plain = isinstance(node, ast.Assign | ast.AnnAssign) and name not in seen
                if plain and isinstance(value, ast.List | ast.Tuple | ast.BinOp):
                    found[name] = value
                else:
                    found.pop(name, None)
                seen.add(name)
    found.pop("__all__", None)
    return found
