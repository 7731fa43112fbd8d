"""From the steps of a file to its script: what can matter to the order of imports.

Everything that does not depend on the order is settled here, once: what an import leads
to, which branch the target takes, which names nobody has, who is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Several

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
    Unknown,
)
from linkstep.link.callees import Callee, bindings_of, called
from linkstep.link.guarding import is_main_test
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.namespaces import Binding
from linkstep.link.on_demand import asked_for, gone_through
from linkstep.link.outcomes import Absent, Dubious, ModuleValue, exception_name
from linkstep.link.relative import absolute_name
from linkstep.model.environment import Missing
from linkstep.model.expressions import (
    Both,
    Compare,
    Either,
    Expression,
    Item,
    Join,
    Member,
    Not,
    Ref,
    Sequence,
)
from linkstep.model.expressions import Call as Calling
from linkstep.model.summary import (
    Bind,
    ClassBody,
    Exports,
    If,
    ImportByName,
    ImportedName,
    ImportFrom,
    ImportModule,
    Invoke,
    Repeat,
    Span,
    Step,
    Stop,
    StopKind,
    Suppress,
    Try,
    Unbind,
    Use,
)

# Where names of the target begin: a test of nothing else holds in every order of imports.
_FIRM = frozenset({"sys", "os", "platform", "typing", "TYPE_CHECKING", "MYPY", "six"}) | {
    *("version_info", "PY2", "PY3", "__debug__", "importlib", "find_spec"),
}
# What asks for the state of a module that may still be in progress.
_ASKING = frozenset({"hasattr", "getattr", "globals", "locals", "vars", "dir"})


class Scripts:
    """Scripts of modules and functions, each made when it is first asked for."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self._of_module: dict[Module, Script] = {}
        self._of_function: dict[tuple[Module, int], Script] = {}
        self._called: dict[tuple[Module, Ref], tuple[Callee, ...]] = {}

    def of(self, module: Module) -> Script:
        """Give what importing a module does; nothing for one that cannot be read."""
        script = self._of_module.get(module)
        if script is None:
            script = self._of_module[module] = self._written(module, _WRITERS)
        return script

    def imports_of(self, module: Module) -> Script:
        """Give the imports of a module that stand in no other statement, among other acts."""
        script = self._of_module.get(module)
        return self._written(module, _IMPORT_WRITERS) if script is None else script

    def _written(self, module: Module, writers: Writers) -> Script:
        summary = module.summary
        if summary is None:
            return ()
        if summary.problem is not None:
            return (Fails("SyntaxError"),)
        if module.compiled:
            return (Unknown(),)
        self.lookup.scripted.add((module.path, 0))
        self.lookup.names(module)
        return _Writer(self, module, 0, writers).script(summary.body)

    def of_function(self, module: Module, scope: int) -> Script:
        """Give what a call of a function does."""
        script = self._of_function.get((module, scope))
        if script is None:
            assert module.summary is not None
            steps = module.summary.scopes[scope].steps
            self.lookup.scripted.add((module.path, scope))
            script = _Writer(self, module, scope, _WRITERS).script(steps)
            self._of_function[module, scope] = script
        return script

    def called(self, module: Module, ref: Ref) -> tuple[Callee, ...]:
        """Give the functions that a call in a module may run, as far as they are known."""
        found = self._called.get((module, ref))
        if found is None:
            found = self._called[module, ref] = called(self.lookup, module, ref)
        return found


class _Writer:
    """Writes the script of one block; `scope` is the namespace its names are bound in.

    `writers` has, by kind, what writes the steps that matter.
    """

    def __init__(self, scripts: Scripts, module: Module, scope: int, writers: Writers) -> None:
        self.scripts = scripts
        self.writers = writers
        self.lookup = scripts.lookup
        self.module = module
        self.scope = scope
        self.guarded = 0
        self.loops: dict[str, tuple[str, ...]] = {}

    def script(self, steps: Several[Step]) -> Script:
        acts: list[Act] = []
        for step in steps:
            write = self.writers.get(type(step))
            if write is not None:
                write(self, step, acts)
        return tuple(acts)

    # Imports

    def import_module(self, step: ImportModule, acts: list[Act]) -> None:
        name = step.alias or step.module.partition(".")[0]
        if step.lazy:
            _bind(acts, name, None)
            return
        value = self.enter(step.module, step.span, acts)
        if value is not None and not step.alias:
            value = self.found(step.module.partition(".")[0])
        last = acts[-1] if acts else None
        if isinstance(last, Import) and last.span is step.span:
            acts[-1] = last._replace(name=name, value=value)
        elif not isinstance(last, Fails):
            _bind(acts, name, value if value is not None and value.is_first_party else None)

    def enter(self, name: str, span: Span, acts: list[Act]) -> Module | None:
        """Write the import of a dotted name; give its module when there is one."""
        found = self.lookup.module(name, self.module)
        targets = self.targets(name)
        if targets:
            acts.append(Import(targets, span))
        if isinstance(found, Dubious) and self.is_own(name):
            acts.append(Unknown())
        if isinstance(found, Module):
            self.outside(found, acts)
            return found
        self.unfound(found, acts)
        return None

    def is_own(self, name: str) -> bool:
        """Whether a name may be one of the module's own top-level package."""
        return name.partition(".")[0] == self.module.name.partition(".")[0]

    def unfound(self, found: Absent | Dubious, acts: list[Act]) -> None:
        if isinstance(found, Absent):
            acts.append(Fails(exception_name(found.exception)))
        elif self.guarded:
            acts.append(MayFail())

    def outside(self, found: Module, acts: list[Act]) -> None:
        """Write that a module of the environment raises when it is imported."""
        if not found.is_first_party:
            failure = self.lookup.failures.of_module(found)
            if failure is not None:
                acts.append(Fails(exception_name(failure.exception)))

    def targets(self, name: str) -> tuple[Module, ...]:
        """Give the modules of the project that importing a name executes, parents first."""
        parts = name.split(".")
        found = (self.found(".".join(parts[: i + 1])) for i in range(len(parts)))
        return tuple(module for module in found if module is not None and _has_script(module))

    def found(self, name: str) -> Module | None:
        module = self.lookup.modules.find(name, self.module)
        return None if isinstance(module, Missing) else module

    def import_from(self, step: ImportFrom, acts: list[Act]) -> None:
        found = self.lookup.relative(step, self.module)
        if step.lazy or not isinstance(found, Module):
            if not step.lazy and not isinstance(found, Module):
                self.unfound(found, acts)
                if isinstance(found, Dubious) and (step.level or self.is_own(step.module)):
                    acts.append(Unknown())
            for alias in step.names:
                _bind(acts, alias.bound, None)
            return
        targets = self.targets(found.name)
        self.outside(found, acts)
        if step.names[0].name == "*":
            self.star(step, found, targets, acts)
        elif not found.is_first_party:
            self.names_outside(step, found, acts)
        else:
            names = tuple(self.taken(alias, found) for alias in step.names)
            acts.append(TakeNames(targets, found, names, step.span))
            for alias in step.names:
                self.on_demand(found, alias.name, alias.span, acts)

    def on_demand(self, owner: Module, name: str, span: Span, acts: list[Act]) -> None:
        """Write what the `__getattr__` of a module imports, unless it has the name by then."""
        source = asked_for(self.lookup, owner, name)
        targets = self.targets(source) if source is not None else ()
        if targets:
            acts.append(Choice(((Import(targets, span),), ()), None))

    def taken(self, alias: ImportedName, owner: Module) -> Taken:
        submodule = self.found(f"{owner.name}.{alias.name}") if owner.is_package else None
        missing = None
        if owner is not self.module:
            outcome = self.lookup.name(owner, alias.name, importing=True)
            if isinstance(outcome, Absent):
                missing = exception_name(outcome.exception)
        return Taken(alias.name, alias.bound, alias.span, submodule, missing)

    def names_outside(self, step: ImportFrom, owner: Module, acts: list[Act]) -> None:
        for alias in step.names:
            outcome = self.lookup.name(owner, alias.name, importing=True)
            if isinstance(outcome, Absent):
                acts.append(Fails(exception_name(outcome.exception)))
            elif isinstance(outcome, Dubious) and self.guarded:
                acts.append(MayFail())
            _bind(acts, alias.bound, None)

    def star(
        self, step: ImportFrom, owner: Module, targets: tuple[Module, ...], acts: list[Act]
    ) -> None:
        if _has_script(owner):
            acts.append(TakeAll(targets, owner, step.span))
            return
        for name in self.lookup.exports.star_names(self.module, step).names:
            _bind(acts, name, None)

    def import_by_name(self, step: ImportByName, acts: list[Act]) -> None:
        names: Several[object] = (self.lookup.evaluator.value(step.name, self.module),)
        if isinstance(step.name, Ref) and step.name.name in self.loops:
            names = self.loops[step.name.name]
        for name in names:
            if not isinstance(name, str) or not name:
                acts.append(Unknown())
                continue
            if name.startswith("."):
                tail = name.lstrip(".")
                name = absolute_name(self.module.package, len(name) - len(tail), tail) or ""
            if name:
                self.enter(name, step.span, acts)

    # Names

    def bind(self, step: Bind, acts: list[Act]) -> None:
        value: Module | Ref | None = None
        if isinstance(step.value, Ref) and step.value.scope >= 0:
            value = step.value
        elif isinstance(step.value, Calling):
            outcome = self.lookup.follow(self.module, Binding(step, None))
            if isinstance(outcome, ModuleValue) and outcome.module.is_first_party:
                value = outcome.module
        _bind(acts, step.name, value)

    def unbind(self, step: Unbind, acts: list[Act]) -> None:
        acts.append(Unbinds(step.name))

    def exports(self, step: Exports, acts: list[Act]) -> None:
        if self.scope == 0:
            acts.append(Lists(step))

    def use(self, step: Use, acts: list[Act]) -> None:
        alone = not step.ref.attributes
        about = self.starred(step.ref.name) if alone else self.module_behind(step.ref)
        if about is not None:
            acts.append(Read(step.ref, step, about, alone))
            if not alone:
                self.on_demand(about, step.ref.attributes[0], step.span, acts)

    def starred(self, name: str) -> Module | None:
        """Give the module whose star import is the one binding of a name."""
        bindings = bindings_of(self.lookup, self.module, Ref(name))
        if len(bindings) != 1:
            return None
        step = bindings[0].step
        if not isinstance(step, ImportFrom) or step.names[0].name != "*":
            return None
        found = self.lookup.relative(step, self.module)
        return found if isinstance(found, Module) and _has_script(found) else None

    def module_behind(self, ref: Ref, seen: set[tuple[str, int]] | None = None) -> Module | None:
        """Give the module of the project that the root of a chain may be."""
        asked = set() if seen is None else seen
        asked.add((ref.name, ref.scope))
        for binding in bindings_of(self.lookup, self.module, ref):
            source = binding.step.value if isinstance(binding.step, Bind) else None
            if isinstance(source, Ref) and source.scope > 0:
                # Names that are made of each other are many ways to the same few bindings.
                about = None
                if (source.name, source.scope) not in asked:
                    about = self.module_behind(source, asked)
                if about is not None:
                    return about
            value = self.lookup.follow(self.module, binding)
            if isinstance(value, ModuleValue) and value.module.is_first_party:
                return value.module
        return None

    def invoke(self, step: Invoke, acts: list[Act]) -> None:
        for callee in self.scripts.called(self.module, step.ref):
            acts.append(Call(*callee, step.line))

    # Control flow

    def branch(self, step: If, acts: list[Act]) -> None:
        if is_main_test(step.test) and self.scope == 0:
            acts.append(Started(self.script(step.body), self.script(step.orelse)))
            return
        roots = frozenset(_roots(step.test))
        verdict = None
        if roots.isdisjoint(_ASKING):
            verdict = self.lookup.evaluator.decide(step.test, self.module)
        if verdict is not None and roots <= _FIRM:
            acts.extend(self.script(step.body if verdict else step.orelse))
            return
        ways = (self.script(step.body), self.script(step.orelse))
        if any(ways):
            acts.append(Choice(ways, None if verdict is None else int(not verdict)))

    def attempt(self, step: Try, acts: list[Act]) -> None:
        self.guarded += 1
        body = self.script(step.body)
        self.guarded -= 1
        handlers = tuple(Caught(h.catches, self.script(h.body)) for h in step.handlers)
        orelse, final = self.script(step.orelse), self.script(step.final)
        acts.append(Attempt(body, handlers, orelse, final, step.probe))

    def suppress(self, step: Suppress, acts: list[Act]) -> None:
        self.guarded += 1
        acts.append(Suppressed(step.catches, self.script(step.body)))
        self.guarded -= 1

    def repeat(self, step: Repeat, acts: list[Act]) -> None:
        outer = self.loops
        known = gone_through(self.lookup, self.module, step)
        self.loops = {**outer, **known}
        body = self.script(step.body)
        self.loops = outer
        runs = any(known.values()) if known else step.runs
        acts.append(Loop(runs, body, self.script(step.orelse)))

    def class_body(self, step: ClassBody, acts: list[Act]) -> None:
        outer, self.scope = self.scope, step.scope
        body = self.script(step.body)
        self.scope = outer
        if body:
            acts.append(Local(step.scope, body))

    def stop(self, step: Stop, acts: list[Act]) -> None:
        if step.kind is StopKind.RAISE:
            acts.append(Fails((step.exception or "").rpartition(".")[2] or None))
        elif step.kind in (StopKind.EXIT, StopKind.SKIP):
            acts.append(Fails("SystemExit" if step.kind is StopKind.EXIT else None))
        else:
            acts.append(Leaves(step.kind is StopKind.LOOP))


Writers = dict[type, Callable[..., None]]
_IMPORT_WRITERS: Writers = {
    ImportModule: _Writer.import_module,
    ImportFrom: _Writer.import_from,
    ImportByName: _Writer.import_by_name,
    If: _Writer.branch,  # the target may decide it
}
_WRITERS: Writers = {
    **_IMPORT_WRITERS,
    Bind: _Writer.bind,
    Unbind: _Writer.unbind,
    Exports: _Writer.exports,
    Use: _Writer.use,
    Invoke: _Writer.invoke,
    Try: _Writer.attempt,
    Suppress: _Writer.suppress,
    Repeat: _Writer.repeat,
    ClassBody: _Writer.class_body,
    Stop: _Writer.stop,
}


def _bind(acts: list[Act], name: str, value: Module | Ref | None) -> None:
    """Write a binding, in one act with those before it."""
    last = acts[-1] if acts else None
    if isinstance(last, Binds):
        last.names.append((name, value))
    else:
        acts.append(Binds([(name, value)]))


def _has_script(module: Module) -> bool:
    return module.is_first_party and not module.path.endswith("/") and module.why_opaque is None


def _roots(expression: Expression | None) -> Iterator[str]:
    """Give the names at which the chains of an expression begin."""
    match expression:
        case Ref(name):
            yield name
        case Not(operand) | Item(operand) | Member(operand):
            yield from _roots(operand)
        case Both(parts) | Either(parts) | Sequence(parts):
            for part in parts:
                yield from _roots(part)
        case Compare(left, _, right) | Join(_, left, right):
            yield from _roots(left)
            yield from _roots(right)
        case Calling(function, arguments):
            yield from _roots(function)
            for argument in arguments:
                yield from _roots(argument)
