"""What files do to the modules of others: a name is set, a module is entered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from linkstep.link.entered_names import literal_entry
from linkstep.link.modules import Module
from linkstep.model.summary import ExternalBind, ModuleAlias

Setters = dict[str | None, list[tuple[ExternalBind, Module]]]


class Survey(NamedTuple):
    """What some modules do to others: the places that set an attribute, by its name; the names
    that are written out where modules are entered; and the files that do either.
    """

    setters: Setters
    aliases: set[str]
    files: set[str]


def survey(modules: Iterable[Module]) -> Survey:
    """Look through some modules, function bodies included."""
    found = Survey({}, set(), set())
    for module in modules:
        for step in module.steps(ExternalBind):
            found.setters.setdefault(step.name, []).append((step, module))
            found.files.add(module.path)
        for alias in module.steps(ModuleAlias):
            found.aliases.update(literal_entry(alias))
            found.files.add(module.path)
    return found
