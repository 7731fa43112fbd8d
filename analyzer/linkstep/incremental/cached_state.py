"""The result for a state, from the cache: nothing is linked when no input of it has changed.

Everything that a run takes from the disk and from git is noted in a journal, and kept beside
its result. When the same is asked again and every input is as it was, the result is that one.
Else the run begins with what did not change: files whose summaries are known are not read.

This module imports little. The stages are loaded when there is something to link.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache as once
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from linkstep.build_id import build_id
from linkstep.index.cache import Cache, StoredResult
from linkstep.index.summaries import Summaries
from linkstep.model.digests import digest_of
from linkstep.model.findings import Report, Rule
from linkstep.model.links import EarlierLinks, Offers, OutdatedError
from linkstep.model.observer import Observer, Unobserved
from linkstep.model.policy import FailOn
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.model.trace import RunTrace
from linkstep.tree.inputs import (
    END,
    FILE,
    KIND,
    Answer,
    Comparison,
    Contents,
    Inputs,
    KnownContents,
    Reply,
    compare,
    known_contents,
)
from linkstep.tree.journal import Journal

if TYPE_CHECKING:
    from linkstep.linked import EarlierRun
    from linkstep.tree.open import Source

# The variables that decide what is linked. Those of git decide what it answers, and it is asked
# again; of three of them it matters whether they are there (tree/open.py).
DECIDING = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONNOUSERSITE", "HOME", "USERPROFILE")
_OF_GIT = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")


T = TypeVar("T")


class _Told(Struct, frozen=True, array_like=True):
    """What is kept of a result: all of it that is no function.

    `links` stands for those that are kept beside it.
    """

    report: Report
    fail_on: FailOn
    rules: tuple[Rule, ...]
    root: str
    baseline_file: str
    judged_by: bytes
    held: bytes = b""
    trace: bytes = b""
    links: bytes = b""


class CachedState:
    """A check of the state that `request` names; `save` keeps what it found out for the next one.

    `key` is what results of this request are kept by, None where they cannot be.
    """

    def __init__(
        self,
        cache: Cache,
        request: CheckRequest,
        clock: Callable[[], int] = time.time_ns,
        jobs: int | None = 1,
    ) -> None:
        self._clock = clock
        self._cache = cache
        self._request = request
        self.key = _key_of(request) if _can_be_cached(request) else None
        self.place = os.fsencode(request.cwd)
        self.summaries = Summaries(cache, build_id())
        self._jobs = jobs
        self._journal: Journal | None = None
        self._result: StoredResult | None = None
        self._source: Source | None = None

    def run(self, observer: Observer) -> CheckResult:
        """Give the result, of now or of an earlier run.

        Raises LinkstepError for input that cannot be worked with.
        """
        now = self._clock()
        stored = None if self.key is None else self._cache.result(self.key)
        comparison = None if stored is None else self._compare(stored, now)
        if stored is not None and comparison is not None and comparison.same:
            told = _decoded(stored.data, _Told)
            if told is not None:
                if comparison.renewed:
                    inputs = msgspec.msgpack.encode(comparison.with_({}))
                    self._result = replace(stored, inputs=inputs)
                return self._retold(told, stored, now)
        if stored is not None and comparison is not None:
            retold = self._after_edit(stored, comparison, now, observer)
            if retold is not None:
                return retold
        return self._linked(comparison, now, observer)

    def _after_edit(
        self, stored: StoredResult, comparison: Comparison, now: int, observer: Observer
    ) -> CheckResult | None:
        """Give the result after an edit that few links can depend on; None after any other."""
        told = _decoded(stored.data, _Told)
        trace = None if told is None else _decoded(told.trace, RunTrace)
        if told is None or trace is None or not comparison.answered:
            return None
        from linkstep.incremental.edited_check import Edited  # it reads files

        journal = Journal(now, KnownContents(comparison))
        changed = comparison.changed.values()
        edited = Edited(
            *(self._request, told.report, trace, changed, journal, self.summaries),
            partial(self._links_of, told.links),
        )
        found = edited.retold()
        self._source = edited.source
        if found is None or journal.torn:
            return None
        if not isinstance(found, tuple):
            return self._relinked(found, comparison, journal, observer)
        report, trace = found
        told = replace(told, report=report, held=trace.held, trace=msgspec.msgpack.encode(trace))
        inputs = journal.inputs_after(comparison)
        self._result = replace(
            stored, inputs=msgspec.msgpack.encode(inputs), data=msgspec.msgpack.encode(told)
        )
        return self._retold(told, self._result, now)

    def _relinked(
        self, earlier: EarlierRun, comparison: Comparison, journal: Journal, observer: Observer
    ) -> CheckResult | None:
        """Give the result of linking some files; None when most have to be linked."""
        try:
            result = self._check(observer, journal, earlier)
        except OutdatedError:
            return None
        if journal.torn:
            return None
        self._keep(result)
        if self._result is not None:
            inputs = journal.inputs_after(comparison)
            self._result = replace(self._result, inputs=msgspec.msgpack.encode(inputs))
        return result

    def _links_of(self, standing: bytes) -> EarlierLinks | None:
        """Give the links that were kept beside a result."""
        data = None if self.key is None else self._cache.links(self.key)
        if data is None or digest_of(data) != standing:
            return None
        return _decoded(data, EarlierLinks)

    def source(self) -> Source:
        """Give what is checked, opened."""
        if self._source is None:
            from linkstep.tree.open import open_source

            self._source = open_source(self._request)
        return self._source

    def made(self) -> StoredResult | None:
        """Give what is to be kept of a result that is not in the cache, or not as it is now;
        nothing of it when the files changed in the middle.
        """
        journal = self._journal
        if self._result is not None and journal is not None:
            inputs = msgspec.msgpack.encode(journal.inputs())
            self._result = None if journal.torn else replace(self._result, inputs=inputs)
            self._journal = None
        return self._result

    def _compare(self, stored: StoredResult, now: int) -> Comparison | None:
        inputs = _decoded(stored.inputs, Inputs)
        return None if inputs is None else compare(inputs, now, self.ask)

    def ask(self, answers: Sequence[Answer]) -> Callable[[], Sequence[Reply]]:
        """Put questions to git once more."""
        if not answers:
            return list
        from linkstep.tree.git_answers import ask_again  # starts processes

        return ask_again(answers, self._request.environ)

    def _check(
        self, observer: Observer, journal: Journal, earlier: EarlierRun | None = None
    ) -> CheckResult:
        from linkstep import pipeline  # all of the stages
        from linkstep.index.workers import processes

        self.summaries.workers = processes(self._jobs)
        return pipeline.check_state(self._request, observer, self.summaries, journal, earlier)

    def _linked(self, comparison: Comparison | None, now: int, observer: Observer) -> CheckResult:
        if comparison is None:
            journal = _journal_for(self._request, self._cache, now)
        else:
            journal = Journal(now, KnownContents(comparison))
        _note_surroundings(self._request, journal)
        result = self._check(observer, journal)
        if self.key is not None:
            self._journal = journal
        self._keep(result)
        return result

    def _keep(self, result: CheckResult) -> None:
        if self.key is None:
            return
        encode = msgspec.msgpack.encode
        links = b"" if result.links is None else encode(result.links)
        told = _Told(
            *(result.report, result.fail_on, result.rules, result.root, result.baseline_file),
            result.judged_by,
            result.held,
            b"" if result.trace is None else encode(result.trace),
            digest_of(links),
        )
        self._result = StoredResult(self.key, self.place, b"", encode(told), links)

    def _retold(self, told: _Told, stored: StoredResult, now: int) -> CheckResult:
        """Give a stored result; what only some formats ask for is made when they do."""

        @once
        def again() -> CheckResult:
            inputs = _decoded(stored.inputs, Inputs)
            known: Contents = {} if inputs is None else KnownContents(Comparison(inputs, {}, {}))
            journal = Journal(now, known)
            return self._check(Unobserved(), journal)

        @once
        def offers() -> Offers:
            from linkstep.incremental.edited_pipeline import offers_in

            return offers_in(self._request, self.source(), self.source().tree, self.summaries)

        return CheckResult(
            told.report,
            _lines_of(self._request, told.root),
            told.fail_on,
            told.rules,
            told.root,
            told.baseline_file,
            lambda key: again().in_view(key),
            lambda: again().overview(),
            None,
            told.judged_by,
            told.held,
            offers,
        )


def known_to(cache: Cache, request: CheckRequest) -> tuple[Summaries, Journal]:
    """Give the summaries of earlier runs, and a journal that knows the files they are of."""
    return Summaries(cache, build_id()), _journal_for(request, cache, time.time_ns())


def _can_be_cached(request: CheckRequest) -> bool:
    """Whether a request names directories and Python files; archives are read as they are."""
    places = (os.path.join(request.cwd, text) for text in request.paths)
    return all(place.endswith((".py", ".pyi")) or not os.path.isfile(place) for place in places)


def _key_of(request: CheckRequest) -> bytes:
    """Give what a result is kept by: all that is asked, by whom."""
    environ = {name: request.environ[name] for name in DECIDING if name in request.environ}
    environ |= {name: "" for name in _OF_GIT if name in request.environ}
    who = (os.geteuid(), os.getgroups()) if hasattr(os, "geteuid") else ()
    asked = (build_id(), sys.prefix, who, replace(request, environ=environ))
    encoded = msgspec.msgpack.encode(asked, order="deterministic")
    return digest_of(encoded)


def _journal_for(request: CheckRequest, cache: Cache, now: int) -> Journal:
    """Give a journal that knows the files that are as they were at the last run from here."""
    latest = cache.latest(os.fsencode(request.cwd))
    inputs = None if latest is None else _decoded(latest.inputs, Inputs)
    return Journal(now, {} if inputs is None else known_contents(inputs, now))


def _note_surroundings(request: CheckRequest, journal: Journal) -> None:
    """Take note of what decides where the project is, and of files that options name."""
    for text in request.paths or (".",):
        place = os.path.abspath(os.path.join(request.cwd, text))
        journal.look(KIND, place)
        journal.look(END, place)
        above = place
        while True:
            for name in (".git", "setup.cfg", "setup.py"):
                journal.look(KIND, os.path.join(above, name))
            for name in ("linkstep.toml", "pyproject.toml"):
                journal.look(FILE, os.path.join(above, name))
            if above == os.path.dirname(above):
                break
            above = os.path.dirname(above)
    for named in (request.configuration, request.baseline):
        if named:
            place = os.path.abspath(os.path.join(request.cwd, named))
            journal.look(FILE, place)
            journal.look(END, place)


def _lines_of(request: CheckRequest, root: str) -> Callable[[str], Sequence[str]]:
    """Give the function from a path to its lines, for a result that is told again."""

    @once
    def lines() -> Callable[[str], Sequence[str]]:
        from pathlib import Path

        from linkstep.preparation import lines_of, reader_of
        from linkstep.tree.open import open_source, open_tree

        is_on_disk = not request.staged and request.rev is None
        return lines_of(
            reader_of(open_tree(Path(root)) if is_on_disk else open_source(request).tree)
        )

    def lines_at(path: str) -> Sequence[str]:
        return lines()(path)

    return lines_at


def _decoded(data: bytes, kind: type[T]) -> T | None:
    """Give what was encoded, None when it is something else under our name."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.MsgspecError:
        return None
