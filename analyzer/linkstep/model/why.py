"""Why: what `linkstep why` is asked, and the three kinds of answers it gives."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.facts import BrokenReference, Guard, Location, Reach, Runs
from linkstep.model.findings import Finding
from linkstep.model.request import CheckRequest


class WhyRequest(Struct, frozen=True):
    """What is asked about, in the words of the command line; `chains` is how many to give."""

    check: CheckRequest
    targets: tuple[str, ...]
    chains: int = 3


class Hop(Struct, frozen=True):
    """A module on a chain, and the statement that asks for it; the first one has none.

    The statement is at `line` of `path`. `function` is what has to be called for it (`__main__`
    for the block that runs only as a script); `called` says that this happens while modules are
    imported. A hop to a package without a statement is `implied`: packages are executed before
    their modules. `raises` is the exception of the statement, or of the module that it asks
    for, empty where it works. `name` is what a from-import takes, if that is what was asked.
    """

    module: str
    path: str = ""
    line: int = 0
    runs: Runs = Runs.IMPORT
    function: str | None = None
    called: bool = False
    implied: bool = False
    guard: Guard = Guard()
    raises: str = ""
    name: str = ""

    @property
    def is_deferred(self) -> bool:
        """Whether it waits for a call after the start."""
        return self.runs is Runs.CALL and not self.called


class Chains(Struct, frozen=True):
    """How `start` leads to `goal`: the shortest chains, those that run at start first.

    `chains` is empty when no import leads there. `backwards` says that one leads from the
    goal to the start instead.
    """

    start: str
    goal: str
    chains: tuple[tuple[Hop, ...], ...] = ()
    backwards: bool = False


class PastKind(enum.StrEnum):
    """What the history of a repository says about something that is missing."""

    REMOVED = "removed"
    MOVED = "moved"
    UNCOMMITTED = "uncommitted"
    NEVER = "never"
    UNKNOWN = "unknown"


class Past(Struct, frozen=True):
    """What became of a name, or of a module, by the commits of its file.

    `path` is the file that had it, as it was called then, and `line` the line there; else the
    file that was looked through, in `versions` commits. `commit` (short), `date` and
    `subject` are those of the commit that took it away, to `moved_to` if the file only moved.
    `why` says why nothing is known.
    """

    kind: PastKind
    path: str = ""
    line: int = 0
    commit: str = ""
    date: str = ""
    subject: str = ""
    moved_to: str | None = None
    versions: int = 0
    why: str = ""


class Need(Struct, frozen=True):
    """A reference that fails for want of a name or module, or would without it.

    `optional` says that a guard makes the absence an accepted case; `is_test` that it stands
    in a test. `through` is the place of a re-export that it goes through.
    """

    reference: BrokenReference
    optional: bool = False
    is_test: bool = False
    through: Location | None = None


class Needed(Struct, frozen=True):
    """Who needs a module (`name` is empty), or a name of a module.

    `path` and `line` are where it is defined; None when it is not there, and then `past`
    says what became of it, and `reference` what the check says about it. `needs` are the
    references, heaviest first. `reached_from` are the entry points that reach one of them
    (`unreached`: there are entry points, and none does), `stops` those that do not start
    without it. `components` are those that need it, `blocks` and `weakens` the golden paths
    that its absence hits.
    """

    module: str
    name: str = ""
    path: str | None = None
    line: int = 0
    needs: tuple[Need, ...] = ()
    past: Past | None = None
    reference: BrokenReference | None = None
    suggestion: str | None = None
    reached_from: tuple[Reach, ...] = ()
    unreached: bool = False
    stops: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    weakens: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The symbol as it is written in a command.

        >>> Needed("app.db.session", "get_session").text
        'app.db.session:get_session'
        """
        return f"{self.module}:{self.name}" if self.name else self.module


class Explained(Struct, frozen=True):
    """A finding with everything that is known about it.

    `component` is the part of the program it stands in, `module` its module there. `blocks`
    and `weakens` are the golden paths that it hits.
    """

    finding: Finding
    module: str = ""
    component: str = ""
    past: Past | None = None
    blocks: tuple[str, ...] = ()
    weakens: tuple[str, ...] = ()


class Report(Struct, frozen=True):
    """The findings at a place; `near` are the lines of the file that have one, if it has none.

    `cause_of` is the place that was asked about when the findings stand elsewhere and it only
    fails because of them.
    """

    place: str
    findings: tuple[Explained, ...] = ()
    near: tuple[int, ...] = ()
    cause_of: Location | None = None


Answer = Chains | Needed | Report


def is_answered(answer: Answer) -> bool:
    """Whether there is something to tell: exit code 0, else 1.

    >>> is_answered(Chains("a", "b"))
    False
    """
    if isinstance(answer, Chains):
        return bool(answer.chains)
    return isinstance(answer, Needed) or bool(answer.findings)
