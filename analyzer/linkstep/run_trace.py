"""The trace of a run: what its links were made of, put together for the next run."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from linkstep.linked import Linked
from linkstep.model.findings import Finding
from linkstep.model.trace import FileTrace, RunTrace
from linkstep.model.tree import Tree
from linkstep.tree.git import GitTree
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source

_PATH = re.compile(r"[\w./-]+\.pyi?")
_WORD = re.compile(r"\w+")


def trace_of_run(
    source: Source,
    journal: Journal,
    linked: Linked,
    judged: Sequence[Finding],
    before: Tree | None,
) -> RunTrace:
    """Give the trace of a run over `source`.

    `judged` are all findings, also those that were there `before`, in the tree that the run
    compared with.
    """
    tree, program = source.tree, linked.program
    first, further = program.trace, linked.traces
    names = {module.path: module.name for module in program.modules}
    files: dict[str, FileTrace] = {}
    for path, record in first.records.items():
        content = tree.content_id(path)
        if content is not None and path in names:
            files[path] = FileTrace(names[path], content, record)
    executed: dict[str, list[int]] = defaultdict(list)
    for path, scope in sorted(frozenset().union(first.executed, *(t.executed for t in further))):
        executed[path].append(scope)
    entries = {entry.partition(":")[0] for entry in linked.entries}
    started = {path for one in program.launches for path in one.modules}
    started.update(path for path, name in names.items() if name in entries)
    needed = frozenset().union(*first.library.values())
    return RunTrace(
        linked.target,
        _prefix(source),
        files,
        texts_below(source, journal) | frozenset(linked.commented),
        {path: tuple(scopes) for path, scopes in executed.items()},
        {path: told for one in (*further, first) for path, told in one.scanned.items()},
        frozenset(path for one in further for path in one.records),
        frozenset(started),
        None if linked.lacked is None else needed - linked.lacked,
        _told(files, judged) | (files.keys() - before.files() if before is not None else set()),
        not judged,
        frozenset(_WORD.findall(f"{[one.entry for one in program.launches]} {linked.entries}")),
        tuple(sorted(journal.questions, key=str)),
    )


def _told(paths: Collection[str], findings: Sequence[Finding]) -> frozenset[str]:
    """Give the paths that findings name."""
    told = msgspec.json.encode(findings).decode()
    named = set(_PATH.findall(told))
    return frozenset(p for p in paths if p in named or (not _PATH.fullmatch(p) and p in told))


def _prefix(source: Source) -> str | None:
    tree = source.tree
    return tree.prefix if isinstance(tree, GitTree) else None


def texts_below(source: Source, journal: Journal) -> frozenset[str]:
    """Give the files of the tree whose text was taken for more than a summary."""
    start = os.path.abspath(source.root).rstrip("/") + "/"
    places = map(posixpath.normpath, journal.texts)
    return frozenset(place[len(start) :] for place in places if place.startswith(start))
