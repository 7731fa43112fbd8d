"""Which names a block binds, found before its expressions are read.

Python decides the scope of a name at compile time from all bindings in the block
(language reference, 4.2.2 "Resolution of names"), so the recorder asks here before it
reads a body. Only statements are looked at; assignment expressions, which can hide in
any expression, are searched for only in files that contain `:=` at all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from linkstep.index.guards import is_assert_false
from linkstep.index.syntax_nodes import TypeAlias
from linkstep.index.walking import below

IMPORTED = 1  # an import statement binds it
ALIAS = 2  # `x = module.attribute` or the like: it may be a module
OTHER = 4  # anything else binds it
DEFINED = 8  # `def` or `class` binds it


class Names:
    """The names of one block: `bound` maps each to its flags."""

    __slots__ = ("bound", "globals", "nonlocals", "stars")

    def __init__(self) -> None:
        self.bound: dict[str, int] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.stars = False

    def add(self, name: str, flag: int) -> None:
        """Note one binding of `name`."""
        self.bound[name] = self.bound.get(name, 0) | flag


def collect(body: list[ast.stmt], *, walrus: bool) -> Names:
    """Give the names that the statements of one block bind, nested blocks included.

    >>> sorted(collect(ast.parse("import a.b; c = a.b; d: int; e, *f = c").body, walrus=False)
    ...     .bound.items())
    [('a', 1), ('c', 2), ('d', 4), ('e', 4), ('f', 4)]
    """
    names = Names()
    _collect(body, names)
    if walrus:
        for node in walk_scope(body):
            if isinstance(node, ast.NamedExpr):
                names.add(node.target.id, OTHER)
    for name in names.globals | names.nonlocals:
        names.bound.pop(name, None)
    return names


def add_arguments(names: Names, arguments: ast.arguments) -> None:
    """Note a function's parameters, which are local names too."""
    for argument in parameters(arguments):
        names.bound[argument.arg] = OTHER


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Give all parameters of a function in order.

    >>> [found.arg for found in parameters(ast.parse("def f(a, /, b, *c, d, **e): 0").body[0].args)]
    ['a', 'b', 'c', 'd', 'e']
    """
    found = arguments.posonlyargs + arguments.args
    if arguments.vararg is not None:
        found.append(arguments.vararg)
    found += arguments.kwonlyargs
    if arguments.kwarg is not None:
        found.append(arguments.kwarg)
    return found


def target_names(target: ast.expr) -> Iterator[str]:
    """Give the plain names in an assignment target, in order.

    >>> list(target_names(ast.parse("a, (b, *c), d.e, f[0] = x").body[0].targets[0]))
    ['a', 'b', 'c']
    """
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from target_names(item)
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)


def pattern_names(pattern: ast.pattern) -> Iterator[str]:
    """Give the capture names of a match pattern (PEP 634)."""
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def walk_scope(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk a block without entering the blocks of functions and classes inside it.

    Comprehensions are entered, because `:=` in them binds in the enclosing block.
    """
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += node.decorator_list
            pending += node.args.defaults
            pending += [default for default in node.args.kw_defaults if default]
        elif isinstance(node, ast.ClassDef):
            pending += [*node.decorator_list, *node.bases, *node.keywords]
        elif not isinstance(node, ast.Lambda):
            pending += below(node)


def surely_bound(body: list[ast.stmt]) -> set[str]:
    """Give the names bound on every way through the block, conditions left undecided.

    Loops count as run: a name that only a loop binds is not worth a question.

    >>> sorted(surely_bound(ast.parse("if x:\\n a = b = 1\\nelse:\\n b = 2\\nc = 3").body))
    ['b', 'c']
    """
    bound: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.If):
            bound |= surely_bound(statement.body) & surely_bound(statement.orelse)
        elif isinstance(statement, ast.Try | ast.TryStar):
            ways = surely_bound(statement.body) | surely_bound(statement.orelse)
            for handler in statement.handlers:
                if not _always_raises(handler.body):
                    ways &= surely_bound(handler.body)
            bound |= ways | surely_bound(statement.finalbody)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(statement.name)
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                bound.difference_update(target_names(target))
        elif type(statement) in _COLLECTORS:
            names = Names()
            _collect([statement], names)
            bound |= names.bound.keys()
    return bound


def _always_raises(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise) or is_assert_false(body[-1])


def _collect(body: list[ast.stmt], names: Names) -> None:
    for statement in body:
        collector = _COLLECTORS.get(type(statement))
        if collector is not None:
            collector(statement, names)


def _import(statement: ast.Import, names: Names) -> None:
    for alias in statement.names:
        names.add(alias.asname or alias.name.partition(".")[0], IMPORTED)


def _import_from(statement: ast.ImportFrom, names: Names) -> None:
    for alias in statement.names:
        if alias.name == "*":
            names.stars = True
        else:
            names.add(alias.asname or alias.name, IMPORTED)


def _assign(statement: ast.Assign, names: Names) -> None:
    flag = ALIAS if _may_be_module(statement.value) else OTHER
    for target in statement.targets:
        if type(target) is ast.Name:
            names.add(target.id, flag)
        else:
            for name in target_names(target):
                names.add(name, OTHER)


def _may_be_module(value: ast.expr) -> bool:
    while type(value) is ast.Attribute:
        value = value.value
    if type(value) is ast.Call:
        function = value.func
        called = getattr(function, "attr", None) or getattr(function, "id", None)
        return called in ("import_module", "__import__")
    return type(value) is ast.Name


def _annotated(statement: ast.AnnAssign, names: Names) -> None:
    if isinstance(statement.target, ast.Name):
        names.add(statement.target.id, OTHER)


def _branches(statement: ast.If | ast.While | ast.For | ast.AsyncFor, names: Names) -> None:
    _collect(statement.body, names)
    _collect(statement.orelse, names)


def _loop(statement: ast.For | ast.AsyncFor, names: Names) -> None:
    _branches(statement, names)
    _target(statement, names)


def _target(statement: ast.AugAssign | ast.For | ast.AsyncFor, names: Names) -> None:
    for name in target_names(statement.target):
        names.add(name, OTHER)


def _definition(statement: ast.FunctionDef | ast.ClassDef, names: Names) -> None:
    names.add(statement.name, OTHER | DEFINED)


def _delete(statement: ast.Delete, names: Names) -> None:
    for target in statement.targets:
        for name in target_names(target):
            names.add(name, OTHER)


def _with(statement: ast.With | ast.AsyncWith, names: Names) -> None:
    _collect(statement.body, names)
    for item in statement.items:
        if item.optional_vars is not None:
            for name in target_names(item.optional_vars):
                names.add(name, OTHER)


def _try(statement: ast.Try, names: Names) -> None:
    for block in (statement.body, statement.orelse, statement.finalbody):
        _collect(block, names)
    for handler in statement.handlers:
        if handler.name:
            names.add(handler.name, OTHER)
        _collect(handler.body, names)


def _match(statement: ast.Match, names: Names) -> None:
    for case in statement.cases:
        for name in pattern_names(case.pattern):
            names.add(name, OTHER)
        _collect(case.body, names)


def _type_alias(statement: ast.stmt, names: Names) -> None:
    names.add(statement.name.id, OTHER)  # type: ignore[attr-defined]


_COLLECTORS: dict[type, Callable[..., None]] = {
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _target,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Delete: _delete,
    TypeAlias: _type_alias,
    ast.Global: lambda statement, names: names.globals.update(statement.names),
    ast.Nonlocal: lambda statement, names: names.nonlocals.update(statement.names),
    ast.If: _branches,
    ast.While: _branches,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
}
