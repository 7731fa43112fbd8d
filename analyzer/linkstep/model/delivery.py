"""A way from the sources to where the program runs, and what gets lost on it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from linkstep.model.facts import LeftOutOf


class Delivery(Struct, frozen=True):
    """What a commit, a wheel or an image takes from the tree.

    `takes` says of a Python file of the tree that it certainly gets there, `lacks` that it
    certainly does not; of some files neither can be said. `cause` says why one does not, as
    a sentence without its subject: `is ignored by git (.gitignore:3: data/)`.

    >>> def is_data(path): return path.startswith("data/")
    >>> wheel = Delivery(LeftOutOf.WHEEL, lambda path: False, is_data, lambda path: "is data")
    >>> wheel.lacks("data/a.py"), wheel.takes("app.py")
    (True, False)
    """

    of: LeftOutOf
    takes: Callable[[str], bool]
    lacks: Callable[[str], bool]
    cause: Callable[[str], str]
