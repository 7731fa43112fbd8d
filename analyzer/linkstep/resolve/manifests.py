"""What a directory's own build files say: `pyproject.toml`, `setup.cfg`, `setup.py`.

`setup.py` is parsed and never run: the keyword arguments of its `setup()` call that are
literals, or names bound once to a literal at the top of the file, are taken; the rest
is unknown. A file that cannot be read or parsed says nothing.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.model.tree import EntryKind, Tree
from linkstep.pyproject import read_toml
from linkstep.resolve.paths import read_text

_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


class Manifest(Struct, frozen=True):
    """The build files of `directory`; `setup_py` maps keywords of `setup()` to values.

    A value of `setup_py` is a literal, or a `(function, arguments, keywords)` triple for a
    call such as `find_packages("src")`.
    """

    directory: str
    pyproject: dict[str, Any] = {}
    setup_cfg: dict[str, dict[str, str]] = {}
    setup_py: dict[str, Any] = {}

    def table(self, *keys: str) -> dict[str, Any]:
        """Give a table of `pyproject.toml`; empty when it is not there or no table."""
        value = self.value(*keys)
        return value if isinstance(value, dict) else {}

    def value(self, *keys: str) -> Any:
        """Give a value of `pyproject.toml` by its path; None when it is not there."""
        value: Any = self.pyproject
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def strings(self, *keys: str) -> list[str]:
        """Give the strings of a list, or of a string that stands alone."""
        value = self.value(*keys)
        items = value if isinstance(value, list) else [value]
        return [item for item in items if isinstance(item, str)]

    def option(self, section: str, key: str) -> str:
        """Give an option of `setup.cfg`, empty when it is not there."""
        return self.setup_cfg.get(section, {}).get(key, "")


def read_manifest(tree: Tree, directory: str) -> Manifest | None:
    """Read the build files of a directory; None when it has none.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"setup.py": "from setuptools import *\\nW = 'src'\\n"
    ...     "setup(name='shop', package_dir={'': W}, packages=find_packages(W), x=f())"})
    >>> read_manifest(tree, "").setup_py
    {'name': 'shop', 'package_dir': {'': 'src'}, 'packages': ('find_packages', ['src'], {}), \
'x': ('f', [], {})}
    """
    present = [name for name in _FILES if tree.entries(directory).get(name) is EntryKind.FILE]
    if not present:
        return None if directory else wheel_manifest(tree)
    texts = {name: read_text(tree, posixpath.join(directory, name)) or "" for name in present}
    return Manifest(
        directory,
        _toml(texts.get("pyproject.toml", "")),
        read_ini(texts.get("setup.cfg", "")),
        _setup_arguments(texts.get("setup.py", "")),
    )


def wheel_manifest(tree: Tree) -> Manifest | None:
    """Read the metadata of a wheel, the one distribution that lies at the top of the tree.

    It says what `[project]` said. A wheel for one version of CPython only runs there,
    whatever else it admits; a stable ABI and pure Python run on later ones too.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "shop-1.dist-info/METADATA": "Name: shop\\nRequires-Dist: six>=1\\n",
    ...     "shop-1.dist-info/WHEEL": "Tag: cp311-cp311-linux_x86_64\\n",
    ... })
    >>> wheel_manifest(tree).pyproject["project"]
    {'name': 'shop', 'requires-python': '==3.11.*', 'dependencies': ['six>=1']}
    """
    places = [name for name in tree.entries("") if name.endswith(".dist-info")]
    text = read_text(tree, f"{places[0]}/METADATA") if len(places) == 1 else None
    if text is None:
        return None
    from email.parser import HeaderParser  # a checkout has no such file

    metadata = HeaderParser().parsestr(text)
    wheel = HeaderParser().parsestr(read_text(tree, f"{places[0]}/WHEEL") or "")
    tags = wheel.get_all("Tag", [])
    bound = {m[1] for m in (re.match(r"cp3(\d+)-cp3\d+", tag) for tag in tags) if m is not None}
    version = f"==3.{bound.pop()}.*" if len(bound) == 1 else metadata.get("Requires-Python")
    project = {
        "name": metadata.get("Name"),
        "requires-python": version,
        "dependencies": metadata.get_all("Requires-Dist", []),
    }
    return Manifest("", {"project": {key: value for key, value in project.items() if value}})


def find_manifests(tree: Tree) -> tuple[Manifest, ...]:
    """Read the build files of every directory that holds the project's Python, root first."""
    found = (read_manifest(tree, directory) for directory in sorted(python_directories(tree)))
    return tuple(manifest for manifest in found if manifest is not None)


def python_directories(tree: Tree) -> set[str]:
    """Give the directories with the project's Python in or below them, the root always."""
    directories = {""}
    for path in tree.files():
        directory = posixpath.dirname(path)
        while directory not in directories:
            directories.add(directory)
            directory = posixpath.dirname(directory)
    return directories


def read_ini(text: str) -> dict[str, dict[str, str]]:
    """Read an ini file into sections; lenient, without interpolation."""
    import configparser  # most projects have no such file

    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {
        section: {key.replace("-", "_"): value or "" for key, value in parser[section].items()}
        for section in parser.sections()
    }


def _toml(text: str) -> dict[str, Any]:
    try:
        return read_toml(text.encode("utf-8", "replace"), "pyproject.toml")
    except LinkstepError:
        return {}  # the configuration stage reports it


def _setup_arguments(source: str) -> dict[str, Any]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    names: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    arguments: dict[str, Any] = {}
    for call in calls(tree):
        if called_name(call) == "setup":
            for keyword in call.keywords:
                value = evaluate(keyword.value, names)
                if keyword.arg and value is not None:
                    arguments[keyword.arg] = value
    return arguments


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Give every call in a syntax tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    """Give the last part of what is called: `setup` for `setuptools.setup(...)`."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def evaluate(node: ast.expr, names: dict[str, ast.expr], depth: int = 8) -> Any:
    """Give the value of a literal, with names replaced; a call as a triple; else None."""
    if depth == 0:
        return None
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return evaluate(names[node.id], names, depth - 1) if node.id in names else None
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [evaluate(item, names, depth - 1) for item in node.elts]
    if isinstance(node, ast.Dict):
        keys = [evaluate(key, names, depth - 1) for key in node.keys if key is not None]
        values = [evaluate(value, names, depth - 1) for value in node.values]
        pairs = zip(keys, values, strict=False)
        return {key: value for key, value in pairs if isinstance(key, str)}
    if isinstance(node, ast.Call):
        keywords = {k.arg: evaluate(k.value, names, depth - 1) for k in node.keywords if k.arg}
        arguments = [evaluate(argument, names, depth - 1) for argument in node.args]
        return called_name(node), arguments, keywords
    return None


def only_strings(values: Any) -> list[str]:
    """Give the strings of a list of anything.

    >>> only_strings(["a", 1, None]), only_strings(None)
    (['a'], [])
    """
    if not isinstance(values, Iterable) or isinstance(values, str | dict):
        return []
    return [value for value in values if isinstance(value, str)]
