"""Comparing and showing syntax trees."""

from __future__ import annotations

import ast


def difference(ours: object, theirs: object) -> str | None:
    """Say where two trees differ first, positions included, or None.

    Within f-strings positions do not count: before Python 3.12 those of ast are wrong.
    """
    pairs: list[tuple[object, object, str, bool]] = [(ours, theirs, "", True)]
    while pairs:
        mine, other, path, exact = pairs.pop()
        if type(mine) is not type(other):
            return f"{path}: {mine!r}, ast has {other!r}"
        if isinstance(mine, list) and isinstance(other, list):
            if len(mine) != len(other):
                return f"{path}: {len(mine)} items, ast has {len(other)}"
            for i, (a, b) in enumerate(zip(mine, other, strict=True)):
                pairs.append((a, b, f"{path}[{i}]", exact))
        elif isinstance(mine, ast.AST):
            inside = exact and not isinstance(mine, ast.JoinedStr)
            names = (*mine._fields, *(mine._attributes if exact else ()))
            path = f"{path}.{type(mine).__name__}"
            for name in names:
                a, b = getattr(mine, name, None), getattr(other, name, None)
                pairs.append((a, b, f"{path}.{name}", inside))
        elif repr(mine) != repr(other):
            return f"{path}: {mine!r}, ast has {other!r}"
    return None


def outline(node: ast.AST, name: str = "", depth: int = 0) -> str:
    """Write a tree one node a line: field, kind, position, plain values."""
    span = ""
    if "lineno" in node._attributes:
        end = "" if node.end_lineno == node.lineno else f"{node.end_lineno}:"
        span = f" {node.lineno}:{node.col_offset}-{end}{node.end_col_offset}"
    plain, nested = "", ""
    marks = [mark for mark in ("type_params", "is_lazy") if mark not in node._fields]
    for field in (*node._fields, *marks):
        value = getattr(node, field, None)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr_context | ast.operator):
                plain += f" {type(child).__name__}"
            elif isinstance(child, ast.AST):
                nested += outline(child, f"{field}: ", depth + 1)
            elif child is not None:
                plain += f" {field}={child!r}"
    return f"{'  ' * depth}{name}{type(node).__name__}{span}{plain}\n{nested}"
