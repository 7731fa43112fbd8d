"""The namespace of a module after it has been executed: which names it has, from where.

A name is bound *always*, on *some* branches, or *never* for this target. Bindings by
`import` keep their statement, so that a lookup can follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from linkstep.link.flow import Decide, Fails, Flow, Situation
from linkstep.link.modules import Module
from linkstep.model.expressions import Expression
from linkstep.model.links import Doubt
from linkstep.model.steps import all_steps
from linkstep.model.summary import (
    Bind,
    BindingKind,
    Exports,
    ImportedName,
    ImportFrom,
    ImportModule,
    Step,
    Unbind,
)


class Binding:
    """One statement that binds a name; `alias` tells which part of a from-import."""

    __slots__ = ("alias", "condition", "step")

    def __init__(
        self,
        step: Bind | ImportModule | ImportFrom,
        alias: ImportedName | None,
        condition: Expression | None = None,
    ) -> None:
        self.step = step
        self.alias = alias
        self.condition = condition

    @property
    def is_caught(self) -> bool:
        """Whether it is the name of `except ... as name`, unbound when the handler ends."""
        return isinstance(self.step, Bind) and self.step.kind is BindingKind.EXCEPTION


class Name:
    """All bindings of one name: those in force, all that can run, and those that cannot."""

    __slots__ = ("always", "dead", "ever", "live")

    def __init__(self) -> None:
        self.always = False
        self.live: list[Binding] = []
        self.ever: list[Binding] = []
        self.dead: list[Binding] = []


class Names:
    """A module's namespace. `doubts` are reasons why it may have further names.

    `listed_elsewhere` are the entries of `__all__` on branches that the target does not take.
    """

    __slots__ = ("building", "by_name", "doubts", "exports", "listed_elsewhere", "stars")

    def __init__(self) -> None:
        self.building = True
        self.by_name: dict[str, Name] = {}
        self.doubts: list[Doubt] = []
        self.exports: list[Exports] = []
        self.stars: list[ImportFrom] = []
        self.listed_elsewhere: set[str] = set()

    def get(self, name: str) -> Name | None:
        """Give the bindings of a name, None when no statement binds it."""
        return self.by_name.get(name)

    def add(self, name: str) -> Name:
        """Give the entry of a name, made when needed."""
        entry = self.by_name.get(name)
        if entry is None:
            entry = self.by_name[name] = Name()
        return entry

    def public(self) -> Iterator[str]:
        """Give the names that are bound and do not start with an underscore."""
        for name, entry in self.by_name.items():
            if entry.live and not name.startswith("_"):
                yield name


class StarNames:
    """What a star import brings: the names, and a doubt when there may be more."""

    __slots__ = ("doubt", "names")

    def __init__(self, names: Sequence[str], doubt: Doubt | None = None) -> None:
        self.names = names
        self.doubt = doubt


StarOf = Callable[[Module, ImportFrom], StarNames]


class _Builder:
    def __init__(self, module: Module, decide: Decide, fails: Fails, star_of: StarOf) -> None:
        assert module.summary is not None
        self.module = module
        self.summary = module.summary
        self.names = Names()
        self.star_of = star_of
        kinds = (Bind, ImportModule, ImportFrom, Unbind, Exports)
        self.flow = Flow(decide, fails, dict.fromkeys(kinds, self.emit), self.skip, binds=True)

    def build(self) -> None:
        ran = self.flow.run(self.summary.body, Situation())
        for name in ran.bound:
            entry = self.names.get(name)
            if entry is not None and entry.live:
                entry.always = True
        for name in sorted(self.summary.rebound_globals):
            self.names.add(name).live.append(Binding(_GLOBAL, None))
        self.names.building = False

    def emit(self, step: Step, at: Situation) -> None:
        if at.scope:
            return
        if isinstance(step, Bind):
            self.bind(step.name, Binding(step, None, _condition(at)), at)
        elif isinstance(step, ImportModule):
            name = step.alias or step.module.partition(".")[0]
            self.bind(name, Binding(step, None, _condition(at)), at)
        elif isinstance(step, ImportFrom):
            for alias in step.names:
                if alias.name == "*":
                    self.star(step, at)
                else:
                    self.bind(alias.bound, Binding(step, alias, _condition(at)), at)
        elif isinstance(step, Unbind):
            self.unbind(step, at)
        elif isinstance(step, Exports):
            self.names.exports.append(step)

    def bind(self, name: str, binding: Binding, at: Situation) -> None:
        entry = self.names.add(name)
        if at.certain:
            entry.live = [binding]
        else:
            entry.live.append(binding)
        entry.ever.append(binding)

    def unbind(self, step: Unbind, at: Situation) -> None:
        entry = self.names.get(step.name)
        if entry is not None:
            entry.live = [] if at.certain else [b for b in entry.live if not b.is_caught]
            entry.always = False

    def star(self, step: ImportFrom, at: Situation) -> None:
        self.names.stars.append(step)
        brought = self.star_of(self.module, step)
        if brought.doubt is not None:
            self.names.doubts.append(brought.doubt)
        for name in brought.names:
            entry = self.names.add(name)
            alias = ImportedName(name, None, step.names[0].span)
            before = entry.live if at.certain and brought.doubt is Doubt.STAR else []
            self.bind(name, Binding(step, alias, _condition(at)), at)
            entry.live[:0] = before  # it stays where the list turns out to lack the name
            entry.always = entry.always or at.certain

    def skip(self, steps: Sequence[Step], test: Expression | None) -> None:
        for step in all_steps(steps):
            if isinstance(step, Bind):
                self.names.add(step.name).dead.append(Binding(step, None, test))
            elif isinstance(step, ImportModule):
                name = step.alias or step.module.partition(".")[0]
                self.names.add(name).dead.append(Binding(step, None, test))
            elif isinstance(step, ImportFrom):
                for alias in step.names:
                    if alias.name != "*":
                        entry = self.names.add(alias.bound)
                        entry.dead.append(Binding(step, alias, test))
            elif isinstance(step, Exports):
                self.names.listed_elsewhere.update(item.name for item in step.names)


_GLOBAL = Bind("", BindingKind.GLOBAL, 0)


def _condition(at: Situation) -> Expression | None:
    return at.conditions[-1][0] if at.conditions else None


def build_names(module: Module, decide: Decide, fails: Fails, star_of: StarOf) -> Names:
    """Execute a module's body in the abstract and set its namespace.

    The namespace is attached to the module before it is complete, because a test in the
    body may ask for names bound above it.
    """
    builder = _Builder(module, decide, fails, star_of)
    module.names = builder.names
    builder.build()
    for reason, _ in builder.summary.opens:
        assert reason
        builder.names.doubts.append(Doubt.OPEN)
        break
    return builder.names
