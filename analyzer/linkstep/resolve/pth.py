"""`.pth` files and editable installs: what they add to the path, without running a line.

`site.addsitedir` reads the `.pth` files of a site directory in the order of their names.
A line names a directory to append, or is executed when it starts with `import`. The
lines that installers write are understood by their text; any other executed line makes
its file an *opaque finder*, from which anything may come.
"""

from __future__ import annotations

import ast
import posixpath
import re

from msgspec import Struct

from linkstep.model.tree import Tree
from linkstep.resolve.paths import is_directory, is_file, join, read_text

# Executed lines that provide no module: they start a coverage or trace tool, reorder
# `sys.path`, load a DLL directory, or make a namespace package that PEP 420 makes anyway.
_HARMLESS_FILE = re.compile(
    r"(?:.*nspkg|distutils-precedence|_virtualenv|easy-install|pywin32|.*coverage.*|pytest-cov"
    r"|.*ddtrace.*|sentry.*|newrelic.*|hunter|_?pdbpp.*|pytest[-_]enabler|matplotlib.*)\.pth\Z"
)
_HARMLESS_LINE = re.compile(
    r"import (?:_virtualenv|coverage|_distutils_hack|pywin32_bootstrap|sitecustomize)\b"
    r"|import sys, types, os; ?has_mfs\b"
    r"|import sys; ?(?:sys\.__plen|new=sys\.path)"
)
_FINDER = re.compile(r"import (__editable__\w+|_?_?editable\w*|_editable_\w+|__editables_\w+)\b")


class Additions(Struct, frozen=True):
    """What the `.pth` files of one site directory add; `directories` with their file's name."""

    directories: tuple[tuple[str, str], ...] = ()
    mappings: tuple[tuple[str, str], ...] = ()
    opaque: tuple[str, ...] = ()


def read_pth_files(tree: Tree, site: str) -> Additions:
    """Read every `.pth` file of the site directory `site`.

    A directory that does not exist is left out, as `site` does. A zip file or egg on
    such a line counts as opaque.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "/site/a.pth": "/home/shop/src\\n# a comment\\n/gone\\n",
    ...     "/site/b.pth": "import mystery; mystery.install()\\n",
    ...     "/home/shop/src/shop.py": "",
    ... })
    >>> read_pth_files(tree, "/site")  # doctest: +NORMALIZE_WHITESPACE
    Additions(directories=(('/home/shop/src', 'a.pth'),), mappings=(),
              opaque=('/site/b.pth',))
    """
    directories: dict[str, str] = {}
    mappings: list[tuple[str, str]] = []
    opaque: list[str] = []
    for name in sorted(tree.entries(site)):
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in (read_text(tree, posixpath.join(site, name)) or "").splitlines():
            line = line.rstrip()
            if not line or line.startswith("#"):
                continue
            if line.startswith(("import ", "import\t")):
                understood = _executed(tree, site, name, line)
                if understood is None:
                    opaque.append(posixpath.join(site, name))
                else:
                    mappings += understood
                continue
            path = join(site, line.replace("\\", "/"))
            if is_directory(tree, path):
                directories.setdefault(path, name)
            elif is_file(tree, path):
                opaque.append(path)
    return Additions(tuple(directories.items()), tuple(mappings), tuple(dict.fromkeys(opaque)))


def _executed(tree: Tree, site: str, file: str, line: str) -> list[tuple[str, str]] | None:
    """Give the names that an executed line makes importable; None when it is not understood."""
    if file == "distutils-precedence.pth":
        # `import distutils` then gives setuptools' own copy (setuptools 60 and later).
        copy = posixpath.join(site, "setuptools/_distutils")
        return [("distutils", copy)] if is_directory(tree, copy) else []
    finder = _FINDER.match(line)
    if finder is not None:
        source = read_text(tree, posixpath.join(site, finder[1] + ".py"))
        return None if source is None else _mappings(source)
    if _HARMLESS_FILE.match(file) or _HARMLESS_LINE.match(line):
        return []
    return None


def _mappings(source: str) -> list[tuple[str, str]] | None:
    """Read the literals of an editable finder; None when it has none that we know.

    setuptools writes `MAPPING` and `NAMESPACES`, the `editables` library calls of
    `map_module`, scikit-build-core `install(known_source_files, ...)`.

    >>> _mappings("MAPPING: dict[str, str] = {'shop': '/w/src/shop'}\\nNAMESPACES = {}")
    [('shop', '/w/src/shop')]
    >>> _mappings("F.map_module('shop', '/w/shop/__init__.py')")
    [('shop', '/w/shop')]
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: list[tuple[str, str]] = []
    understood = False
    for node in tree.body:
        value = _assigned(node, {"MAPPING", "NAMESPACES"})
        call = node.value if isinstance(node, ast.Expr) else None
        if value is not None:
            pairs = _literal_pairs(value)
        elif isinstance(call, ast.Call) and _called(call) == "map_module":
            pairs = _literal_pairs(ast.Dict(keys=[call.args[0]], values=[call.args[1]]))
        elif isinstance(call, ast.Call) and _called(call) == "install" and call.args:
            pairs = _literal_pairs(call.args[0])
        else:
            continue
        if pairs is None:
            return None
        understood = True
        found += pairs
    return found if understood else None


def _assigned(node: ast.stmt, names: set[str]) -> ast.expr | None:
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return None
    named = any(isinstance(target, ast.Name) and target.id in names for target in targets)
    return value if named else None


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literal_pairs(node: ast.expr) -> list[tuple[str, str]] | None:
    """Give the (name, path) pairs of a dict literal; a package by its directory."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    pairs = []
    for name, places in value.items():
        for place in places if isinstance(places, list) else [places]:
            if not isinstance(name, str) or not isinstance(place, str):
                return None
            path = re.sub(r"/__init__\.pyi?\Z", "", place.replace("\\", "/"))
            pairs.append((name, path))
    return pairs
