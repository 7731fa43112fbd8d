"""Application state that is read and never set: `app.state.NAME` of Starlette and FastAPI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.suggestions import closest
from linkstep.model.facts import GuardKind, UnsetAppState
from linkstep.model.links import Program, StateRead
from linkstep.model.summary import FileSummary, StateKind, StateUse


def unset_app_state(
    program: Program,
    uses_of: Callable[[FileSummary], Iterable[StateUse]],
    sources: Callable[[Iterable[str]], Iterable[tuple[FileSummary | None, bytes]]],
    is_test: Callable[[str], bool],
    graph: ImportGraph,
    entries: Sequence[str],
) -> tuple[UnsetAppState, ...]:
    """Give a fact for each name of application state that production reads and nobody sets.

    `sources` gives the text of every file that has one of some words (tests patch for
    themselves and are left out), and its summary where it speaks of state; it is asked only when
    something is read. `uses_of` gives the uses in a summary. State that is set in a way that
    cannot be followed may have any name: then no fact. The state may be handed to a function
    that calls it otherwise, so whatever sets an attribute of that name, or has it as a
    string that is not asked for, sets it.
    """
    reads = [read for read in program.state_reads if not is_test(read.path)]
    if not reads:
        return ()
    names: set[str] = set()
    wanted = {read.name for read in reads}
    for summary, text in sources(sorted(wanted)):
        names |= {name for name in wanted - names if _may_set(text, name)}
        for use in uses_of(summary) if summary is not None else ():
            if use.kind is StateKind.OPEN:
                return ()
            if use.kind is StateKind.SET:
                names.add(use.name)
    asked = {(r.path, r.name) for r in reads if r.kind is StateKind.ASKED or r.tested}
    return tuple(
        _fact(read, sorted(names), graph, entries)
        for read in reads
        if read.name not in names and not _is_quiet(read, asked)
    )


def _may_set(text: bytes, name: str) -> bool:
    """Whether a text sets an attribute of this name on anything, or hands over its name.

    What an object sets on itself is its own.

    >>> lines = (b"x.pool = 1", b"x.pool == 1", b"self.pool = 1", b"['pool']")
    >>> [_may_set(line, "pool") for line in lines]
    [True, False, False, True]
    >>> _may_set(b"hasattr(app.state, 'pool')", "pool")
    False
    """
    word = re.escape(name.encode())
    if word not in text:
        return False
    if re.search(rb"(?<!\bself)(?<!\bcls)\." + word + rb"\s*(?::[^=\n]+)?=(?!=)", text):
        return True
    quoted = rb"['\"]" + word + rb"['\"]"
    asked = rb"(?:has|get)attr\([^()]*,\s*" + quoted
    return len(re.findall(quoted, text)) > len(re.findall(asked, text))


def _is_quiet(read: StateRead, asked: set[tuple[str, str]]) -> bool:
    """Whether somebody waits for the exception, or the read is never executed.

    Where a file asks for the name, that is reported, and its reads may stand behind it.
    """
    if read.kind is StateKind.ASKED:
        return False
    return (read.path, read.name) in asked or read.guard.kind in (
        GuardKind.EXPECTED,
        GuardKind.FALLBACK,
    )


def _fact(
    read: StateRead, names: Sequence[str], graph: ImportGraph, entries: Sequence[str]
) -> UnsetAppState:
    return UnsetAppState(
        path=read.path,
        span=read.span,
        importing=read.importing,
        name=read.name,
        kind=read.kind,
        runs=read.runs,
        exception=f"AttributeError: 'State' object has no attribute '{read.name}'",
        guard=read.guard,
        function=read.function,
        suggestion=closest(read.name, names),
        imported_by=graph.importers(read.importing),
        reached_from=graph.reached_from(read.importing, entries),
    )
