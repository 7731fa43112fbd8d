"""The recorder: what a syntax tree means to the import system, in execution order.

Both readers hand it the same tree (CPython's abstract syntax), so there is one meaning
whichever read the file. It walks statements; `references.py` walks expressions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from linkstep.index import grammar, guards, lazy_names
from linkstep.index.conditions import dotted
from linkstep.index.exports import exports
from linkstep.index.names import (
    ALIAS,
    IMPORTED,
    add_arguments,
    collect,
    pattern_names,
    surely_bound,
    target_names,
)
from linkstep.index.namespaces import Namespaces, is_module_table
from linkstep.index.positions import Positions
from linkstep.index.references import LOCAL
from linkstep.model.summary import (
    Bind,
    BindingKind,
    ClassBody,
    ExportedName,
    Exports,
    Handler,
    If,
    ImportedName,
    ImportFrom,
    ImportModule,
    LazyNames,
    Repeat,
    Span,
    Step,
    Stop,
    StopKind,
    Suppress,
    Try,
    Unbind,
)
from linkstep.model.target import Target


class Recorder(Namespaces):
    """Records one module; `record` fills the fields that a summary is made of."""

    def __init__(
        self,
        tree: ast.Module,
        positions: Positions,
        target: Target,
        *,
        stub: bool = False,
        shallow: bool = False,
    ) -> None:
        self.walrus = ":=" in positions.text
        names = collect(tree.body, walrus=self.walrus)
        for node in _global_statements(tree, positions.text):
            for name in node.names:
                names.add(name, 4)
        unsure = frozenset(names.bound) - surely_bound(tree.body) - names.globals
        super().__init__(positions, names, frozenset() if stub else unsure)
        self.tree = tree
        self.stub = stub
        self.shallow = shallow
        self.lazy: LazyNames | None = None
        self.literals = _literals(tree.body)
        deferred = target.version >= (3, 14) or any(map(_defers_annotations, tree.body))
        self.annotations_run = not deferred and not stub
        self.grammar = grammar.Grammar()
        self._statements: dict[type, Callable[..., None]] = {
            ast.Expr: self.record_expression,
            ast.Assign: self.record_assign,
            ast.AugAssign: self.record_augmented,
            ast.AnnAssign: self.record_annotated,
            ast.Import: self.record_import,
            ast.ImportFrom: self.record_import_from,
            ast.FunctionDef: self.record_function,
            ast.AsyncFunctionDef: self.record_function,
            ast.ClassDef: self.record_class,
            ast.If: self.record_if,
            ast.For: self.record_for,
            ast.AsyncFor: self.record_for,
            ast.While: self.record_while,
            ast.With: self.record_with,
            ast.AsyncWith: self.record_with,
            ast.Try: self.record_try,
            ast.TryStar: self.record_try,
            ast.Match: self.record_match,
            ast.Raise: self.record_raise,
            ast.Return: self.record_return,
            ast.Break: self.record_loop_exit,
            ast.Continue: self.record_loop_exit,
            ast.Delete: self.record_delete,
            ast.Global: lambda node: None,
            ast.Nonlocal: lambda node: None,
            ast.Pass: lambda node: None,
        }

    def record(self) -> tuple[Step, ...]:
        """Record the whole module and give the steps of its body."""
        self.scopes.clear()
        index = self.function_scope("<module>", _whole(self.tree), self.module.names, lambda: None)
        assert index == 0
        self.frame = self.module
        body = self.collected(lambda: self.block(self.tree.body))
        self.grammar.check_module(self.tree)
        return body

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Record statements in order."""
        for statement in body:
            record = self._statements.get(type(statement))
            if record is not None:
                record(statement)
            else:
                self.record_other(statement)

    def nested(self, body: list[ast.stmt]) -> tuple[Step, ...]:
        """Give the steps of a nested block."""
        return self.collected(lambda: self.block(body)) if body else ()

    # Bindings

    def bind(self, name: str, kind: BindingKind, node: ast.stmt | ast.expr) -> None:
        """Record a binding where another module, or a reference in this one, can see it."""
        self.bind_value(name, kind, node, None)

    def bind_value(
        self,
        name: str,
        kind: BindingKind,
        node: ast.stmt | ast.expr | ast.excepthandler,
        value: ast.expr | None,
    ) -> None:
        """Record a binding with the value it gets."""
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
        self.bind_value(node.target.id, BindingKind.ASSIGNMENT, node, node.value)
        self.frame = inner

    # Simple statements

    def record_expression(self, node: ast.Expr) -> None:
        """Record an expression statement; some calls never return."""
        value = node.value
        if isinstance(value, ast.Constant):
            return
        self.visit(value)
        if isinstance(value, ast.Call):
            stop = guards.stop_of_call(value)
            if stop is not None and (stop is not StopKind.SKIP or guards.skips_module(value)):
                self.steps.append(Stop(stop, node.lineno))
            if self.frame is self.module:
                self.note_handover(value)
                self._exports_call(value)

    def record_assign(self, node: ast.Assign) -> None:
        """Record `targets = value`."""
        if self.frame is self.module and self._special_assign(node):
            return
        if self.is_namespace(node.value) or self.is_self(node.value):
            aliases = self.namespace_aliases if self.is_namespace(node.value) else self.self_aliases
            aliases.update(name for target in node.targets for name in target_names(target))
        else:
            self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind_value(target.id, BindingKind.ASSIGNMENT, node, node.value)
            else:
                if isinstance(target, ast.Subscript) and is_module_table(target.value):
                    self._note_mirror(target, node.value)
                self.bind_targets(target)

    def _note_mirror(self, target: ast.Subscript, value: ast.expr) -> None:
        """Note `sys.modules[prefix + x] = sys.modules[x]`, directly or by a variable."""
        sources = [value]
        if isinstance(value, ast.Name):
            sources = [
                found.value
                for found in ast.walk(self.tree)
                if isinstance(found, ast.Assign)
                and any(value.id in target_names(item) for item in found.targets)
            ]
        if sources and all(
            isinstance(source, ast.Subscript) and is_module_table(source.value)
            for source in sources
        ):
            self.mirrored = target
            self.words.update(
                found.value
                for found in ast.walk(self.tree)
                if isinstance(found, ast.Constant) and isinstance(found.value, str)
            )

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
        called = dotted(value.func) if isinstance(value, ast.Call) else None
        if "__getattr__" not in names or called is None or not isinstance(value, ast.Call):
            return False
        if called.rpartition(".")[2] not in ("attach", "attach_stub"):
            return False
        self.lazy = lazy_names.served_by_attach(value, self.tree)
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
        tables = lazy_names.Tables(self.tree)
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
        if self.annotations_run and not (in_function and node.simple):
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

    def record_other(self, node: ast.stmt) -> None:
        """Record statements that newer grammars add, and those without a meaning here."""
        if type(node).__name__ == "TypeAlias":
            self.grammar.needs(node, (3, 12), "a `type` statement")
            name = getattr(node, "name", None)
            if isinstance(name, ast.Name):
                self.bind(name.id, BindingKind.ASSIGNMENT, node)
        else:
            self.children(node)

    # Imports

    def record_import(self, node: ast.Import) -> None:
        """Record `import a.b as c, d`."""
        lazy = bool(getattr(node, "is_lazy", 0))
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
            lazy = bool(getattr(node, "is_lazy", 0))
            self.steps.append(ImportFrom(module, node.level, tuple(names), span, lazy))
        self._note_globals(name.bound for name in names)

    def _module_span(self, node: ast.ImportFrom, module: str) -> Span:
        """Give the place of the module's name, which the tree does not keep."""
        column = self.positions.column(node.lineno, node.col_offset) + len("from ")
        width = node.level + len(module)
        return Span(node.lineno, column, node.lineno, column + width)

    def _note_globals(self, names: Iterable[str]) -> None:
        if self.frame is not self.module:
            self.rebound_globals.update(n for n in names if n in self.frame.names.globals)

    # Definitions

    def record_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Record a definition: decorators and defaults now, the body when it is called."""
        self.visit_all(node.decorator_list)
        self.visit_all(node.args.defaults)
        self.visit_all(node.args.kw_defaults)
        type_names = self.grammar.type_parameters(node)
        if self.annotations_run and not type_names:
            self.visit_all(argument.annotation for argument in grammar.arguments(node.args))
            self.visit(node.returns)
        names = collect(node.body, walrus=self.walrus)
        add_arguments(names, node.args)
        for name in type_names:
            names.bound.setdefault(name, 4)
        if self.frame is self.module and node.name == "__getattr__":
            self.lazy = (
                lazy_names.served_by_function(node, self.tree)
                if isinstance(node, ast.FunctionDef)
                else LazyNames((), False)
            )
        body = self._imports_within if self.shallow else self.block
        self.define(self._qualified(node.name), node, names, lambda: body(node.body))
        self.bind(node.name, BindingKind.FUNCTION, node)

    def _imports_within(self, body: Iterable[ast.stmt]) -> None:
        """Record the imports of a function body and nothing else."""
        for statement in body:
            if isinstance(statement, ast.Import):
                self.record_import(statement)
            elif isinstance(statement, ast.ImportFrom):
                self.record_import_from(statement)
            else:
                for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                    self._imports_within(getattr(statement, field, ()))

    def record_class(self, node: ast.ClassDef) -> None:
        """Record a class: its body runs where it stands, in a namespace of its own."""
        self.visit_all(node.decorator_list)
        type_names = self.grammar.type_parameters(node)
        if not type_names:
            self.visit_all(node.bases)
            self.visit_all(keyword.value for keyword in node.keywords)
        names = collect(node.body, walrus=self.walrus)
        for name in type_names:
            names.bound.setdefault(name, 4)
        if self.frame is self.module and guards.exports_members(node):
            for name in names.bound:
                self.steps.append(Bind(name, BindingKind.DYNAMIC, node.lineno))
        qualified = self._qualified(node.name)
        index = self.function_scope(
            qualified, node, names, lambda: self.block(node.body), is_class=True
        )
        scope = self.scopes[index]
        if scope.steps:
            self.steps.append(ClassBody(qualified, index, scope.steps, node.lineno))
            empty = type(scope)(scope.name, scope.line, scope.end_line, scope.parent, True, ())
            self.scopes[index] = empty
        self.bind(node.name, BindingKind.CLASS, node)

    def _qualified(self, name: str) -> str:
        frame = self.frame
        if frame is self.module or frame.index < 0:
            return name
        return f"{self.scopes[frame.index].name}.{name}"

    # Compound statements

    def record_if(self, node: ast.If) -> None:
        """Record both branches; which one runs is decided when the module is linked."""
        self.visit(node.test)
        self.branch(node.test, lambda: self.block(node.body), lambda: self.block(node.orelse))

    def record_for(self, node: ast.For | ast.AsyncFor) -> None:
        """Record a loop; one over a literal is known to run or not."""
        self.visit(node.iter)
        runs: bool | None = None
        if isinstance(node.iter, ast.List | ast.Tuple | ast.Set):
            runs = bool(node.iter.elts)

        def body() -> None:
            self.bind_targets(node.target)
            self.block(node.body)

        self._repeat(node, runs, body)

    def record_while(self, node: ast.While) -> None:
        """Record a while loop."""
        self.visit(node.test)
        self._repeat(node, None, lambda: self.block(node.body))

    def _repeat(
        self, node: ast.For | ast.AsyncFor | ast.While, runs: bool | None, body: Callable[[], None]
    ) -> None:
        steps = self.collected(body)
        orelse = self.nested(node.orelse)
        if steps or orelse:
            self.steps.append(Repeat(runs, steps, orelse, node.lineno))

    def record_with(self, node: ast.With | ast.AsyncWith) -> None:
        """Record a with statement; some context managers catch what the body raises."""
        catches: tuple[str, ...] | None = None
        expected = False
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.bind_targets(item.optional_vars)
            caught = guards.caught_by_manager(item.context_expr)
            if caught is not None:
                catches, expected = caught
        if catches is None:
            self.block(node.body)
            return
        body = self.nested(node.body)
        if body:
            self.steps.append(Suppress(catches, body, node.lineno, expected))

    def record_try(self, node: ast.Try | ast.TryStar) -> None:
        """Record a try statement with all its ways."""
        if isinstance(node, ast.TryStar):
            self.grammar.needs(node, (3, 11), "`except*`")
        body = self.nested(node.body)
        handlers = tuple(map(self._handler, node.handlers))
        orelse = self.nested(node.orelse)
        final = self.nested(node.finalbody)
        if body or orelse or final or any(handler.body for handler in handlers):
            probe = guards.is_probe(node.body)
            self.steps.append(Try(body, handlers, orelse, final, node.lineno, probe))

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        def record() -> None:
            self.visit(node.type)
            if node.name:
                self.bind_value(node.name, BindingKind.EXCEPTION, node, None)
            self.block(node.body)
            if node.name and self.frame is self.module:
                self.steps.append(Unbind(node.name, node.end_lineno or node.lineno))

        steps = self.collected(record)
        outcome = guards.outcome(node.body)
        return Handler(guards.caught(node.type), steps, outcome, node.lineno)

    def record_match(self, node: ast.Match) -> None:
        """Record the cases as alternatives that nothing here decides."""
        self.grammar.needs(node, (3, 10), "a `match` statement")
        self.visit(node.subject)
        steps: tuple[Step, ...] = ()
        for case in reversed(node.cases):
            later = steps
            body = self.collected(lambda case=case: self._case(case))  # type: ignore[misc]
            wildcard = case.guard is None and grammar.is_wildcard(case.pattern)
            if wildcard:
                steps = body
            elif body or later:
                steps = (If(None, body, later, case.pattern.lineno),)
        self.steps.extend(steps)

    def _case(self, case: ast.match_case) -> None:
        for node in ast.walk(case.pattern):
            if isinstance(node, ast.MatchValue):
                self.visit(node.value)
            elif isinstance(node, ast.MatchClass):
                self.visit(node.cls)
        for name in pattern_names(case.pattern):
            self.bind(name, BindingKind.TARGET, case.pattern)  # type: ignore[arg-type]
        self.visit(case.guard)
        self.block(case.body)

    # Ends of blocks

    def record_raise(self, node: ast.Raise) -> None:
        """Record `raise`: nothing after it in this block runs."""
        self.visit(node.exc)
        self.visit(node.cause)
        raised = node.exc
        message = None
        if isinstance(raised, ast.Call):
            first = raised.args[0] if raised.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                message = first.value
            raised = raised.func
        name = dotted(raised) if raised is not None else None
        self.steps.append(Stop(StopKind.RAISE, node.lineno, name, message))

    def record_return(self, node: ast.Return) -> None:
        """Record `return`."""
        self.visit(node.value)
        if self.frame is self.module or self.frame.is_class:
            self.grammar.refuse("'return' outside function", node)
        self.steps.append(Stop(StopKind.RETURN, node.lineno))

    def record_loop_exit(self, node: ast.Break | ast.Continue) -> None:
        """Record `break` or `continue`."""
        self.steps.append(Stop(StopKind.LOOP, node.lineno))

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


def _whole(tree: ast.Module) -> ast.stmt:
    last = tree.body[-1].end_lineno if tree.body else 1
    return ast.Pass(lineno=1, col_offset=0, end_lineno=last, end_col_offset=0)


def _defers_annotations(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
    )


def _global_statements(tree: ast.Module, text: str) -> list[ast.Global]:
    if "global " not in text:
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Global)]


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
