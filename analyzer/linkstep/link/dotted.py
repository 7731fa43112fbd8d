"""Dotted paths: names of modules and attributes that stand in strings, not in code.

Who imports a dotted path decides which part of it is the module: `import_module` takes all
of it, most frameworks split at the last dot, and `pkgutil.resolve_name` imports as far as it
can and fetches the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from linkstep.link.outcomes import Absent, Dubious, Maybe, ModuleValue, Outcome
from linkstep.model.facts import Problem
from linkstep.model.links import Doubt
from linkstep.model.summary import PathForm

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module

Load = Callable[[str], "Module | Absent | Dubious"]


def follow_path(text: str, form: PathForm, load: Load, lookup: Lookup) -> Outcome:
    """Say what a dotted path leads to; `load` gives a module by its absolute name."""
    if form is PathForm.MODULE:
        return _module(load(text))
    if form is PathForm.COLON:
        name, _, attribute = text.partition(":")
        return _fetched(name, attribute, load, lookup) if attribute else _module(load(name))
    if form is PathForm.ATTRIBUTE:
        name, _, attribute = text.replace(":", ".").rpartition(".")
        return _fetched(name, attribute, load, lookup) if name else Dubious(Doubt.VALUE)
    whole = _module(load(text))
    if form is PathForm.EITHER and isinstance(whole, Absent) and "." in text:
        name, _, attribute = text.rpartition(".")
        owner = load(name)
        other = attributes_of(_module(owner), attribute, lookup)
        as_module = isinstance(other, Absent) and getattr(owner, "is_package", True)
        return whole if as_module else other
    if form is PathForm.CHAIN and isinstance(whole, Absent):
        return _chain(text.replace(":", "."), whole, load, lookup)
    return whole


def _module(found: Module | Absent | Dubious) -> Outcome:
    return found if isinstance(found, Absent | Dubious) else ModuleValue(found)


def _fetched(name: str, attribute: str, load: Load, lookup: Lookup) -> Outcome:
    """Import a module and fetch a dotted attribute of it."""
    return attributes_of(_module(load(name)), attribute, lookup)


def attributes_of(value: Outcome, attribute: str, lookup: Lookup) -> Outcome:
    """Fetch a dotted attribute as long as what it is fetched from is a module."""
    for part in attribute.split("."):
        if not isinstance(value, ModuleValue):
            return value
        owner = value.module
        value = lookup.name(owner, part, importing=True)
        if isinstance(value, Absent):
            text = f"AttributeError: module '{owner.name}' has no attribute '{part}'"
            return value._replace(exception=text, problem=Problem.UNDEFINED_ATTRIBUTE)
        if isinstance(value, Maybe):
            value = value.value
    return value


def _chain(text: str, whole: Absent, load: Load, lookup: Lookup) -> Outcome:
    """Import as far as there are modules, then fetch attributes."""
    parts = text.split(".")
    for count in range(len(parts) - 1, 0, -1):
        found = load(".".join(parts[:count]))
        if isinstance(found, Dubious):
            return found
        if not isinstance(found, Absent):
            return attributes_of(ModuleValue(found), ".".join(parts[count:]), lookup)
    return whole
