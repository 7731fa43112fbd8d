"""`sys.modules[module.__name__] = module`: an object entered under the name that it has.

No name comes to be that way. It can be imported afterwards if somebody made the object with
that name, which is another question than what keys the statement computes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linkstep.index.conditions import dotted

_Place = ast.Name | ast.Attribute


def keeps_name(entry: ast.Subscript, value: ast.expr, tree: ast.Module) -> bool:
    """Whether an entry of `sys.modules` gets an object under its own name, or what was there.

    >>> tree = ast.parse("name = m.__name__\\nsys.modules[name] = m\\nsys.modules[other] = m")
    >>> [keeps_name(node.targets[0], node.value, tree) for node in tree.body[1:]]
    [True, False]
    """
    keys = list(_values(entry.slice, tree))
    if not keys or not all(isinstance(k, ast.Attribute) and k.attr == "__name__" for k in keys):
        return False
    owners = {ast.unparse(key).removesuffix(".__name__") for key in keys}
    if owners == {ast.unparse(value)}:
        return True
    known = {ast.unparse(key) for key in (entry.slice, *keys)}
    sources = list(_values(value, tree))
    return bool(sources) and all(_key_of_entry(source) in known for source in sources)


def _values(place: ast.expr, tree: ast.Module) -> Iterator[ast.expr]:
    """Give all that a name or attribute is assigned; nothing when it is bound otherwise too."""
    if not isinstance(place, _Place) or (isinstance(place, ast.Attribute) and _is_name(place)):
        yield place
        return
    word = place.id if isinstance(place, ast.Name) else place.attr
    values: list[ast.expr] = []
    stores = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _word(node.targets[0], type(place)) == word:
            values.append(node.value)
        if isinstance(node, ast.arg) and isinstance(place, ast.Name) and node.arg == word:
            return
        if isinstance(node, _Place) and not isinstance(node.ctx, ast.Load):
            stores += _word(node, type(place)) == word
    if stores == len(values):
        yield from values


def _word(node: ast.expr, kind: type) -> str | None:
    if not isinstance(node, kind):
        return None
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)


def _is_name(place: ast.Attribute) -> bool:
    return place.attr == "__name__"


def _key_of_entry(source: ast.expr) -> str | None:
    """Give the key of `sys.modules[key]` or `sys.modules.get(key)`, as it is written."""
    if isinstance(source, ast.Subscript) and dotted(source.value) == "sys.modules":
        return ast.unparse(source.slice)
    if isinstance(source, ast.Call) and dotted(source.func) == "sys.modules.get":
        return ast.unparse(source.args[0]) if len(source.args) == 1 else None
    return None
