"""What the user wants to hear about: which rules, how loud, and where."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.findings import Severity


class FailOn(enum.StrEnum):
    """The least severity that makes a run end with exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"

    def fails(self, severity: Severity) -> bool:
        """Whether one finding of this severity fails the run.

        >>> FailOn.ERROR.fails(Severity.WARNING), FailOn.WARNING.fails(Severity.ERROR)
        (False, True)
        """
        if self is FailOn.NEVER or severity is Severity.OFF:
            return False
        return severity is Severity.ERROR or self is FailOn.WARNING


class PathPolicy(Struct, frozen=True):
    """What is different for the paths that match `pattern`.

    Patterns read as in .gitignore: `*` stays within a directory, `**` crosses
    directories, one without a slash matches at any depth, and a directory stands for
    all files below it.
    """

    pattern: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: dict[str, Severity] = {}


class Policy(Struct, frozen=True):
    """Which findings are shown, and as what.

    Rules are named by code (`LS102`), prefix (`LS1`), name (`undefined-name`) or `ALL`;
    an empty `select` means ALL. The most specific naming decides, and on a draw the
    rule is ignored. `paths` are laid over it in order, so that the last one decides.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: dict[str, Severity] = {}
    paths: tuple[PathPolicy, ...] = ()
