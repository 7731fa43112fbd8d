"""Going through the steps of a summary, whatever the conditions around them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any

from linkstep.model.summary import (
    ClassBody,
    FileSummary,
    If,
    Repeat,
    Step,
    Suppress,
    Try,
)


def all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Give steps of a block and of all blocks nested in it, whatever the conditions."""
    return _with_nested([iter(steps)])


def _with_nested(pending: list[Iterator[Step]]) -> Iterator[Step]:
    """Give steps and those nested in them; the last of the `pending` blocks comes first."""
    while pending:  # a generator for each level would be slow
        for step in pending[-1]:
            yield step
            if type(step) in _NESTING:
                pending.append(chain.from_iterable(blocks_of(step)))
                break
        else:
            pending.pop()


_NESTING = frozenset({If, Try, Repeat, Suppress, ClassBody})


def blocks_of(step: Step) -> Sequence[Sequence[Step]]:
    """Give the blocks that are directly in a step; most steps have none."""
    if isinstance(step, _TWO_BLOCKS):
        return step.body, step.orelse
    if isinstance(step, _ONE_BLOCK):
        return (step.body,)
    if isinstance(step, Try):
        handled = [handler.body for handler in step.handlers]
        return (step.body, *handled, step.orelse, step.final)
    return ()


_TWO_BLOCKS = (If, Repeat)
_ONE_BLOCK = (Suppress, ClassBody)


def has_step(steps: Sequence[Step], kinds: Collection[type]) -> bool:
    """Whether a block has a step of some kinds, nested ones included."""
    for step in steps:
        kind = type(step)
        if kind in kinds:
            return True
        if kind in _NESTING:
            for block in blocks_of(step):
                if has_step(block, kinds):
                    return True
    return False


def every_step(summary: FileSummary) -> Iterator[Step]:
    """Give every step of a file, function bodies included."""
    return _with_nested(_bodies(summary))


def _bodies(summary: FileSummary) -> list[Iterator[Step]]:
    """Give the bodies of a file, the module's own last, as they are waited for."""
    return [iter(scope.steps) for scope in reversed(summary.scopes)] + [iter(summary.body)]


def steps_by_kind(
    summary: FileSummary, kinds: Collection[type[Step]]
) -> dict[type[Step], list[Any]]:
    """Give the steps of some kinds, function bodies included, in the order of `every_step`.

    One walk for several questions; what it passes by costs next to nothing.
    """
    found: dict[type[Step], list[Any]] = {kind: [] for kind in kinds}
    minded = _NESTING | found.keys()
    pending = _bodies(summary)
    while pending:
        for step in pending[-1]:
            kind = type(step)
            if kind not in minded:
                continue
            if kind in found:
                found[kind].append(step)
            if kind in _NESTING:
                pending.append(chain.from_iterable(blocks_of(step)))
                break
        else:
            pending.pop()
    return found


def root_of(summary: FileSummary, index: int) -> str:
    """Give the function or class of the module that a scope is, or is in."""
    while summary.scopes[index].parent > 0:
        index = summary.scopes[index].parent
    return summary.scopes[index].name
