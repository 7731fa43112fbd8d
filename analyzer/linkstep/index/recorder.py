"""The recorder: what a syntax tree means to the import system, in execution order.

Both readers hand it the same tree (CPython's abstract syntax), so there is one meaning
whichever read the file. It walks statements; `references.py` walks expressions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from linkstep.index import grammar, guards, lazy_names
from linkstep.index.app_state import AppState, may_use_state
from linkstep.index.bindings import Bindings
from linkstep.index.conditions import dotted
from linkstep.index.dotted_paths import assigned_paths
from linkstep.index.exports import changed_unseen, may_change_unseen
from linkstep.index.names import (
    OTHER,
    add_arguments,
    collect,
    parameters,
    pattern_names,
    surely_bound,
)
from linkstep.index.old_strings import reads_before_312
from linkstep.index.positions import Positions
from linkstep.index.references import Frame
from linkstep.index.shallow import Extent, Shallow, is_within, lines_with
from linkstep.index.syntax_nodes import TemplateStr
from linkstep.model.summary import (
    Bind,
    BindingKind,
    ClassBody,
    Exports,
    Handler,
    If,
    LazyNames,
    Repeat,
    Step,
    Stop,
    StopKind,
    Suppress,
    Try,
    Unbind,
)
from linkstep.model.target import Target


class Recorder(Bindings):
    """Records one module; `record` fills the fields that a summary is made of."""

    def __init__(
        self,
        tree: ast.Module,
        positions: Positions,
        target: Target,
        *,
        stub: bool = False,
        shallow: Shallow | None = None,
    ) -> None:
        self.walrus_lines = lines_with((":=",), positions.text)
        names = collect(tree.body, walrus=bool(self.walrus_lines))
        for name in _global_names(positions.text):
            names.add(name, OTHER)
        unsure = frozenset(names.bound) - surely_bound(tree.body) - names.globals
        super().__init__(tree, positions, names, frozenset() if stub else unsure, stub=stub)
        self.shallow = shallow
        self.app_state = AppState(tree, positions)
        self.speaks_of_state = self.notes_state = "state" in positions.text
        self.state_lines: list[int] = []
        if self.speaks_of_state:
            self.state_lines = lines_with(("state",), positions.text.lower())
        self.handlers: list[tuple[Frame, ast.ExceptHandler]] = []
        marks = guards.module_skips(tree.body) if "pytestmark" in positions.text else []
        self.run_tests = [test for mark in marks if (test := guards.run_test(mark)) is not None]
        deferred = target.version >= (3, 14) or any(map(_defers_annotations, tree.body))
        self.annotations_run = not deferred and not stub
        self._visitors[TemplateStr] = self.visit_template
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
            ast.Assert: self.record_assert,
            ast.Return: self.record_return,
            ast.Break: self.record_loop_exit,
            ast.Continue: self.record_loop_exit,
            ast.Delete: self.record_delete,
            ast.Global: lambda node: None,
            ast.Nonlocal: lambda node: None,
            ast.Pass: lambda node: None,
        }

    def check_strings(self) -> None:
        """Ask of every f-string whether it needs the grammar of PEP 701."""
        self._visitors[ast.JoinedStr] = self.visit_new_string

    def visit_new_string(self, node: ast.JoinedStr) -> None:
        """Record an f-string that a grammar with PEP 701 has read."""
        if self.pinned is None and not reads_before_312(self.positions.source(node)):
            self.grammar.needs(node, (3, 12), "an f-string of this form")
        self.visit_formatted(node)

    def record(self) -> tuple[Step, ...]:
        """Record the whole module and give the steps of its body."""
        self.scopes.clear()
        index = self.function_scope("<module>", _whole(self.tree), self.module.names, lambda: None)
        assert index == 0
        self.frame = self.module
        body = self.collected(lambda: self.block(self.tree.body))
        if self.shallow is None or not self.shallow.is_plain:
            body = (*body, *assigned_paths(self.tree, self.positions))
        if may_change_unseen(self.positions.text):
            changed = changed_unseen(self.tree, self.positions.text)
            body = body if changed is None else (*body, Exports("add", (), (), False, changed))
        self.grammar.check_module(self.tree)
        # These hold the recorder, and so the tree, in a cycle that only a collector would find.
        self.module.found.clear()
        self._visitors.clear()
        self._statements.clear()
        return body

    def note_state(self, node: ast.expr) -> None:
        """Record the uses of application state that an expression is."""
        if not may_use_state(node):
            return
        lines = []
        frame: Frame | None = self.frame
        while frame is not None and frame.index != 0:
            if frame.index > 0 and not frame.is_class:
                lines.append(self.scopes[frame.index].line)
            frame = frame.parent
        self.steps += self.app_state.uses(node, lines)

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Record statements in order."""
        statements = self._statements
        for statement in body:
            record = statements.get(type(statement))
            if record is not None:
                record(statement)
            else:
                self.record_other(statement)

    def nested(self, body: list[ast.stmt]) -> tuple[Step, ...]:
        """Give the steps of a nested block."""
        return self.collected(partial(self.block, body)) if body else ()

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

    def record_other(self, node: ast.stmt) -> None:
        """Record statements that newer grammars add, and those without a meaning here."""
        if type(node).__name__ == "TypeAlias":
            self.grammar.needs(node, (3, 12), "a `type` statement")
            name = getattr(node, "name", None)
            if isinstance(name, ast.Name):
                self.bind(name.id, BindingKind.ASSIGNMENT, node)
        else:
            self.children(node)

    # Definitions

    def record_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Record a definition: decorators and defaults now, the body when it is called."""
        self.visit_all(node.decorator_list)
        self.visit_all(node.args.defaults)
        self.visit_all(node.args.kw_defaults)
        type_names = self.grammar.type_parameters(node)
        if self.annotations_run and not type_names:
            self.visit_all([parameter.annotation for parameter in parameters(node.args)])
            self.visit(node.returns)
        if self.frame is self.module and node.name == "__getattr__":
            self.lazy = (
                lazy_names.served_by_function(node, self.tree)
                if isinstance(node, ast.FunctionDef)
                else LazyNames((), False)
            )
        extent = Extent.ALL if self.shallow is None else self.shallow.extent(node)
        if extent is Extent.NOTHING:
            decorated = bool(node.decorator_list)
            self.empty_scope(self._qualified(node.name), node, decorated=decorated)
        else:
            self._record_body(node, extent, type_names)
        self._decorate(node)
        self.bind(node.name, BindingKind.FUNCTION, node)

    def _record_body(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        extent: Extent,
        type_names: Sequence[str],
    ) -> None:
        """Record what a function does when it is called."""
        names = collect(node.body, walrus=is_within(self.walrus_lines, node))
        add_arguments(names, node.args)
        for name in type_names:
            names.bound.setdefault(name, 4)
        record = partial(self.block if extent is Extent.ALL else self._imports_within, node.body)
        noting = self.notes_state
        self.notes_state = noting and is_within(self.state_lines, node)
        qualified = self._qualified(node.name)
        decorated = bool(node.decorator_list)
        if decorated or self.run_tests:
            with self._skipped(node):
                define = partial(self.define, qualified, node, names, record, decorated=decorated)
                self._when(self.run_tests, define)
        else:
            self.define(qualified, node, names, record)
        self.notes_state = noting

    def _decorate(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """Record that decorators are called, with what was defined, from the inside out."""
        for decorator in reversed(node.decorator_list):
            self.invoke(decorator, decorator.lineno)

    @contextmanager
    def _skipped(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Iterator[None]:
        """Note the decorators by which pytest and unittest leave a test out."""
        before = self.run_tests
        tests = (guards.run_test(decorator) for decorator in node.decorator_list)
        self.run_tests = [*before, *(test for test in tests if test is not None)]
        yield
        self.run_tests = before

    def _when(self, tests: Sequence[ast.expr], record: Callable[[], None]) -> None:
        """Record what happens only if all tests hold."""
        if not tests:
            record()
        else:
            self.branch(tests[0], lambda: self._when(tests[1:], record))

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
        if self.frame is self.module:
            for decorator in node.decorator_list:
                self.note_handover(decorator)  # it sees the class's module by `__module__`
        type_names = self.grammar.type_parameters(node)
        if not type_names:
            self.visit_all(node.bases)
            self.visit_all(keyword.value for keyword in node.keywords)
        names = collect(node.body, walrus=is_within(self.walrus_lines, node))
        for name in type_names:
            names.bound.setdefault(name, 4)
        if self.frame is self.module and guards.exports_members(node):
            for name in names.bound:
                self.steps.append(Bind(name, BindingKind.DYNAMIC, node.lineno))
        qualified = self._qualified(node.name)
        with self._skipped(node):
            index = self.function_scope(
                qualified, node, names, lambda: self.block(node.body), is_class=True
            )
        scope = self.scopes[index]
        if scope.steps:
            self.steps.append(ClassBody(qualified, index, scope.steps, node.lineno))
            empty = type(scope)(scope.name, scope.line, scope.end_line, scope.parent, True, ())
            self.scopes[index] = empty
        self._decorate(node)
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
        self.alternatives(node.test, self.nested(node.body), self.nested(node.orelse))

    def record_for(self, node: ast.For | ast.AsyncFor) -> None:
        """Record a loop; one over a literal is known to run or not."""
        self.visit(node.iter)
        runs: bool | None = None
        if isinstance(node.iter, ast.List | ast.Tuple | ast.Set):
            runs = bool(node.iter.elts)

        def body() -> None:
            self.bind_targets(node.target)
            if isinstance(node, ast.For):
                self.loops.append(node)
            self.block(node.body)
            if isinstance(node, ast.For):
                self.loops.pop()

        self._repeat(node, runs, body)

    def record_while(self, node: ast.While) -> None:
        """Record a while loop."""
        self.visit(node.test)
        self._repeat(node, None, lambda: self.block(node.body))

    def _repeat(
        self, node: ast.For | ast.AsyncFor | ast.While, runs: bool | None, body: Callable[[], None]
    ) -> None:
        before = self.by_name
        steps = self.collected(body)
        over = None
        if isinstance(node, ast.For) and self.by_name > before:
            over = self.expression(node.iter) if isinstance(node.target, ast.Name) else None
        orelse = self.nested(node.orelse)
        if steps or orelse:
            self.steps.append(Repeat(runs, steps, orelse, node.lineno, over))

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
                self.bind(node.name, BindingKind.EXCEPTION, node)
            self.handlers.append((self.frame, node))
            self.block(node.body)
            self.handlers.pop()
            if node.name and self.frame is self.module:
                self.steps.append(Unbind(node.name, node.end_lineno or node.lineno))

        steps = self.collected(record)
        outcome = guards.outcome(node.body)
        return Handler(guards.caught(node.type), steps, outcome, node.lineno)

    def visit_template(self, node: ast.expr) -> None:
        """Record the expressions of a t-string (PEP 750)."""
        self.grammar.needs(node, (3, 14), "a t-string")
        self.children(node)

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
        if name is not None and not name.rpartition(".")[2][:1].isupper():
            name = None  # `raise error`: a variable, most often what was caught
        again = self._raised_again(node.exc)
        self.steps.append(Stop(StopKind.RAISE, node.lineno, name, message, again))

    def _raised_again(self, raised: ast.expr | None) -> int:
        """Give the line of the handler whose exception is raised once more, else 0."""
        name = raised.id if isinstance(raised, ast.Name) else None
        for frame, handler in reversed(self.handlers):
            if frame is self.frame and (raised is None or name == handler.name is not None):
                return handler.lineno
        return 0

    def record_assert(self, node: ast.Assert) -> None:
        """Record `assert`; `assert False` is how some say that a branch is never taken."""
        self.children(node)
        if guards.is_assert_false(node):
            self.steps.append(Stop(StopKind.RAISE, node.lineno, "AssertionError"))

    def record_return(self, node: ast.Return) -> None:
        """Record `return`."""
        self.visit(node.value)
        if self.frame is self.module or self.frame.is_class:
            self.grammar.refuse("'return' outside function", node)
        self.steps.append(Stop(StopKind.RETURN, node.lineno))

    def record_loop_exit(self, node: ast.Break | ast.Continue) -> None:
        """Record `break` or `continue`."""
        self.steps.append(Stop(StopKind.LOOP, node.lineno))


def _whole(tree: ast.Module) -> ast.stmt:
    last = tree.body[-1].end_lineno if tree.body else 1
    return ast.Pass(lineno=1, col_offset=0, end_lineno=last, end_col_offset=0)


def _defers_annotations(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
    )


def _global_names(text: str) -> set[str]:
    """Give the names of all `global` statements; text that only looks like one does no harm."""
    if "global" not in text:
        return set()
    return {name.strip() for found in _GLOBAL.findall(text) for name in found.split(",")}


_GLOBAL = re.compile(r"global[ \t]+([\w, \t]+)")
