"""Scripts reduced to some modules: what cannot matter to the order among them is left out.

A circle of several hundred modules is executed once for each of them, so it pays to
execute only the imports among them and the bindings that one of them asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, NamedTuple

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
    Taken,
    TakeNames,
    Unbinds,
)
from linkstep.link.modules import Module
from linkstep.link.scripts import Scripts
from linkstep.model.expressions import Ref

Named = tuple[str, Module | Ref | None]


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
        if type(act) in _NESTING:
            for block in blocks(act):
                yield from all_acts(block)


_NESTING = frozenset({Choice, Started, Loop, Attempt, Suppressed, Local})


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


class Asked(NamedTuple):
    """What a script asks others for: names, whose names it takes all of, and what it calls."""

    names: set[str]
    starred: set[Module]
    called: set[tuple[Module, int]]


class Questions:
    """What scripts ask of modules, each script looked through once for all circles."""

    def __init__(self, scripts: Scripts) -> None:
        self.scripts = scripts
        self._of_script: dict[tuple[Module, int], Asked] = {}

    def of(self, modules: Iterable[Module]) -> tuple[set[str], set[Module]]:
        """Give the names that executing modules may ask for, and who takes all names of whom."""
        names: set[str] = set()
        starred: set[Module] = set()
        pending = {(module, 0) for module in modules}
        seen = set(pending)
        while pending:
            asked = self._asked(*pending.pop())
            names |= asked.names
            starred |= asked.starred
            further = asked.called - seen
            seen |= further
            pending |= further
        return names, starred

    def _asked(self, module: Module, scope: int) -> Asked:
        """Give what the script of a module (0) or of one of its functions asks for."""
        asked = self._of_script.get((module, scope))
        if asked is None:
            asked = self._of_script[module, scope] = Asked(set(), set(), set())
            scripts = self.scripts
            script = scripts.of_function(module, scope) if scope else scripts.of(module)
            for act in all_acts(script):
                _note_asked(act, module, asked)
        return asked


def _note_asked(act: Act, owner: Module, asked: Asked) -> None:
    if isinstance(act, TakeNames):
        asked.names.update([taken.name for taken in act.names])
    elif isinstance(act, Read):
        asked.names.update((act.ref.name, *act.ref.attributes))
    elif isinstance(act, Binds):
        for _, value in act.names:
            if isinstance(value, Ref):
                asked.names.update((value.name, *value.attributes))
    elif isinstance(act, TakeAll):
        asked.starred.update((act.owner, owner))
    elif isinstance(act, Call):
        asked.called.add((act.module, act.scope))


class Projection:
    """The scripts of `modules`, reduced to what these can notice of each other.

    `watched` are modules outside whose import raises, or may.
    """

    def __init__(
        self, questions: Questions, modules: Iterable[Module], watched: Container[Module]
    ) -> None:
        self.scripts = questions.scripts
        self.watched = watched
        self.modules = frozenset(modules)
        self.above = frozenset(
            ".".join(parts[:length])
            for module in self.modules
            if (parts := module.name.split("."))
            for length in range(1, len(parts) + 1)
        )
        self.wanted, self.starred = questions.of(self.modules)
        self._of_module: dict[Module, Script] = {}
        self._of_function: dict[tuple[Module, int], Script] = {}
        self._kept_targets: dict[tuple[Module, ...], tuple[Module, ...]] = {}

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
            keep = _KEEPERS.get(type(act))
            if keep is None:
                kept.append(act)
            else:
                keep(self, act, module, kept)
        return tuple(kept)

    def _keep_import(self, act: Import, module: Module, kept: list[Act]) -> None:
        targets = self._targets(act.targets)
        if targets or act.name in self.wanted:
            kept.append(Import(targets, act.span, act.name, act.value))

    def _keep_read(self, act: Read, module: Module, kept: list[Act]) -> None:
        if act.about.name in self.above:
            kept.append(act)

    def _keep_unbinding(self, act: Unbinds, module: Module, kept: list[Act]) -> None:
        if act.name in self.wanted:
            kept.append(act)

    def _keep_list(self, act: Lists, module: Module, kept: list[Act]) -> None:
        if module in self.starred:
            kept.append(act)

    def _keep_call(self, act: Call, module: Module, kept: list[Act]) -> None:
        if self._matters(self.of_function(act.module, act.scope)):
            kept.append(act)

    def _targets(self, targets: tuple[Module, ...]) -> tuple[Module, ...]:
        kept = self._kept_targets.get(targets)
        if kept is None:
            kept = tuple([m for m in targets if m in self.modules or m in self.watched])
            self._kept_targets[targets] = kept
        return kept

    def _keep_names(self, act: TakeNames, module: Module, kept: list[Act]) -> None:
        targets = self._targets(act.targets)
        owner, names = act.owner, act.names
        if owner not in self.modules:
            names = tuple([self._outside(taken, owner) for taken in names])
            if not targets and not any(
                taken.missing or taken.submodule in self.modules for taken in names
            ):
                self._keep_bound([(taken.bound, None) for taken in names], module, kept)
                return
        kept.append(TakeNames(targets, owner, names, act.span))

    def _outside(self, taken: Taken, owner: Module) -> Taken:
        """Give a name of a module that is not executed: a submodule counts if nothing binds it."""
        if taken.submodule is None or owner.names is None:
            return taken
        entry = owner.names.get(taken.name)
        return taken if entry is None or not entry.live else taken._replace(submodule=None)

    def _keep_star(self, act: TakeAll, module: Module, kept: list[Act]) -> None:
        targets = self._targets(act.targets)
        if act.owner in self.modules:
            kept.append(TakeAll(targets, act.owner, act.span))
            return
        if targets:
            kept.append(Import(targets, act.span))
        brought = self.scripts.lookup.exports.exported(act.owner).names
        self._keep_bound([(name, None) for name in brought], module, kept)

    def _keep_binds(self, act: Binds, module: Module, kept: list[Act]) -> None:
        self._keep_bound(act.names, module, kept)

    def _keep_bound(self, names: list[Named], module: Module, kept: list[Act]) -> None:
        if module not in self.starred:
            wanted = self.wanted
            names = [named for named in names if named[0] in wanted]
        if names and kept and isinstance(kept[-1], Binds):
            kept[-1] = Binds([*kept[-1].names, *names])
        elif names:
            kept.append(Binds(names))

    def _keep_choice(self, act: Choice, module: Module, kept: list[Act]) -> None:
        ways = tuple([self._reduced(way, module) for way in act.ways])
        if any(not isinstance(inner, Fails) for way in ways for inner in way):
            kept.append(Choice(ways, act.decided))

    def _keep_branches(self, act: Started | Loop, module: Module, kept: list[Act]) -> None:
        body, orelse = self._reduced(act.body, module), self._reduced(act.orelse, module)
        if body or orelse:
            kept.append(act._replace(body=body, orelse=orelse))

    def _keep_attempt(self, act: Attempt, module: Module, kept: list[Act]) -> None:
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

    def _keep_body(self, act: Suppressed | Local, module: Module, kept: list[Act]) -> None:
        body = self._reduced(act.body, module)
        if body:
            kept.append(act._replace(body=body))

    def _matters(self, script: Script) -> bool:
        """Whether calling a function can change what an order of imports leads to."""
        if any(isinstance(act, Fails) for act in script):
            return True
        idle = Binds | Unbinds | Fails | MayFail | Leaves
        return any(not isinstance(act, idle) and not any(blocks(act)) for act in all_acts(script))


# Whatever is not here is kept as it is.
_KEEPERS: dict[type, Callable[[Projection, Any, Module, list[Act]], None]] = {
    Import: Projection._keep_import,
    TakeNames: Projection._keep_names,
    TakeAll: Projection._keep_star,
    Read: Projection._keep_read,
    Binds: Projection._keep_binds,
    Unbinds: Projection._keep_unbinding,
    Lists: Projection._keep_list,
    Call: Projection._keep_call,
    Choice: Projection._keep_choice,
    Started: Projection._keep_branches,
    Loop: Projection._keep_branches,
    Attempt: Projection._keep_attempt,
    Suppressed: Projection._keep_body,
    Local: Projection._keep_body,
}
