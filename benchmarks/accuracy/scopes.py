"""Which names a scope binds, and which of them nothing but one import binds."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError")
BROAD = ("Exception", "BaseException")


@dataclass
class Scope:
    """A module, class or function: its names, and what its imports bind.

    `imported` has (module, name) for `from module import name`, and (module, "") for a
    name that is a module itself; only of names that are bound `once`.
    """

    kind: str
    bound: set[str]
    once: set[str] = field(default_factory=set)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


def scope_of(kind: str, body: Iterable[ast.AST], arguments: Iterable[str] = ()) -> Scope:
    """Give the scope that a body makes, with no imports seen yet."""
    given = set(arguments)
    counted = Counter(name for name, _ in set(bindings(body)))
    return Scope(kind, set(counted) | given, {n for n, k in counted.items() if k == 1} - given)


def bindings(body: Iterable[ast.AST]) -> Iterator[tuple[str, object]]:
    """Give each name that the body binds, with what tells one binding from another.

    `import a.b` and `import a.c` bind one name to one module, so they are one binding.
    A `global` statement counts as binding in both scopes that it concerns.
    """
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
            yield from ((name, node) for name in globals_in(node))
            yield from bindings(node.decorator_list)
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, COMPREHENSIONS):
            walruses = (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            yield from bindings(w.target for w in walruses)
        else:
            yield from own_bindings(node)
            yield from bindings(ast.iter_child_nodes(node))


def own_bindings(node: ast.AST) -> Iterator[tuple[str, object]]:
    """Give what one node binds by itself, without its children."""
    match node:
        case ast.Import():
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, alias.name if alias.asname else top
        case ast.ImportFrom():
            yield from ((alias.asname or alias.name, alias) for alias in node.names)
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id, node
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name, node
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, node
        case ast.Global() | ast.Nonlocal():
            yield from ((name, node) for name in node.names)


def globals_in(node: ast.AST) -> set[str]:
    """Give the names that functions below declare as global, so that they may bind them."""
    return {
        name for found in ast.walk(node) if isinstance(found, ast.Global) for name in found.names
    }


def argument_names(arguments: ast.arguments) -> list[str]:
    """Give the names that a function gets from its caller."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    return [argument.arg for argument in every]


def evaluated_annotations(node: Function) -> Iterator[ast.expr]:
    """Give the annotations that are evaluated where the function is defined."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    yield from (argument.annotation for argument in every if argument.annotation)
    if node.returns:
        yield node.returns


def stopped(node: ast.Try) -> list[str]:
    """Give the exceptions that the handlers of a `try` stop, as written.

    A handler that ends with `raise` stops nothing. A bare one stops BaseException.
    """
    names: list[str] = []
    for handler in node.handlers:
        if isinstance(handler.body[-1], ast.Raise):
            continue
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names += [ast.unparse(kind) if kind else "BaseException" for kind in kinds]
    return names
