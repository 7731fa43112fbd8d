"""How a stage says how far it is, without knowing whether anybody looks."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Whoever wants to show progress."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage, named as in `reading 120 files`; `total` steps if that is known."""
        ...

    def advance(self, count: int) -> None:
        """Count `count` more steps of the current stage as done."""
        ...


class Unobserved:
    """An observer for runs that nobody watches."""

    def stage(self, name: str, total: int | None) -> None:
        """Take no notice."""

    def advance(self, count: int) -> None:
        """Take no notice."""
