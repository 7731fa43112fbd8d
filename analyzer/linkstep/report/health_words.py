"""What health means to its reader: details, impact, what blocks, and what to run.

Plain text for every format; text of the analysed tree is made visible here, once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from linkstep.model.facts import BrokenReference, DependencyFault, Guard, GuardKind, Runs
from linkstep.model.findings import Finding
from linkstep.model.health import (
    ComponentHealth,
    Health,
    Obstacle,
    PathHealth,
    RootCause,
    Status,
    Trouble,
    WayStep,
)
from linkstep.report.summary import plural
from linkstep.report.visible import visible
from linkstep.report.words import SHOWN, listed


class Invocation(Struct, frozen=True):
    """What was typed for a run: paths, and the options that decide what is linked."""

    paths: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command to run it again.

        >>> Invocation(("src",), ("--python", "my venv")).command
        "linkstep health src --python 'my venv'"
        """
        return visible(shlex.join(("linkstep", "health", *self.paths, *self.options)))


UNREACHED = "nothing known reaches it"
ORDER = (Status.FAILED, Status.BLOCKED, Status.DEGRADED, Status.UNKNOWN, Status.HEALTHY)


def headline(health: Health) -> str:
    """Say in one line how things are.

    >>> headline(Health())
    'no component, no golden path'
    """
    parts = []
    for noun, ones in (("component", health.components), ("golden path", health.paths)):
        statuses = [one.status for one in ones]
        counts = [(status, statuses.count(status)) for status in ORDER]
        told = [f"{count} {status.value}" for status, count in counts if count]
        parts.append(f"{plural(len(ones), noun)}: {', '.join(told)}" if told else f"no {noun}")
    return (", " if not health.components and not health.paths else "; ").join(parts)


def detail(component: ComponentHealth) -> str:
    """Say which break makes a component what it is, and where, then count the others."""
    worst, failures = component.worst, component.failures
    if component.status is Status.FAILED or worst is None:
        if not failures:
            return plural(component.modules, "module")
        said, first = [_failure(failures[0])], failures[0].finding
        failures = failures[1:]
    else:
        is_own = worst in component.broken
        said, first = [_break(worst) if is_own else _lack(worst)], worst
    failing = {trouble.finding for trouble in failures}
    more = [f for f in component.broken if f is not first and f not in failing]
    counts = ((len(failures), "further module"), (len(more), "further broken reference"))
    modules, references = (plural(count, noun) if count else "" for count, noun in counts)
    said += [f"{modules} cannot be imported"] if modules else []
    said += [references] if references else []
    said += [UNREACHED] if component.unreached else []
    return "; ".join(said)


def _failure(trouble: Trouble) -> str:
    place = place_of(trouble)
    return f"{visible(trouble.module)} cannot be imported: {visible(trouble.exception)} at {place}"


def _break(finding: Finding) -> str:
    """Give a finding in a line: what, where, when, and what hides it."""
    fact = finding.fact
    place = f"{visible(fact.path)}:{fact.span.line}"
    return f"{visible(finding.message)} at {place}{_circumstances(finding)}"


def _lack(finding: Finding) -> str:
    fact = finding.fact
    name = fact.name if isinstance(fact, BrokenReference) else ""
    return f"lacks {visible(name)}, which {visible(fact.path)}:{fact.span.line} asks for"


def _circumstances(finding: Finding) -> str:
    fact = finding.fact
    function = getattr(fact, "function", None)
    parts = []
    if function == "__main__":
        parts.append("when run as a script")
    elif function:
        parts.append(f"in {visible(function)}()")
    elif getattr(fact, "runs", None) is Runs.CALL:
        parts.append("at a call")
    hidden = hides(getattr(fact, "guard", Guard()))
    parts.extend([f"hidden by {hidden}"] if hidden else [])
    return f", {', '.join(parts)}" if parts else ""


def hides(guard: Guard) -> str | None:
    """Give what hides an exception, as it is written."""
    if guard.kind is GuardKind.NONE:
        return None
    return f"`except {visible(guard.catches)}`" if guard.catches else "`except`"


def impact(component: ComponentHealth, paths: Sequence[PathHealth]) -> str:
    """Say who is hit by a component that is not healthy: golden paths, then entry points."""
    if component.status is Status.HEALTHY:
        return "-"
    parts = []
    for status, verb in ((Status.BLOCKED, "blocks"), (Status.DEGRADED, "weakens")):
        named = [p.name for p in paths if p.name in component.paths and p.status is status]
        if named:
            parts.append(f"{verb} {_some(named)}")
    starting = {path.name for path in paths if len(path.stops) == 1}
    entries = [entry for entry in component.entries if entry not in starting]
    if entries:
        parts.append(f"reached from {_some(entries)}")
    return "; ".join(parts) or UNREACHED


def _some(names: Sequence[str]) -> str:
    return listed([visible(name) for name in names[:SHOWN]], max(0, len(names) - SHOWN))


def blocked_at(path: PathHealth) -> str:
    """Say where a golden path ends, or what weakens it, or which way it takes."""
    trouble, at = path.trouble, visible(path.at)
    match path.obstacle:
        case Obstacle.NO_MODULE:
            return f"there is no module {visible(path.at.partition(':')[0])}"
        case Obstacle.NO_NAME:
            module, _, name = path.at.partition(":")
            return f"{visible(module)} has no {visible(name)}"
        case Obstacle.NO_WAY:
            return f"no import leads to {at}"
    if trouble is not None:
        return _blocked_by(path, trouble)
    if path.obstacle is not None:
        return f"every way to {at} passes an import that raises"
    if path.weak:
        more = len(path.weak) - 1
        return _break(path.weak[0]) + (f"; {more} more" if more else "")
    return " -> ".join(visible(step.module) for step in path.way)


def _blocked_by(path: PathHealth, trouble: Trouble) -> str:
    finding = trouble.finding
    said = visible(finding.message if finding is not None else trouble.exception)
    near = "" if finding is None else _circumstances(finding)
    before = {
        Obstacle.START: f"{visible(path.at)} does not start: ",
        Obstacle.IMPORT: f"{visible(path.at)} cannot be imported: ",
    }.get(path.obstacle or Obstacle.CALL, "")
    return f"{place_of(trouble)}{near}: {before}{said}"


def place_of(trouble: Trouble) -> str:
    """Give the place of a trouble as `path:line`."""
    return f"{visible(trouble.path)}:{trouble.line}"


def way_of(steps: Iterable[WayStep]) -> str:
    """Give a way with the lines of its imports; deferred ones say so."""
    return " -> ".join(
        visible(step.module)
        + (f" ({visible(step.path)}:{step.line}" if step.path else "")
        + (", deferred)" if step.runs is Runs.CALL else ")" if step.path else "")
        for step in steps
    )


def what_is_missing(cause: RootCause) -> str:
    """Give the title of a root cause."""
    fact = cause.findings[0].fact
    if isinstance(fact, BrokenReference):
        return f"{visible(cause.symbol)} is missing"
    if isinstance(fact, DependencyFault):
        return f"{visible(cause.symbol)} is not installed"
    return visible(cause.symbol)


def hits(cause: RootCause) -> str:
    """Say which golden paths and components a root cause hits."""
    parts = []
    if cause.paths:
        noun = "golden path" if len(cause.paths) == 1 else "golden paths"
        parts.append(f"{noun} {_some(cause.paths)}")
    if cause.components:
        noun = "component" if len(cause.components) == 1 else "components"
        parts.append(f"{noun} {_some(cause.components)}")
    if cause.unreached:
        parts.append(UNREACHED)
    return "; ".join(parts)


def next_commands(health: Health, invocation: Invocation) -> Iterator[str]:
    """Give the commands to run after the fix: the place, the tests nearest to it, and all."""
    paths = dict.fromkeys(cause.findings[0].fact.path for cause in health.causes)
    if not paths:
        return
    files = [visible(path) for path in paths]
    yield visible(shlex.join(("linkstep", "check", *files[:SHOWN], *invocation.options)))
    if health.tests:
        runner = "pytest" if health.pytest else "unittest"
        yield shlex.join(("python", "-m", runner, *map(visible, health.tests)))
    yield invocation.command
