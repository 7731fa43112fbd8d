"""The rulebook's order of work: rules, then comments, then configuration.

Comments come before configuration, because a comment for a rule that is not selected
in this run is in use all the same. What unused comments give goes through the rules
once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from linkstep.model.facts import Fact
from linkstep.model.findings import Finding, Rule
from linkstep.model.policy import Policy
from linkstep.rulebook.apply import apply, weight
from linkstep.rulebook.select import select
from linkstep.rulebook.suppress import suppress


class Judgement(Struct, frozen=True):
    """The findings to show, heaviest first, and how many of them comments silenced."""

    findings: tuple[Finding, ...]
    suppressed: int


def judge(
    facts: Iterable[Fact],
    rules: Sequence[Rule],
    policy: Policy,
    read: Callable[[str], bytes | None],
    commented: Iterable[str] = (),
) -> Judgement:
    """Say what the user is told about the facts of a run.

    `read` gives the bytes of a file that a fact names, None when it cannot be read.
    `commented` are the files that `suppress.may_be_unused` is true of: they are looked
    through for comments that silence nothing. Only findings that configuration would
    have shown count as suppressed.
    """
    found = apply(facts, rules)
    kept = suppress(found, rules, read, commented)
    shown = select(kept.findings, rules, policy)
    unused = select(apply(kept.unused, rules), rules, policy)
    silenced = len(select(found, rules, policy)) - len(shown)
    return Judgement(tuple(sorted((*shown, *unused), key=weight)), silenced)
