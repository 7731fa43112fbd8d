"""The import system in the abstract: modules in progress offer what they have bound so far.

An `Importer` performs scripts. It keeps what `sys.modules` would hold: a module that is
not there is new, one that is there is in progress or done. What is bound on some branch
counts as bound, what may have run counts as run. So a name that is missing here is
missing, and an exception is only raised when nothing undecided has a part in it.

Rules of CPython (language reference, 5.3 to 5.5 and 7.11; `import_from` in ceval.c):
parents are imported first; a submodule is set on its package when its import is
complete; `from package import sub` imports a submodule that is no attribute, and takes
`sys.modules["package.sub"]` if it is no attribute even then; a module whose import fails
leaves `sys.modules`, and the next import executes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linkstep.link.acts import (
    Attempt,
    Binds,
    Call,
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
from linkstep.link.exceptions import IMPORT_FAMILY, catches
from linkstep.link.loading import Loader
from linkstep.link.modules import Module
from linkstep.link.progress import (
    LOOPED,
    RETURNED,
    STOPPED,
    Frame,
    OutOfBudgetError,
    Raised,
    Result,
    Stage,
    State,
    Value,
)
from linkstep.link.wording import cannot_access, cannot_import, no_attribute, not_defined
from linkstep.model.execution import ImportStep
from linkstep.model.expressions import Ref
from linkstep.model.summary import Span

_DEEPEST_CALL = 12


_A_SCRIPT = 20  # acts that cost as much as entering a script does


class Importer(Loader):
    """Imports the modules within its stage."""

    def __init__(self, stage: Stage, budget: int) -> None:
        super().__init__(stage, budget)
        self._handling = 0
        self._calls: list[tuple[Module, int]] = []
        self._perform: dict[type, Callable[[Any, Frame], Result]] = {
            Import: self._import,
            TakeNames: self._take_names,
            TakeAll: self._take_all,
            Read: self._read,
            Binds: self._binds,
            Unbinds: self._unbinds,
            Lists: self._lists,
            Choice: self._choice,
            Started: self._started,
            Loop: self._loop,
            Attempt: self._attempt,
            Suppressed: self._suppressed,
            Call: self._call,
            Local: self._local,
            Fails: self._fails,
            MayFail: self._mention_failure,
            Leaves: self._leaves,
            Unknown: self._lose_sight,
        }

    # Blocks

    def run(self, script: Script, frame: Frame) -> Result:
        """Perform the acts of a script until one ends it."""
        self.budget -= len(script) + _A_SCRIPT
        if self.budget < 0:
            raise OutOfBudgetError
        perform = self._perform
        for act in script:
            result = perform[type(act)](act, frame)
            if result is not None:
                return result
        return None

    def _maybe(self, script: Script, frame: Frame) -> Result:
        """Perform what may not be executed; nothing in it is certain."""
        certain, frame.certain = frame.certain, False
        result = self.run(script, frame)
        frame.certain = certain and not frame.left
        return result

    def _choice(self, act: Choice, frame: Frame) -> Result:
        if act.decided is not None and not self.deviated:
            return self.run(act.ways[act.decided], frame)
        certain, before = frame.certain, frame.bound
        frame.bound = set()
        first = self._maybe(act.ways[0], frame)
        bound, frame.bound = frame.bound, set()
        second = self._maybe(act.ways[1], frame)
        if certain:  # what both ways bind is bound, if both go on
            one = bound if first is None else frame.bound
            frame.state.maybe -= one & (frame.bound if second is None else one)
        frame.bound |= before | bound
        if LOOPED in (first, second):
            frame.certain = False
        if first is None or second is None:
            return None
        if first is STOPPED and second is STOPPED:
            return Raised(None) if certain else STOPPED
        return first if second is STOPPED else second

    def _started(self, act: Started, frame: Frame) -> Result:
        return self.run(act.body if frame.started else act.orelse, frame)

    def _loop(self, act: Loop, frame: Frame) -> Result:
        certain = frame.certain
        if act.runs:
            result = self.run(act.body, frame)
            if result is not None and result is not LOOPED:
                return result
        elif act.runs is None:
            result = self._maybe(act.body, frame)
        else:
            result = None
        frame.certain = certain and not frame.left
        if result is None:
            return self.run(act.orelse, frame)
        self._maybe(act.orelse, frame)
        return None

    def _attempt(self, act: Attempt, frame: Frame) -> Result:
        outer, self._may_fail = self._may_fail, False
        result = self.run(act.body, frame)
        may_fail, self._may_fail = self._may_fail, outer
        if isinstance(result, Raised):
            result = self._handled(act, result, frame)
        else:
            for handler in act.handlers:
                named = {name.rpartition(".")[2] for name in handler.catches}
                narrow = act.probe or (named and named <= IMPORT_FAMILY)
                if handler.body and (may_fail or result is STOPPED or not narrow):
                    self._maybe(handler.body, frame)
            if result is None:
                result = self.run(act.orelse, frame)
            elif result is STOPPED and act.handlers:
                result = None
        final = self.run(act.final, frame)
        return final if final is not None else result

    def _handled(self, act: Attempt, raised: Raised, frame: Frame) -> Result:
        for handler in act.handlers:
            verdict = catches(handler.catches, raised.exception)
            if verdict is False:
                continue
            self.deviated = self.deviated or raised.clash is not None
            if verdict is None:
                self._maybe(handler.body, frame)
                frame.certain = False
                self._doubt()
                return None
            self._handling += 1
            result = self.run(handler.body, frame)
            self._handling -= 1
            if isinstance(result, Raised) and result.exception is None:
                return raised  # a bare `raise`
            return result
        return raised

    def _suppressed(self, act: Suppressed, frame: Frame) -> Result:
        result = self.run(act.body, frame)
        if not isinstance(result, Raised):
            return None if result is STOPPED else result
        verdict = catches(act.catches, result.exception)
        if verdict is False:
            return result
        self.deviated = self.deviated or result.clash is not None
        if verdict is None:
            frame.certain = False
            self._doubt()
        return None

    def _local(self, act: Local, frame: Frame) -> Result:
        outer, frame.scope = frame.scope, act.scope
        result = self.run(act.body, frame)
        frame.scope = outer
        return result

    def _call(self, act: Call, frame: Frame) -> Result:
        key = (act.module, act.scope)
        if key in self._calls:
            return None
        if frame.depth >= _DEEPEST_CALL:
            self.undecided = True
            return None
        state = self.states.get(act.module) or State()
        certain = frame.certain and act.certain
        inner = Frame(act.module, state, certain, act.scope, frame.depth + 1)
        if act.module is frame.module:
            inner.names = frame.names  # it may be defined in the function that calls it
        assert act.module.summary is not None
        name = f"{act.module.name}.{act.module.summary.scopes[act.scope].name}()"
        self.chain.append(ImportStep(frame.module.name, frame.module.path, act.line, name))
        self._calls.append(key)
        result = self.run(self.stage.of_function(*key), inner)
        self._calls.pop()
        self.chain.pop()
        return result if isinstance(result, Raised) else None

    def _fails(self, act: Fails, frame: Frame) -> Result:
        if frame.certain:
            return Raised(act.exception)
        self._may_fail = True
        if self._handling and act.exception is None:
            self.undecided = True  # what was caught is raised again, or is not
        return STOPPED

    def _mention_failure(self, act: MayFail, frame: Frame) -> Result:
        self._may_fail = True
        return None

    def _leaves(self, act: Leaves, frame: Frame) -> Result:
        if not act.loop and not frame.certain:
            frame.left = True
        return LOOPED if act.loop else RETURNED

    def _lose_sight(self, act: Unknown, frame: Frame) -> Result:
        self.unfollowed = self.undecided = True
        return None

    # Names

    def _bind(self, frame: Frame, name: str, value: Value) -> None:
        if frame.scope:
            frame.names[frame.scope, name] = value
            return
        state = frame.state
        if frame.certain:
            state.maybe.discard(name)
        elif name not in state.names:
            state.maybe.add(name)
        state.names[name] = value
        frame.bound.add(name)

    def _binds(self, act: Binds, frame: Frame) -> Result:
        for name, value in act.names:
            self._bind(frame, name, self._value(value, frame) if isinstance(value, Ref) else value)
        return None

    def _unbinds(self, act: Unbinds, frame: Frame) -> Result:
        if frame.certain and not frame.scope:
            frame.state.names.pop(act.name, None)
        return None

    def _lists(self, act: Lists, frame: Frame) -> Result:
        frame.state.exports.append(act.step)
        self._bind(frame, "__all__", None)
        return None

    def _import(self, act: Import, frame: Frame) -> Result:
        raised = self._reach(act.targets, act.span.line, frame)
        if raised is None:  # the statement gives the first package, and imports it if need be
            raised = self._reach(act.targets[:1], act.span.line, frame)
        if raised is not None:
            return raised
        if act.name is not None:
            self._bind(frame, act.name, act.value)
        return None

    def _take_names(self, act: TakeNames, frame: Frame) -> Result:
        raised = self._reach(act.targets, act.span.line, frame)
        if raised is not None:
            return raised
        owner = act.owner
        if owner.is_package:
            for taken in act.names:
                if taken.submodule is not None and taken.submodule not in self.states:
                    raised = self._take_submodule(taken, owner, frame)
                    if raised is not None:
                        return raised
        state = self.states.get(owner)  # from here on nothing is imported
        for taken in act.names:
            value: Value = None
            if state is not None and taken.name in state.names:
                value = self._offered(state, taken.name)
            elif taken.missing is not None:
                if not frame.certain:
                    self._doubt()
                return self._fails(Fails(taken.missing), frame)
            elif taken.submodule is not None and self._is_there(taken.submodule):
                value = taken.submodule
            elif state is not None:
                raised = self._not_bound(taken, owner, frame)
                if raised is not None:
                    return raised
            self._bind(frame, taken.bound, value)
        return None

    def _offered(self, state: State, name: str) -> Value:
        """Give a name that a module has, or that it has if the right branches were taken."""
        if name in state.maybe and not state.done:
            self._doubt()
        return state.names[name]

    def _take_submodule(self, taken: Taken, owner: Module, frame: Frame) -> Raised | None:
        """Import a submodule that its package does not have as an attribute yet."""
        state = self.states.get(owner)
        if taken.submodule is None or (state is not None and taken.name in state.names):
            return None
        return self._reach((taken.submodule,), taken.span.line, frame)

    def _is_there(self, module: Module) -> bool:
        """Whether a module is in sys.modules, once it was asked for."""
        return module in self.states or module not in self.stage.within

    def _not_bound(self, taken: Taken, owner: Module, frame: Frame) -> Raised | None:
        if not self._lacks(owner, taken.name):
            return None
        in_progress = not self.states[owner].done
        text = cannot_import(taken.name, owner.name, self.stage.version, in_progress=in_progress)
        return self._raised(text, frame, taken.span, owner, taken.name)

    def _lacks(self, owner: Module, name: str) -> bool:
        """Whether a name that nothing has bound so far is certain to be missing."""
        lacks = self.stage.lacks(owner, name)
        if lacks is None:
            self._doubt()
        return lacks is True

    def _take_all(self, act: TakeAll, frame: Frame) -> Result:
        raised = self._reach(act.targets, act.span.line, frame)
        state = self.states.get(act.owner)
        if raised is not None or state is None:
            return raised
        listed = _listed(state)
        if listed is None:
            for name, value in list(state.names.items()):
                if state.exports or not name.startswith("_"):
                    self._bind(frame, name, value)
            return None
        for name in listed:
            if name not in state.names:
                submodule = self.stage.submodule(act.owner, name)
                if submodule is not None:
                    raised = self._reach((submodule,), act.span.line, frame)
            if raised is None and name not in state.names:
                raised = self._lacking(act.owner, name, act.span, frame)
            if raised is not None:
                return raised
            self._bind(frame, name, state.names.get(name))
        return None

    def _read(self, act: Read, frame: Frame) -> Result:
        ref = act.ref
        if act.starred:
            return self._read_name(act.about, act, frame)
        value = self._root(ref, frame)
        for depth, name in enumerate(ref.attributes):
            if value is None:
                return None
            state = self.states.get(value)
            if state is not None and name in state.names:
                value = self._offered(state, name)
                continue
            submodule = self._by_name.get(f"{value.name}.{name}")
            if state is None and (submodule is None or self.states[submodule].done):
                value = submodule
                continue
            return self._lacking(value, name, act.step.span_of(depth + 1), frame)
        return None

    def _lacking(self, owner: Module, name: str, span: Span, frame: Frame) -> Raised | None:
        """Raise for an attribute that a module does not have so far, or has lost its chance of."""
        if not self._lacks(owner, name):
            return None
        version = self.stage.version
        submodule = self.stage.submodule(owner, name)
        state = self.states.get(owner)
        if state is not None and not state.done:
            text = no_attribute(name, owner.name, version, owner.path)
        elif submodule is None:
            text = no_attribute(name, owner.name, version)
        elif submodule in self.states and self.states[submodule].done:
            text = no_attribute(name, owner.name, version)  # set on a package that failed since
        elif submodule in self.states:
            text = cannot_access(name, owner.name, version)
        else:
            self._doubt()  # whoever imports it may have done so already
            return None
        return self._raised(text, frame, span, owner, name)

    def _read_name(self, star: Module, act: Read, frame: Frame) -> Raised | None:
        """Read a name that only a star import binds."""
        name = act.ref.name
        known = name in frame.state.names or star not in self.states
        if known or frame.module not in self.states:
            return None
        if not self._lacks(frame.module, name):
            return None
        return self._raised(not_defined(name), frame, act.step.span_of(0), star, name)

    def _root(self, ref: Ref, frame: Frame) -> Value:
        if ref.scope > 0:
            return frame.names.get((ref.scope, ref.name))
        return frame.state.names.get(ref.name)

    def _value(self, ref: Ref, frame: Frame) -> Value:
        """Give the module that a chain of attributes stands for, if it is one."""
        value = self._root(ref, frame)
        for name in ref.attributes:
            state = self.states.get(value) if value is not None else None
            value = state.names.get(name) if state is not None else None
        return value


def _listed(state: State) -> list[str] | None:
    """Give what `__all__` lists so far; None when it does not exist or is not known."""
    if not state.exports:
        return None
    listed: list[str] = []
    for step in state.exports:
        if step.of or not step.complete:
            return None
        names = [exported.name for exported in step.names]
        if step.operation == "set":
            listed = names
        elif step.operation == "remove":
            listed = [name for name in listed if name not in names]
        else:
            listed = listed + names
    return listed
