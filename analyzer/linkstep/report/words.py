"""What a finding means to its reader, in sentences: found, effect, reached, help.

Used by every format that has room for more than the message. Each function gives
plain text of one row, or none when there is nothing true to say. Text from the
analysed tree is made visible here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from linkstep.model.facts import (
    BrokenFile,
    BrokenReference,
    DependencyFault,
    Fact,
    FailingCycle,
    Guard,
    GuardKind,
    ImportCycle,
    LeftOutModule,
    LeftOutOf,
    Location,
    MissingSharedLibrary,
    Problem,
    Reach,
    Runs,
    ShadowedModule,
    StaleEntry,
    StaleModule,
    UnsetAppState,
    UnstartableEntry,
)
from linkstep.model.summary import StateKind
from linkstep.report.cycle_words import failing_rows, plain_rows
from linkstep.report.dependency_words import dependency_rows
from linkstep.report.image_words import asking_for, layer_rows, stale_rows, start_rows
from linkstep.report.visible import visible

SHOWN = 3  # as many references as a reader takes in; the rest is counted


def rows(fact: Fact) -> Iterator[tuple[str, str]]:
    """Give the rows below the code of a finding: a label and a sentence each."""
    if isinstance(fact, BrokenReference):
        yield from _labelled("found", found(fact))
        yield "effect", effect(fact)
        yield from layer_rows(fact.layers)
        yield from _labelled("reached", *reached(fact.reached_from, fact.imported_by))
        yield from _labelled("help", *advice(fact))
    elif isinstance(fact, BrokenFile):
        yield "effect", f"fails when {visible(fact.module)} is imported by {visible(fact.target)}"
        yield from _labelled("reached", *reached(fact.reached_from, fact.imported_by))
    elif isinstance(fact, LeftOutModule):
        yield "effect", left_out_effect(fact)
        yield from _labelled("reached", *reached(fact.reached_from, ()))
    elif isinstance(fact, ShadowedModule):
        name = visible(fact.module)
        yield "effect", f"`import {name}` loads {visible(fact.winner)}, never {visible(fact.loser)}"
        yield "help", "rename one of the two"
    elif isinstance(fact, UnstartableEntry):
        yield from start_rows(fact)
    elif isinstance(fact, MissingSharedLibrary):
        yield "found", asking_for(fact)
        yield "effect", "; ".join(filter(None, (when(fact), _hidden(fact.guard))))
        yield from layer_rows(fact.layers)
        yield from _labelled("reached", *reached(fact.reached_from, ()))
    elif isinstance(fact, DependencyFault):
        yield from dependency_rows(fact)
        yield from _labelled("reached", *reached(fact.reached_from, ()))
    elif isinstance(fact, FailingCycle):
        yield from failing_rows(fact)
        yield from _labelled("reached", *reached(fact.reached_from, fact.imported_by))
    elif isinstance(fact, ImportCycle):
        yield from plain_rows(fact)
        yield from _labelled("reached", *reached(fact.reached_from, ()))
    elif isinstance(fact, UnsetAppState):
        yield "effect", state_effect(fact)
        yield from _labelled("reached", *reached(fact.reached_from, fact.imported_by))
        if fact.suggestion:
            yield "help", f"{visible(fact.suggestion)} is the closest name that is set"
    elif isinstance(fact, StaleModule):
        yield from stale_rows(fact)
    elif isinstance(fact, StaleEntry):
        yield "help", "`linkstep baseline --prune` removes what no longer occurs"
    else:
        yield "help", "remove the comment, or the codes without effect"


def state_effect(fact: UnsetAppState) -> str:
    """Say what happens where a name of the state is used that nothing sets."""
    if fact.kind is StateKind.ASKED:
        return "hasattr() is always False here, and a default is always taken"
    called = f"{visible(fact.function)}() is called" if fact.function else "this is executed"
    hidden = _hidden(fact.guard)
    return f"fails when {called}" + (f"; {hidden}" if hidden else "")


def left_out_effect(fact: LeftOutModule) -> str:
    """Say what the import of a module does where its file does not get."""
    there = {
        LeftOutOf.GIT: "in a fresh clone",
        LeftOutOf.WHEEL: "once installed",
        LeftOutOf.IMAGE: "in the image",
        LeftOutOf.PRODUCTION: "without the tests",
    }[fact.of]
    if fact.runs is Runs.IMPORT:
        failing = f"{there}, importing {visible(fact.importing)} raises"
    elif fact.function and fact.function != "__main__":
        failing = f"{there}, calling {visible(fact.function)}() raises"
    else:
        failing = f"{there}, this import raises"
    hidden = _hidden(fact.guard)
    return f"{failing} {visible(fact.exception)}" + (f"; {hidden}" if hidden else "")


def found(fact: BrokenReference) -> str | None:
    """Say what is there instead of the name that is missing.

    >>> some_names(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    place = visible(fact.offered_by) if fact.offered_by else None
    if fact.problem is Problem.CASE_MISMATCH:
        return None  # the help says it
    if fact.via:
        return f"{visible(fact.module)} fails while it is imported: {visible(fact.via)}"
    if fact.condition:
        where = f"{place} binds it" if place else "it is bound"
        return f"{where} only when `{visible(fact.condition)}`"
    if place is None:
        return f"it offers {some_names(fact.offers)}" if fact.offers else None
    verb = "holds" if fact.problem is Problem.MISSING_MODULE else "binds"
    return f"{place} {verb} {some_names(fact.offers) if fact.offers else 'no public name'}"


def effect(fact: BrokenReference) -> str:
    """Say when the reference fails, what keeps that from being seen, and what broke it."""
    said = (when(fact) + _where(fact), _hidden(fact.guard), cause(fact))
    return "; ".join(part for part in said if part)


def _where(fact: BrokenReference) -> str:
    """Say on which of several Pythons it fails."""
    if not fact.versions:
        return ""
    pythons = listed(fact.versions, 0)
    return f", on Python {pythons} ({visible(fact.admitted_by or '')} admits it)"


def cause(fact: BrokenReference) -> str | None:
    """Say which removal broke a reference that worked before."""
    gone = fact.caused_by
    if gone is None:
        return None
    moved = f", which is now {visible(gone.moved_to)}" if gone.moved_to else ""
    return f"caused by the removal of {visible(gone.name)} in {visible(gone.path)}{moved}"


def when(fact: BrokenReference | MissingSharedLibrary) -> str:
    """Say which event makes CPython execute the reference."""
    starts = (Problem.BROKEN_ENTRY_POINT, Problem.BROKEN_LAUNCH_COMMAND)
    if isinstance(fact, BrokenReference) and fact.problem in starts:
        said = f", which then says: {visible(fact.says)}" if fact.says else ""
        return f"fails when {visible(fact.importing)} is started{said}"
    if isinstance(fact, BrokenReference) and fact.says:
        return f"fails when {fact.says}"
    if fact.function == "__main__":
        return f"fails when {visible(fact.path)} is run as a script"
    if fact.guard.kind is GuardKind.LAZY:
        return f"fails when the lazily imported name is first used in {visible(fact.importing)}"
    if fact.runs is Runs.IMPORT:
        return f"fails when {visible(fact.importing)} is imported"
    if fact.function:
        return f"fails when {visible(fact.function)}() is called"
    return "fails when the code around it is called, not at start"


def _hidden(guard: Guard) -> str | None:
    """Say what the guard does to the exception; an unguarded one has nothing to hide it."""
    clause = f"`except {visible(guard.catches)}`" if guard.catches else "`except`"
    place = f"{clause} at line {guard.line}" if guard.line else clause
    match guard.kind:
        case GuardKind.SWALLOWED:
            return f"{place} hides it, so the program starts"
        case GuardKind.FALLBACK:
            return f"{place} catches it, so what follows there always runs"
        case GuardKind.EXPECTED:
            return f"line {guard.line} expects it to"
        case GuardKind.TYPE_CHECKING:
            return "only type checkers take this branch"
        case GuardKind.VERSION:
            return f"only under the version test at line {guard.line}"
        case GuardKind.PLATFORM:
            return f"only under the platform test at line {guard.line}"
    return None


def reached(chains: Sequence[Reach], imported_by: Sequence[str]) -> list[str]:
    """Say how execution gets there: from entry points, else through which importers.

    >>> reached([Reach("app.main:app", ("app.main", "app.ws"))], ())
    ['app.main:app -> app.ws']
    >>> reached([Reach("app.main:app", ("app.main", "app.ws"), deferred=True)], ())
    ['app.main:app -> app.ws (an import on the way waits for a call)']
    """
    if not chains:
        return [f"imported by {some_names(imported_by)}"] if imported_by else []
    lines = [chain_of(reach) for reach in chains[:SHOWN]]
    more = len(chains) - SHOWN
    return [*lines, f"and from {more} more entry points"] if more > 0 else lines


def chain_of(reach: Reach) -> str:
    """Give an import chain as text; the entry's own module is not told twice."""
    chain = reach.chain
    if chain and chain[0] == reach.entry.partition(" ")[0].partition(":")[0]:
        chain = chain[1:]
    waits = " (an import on the way waits for a call)" if reach.deferred else ""
    return " -> ".join(visible(step) for step in (reach.entry, *chain)) + waits


def advice(fact: BrokenReference) -> Iterator[str]:
    """Say what would link: the closest name, and where the very name is defined."""
    if fact.suggestion and fact.problem is Problem.CASE_MISMATCH:
        yield f"{visible(fact.suggestion)} is there: only upper and lower case differ"
    elif fact.suggestion in (*fact.elsewhere, *(f"{at}.{fact.name}" for at in fact.elsewhere)):
        pass  # said below, with what else there is
    elif fact.suggestion and _is_module(fact):
        yield f"{visible(fact.suggestion)} is the closest module"
    elif fact.suggestion:
        name = fact.suggestion.removeprefix(f"{fact.module}.")
        there = " there" if name != fact.suggestion else ""
        yield f"{visible(name)} is the closest name{there}"
    if fact.elsewhere and _is_module(fact):
        same = "a module of that name" if len(fact.elsewhere) == 1 else "modules of that name"
        yield f"{same}: {some_names(fact.elsewhere)}"
    elif fact.elsewhere:
        verb = "defines" if len(fact.elsewhere) == 1 else "define"
        yield f"{some_names(fact.elsewhere)} {verb} {visible(fact.name)}"
    if fact.problem is Problem.UNIMPORTED_SUBMODULE:
        yield f"`import {visible(fact.module)}.{visible(fact.name)}` where it is used"


def _is_module(fact: BrokenReference) -> bool:
    """Whether what is missing is a module, guarded or not."""
    missing = fact.problem is Problem.MISSING_MODULE
    return missing or fact.exception.startswith("ModuleNotFoundError")


def some_names(names: Sequence[str]) -> str:
    """Give up to three names and the number of the others."""
    return listed([visible(name) for name in names[:SHOWN]], len(names) - SHOWN)


def listed(shown: Sequence[str], more: int) -> str:
    """Give `a, b and c`, or `a, b, c and 4 more`.

    >>> listed(["a"], 0), listed(["a", "b"], 0), listed(["a", "b", "c"], 4)
    ('a', 'a and b', 'a, b, c and 4 more')
    """
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    *first, last = shown
    return f"{', '.join(first)} and {last}" if first else last


def place_of(path: str, line: int, column: int) -> str:
    """Give a place as terminals and editors can follow it."""
    return f"{visible(path)}:{line}:{column}"


def places(locations: Sequence[Location]) -> str:
    """Give up to three places and the number of the others."""
    shown = [place_of(at.path, at.span.line, at.span.column) for at in locations[:SHOWN]]
    return listed(shown, len(locations) - SHOWN)


def _labelled(label: str, *sentences: str | None) -> Iterable[tuple[str, str]]:
    """Give rows of which only the first carries the label."""
    said = [sentence for sentence in sentences if sentence]
    return [("" if number else label, sentence) for number, sentence in enumerate(said)]
