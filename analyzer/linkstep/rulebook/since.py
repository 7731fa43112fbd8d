"""What a change caused: the findings of now that were not there before.

A finding is the same one when path, rule, module and name are (model/identity.py); that
its file was moved changes nothing. Of several equal ones those are new that stand in
other functions than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from linkstep.model.findings import Finding
from linkstep.model.identity import Key, in_order, key_of

_Place = tuple[Key, object]


def new_since(
    now: Iterable[Finding], before: Iterable[Finding], moved: Mapping[str, str]
) -> tuple[tuple[Finding, ...], int]:
    """Give the findings that are new, in their order, and the number of the others.

    `moved` gives the old path of each file that was moved.
    """
    findings = list(now)
    places: Counter[_Place] = Counter(_place(finding, {}) for finding in before)
    matched: list[Finding] = []
    rest: list[Finding] = []
    for finding in in_order(findings):
        place = _place(finding, moved)
        if places[place]:
            places[place] -= 1
            matched.append(finding)
        else:
            rest.append(finding)
    keys: Counter[Key] = Counter()
    for (key, _), count in places.items():
        keys[key] += count
    for finding in rest:
        key = _place(finding, moved)[0]
        if keys[key]:
            keys[key] -= 1
            matched.append(finding)
    known = {id(finding) for finding in matched}
    new = tuple(finding for finding in findings if id(finding) not in known)
    return new, len(findings) - len(new)


def _place(finding: Finding, moved: Mapping[str, str]) -> _Place:
    key = key_of(finding)
    old = moved.get(key.path)
    if old is not None:
        key = msgspec.structs.replace(key, path=old)
    return key, getattr(finding.fact, "function", None)
