"""Facts become findings: each through the rules that select it, ordered by weight."""

from __future__ import annotations

from collections.abc import Iterable

from linkstep.model.facts import BrokenReference, Fact, GuardKind, Reach, Runs
from linkstep.model.findings import Finding, Rule

# Rules are found by the fact they speak of; the tag is what rule pages write.
RulesByFact = dict[str, list[Rule]]


def apply(facts: Iterable[Fact], rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Give the findings of all facts, heaviest first.

    A fact that no rule selects gives none, one that two rules select gives two. What
    would be said twice about one place is said once, by its heaviest fact: a function
    can be reached in several ways.
    """
    by_fact: RulesByFact = {}
    for rule in rules:
        by_fact.setdefault(rule.fact, []).append(rule)
    findings = [
        Finding(rule.code, rule.name, rule.severity, say(rule, fact), fact)
        for fact in facts
        for rule in by_fact.get(_tag(fact), ())
        if selects(rule, fact)
    ]
    said: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(findings, key=weight):
        fact = finding.fact
        said.setdefault((finding.code, fact.path, fact.span, finding.message), finding)
    return tuple(said.values())


def selects(rule: Rule, fact: Fact) -> bool:
    """Whether every field named in the rule's `where` has the constant it asks for."""
    return rule.fact == _tag(fact) and all(
        str(getattr(fact, field)) == constant for field, constant in rule.where.items()
    )


def say(rule: Rule, fact: Fact) -> str:
    """Give the rule's message about a fact; several values are joined with commas.

    Besides the fact's fields a message can use `exception_text`: what the exception says,
    without its class.
    """
    values = {field: getattr(fact, field) for field in fact.__struct_fields__}
    values["exception_text"] = str(values.get("exception", "")).partition(": ")[2]
    return rule.message.format_map(
        {
            field: ", ".join(map(str, value)) if isinstance(value, tuple) else value
            for field, value in values.items()
        }
    )


def weight(finding: Finding) -> tuple[object, ...]:
    """Give the sort key of a finding: what hurts most, and is hardest to notice, first.

    Executed when a process starts before what an import that waits for a call leads to,
    and that before what nothing reaches; failing at import before at call; hidden by a
    handler before loud; then by place.
    """
    fact = finding.fact
    distance, late, loud = _distance(fact), False, True
    if isinstance(fact, BrokenReference):
        late = fact.runs is Runs.CALL
        loud = fact.guard.kind not in (GuardKind.SWALLOWED, GuardKind.FALLBACK)
    return (distance, late, loud, fact.path, fact.span, finding.code, finding.message)


def _distance(fact: Fact) -> int:
    chains: tuple[Reach, ...] = getattr(fact, "reached_from", ())
    if not chains:
        return 2
    return 1 if all(reach.deferred for reach in chains) else 0


def _tag(fact: Fact) -> str:
    return str(fact.__struct_config__.tag)
