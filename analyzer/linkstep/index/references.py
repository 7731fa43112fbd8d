"""The expression half of the recorder: scopes, references, and control flow in expressions.

A name is looked up the way the compiler does it (language reference, 4.2.2): in the
innermost block, then in enclosing functions, class blocks skipped, then in the module.
Only chains that start at a name which an import may have bound become references.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from functools import partial

from linkstep.index.conditions import expression
from linkstep.index.names import ALIAS, DEFINED, IMPORTED, Names, add_arguments, target_names
from linkstep.index.positions import Positions
from linkstep.model.expressions import UNBOUND, Expression, Not, Ref
from linkstep.model.summary import Define, ExternalBind, If, Invoke, Scope, Step, Use

# Names that need no binding, in any supported Python; a name that only one version has
# as a builtin is not linkstep's business.
BUILTIN_NAMES = frozenset(dir(builtins)) | {
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__class__",
    "__dict__",
    "__file__",
    "__module__",
    "__path__",
    "__qualname__",
    "PythonFinalizationError",
    "WindowsError",
    "__conditional_annotations__",
    "sentinel",
    "frozendict",
}
LOCAL = -2
_CALLABLE = IMPORTED | ALIAS | DEFINED
_SKIPPED = frozenset({"ctx", "op", "ops", "operator", "kind", "type_comment", "is_async"})
_CHILDREN: dict[type, tuple[str, ...]] = {}


class Frame:
    """A block whose names are being resolved; `index` is its place in `scopes`.

    Most names mean nothing to the import system, and a block says the same ones again and
    again: `quiet` are those that need no further look by themselves. `roots` holds the scope
    of each name with which a chain of attributes began, None for one of which no chain is
    kept, and `callables` the same of names that were called. `at_import` says that the block
    runs where it stands, when the module is imported.
    """

    __slots__ = (
        *("at_import", "callables", "found", "index", "is_class", "names", "parent", "quiet"),
        *("roots", "yields"),
    )

    def __init__(self, index: int, names: Names, parent: Frame | None, is_class: bool) -> None:
        self.index = index
        self.names = names
        self.parent = parent
        self.is_class = is_class
        self.yields = False
        self.found: dict[str, Frame | None] = {}  # which block binds a name for code in this one
        self.quiet: set[str] = set()
        self.roots: dict[str, int | None] = {}
        self.callables: dict[str, int | None] = {}
        in_place = is_class or index == LOCAL
        self.at_import: bool = parent.at_import if parent is not None and in_place else index == 0


class References:
    """Walks expressions and appends the steps they contain to `self.steps`."""

    def __init__(self, positions: Positions, module_names: Names, unsure: frozenset[str]) -> None:
        self.positions = positions
        self.module = Frame(0, module_names, None, False)
        self.frame = self.module
        self.steps: list[Step] = []
        self.scopes: list[Scope] = []
        self.unsure = unsure
        self.may_lack_names = bool(unsure) or module_names.stars
        self.pinned: ast.expr | None = None
        self.used_at_import: set[str] = set()
        self.speaks_of_state = False
        self.notes_state = False
        self._visitors: dict[type, Callable[..., None]] = {
            ast.Name: self.visit_name,
            ast.Attribute: self.visit_attribute,
            ast.Call: self.visit_call,
            ast.Subscript: self.visit_subscript,
            ast.Compare: self.visit_compare,
            ast.IfExp: self.visit_conditional,
            ast.BoolOp: self.visit_boolean,
            ast.Lambda: self.visit_lambda,
            ast.ListComp: self.visit_comprehension,
            ast.SetComp: self.visit_comprehension,
            ast.GeneratorExp: self.visit_comprehension,
            ast.DictComp: self.visit_comprehension,
            ast.JoinedStr: self.visit_formatted,
            ast.NamedExpr: self.visit_walrus,
            ast.Yield: self.visit_yield,
            ast.YieldFrom: self.visit_yield,
            ast.Tuple: self.visit_elements,
            ast.List: self.visit_elements,
            ast.Set: self.visit_elements,
            ast.BinOp: self.visit_operation,
        }

    # Hooks that namespaces.py fills in.

    def visit_call(self, node: ast.Call) -> None:
        """Record a call; special functions are recognised by the subclass."""
        self.children(node)

    def visit_subscript(self, node: ast.Subscript) -> None:
        """Record a subscript; namespace edits are recognised by the subclass."""
        self.children(node)

    def visit_compare(self, node: ast.Compare) -> None:
        """Record a comparison."""
        self.children(node)

    def note_state(self, node: ast.expr) -> None:
        """Note what an expression does to an application's state, if the file speaks of it."""

    def visit_walrus(self, node: ast.NamedExpr) -> None:
        """Record an assignment expression; the subclass records the binding."""
        self.children(node)

    # Walking

    def visit(self, node: ast.AST | None) -> None:
        """Record one expression."""
        kind = type(node)
        visitor = self._visitors.get(kind)
        if visitor is not None:
            visitor(node)
        elif node is not None and kind is not ast.Constant:
            self.children(node)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Record expressions in order."""
        visitors = self._visitors
        for node in nodes:
            kind = type(node)
            visitor = visitors.get(kind)
            if visitor is not None:
                visitor(node)
            elif node is not None and kind is not ast.Constant:
                self.children(node)

    def children(self, node: ast.AST) -> None:
        """Record what is inside a node that means nothing by itself."""
        kind = type(node)
        fields = _CHILDREN.get(kind)
        if fields is None:
            fields = _CHILDREN[kind] = tuple(f for f in kind._fields if f not in _SKIPPED)
        for field in fields:
            value = getattr(node, field, None)
            if type(value) is list:
                self.visit_all([item for item in value if isinstance(item, ast.AST)])
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_elements(self, node: ast.Tuple | ast.List | ast.Set) -> None:
        """Record the elements of a display."""
        self.visit_all(node.elts)

    def visit_operation(self, node: ast.BinOp) -> None:
        """Record both operands."""
        self.visit(node.left)
        self.visit(node.right)

    def collected(self, record: Callable[[], None]) -> tuple[Step, ...]:
        """Give the steps that `record` appends, apart from the others."""
        outer, self.steps = self.steps, []
        record()
        steps, self.steps = self.steps, outer
        return tuple(steps)

    # Names

    def find(self, name: str) -> Frame | None:
        """Give the block that binds `name` for code in the current block."""
        found = self.frame.found
        if name in found:
            return found[name]
        frame = found[name] = self._search(name)
        return frame

    def _search(self, name: str) -> Frame | None:
        frame: Frame | None = self.frame
        innermost = True
        while frame is not None:
            if name in frame.names.bound and (innermost or not frame.is_class):
                return frame
            if name in frame.names.globals:
                return self.module
            innermost = False
            frame = frame.parent
        return None

    def scope_of(self, name: str) -> int:
        """Give the index of the scope that binds `name`, UNBOUND if none does."""
        frame = self.find(name)
        return UNBOUND if frame is None else frame.index

    def expression(self, node: ast.expr | None) -> Expression | None:
        """Keep an expression for the linker to evaluate."""
        return expression(node, self.scope_of)

    def tracked(self, name: str) -> Frame | None:
        """Give the block that binds `name` if an import may have bound it there."""
        frame = self.find(name)
        if frame is not None and frame.names.bound.get(name, 0) & (IMPORTED | ALIAS):
            return frame
        return None

    def visit_name(self, node: ast.Name) -> None:
        """Record a name only where it can be unbound because of an import."""
        frame, name = self.frame, node.id
        if not (frame.at_import or self.may_lack_names):
            return
        if name in frame.quiet or type(node.ctx) is not ast.Load:
            return
        unsure = self._may_be_unbound(name)
        if unsure or (frame.at_import and self._first_used(name)):
            self.use(node, node, Ref(name, (), self.scope_of(name)))
        if not unsure:
            frame.quiet.add(name)

    def _first_used(self, name: str) -> bool:
        """Whether this is the first place where importing the module needs an imported name.

        Until there the import could wait: a cycle may be mended by moving it.
        """
        if name in self.used_at_import:
            return False
        if self.tracked(name) is not self.module:
            return False
        self.used_at_import.add(name)
        return True

    def visit_yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        """Record `yield`: a call of the function around it runs nothing."""
        self.frame.yields = True
        if self.speaks_of_state:
            self.note_state(node)
        self.children(node)

    def invoke(self, function: ast.expr, line: int) -> None:
        """Record a call of what a `def`, a class or an import may have bound here."""
        root = function
        while type(root) is ast.Attribute:
            root = root.value
        if type(root) is not ast.Name:
            return
        name, callables = root.id, self.frame.callables
        if name not in callables:
            frame = self.find(name)
            known = frame is not None and frame.names.bound.get(name, 0) & _CALLABLE
            callables[name] = frame.index if frame is not None and known else None
        scope = callables[name]
        if scope is not None:
            self.steps.append(Invoke(Ref(name, _attributes(function), scope), line))

    def _may_be_unbound(self, name: str) -> bool:
        if name in self.unsure:
            return self.find(name) is self.module
        return self.module.names.stars and name not in BUILTIN_NAMES and self.find(name) is None

    def visit_attribute(self, node: ast.Attribute) -> None:
        """Record a chain of attributes that starts at a tracked name."""
        root: ast.expr = node
        while type(root) is ast.Attribute:
            if self.notes_state:
                self.note_state(root)
            root = root.value
        if type(root) is not ast.Name:
            self.visit(root)
            return
        name, roots = root.id, self.frame.roots
        if name not in roots:
            kept = self.tracked(name) is not None or self._may_be_unbound(name)
            roots[name] = self.scope_of(name) if kept else None
        scope = roots[name]
        if scope is None:
            return
        if type(node.ctx) is ast.Load:
            self.use(node, root, Ref(name, _attributes(node), scope))
            return
        owner = Ref(name, _attributes(node.value), scope)
        if owner.attributes:
            self.use(node.value, root, owner)
        self.steps.append(ExternalBind(owner, node.attr, node.lineno))

    def use(self, node: ast.expr, root: ast.Name, ref: Ref) -> None:
        """Append a reference; inside an f-string it stands where the string stands.

        CPython before 3.12 has no positions for the parts of an f-string, and a summary
        must not depend on the Python that reads it.
        """
        written = ".".join((ref.name, *ref.attributes))
        if "__" in written and any(map(_is_private, ref.attributes)):
            return  # inside a class it is mangled to another name
        positions = self.positions
        if self.pinned is not None:
            span = positions.span(self.pinned)
            ends = ((span.end_line, span.end_column),)
            self.steps.append(Use(ref, span.line, span.column, ends))
            return
        line = root.lineno
        column = positions.column(line, root.col_offset)
        if positions.is_together(root, node, len(written)):
            self.steps.append(Use(ref, line, column))
        else:
            self.steps.append(Use(ref, line, column, tuple(map(positions.end, _links(node)))))

    # Control flow inside expressions

    def branch(
        self,
        test: ast.expr,
        body: Callable[[], None],
        orelse: Callable[[], None] | None = None,
        *,
        negated: bool = False,
    ) -> None:
        """Record two alternatives; nothing is kept when neither has a step."""
        body_steps = self.collected(body)
        else_steps = self.collected(orelse) if orelse else ()
        self.alternatives(test, body_steps, else_steps, negated=negated)

    def alternatives(
        self,
        test: ast.expr,
        body: tuple[Step, ...],
        orelse: tuple[Step, ...],
        *,
        negated: bool = False,
    ) -> None:
        """Append two alternatives that were recorded; nothing is kept when neither has a step."""
        if body or orelse:
            condition = self.expression(test)
            if negated:
                condition = Not(condition)
            self.steps.append(If(condition, body, orelse, test.lineno))

    def visit_conditional(self, node: ast.IfExp) -> None:
        """Record `a if test else b`."""
        self.visit(node.test)
        self.branch(node.test, lambda: self.visit(node.body), lambda: self.visit(node.orelse))

    def visit_boolean(self, node: ast.BoolOp) -> None:
        """Record `a and b and c`: each operand is evaluated only after the one before."""
        self._operands(node, 0)

    def _operands(self, node: ast.BoolOp, index: int) -> None:
        self.visit(node.values[index])
        if index + 1 < len(node.values):
            negated = isinstance(node.op, ast.Or)
            following = partial(self._operands, node, index + 1)
            self.branch(node.values[index], following, negated=negated)

    def visit_formatted(self, node: ast.JoinedStr) -> None:
        """Record the expressions of an f-string, all at the place of the string."""
        outer, self.pinned = self.pinned, self.pinned or node
        self.children(node)
        self.pinned = outer

    # Blocks inside expressions

    def visit_lambda(self, node: ast.Lambda) -> None:
        """Record a lambda: its body runs when it is called."""
        self.visit_all(node.args.defaults)
        self.visit_all(node.args.kw_defaults)
        names = Names()
        add_arguments(names, node.args)
        self.define("<lambda>", node, names, lambda: self.visit(node.body))

    def define(
        self,
        name: str,
        node: ast.expr | ast.stmt,
        names: Names,
        record: Callable[[], None],
        *,
        decorated: bool = False,
    ) -> None:
        """Record a function: its steps run when it is called, if it is ever created."""
        index = self.function_scope(name, node, names, record, decorated=decorated)
        if self.scopes[index].steps:
            self.steps.append(Define(index))

    def function_scope(
        self,
        name: str,
        node: ast.expr | ast.stmt,
        names: Names,
        record: Callable[[], None],
        *,
        is_class: bool = False,
        decorated: bool = False,
    ) -> int:
        """Record a block that has a namespace of its own; gives its index in `scopes`."""
        index = len(self.scopes)
        parent = self._scope_around()
        self.scopes.append(Scope(name, node.lineno, node.lineno, parent, is_class, ()))
        outer = self.frame
        self.frame = Frame(index, names, outer, is_class)
        steps = self.collected(record)
        deferred = self.frame.yields or isinstance(node, ast.AsyncFunctionDef)
        self.frame.found.clear()
        self.frame = outer
        end = node.end_lineno or node.lineno
        self.scopes[index] = Scope(
            name, node.lineno, end, parent, is_class, steps, deferred, decorated
        )
        return index

    def empty_scope(
        self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, *, decorated: bool
    ) -> None:
        """Note a function of which nothing else is recorded."""
        end = node.end_lineno or node.lineno
        deferred = isinstance(node, ast.AsyncFunctionDef)
        around = self._scope_around()
        self.scopes.append(Scope(name, node.lineno, end, around, False, (), deferred, decorated))

    def _scope_around(self) -> int:
        """Give the index of the scope that a new one is in."""
        enclosing = self.frame
        while enclosing.index == LOCAL and enclosing.parent is not None:
            enclosing = enclosing.parent
        return enclosing.index

    def visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        """Record a comprehension: its targets are local to it, its first iterable is not."""
        self.visit(node.generators[0].iter)
        names = Names()
        for generator in node.generators:
            for name in target_names(generator.target):
                names.bound[name] = 4
        outer = self.frame
        self.frame = Frame(LOCAL, names, outer, False)
        for position, generator in enumerate(node.generators):
            if position:
                self.visit(generator.iter)
            self.visit(generator.target)
            self.visit_all(generator.ifs)
        if isinstance(node, ast.DictComp):
            self.visit_all((node.key, node.value))
        else:
            self.visit(node.elt)
        self.frame.found.clear()
        self.frame = outer


def _attributes(node: ast.expr) -> tuple[str, ...]:
    """Give the names in a chain that follow its root."""
    names = []
    while type(node) is ast.Attribute:
        names.append(node.attr)
        node = node.value
    return tuple(names[::-1])


def _links(node: ast.expr) -> list[ast.expr]:
    """Give the root of a chain, and what it is with each further attribute."""
    links = [node]
    while isinstance(node, ast.Attribute):
        node = node.value
        links.append(node)
    links.reverse()
    return links


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")
