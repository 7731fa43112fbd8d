"""What a finding about a distribution means to its reader, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.model.facts import DependencyFault, DependencyProblem, Location, Runs
from linkstep.report.visible import visible

_SHOWN = 3


def dependency_rows(fact: DependencyFault) -> Iterator[tuple[str, str]]:
    """Give the rows of a finding: what is there, what follows, and what to do.

    >>> from linkstep.model.summary import Span
    >>> fact = DependencyFault(DependencyProblem.UNUSED, "a.toml", Span(1, 1, 1, 1), "six")
    >>> [row[0] for row in dependency_rows(fact)]
    ['found', 'help']
    """
    name = visible(fact.name)
    match fact.problem:
        case DependencyProblem.UNDECLARED:
            yield from _installed_by_accident(fact)
            yield "effect", f"{_failing(fact)} wherever only what is declared is installed"
            yield "help", f"declare {name}"
        case DependencyProblem.MISSING:
            if fact.module:
                yield "found", f"declared in {_places(fact.declared_at)}"
                yield "effect", _failing(fact)
            yield "help", f"install {name}, or name the right environment with --python"
        case DependencyProblem.UNUSED:
            yield "found", "no import, no setting and nothing that is installed uses it"
            yield "help", "remove it, or name it under `used` in [tool.linkstep.dependencies]"
        case DependencyProblem.TRANSITIVE:
            yield "found", _chain(fact)
            yield "effect", f"{_failing(fact)} once that is no longer so"
            yield "help", f"declare {name}"
        case DependencyProblem.DEVELOPMENT:
            yield "found", f"declared in {_places(fact.declared_at)}"
            yield "effect", f"{_failing(fact)} wherever that is not installed"
            yield "help", "declare it for production, or guard the import"
        case DependencyProblem.INCOMPATIBLE:
            if len(fact.chain) > 1:
                yield "found", _chain(fact)
            yield "help", "install versions that fit, or change what is asked for"


def _installed_by_accident(fact: DependencyFault) -> Iterator[tuple[str, str]]:
    if not fact.version:
        return
    there = f"{visible(fact.name)} {visible(fact.version)} is installed"
    if fact.chain:
        yield "found", f"{there}, for development only: {_chain(fact)}"
    else:
        yield "found", f"{there}, and nothing that is declared needs it"


def _chain(fact: DependencyFault) -> str:
    """Say who needs whom, from a declaration on; of a lock file only that it lists the name."""
    if len(fact.chain) < 2:
        return f"the lock file lists {visible(fact.name)}, no declaration asks for it"
    return " -> ".join(map(visible, fact.chain))


def _failing(fact: DependencyFault) -> str:
    if fact.function == "__main__":
        return f"running {visible(fact.path)} fails"
    if fact.runs is Runs.CALL and fact.function:
        return f"calling {visible(fact.function)}() fails"
    return f"importing {visible(fact.importing)} fails"


def _places(locations: tuple[Location, ...]) -> str:
    shown = [f"{visible(at.path)}:{at.span.line}" for at in locations[:_SHOWN]]
    more = len(locations) - _SHOWN
    return " and ".join(shown) + (f" and {more} more" if more > 0 else "")
