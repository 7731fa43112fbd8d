"""What linking a tree gives, before any rule looks at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from typing import TYPE_CHECKING

from msgspec import Struct

from linkstep.model.facts import Fact, Problem
from linkstep.model.findings import Counts
from linkstep.model.links import EarlierLinks, LibraryName, Program
from linkstep.model.target import Target
from linkstep.model.trace import RunTrace

if TYPE_CHECKING:  # of most runs there is no earlier one
    from linkstep.link_inputs import Ground
    from linkstep.tree.open import Source


class EarlierRun(Struct, frozen=True):
    """What an earlier run of the same check knew of its files.

    `source` is what is checked now, and `ground` what it is linked on, if somebody has found it
    out. `after` says after a link with its `links` what of them does hold, None if all did, and
    raises OutdatedError when little does; `importers` gives files that imported a module, one of
    the project by its path and others by their names.
    """

    source: Source
    ground: Ground | None
    trace: RunTrace
    links: EarlierLinks
    after: Callable[[Program], EarlierLinks | None]
    commented: Sequence[str]
    importers: Callable[[str], Iterable[str]]


class Linked:
    """What linking a tree gives, before any rule looks at it."""

    def __init__(
        self,
        program: Program,
        facts: tuple[Fact, ...],
        files: int,
        commented: Sequence[str],
        notes: tuple[str, ...],
        judged: frozenset[str] | None,
        unreached: int | None,
        target: Target,
        further: Sequence[Program],
        lacked: Set[LibraryName] | None,
        entries: Sequence[str],
    ) -> None:
        self.program = program
        self.facts = facts
        self.files = files
        self.commented = commented
        self.notes = notes
        self.unreached = unreached  # modules that no entry point reaches
        self.judged = judged  # top-level names that findings can be about, None for all
        self.target = target
        self.further = further  # what was linked once more
        self.entries = entries
        self.lacked = lacked  # of the standard library, by another Python that is admitted


def counted(linked: Linked, suppressed: int) -> Counts:
    """Give how the references of a linked tree ended."""
    program = linked.program
    broken = [
        link for link in program.broken if link.problem is not Problem.POSSIBLY_UNDEFINED_NAME
    ]
    return Counts(
        files=linked.files,
        references=program.references,
        resolved=program.resolved,
        unresolved=len(broken),
        unknown=sum(program.unknown.values()),
        optional=sum(link.optional for link in broken),
        suppressed=suppressed,
        unreached=linked.unreached,
        reasons=dict(Counter({str(doubt): n for doubt, n in program.unknown.items()})),
    )
