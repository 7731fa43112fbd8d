"""Which findings the user wants to see, and how loud: select, ignore, severity, per path.

A rule is named by its code, a prefix of it, its name, or ALL. A naming is the more
specific the fewer rules it names, so `select = ["LS1"]` with `ignore = ["LS102"]`
leaves LS102 out, and `select = ["LS102"]` with `ignore = ["LS1"]` shows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import msgspec

from linkstep.closest import suggestion
from linkstep.errors import LinkstepError
from linkstep.model.findings import Finding, Rule, Severity
from linkstep.model.policy import Policy

EVERYTHING = "ALL"
EXACT = 1_000  # how specific it is to name one rule; a prefix weighs its length


def select(
    findings: Iterable[Finding], rules: Iterable[Rule], policy: Policy
) -> tuple[Finding, ...]:
    """Give the findings that the policy shows, with the severity it gives them."""
    by_code = {rule.code: rule for rule in rules}
    level = _levels(policy)
    shown = []
    for finding in findings:
        severity = level(by_code[finding.code], finding.fact.path)
        if severity is not Severity.OFF:
            shown.append(msgspec.structs.replace(finding, severity=severity))
    return tuple(shown)


def decide(rule: Rule, path: str, policy: Policy) -> Severity:
    """Give the severity that a rule has for a path; `off` when it is not to be shown.

    Selecting a rule that is off by default, by its own code or name, turns it into a
    warning. Path policies are laid over the general one in the order they are written.
    """
    selected = _specificity(rule, policy.select) if policy.select else 1
    ignored = _specificity(rule, policy.ignore)
    severity = _severity(rule, policy.severity) or rule.severity
    if severity is Severity.OFF and selected == EXACT and not _severity(rule, policy.severity):
        severity = Severity.WARNING
    shown = selected > ignored
    for part in policy.paths:
        if _matches(part.pattern, path):
            here, not_here = _specificity(rule, part.select), _specificity(rule, part.ignore)
            if here or not_here:
                shown = here > not_here
            severity = _severity(rule, part.severity) or severity
    return severity if shown else Severity.OFF


def check_policy(policy: Policy, rules: Sequence[Rule], where: str) -> None:
    """Refuse names of rules that do not exist; `where` is the file they were written in."""
    places = [(where, policy), *((f"{where}: {part.pattern}", part) for part in policy.paths)]
    for place, part in places:
        for key in ("select", "ignore", "severity"):
            for word in getattr(part, key):
                if not any(_specificity(rule, (word,)) for rule in rules):
                    raise unknown_rule(word, rules, f"{place}: {key}")


def unknown_rule(word: str, rules: Iterable[Rule], where: str) -> LinkstepError:
    """Give the error for a rule that does not exist, with the closest that does."""
    words = [word for rule in rules for word in (rule.code, rule.name)]
    hint = suggestion(word, words, "`linkstep rules` lists them")
    return LinkstepError(f"unknown rule {word!r}", where=where, hint=hint)


def matches(pattern: str, path: str) -> bool:
    """Whether a path is meant by a pattern, read as in .gitignore.

    >>> matches("tests", "app/tests/test_x.py"), matches("app/*.py", "app/db/session.py")
    (True, False)
    >>> matches("**/migrations/**", "app/migrations/0001.py")
    True
    """
    return _matches(pattern, path)


def _specificity(rule: Rule, words: Iterable[str]) -> int:
    """Give 0 when no word names the rule, else more the closer the closest word is."""
    found = 0
    for word in words:
        if word in (rule.code, rule.name):
            return EXACT
        if word == EVERYTHING:
            found = max(found, 1)
        elif re.fullmatch(r"[A-Z]+\d*", word) and rule.code.startswith(word):
            found = max(found, 1 + len(word))
    return found


def _severity(rule: Rule, severities: dict[str, Severity]) -> Severity | None:
    """Give the level that the most specific word naming the rule has."""
    named = [(_specificity(rule, (word,)), level) for word, level in severities.items()]
    specificity, level = max(named, key=lambda pair: pair[0], default=(0, None))
    return level if specificity else None


def _levels(policy: Policy) -> Callable[[Rule, str], Severity]:
    """Give `decide` for one policy, which remembers the general part by rule."""
    general: dict[str, Severity] = {}

    def level(rule: Rule, path: str) -> Severity:
        if any(_matches(part.pattern, path) for part in policy.paths):
            return decide(rule, path, policy)
        if rule.code not in general:
            without_paths = msgspec.structs.replace(policy, paths=())
            general[rule.code] = decide(rule, path, without_paths)
        return general[rule.code]

    return level


@lru_cache(maxsize=4096)
def _matches(pattern: str, path: str) -> bool:
    return _regex(pattern).match(path) is not None


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into a regular expression over whole paths."""
    body = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[[^\]]*\])", body)
    meanings = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    regex = "".join(
        meanings.get(part) or (part.replace("[!", "[^") if part[:1] == "[" else re.escape(part))
        for part in parts
    )
    prefix = "" if anchored else "(?:.*/)?"
    try:
        return re.compile(f"{prefix}{regex}(?:/.*)?$", re.DOTALL)
    except re.error:  # a bracket that is no character class stands for itself
        return re.compile(f"{prefix}{re.escape(body)}(?:/.*)?$", re.DOTALL)
