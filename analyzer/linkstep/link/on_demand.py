"""Imports that no import statement names: of a module's `__getattr__`, and in a loop."""

from __future__ import annotations

from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.relative import absolute_name
from linkstep.model.summary import Bind, Repeat


def asked_for(lookup: Lookup, module: Module, name: str) -> str | None:
    """Give the module that the lazy table of `module` imports when `name` is asked for.

    None when a statement may bind the name, and when no table says where it comes from.
    """
    served = lookup.served.table(module)
    if served is None:
        return None
    names = lookup.names(module)
    entry = names.get(name) if names is not None else None
    if entry is not None and entry.live:
        return None
    for lazy in served.names:
        if lazy.name == name and lazy.module is not None:
            tail = lazy.module.lstrip(".")
            return absolute_name(module.package, len(lazy.module) - len(tail), tail)
    return None


def gone_through(lookup: Lookup, module: Module, loop: Repeat) -> dict[str, tuple[str, ...]]:
    """Give the strings that the variable of a loop stands for, by the variable's name.

    Nothing when they are not known: `for name in PLUGINS: import_module(name)` can be
    followed where PLUGINS is a display of strings.
    """
    first = loop.body[0] if loop.body and loop.over is not None else None
    if not isinstance(first, Bind):
        return {}
    value = lookup.evaluator.value(loop.over, module)
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        return {}
    return {first.name: value}
