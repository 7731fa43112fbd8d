"""Health: what of a program works, told by its components and its golden paths."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.facts import Runs
from linkstep.model.findings import Finding
from linkstep.model.import_map import ImportMap


class Status(enum.StrEnum):
    """How a component or a golden path is; see `ComponentHealth` and `PathHealth`."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FAILED = "failed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class HealthFailOn(enum.StrEnum):
    """The least bad status that ends `linkstep health` with exit code 1."""

    DEGRADED = "degraded"
    FAILED = "failed"
    NEVER = "never"

    def fails(self, status: Status) -> bool:
        """Whether one component or path of this status fails the run.

        >>> HealthFailOn.FAILED.fails(Status.DEGRADED), HealthFailOn.FAILED.fails(Status.BLOCKED)
        (False, True)
        """
        if self is HealthFailOn.NEVER:
            return False
        if status is Status.DEGRADED:
            return self is HealthFailOn.DEGRADED
        return status in (Status.FAILED, Status.BLOCKED)


class Stop(Struct, frozen=True):
    """A place that a golden path passes: `module`, or the `attribute` of it.

    The first stop of a path may be the name of an entry point, or the file it runs.
    """

    module: str
    attribute: str = ""

    @property
    def text(self) -> str:
        """The stop as it is configured.

        >>> Stop("app.ws.events", "agent_started").text
        'app.ws.events:agent_started'
        """
        return f"{self.module}:{self.attribute}" if self.attribute else self.module


class Component(Struct, frozen=True):
    """A part of a program by the name that its owners use, and its modules, sorted."""

    name: str
    modules: tuple[str, ...]


class GoldenPath(Struct, frozen=True):
    """A way that has to work: from `starts`, the modules of an entry point, over `stops`.

    `entry` is what it starts from, in words. A path without stops asks for no more than that
    the program starts.
    """

    name: str
    entry: str
    starts: tuple[str, ...]
    stops: tuple[Stop, ...] = ()


class Plan(Struct, frozen=True):
    """What health is asked about."""

    components: tuple[Component, ...]
    paths: tuple[GoldenPath, ...]


class Trouble(Struct, frozen=True):
    """A statement that raises, or a module that cannot be imported because of one.

    `module` is the module of the component; the exception leaves the statement at `line` of
    `path`, which may be further away. `finding` is what is reported about that statement.
    """

    module: str
    path: str
    line: int
    exception: str
    finding: Finding | None = None


class ComponentHealth(Struct, frozen=True):
    """One component.

    `failed`: a module of it that the program needs raises when it is imported. `degraded`:
    imports work, but a broken reference waits for a call or is hidden by a guard, or a module
    fails that nothing reaches, or others ask the component for a name that it lacks.

    `failures` are its modules that raise when they are imported, those that are reached first.
    `broken` are the findings in its modules, heaviest first, `lacking` the findings of
    others about names that its modules do not have; `worst` is the heaviest of both.
    `unreached` says that nothing known reaches any of it. `paths` and `entries` are who is hit.
    """

    name: str
    status: Status
    modules: int
    failures: tuple[Trouble, ...] = ()
    broken: tuple[Finding, ...] = ()
    lacking: tuple[Finding, ...] = ()
    worst: Finding | None = None
    unreached: bool = False
    paths: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


class WayStep(Struct, frozen=True):
    """A module on the way, and the import that leads to it; the first one has none."""

    module: str
    path: str = ""
    line: int = 0
    runs: Runs = Runs.IMPORT


class Obstacle(enum.StrEnum):
    """Why a path cannot be gone; completes "blocked: ..."."""

    START = "the program does not start"
    NO_MODULE = "there is no such module"
    NO_NAME = "the module has no such name"
    IMPORT = "it cannot be imported"
    WAY = "every way there passes an import that raises"
    CALL = "a statement raises when it is called"
    NO_WAY = "no import leads there"


class PathHealth(Struct, frozen=True):
    """One golden path.

    `blocked`: the program does not start, a stop is not there or cannot be imported, every
    way passes an import that raises, or a statement raises in a function that is a stop.
    `degraded`: a broken reference on the way waits for a call or is hidden by a guard.
    `unknown`: no import leads there, so it cannot be judged.

    `way` are the modules passed, as far as one gets. `at` is the stop that cannot be had,
    `trouble` the statement that raises. `weak` are the findings that degrade it.
    """

    name: str
    stops: tuple[str, ...]
    status: Status
    way: tuple[WayStep, ...] = ()
    obstacle: Obstacle | None = None
    at: str = ""
    trouble: Trouble | None = None
    weak: tuple[Finding, ...] = ()


class RootCause(Struct, frozen=True):
    """One missing symbol with all findings about it, heaviest first.

    `components` and `paths` are who is hit by it; `unreached` says that it stands only in
    modules that nothing known reaches.
    """

    symbol: str
    findings: tuple[Finding, ...]
    components: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    unreached: bool = False


class Health(Struct, frozen=True):
    """Everything that `linkstep health` has to say.

    `causes` are those that hit a component or a path; `elsewhere` counts the findings
    that hit none. `tests` are the test files nearest to what is broken, `pytest` whether they
    need it.
    """

    components: tuple[ComponentHealth, ...] = ()
    paths: tuple[PathHealth, ...] = ()
    causes: tuple[RootCause, ...] = ()
    elsewhere: int = 0
    tests: tuple[str, ...] = ()
    pytest: bool = True

    def failed(self, fail_on: HealthFailOn) -> bool:
        """Whether a component or a path is as bad as `fail_on`, or worse."""
        statuses = [one.status for one in self.components] + [one.status for one in self.paths]
        return any(map(fail_on.fails, statuses))


class Box(Struct, frozen=True):
    """A part of the drawn map: the modules of one component or package, in a frame."""

    name: str
    component: str
    x: int
    y: int
    width: int
    height: int


class Spot(Struct, frozen=True):
    """Where a module is drawn: its box by number, and the middle of its left edge.

    `came` is the module before it on the shortest way from an entry point, empty for one that
    begins a program; None when nothing reaches it.
    """

    module: str
    box: int
    x: int
    y: int
    came: str | None = None


class Overview(Struct, frozen=True):
    """What a page shows: health, the import map, and where on it everything is drawn."""

    health: Health = Health()
    map: ImportMap = ImportMap()
    boxes: tuple[Box, ...] = ()
    spots: tuple[Spot, ...] = ()
