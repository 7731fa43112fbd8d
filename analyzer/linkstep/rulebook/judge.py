"""The rulebook's order of work: rules, then comments, then the baseline, then configuration.

Comments and the baseline come before configuration, because a comment or an entry for a
rule that is not selected in this run is in use all the same. What unused comments and
stale entries give goes through the rules once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from linkstep.model.facts import Fact
from linkstep.model.findings import Finding, Rule
from linkstep.model.identity import Key
from linkstep.model.policy import Policy
from linkstep.rulebook.apply import apply, weight
from linkstep.rulebook.baseline import Baseline, Divided, divide
from linkstep.rulebook.select import select
from linkstep.rulebook.suppress import suppress


class Judgement(Struct, frozen=True):
    """The findings to show, heaviest first, and how many of them comments silenced.

    `baselined` are those that would be shown if the baseline did not accept them.
    """

    findings: tuple[Finding, ...]
    suppressed: int
    baselined: tuple[Finding, ...] = ()


def judge(
    facts: Iterable[Fact],
    rules: Sequence[Rule],
    policy: Policy,
    read: Callable[[str], bytes | None],
    commented: Iterable[str] = (),
    baseline: Baseline | None = None,
    in_view: Callable[[Key], bool] = lambda key: True,
) -> Judgement:
    """Say what the user is told about the facts of a run.

    `read` gives the bytes of a file that a fact names, None when it cannot be read.
    `commented` are the files that `comment_words.may_be_unused` is true of: they are looked
    through for comments that silence nothing. Only findings that configuration would
    have shown count as suppressed. `in_view` says which entries of the baseline this run
    could have met: the others are not stale. Stale entries are told whatever is selected,
    for a baseline in use has to be true, but they can be ignored.
    """
    found = apply(facts, rules)
    kept = suppress(found, rules, read, commented)
    silenced = len(select(found, rules, policy)) - len(select(kept.findings, rules, policy))
    divided = Divided((*kept.findings, *apply(kept.unused, rules)), (), ())
    if baseline is not None:
        divided = divide(divided.new, baseline, in_view)
    shown = select(divided.new, rules, policy)
    unselective = msgspec.structs.replace(policy, select=())
    stale = select(apply(divided.stale, rules), rules, unselective)
    known = select(divided.known, rules, policy)
    return Judgement(tuple(sorted((*shown, *stale), key=weight)), silenced, known)
