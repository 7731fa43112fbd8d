"""Whether a function that a module calls may add names to it, though it is given none.

It can by the frames of its callers, and by the table of modules when it knows the module's name.
A file without a word for these cannot, and is not asked further. In a file with one, the index
says which definitions do without (index/reflection.py), and what of other files they may call:
the files of that are asked the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from linkstep.link.namespaces import Binding
from linkstep.link.outcomes import Absent, Definition, Failed, ModuleValue, Outcome
from linkstep.model.environment import Origin
from linkstep.model.summary import ImportFrom

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module
    from linkstep.model.summary import Harmless


def may_bind(value: ModuleValue | Definition, name: str, lookup: Lookup) -> bool:
    """Whether calling `value` may bind a name in a module that it was not given.

    Only a definition all of whose code is known is told apart from the rest of its file. What
    made another one, a decorator or a base class, may have put other code in its place.
    """
    if _is_left_out(value, lookup):
        return False
    if isinstance(value, ModuleValue):
        return True
    own = lookup.harmless(value.module).get(value.name)
    return own is None or not own.plain or _binds(value, name, lookup, set())


def _is_left_out(value: ModuleValue | Definition, lookup: Lookup) -> bool:
    """Whether its file has no word for the namespaces of others; the standard library's code
    is known to bind nothing in its callers.
    """
    if value.module.origin is Origin.STANDARD_LIBRARY:
        return True
    summary = value.module.summary
    return summary is not None and not summary.reflective and _is_bound(value, lookup)


def _is_bound(value: ModuleValue | Definition, lookup: Lookup) -> bool:
    """Whether a statement that was read binds it; else code that was not read made it."""
    if isinstance(value, ModuleValue):
        return True
    names = lookup.names(value.module)
    return names is None or names.get(value.name) is not None


def _binds(value: Definition, name: str, lookup: Lookup, seen: set[Definition]) -> bool:
    if value in seen or _is_left_out(value, lookup):
        return False
    seen.add(value)
    own = lookup.harmless(value.module).get(value.name)
    if own is None or name in own.binds or not _is_bound(value, lookup):
        return True
    for outcome in _called(own, value.module, lookup):
        if isinstance(outcome, Definition):
            if outcome.module is not value.module and _binds(outcome, name, lookup, seen):
                return True
        elif isinstance(outcome, ModuleValue):  # what is taken out of it is not known
            if outcome.module.origin is not Origin.STANDARD_LIBRARY:
                return True
        elif not isinstance(outcome, Failed | Absent):  # nothing calls what is not there
            return True
    return False


def _called(own: Harmless, module: Module, lookup: Lookup) -> Iterator[Outcome]:
    """Give what a definition may call of other files, by each binding of its names."""
    names = lookup.names(module)
    for ref in own.refs:
        entry = names.get(ref.name) if names is not None else None
        for binding in entry.live if entry is not None else ():
            yield lookup.attributes(lookup.follow(module, binding), ref.attributes)
    for step in own.imports:
        name = step.names[0] if isinstance(step, ImportFrom) else None
        yield lookup.follow(module, Binding(step, name))
