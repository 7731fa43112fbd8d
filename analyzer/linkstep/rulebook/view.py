"""Which findings a run could have made: only for these may an entry be called stale.

A run looks at some paths, with some rules, and without an environment it judges nothing
that belongs to others. A finding that it does not make has not been repaired for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from linkstep.model.findings import Finding, Rule, Severity
from linkstep.model.identity import Key
from linkstep.model.policy import Policy
from linkstep.rulebook.select import decide


def reachable(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings that an entry point reaches, and those that no reach is known of."""
    return tuple(
        finding for finding in findings if getattr(finding.fact, "reached_from", None) != ()
    )


def view(
    checked: Sequence[str], judged: frozenset[str] | None, rules: Iterable[Rule], policy: Policy
) -> Callable[[Key], bool]:
    """Give the function that says whether a run would have made a finding if it were there.

    `checked` are paths, `""` for all; `judged` the top-level names that references are
    judged about, None for all. A rule that does not exist any more hides nothing: what it
    found is gone.

    >>> in_view = view(("app",), frozenset({"app"}), (), Policy())
    >>> in_view(Key("app/ws.py", "LS102", "app.db", "gone")), in_view(Key("tests/a.py", "LS102"))
    (True, False)
    """
    by_code = {rule.code: rule for rule in rules}

    def in_view(key: Key) -> bool:
        rule = by_code.get(key.code)
        if not any(not path or f"{key.path}/".startswith(f"{path}/") for path in checked):
            return False
        if rule is None:
            return True
        if decide(rule, key.path, policy) is Severity.OFF:
            return False
        subject = (key.module or key.name).partition(".")[0]
        return judged is None or rule.fact != "broken-reference" or subject in judged

    return in_view
