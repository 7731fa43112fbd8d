"""What files do to the modules of others: a name is set, a module is entered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from linkstep.link.entered_names import literal_entry
from linkstep.link.modules import Module
from linkstep.model.summary import ExternalBind, ModuleAlias

ENTERING = "sys.modules"
"""Stands for the files that enter modules: what they do has no name of an attribute."""

Setters = dict[str | None, list[tuple[ExternalBind, Module]]]


class Survey(NamedTuple):
    """What some modules do to others: the places that set an attribute, by its name; the names
    that are written out where modules are entered; and the files that do either, by the name
    that they set, an empty one for a computed one, or by ENTERING.
    """

    setters: Setters
    aliases: set[str]
    files: dict[str, set[str]]


def survey(modules: Iterable[Module]) -> Survey:
    """Look through some modules, function bodies included."""
    found = Survey({}, set(), defaultdict(set))
    for module in modules:
        for step in module.steps(ExternalBind):
            found.setters.setdefault(step.name, []).append((step, module))
            found.files[step.name or ""].add(module.path)
        for alias in module.steps(ModuleAlias):
            found.aliases.update(literal_entry(alias))
            found.files[ENTERING].add(module.path)
    return found
