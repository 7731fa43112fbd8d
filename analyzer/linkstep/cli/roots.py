"""`linkstep roots`: what is linked against what, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from linkstep.cli.options import linking_options, request_for, tree_options
from linkstep.cli.streams import deliver
from linkstep.model.entry_points import LaunchReading
from linkstep.model.environment import PathEntry
from linkstep.model.request import Explanation
from linkstep.report.visible import visible


@click.command("roots")
@click.argument("path", required=False)
@tree_options
@linking_options
def command(path: str | None, **options: Any) -> None:
    """Show roots, environment and target for PATH, with the reason for each.

    Run it when linkstep misses modules that are there, or finds them where they
    should not be. It reads what `check` would read and links nothing.

    \b
    Examples:
      linkstep roots
      linkstep roots services/api --python services/api/.venv
    """
    from linkstep import pipeline

    explanation = pipeline.explain(request_for((path,) if path else (), **options))
    deliver("".join(f"{line}\n" for line in explain(explanation)), None)


def explain(explanation: Explanation) -> Iterator[str]:
    """Give the lines of the answer: a heading for each choice, its entries below."""
    project = explanation.project
    environment = project.environment
    yield f"project: {visible(explanation.base)}"
    yield f"configuration: {visible(explanation.configured_by or 'none, defaults apply')}"
    if explanation.files is not None:
        yield f"files: {explanation.files:,}"
    yield f"target: {visible(str(project.target))} ({visible(project.target_why)})"
    yield "roots:"
    yield from _entries(project.roots)
    yield f"environment: {visible(environment.why)}"
    yield from _entries(environment.site)
    for name, path in environment.mappings:
        yield f"  {visible(name)} -> {visible(path)} (editable install)"
    for path in environment.opaque_finders:
        yield f"  {visible(path)} (cannot be read without running it; anything may come from it)"
    yield "standard library:"
    yield from _entries(environment.stdlib)
    if not environment.stdlib:
        yield "  typeshed's stubs; names they omit are unknown"
    yield from _launches(explanation.launches)
    for note in explanation.notes:
        yield f"note: {visible(note)}"


def _launches(launches: LaunchReading) -> Iterator[str]:
    """Give the entry points, and the commands that were not understood."""
    if launches.entries:
        yield "entry points:"
    for entry in launches.entries:
        place = f"{entry.declared_at.path}:{entry.declared_at.span.line}"
        yield f"  {visible(entry.name)} ({entry.kind.value}, {visible(place)})"
    if launches.unclear:
        yield "not understood:"
    for one in launches.unclear:
        place = f"{one.declared_at.path}:{one.declared_at.span.line}"
        yield f"  {visible(one.command)} ({visible(one.why)}, {visible(place)})"


def _entries(entries: Sequence[PathEntry]) -> Iterator[str]:
    for entry in entries:
        yield f"  {visible(entry.directory) or '.'} ({visible(entry.why)})"
