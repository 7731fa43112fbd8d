"""The command line of `python` itself (library reference, "Command line and environment")."""

from __future__ import annotations

import ast

from msgspec import Struct

_VALUED = "WX"
_ISOLATING = "IP"


class PythonLine(Struct, frozen=True):
    """What `python` runs: a module, code, or a script; `isolated` puts nothing on the path."""

    module: str | None = None
    code: str | None = None
    script: str | None = None
    arguments: tuple[str, ...] = ()
    isolated: bool = False


def read_python(words: list[str]) -> PythonLine | None:
    """Read the words after `python`; None when it runs nothing (`python --version`).

    >>> read_python(["-u", "-X", "dev", "-Om", "shop.worker", "-v"])
    PythonLine(module='shop.worker', code=None, script=None, arguments=('-v',), isolated=False)
    """
    rest = list(words)
    isolated = False
    while rest:
        word = rest.pop(0)
        if word == "-" or not word.startswith("-"):
            return PythonLine(script=word, arguments=tuple(rest), isolated=isolated)
        if word.startswith("--"):
            if word in ("--version", "--help"):
                return None
            if word == "--check-hash-based-pycs" and rest:
                rest.pop(0)
            continue
        for at, letter in enumerate(word[1:], 2):
            isolated = isolated or letter in _ISOLATING
            if letter in "Vh?":
                return None
            if letter in "mc" + _VALUED:
                value = word[at:] or (rest.pop(0) if rest else "")
                if letter == "m":
                    return PythonLine(module=value, arguments=tuple(rest), isolated=isolated)
                if letter == "c":
                    return PythonLine(code=value, arguments=tuple(rest), isolated=isolated)
                break
    return None


def imports_of(code: str) -> list[tuple[str, str | None]]:
    """Give what code imports at its top level, as (module, attribute).

    Code that cannot be parsed imports nothing, and statements inside others are left out:
    they may be guarded.

    >>> imports_of("import os, shop.db; from shop.web import app as a; app.run()")
    [('os', None), ('shop.db', None), ('shop.web', 'app')]
    """
    try:
        tree = ast.parse(code.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[tuple[str, str | None]] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            found += [(alias.name, None) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names = [alias.name for alias in statement.names]
            found += [(statement.module, None if name == "*" else name) for name in names]
    return found
