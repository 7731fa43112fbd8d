"""Names on an application's state: `app.state.NAME`, as Starlette and FastAPI have it.

Setting is taken broadly, whatever the object: `X.state.name = ...`, a variable whose name
speaks of state, literal keys of `State({...})` and of what a lifespan yields. Reading is taken
narrowly: only where X is an application by construction or annotation, or the `app` of a
request. Names that an application gets in a way that cannot be followed open its state as
a whole: a computed `setattr`, another object in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property

from linkstep.index.positions import Positions
from linkstep.model.summary import Span, StateKind, StateUse

_APPLICATIONS = frozenset({"FastAPI", "Starlette"})
_REQUESTS = frozenset({"Request", "WebSocket", "HTTPConnection"})
_REQUEST_NAMES = frozenset({"request", "websocket"})
_TOLD_OF = frozenset({"hasattr", "getattr", "setattr", "vars", "State"})
_OWN = frozenset({"_state", "__dict__", "__setattr__"})

# For each function by its line, and for the module by line 0: names and what they are.
_Kinds = dict[int, dict[str, str]]


class AppState:
    """Finds the uses of application state in one file that speaks of state at all."""

    def __init__(self, tree: ast.Module, positions: Positions) -> None:
        self._positions = positions
        self._kinds: _Kinds | None = None
        self._tree = tree

    @cached_property
    def _names_a_class(self) -> bool:
        return any(name in self._positions.text for name in _APPLICATIONS)

    def uses(self, node: ast.expr, lines: Sequence[int]) -> Iterator[StateUse]:
        """Give the uses that one expression is by itself.

        `lines` are those of the functions around it, innermost first.
        """
        if isinstance(node, ast.Attribute):
            yield from self._attribute(node, lines)
        elif isinstance(node, ast.Call):
            yield from self._call(node, lines)
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Dict):
            yield from self._keys(node.value)

    def _attribute(self, node: ast.Attribute, lines: Sequence[int]) -> Iterator[StateUse]:
        owner = node.value
        stored = isinstance(node.ctx, ast.Store | ast.Del)
        if node.attr == "state" and stored and _speaks_of_app(owner):
            yield StateUse("", StateKind.OPEN, self._span(node))
        elif _speaks_of_state(owner):
            if node.attr in _OWN and _is_state_of_app(owner):
                yield StateUse("", StateKind.OPEN, self._span(node))
            elif stored:
                yield StateUse(node.attr, StateKind.SET, self._span(node))
            elif not node.attr.startswith("_") and self._is_app_state(owner, lines):
                yield StateUse(node.attr, StateKind.READ, self._span(node), True)

    def _call(self, node: ast.Call, lines: Sequence[int]) -> Iterator[StateUse]:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        span = self._span(node)
        if called in ("hasattr", "getattr", "setattr") and len(node.args) > 1:
            owner, key = node.args[:2]
            if not _speaks_of_state(owner):
                return
            name = key.value if isinstance(key, ast.Constant) else None
            if called == "setattr":
                if isinstance(name, str):
                    yield StateUse(name, StateKind.SET, span)
                elif _is_state_of_app(owner):
                    yield StateUse("", StateKind.OPEN, span)
            elif isinstance(name, str) and not name.startswith("_"):
                defaulted = called == "hasattr" or len(node.args) > 2
                kind = StateKind.ASKED if defaulted else StateKind.READ
                yield StateUse(name, kind, span, self._is_app_state(owner, lines))
            return
        if _last(node.func) == "State":
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    yield from self._keys(argument)
                else:
                    yield StateUse("", StateKind.OPEN, span)
        if called == "vars" and node.args and _is_state_of_app(node.args[0]):
            yield StateUse("", StateKind.OPEN, span)

    def _keys(self, node: ast.Dict) -> Iterator[StateUse]:
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield StateUse(key.value, StateKind.SET, self._span(key))
            else:
                yield StateUse("", StateKind.OPEN, self._span(key or node))

    def _is_app_state(self, owner: ast.expr, lines: Sequence[int]) -> bool:
        """Whether an expression is `app.state`, `request.app.state` or `websocket.app.state`."""
        if not isinstance(owner, ast.Attribute) or owner.attr != "state":
            return False
        app = owner.value
        if isinstance(app, ast.Name):
            return self._names_a_class and self._kind(app.id, lines) in _APPLICATIONS
        if isinstance(app, ast.Attribute) and app.attr == "app" and isinstance(app.value, ast.Name):
            kind = self._kind(app.value.id, lines)
            return kind in _REQUESTS or (kind == "" and app.value.id in _REQUEST_NAMES)
        return False

    def _kind(self, name: str, lines: Sequence[int]) -> str:
        """Give the class that a name is an instance of, by annotation or construction."""
        if self._kinds is None:
            self._kinds = _kinds_of(self._tree)
        around = (self._kinds.get(line, {}) for line in (*lines, 0))
        return next((own[name] for own in around if name in own), "")

    def _span(self, node: ast.expr) -> Span:
        return self._positions.span(node)


def may_use_state(node: ast.expr) -> bool:
    """Whether an expression is worth being asked for its uses; nearly none is.

    >>> may_use_state(ast.parse("a.b.state").body[0].value)
    True
    >>> may_use_state(ast.parse("a.b.c").body[0].value)
    False
    """
    if isinstance(node, ast.Attribute):
        return node.attr == "state" or _speaks_of_state(node.value)
    if isinstance(node, ast.Call):
        called = _last(node.func)
        return called in _TOLD_OF and (called == "State" or isinstance(node.func, ast.Name))
    return isinstance(node, ast.Yield)


def _kinds_of(tree: ast.Module) -> _Kinds:
    kinds: _Kinds = {0: _constructed(tree.body)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            annotated = {a.arg: _annotated(a.annotation) for a in arguments}
            kinds[node.lineno] = {**_constructed(node.body), **annotated}
    return kinds


def _constructed(body: list[ast.stmt]) -> dict[str, str]:
    """Give the names that a block binds; what is bound to two things is known as neither."""
    found: dict[str, str] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                made = _last(node.value.func) if isinstance(node.value, ast.Call) else "?"
                for target in targets:
                    if isinstance(target, ast.Name):
                        found[target.id] = made if found.get(target.id, made) == made else "?"
    return found


def _annotated(annotation: ast.expr | None) -> str:
    """Give the class of an annotation, empty without one: `FastAPI`, `fastapi.FastAPI | None`."""
    if annotation is None:
        return ""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value.rpartition(".")[2].strip()
    if isinstance(annotation, ast.BinOp):
        return _annotated(annotation.left)
    return _last(annotation) or "?"


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _speaks_of_state(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return "state" in _last(called).lower()


def _is_state_of_app(node: ast.expr) -> bool:
    """Whether an expression may be the state of an application: `app.state`, `app_state`."""
    if isinstance(node, ast.Attribute) and node.attr == "state":
        return _speaks_of_app(node.value)
    return _speaks_of_state(node) and _speaks_of_app(node)


def _speaks_of_app(node: ast.expr) -> bool:
    return "app" in _last(node).lower()
