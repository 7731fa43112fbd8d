"""Paths of a tree: what is there, read leniently.

Files that steer the resolution (`pyvenv.cfg`, `pyproject.toml`, a Dockerfile) are hints.
One that cannot be read gives no hint; it never stops a run.
"""

from __future__ import annotations

import bisect
import posixpath

from linkstep.model.tree import EntryKind, Tree


def kind(tree: Tree, path: str) -> EntryKind | None:
    """Say what is at `path`; None when nothing is.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/venv/pyvenv.cfg": ""})
    >>> kind(tree, "/venv"), kind(tree, "/venv/pyvenv.cfg"), kind(tree, "/venv/lib")
    (<EntryKind.DIRECTORY: 'directory'>, <EntryKind.FILE: 'file'>, None)
    """
    if path in ("", "/"):
        return EntryKind.DIRECTORY
    directory, name = posixpath.split(path)
    return tree.entries(directory).get(name)


def is_file(tree: Tree, path: str) -> bool:
    """Say whether a regular file is at `path`."""
    return kind(tree, path) is EntryKind.FILE


def is_directory(tree: Tree, path: str) -> bool:
    """Say whether a directory is at `path`."""
    return kind(tree, path) is EntryKind.DIRECTORY


def holds_python(tree: Tree, directory: str) -> bool:
    """Say whether one of the project's own Python files is below `directory`.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"api/app/main.py": "", "docs/index.md": ""})
    >>> holds_python(tree, "api"), holds_python(tree, "ap"), holds_python(tree, "docs")
    (True, False, False)
    """
    files = tree.files()
    first = bisect.bisect_left(files, directory + "/")
    return first < len(files) and files[first].startswith(directory + "/")


def read_text(tree: Tree, path: str) -> str | None:
    """Give a file's text, undecodable bytes replaced; None when it cannot be read."""
    try:
        return tree.read(path).decode("utf-8-sig", "replace")
    except OSError:
        return None


def join(directory: str, name: str) -> str:
    """Join and normalise; the project root is the empty path, also for `.`.

    >>> join("", "src"), join("src", "./a/../b"), join("src", ".."), join("src", "/opt/lib")
    ('src', 'src/b', '', '/opt/lib')
    """
    path = posixpath.normpath(posixpath.join(directory, name))
    return "" if path == "." else path


def from_root(path: str, project_root: str) -> str:
    """Count an absolute path from the project root when it is inside; else leave it.

    >>> from_root("/home/shop/src", "/home/shop"), from_root("/home/shop", "/home/shop")
    ('src', '')
    >>> from_root("/home/shopping", "/home/shop"), from_root("src", "/home/shop")
    ('/home/shopping', 'src')
    """
    if path == project_root:
        return ""
    inside = project_root.rstrip("/") + "/"
    return path[len(inside) :] if path.startswith(inside) else path


def is_inside(path: str, directory: str) -> bool:
    """Say whether `path` is `directory` or below it; the project root holds relative paths.

    >>> is_inside("src/a", "src"), is_inside("srcs", "src")
    (True, False)
    >>> is_inside("src", ""), is_inside("/x", "")
    (True, False)
    """
    if not directory:
        return not path.startswith("/")
    return path == directory or path.startswith(directory.rstrip("/") + "/")
