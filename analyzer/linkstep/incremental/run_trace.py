"""The trace of a run: what its links were made of, put together for the next run."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from linkstep.incremental.link_records import record_of
from linkstep.index.spoken_names import has_star
from linkstep.linked import EarlierRun, Linked
from linkstep.model.findings import Finding
from linkstep.model.links import EarlierLinks, LibraryName, Program
from linkstep.model.trace import FileTrace, RunTrace, TextQuestion
from linkstep.model.tree import Tree
from linkstep.tree.git import GitTree, held_by
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source

_PATH = re.compile(r"[\w./-]+\.pyi?")
_WORD = re.compile(r"\w+")
_NONE: Mapping[str, Sequence[int]] = MappingProxyType({})


def trace_of_run(
    source: Source,
    journal: Journal,
    linked: Linked,
    judged: Sequence[Finding],
    earlier: EarlierRun | None = None,
) -> RunTrace:
    """Give the trace of a run over `source`; `judged` are all findings, accepted ones too.

    What the run has from an `earlier` one is as it was.
    """
    tree, program = source.tree, linked.program
    first, further = program.trace, [one.trace for one in linked.further]
    names = {module.path: module.name for module in program.modules}
    entries = {entry.partition(":")[0] for entry in linked.entries}
    started = {path for one in program.launches for path in one.modules}
    started.update(path for path, name in names.items() if name in entries)
    needed: frozenset[LibraryName] = frozenset().union(*program.library.values())
    traces = [*further, first]
    files = _files(tree, program, earlier)
    commented = frozenset(linked.commented)
    trace = RunTrace(
        linked.target,
        held_by(tree),
        _prefix(source),
        files,
        texts_below(source, journal),
        scopes_with([one.executed for one in traces]),
        scopes_with([one.scripted for one in traces]),
        {path: told for one in traces for path, told in one.scanned.items()},
        frozenset(path for one in linked.further for path in one.links),
        frozenset(started),
        None if linked.lacked is None else needed - linked.lacked,
        _with_stars(_told(files, judged), files, program),
        _asked(judged),
        frozenset(_WORD.findall(f"{[one.entry for one in program.launches]} {linked.entries}")),
        frozenset(one.path for one in program.failing),
        first.setting,
        commented,
        _in_order(journal.questions),
    )
    return trace if earlier is None else _joined(trace, earlier.trace)


def _joined(now: RunTrace, last: RunTrace) -> RunTrace:
    """Give the trace of a run with what an earlier one has looked at for what still holds."""
    return replace(
        now,
        texts=now.texts | last.texts,
        executed=scopes_with([_pairs(now.executed)], last.executed),
        scripted=scopes_with([_pairs(now.scripted)], last.scripted),
        scanned=last.scanned | now.scanned,
        setting=last.setting,
        questions=_in_order({*now.questions, *last.questions}),
    )


def _pairs(scopes: Mapping[str, Iterable[int]]) -> Iterator[tuple[str, int]]:
    return ((path, scope) for path, found in scopes.items() for scope in found)


def _in_order(questions: Iterable[TextQuestion]) -> tuple[TextQuestion, ...]:
    return tuple(sorted(questions, key=str))


def kept_links(program: Program) -> EarlierLinks:
    """Give the links of a program, for a later link of the same files."""
    return EarlierLinks(
        program.links,
        program.order,
        program.failing,
        program.names_beside,
        program.names_by_path,
    )


def _files(tree: Tree, program: Program, earlier: EarlierRun | None) -> dict[str, FileTrace]:
    """Give what stands for each file; what was not linked again has the record that it had."""
    targets = _targets(program, list(program.links))
    modules = {module.path: module for module in program.modules}
    files: dict[str, FileTrace] = {}
    for path, links in program.links.items():
        content = tree.content_id(path) or b""
        if earlier is not None and earlier.links.links.get(path) is links:
            last = earlier.trace.files[path]
            record, star = last.record, last.has_star
        else:
            record, star = record_of(links), has_star(modules[path].summary)
        name = modules[path].name
        files[path] = FileTrace(name, content, record, targets.get(path, ()), star)
    return files


def scopes_with(
    found: Iterable[Iterable[tuple[str, int]]], last: Mapping[str, Sequence[int]] = _NONE
) -> dict[str, tuple[int, ...]]:
    """Give the scopes that were looked into by path, with those of the last run."""
    scopes: dict[str, set[int]] = defaultdict(set)
    for path, known in last.items():
        scopes[path].update(known)
    for path, scope in frozenset().union(*found):
        scopes[path].add(scope)
    return {path: tuple(sorted(at)) for path, at in sorted(scopes.items())}


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


def _with_stars(told: Set[str], files: Mapping[str, FileTrace], program: Program) -> frozenset[str]:
    """Give paths with the files whose names they take by star imports, theirs too."""
    found, pending = set(told), set(told)
    while stars := {path for path in pending if path in files and files[path].has_star}:
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
