"""Changes that mend a circle of imports: tried out, not guessed.

A change is proposed when the circle was executed with it, each of its modules first,
and nothing failed that did not fail before, and not this either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from linkstep.link.acts import Act, Binds, Import, Script, TakeAll, TakeNames
from linkstep.link.cycles import First, Scene, try_firsts
from linkstep.link.modules import Module
from linkstep.link.outcomes import ModuleValue
from linkstep.model.execution import CycleFailure, Remedy, RemedyKind, Verdict
from linkstep.model.expressions import Ref
from linkstep.model.steps import all_steps, every_step
from linkstep.model.summary import (
    Bind,
    Exports,
    ImportFrom,
    ImportModule,
    Invoke,
    Step,
    Use,
)

_BUDGET = 400_000


def remedies(
    failure: CycleFailure,
    module: Module,
    owner: Module,
    scene: Scene,
    before: Sequence[First],
    importers: Iterable[Module],
) -> tuple[Remedy, ...]:
    """Give the changes that mend a failure, the smallest first.

    `module` fails since `owner` is in progress; `importers` are those that import `module`,
    anywhere in them.
    """
    found: list[Remedy] = []
    moved = _moved(failure, owner, scene)
    if moved is not None and _mends(scene, owner, moved, before):
        line, below = failure.leaving_line, failure.binding_line
        found.append(Remedy(RemedyKind.MOVE, owner.path, line, below))
    statement = _statement(module, failure.span.line)
    if not isinstance(statement, ImportFrom) or not _can_wait(statement, module, scene, importers):
        return tuple(found)
    line = statement.span.line
    for kind in (RemedyKind.DEFER, RemedyKind.MODULE):
        script = _without(scene.of(module), line, whole=kind is RemedyKind.DEFER)
        if script is not None and _mends(scene, module, script, before):
            found.append(Remedy(kind, module.path, line, module=owner.name))
    return tuple(found)


def _mends(scene: Scene, module: Module, script: Script, before: Sequence[First]) -> bool:
    """Whether nothing raises any more with another script, and what ran before still does."""
    changed = Scene(
        scene.lookup, scene.source, scene.within, scene.doomed, scene.shaky, {module: script}
    )
    after = try_firsts(changed, [first.module for first in before], _BUDGET)
    verdicts = {first.module: first.verdict for first in after}
    return all(
        verdicts.get(first.module) is Verdict.RUNS
        or (first.verdict is Verdict.UNKNOWN and verdicts.get(first.module) is Verdict.UNKNOWN)
        for first in before
    )


def _moved(failure: CycleFailure, owner: Module, scene: Scene) -> Script | None:
    """Give the owner's script with the import that leaves it below the name's binding."""
    assert owner.summary is not None
    leaving = _statement(owner, failure.leaving_line)
    if leaving is None or failure.binding_line <= failure.leaving_line:
        return None
    between = _between(owner.summary.body, leaving, failure.name)
    if between is None or _uses(between, _bound(leaving)):
        return None
    script = list(scene.of(owner))
    start = next((i for i, act in enumerate(script) if _line(act) == failure.leaving_line), None)
    if start is None:
        return None
    act = script.pop(start)
    for index in range(start, len(script)):
        parts = _split(script[index], failure.name)
        if parts is not None:
            return (*script[:index], parts[0], act, *parts[1], *script[index + 1 :])
    return None


def _between(body: Sequence[Step], leaving: Step, name: str) -> list[Step] | None:
    """Give the steps from an import to the binding of a name, both at the top level."""
    start = next(i for i, step in enumerate(body) if step is leaving)
    found: list[Step] = []
    for step in body[start + 1 :]:
        found.append(step)
        if name in _bound(step):
            return found
    return None


def _bound(step: Step) -> set[str]:
    if isinstance(step, Bind):
        return {step.name}
    if isinstance(step, ImportModule):
        return {step.alias or step.module.partition(".")[0]}
    if isinstance(step, ImportFrom):
        return {alias.bound for alias in step.names}
    return set()


def _uses(steps: Iterable[Step], names: set[str]) -> bool:
    """Whether steps need one of the names; a star import may bring anything."""
    if "*" in names:
        return True
    for step in all_steps(tuple(steps)):
        if isinstance(step, Use | Invoke) and step.ref.name in names:
            return True
        if isinstance(step, Invoke) and step.ref.scope == 0 and not step.ref.attributes:
            return True  # the function may need them
        if isinstance(step, Bind) and isinstance(step.value, Ref) and step.value.name in names:
            return True
    return False


def _split(act: Act, name: str) -> tuple[Act, tuple[Act, ...]] | None:
    """Cut an act behind the binding of a name, if it binds it."""
    if isinstance(act, Binds):
        for index, (bound, _) in enumerate(act.names):
            if bound == name:
                rest = act.names[index + 1 :]
                return Binds(act.names[: index + 1]), (Binds(rest),) if rest else ()
    if isinstance(act, TakeNames) and any(taken.bound == name for taken in act.names):
        return act, ()
    if isinstance(act, Import) and act.name == name:
        return act, ()
    return None


def _line(act: Act) -> int:
    return act.span.line if isinstance(act, Import | TakeNames | TakeAll) else 0


def _statement(module: Module, line: int) -> ImportModule | ImportFrom | None:
    """Give the import statement at the top level of a module that is alone in its line."""
    assert module.summary is not None
    found = [
        step
        for step in module.summary.body
        if isinstance(step, ImportModule | ImportFrom)
        and (step.span.line == line or line in _lines(step))
    ]
    return found[0] if len(found) == 1 else None


def _lines(step: Step) -> Iterator[int]:
    if isinstance(step, ImportFrom):
        yield from (alias.span.line for alias in step.names)


def _can_wait(
    statement: ImportFrom, module: Module, scene: Scene, importers: Iterable[Module]
) -> bool:
    """Whether only functions of the module need the names that a statement binds."""
    assert module.summary is not None
    names = {alias.bound for alias in statement.names}
    if _uses(module.summary.body, names) or any(
        isinstance(step, Exports) and (step.of or names & {n.name for n in step.names})
        for step in all_steps(module.summary.body)
    ):
        return False
    return not any(_takes(importer, module, names, scene) for importer in importers)


def _takes(importer: Module, module: Module, names: set[str], scene: Scene) -> bool:
    """Whether another module takes one of the names from the module."""
    if importer.summary is None:
        return True
    for step in every_step(importer.summary):
        if isinstance(step, ImportFrom):
            taken = {alias.name for alias in step.names}
            if (taken & names or "*" in taken) and scene.lookup.relative(step, importer) is module:
                return True
        elif isinstance(step, Use) and names & set(step.ref.attributes):
            if step.ref.scope != 0:
                return True
            for length in range(len(step.ref.attributes)):
                ref = Ref(step.ref.name, step.ref.attributes[:length])
                value = scene.lookup.value_of(ref, importer)
                if value == ModuleValue(module) and step.ref.attributes[length] in names:
                    return True
    return False


def _without(script: Script, line: int, *, whole: bool) -> Script | None:
    """Give a script without a from-import, or with an import of its module instead."""
    for index, act in enumerate(script):
        if isinstance(act, TakeNames) and act.span.line == line:
            instead = () if whole else (Import(act.targets, act.span),)
            return (*script[:index], *instead, *script[index + 1 :])
    return None
