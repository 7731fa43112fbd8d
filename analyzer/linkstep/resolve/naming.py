"""Which module name a file has: the name under which the program would import it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from linkstep.model.environment import Found, Origin, PathEntry, kind_of
from linkstep.model.tree import EntryKind, Tree


def module_of(path: str, roots: Sequence[PathEntry], tree: Tree) -> Found:
    """Give the first-party module that a file of the tree is.

    The name counts from the innermost root that holds the file. Where a directory on the
    way cannot be part of a name, it counts from the directory above the topmost package
    (the first one upwards without `__init__.py`), as for a script started there.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"src/shop/__init__.py": "", "my-tools/run.py": ""})
    >>> roots = [PathEntry(name, Origin.FIRST_PARTY, "") for name in ("src", "")]
    >>> module_of("src/shop/__init__.py", roots, tree).name
    'shop'
    >>> module_of("my-tools/run.py", roots, tree).name
    'run'

    The last part need not be an identifier: `import_module` takes any name.

    >>> module_of("src/shop/0001_initial.py", roots, tree).name
    'shop.0001_initial'
    """
    inside = [r.directory for r in roots if not r.directory or path.startswith(r.directory + "/")]
    root = max(inside, key=len, default="")
    name = _dotted(path[len(root) + 1 :] if root else path)
    if name is None:
        directory = posixpath.dirname(path)
        while tree.entries(directory).get("__init__.py") is EntryKind.FILE and directory:
            directory = posixpath.dirname(directory)
        below = path[len(directory) + 1 :] if directory else path
        name = _dotted(below) or posixpath.splitext(posixpath.basename(path))[0]
    return Found(name, path, Origin.FIRST_PARTY, kind_of(path).is_package)


def _dotted(relative: str) -> str | None:
    parts = relative.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    if not parts or not all(part.isidentifier() for part in parts[:-1]):
        return None
    return ".".join(parts) if "." not in parts[-1] else None
