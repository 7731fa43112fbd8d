"""Files that the target cannot compile, or that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linkstep.analyses.graph import ImportGraph
from linkstep.model.environment import Found
from linkstep.model.facts import BrokenFile
from linkstep.model.links import FileLinks
from linkstep.model.summary import Span
from linkstep.model.target import Target


def broken_files(
    checked: Sequence[Found],
    links: Mapping[str, FileLinks],
    unreadable: Mapping[str, str],
    target: Target,
    graph: ImportGraph,
    entries: Sequence[str],
) -> tuple[BrokenFile, ...]:
    """Give a fact for each checked file that was not linked, or cannot be compiled."""
    facts = []
    for found in checked:
        linked = links.get(found.path)
        if linked is None:
            reason = f"the file cannot be read: {unreadable.get(found.path, 'unknown error')}"
            line, column, exception = 1, 1, ""
        elif linked.problem is not None:
            problem = linked.problem
            line, column, reason = problem.line, problem.column, problem.message
            exception = f"SyntaxError: {problem.message}" if problem.certain else ""
        else:
            continue
        facts.append(
            BrokenFile(
                path=found.path,
                span=Span(line, column, line, column + 1),
                module=found.name,
                reason=reason,
                exception=exception,
                target=str(target),
                imported_by=graph.importers(found.name),
                reached_from=graph.reached_from(found.name, entries),
            )
        )
    return tuple(facts)
