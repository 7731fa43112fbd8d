"""Where the import statements of a file stand: in which function, within which guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from linkstep.analyses.called_functions import nested
from linkstep.model.summary import (
    Bind,
    ClassBody,
    FileSummary,
    If,
    ImportedName,
    ImportFrom,
    ImportModule,
    Repeat,
    Step,
    Suppress,
    Try,
)

Guarding = tuple[Try | Suppress, ...]
"""The try and with statements around a place, outermost first."""


class Site(Struct, frozen=True):
    """An import statement; `function` is the one it stands in, None for the module itself."""

    step: ImportModule | ImportFrom
    function: str | None = None
    guards: Guarding = ()

    @property
    def lines(self) -> tuple[int, ...]:
        """The line of the statement, and those of the names that it takes."""
        names = self.step.names if isinstance(self.step, ImportFrom) else ()
        return (self.step.span.line, *(name.span.line for name in names))


def import_sites(summary: FileSummary) -> Iterator[Site]:
    """Give the import statements of a file, whatever the conditions around them."""
    yield from _within(summary.body, None, ())
    for scope in summary.scopes:
        if not scope.is_class:
            yield from _within(scope.steps, scope.name, ())


def _within(steps: Sequence[Step], function: str | None, guards: Guarding) -> Iterator[Site]:
    for step in steps:
        if isinstance(step, ImportModule | ImportFrom):
            yield Site(step, function, guards)
        elif isinstance(step, Try):
            yield from _within(step.body, function, (*guards, step))
            for block in (*(one.body for one in step.handlers), step.orelse, step.final):
                yield from _within(block, function, guards)
        elif isinstance(step, Suppress):
            yield from _within(step.body, function, (*guards, step))
        elif isinstance(step, If | Repeat):
            yield from _within(step.body, function, guards)
            yield from _within(step.orelse, function, guards)
        elif isinstance(step, ClassBody):
            yield from _within(step.body, function, guards)


def bound_at(summary: FileSummary, name: str) -> int | None:
    """Give the last line on which a module binds a name, None when no statement does.

    >>> from linkstep.model.summary import BindingKind, ModuleKind
    >>> body = (Bind("connect", BindingKind.FUNCTION, 4),)
    >>> summary = FileSummary(ModuleKind.MODULE, body, ())
    >>> bound_at(summary, "connect"), bound_at(summary, "close")
    (4, None)
    """
    return max((line for line, bound in _bindings(summary) if bound == name), default=None)


def _bindings(summary: FileSummary) -> Iterator[tuple[int, str]]:
    for step in nested(_own(summary.body)):
        if isinstance(step, Bind):
            yield step.line, step.name
        elif isinstance(step, ImportedName):
            yield step.span.line, step.bound
        elif isinstance(step, ImportModule):
            yield step.span.line, step.alias or step.module.partition(".")[0]


def _own(steps: Sequence[Step]) -> Iterator[Step]:
    """Give the steps of a module without its class bodies, whose names are not its own."""
    return (step for step in steps if not isinstance(step, ClassBody))
