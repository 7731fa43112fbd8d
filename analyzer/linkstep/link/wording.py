"""What CPython says about a module in progress, word for word, by version.

The places that it appends in parentheses are left out. Where 3.13 and later put the file
inside the sentence, it is given as it is known here, relative to the project. Their advice
to rename a module depends on how the program is started (whether the module is in the
directory of the script); it is not given.
"""

from __future__ import annotations

_CYCLE = "(most likely due to a circular import)"


def cannot_import(
    name: str, module: str, version: tuple[int, int], *, in_progress: bool = True
) -> str:
    """Word the failure of `from module import name`.

    >>> cannot_import("x", "shop.db", (3, 11))[:67]
    "ImportError: cannot import name 'x' from partially initialized modu"
    """
    if version < (3, 8) or not in_progress:
        return f"ImportError: cannot import name '{name}' from '{module}'"
    where = f"partially initialized module '{module}'"
    return f"ImportError: cannot import name '{name}' from {where} {_CYCLE}"


def no_attribute(name: str, module: str, version: tuple[int, int], path: str | None = None) -> str:
    """Word the failure of `module.name`; `path` is that of a module in progress.

    >>> no_attribute("x", "db", (3, 13), "db.py")[:60]
    "AttributeError: partially initialized module 'db' from 'db.p"
    """
    if version < (3, 8) or path is None:
        return f"AttributeError: module '{module}' has no attribute '{name}'"
    where = f" from '{path}'" if version >= (3, 13) else ""
    subject = f"AttributeError: partially initialized module '{module}'{where}"
    return f"{subject} has no attribute '{name}' {_CYCLE}"


def cannot_access(name: str, module: str, version: tuple[int, int]) -> str:
    """Word the failure of `package.submodule` while only the submodule is in progress."""
    if version < (3, 11):
        return f"AttributeError: module '{module}' has no attribute '{name}'"
    return f"AttributeError: cannot access submodule '{name}' of module '{module}' {_CYCLE}"


def not_defined(name: str) -> str:
    """Word the failure of a name that a star import did not bring.

    >>> not_defined("x")
    "NameError: name 'x' is not defined"
    """
    return f"NameError: name '{name}' is not defined"
