"""From a linked program to what `linkstep health` and the HTML page show.

Components and golden paths come from configuration, or else from the packages and the
entry points. Everything that configuration names has to be there, save the stops of a
path: whether those are there is what the path is about.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence

from linkstep.analyses.entry_points import started_modules
from linkstep.analyses.health import health
from linkstep.analyses.import_map import import_map
from linkstep.analyses.map_layout import lay_out
from linkstep.closest import suggestion
from linkstep.config import Configuration
from linkstep.errors import LinkstepError
from linkstep.model.facts import Fact
from linkstep.model.findings import Finding
from linkstep.model.health import Component, GoldenPath, Overview, Plan, Stop
from linkstep.model.links import Program

LEVELS = 2  # packages that a component has in its name where nothing is configured


def overview_of(
    program: Program,
    facts: Sequence[Fact],
    findings: Sequence[Finding],
    configuration: Configuration,
    is_test: Callable[[str], bool],
) -> Overview:
    """Give health and the import map of a linked program, ready to be shown.

    `findings` are all that no comment and no setting silences. Raises LinkstepError for
    components and paths that fit nothing.
    """
    entries = entries_of(configuration, program)
    plan = plan_of(configuration, program, entries, is_test)
    whole = import_map(program, facts)
    boxes, spots = lay_out(whole, plan.components, entries)
    return Overview(health(program, findings, plan, entries, is_test), whole, boxes, spots)


def entries_of(configuration: Configuration, program: Program) -> dict[str, tuple[str, ...]]:
    """Give the entry points, found and configured, with the modules they begin with."""
    names = {module.path: module.name for module in program.modules}
    entries = started_modules(program.launches, names)
    for entry in configuration.entry_points:
        starts = (entry.partition(":")[0],)
        if starts not in entries.values() and starts[0] in names.values():
            entries[entry] = starts
    return entries


def plan_of(
    configuration: Configuration,
    program: Program,
    entries: Mapping[str, Sequence[str]],
    is_test: Callable[[str], bool],
) -> Plan:
    """Give the components and golden paths, with the modules that they are about."""
    where = configuration.source or "the command line"
    names = sorted(module.name for module in program.modules)
    if configuration.components:
        components = tuple(
            Component(name, _matching(name, patterns, names, where))
            for name, patterns in configuration.components.items()
        )
    else:
        components = tuple(_packages(program, is_test))
    paths = tuple(
        _golden_path(name, stops, program, entries, where)
        for name, stops in configuration.paths.items()
    ) or tuple(GoldenPath(entry, entry, tuple(starts)) for entry, starts in entries.items())
    return Plan(components, paths)


def _matching(
    name: str, patterns: Sequence[str], names: Sequence[str], where: str
) -> tuple[str, ...]:
    """Give the modules of a component; a package stands for all modules in it."""
    found: set[str] = set()
    for pattern in patterns:
        matching = {
            module
            for module in names
            if module.startswith(f"{pattern}.") or fnmatch.fnmatchcase(module, pattern)
        }
        if not matching:
            raise LinkstepError(
                f"component {name!r}: no module matches {pattern!r}",
                where=f"{where}: components.{name}",
                hint=suggestion(pattern, names, "`linkstep roots` shows where modules come from"),
            )
        found |= matching
    return tuple(sorted(found))


def _packages(program: Program, is_test: Callable[[str], bool]) -> Iterator[Component]:
    """Give the top two package levels; tests are no part of what runs."""
    modules: dict[str, list[str]] = {}
    for module in program.modules:
        if is_test(module.path):
            continue
        parts = module.name.split(".")
        if not module.summary.kind.is_package and len(parts) > 1:
            parts.pop()
        modules.setdefault(".".join(parts[:LEVELS]), []).append(module.name)
    for name, members in sorted(modules.items()):
        yield Component(name, tuple(sorted(members)))


def _golden_path(
    name: str,
    stops: Sequence[str],
    program: Program,
    entries: Mapping[str, Sequence[str]],
    where: str,
) -> GoldenPath:
    start, *rest = stops
    starts = _starts(start, program, entries)
    if starts is None:
        known = [*entries, *(module.name for module in program.modules)]
        raise LinkstepError(
            f"golden path {name!r} starts at {start!r}, and there is no such module or entry point",
            where=f"{where}: paths.{name}",
            hint=suggestion(start, known, "it has to be among the files that are checked"),
        )
    return GoldenPath(name, start, starts, tuple(_stop(text) for text in rest))


def _starts(
    start: str, program: Program, entries: Mapping[str, Sequence[str]]
) -> tuple[str, ...] | None:
    """Give the modules that begin at a module, an entry point, or a file."""
    if start in entries:
        return tuple(entries[start])
    module = start.partition(":")[0]
    for known in program.modules:
        if module in (known.name, known.path):
            return (known.name,)
    names = {known.path: known.name for known in program.modules}
    for launch in program.launches:
        if start in (launch.entry.name, launch.entry.target):
            return tuple(names[path] for path in launch.modules if path in names) or None
    return None


def _stop(text: str) -> Stop:
    module, _, attribute = text.partition(":")
    return Stop(module, attribute)
