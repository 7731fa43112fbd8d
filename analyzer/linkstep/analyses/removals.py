"""What a change removed that others still refer to."""

from __future__ import annotations

from collections.abc import Mapping

from linkstep.model.facts import BrokenReference, Removal
from linkstep.model.links import LinkedModule, Program


class Removals:
    """The names and modules that were there in one state of a program and are gone in the next.

    `moved` gives the old path of each file that was moved.
    """

    def __init__(self, before: Program, now: Program, moved: Mapping[str, str]) -> None:
        self._before = {module.name: module for module in before.modules}
        self._now = {module.name: module for module in now.modules}
        self._moved = {old: new for new, old in moved.items()}

    def behind(self, fact: BrokenReference) -> Removal | None:
        """Give the removal that breaks a reference, None when it never had what it asks for.

        >>> from linkstep.model.environment import Origin
        >>> from linkstep.model.facts import Problem, Runs
        >>> from linkstep.model.summary import FileSummary, ModuleKind, Span
        >>> kind = ModuleKind.MODULE
        >>> def program(*names):
        ...     module = LinkedModule("db", "db.py", FileSummary(kind, (), ()), names)
        ...     return Program((module,), (), (), 0, 0, {}, {})
        >>> removals = Removals(program("session", "engine"), program("engine"), {})
        >>> fact = BrokenReference(Problem.UNDEFINED_NAME, "app.py", Span(1, 1, 1, 1), "app",
        ...     "db", "session", Origin.FIRST_PARTY, Runs.IMPORT, "ImportError: ...")
        >>> removals.behind(fact)
        Removal(name='session', path='db.py', moved_to=None)
        """
        for name in (f"{fact.module}.{fact.name}", fact.name):
            gone = self._before.get(name)
            if gone is not None and name not in self._now:
                return Removal(name, gone.path, self._moved.get(gone.path))
        offering = self._before.get(fact.module)
        if offering is None or not self._lost(offering, fact.name):
            return None
        return Removal(fact.name, offering.path, self._moved.get(offering.path))

    def _lost(self, offering: LinkedModule, name: str) -> bool:
        """Whether a module had a name and has it no more."""
        left = self._now.get(offering.name)
        return name in offering.names and (left is None or name not in left.names)
