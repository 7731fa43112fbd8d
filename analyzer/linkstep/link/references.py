"""Linking every reference of a module: resolved, broken, or unknown with a reason."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import NamedTuple

from linkstep.link.failures import Failure
from linkstep.link.flow import Emit, Emits, Flow, Situation
from linkstep.link.foreign import may_be_provided
from linkstep.link.guarding import accepted, guard_of
from linkstep.link.listed_exports import link_exports
from linkstep.link.modules import Module, is_namespace
from linkstep.link.namespaces import Binding, Names
from linkstep.link.outcomes import (
    Absent,
    Definition,
    Dubious,
    Failed,
    Maybe,
    ModuleValue,
    Outcome,
    exception_name,
)
from linkstep.link.settling import Links, Settling
from linkstep.link.states import note_state
from linkstep.link.strings import is_imported, link_path
from linkstep.link.text import show
from linkstep.link.wording import cannot_import
from linkstep.model.environment import Origin
from linkstep.model.expressions import UNBOUND, Expression, Ref
from linkstep.model.facts import GuardKind, Problem, Runs
from linkstep.model.links import Doubt, Edge
from linkstep.model.summary import (
    Bind,
    Define,
    DottedPath,
    ImportByName,
    ImportedName,
    ImportFrom,
    ImportModule,
    Invoke,
    Scope,
    Span,
    StateUse,
    Step,
    Use,
)


def link_module(links: Links, module: Module) -> None:
    """Link all references of one module."""
    if module.summary is None or module.summary.problem is not None:
        return
    try:
        _ModuleLinks(links, module).link()
    except RecursionError:
        # What it counted and did not settle is not known, nor is the rest.
        settled = links.resolved + len(links.broken) + sum(links.unknown.values())
        links.unknown[Doubt.DEEP] += links.references - settled


class _End(NamedTuple):
    """How a chain ends, after how many attributes, and whom a doubt is about."""

    outcome: Outcome
    depth: int
    asked: tuple[Module, str] | None = None


class _ModuleLinks(Settling):
    def __init__(self, links: Links, module: Module) -> None:
        assert module.summary is not None
        super().__init__(links, module)
        self.summary = module.summary
        self.names = self.lookup.names(module) or Names()
        self.asked: tuple[Module, str] | None = None
        self.followed: dict[Ref, _End | None] = {}
        self.values: dict[Binding, Outcome] = {}
        self.pending: deque[tuple[Scope, Situation]] = deque()
        self.defined: set[int] = set()

    def link(self) -> None:
        emits: dict[type, Emit] = {
            Use: self.use,
            ImportModule: self.import_module,
            ImportFrom: self.import_from,
            DottedPath: self.dotted_path,
            StateUse: partial(note_state, self),
            Define: self.define,
        }
        self.flow({**emits, Invoke: self.call, ImportByName: self.call}).run(
            self.summary.body, Situation()
        )
        in_functions = self.flow(emits)  # what they call is followed when they are executed
        while self.pending:
            scope, at = self.pending.popleft()
            self.function = scope.name
            in_functions.run(scope.steps, at)
        self.function = None
        link_exports(self, self.names)

    def flow(self, emits: Emits) -> Flow:
        def decide(test: Expression | None) -> bool | None:
            return self.lookup.evaluator.decide(test, self.module)

        return Flow(decide, self.fails, emits, lambda steps, test: None)

    def fails(self, step: Step, at: Situation) -> str | None:
        """Leave a try body where an accepted absence leaves it; go on after a defect."""
        failure = self.lookup.failures.of_step(step, self.module)
        if failure is None or failure == "?":
            return failure
        guard, probe = guard_of(failure, at)
        origin = self._origin(step)
        problem = Problem.MISSING_MODULE
        return failure if accepted(problem, origin, guard, probe=probe) else "?"

    def _origin(self, step: Step) -> Origin:
        if isinstance(step, ImportFrom):
            found = self.lookup.relative(step, self.module)
        else:
            assert isinstance(step, ImportModule)
            found = self.lookup.module(step.module, self.module)
        return Origin.THIRD_PARTY if isinstance(found, Dubious) else found.origin

    def call(self, step: Invoke | ImportByName, at: Situation) -> None:
        if self.runs(at) is Runs.IMPORT:
            self.links.calls.setdefault(self.module, []).append(step)

    def dotted_path(self, step: DottedPath, at: Situation) -> None:
        bindings = self.bindings(step.function) if step.function is not None else None
        if is_imported(step, bindings):
            link_path(self, step, at)

    def define(self, step: Define, at: Situation) -> None:
        scope = self.summary.scopes[step.scope]
        if scope.steps and step.scope not in self.defined:
            self.defined.add(step.scope)
            self.pending.append((scope, Situation(True, (), at.conditions)))

    # Imports

    def import_module(self, step: ImportModule, at: Situation) -> None:
        self.links.references += 1
        found = self.lookup.module(step.module, self.module)
        if may_be_provided(found):
            self.links.foreign.note_import(step.module, found, self.place(step.span, at))
        if isinstance(found, Module):
            self.need(found)
            self.reach(found, step.span, at)
        else:
            self.settle(found, step.span, at)

    def need(self, module: Module, name: str = "") -> None:
        """Note what the file needs of the standard library, for the other Pythons."""
        if module.origin is Origin.STANDARD_LIBRARY:
            needed = self.links.library.setdefault(self.module.path, set())
            needed.add((module.name, name))
            parent = module.name.rpartition(".")[0]
            while parent and not name:
                needed.add((parent, ""))
                parent = parent.rpartition(".")[0]

    def reach(self, found: Module, span: Span, at: Situation) -> None:
        """Note the edge to a module; importing it may fail by what the module itself does."""
        if found.is_first_party or not self.module.is_first_party:
            edge = Edge(self.module.path, found.path, span.line, self.runs(at))
            self.links.edges.add(edge)
        failure = self.failure(found, span)
        if failure is None:
            self.links.resolved += 1
        elif failure.reported and failure.path in self.links.checked:
            self.repeat(failure.exception, (failure.path, failure.line), span, at)
        else:
            via = f"{failure.path}:{failure.line}"
            absent = Absent(
                problem=Problem.FAILING_IMPORT,
                module=found.name,
                path=found.path,
                name=found.name,
                origin=failure.origin if found.is_first_party else found.origin,
                exception=failure.exception,
                via=via,
            )
            self.settle(absent, span, at)

    def import_from(self, step: ImportFrom, at: Situation) -> None:
        self.links.references += len(step.names)
        found = self.lookup.relative(step, self.module)
        if step.level == 0 and not is_namespace(found) and may_be_provided(found):
            self.links.foreign.note_import(step.module, found, self.place(step.span, at))
        if not isinstance(found, Module):
            if isinstance(found, Dubious):
                self.links.unknown[found.doubt] += len(step.names)
            else:
                self.links.references -= len(step.names) - 1
                if self.is_overlay(step, found, at):
                    self.links.unknown[Doubt.OVERLAY] += 1
                else:
                    self.settle(found, step.span, at)
            return
        if self.failure(found, step.span) is not None:
            self.import_from_failing(step, found, at)
            return
        if found.is_first_party or not self.module.is_first_party:
            edge = Edge(self.module.path, found.path, step.span.line, self.runs(at))
            self.links.edges.add(edge)
        for alias in step.names:
            self.need(found, alias.name if alias.name != "*" else "")
            if found is self.module and self.names.get(alias.name) is not None:
                self.import_from_self(alias, step.span.line, at)
            elif alias.name == "*":
                self.links.resolved += 1
            else:
                outcome = self.lookup.name(found, alias.name, importing=True)
                foreign = self.links.foreign
                if isinstance(outcome, ModuleValue):
                    module = outcome.module
                    if is_namespace(found) and may_be_provided(module):
                        foreign.note_import(module.name, module, self.place(alias.span, at))
                    self.reach(module, alias.span, at)
                    continue
                if isinstance(outcome, Definition):
                    self.links.resolved += 1
                    continue
                if isinstance(outcome, Dubious):
                    place = self.place(alias.span, at)
                    foreign.note_name(outcome, found, alias.name, place, by_import=True)
                self.settle(outcome, alias.span, at)

    def import_from_self(self, alias: ImportedName, line: int, at: Situation) -> None:
        """Link `from package import name` in the package itself, where the name is bound.

        Most often this import is what binds it, and the name is a submodule.
        """
        bindings = self.names.by_name[alias.name].ever
        if any(binding.alias is not alias for binding in bindings):
            self.links.resolved += 1  # whether in time is a question of execution order
            return
        served = self.names.get("__getattr__")
        late = served is not None and all(_line(one.step) > line for one in served.ever)
        early = late and self.runs(at) is Runs.IMPORT
        outcome = self.lookup.beside(self.module, alias.name, served=not early)
        if isinstance(outcome, ModuleValue):
            self.reach(outcome.module, alias.span, at)
            return
        if isinstance(outcome, Absent) and self.runs(at) is Runs.IMPORT:
            target = self.lookup.modules.target.version
            text = cannot_import(alias.name, self.module.name, target)
            outcome = outcome._replace(exception=text)
        self.settle(outcome, alias.span, at)

    def failure(self, found: Module, span: Span) -> Failure | None:
        """Say how importing a module fails, unless it fails by this very statement.

        A module that a cycle leads back to is in progress here, and counts as imported.
        """
        failure = self.lookup.failures.of_module(found)
        if failure is None or found is self.module:
            return None
        here = failure.path == self.module.path and span.line <= failure.line <= span.end_line
        return None if here else failure

    def import_from_failing(self, step: ImportFrom, found: Module, at: Situation) -> None:
        """Link a from-import of a module that fails: what it lacks besides is said too."""
        names = self.lookup.names(found)
        unbound = [
            (alias, outcome)
            for alias in step.names
            if names is not None and alias.name != "*" and names.get(alias.name) is None
            if isinstance(outcome := self.lookup.name(found, alias.name, importing=True), Absent)
        ]
        self.links.references -= len(step.names) - max(len(unbound), 1)
        if not unbound:
            self.reach(found, step.span, at)
        for alias, outcome in unbound:
            self.settle(outcome, alias.span, at)

    def is_overlay(self, step: ImportFrom, absent: Absent, at: Situation) -> bool:
        """Whether all names of a module are taken if it is there: local settings."""
        guard, _ = guard_of(exception_name(absent.exception), at)
        return step.names[0].name == "*" and guard.kind is GuardKind.FALLBACK

    # Attributes and names

    def use(self, step: Use, at: Situation) -> None:
        try:
            end = self.followed[step.ref]
        except KeyError:
            end = self.followed[step.ref] = self.follow(step.ref)
        if end is None:
            return
        if end is _NOT_BOUND:
            self.unbound(step, at)
            return
        outcome, depth, asked = end
        self.links.references += 1
        if asked is not None and depth and isinstance(outcome, Dubious):
            place = self.place(step.span_of(depth), at)
            self.links.foreign.note_name(outcome, *asked, place)
        if not self.passes(outcome):
            self.settle(outcome, step.span_of(depth), at)

    def follow(self, ref: Ref) -> _End | None:
        """Say how a chain ends; None when there is nothing to link.

        The same wherever in the module it stands.
        """
        bindings = self.bindings(ref)
        if bindings is None:
            return _NOT_BOUND
        if not ref.attributes or not bindings:
            return None
        if len(bindings) > _MOST_BINDINGS:
            return _End(Dubious(Doubt.VALUE), 0)
        self.asked = None
        ends = [self.chain(binding, ref) for binding in bindings]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return None  # it does not start at an import
        outcome, depth = min(known, key=_rank) if len(known) > 1 else known[0]
        return _End(outcome, depth, self.asked)

    def bindings(self, ref: Ref) -> list[Binding] | None:
        """Give what may be bound to the root; None when no statement in force binds it."""
        if ref.scope > 0:
            scoped = self.lookup.failures.scope_bindings(self.module, ref.scope)
            return scoped.get(ref.name, [])
        entry = self.names.get(ref.name)
        if entry is None or not entry.ever:
            return [] if entry is not None and entry.live else None
        return entry.ever

    def chain(self, binding: Binding, ref: Ref) -> tuple[Outcome, int] | None:
        """Follow a chain from one binding; None when it does not start at an import."""
        try:
            value = self.values[binding]
        except KeyError:
            value = self.values[binding] = self.lookup.follow(self.module, binding)
        if isinstance(binding.step, Bind) and not isinstance(value, ModuleValue):
            return None
        if isinstance(value, Failed) and self.passed(binding):
            return None
        for depth, attribute in enumerate(ref.attributes):
            if not isinstance(value, ModuleValue):
                return value, depth
            owner = value.module
            self.need(owner, attribute)
            outcome = self.lookup.name(owner, attribute, importing=False)
            imported = None
            if isinstance(outcome, Dubious | Absent):
                imported = self.imported_below(binding, depth, attribute)
            if imported is not None:
                value = ModuleValue(imported)
                continue
            if isinstance(outcome, Dubious):
                self.asked = owner, attribute
                return outcome, depth + 1
            if isinstance(outcome, Absent):
                failed = self.not_reached(owner, attribute)
                if failed is not None:
                    return failed, depth
                return self.missing_attribute(owner, attribute, outcome), depth + 1
            value = outcome.value if isinstance(outcome, Maybe) else outcome
        return value, len(ref.attributes)

    def imported_below(self, binding: Binding, depth: int, attribute: str) -> Module | None:
        """Give the submodule that `import a.b` itself has set on `a`."""
        step = binding.step
        if not isinstance(step, ImportModule) or step.alias:
            return None
        parts = step.module.split(".")[: depth + 2]
        if parts[-1] != attribute or len(parts) != depth + 2:
            return None
        found = self.lookup.module(".".join(parts), self.module)
        return found if isinstance(found, Module) else None

    def not_reached(self, owner: Module, name: str) -> Failed | None:
        """Give the failure of a module before it comes to bind a name."""
        names = self.lookup.names(owner)
        entry = names.get(name) if names is not None else None
        failure = self.lookup.failures.of_module(owner)
        if failure is None or entry is None or not entry.dead:
            return None
        place = Span(failure.line, 1, failure.line, 1)
        return Failed(failure.path, place, failure.exception)

    def passed(self, binding: Binding) -> bool:
        """Whether a broken import was caught where it stands, so that code goes on."""
        return binding.condition is not None

    def missing_attribute(self, owner: Module, attribute: str, absent: Absent) -> Absent:
        text = f"AttributeError: module '{owner.name}' has no attribute '{attribute}'"
        problem = Problem.UNDEFINED_ATTRIBUTE
        if owner.is_package:
            submodule = self.lookup.module(f"{owner.name}.{attribute}", owner)
            if isinstance(submodule, Module):
                problem = Problem.UNIMPORTED_SUBMODULE
        if absent.spelling is not None:
            written = absent.spelling.rpartition(".")[2]
            there = self.lookup.name(owner, written, importing=False)
            if isinstance(there, ModuleValue):
                return absent._replace(exception=text)
        return absent._replace(problem=problem, exception=text, spelling=None)

    def unbound(self, step: Use, at: Situation) -> None:
        """Judge a name that no statement in force binds."""
        name = step.ref.name
        entry = self.names.get(name)
        condition = show(entry.dead[-1].condition) if entry is not None and entry.dead else None
        if step.ref.scope != UNBOUND and (condition is None or "TYPE_CHECKING" not in condition):
            return
        self.links.references += 1
        if self.module.is_package and self.lookup.submodules.is_imported(self.module, name):
            self.links.resolved += 1  # importing a submodule binds it in its package
            return
        doubt = self.names.doubts[0] if self.names.doubts else None
        if doubt is None and self.lookup.evidence.sets_builtin(name):
            doubt = Doubt.BUILTINS
        if doubt is None and self.lookup.evidence.may_be_set(self.module, name):
            doubt = Doubt.OUTSIDE
        if doubt is None and self.lookup.evidence.handed_over(self.module, name):
            doubt = Doubt.OPEN
        if doubt is not None:
            self.settle(Dubious(doubt), step.span_of(0), at)
            return
        broken = self.broken_star()
        if broken is not None and step.ref.scope == UNBOUND:
            self.repeat(broken.exception, None, step.span_of(0), at)
            return
        sources = {
            found.name: found
            for star in self.names.stars
            if isinstance(found := self.lookup.relative(star, self.module), Module)
        }
        looked = next(iter(sources.values())) if len(sources) == 1 else self.module
        text = f"NameError: name '{name}' is not defined"
        path = looked.path if looked.summary is not None else None
        problem, origin = Problem.UNDEFINED_NAME, Origin.FIRST_PARTY
        absent = Absent(problem, looked.name, path, name, origin, text, condition)
        self.settle(absent, step.span_of(0), at)

    def broken_star(self) -> Absent | None:
        for star in self.names.stars:
            found = self.lookup.relative(star, self.module)
            if isinstance(found, Absent):
                return found
        return None

    # __all__


_NOT_BOUND = _End(Dubious(Doubt.OPEN), 0)  # no statement in force binds the root
_MOST_BINDINGS = 64  # of one name; what is bound more often is not known
_RANK: dict[type, int] = {ModuleValue: 0, Definition: 0, Maybe: 0, Dubious: 1, Failed: 2, Absent: 3}


def _rank(end: tuple[Outcome, int]) -> int:
    return _RANK[type(end[0])]


def _line(step: Bind | ImportModule | ImportFrom) -> int:
    return step.line if isinstance(step, Bind) else step.span.line
