"""The literal tables of a module: what is displayed under one name and never changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_DISPLAYS = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.DictComp)
_MUTATORS = ("update", "setdefault", "pop", "clear", "append", "extend", "add", "insert")


class Tables:
    """The literal displays a module binds to one name and never changes, by name."""

    def __init__(self, tree: ast.Module) -> None:
        self.displays: dict[str, ast.expr] = {}
        seen: set[str] = set()
        for name, value in _assignments(tree.body):
            if name not in seen and isinstance(value, _DISPLAYS):
                self.displays[name] = value
            else:
                self.displays.pop(name, None)
            seen.add(name)
        self.additions: dict[str, list[tuple[str, ast.expr]]] = {}
        self.changed: set[str] = set()
        for node in ast.walk(tree):
            self._change(node)

    def _change(self, node: ast.AST) -> None:
        target: ast.expr | None = None
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0].value
            key = node.targets[0].slice
            if isinstance(target, ast.Name) and isinstance(key, ast.Constant):
                self.additions.setdefault(target.id, []).append((str(key.value), node.value))
                return
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _MUTATORS:
                target = node.func.value
                while isinstance(target, ast.Subscript):
                    target = target.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        if isinstance(target, ast.Name):
            self.changed.add(target.id)

    def items(self, node: ast.expr) -> list[tuple[str, ast.expr]] | None:
        """Give the keys and values of a table, or the members of a list with themselves."""
        name = node.id if isinstance(node, ast.Name) else None
        display = self.displays.get(name) if name else node
        if display is None or name in self.changed:
            return None
        found: list[tuple[str, ast.expr]] = []
        if isinstance(display, ast.DictComp):
            return self._turned_round(display)
        if isinstance(display, ast.Dict):
            pairs = zip(display.keys, display.values, strict=True)
        elif isinstance(display, ast.List | ast.Tuple | ast.Set):
            pairs = zip(display.elts, display.elts, strict=True)
        else:
            return None
        for key, value in pairs:
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                return None
            found.append((key.value, value))
        return found + self.additions.get(name or "", [])

    def _turned_round(self, made: ast.DictComp) -> list[tuple[str, ast.expr]] | None:
        """Give `{name: module for module, names in TABLE.items() for name in names}`."""
        if len(made.generators) != 2 or any(loop.ifs for loop in made.generators):
            return None
        outer, inner = made.generators
        table, pair = outer.iter, outer.target
        if not (isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute)):
            return None
        if table.func.attr != "items" or table.args or not isinstance(pair, ast.Tuple):
            return None
        names = [_name(node) for node in (*pair.elts, inner.target, inner.iter, made.key)]
        if None in names or len(names) != 5 or names[1] != names[3] or names[2] != names[4]:
            return None
        found: list[tuple[str, ast.expr]] = []
        rows = None if self._is_made(table.func.value) else self.items(table.func.value)
        for module, value in rows or ():
            members = None if self._is_made(value) else self.items(value)
            if members is None:
                return None
            target = ast.copy_location(ast.Constant(module), value)
            plain = _name(made.value) == names[0]
            found += ((name, target if plain else node) for name, node in members)
        return None if rows is None else found

    def _is_made(self, node: ast.expr) -> bool:
        """Whether it is a comprehension itself, which could be about itself."""
        display = self.displays.get(node.id) if isinstance(node, ast.Name) else node
        return isinstance(display, ast.DictComp)


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.value is not None:
                yield node.target.id, node.value
        elif isinstance(node, ast.If | ast.Try):
            yield from _assignments(node.body)
            yield from _assignments(node.orelse)
