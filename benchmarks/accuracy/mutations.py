"""Breaks as people make them: a definition renamed, a module moved, a re-export dropped.

Every mutation keeps the lines of its file where they are, so that a site is the same before
and after. Which mutations a seed gives depends on nothing but the sources and the seed.
"""

from __future__ import annotations

import ast
import builtins
import enum
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks.accuracy.claims import Kind
from benchmarks.accuracy.scopes import bindings
from benchmarks.accuracy.sites import Site, is_all
from benchmarks.accuracy.subjects import module_name, source_files


class Change(enum.StrEnum):
    """What is done to the code."""

    RENAME = "rename a definition"
    DELETE = "delete a definition"
    REMOVE_MODULE = "delete a module"
    MOVE_MODULE = "move a module"
    DROP_REEXPORT = "drop a re-export"
    BREAK_ALL = "break an __all__ entry"


# Rare chances first: a module that can be used for one of these is not spent on a rename.
ORDER = (
    Change.DROP_REEXPORT,
    Change.BREAK_ALL,
    Change.REMOVE_MODULE,
    Change.RENAME,
    Change.MOVE_MODULE,
    Change.DELETE,
)


class Mutation(Struct, frozen=True, order=True):
    """One change of one file; `name` is gone from `module` afterwards.

    For a module that is deleted or moved, `name` is its last part and `module` its full name.
    """

    path: str
    change: Change
    line: int
    column: int
    end_line: int
    end_column: int
    module: str
    name: str
    replacement: str = ""


def choose(project: Path, sites: Sequence[Site], seed: str, count: int) -> list[Mutation]:
    """Give up to `count` mutations of different files, as many of each kind as there can be.

    `sites` are the references that work: what none of them needs is not worth a mutation.
    """
    random_order = random.Random(seed)
    candidates: dict[Change, list[Mutation]] = {change: [] for change in Change}
    for mutation in every_mutation(project, sites):
        candidates[mutation.change].append(mutation)
    for known in candidates.values():
        random_order.shuffle(known)
    chosen: dict[str, Mutation] = {}
    while len(chosen) < count and any(candidates.values()):
        for change in ORDER:
            while candidates[change] and len(chosen) < count:
                mutation = candidates[change].pop()
                if mutation.path not in chosen:
                    chosen[mutation.path] = mutation
                    break
    return sorted(chosen.values())


def every_mutation(project: Path, sites: Sequence[Site]) -> Iterator[Mutation]:
    """Give all mutations that some site would notice."""
    wanted = Counter((s.module, s.name) for s in sites if s.kind is Kind.NAME)
    for site in sites:
        if site.kind is Kind.ATTRIBUTE:
            parts = site.name.split(".")
            wanted[".".join([site.module, *parts[:-1]]), parts[-1]] += 1
    modules = {site.name for site in sites if site.kind is Kind.MODULE}
    modules |= {f"{module}.{name}" for module, name in wanted}
    for path in source_files(project):
        source = (project / path).read_bytes()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        module = module_name(path)
        if module in modules and "." in module and not path.endswith("__init__.py"):
            for change in (Change.REMOVE_MODULE, Change.MOVE_MODULE):
                yield Mutation(path, change, 0, 0, 0, 0, module, module.rpartition(".")[2])
        needed = {name for holder, name in wanted if holder == module}
        yield from mutations_of(path, module, tree, source.splitlines(), needed)


def mutations_of(
    path: str, module: str, tree: ast.Module, lines: Sequence[bytes], needed: set[str]
) -> Iterator[Mutation]:
    """Give the mutations of the statements of one file."""
    counted = Counter(name for name, _ in bindings(tree.body))
    free = {name for name in needed if counted[name] == 1 and not hasattr(builtins, name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name in free and is_alone(node, lines):
                yield from definition(path, module, node, lines)
        elif isinstance(node, ast.ImportFrom) and path.endswith("__init__.py"):
            yield from dropped_names(path, module, node, free)
        elif isinstance(node, ast.Assign) and is_all(node.targets[0]):
            yield from broken_entries(path, module, node.value)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id in free:
                yield at(path, Change.RENAME, target, module, target.id, f"{target.id}_renamed")


def definition(
    path: str,
    module: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    lines: Sequence[bytes],
) -> Iterator[Mutation]:
    """Give the two ways to lose a function or class."""
    line = lines[node.lineno - 1]
    column = line.find(node.name.encode(), node.col_offset + len("def "))
    if column >= 0:
        end = column + len(node.name.encode())
        renamed = f"{node.name}_renamed"
        place = (node.lineno, column, node.lineno, end)
        yield Mutation(path, Change.RENAME, *place, module, node.name, renamed)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    place = (first, 0, node.end_lineno, node.end_col_offset)
    yield Mutation(path, Change.DELETE, *place, module, node.name, "pass")


def is_alone(node: ast.stmt, lines: Sequence[bytes]) -> bool:
    """Say whether no other statement shares the lines of this one."""
    rest = lines[(node.end_lineno or 0) - 1][node.end_col_offset :].strip()
    return node.col_offset == 0 and not rest.startswith(b";")


def dropped_names(
    path: str, module: str, node: ast.ImportFrom, free: set[str]
) -> Iterator[Mutation]:
    """Give each name that can be left out of a from-import of a package.

    Another name of the statement takes the place of the one that goes, so that the lines
    and commas stay.
    """
    for alias in node.names:
        others = [other for other in node.names if other is not alias and other.name != "*"]
        name = alias.asname or alias.name
        if name not in free or node.module == "__future__":
            continue
        if others:
            yield at(path, Change.DROP_REEXPORT, alias, module, name, ast.unparse(others[0]))
        elif node.lineno == node.end_lineno:
            yield at(path, Change.DROP_REEXPORT, node, module, name, "pass")


def broken_entries(path: str, module: str, value: ast.expr) -> Iterator[Mutation]:
    """Give each entry of a literal `__all__` that can be misspelt."""
    if isinstance(value, ast.List | ast.Tuple):
        for item in value.elts:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                name = f"{item.value}_renamed"
                yield at(path, Change.BREAK_ALL, item, module, name, repr(name))


def at(
    path: str,
    change: Change,
    node: ast.stmt | ast.expr | ast.alias,
    module: str,
    name: str,
    replacement: str,
) -> Mutation:
    """Give the mutation that replaces a node by another text."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    return Mutation(path, change, *place, module, name, replacement)


def apply(project: Path, mutation: Mutation) -> None:
    """Change the file as the mutation says."""
    path = project / mutation.path
    if mutation.change is Change.REMOVE_MODULE:
        path.unlink()
    elif mutation.change is Change.MOVE_MODULE:
        path.rename(path.with_name(f"{path.stem}_moved.py"))
    else:
        lines = path.read_bytes().splitlines(keepends=True)
        first, last = mutation.line - 1, mutation.end_line - 1
        before = lines[first][: mutation.column]
        after = lines[last][mutation.end_column :]
        # The lines of what is replaced stay, empty.
        empty = b"\n" * (last - first)
        lines[first : last + 1] = [before + mutation.replacement.encode() + empty + after]
        path.write_bytes(b"".join(lines))
