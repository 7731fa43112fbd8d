"""The trace of a run: what its links were made of, put together for the next run."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence, Set

import msgspec

from linkstep.index.spoken_names import has_star
from linkstep.linked import Linked
from linkstep.model.findings import Finding
from linkstep.model.links import Program
from linkstep.model.trace import FileTrace, RunTrace
from linkstep.tree.git import GitTree, held_by
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source

_PATH = re.compile(r"[\w./-]+\.pyi?")
_WORD = re.compile(r"\w+")


def trace_of_run(
    source: Source,
    journal: Journal,
    linked: Linked,
    judged: Sequence[Finding],
) -> RunTrace:
    """Give the trace of a run over `source`; `judged` are all findings, accepted ones too."""
    tree, program = source.tree, linked.program
    first, further = program.trace, linked.traces
    names = {module.path: module.name for module in program.modules}
    files: dict[str, FileTrace] = {}
    targets = _targets(program, list(first.records))
    for path, record in first.records.items():
        content = tree.content_id(path)
        files[path] = FileTrace(names.get(path, ""), content or b"", record, targets.get(path, ()))
    executed: dict[str, list[int]] = defaultdict(list)
    for path, scope in sorted(frozenset().union(first.executed, *(t.executed for t in further))):
        executed[path].append(scope)
    entries = {entry.partition(":")[0] for entry in linked.entries}
    started = {path for one in program.launches for path in one.modules}
    started.update(path for path, name in names.items() if name in entries)
    needed = frozenset().union(*first.library.values())
    return RunTrace(
        linked.target,
        held_by(source.tree),
        _prefix(source),
        files,
        texts_below(source, journal) | frozenset(linked.commented),
        {path: tuple(scopes) for path, scopes in executed.items()},
        {path: told for one in (*further, first) for path, told in one.scanned.items()},
        frozenset(path for one in further for path in one.records),
        frozenset(started),
        None if linked.lacked is None else needed - linked.lacked,
        _with_stars(_told(files, judged), program),
        _asked(judged),
        frozenset(_WORD.findall(f"{[one.entry for one in program.launches]} {linked.entries}")),
        frozenset(one.path for one in program.failing),
        first.setting,
        tuple(sorted(journal.questions, key=str)),
    )


def _told(paths: Collection[str], findings: Sequence[Finding]) -> frozenset[str]:
    """Give the paths that findings name."""
    told = msgspec.json.encode(findings).decode()
    named = set(_PATH.findall(told))
    return frozenset(p for p in paths if p in named or (not _PATH.fullmatch(p) and p in told))


def _targets(program: Program, paths: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Give what each file imports, by places among the paths."""
    places = {path: place for place, path in enumerate(paths)}
    found: dict[str, set[int]] = defaultdict(set)
    for edge in program.edges:
        found[edge.importer].add(places.get(edge.target, -1))
    return {path: tuple(sorted(targets)) for path, targets in found.items()}


def _with_stars(told: Set[str], program: Program) -> frozenset[str]:
    """Give paths with the files whose names they take by star imports, theirs too."""
    summaries = {module.path: module.summary for module in program.modules}
    found, pending = set(told), set(told)
    while stars := {path for path in pending if path in summaries and has_star(summaries[path])}:
        pending = {edge.target for edge in program.edges if edge.importer in stars} - found
        found |= pending
    return frozenset(found)


def _asked(findings: Iterable[Finding]) -> frozenset[str]:
    """Give the names that findings are about, and their last parts."""
    names = {getattr(finding.fact, "name", "") for finding in findings}
    return frozenset(names | {name.rpartition(".")[2] for name in names}) - {""}


def _prefix(source: Source) -> str | None:
    tree = source.tree
    return tree.prefix if isinstance(tree, GitTree) else None


def texts_below(source: Source, journal: Journal) -> frozenset[str]:
    """Give the files of the tree whose text was taken for more than a summary."""
    start = os.path.abspath(source.root).rstrip("/") + "/"
    places = map(posixpath.normpath, journal.texts)
    return frozenset(place[len(start) :] for place in places if place.startswith(start))
