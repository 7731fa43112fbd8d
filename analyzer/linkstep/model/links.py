"""What the link stage gives: every reference with its end.

The ways a link can end are a closed set. A reference is *resolved*, or *broken* with a
reason that CPython would state as an exception, or *unknown* with a reason why nothing
can be proven about it.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.environment import Origin
from linkstep.model.facts import Guard, Problem, Runs
from linkstep.model.summary import FileSummary, Span


class Doubt(enum.StrEnum):
    """Completes "not linked because ..."; counted in the summary by this text."""

    NO_ENVIRONMENT = "there is no environment to look in"
    OPAQUE = "the module is compiled and nothing describes this name"
    OPEN = "the module makes names at run time"
    GETATTR = "the module's __getattr__ serves names that cannot be listed"
    STAR = "a star import brings names that cannot be listed"
    BUILT = "a build step makes the module"
    OVERLAY = "only some machines have the module, such as local settings"
    PATH = "sys.path is changed in a way that cannot be followed"
    FINDER = "an installed finder cannot be read"
    CONDITION = "it runs only under a feature or version test that cannot be decided"
    CYCLE = "it depends on a module that is still being linked"
    BROKEN_FILE = "the module looked into cannot be read"
    OUTSIDE = "something outside the module sets names on it"
    BUILTINS = "something adds names to the builtins"
    STUB = "only a type stub describes the module, and it lacks the name"
    ELSEWHERE = "another directory of the tree has a module of that name"
    VALUE = "the value is not known to be a module"


class Edge(Struct, frozen=True, order=True):
    """One import that links: `importer` needs `target` (both paths of module files)."""

    importer: str
    target: str
    line: int
    runs: Runs


class BrokenLink(Struct, frozen=True):
    """A reference that CPython refuses, with everything the linker knows about it.

    `path` and `importing` say where it stands. `module` was looked into (`module_path`,
    None for a namespace package or what does not exist) and has no `name`. `optional`
    says that a guard makes the absence an accepted case, so nothing is reported.
    `cause` is the path and span of the broken link this one only repeats.
    """

    problem: Problem
    path: str
    span: Span
    importing: str
    module: str
    module_path: str | None
    name: str
    origin: Origin
    runs: Runs
    exception: str
    guard: Guard
    function: str | None
    optional: bool = False
    condition: str | None = None
    via: str | None = None
    cause: tuple[str, Span] | None = None


class LinkedModule(Struct, frozen=True):
    """A first-party module that was linked."""

    name: str
    path: str
    summary: FileSummary
    names: tuple[str, ...]


class Program(Struct, frozen=True):
    """All linked modules, the import edges between files, and the links that broke.

    `names_by_path` are the names a looked-into module binds: those it defines in order,
    then those it imports.
    """

    modules: tuple[LinkedModule, ...]
    edges: tuple[Edge, ...]
    broken: tuple[BrokenLink, ...]
    references: int
    resolved: int
    unknown: dict[Doubt, int]
    names_by_path: dict[str, tuple[str, ...]]
