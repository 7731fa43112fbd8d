"""What a finding about a container image means to its reader, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkstep.model.facts import (
    LayerAction,
    LayerNote,
    MissingSharedLibrary,
    StaleModule,
    Staleness,
    StartProblem,
    UnstartableEntry,
)
from linkstep.report.visible import visible

_MOST_CREATED_BY = 60
_SHOWN = 4


def layer_rows(notes: Sequence[LayerNote]) -> Iterator[tuple[str, str]]:
    """Give the rows that say what the layers of an image did to a file.

    >>> note = LayerNote(LayerAction.REMOVED, "/srv/app.py", 3, 4, "RUN rm app.py")
    >>> list(layer_rows([note]))
    [('layer', 'layer 3/4 `RUN rm app.py` removed /srv/app.py')]
    """
    for number, note in enumerate(notes[:_SHOWN]):
        yield ("" if number else "layer", _layer_sentence(note))


def _layer_sentence(note: LayerNote) -> str:
    text = visible(note.created_by)
    if len(text) > _MOST_CREATED_BY:
        text = text[: _MOST_CREATED_BY - 3] + "..."
    layer = f"layer {note.number}/{note.count}" + (f" `{text}`" if text else "")
    path = visible(note.path)
    match note.action:
        case LayerAction.WROTE:
            return f"{layer} wrote {path}"
        case LayerAction.REPLACED:
            return f"{layer} replaced {path}"
        case LayerAction.REMOVED:
            return f"{layer} removed {path}"
    what = f"{visible(note.name)} in {path}" if note.name else path
    return f"{layer} had {what}"


def start_rows(fact: UnstartableEntry) -> Iterator[tuple[str, str]]:
    """Give the rows of a command that cannot start."""
    if fact.problem in (StartProblem.NO_INTERPRETER, StartProblem.NO_LOADER):
        yield "found", f"{visible(fact.path)} asks for {visible(fact.subject)}"
    elif fact.problem is StartProblem.DANGLING:
        yield "found", f"{visible(fact.path)} -> {visible(fact.subject)}, which is not in the image"
    elif fact.problem is StartProblem.NO_LIBRARY:
        yield "found", f"{visible(fact.path)} needs {visible(fact.subject)}"
    elif fact.elsewhere:
        yield "found", f"{visible(fact.elsewhere)} is not in a directory of PATH"
    yield "effect", f"the container stops at once: {visible(fact.exception)}"
    yield from layer_rows(fact.layers)


def asking_for(fact: MissingSharedLibrary) -> str:
    """Say which file asks for a library that is not there."""
    if fact.needed_by != fact.binary:
        return f"{visible(fact.needed_by)} asks for it, which {visible(fact.binary)} needs"
    return f"{visible(fact.binary)} asks for it"


def stale_rows(fact: StaleModule) -> Iterator[tuple[str, str]]:
    """Give the rows of a module that the image has otherwise than the sources."""
    if fact.staleness is Staleness.ABSENT:
        yield "found", f"{visible(fact.source)} is in the source tree"
    else:
        if fact.lacking:
            yield "found", f"only {visible(fact.source)} binds {_names(fact.lacking)}"
        if fact.surplus:
            label = "" if fact.lacking else "found"
            yield label, f"only the image binds {_names(fact.surplus)}"
    yield "effect", "what runs is not what was reviewed"
    yield from layer_rows(fact.layers)
    yield "help", "build the image again, or look what its Dockerfile and .dockerignore leave out"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(visible(name) for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
