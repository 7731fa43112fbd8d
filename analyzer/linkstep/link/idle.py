"""Functions that nothing calls, because their only calls stand under a flag that is false.

    DEBUNDLED = False

    def vendored(name):
        sys.modules["shop.vendor." + name] = sys.modules[name]

    if DEBUNDLED:
        vendored("six")

What such a function does never happens. That a function is called nowhere would be no proof:
frameworks call functions by their names. So one of its calls has to be there and be dead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from linkstep.link.modules import Module
from linkstep.link.relative import absolute_name
from linkstep.model.expressions import Expression, Not, Ref
from linkstep.model.steps import all_steps, blocks_of, every_step, root_of
from linkstep.model.summary import FileSummary, If, ImportFrom, Invoke, Step

Decide = Callable[[Expression | None], bool | None]


def idle_functions(summary: FileSummary, decide: Decide) -> set[str]:
    """Give the functions of a file that it only calls where control never gets."""
    if not summary.only_called:
        return set()
    everywhere = [*_calls(all_steps(summary.body))]
    alive = {*_calls(_alive(summary.body, decide))}
    for index, scope in enumerate(summary.scopes):
        if index:
            name = root_of(summary, index)
            alive |= {called for called in _calls(all_steps(scope.steps)) if called != name}
    return {name for name in summary.only_called if name in everywhere} - alive


def is_taken(name: str, module: Module, other: Module, text: bytes) -> bool:
    """Whether another file may take a function from its module, to call it."""
    if name.encode() not in text and b"*" not in text:
        return False
    word = re.escape(name.encode())
    if re.search(rb"\.\s*%b\b|[\"'.:]%b[\"']" % (word, word), text):
        return True
    return other.summary is not None and any(
        isinstance(step, ImportFrom)
        and any(alias.name in (name, "*") for alias in step.names)
        and absolute_name(other.package, step.level, step.module) in (module.name, None)
        for step in every_step(other.summary)
    )


def _calls(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Invoke) and step.ref.scope == 0 and not step.ref.attributes:
            yield step.ref.name


def _alive(steps: Sequence[Step], decide: Decide) -> Iterator[Step]:
    """Give the steps of a block, without branches that a flag of the module excludes."""
    for step in steps:
        yield step
        verdict = decide(step.test) if isinstance(step, If) and _is_flag(step.test) else None
        for place, block in enumerate(blocks_of(step)):
            if verdict is None or verdict is (place == 0):
                yield from _alive(block, decide)


def _is_flag(test: Expression | None) -> bool:
    if isinstance(test, Not):
        return _is_flag(test.operand)
    return isinstance(test, Ref) and test.scope == 0 and not test.attributes
