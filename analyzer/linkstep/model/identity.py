"""What makes a finding the same finding after its file was edited.

Lines move whenever somebody writes above them, and messages may be reworded by the next
version. What stays is the place in the project and the symbol: path, rule, the module
looked into, and the name that is missing there. Equal findings are told apart by their
number, in the order of their lines.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from linkstep.model.facts import Fact
from linkstep.model.findings import Finding

# What a fact may be about, besides a module.
NAMES = ("name", "codes", "entry", "library", "subject")


class Key(Struct, frozen=True, order=True):
    """The identity of a finding; `module` and `name` are empty where it has none."""

    path: str
    code: str
    module: str = ""
    name: str = ""


def key_of(finding: Finding) -> Key:
    """Give the identity of a finding, without lines."""
    fact = finding.fact
    named = next(filter(None, (_text(fact, field) for field in NAMES)), "")
    return Key(fact.path, finding.code, _text(fact, "module"), named)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Give findings by place, so that equal ones are numbered as they are read."""
    return sorted(findings, key=lambda finding: (finding.fact.path, finding.fact.span))


def fingerprints(findings: Iterable[Finding]) -> dict[Finding, str]:
    """Give each finding 32 hexadecimal digits that stay when lines move.

    No two findings of a run share them. The second of two equal findings has other
    digits than the first, and gets those of the first when that one is repaired.
    """
    seen: Counter[Key] = Counter()
    digits: dict[Finding, str] = {}
    for finding in in_order(findings):
        key = key_of(finding)
        seen[key] += 1
        parts = (key.code, key.path, key.module, key.name, str(seen[key]))
        identity = "\0".join(parts).encode("utf-8", "surrogatepass")
        digits[finding] = hashlib.sha256(identity).hexdigest()[:32]
    return digits


def _text(fact: Fact, field: str) -> str:
    """Give a field as text; several values are joined, and no value is empty."""
    value = getattr(fact, field, None) or ""
    return ",".join(value) if isinstance(value, tuple) else str(value)
