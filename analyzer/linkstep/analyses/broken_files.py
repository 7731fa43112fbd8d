"""Files that the target cannot compile, or that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linkstep.analyses.graph import ImportGraph
from linkstep.model.environment import Found
from linkstep.model.facts import BrokenFile
from linkstep.model.summary import FileSummary, Span
from linkstep.model.target import Target


def broken_files(
    checked: Sequence[Found],
    summaries: Mapping[str, FileSummary | None],
    unreadable: Mapping[str, str],
    target: Target,
    graph: ImportGraph,
    entries: Sequence[str],
) -> tuple[BrokenFile, ...]:
    """Give a fact for each checked file without a usable summary."""
    facts = []
    for found in checked:
        summary = summaries.get(found.path)
        if summary is None:
            reason = f"the file cannot be read: {unreadable.get(found.path, 'unknown error')}"
            line, column, exception = 1, 1, ""
        elif summary.problem is not None:
            problem = summary.problem
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
