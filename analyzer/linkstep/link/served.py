"""What a module serves that no statement binds: its `__getattr__` (PEP 562), or a lazy table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkstep.link.modules import Module
from linkstep.link.namespaces import Binding
from linkstep.link.outcomes import Definition, Dubious, ModuleValue, Outcome
from linkstep.link.relative import absolute_name
from linkstep.model.links import Doubt
from linkstep.model.summary import ImportFrom, LazyName, LazyNames

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup


class ServedNames:
    """Answers for names that are asked of `__getattr__`."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def ask(self, module: Module, name: str) -> Outcome | None:
        """Ask the module's `__getattr__` or lazy table."""
        lazy = self.table(module)
        if lazy is None:
            names = module.names
            if names is not None and (entry := names.get("__getattr__")) and entry.live:
                return Dubious(Doubt.GETATTR)
            return None
        if lazy.stub:
            stub = self.lookup.modules.stub(module)
            described = self.lookup.names(stub) if stub is not None else None
            if described is None or stub is None:
                return Dubious(Doubt.GETATTR)
            entry = described.get(name)
            if entry is None or not entry.live:
                return None
            return self._follow_stub(module, entry.live[-1])
        for served in lazy.names:
            if served.name == name:
                return self._lazy_target(module, served)
        return None if lazy.complete else Dubious(Doubt.GETATTR)

    def table(self, module: Module) -> LazyNames | None:
        """Give what `__getattr__` serves, as the module says or the function that made it."""
        lazy = module.summary.lazy if module.summary is not None else None
        if lazy is None or lazy.maker is None:
            return lazy
        maker = self.lookup.value_of(lazy.maker, module)
        if not isinstance(maker, Definition) or maker.module.summary is None:
            return lazy
        return maker.module.summary.makers.get(maker.name, lazy)

    def _follow_stub(self, module: Module, binding: Binding) -> Outcome:
        """Follow an import of a stub as the module itself would make it."""
        step, alias = binding.step, binding.alias
        if isinstance(step, ImportFrom) and alias is not None:
            return self.lookup.follow_from(module, step, alias.name)
        return Definition(module, alias.name if alias else "")

    def _lazy_target(self, module: Module, served: LazyName) -> Outcome:
        if served.module is None:
            return Definition(module, served.name)
        tail = served.module.lstrip(".")
        name = absolute_name(module.package, len(served.module) - len(tail), tail)
        if name is None:
            return Definition(module, served.name)
        found = self.lookup.module(name, module)
        if not isinstance(found, Module):
            return found
        if served.attribute is None:
            return ModuleValue(found)
        return self.lookup.name(found, served.attribute, importing=True)
