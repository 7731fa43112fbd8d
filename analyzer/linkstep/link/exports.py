"""What a star import takes: `__all__`, else all public names (reference, 7.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from linkstep.link.flow import imported_names
from linkstep.link.modules import Module
from linkstep.link.namespaces import Names, StarNames
from linkstep.link.outcomes import Absent, Dubious, ModuleValue
from linkstep.model.expressions import Ref
from linkstep.model.links import Doubt
from linkstep.model.steps import all_steps
from linkstep.model.summary import Bind, Exports, ImportFrom, ImportModule

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup


class ExportedNames:
    """Evaluates `__all__` and what star imports bring."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self._evaluated: dict[Module, tuple[tuple[str, ...], bool]] = {}

    def star_names(self, module: Module, step: ImportFrom) -> StarNames:
        """Say what `from M import *` binds: `__all__`, else all public names."""
        target = self.lookup.relative(step, module)
        if isinstance(target, Absent):
            return StarNames(())
        if isinstance(target, Dubious):
            return StarNames((), target.doubt)
        return self.exported(target)

    def are_known(self, stars: Sequence[ImportFrom], module: Module, depth: int = 8) -> bool:
        """Whether all that star imports would bring is known: no module is missing there."""
        for step in stars:
            target = self.lookup.relative(step, module)
            names = self.lookup.names(target) if isinstance(target, Module) else None
            if names is None or names.building or depth == 0 or not isinstance(target, Module):
                return False
            if names.exports and self.all_names(target)[1]:
                continue
            if names.exports or not self.are_known(names.stars, target, depth - 1):
                return False
        return True

    def exported(self, module: Module) -> StarNames:
        """Give the names that a star import takes from a module."""
        names = self.lookup.names(module)
        if names is None:
            stub = self.lookup.modules.stub(module)
            if stub is not None and (described := self.lookup.names(stub)) is not None:
                return StarNames(tuple(described.public()), Doubt.STUB)
            return StarNames((), Doubt.OPAQUE if module.why_opaque else None)
        if names.building:
            return _as_written(module)
        if not names.exports:
            doubt = next((d for d in names.doubts if d is not Doubt.GETATTR), None)
            return StarNames(tuple(names.public()), doubt)
        listed, complete = self.all_names(module)
        if complete:
            return StarNames(listed)
        return StarNames(tuple(dict.fromkeys((*listed, *names.public()))), Doubt.STAR)

    def all_names(self, module: Module) -> tuple[tuple[str, ...], bool]:
        """Evaluate a module's `__all__`; False when a part of it is not known.

        Lists that are made of each other in a circle are not known.
        """
        known = self._evaluated.get(module)
        if known is not None:
            return known
        names = self.lookup.names(module)
        assert names is not None
        self._evaluated[module] = (), False
        found = self._evaluate(names, module)
        if names.building:
            del self._evaluated[module]
        else:
            self._evaluated[module] = found
        return found

    def _evaluate(self, names: Names, module: Module) -> tuple[tuple[str, ...], bool]:
        listed: dict[str, None] = {}
        complete = True
        for export in names.exports:
            if export.operation == "set":
                listed, complete = {}, True
            complete = complete and export.complete
            if export.operation == "remove":
                for name in export.names:
                    listed.pop(name.name, None)
                continue
            listed.update((name.name, None) for name in export.names)
            for ref in export.of:
                more = self._all_of(ref, module)
                if more is None:
                    complete = False
                else:
                    listed.update(dict.fromkeys(more))
        return tuple(listed), complete

    def _all_of(self, ref: Ref, module: Module) -> tuple[str, ...] | None:
        """Evaluate `other.__all__`, or a name that was imported from there."""
        if ref.attributes and ref.attributes[-1] == "__all__":
            owner = self.lookup.value_of(Ref(ref.name, ref.attributes[:-1], ref.scope), module)
            if not isinstance(owner, ModuleValue):
                return None
            target = owner.module
        else:
            imported = self._imported_all(ref, module)
            if imported is None:
                return None
            target = imported
        names = self.lookup.names(target)
        if names is None or names.building or not names.exports or target is module:
            return None
        listed, complete = self.all_names(target)
        return listed if complete else None

    def _imported_all(self, ref: Ref, module: Module) -> Module | None:
        names = self.lookup.names(module)
        entry = names.get(ref.name) if names is not None and not ref.attributes else None
        if entry is None or len(entry.live) != 1:
            return None
        step, alias = entry.live[0].step, entry.live[0].alias
        if isinstance(step, ImportFrom) and alias is not None and alias.name == "__all__":
            found = self.lookup.relative(step, module)
            return found if isinstance(found, Module) else None
        return None


def _as_written(module: Module) -> StarNames:
    """Give the names that the statements of a module bind, whatever the conditions.

    Asked about a module whose namespace is being built: its imports lead back to it.
    """
    summary = module.summary
    assert summary is not None
    names: dict[str, None] = {}
    listed: list[str] = []
    doubt = Doubt.OPEN if summary.opens else None
    for step in all_steps(summary.body):
        if isinstance(step, Bind):
            names[step.name] = None
        elif isinstance(step, ImportModule | ImportFrom):
            names.update(dict.fromkeys(imported_names(step)))
            if isinstance(step, ImportFrom) and step.names[0].name == "*":
                doubt = Doubt.CYCLE
        elif isinstance(step, Exports):
            listed += [export.name for export in step.names]
            if step.of or not step.complete or step.operation == "remove":
                doubt = Doubt.CYCLE
    return StarNames(listed or [name for name in names if not name.startswith("_")], doubt)
