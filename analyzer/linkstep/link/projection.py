"""Scripts reduced to some modules: what cannot matter to the order among them is left out.

A circle of several hundred modules is executed once for each of them, so it pays to
execute only the imports among them and the bindings that one of them asks for.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from linkstep.link.acts import (
    Act,
    Attempt,
    Binds,
    Call,
    Caught,
    Choice,
    Fails,
    Import,
    Leaves,
    Lists,
    Local,
    Loop,
    MayFail,
    Read,
    Script,
    Started,
    Suppressed,
    TakeAll,
    TakeNames,
    Unbinds,
)
from linkstep.link.modules import Module
from linkstep.link.scripts import Scripts
from linkstep.model.expressions import Ref


def blocks(act: Act) -> Iterator[Script]:
    """Give the scripts inside an act, whatever the conditions."""
    if isinstance(act, Choice):
        yield from act.ways
    elif isinstance(act, Started | Loop):
        yield act.body
        yield act.orelse
    elif isinstance(act, Attempt):
        yield act.body
        for handler in act.handlers:
            yield handler.body
        yield act.orelse
        yield act.final
    elif isinstance(act, Suppressed | Local):
        yield act.body


def all_acts(script: Script) -> Iterator[Act]:
    """Give the acts of a script and of all scripts inside it."""
    for act in script:
        yield act
        for block in blocks(act):
            yield from all_acts(block)


def reachable_acts(
    scripts: Scripts, begin: Iterable[tuple[Module, Script]]
) -> Iterator[tuple[Module, Act]]:
    """Give what performing scripts may do, functions that are called included, with who does it."""
    seen: set[tuple[Module, int]] = set()
    pending = list(begin)
    while pending:
        owner, script = pending.pop()
        for act in all_acts(script):
            yield owner, act
            if isinstance(act, Call) and (act.module, act.scope) not in seen:
                seen.add((act.module, act.scope))
                pending.append((act.module, scripts.of_function(act.module, act.scope)))


class Projection:
    """The scripts of `modules`, reduced to what these can notice of each other.

    `watched` are modules outside whose import raises, or may.
    """

    def __init__(
        self, scripts: Scripts, modules: Iterable[Module], watched: Container[Module]
    ) -> None:
        self.scripts = scripts
        self.watched = watched
        self.modules = frozenset(modules)
        self.above = frozenset(
            ".".join(parts[:length])
            for module in self.modules
            if (parts := module.name.split("."))
            for length in range(1, len(parts) + 1)
        )
        self.wanted: set[str] = set()
        self.starred: set[Module] = set()
        self._want()
        self._of_module: dict[Module, Script] = {}
        self._of_function: dict[tuple[Module, int], Script] = {}

    def _want(self) -> None:
        """Note the names that one of the modules asks another for."""
        begin = [(module, self.scripts.of(module)) for module in self.modules]
        for owner, act in reachable_acts(self.scripts, begin):
            if isinstance(act, TakeNames):
                self.wanted.update(taken.name for taken in act.names)
            elif isinstance(act, Read):
                self.wanted.add(act.ref.name)
                self.wanted.update(act.ref.attributes)
            elif isinstance(act, Binds):
                for _, value in act.names:
                    if isinstance(value, Ref):
                        self.wanted.add(value.name)
                        self.wanted.update(value.attributes)
            elif isinstance(act, TakeAll):
                self.starred.update((act.owner, owner))

    def of(self, module: Module) -> Script:
        """Give the reduced script of a module."""
        script = self._of_module.get(module)
        if script is None:
            script = self._of_module[module] = self._reduced(self.scripts.of(module), module)
        return script

    def of_function(self, module: Module, scope: int) -> Script:
        """Give the reduced script of a function."""
        key = (module, scope)
        script = self._of_function.get(key)
        if script is None:
            self._of_function[key] = ()  # it may call itself
            whole = self.scripts.of_function(module, scope)
            script = self._of_function[key] = self._reduced(whole, module)
        return script

    def _reduced(self, script: Script, module: Module) -> Script:
        kept: list[Act] = []
        for act in script:
            self._keep(act, module, kept)
        return tuple(kept)

    def _keep(self, act: Act, module: Module, kept: list[Act]) -> None:
        if isinstance(act, Import):
            targets = self._targets(act.targets)
            if targets or act.name in self.wanted:
                kept.append(act._replace(targets=targets))
        elif isinstance(act, TakeNames):
            self._keep_names(act, module, kept)
        elif isinstance(act, TakeAll):
            self._keep_star(act, module, kept)
        elif isinstance(act, Read):
            if act.about.name in self.above:
                kept.append(act)
        elif isinstance(act, Binds):
            self._keep_binds(act, module, kept)
        elif isinstance(act, Unbinds):
            if act.name in self.wanted:
                kept.append(act)
        elif isinstance(act, Lists):
            if module in self.starred:
                kept.append(act)
        elif isinstance(act, Call):
            if self._matters(self.of_function(act.module, act.scope)):
                kept.append(act)
        else:
            self._keep_blocks(act, module, kept)

    def _targets(self, targets: tuple[Module, ...]) -> tuple[Module, ...]:
        return tuple(m for m in targets if m in self.modules or m in self.watched)

    def _keep_names(self, act: TakeNames, module: Module, kept: list[Act]) -> None:
        targets = self._targets(act.targets)
        names = act.names
        if act.owner not in self.modules:
            bound = act.owner.names
            names = tuple(
                taken._replace(submodule=None)
                if bound is not None and (entry := bound.get(taken.name)) and entry.live
                else taken
                for taken in names
            )
            if not targets and not any(
                taken.missing or taken.submodule in self.modules for taken in names
            ):
                binds = Binds([(taken.bound, None) for taken in names])
                self._keep_binds(binds, module, kept)
                return
        kept.append(act._replace(targets=targets, names=names))

    def _keep_star(self, act: TakeAll, module: Module, kept: list[Act]) -> None:
        targets = self._targets(act.targets)
        if act.owner in self.modules:
            kept.append(act._replace(targets=targets))
            return
        if targets:
            kept.append(Import(targets, act.span))
        brought = self.scripts.lookup.exports.exported(act.owner).names
        self._keep_binds(Binds([(name, None) for name in brought]), module, kept)

    def _keep_binds(self, act: Binds, module: Module, kept: list[Act]) -> None:
        everything = module in self.starred
        names = [(n, value) for n, value in act.names if everything or n in self.wanted]
        if names and kept and isinstance(kept[-1], Binds):
            kept[-1] = Binds([*kept[-1].names, *names])
        elif names:
            kept.append(Binds(names))

    def _keep_blocks(self, act: Act, module: Module, kept: list[Act]) -> None:
        if isinstance(act, Choice):
            ways = tuple(self._reduced(way, module) for way in act.ways)
            if any(not isinstance(inner, Fails) for way in ways for inner in way):
                kept.append(act._replace(ways=ways))
        elif isinstance(act, Started | Loop):
            body, orelse = self._reduced(act.body, module), self._reduced(act.orelse, module)
            if body or orelse:
                kept.append(act._replace(body=body, orelse=orelse))
        elif isinstance(act, Attempt):
            handlers = tuple(Caught(h.catches, self._reduced(h.body, module)) for h in act.handlers)
            act = Attempt(
                self._reduced(act.body, module),
                handlers,
                self._reduced(act.orelse, module),
                self._reduced(act.final, module),
                act.probe,
            )
            if any(blocks(act)):
                kept.append(act)
        elif isinstance(act, Suppressed | Local):
            body = self._reduced(act.body, module)
            if body:
                kept.append(act._replace(body=body))
        else:
            kept.append(act)

    def _matters(self, script: Script) -> bool:
        """Whether calling a function can change what an order of imports leads to."""
        if any(isinstance(act, Fails) for act in script):
            return True
        idle = Binds | Unbinds | Fails | MayFail | Leaves
        return any(not isinstance(act, idle) and not any(blocks(act)) for act in all_acts(script))
