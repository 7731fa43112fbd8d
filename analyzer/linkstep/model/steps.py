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
    pending: list[Iterator[Step]] = [iter(steps)]  # a generator for each level would be slow
    while pending:
        for step in pending[-1]:
            yield step
            if type(step) in _NESTING:
                pending.append(chain.from_iterable(blocks_of(step)))
                break
        else:
            pending.pop()


_NESTING = frozenset({If, Try, Repeat, Suppress, ClassBody})


def blocks_of(step: Step) -> Iterator[Sequence[Step]]:
    """Give the blocks that are directly in a step; most steps have none."""
    if isinstance(step, If | Repeat):
        yield step.body
        yield step.orelse
    elif isinstance(step, Try):
        yield step.body
        for handler in step.handlers:
            yield handler.body
        yield step.orelse
        yield step.final
    elif isinstance(step, Suppress | ClassBody):
        yield step.body


def every_step(summary: FileSummary) -> Iterator[Step]:
    """Give every step of a file, function bodies included."""
    yield from all_steps(summary.body)
    for scope in summary.scopes:
        yield from all_steps(scope.steps)


def steps_by_kind(
    summary: FileSummary, kinds: Collection[type[Step]]
) -> dict[type[Step], list[Any]]:
    """Give the steps of some kinds, function bodies included, in the order of `every_step`.

    One walk for several questions; what it passes by costs next to nothing.
    """
    found: dict[type[Step], list[Any]] = {kind: [] for kind in kinds}
    pending: list[Iterator[Step]] = [iter(scope.steps) for scope in reversed(summary.scopes)]
    pending.append(iter(summary.body))
    while pending:
        for step in pending[-1]:
            kind = type(step)
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
