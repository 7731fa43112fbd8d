"""The functions that a function may run: those that it calls by name, and so on.

Only calls whose callee can be told from the names alone are followed: functions and classes
of the same file, and those that a from-import brings from another module of the project.
What is called as a method of an object is not known. Whether a call is reached is not
known either, so nothing here proves that a function runs; it may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from linkstep.model.links import LinkedModule
from linkstep.model.summary import ImportFrom, Invoke, Scope

Function = tuple[str, str]
"""A module, and the qualified name of a function or class in it."""

_MOST = 500  # functions that are followed from one
_FURTHEST = 8  # modules that may hand a name on


def called_from(start: Function, modules: Mapping[str, LinkedModule]) -> Iterator[Function]:
    """Give a function and those that it may run, the nearest first."""
    found = [start]
    for module, function in found:
        yield module, function
        for name, scope in _bodies(modules[module], function):
            for called in _invoked(name, scope, modules):
                if called not in found and len(found) < _MOST:
                    found.append(called)


def nested(steps: Iterable[object]) -> Iterator[object]:
    """Give steps with all that is nested in them, and with the parts they are made of."""
    pending = list(steps)[::-1]
    while pending:
        step = pending.pop()
        yield step
        for field in getattr(step, "__struct_fields__", ()):
            inner = getattr(step, field)
            if isinstance(inner, tuple):
                pending.extend(part for part in inner if hasattr(part, "__struct_fields__"))


def _bodies(module: LinkedModule, function: str) -> Iterator[tuple[LinkedModule, Scope]]:
    """Give the scopes of a function and of what is defined in it; of a class, its methods."""
    for scope in module.summary.scopes:
        if scope.name == function or scope.name.startswith(f"{function}."):
            yield module, scope


def _invoked(
    module: LinkedModule, scope: Scope, modules: Mapping[str, LinkedModule]
) -> Iterator[Function]:
    """Give what a body calls by a name that leads to a function of the project."""
    own = list(nested(scope.steps))
    for step in own:
        if isinstance(step, Invoke) and not step.ref.attributes:
            local = _imported(module, step.ref.name, own) if step.ref.scope else None
            found = _defined(local or (module.name, step.ref.name), modules)
            if found is not None:
                yield found


def _imported(module: LinkedModule, name: str, steps: Iterable[object]) -> Function | None:
    """Give what a from-import among some steps binds to a name."""
    for step in steps:
        if isinstance(step, ImportFrom):
            for alias in step.names:
                if alias.bound == name:
                    return _absolute(module, step), alias.name
    return None


def _absolute(module: LinkedModule, step: ImportFrom) -> str:
    """Give the module that a from-import names, as the language reference counts dots."""
    if not step.level:
        return step.module
    parts = module.name.split(".")
    up = step.level - module.summary.kind.is_package
    return ".".join([*parts[: len(parts) - up], *filter(None, [step.module])])


def _defined(function: Function, modules: Mapping[str, LinkedModule]) -> Function | None:
    """Follow a name through the modules that hand it on to where it is defined."""
    for _ in range(_FURTHEST):
        module = modules.get(function[0])
        if module is None:
            return None
        if any(scope.name == function[1] for scope in module.summary.scopes):
            return function
        further = _imported(module, function[1], nested(module.summary.body))
        if further is None:
            return None
        function = further
    return None
