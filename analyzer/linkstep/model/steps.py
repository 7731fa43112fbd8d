"""Going through the steps of a summary, whatever the conditions around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

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


def root_of(summary: FileSummary, index: int) -> str:
    """Give the function or class of the module that a scope is, or is in."""
    while summary.scopes[index].parent > 0:
        index = summary.scopes[index].parent
    return summary.scopes[index].name
