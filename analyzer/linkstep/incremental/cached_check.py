"""A check that asks the cache first: for the state it names, and for the one to compare with."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache as once
from typing import TYPE_CHECKING

import msgspec

from linkstep.incremental.cached_state import CachedState
from linkstep.index.cache import Cache, StoredResult
from linkstep.model.links import Offers
from linkstep.model.observer import Observer
from linkstep.model.request import CheckRequest, CheckResult, of_state
from linkstep.tree.inputs import Inputs
from linkstep.tree.journal import Journal

if TYPE_CHECKING:  # a check that compares nothing needs none of it
    from linkstep.incremental.known_states import KnownStates
    from linkstep.incremental.since_check import Earlier
    from linkstep.tree.git import GitTree


class CachedCheck:
    """A check of what `request` names; `save` keeps what it found out for the next one."""

    def __init__(
        self,
        cache: Cache,
        request: CheckRequest,
        clock: Callable[[], int] = time.time_ns,
        jobs: int | None = 1,
    ) -> None:
        self._cache = cache
        self._asked = request
        self._request = of_state(request)
        self._state = CachedState(cache, self._request, clock, jobs)
        self._clock = clock
        self._found: CheckResult | None = None
        self._compared: StoredResult | None = None

    def run(self, observer: Observer) -> CheckResult:
        """Give the result, of now or of an earlier run.

        Raises LinkstepError for input that cannot be worked with.
        """
        if self._asked == self._request:
            return self._state.run(observer)
        from linkstep.incremental.since_check import narrowed
        from linkstep.tree.open import open_earlier

        since, now = self._asked.since, lambda: self._state.source().tree
        if since is None:
            return narrowed(self._asked, self._state.run(observer), None, now)
        journal = Journal(self._clock(), {})
        opened = open_earlier(self._asked, since, journal)
        state = self._found = self._state.run(observer)
        return narrowed(
            self._asked,
            state,
            lambda: self._earlier(state, opened(state.root), journal, observer),
            now,
        )

    def save(self) -> None:
        """Keep what was found out; nothing of it when the files changed in the middle."""
        made = self._state.made()
        results = [one for one in (made, self._compared, self._known(made)) if one is not None]
        self._cache.save(self._state.summaries.made(), results)

    def _earlier(
        self, state: CheckResult, tree: GitTree, journal: Journal, observer: Observer
    ) -> Earlier:
        """Give the state to compare with; it is linked if its findings are not known."""
        from linkstep.incremental.since_check import Earlier

        states = self._states()
        known = None if states is None else states.findings(tree.state, state.judged_by)
        if known is not None:
            return Earlier(known, tree, self._offers_in(tree))
        from linkstep import pipeline  # all of the stages

        earlier = pipeline.check_earlier(self._request, tree, observer, self._state.summaries)
        if states is not None and not journal.torn:
            inputs = journal.inputs()
            self._compared = states.made(tree.state, state.judged_by, inputs, earlier.findings)
        return earlier

    def _known(self, made: StoredResult | None) -> StoredResult | None:
        """Give what is to be kept of the findings of the state, for later comparisons."""
        found = self._found
        if made is None or found is None or not found.held:
            return None
        states = self._states()
        if states is None:
            return None
        inputs = msgspec.msgpack.decode(made.inputs, type=Inputs)
        return states.made(found.held, found.judged_by, inputs, found.report.findings)

    def _states(self) -> KnownStates | None:
        state = self._state
        if state.key is None:
            return None
        from linkstep.incremental.known_states import KnownStates

        return KnownStates(self._cache, state.key, state.place, self._clock, state.ask)

    def _offers_in(self, tree: GitTree) -> Callable[[], Offers]:
        @once
        def offers() -> Offers:
            from linkstep.incremental.edited_pipeline import offers_in  # all of the stages

            source = self._state.source()
            return offers_in(self._request, source, tree, self._state.summaries)

        return offers
