"""The trace of a run: what its links were made of, put together for the next run."""

from __future__ import annotations

import os
import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence

from linkstep.model.target import Target
from linkstep.model.trace import FileTrace, RunTrace, Trace
from linkstep.tree.git import GitTree
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source


def trace_of_run(
    source: Source,
    journal: Journal,
    target: Target,
    names: Mapping[str, str],
    first: Trace,
    further: Sequence[Trace],
) -> RunTrace:
    """Give the trace of a run over `source`.

    `names` gives the module names of the linked files. `first` is the trace of the
    link that counts, `further` are those of files that were linked once more.
    """
    tree = source.tree
    files: dict[str, FileTrace] = {}
    for path, record in first.records.items():
        content = tree.content_id(path)
        if content is not None and path in names:
            files[path] = FileTrace(names[path], content, record)
    executed: dict[str, list[int]] = defaultdict(list)
    for path, scope in sorted(frozenset().union(first.executed, *(t.executed for t in further))):
        executed[path].append(scope)
    scanned = {path: told for one in (*further, first) for path, told in one.scanned.items()}
    return RunTrace(
        target,
        _prefix(source),
        files,
        texts_below(source, journal),
        {path: tuple(scopes) for path, scopes in executed.items()},
        scanned,
        frozenset(path for one in further for path in one.records),
        tuple(sorted(journal.questions, key=str)),
    )


def _prefix(source: Source) -> str | None:
    tree = source.tree
    return tree.prefix if isinstance(tree, GitTree) else None


def texts_below(source: Source, journal: Journal) -> frozenset[str]:
    """Give the files of the tree whose text was taken for more than a summary."""
    start = os.path.abspath(source.root).rstrip("/") + "/"
    places = map(posixpath.normpath, journal.texts)
    return frozenset(place[len(start) :] for place in places if place.startswith(start))
