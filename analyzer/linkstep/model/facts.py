"""Facts: typed statements by the analyses, before any rule turns them into findings."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.environment import Origin
from linkstep.model.execution import ImportStep, Order, Remedy
from linkstep.model.summary import Span, StateKind


class Problem(enum.StrEnum):
    """What CPython would say about a reference."""

    MISSING_MODULE = "missing-module"
    CASE_MISMATCH = "case-mismatch"
    UNDEFINED_NAME = "undefined-name"
    UNDEFINED_ATTRIBUTE = "undefined-attribute"
    UNDEFINED_EXPORT = "undefined-export"
    UNIMPORTED_SUBMODULE = "unimported-submodule"
    POSSIBLY_UNDEFINED_NAME = "possibly-undefined-name"
    DEAD_FALLBACK = "dead-fallback"
    FAILING_IMPORT = "failing-import"
    BROKEN_ENTRY_POINT = "broken-entry-point"
    BROKEN_LAUNCH_COMMAND = "broken-launch-command"
    BROKEN_DOTTED_PATH = "broken-dotted-path"
    REMOVED_FROM_LIBRARY = "removed-from-library"


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
    """An entry point and the shortest import chain from it, module by module.

    `deferred` says that an import on the way waits for a call; without it the module is
    executed when the process starts.
    """

    entry: str
    chain: tuple[str, ...]
    deferred: bool = False


class Removal(Struct, frozen=True):
    """What a change took away: a name of the module at `path`, or that whole module.

    `moved_to` is where the file is now, if it was only moved.
    """

    name: str
    path: str
    moved_to: str | None = None


class LayerAction(enum.StrEnum):
    """What a layer of an image did to a file."""

    WROTE = "wrote"
    REPLACED = "replaced"
    REMOVED = "removed"
    HAD = "had"


class LayerNote(Struct, frozen=True):
    """What one layer did to the file at `path`, an absolute path of the image.

    `number` of `count` counts from the bottom; `created_by` is the instruction that made
    the layer, if the image tells. With `HAD`, `name` is what the file still defined there.
    """

    action: LayerAction
    path: str
    number: int
    count: int
    created_by: str = ""
    name: str = ""


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
    `versions` are the Pythons on which it fails (`3.13`) where that is not the target alone,
    and `admitted_by` says who admits them. `caused_by` is what the change that is checked
    removed, with `--since`. `layers` say what the layers of an image did to the file that was
    looked into. For an entry point `importing` is its name, and `says` what the launcher prints.
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
    versions: tuple[str, ...] = ()
    admitted_by: str | None = None
    caused_by: Removal | None = None
    layers: tuple[LayerNote, ...] = ()
    says: str = ""


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


class StartProblem(enum.StrEnum):
    """Why a program cannot be started; completes "the command cannot start: ..."."""

    EMPTY = "its first word is empty"
    NOT_ON_PATH = "the program is not on PATH"
    NOT_THERE = "the program is not in the image"
    DANGLING = "the program is a link that leads nowhere"
    DIRECTORY = "the program is a directory"
    NOT_EXECUTABLE = "the image's user may not execute the program"
    NO_INTERPRETER = "the interpreter in the program's first line is not in the image"
    NO_SHEBANG = "the program is neither compiled nor has it a first line with an interpreter"
    NO_LOADER = "the program was built for another C library"
    NO_LIBRARY = "the program needs a shared library that the image lacks"
    WRONG_MACHINE = "the program was built for another machine"


class UnstartableEntry(Struct, frozen=True, tag="unstartable-entry"):
    """A command of an image that cannot start, whatever its Python says.

    `command` is the command line, `program` its word that fails, `path` the file that
    does, or the place of the command. `subject` is what is missing, `exception` what the
    container's runtime says. `elsewhere` is where the program is although PATH does not lead there.
    """

    path: str
    span: Span
    command: str
    program: str
    problem: StartProblem
    subject: str
    exception: str
    elsewhere: str | None = None
    layers: tuple[LayerNote, ...] = ()


class MissingSharedLibrary(Struct, frozen=True, tag="missing-shared-library"):
    """An import that ends at a compiled module whose shared library an image lacks.

    `module` is the compiled module at `binary`, `library` what is not found, and `needed_by`
    the file that asks for it (the module itself, or a library that it needs). `path` and
    `span` are the import statement of the project.
    """

    path: str
    span: Span
    importing: str
    module: str
    binary: str
    library: str
    needed_by: str
    runs: Runs
    exception: str
    guard: Guard = Guard()
    function: str | None = None
    reached_from: tuple[Reach, ...] = ()
    layers: tuple[LayerNote, ...] = ()


class Staleness(enum.StrEnum):
    """How a module of an image differs from the source tree's."""

    OTHER_NAMES = "other-names"
    ABSENT = "absent"


class StaleModule(Struct, frozen=True, tag="stale-module"):
    """A module that an image has otherwise than the source tree, or not at all.

    `path` is the image's file, or for an absent one the place of the sources, `source` the
    file of the source tree. `lacking` are names that only the sources define, `surplus`
    names that only the image does.
    """

    path: str
    span: Span
    module: str
    staleness: Staleness
    source: str
    lacking: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    imported_by: tuple[str, ...] = ()
    layers: tuple[LayerNote, ...] = ()


class UnsetAppState(Struct, frozen=True, tag="unset-app-state"):
    """`app.state.NAME` is read, or asked for, and nothing in the tree ever sets it.

    `kind` is `read` where the read raises, `asked` where hasattr() is False for good or the
    default of getattr() is always taken. `suggestion` is the closest name that is set.
    """

    path: str
    span: Span
    importing: str
    name: str
    kind: StateKind
    runs: Runs
    exception: str
    guard: Guard = Guard()
    function: str | None = None
    suggestion: str | None = None
    imported_by: tuple[str, ...] = ()
    reached_from: tuple[Reach, ...] = ()


class UnusedSuppression(Struct, frozen=True, tag="unused-suppression"):
    """An ignore comment that ignores nothing; `codes` are those without effect."""

    path: str
    span: Span
    codes: tuple[str, ...]


class LeftOutOf(enum.StrEnum):
    """What a module that is imported does not get into."""

    GIT = "git"
    WHEEL = "wheel"
    IMAGE = "image"
    PRODUCTION = "production"


class LeftOut(enum.StrEnum):
    """What a file is that does not get to where the program runs."""

    UNTRACKED = "untracked"
    UNDELIVERED = "undelivered"
    TEST_CODE = "test-code"


class LeftOutModule(Struct, frozen=True, tag="left-out-module"):
    """A module that is there in the sources, and missing where the program will run.

    The import of `module` in `importing` works here, by the file `target`. `cause` says why
    that file does not get there, as a sentence without its subject, and names the file,
    line and pattern that decide. `exception` is what CPython says there.
    """

    path: str
    span: Span
    importing: str
    module: str
    target: str
    problem: LeftOut
    of: LeftOutOf
    cause: str
    runs: Runs
    exception: str
    guard: Guard = Guard()
    function: str | None = None
    reached_from: tuple[Reach, ...] = ()


class DependencyProblem(enum.StrEnum):
    """What is wrong between the imports, the declarations and the environment."""

    UNDECLARED = "undeclared"
    MISSING = "missing"
    UNUSED = "unused"
    TRANSITIVE = "transitive"
    DEVELOPMENT = "development"
    INCOMPATIBLE = "incompatible"


class DependencyFault(Struct, frozen=True, tag="dependency-fault"):
    """A distribution that is imported and not declared, declared and not there, and so on.

    `name` is the distribution. Of an import, `module` is what is imported and `importing` by
    which module; a fault of a declaration has neither. `declared_at` are the declarations,
    `groups` those for development only. `chain` says who needs it: distributions from one
    that is declared on. `version` is the one that is installed. Of an incompatibility,
    `asking` is who asks for `requirement`, and `found` what the environment has.
    """

    problem: DependencyProblem
    path: str
    span: Span
    name: str
    module: str = ""
    importing: str = ""
    runs: Runs = Runs.IMPORT
    guard: Guard = Guard()
    function: str | None = None
    exception: str = ""
    declared_at: tuple[Location, ...] = ()
    groups: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    version: str = ""
    asking: str = ""
    requirement: str = ""
    found: str = ""
    imported_by: tuple[str, ...] = ()
    reached_from: tuple[Reach, ...] = ()


class Hit(enum.StrEnum):
    """Whether anybody is known to run into a circular import that raises.

    `sure`: no order of imports works, or a program takes one that does not. `possible`: one
    order raises and another works, and no program is known to take the first.
    """

    SURE = "sure"
    POSSIBLE = "possible"


class FailingCycle(Struct, frozen=True, tag="failing-cycle"):
    """An import, or a use of one, that raises since a module is still in progress.

    The statement stands in `importing`. `module` (the file `module_path`) has left at
    `leaving_line` to import what led here, and binds `name` at `binding_line` (0 for a
    submodule that is not complete). `chain` is the order that fails: `first` is imported
    first, or `entry` started. `failing` are the modules of the circle that lead here when
    they are imported first, `working` those that can be imported first.
    """

    path: str
    span: Span
    importing: str
    module: str
    module_path: str
    name: str
    exception: str
    order: Order
    hit: Hit
    first: str
    chain: tuple[ImportStep, ...]
    leaving_line: int = 0
    binding_line: int = 0
    entry: str | None = None
    failing: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    imported_by: tuple[str, ...] = ()
    reached_from: tuple[Reach, ...] = ()


class ImportCycle(Struct, frozen=True, tag="import-cycle"):
    """Modules that import each other in a circle, and nothing of it is known to raise.

    `edges` are all import statements among them that run at import.
    """

    path: str
    span: Span
    module: str
    modules: tuple[str, ...]
    edges: tuple[ImportStep, ...]
    reached_from: tuple[Reach, ...] = ()


class StaleEntry(Struct, frozen=True, tag="stale-entry"):
    """An entry of the baseline whose finding no longer occurs, or not as often.

    `path` and `span` are its place in the baseline file; `entry` is what it lists, in
    words, `surplus` how many findings fewer there are.
    """

    path: str
    span: Span
    entry: str
    surplus: int


Fact = (
    BrokenReference
    | BrokenFile
    | ShadowedModule
    | UnusedSuppression
    | UnsetAppState
    | StaleEntry
    | UnstartableEntry
    | MissingSharedLibrary
    | StaleModule
    | LeftOutModule
    | DependencyFault
    | FailingCycle
    | ImportCycle
)
