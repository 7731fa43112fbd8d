"""Callees: the functions of the project that a call may run, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.namespaces import Binding
from linkstep.link.outcomes import Definition, ModuleValue
from linkstep.model.expressions import Ref
from linkstep.model.summary import Bind, BindingKind


class Callee(NamedTuple):
    """A function that a call may run; `certain` when the call runs its body and no other."""

    module: Module
    scope: int
    certain: bool


def called(lookup: Lookup, module: Module, ref: Ref) -> tuple[Callee, ...]:
    """Give the functions that a call in `module` may run, as far as they are known.

    They are those that a `def` binds at the top level of a module of the project, or in the
    function around the call. A call of a class is one of its `__init__`.
    """
    if ref.scope > 0 and not ref.attributes:
        inner = _nested(module, ref)
        if inner is not None:
            return (inner,)
    candidates = [_function(*found) for found in _definitions(lookup, module, ref)]
    found = tuple(callee for callee in candidates if callee is not None)
    if len(candidates) > 1:
        return tuple(callee._replace(certain=False) for callee in found)
    return found


def _nested(module: Module, ref: Ref) -> Callee | None:
    """Give a function that the function around the call defines."""
    assert module.summary is not None
    scopes = module.summary.scopes
    for index in module.scopes_named(f"{scopes[ref.scope].name}.{ref.name}"):
        scope = scopes[index]
        if scope.parent == ref.scope and not scope.is_class:
            return Callee(module, index, not (scope.deferred or scope.decorated))
    return None


def _definitions(lookup: Lookup, module: Module, ref: Ref) -> Iterator[tuple[Module, Bind, str]]:
    """Give the statements that may bind what a chain of names stands for."""
    for binding in bindings_of(lookup, module, ref):
        if isinstance(binding.step, Bind) and not ref.attributes:
            yield module, binding.step, ref.name
            continue
        value = lookup.follow(module, binding)
        if ref.attributes:
            if ref.attributes[:-1]:
                value = lookup.attributes(value, ref.attributes[:-1])
            if not isinstance(value, ModuleValue):
                continue
            value = lookup.name(value.module, ref.attributes[-1], importing=False)
        if isinstance(value, Definition) and value.module.is_first_party:
            names = lookup.names(value.module)
            entry = names.get(value.name) if names is not None else None
            for found in entry.ever if entry is not None else ():
                if isinstance(found.step, Bind):
                    yield value.module, found.step, value.name


def bindings_of(lookup: Lookup, module: Module, ref: Ref) -> Sequence[Binding]:
    """Give the statements that bind the name at which a chain begins."""
    if ref.scope > 0:
        return lookup.failures.scope_bindings(module, ref.scope).get(ref.name, ())
    names = lookup.names(module) if ref.scope == 0 else None
    entry = names.get(ref.name) if names is not None else None
    return entry.ever if entry is not None else ()


def _function(owner: Module, step: Bind, name: str) -> Callee | None:
    """Give the function that a `def` binds, or the `__init__` of a class."""
    if step.kind not in (BindingKind.FUNCTION, BindingKind.CLASS) or owner.summary is None:
        return None
    is_class = step.kind is BindingKind.CLASS
    for index in owner.scopes_named(f"{name}.__init__" if is_class else name):
        scope = owner.summary.scopes[index]
        runs = bool(scope.steps) and not scope.is_class
        if runs and (is_class or (scope.parent == 0 and scope.line == step.line)):
            return Callee(owner, index, not (is_class or scope.deferred or scope.decorated))
    return None
