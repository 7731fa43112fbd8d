"""What a finding about a circle of imports means to its reader, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkstep.model.execution import ImportStep, Order, Remedy, RemedyKind
from linkstep.model.facts import FailingCycle, ImportCycle
from linkstep.report.visible import visible

_SHOWN = 3
_LONGEST = 10  # steps of a chain that are told one by one


def failing_rows(fact: FailingCycle) -> Iterator[tuple[str, str]]:
    """Give the rows of a circle that raises: the two lines, the order, the way out.

    >>> from linkstep.model.facts import Hit
    >>> from linkstep.model.summary import Span
    >>> chain = (ImportStep("", "", 0, "a"), ImportStep("a", "a.py", 1, "b"))
    >>> fact = FailingCycle(
    ...     "b.py", Span(1, 15, 1, 16), "b", "a", "a.py", "X", "ImportError: ...",
    ...     Order.FIRST_IMPORT, Hit.POSSIBLE, "a", chain, 1, 2, None, ("a",), ("b",),
    ...     (Remedy(RemedyKind.MOVE, "a.py", 1, 2),),
    ... )
    >>> for row in failing_rows(fact):
    ...     print(*row)
    found a.py:1 leaves a for an import, and X is bound at line 2 only
    order a is imported first
     a.py:1 imports b
     b.py:1 needs X of a
    effect fails when a is imported first, works when b is
    help move line 1 of a.py below line 2
    """
    yield "found", _found(fact)
    for number, sentence in enumerate(_steps(fact)):
        yield ("" if number else "order"), sentence
    yield "effect", _effect(fact)
    for number, remedy in enumerate(fact.remedies):
        yield ("" if number else "help"), ("or " if number else "") + advice(remedy, fact)


def plain_rows(fact: ImportCycle) -> Iterator[tuple[str, str]]:
    """Give the rows of a circle that does not raise: every import in it."""
    for number, edge in enumerate(fact.edges):
        yield ("" if number else "cycle"), _step(edge)
    yield "effect", "none as it stands; the order of imports and of lines matters from now on"


def _found(fact: FailingCycle) -> str:
    name, module = visible(fact.name), visible(fact.module)
    late = f"{name} is bound at line {fact.binding_line} only"
    if fact.binding_line == 0:
        late = f"its submodule {name} is not complete"
    if fact.leaving_line == 0:
        return f"{visible(fact.module_path)} is in progress, and {late}"
    place = f"{visible(fact.module_path)}:{fact.leaving_line}"
    return f"{place} leaves {module} for an import, and {late}"


def _steps(fact: FailingCycle) -> Iterator[str]:
    """Tell the order that fails, a long one without its middle."""
    first, *rest = fact.chain
    yield f"{visible(first.module)} is {'started' if fact.entry else 'imported first'}"
    sentences = [_step(step) for step in rest]
    if len(sentences) > _LONGEST:
        left_out = len(sentences) - _LONGEST
        kept = _LONGEST // 2
        sentences[kept:-kept] = [f"... {left_out} more imports ..."]
    yield from sentences
    place = f"{visible(fact.path)}:{fact.span.line}"
    yield f"{place} needs {visible(fact.name)} of {visible(fact.module)}"


def _step(step: ImportStep) -> str:
    verb = "calls" if step.module.endswith("()") else "imports"
    return f"{visible(step.path)}:{step.line} {verb} {visible(step.module)}"


def _effect(fact: FailingCycle) -> str:
    if fact.order is Order.ALWAYS:
        return f"fails whichever of {_some(fact.failing)} is imported first"
    if fact.entry:
        return f"fails when {visible(fact.entry)} is started"
    failing = f"fails when {_some(fact.failing)} is imported first"
    return f"{failing}, works when {_some(fact.working)} is" if fact.working else failing


def advice(remedy: Remedy, fact: FailingCycle) -> str:
    """Say what to change, so that no order of imports fails any more."""
    path, name = visible(remedy.path), visible(fact.name)
    if remedy.kind is RemedyKind.MOVE:
        return f"move line {remedy.line} of {path} below line {remedy.below}"
    if remedy.kind is RemedyKind.DEFER:
        return f"move line {remedy.line} of {path} into the functions that use it"
    module = visible(remedy.module)
    return f"write `import {module}` in line {remedy.line} of {path}, and {name} as {module}.{name}"


def _some(names: Sequence[str]) -> str:
    """Give up to three names and the number of the others, as alternatives."""
    shown = [visible(name) for name in names[:_SHOWN]]
    if len(names) > _SHOWN:
        return f"{', '.join(shown)} or another of {len(names)}"
    *first, last = shown or ["a module"]
    return f"{', '.join(first)} or {last}" if first else last
