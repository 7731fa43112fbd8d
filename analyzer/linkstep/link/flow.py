"""Which steps of a block run, under which conditions, and what catches their exceptions.

One walk serves both users: the namespace of a module (which names end up bound) and the
linking of references (which statements can be reached). Tests are three-valued; a branch
that is decided against is not walked.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from linkstep.link.exceptions import catches
from linkstep.model.expressions import Expression
from linkstep.model.steps import all_steps
from linkstep.model.summary import (
    Bind,
    ClassBody,
    If,
    ImportFrom,
    ImportModule,
    Repeat,
    Step,
    Stop,
    StopKind,
    Suppress,
    Try,
    Unbind,
)

UNSURE = "?"
"""What `fails` answers when it cannot be known whether an import raises."""


Holds = Callable[[Expression | None, bool], bool]


class Situation:
    """The circumstances under which a step runs.

    `certain` is False inside branches that nothing decides. `guards` are the try and with
    statements around it, outermost first; `conditions` the undecided tests with the
    outcome they must have; `scope` the class body it stands in, or 0. `outer` is what it was
    made from, and `answers` what is known about its conditions.
    """

    __slots__ = ("answers", "certain", "conditions", "guards", "outer", "scope")

    def __init__(
        self,
        certain: bool = True,
        guards: tuple[Try | Suppress, ...] = (),
        conditions: tuple[tuple[Expression | None, bool], ...] = (),
        scope: int = 0,
        outer: Situation | None = None,
    ) -> None:
        self.answers: dict[Holds, bool] | None = None
        self.outer = outer
        self.certain = certain
        self.guards = guards
        self.conditions = conditions
        self.scope = scope

    def any_condition(self, holds: Holds) -> bool:
        """Whether `holds` is true of one of the conditions; each is asked about once.

        A chain of `elif` puts every branch under the tests of all branches before it.
        """
        if not self.conditions:
            return False
        pending: list[Situation] = []
        place: Situation | None = self
        while place is not None and (place.answers is None or holds not in place.answers):
            pending.append(place)
            place = place.outer
        answer = place is not None and place.answers is not None and place.answers[holds]
        for inner in reversed(pending):  # each adds at most one condition to those around it
            known = len(inner.outer.conditions) if inner.outer is not None else 0
            answer = answer or any(holds(*condition) for condition in inner.conditions[known:])
            if inner.answers is None:
                inner.answers = {}
            inner.answers[holds] = answer
        return answer

    def under(self, test: Expression | None, outcome: bool) -> Situation:
        """The same place inside a branch of an undecided test."""
        conditions = (*self.conditions, (test, outcome))
        return Situation(False, self.guards, conditions, self.scope, self)

    def after(self, test: Expression | None, outcome: bool) -> Situation:
        """The same place behind `if test: return`."""
        conditions = (*self.conditions, (test, outcome))
        return Situation(self.certain, self.guards, conditions, self.scope, self)

    def guarded(self, guard: Try | Suppress) -> Situation:
        """The same place inside a try or with statement."""
        guards = (*self.guards, guard)
        return Situation(self.certain, guards, self.conditions, self.scope, self)

    def maybe(self) -> Situation:
        """The same place when it is not known whether control gets there."""
        return Situation(False, self.guards, self.conditions, self.scope, self)

    def inside(self, scope: int) -> Situation:
        """The same place in a class body."""
        return Situation(self.certain, self.guards, self.conditions, scope, self)


class Ending(enum.Enum):
    """How a block ends."""

    GOES_ON = 0
    LEAVES = 1
    RAISES = 2


class Ran:
    """The result of walking a block: how it ends, with which exception, what it bound.

    `cause` is the step that raises, while it is known: an import, or the `raise` of what
    a handler further out has caught.
    """

    __slots__ = ("bound", "cause", "ending", "exception")

    def __init__(
        self,
        ending: Ending,
        bound: set[str],
        exception: str | None = None,
        cause: Step | None = None,
    ) -> None:
        self.ending = ending
        self.bound = bound
        self.exception = exception
        self.cause = cause


Decide = Callable[[Expression | None], bool | None]
Fails = Callable[[Step, Situation], str | None]
Emit = Callable[[Any, Situation], None]
Emits = Mapping[type, Emit]
Skip = Callable[[Sequence[Step], Expression | None], None]


class Flow:
    """Walks the steps of a block.

    `decide` evaluates a test. `fails` says which exception an import inside a guard
    raises: its name, None, or UNSURE. `emits` has, by kind, what gets the steps that can run;
    `skip` gets the branches that cannot, with the test that excludes them. What a block binds is
    told only where `binds` asks for it.
    """

    def __init__(
        self, decide: Decide, fails: Fails, emits: Emits, skip: Skip, *, binds: bool = False
    ) -> None:
        self.decide = decide
        self.fails = fails
        self.emits = emits
        self.skip = skip
        self.binding = _BINDING if binds else frozenset()
        self.minded = _LEADING_GUARDED | self.binding | emits.keys()

    def run(self, steps: Sequence[Step], at: Situation) -> Ran:
        """Walk one block in the situation `at`."""
        if not steps:
            return _NOTHING
        bound: set[str] = set()
        minded, emits, binding = self.minded, self.emits, self.binding
        leading = _LEADING_GUARDED if at.guards else _LEADING
        for index, step in enumerate(steps):
            kind = type(step)
            if kind not in minded:
                continue
            if kind not in leading:
                emit = emits.get(kind)
                if emit is not None:
                    emit(step, at)
                if kind in binding:
                    _note_bound(step, bound)
                continue
            if kind is If:
                ran, at = self._branches(step, at)  # type: ignore[arg-type]
            elif kind in _IMPORTS:
                ran, at = self._import(step, at)
            elif kind is Try:
                ran = self._try(step, at)  # type: ignore[arg-type]
            elif kind in _BLOCKS:
                ran = self._block(step, at)
            else:
                self._emit(step, at)
                ran = _stopped(step)  # type: ignore[arg-type]
            if ran is _NOTHING:
                continue
            bound |= ran.bound
            if ran.ending is not Ending.GOES_ON:
                self.skip(steps[index + 1 :], None)
                return Ran(ran.ending, bound, ran.exception, ran.cause) if bound else ran
        return Ran(Ending.GOES_ON, bound) if bound else _NOTHING

    def _emit(self, step: Step, at: Situation) -> None:
        emit = self.emits.get(type(step))
        if emit is not None:
            emit(step, at)

    def _import(self, step: Step, at: Situation) -> tuple[Ran, Situation]:
        """Walk an import inside a guard, which may catch what it raises."""
        failure = self.fails(step, at)
        if failure == UNSURE:
            at = at.maybe()
        self._emit(step, at)
        if failure is None or failure == UNSURE:
            bound = imported_names(step) if self.binding else set()
            return Ran(Ending.GOES_ON, bound), at
        return Ran(Ending.RAISES, set(), failure, step), at

    def _branches(self, step: If, at: Situation) -> tuple[Ran, Situation]:
        verdict = self.decide(step.test)
        if verdict is not None:
            taken, other = (step.body, step.orelse) if verdict else (step.orelse, step.body)
            self.skip(other, step.test)
            return self.run(taken, at), at
        body = self.run(step.body, at.under(step.test, True))
        orelse = self.run(step.orelse, at.under(step.test, False)) if step.orelse else _NOTHING
        if body.ending is Ending.GOES_ON:
            if orelse is _NOTHING:
                return _NOTHING, at
            if orelse.ending is Ending.GOES_ON:
                return Ran(Ending.GOES_ON, body.bound & orelse.bound), at
            return Ran(Ending.GOES_ON, body.bound), at.after(step.test, True)
        if orelse.ending is Ending.GOES_ON:
            return Ran(Ending.GOES_ON, orelse.bound), at.after(step.test, False)
        same = body.ending is orelse.ending and body.exception == orelse.exception
        exception = body.exception if same else None
        return Ran(body.ending, body.bound & orelse.bound, exception), at

    def _block(self, step: Step, at: Situation) -> Ran:
        if isinstance(step, ClassBody):
            ran = self.run(step.body, at.inside(step.scope))
            return Ran(ran.ending, set(), ran.exception, ran.cause)
        if isinstance(step, Suppress):
            ran = self.run(step.body, at.guarded(step))
            if ran.ending is Ending.RAISES and catches(step.catches, ran.exception) is not False:
                return Ran(Ending.GOES_ON, ran.bound)
            return ran
        assert isinstance(step, Repeat)
        if step.runs is False:
            self.skip(step.body, None)
            return self.run(step.orelse, at)
        # What is looped over may be empty, and `break` goes past the `else`.
        ran = self.run(step.body, at if step.runs else at.maybe())
        leaves = bool(step.orelse) and _may_break(step.body)
        after = self.run(step.orelse, at.maybe() if leaves else at)
        if step.runs and ran.ending is Ending.RAISES:
            return ran
        return Ran(Ending.GOES_ON, ran.bound | after.bound)

    def _try(self, step: Try, at: Situation) -> Ran:
        body = self.run(step.body, at.guarded(step))
        if body.ending is Ending.RAISES:
            ran = self._handled(step, body, at)
        else:
            ran = self._completed(step, body, at)
        if not step.final:
            return ran
        final = self.run(step.final, at)
        if final.ending is not Ending.GOES_ON:
            return final
        return Ran(ran.ending, ran.bound | final.bound, ran.exception, ran.cause)

    def _handled(self, step: Try, body: Ran, at: Situation) -> Ran:
        """Find the handler of an exception that the body certainly raises."""
        self.skip(step.orelse, None)
        ways: list[Ran] = []
        settled = False
        for handler in step.handlers:
            verdict = False if settled else catches(handler.catches, body.exception)
            if verdict is False:
                self.skip(handler.body, None)
                continue
            settled = verdict is True
            way = self.run(handler.body, at if settled and not ways else at.maybe())
            again = way.cause.reraises if isinstance(way.cause, Stop) else 0
            here = again in (0, handler.line)  # else it is what a handler further out caught
            if way.ending is Ending.RAISES and way.exception is None and here:
                way.exception = body.exception  # a bare `raise`, or `raise type(e)(...)`
                way.cause = body.cause
            ways.append(way)
        if not settled:
            ways.append(body)
        return _either_way(ways, body.bound)

    def _completed(self, step: Try, body: Ran, at: Situation) -> Ran:
        """Go on behind a body that ends, or may end, without an exception."""
        imports = _imports(step.body)
        unsure = any(self.fails(found, at.guarded(step)) == UNSURE for found in imports)
        handled: list[Ran] = []
        for handler in step.handlers:
            if imports and not unsure and _imports_only(handler.catches):
                self.skip(handler.body, None)
            else:
                handled.append(self.run(handler.body, at.maybe()))
        if body.ending is not Ending.GOES_ON:
            self.skip(step.orelse, None)
            ways = [body, *handled]
            if all(way.ending is not Ending.GOES_ON for way in ways):
                return body
            return _either_way(ways, set())
        orelse = self.run(step.orelse, at.maybe() if unsure else at)
        if orelse.ending is not Ending.GOES_ON:
            return _either_way([orelse, *handled], body.bound) if handled else orelse
        bound = body.bound | orelse.bound
        if unsure:
            return _either_way([Ran(Ending.GOES_ON, bound), *handled], set())
        return Ran(Ending.GOES_ON, bound)


_BLOCKS = frozenset({ClassBody, Suppress, Repeat})
_IMPORTS = frozenset({ImportFrom, ImportModule})
_BINDING = _IMPORTS | {Bind, Unbind}
_LEADING = _BLOCKS | {If, Try, Stop}  # steps after which control may be elsewhere
_LEADING_GUARDED = _LEADING | _IMPORTS
_NOTHING = Ran(Ending.GOES_ON, set())  # nobody adds to what it has bound
_LEFT = Ran(Ending.LEAVES, set())


def _note_bound(step: Step, bound: set[str]) -> None:
    if isinstance(step, Bind):
        bound.add(step.name)
    elif isinstance(step, Unbind):
        bound.discard(step.name)
    else:
        bound |= imported_names(step)


def imported_names(step: Step) -> set[str]:
    """Give the names that an import statement binds; `*` binds none that are known here."""
    if isinstance(step, ImportModule):
        return {step.alias or step.module.partition(".")[0]}
    assert isinstance(step, ImportFrom)
    return {name.bound for name in step.names if name.name != "*"}


def _stopped(step: Stop) -> Ran:
    if step.kind is StopKind.RAISE:
        name = (step.exception or "").rpartition(".")[2]
        return Ran(Ending.RAISES, set(), name or None, step)
    if step.kind is StopKind.EXIT:
        return Ran(Ending.RAISES, set(), "SystemExit")
    return _LEFT


def _either_way(ways: list[Ran], before: set[str]) -> Ran:
    """Join alternatives: what is bound on every way that goes on."""
    on = [way for way in ways if way.ending is Ending.GOES_ON]
    if not on:
        last = ways[-1]
        return Ran(last.ending, before, last.exception, last.cause)
    return Ran(Ending.GOES_ON, before | set.intersection(*(way.bound for way in on)))


def _may_break(steps: Sequence[Step]) -> bool:
    return any(isinstance(step, Stop) and step.kind is StopKind.LOOP for step in all_steps(steps))


def _imports_only(caught: tuple[str, ...]) -> bool:
    return bool(caught) and all(
        name.rpartition(".")[2] in ("ImportError", "ModuleNotFoundError") for name in caught
    )


def _imports(steps: Sequence[Step]) -> list[Step]:
    """Give the import statements of a try body, nested ones in undecided blocks too."""
    found: list[Step] = []
    for step in steps:
        if isinstance(step, ImportModule | ImportFrom):
            found.append(step)
        elif isinstance(step, If):
            found += _imports(step.body)
            found += _imports(step.orelse)
        elif isinstance(step, Try | Suppress | Repeat):
            found += _imports(step.body)
    return found
