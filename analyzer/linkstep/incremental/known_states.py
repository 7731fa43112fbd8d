"""The findings of states that git holds, as earlier runs had them, for comparisons.

The state of the index that a hook has checked is the commit that the next one compares with.
What a state has to report follows from what git holds of it, from how it is judged, and from
its surroundings: the environment, and what git says of other files.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from linkstep.index.cache import Cache, StoredResult
from linkstep.model.digests import digest_of
from linkstep.model.findings import Finding
from linkstep.tree.inputs import OBJECT, Ask, Inputs, compare, packed, unpacked

# What git says in answer to these is the same for the same state.
_OF_STATES = frozenset(
    {"cat-file", "diff-index", "hash-object", "ls-tree", "rev-parse", "symbolic-ref"}
)


class KnownStates:
    """States of what a request names, by the key of that request and the place of the run."""

    def __init__(
        self, cache: Cache, key: bytes, place: bytes, clock: Callable[[], int], ask: Ask
    ) -> None:
        self._cache = cache
        self._key = key
        self._place = b"states of " + place
        self._clock = clock
        self._ask = ask

    def findings(self, held: bytes, judged_by: bytes) -> tuple[Finding, ...] | None:
        """Give the findings of the state that `held` stands for; None when they are not known."""
        stored = self._cache.result(self._of(held, judged_by))
        if stored is None:
            return None
        try:
            inputs = msgspec.msgpack.decode(stored.inputs, type=Inputs)
            if compare(inputs, self._clock(), self._ask).same:
                return msgspec.msgpack.decode(stored.data, type=tuple[Finding, ...])
        except msgspec.MsgspecError:
            pass  # something else under our name
        return None

    def made(
        self, held: bytes, judged_by: bytes, inputs: Inputs, findings: tuple[Finding, ...]
    ) -> StoredResult:
        """Give what is to be kept of a state that was checked, with all of its inputs."""
        around = [one for one in unpacked(inputs) if one.asked != OBJECT]
        answers = [
            one for one in inputs.answers if not one.lists and one.arguments[0] not in _OF_STATES
        ]
        return StoredResult(
            self._of(held, judged_by),
            self._place,
            msgspec.msgpack.encode(packed(around, answers)),
            msgspec.msgpack.encode(findings),
        )

    def _of(self, held: bytes, judged_by: bytes) -> bytes:
        return digest_of(self._key + judged_by + held)
