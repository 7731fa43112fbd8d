"""Facts: typed statements by the analyses, before any rule turns them into findings."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.environment import Origin
from linkstep.model.summary import Span


class Problem(enum.StrEnum):
    """What CPython would say about a reference."""

    MISSING_MODULE = "missing-module"
    UNDEFINED_NAME = "undefined-name"
    UNDEFINED_ATTRIBUTE = "undefined-attribute"
    UNDEFINED_EXPORT = "undefined-export"
    UNIMPORTED_SUBMODULE = "unimported-submodule"
    POSSIBLY_UNDEFINED_NAME = "possibly-undefined-name"
    DEAD_FALLBACK = "dead-fallback"
    FAILING_IMPORT = "failing-import"


class Runs(enum.StrEnum):
    """When the statement is executed."""

    IMPORT = "import"
    CALL = "call"


class GuardKind(enum.StrEnum):
    """What stands between the failing reference and the process (docs/glossary.md)."""

    NONE = "none"
    FALLBACK = "fallback"
    SWALLOWED = "swallowed"
    EXPECTED = "expected"
    TYPE_CHECKING = "type-checking"
    VERSION = "version"
    PLATFORM = "platform"
    LAZY = "lazy"


class Guard(Struct, frozen=True):
    """The innermost construct that catches the exception.

    `catches` is written as in the source (`Exception`, `ImportError, OSError`, empty for
    a bare except); `line` is the line of the handler or with statement, 0 for none.
    """

    kind: GuardKind = GuardKind.NONE
    catches: str = ""
    line: int = 0


class Location(Struct, frozen=True, order=True):
    """A file and a span in it."""

    path: str
    span: Span


class Reach(Struct, frozen=True):
    """An entry point and the shortest import chain from it, module by module."""

    entry: str
    chain: tuple[str, ...]


class BrokenReference(Struct, frozen=True, tag="broken-reference"):
    """A reference that CPython refuses.

    `module` is the module looked into and `name` what is missing there; `importing` the
    module that contains the reference. `function` is the qualified name of the function
    that has to be called for it (None when it runs at import; `__main__` for the block
    that runs only as a script). `exception` is CPython's own last line, e.g.
    `ImportError: cannot import name 'x' from 'm' (/path/m.py)` with the path left out.
    `offers` are the public names that `offered_by` (a path) does bind, in order.
    `suggestion` was checked to link: a full dotted name. `elsewhere` are modules that
    define the very name. `condition` is the source of the test under which the name is
    bound. `via` is the place (`path:line`) where a module fails while it is imported. `used_by` are
    further references that fail for the same cause and are not reported on their own.
    """

    problem: Problem
    path: str
    span: Span
    importing: str
    module: str
    name: str
    origin: Origin
    runs: Runs
    exception: str
    guard: Guard = Guard()
    function: str | None = None
    offered_by: str | None = None
    offers: tuple[str, ...] = ()
    suggestion: str | None = None
    elsewhere: tuple[str, ...] = ()
    condition: str | None = None
    via: str | None = None
    used_by: tuple[Location, ...] = ()
    imported_by: tuple[str, ...] = ()
    reached_from: tuple[Reach, ...] = ()


class BrokenFile(Struct, frozen=True, tag="broken-file"):
    """A file that the target Python cannot compile, or that cannot be read at all."""

    path: str
    span: Span
    module: str
    reason: str
    exception: str
    target: str
    imported_by: tuple[str, ...] = ()
    reached_from: tuple[Reach, ...] = ()


class ShadowedModule(Struct, frozen=True, tag="shadowed-module"):
    """A file that takes, or loses, a module name that another one has too.

    `loser` is the path or the description of what is never loaded under this name.
    """

    path: str
    span: Span
    module: str
    origin: Origin
    winner: str
    loser: str


class UnusedSuppression(Struct, frozen=True, tag="unused-suppression"):
    """An ignore comment that ignores nothing; `codes` are those without effect."""

    path: str
    span: Span
    codes: tuple[str, ...]


Fact = BrokenReference | BrokenFile | ShadowedModule | UnusedSuppression
