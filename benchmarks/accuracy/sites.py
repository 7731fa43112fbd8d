"""Every place of a project that needs a module, a name of a module, or an attribute of one.

A second reading of Python, independent of linkstep's: one pass over `ast`, with nothing
resolved. What the places mean is asked of the interpreter (`inside/probe.py`), so this
has to say only which names, where, and under what.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.accuracy.claims import Kind
from benchmarks.accuracy.scopes import (
    Function,
    Scope,
    argument_names,
    evaluated_annotations,
    scope_of,
    stopped,
)
from benchmarks.accuracy.subjects import module_name, source_files

# Words of tests that say whether code runs at all; what depends on them is left out.
DECIDING = ("TYPE_CHECKING", "hasattr", "platform", "version_info", "os.name", "PY3", "__name__")


class Site(Struct, frozen=True, order=True):
    """A reference in the source.

    `name` is the module of MODULE, the name of NAME and EXPORT, and the chain of ATTRIBUTE
    (`b.c` for `a.b.c`), whose first `bound` parts belong to the import that binds it.
    `line` to `end_line` is the statement or expression; `where` is module, class or
    function; `guard` names the exceptions that a handler around it stops.
    """

    path: str
    line: int
    end_line: int
    kind: Kind
    module: str
    name: str
    importing: str
    where: str
    guard: str = ""
    bound: int = 0
    relative: bool = False
    alias: bool = False


def sites_of(project: Path, everything: bool = False, certain: bool = False) -> Iterator[Site]:
    """Give the sites of all files of a project that this interpreter can parse.

    With `everything` also those under tests that may keep them from running; with `certain`
    none that is in a branch, a handler, or the `else` of a `try`.
    """
    for path in source_files(project):
        try:
            tree = ast.parse((project / path).read_bytes())
        except (SyntaxError, ValueError):
            continue
        yield from SiteReader(path, tree, everything, certain).sites


class SiteReader(ast.NodeVisitor):
    """Collects the sites of one file.

    >>> [str(site.kind) for site in SiteReader("a.py", ast.parse("import b\\nb.c")).sites]
    ['module', 'attribute']
    >>> text = "try: import b\\nexcept ImportError: import c\\nif b: import d"
    >>> [site.name for site in SiteReader("a.py", ast.parse(text), certain=True).sites]
    ['b']
    """

    def __init__(
        self, path: str, tree: ast.Module, everything: bool = False, certain: bool = False
    ) -> None:
        self.everything = everything
        self.certain = certain
        self.path = path
        self.importing = module_name(path)
        is_package = path.endswith("__init__.py")
        self.package = self.importing if is_package else self.importing.rpartition(".")[0]
        self.postponed = postpones_annotations(tree)
        self.sites: list[Site] = []
        self.guards: list[str] = []
        self.string: ast.JoinedStr | None = None
        self.scopes = [scope_of("module", tree.body)]
        self.visit_all(tree.body)

    def visit_Import(self, node: ast.Import) -> None:
        """Collect the modules, and keep what their names are bound to."""
        for alias in node.names:
            self.add(node, Kind.MODULE, "", alias.name, alias=alias.asname is not None)
            top = alias.name.partition(".")[0]
            self.scopes[-1].imported[alias.asname or top] = (
                alias.name if alias.asname else top,
                "",
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Collect the module and each name of it."""
        base = self.absolute(node)
        if base is None or base == "__future__":
            return
        relative = node.level > 0
        self.add(node, Kind.MODULE, "", base, relative=relative)
        for alias in node.names:
            if alias.name != "*":
                renamed = alias.asname is not None
                self.add(alias, Kind.NAME, base, alias.name, relative=relative, alias=renamed)
                self.scopes[-1].imported[alias.asname or alias.name] = (base, alias.name)

    def absolute(self, node: ast.ImportFrom) -> str | None:
        """Give the module of a from-import, None where it goes above the top."""
        if node.level == 0:
            return node.module
        parts = self.package.split(".") if self.package else []
        if node.level > len(parts):
            return None
        below = [node.module] if node.module else []
        return ".".join(parts[: len(parts) - node.level + 1] + below)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Collect a chain of attributes whose first name is bound by an import."""
        chain: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            chain.insert(0, value.attr)
            value = value.value
        if not isinstance(value, ast.Name):
            self.visit(value)
        elif isinstance(node.ctx, ast.Load) and (imported := self.meaning(value.id)):
            base, name = imported
            parts = [name, *chain] if name else chain
            self.add(node, Kind.ATTRIBUTE, base, ".".join(parts), bound=1 if name else 0)

    def meaning(self, name: str) -> tuple[str, str] | None:
        """Give what an import binds the name to, as seen from here; None for anything else."""
        for depth, scope in enumerate(reversed(self.scopes)):
            # Functions do not see the names of the class around them.
            if name in scope.bound and (scope.kind != "class" or depth == 0):
                return scope.imported.get(name) if name in scope.once else None
        return None

    def visit_Assign(self, node: ast.Assign) -> None:
        """Collect entries of `__all__`."""
        if any(is_all(target) for target in node.targets):
            self.add_entries(node.value)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Collect entries of `__all__`."""
        if is_all(node.target):
            self.add_entries(node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Collect entries of `__all__`; leave out what is never evaluated."""
        if is_all(node.target) and node.value:
            self.add_entries(node.value)
        if not self.postponed and self.where() != "function":
            self.visit(node.annotation)
        self.visit_all([node.target, *([node.value] if node.value else [])])

    def add_entries(self, value: ast.expr) -> None:
        """Collect the literal entries of the module's own `__all__`."""
        if len(self.scopes) == 1 and isinstance(value, ast.List | ast.Tuple):
            for item in value.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    self.add(item, Kind.EXPORT, self.importing, item.value)

    def visit_FunctionDef(self, node: Function) -> None:
        """Read a function: its header runs here, its body when it is called."""
        self.visit_all([*node.decorator_list, *node.args.defaults])
        self.visit_all(filter(None, node.args.kw_defaults))
        if not self.postponed:
            self.visit_all(evaluated_annotations(node))
        scope = scope_of("function", node.body, argument_names(node.args))
        guards, self.guards = self.guards, []  # a handler around `def` guards no call
        self.enter(scope, node.body)
        self.guards = guards

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Read a function."""
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Read a function without a name."""
        self.visit_all([*node.args.defaults, *filter(None, node.args.kw_defaults)])
        self.enter(Scope("function", set(argument_names(node.args))), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Read a class; its body runs where it stands."""
        self.visit_all([*node.decorator_list, *node.bases, *(key.value for key in node.keywords)])
        self.enter(scope_of("class", node.body), node.body)

    def read_comprehension(self, node: ast.AST) -> None:
        """Read a comprehension: its variables hide names of the scopes around it."""
        names = (found for found in ast.walk(node) if isinstance(found, ast.Name))
        bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        self.enter(Scope("comprehension", bound), ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = read_comprehension  # noqa: N815
    visit_DictComp = visit_GeneratorExp = read_comprehension  # noqa: N815

    def enter(self, scope: Scope, body: Iterable[ast.AST]) -> None:
        """Visit what stands in a scope of its own."""
        self.scopes.append(scope)
        self.visit_all(body)
        self.scopes.pop()

    def visit_Try(self, node: ast.Try) -> None:
        """Read a `try`: its handlers guard its body only."""
        self.guards.append(", ".join(stopped(node)))
        self.visit_all(node.body)
        self.guards.pop()
        self.visit_all([] if self.certain else [*node.handlers, *node.orelse])
        self.visit_all(node.finalbody)

    def read_test(self, node: ast.If | ast.IfExp | ast.BoolOp) -> None:
        """Leave out code that a test on the target keeps from running, here or elsewhere."""
        test = node if isinstance(node, ast.BoolOp) else node.test
        if self.certain:
            self.visit(test.values[0] if isinstance(test, ast.BoolOp) else test)
        elif self.everything or not any(word in ast.unparse(test) for word in DECIDING):
            self.generic_visit(node)

    visit_If = visit_IfExp = visit_BoolOp = read_test  # noqa: N815

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Read an f-string: before Python 3.12 its parts have no places of their own."""
        outer, self.string = self.string, self.string or node
        self.generic_visit(node)
        self.string = outer

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        """Visit in order."""
        for node in nodes:
            self.visit(node)

    def where(self) -> str:
        """Say whether the code here runs with the module, in a class body, or in a call."""
        kinds = [scope.kind for scope in self.scopes]
        return next((kind for kind in ("function", "class") if kind in kinds), "module")

    def add(
        self,
        node: ast.stmt | ast.expr | ast.alias,
        kind: Kind,
        module: str,
        name: str,
        *,
        bound: int = 0,
        relative: bool = False,
        alias: bool = False,
    ) -> None:
        """Collect one site."""
        place = self.string or node
        self.sites.append(
            Site(
                path=self.path,
                line=place.lineno,
                end_line=place.end_lineno or place.lineno,
                kind=kind,
                module=module,
                name=name,
                importing=self.importing,
                where=self.where(),
                guard=next((guard for guard in reversed(self.guards) if guard), ""),
                bound=bound,
                relative=relative,
                alias=alias,
            )
        )


def is_all(node: ast.expr) -> bool:
    """Say whether an assignment's target is `__all__`."""
    return isinstance(node, ast.Name) and node.id == "__all__"


def postpones_annotations(tree: ast.Module) -> bool:
    """Say whether `from __future__ import annotations` keeps annotations from running."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )
