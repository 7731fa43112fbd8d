"""What a change removed that others still refer to."""

from __future__ import annotations

from collections.abc import Mapping

from linkstep.model.facts import BrokenReference, Removal
from linkstep.model.links import Offers


class Removals:
    """The names and modules that one state of a program offers and the next does not.

    `moved` gives the old path of each file that was moved.
    """

    def __init__(self, before: Offers, now: Offers, moved: Mapping[str, str]) -> None:
        self._before = before
        self._now = now
        self._moved = {old: new for new, old in moved.items()}

    def behind(self, fact: BrokenReference) -> Removal | None:
        """Give the removal that breaks a reference, None when it never had what it asks for.

        >>> from linkstep.model.environment import Origin
        >>> from linkstep.model.facts import Problem, Runs
        >>> from linkstep.model.links import Offer
        >>> from linkstep.model.summary import Span
        >>> def offers(*names):
        ...     return {"db": Offer("db.py", names)}.get
        >>> removals = Removals(offers("session", "engine"), offers("engine"), {})
        >>> fact = BrokenReference(Problem.UNDEFINED_NAME, "app.py", Span(1, 1, 1, 1), "app",
        ...     "db", "session", Origin.FIRST_PARTY, Runs.IMPORT, "ImportError: ...")
        >>> removals.behind(fact)
        Removal(name='session', path='db.py', moved_to=None)
        """
        for name in (f"{fact.module}.{fact.name}", fact.name):
            gone = self._before(name)
            if gone is not None and self._now(name) is None:
                return Removal(name, gone.path, self._moved.get(gone.path))
        offering = self._before(fact.module)
        left = self._now(fact.module)
        if offering is None or fact.name not in offering.names:
            return None
        if left is not None and fact.name in left.names:
            return None
        return Removal(fact.name, offering.path, self._moved.get(offering.path))
