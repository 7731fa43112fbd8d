"""What is said of names that no source shows: by stubs, and by imports for type checkers.

An extension module has no source, and other modules make names at run time. What stands
beside them is the word of those who made them. It can make a name known; only for the
standard library does it prove that one is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkstep.link.modules import Module
from linkstep.link.namespaces import Name
from linkstep.link.outcomes import Definition, Dubious, ModuleValue, Outcome
from linkstep.link.stubs import COMPILED, MADE, denies, is_for_checkers, names_for_others
from linkstep.model.environment import Origin
from linkstep.model.links import Doubt
from linkstep.model.summary import Bind

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup


class Described:
    """Answers by what describes a module."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def is_described(self, module: Module, name: str) -> bool:
        """Whether the stub of a module that cannot be read binds the name."""
        stub = self.lookup.modules.stub(module) if module.summary is None else None
        names = self.lookup.names(stub) if stub is not None else None
        entry = names.get(name) if names is not None else None
        return entry is not None and bool(entry.live)

    def is_told(self, module: Module, name: str, entry: Name | None, doubt: Doubt) -> bool:
        """Whether its makers say that a module has a name which its source does not show.

        A stub beside an installed module says so. Of the project's own modules a stub
        counts only where they take all names of a compiled one. `if TYPE_CHECKING:` beside
        a `__getattr__` says where a name comes from; it counts when the name is there.
        """
        if doubt not in MADE or module.origin is Origin.STANDARD_LIBRARY:
            return False
        if entry is not None and self._is_declared(module, name, entry):
            return True
        if module.summary is None or not (doubt in COMPILED or module.origin is Origin.THIRD_PARTY):
            return False
        stub = self.lookup.modules.stub_beside(module)
        names = self.lookup.names(stub) if stub is not None else None
        return names is not None and names_for_others(names, name)

    def _is_declared(self, module: Module, name: str, entry: Name) -> bool:
        """Whether an import for type checkers alone brings the name, and works."""
        binding = entry.dead[-1] if entry.dead else None
        if binding is None or not is_for_checkers(binding.condition):
            return False
        if isinstance(binding.step, Bind):
            return False
        value = self.lookup.follow(module, binding)
        itself = Definition(module, name)
        return isinstance(value, ModuleValue | Definition) and value != itself

    def is_denied(self, module: Module, name: str) -> bool:
        """Whether a stub is all that is known of a standard module, and denies the name."""
        if module.origin is not Origin.STANDARD_LIBRARY or module.summary is not None:
            return False
        stub = self.lookup.modules.stub(module)
        return stub is not None and self._denies(stub, module, name)

    def _denies(self, stub: Module, module: Module, name: str) -> bool:
        """Whether a stub, or one that it takes all names from, denies a name of `module`."""
        names = self.lookup.names(stub)
        if names is None or names.get(name) is not None:
            return names is not None and denies(names, module.name, name)
        sources = (self.lookup.relative(star, stub) for star in names.stars)
        stubs = (self.lookup.modules.stub(found) for found in sources if isinstance(found, Module))
        return denies(names, module.name, name) or any(
            other is not None and self._denies(other, module, name) for other in stubs
        )

    def by_stub(self, module: Module, name: str, doubt: Doubt | None) -> Outcome | None:
        """Let a stub speak where the source cannot: it may name what other targets have."""
        if module.is_first_party and module.summary is not None:
            return None
        stub = self.lookup.modules.stub(module)
        names = self.lookup.names(stub) if stub is not None else None
        if names is None or stub is None:
            return Dubious(doubt or Doubt.OPAQUE) if doubt or module.why_opaque else None
        entry = names.get(name)
        if entry is not None and entry.live:
            return Definition(module, name)
        if module.origin is Origin.STANDARD_LIBRARY and self._denies(stub, module, name):
            return None
        return Dubious(doubt or Doubt.STUB)
