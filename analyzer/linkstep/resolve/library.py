"""Answers for modules of the standard library that have no source file to find."""

from __future__ import annotations

from linkstep.model.environment import Opaque, Origin, kind_of
from linkstep.model.target import Target
from linkstep.resolve import stdlib

# Modules that the interpreter puts into `sys.modules` when their parent is imported.
_REGISTERED = {
    "typing.io": (3, 12),
    "typing.re": (3, 12),
    "pyexpat.errors": None,
    "pyexpat.model": None,
    "xml.parsers.expat.errors": None,
    "xml.parsers.expat.model": None,
}


def built_in(name: str, target: Target) -> Opaque:
    """Give a module that is compiled into the interpreter; its path says so, as `__spec__` does."""
    stub = stdlib.stdlib_stub(name, target)
    return Opaque(name, "built-in", Origin.STANDARD_LIBRARY, "built into the interpreter", stub)


def by_stub(name: str, target: Target) -> Opaque:
    """Give a module that is there for certain, while nothing but its stub can be read.

    >>> by_stub("json", Target((3, 11))).is_package
    True
    """
    stub = stdlib.stdlib_stub(name, target)
    return Opaque(
        name,
        stub or "built-in",
        Origin.STANDARD_LIBRARY,
        "known by its stub only" if stub else "no source of the standard library is at hand",
        stub,
        is_package=stub is not None and kind_of(stub).is_package,
    )


def without_file(name: str, target: Target, exact: bool) -> Opaque | None:
    """Give a top-level module that the library's directories do not have, if it is there.

    `exact` says that these directories were listed and are the target's own: then only
    what is compiled in can be missing from them.

    >>> without_file("math", Target((3, 11)), exact=True).why
    'built into the interpreter'
    >>> without_file("tkinter", Target((3, 11)), exact=True) is None
    True
    """
    if stdlib.is_in_c(name, target):
        return built_in(name, target)
    if exact or stdlib.is_stdlib(name, target) is not stdlib.Presence.PRESENT:
        return None
    return by_stub(name, target)


def registered(name: str, target: Target) -> Opaque | None:
    """Give a submodule that exists in `sys.modules` only, put there by its parent."""
    if name not in _REGISTERED:
        return None
    last = _REGISTERED[name]
    return by_stub(name, target) if last is None or target.version <= last else None
