"""What the link stage gives: every reference with its end.

The ways a link can end are a closed set. A reference is *resolved*, or *broken* with a
reason that CPython would state as an exception, or *unknown* with a reason why nothing
can be proven about it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from linkstep.model.entry_points import EntryPoint
from linkstep.model.environment import Origin
from linkstep.model.execution import Cycle, Execution
from linkstep.model.facts import Guard, Problem, Runs
from linkstep.model.summary import (
    FileSummary,
    ImportByName,
    Invoke,
    Span,
    StateKind,
    SyntaxProblem,
)
from linkstep.model.target import Version
from linkstep.model.trace import Trace


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
    DEEP = "the code nests, or its modules import each other, too deeply to be followed"
    VALUE = "the value is not known to be a module"
    COMMAND = "what the command starts is not known before it runs"


class Edge(Struct, frozen=True, order=True, array_like=True):
    """One import that links: `importer` needs `target` (both paths of module files)."""

    importer: str
    target: str
    line: int
    runs: Runs


class BrokenLink(Struct, frozen=True, array_like=True):
    """A reference that CPython refuses, with everything the linker knows about it.

    `path` and `importing` say where it stands. `module` was looked into (`module_path`,
    None for a namespace package or what does not exist) and has no `name`. `optional`
    says that a guard makes the absence an accepted case, so nothing is reported.
    `cause` is the path and span of the broken link this one only repeats. `spelling` is the
    module that was meant when a name differs from it in upper and lower case only. `says`
    is what a launcher prints in place of the exception.
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
    spelling: str | None = None
    says: str = ""


class EntryLink(Struct, frozen=True):
    """An entry point with the paths of the first-party modules that it starts with.

    `broken` is the first thing it lacks, `doubt` why something of it cannot be known.
    """

    entry: EntryPoint
    modules: tuple[str, ...] = ()
    broken: BrokenLink | None = None
    doubt: Doubt | None = None


LibraryName = tuple[str, str]
"""A module of the standard library and a name in it; an empty name for the module itself."""


def library_name(exception: str, module: str, name: str) -> LibraryName:
    """Give what a broken reference needed of the standard library.

    >>> library_name("ModuleNotFoundError: No module named 'cgi'", "", "cgi")
    ('cgi', '')
    """
    return (name, "") if exception.startswith("ModuleNotFoundError") else (module, name)


class OtherVersion(Struct, frozen=True):
    """What breaks in another Python that the project admits, and not for the target.

    `lacks` are the names needed of the standard library that this version does not have.
    """

    version: Version
    lacks: frozenset[LibraryName]
    broken: tuple[BrokenLink, ...] = ()
    names_by_path: dict[str, tuple[str, ...]] = {}


class ForeignImport(Struct, frozen=True, array_like=True):
    """An import of a module that is not the project's own nor the standard library's.

    `found` is the path of what it loads, a directory for a namespace package, None when
    there is no environment to look in. `optional` says that the code goes on without it:
    a guard accepts the absence, or a test for a feature stands around the import.
    """

    path: str
    span: Span
    importing: str
    module: str
    found: str | None
    runs: Runs
    guard: Guard
    function: str | None = None
    optional: bool = False


class Unproven(Struct, frozen=True, array_like=True):
    """A name of a foreign module that may be there: nothing can be proven, for `doubt`.

    `by_import` says that a from-import asks for it, else an attribute of the module.
    """

    path: str
    span: Span
    importing: str
    module: str
    module_path: str
    name: str
    runs: Runs
    doubt: Doubt
    guard: Guard
    function: str | None = None
    by_import: bool = False


class StateRead(Struct, frozen=True, array_like=True):
    """`app.state.name` is read or asked for; `tested` says that a test for it stands around."""

    path: str
    span: Span
    importing: str
    name: str
    kind: StateKind
    runs: Runs
    guard: Guard
    function: str | None
    tested: bool = False


class FailingModule(Struct, frozen=True, array_like=True):
    """A module, by its file, that certainly raises when it is imported.

    The exception comes from `line` of the file `at`, or passes there as far as it is told;
    `reported` says that a broken reference stands there, `origin` who lacks what it needs.
    """

    path: str
    exception: str
    at: str
    line: int
    reported: bool = False
    origin: Origin = Origin.FIRST_PARTY


class Offer(NamedTuple):
    """A first-party module, by its file, and the names that it binds."""

    path: str
    names: tuple[str, ...]


Offers = Callable[[str], Offer | None]
"""Gives what the module of a name offers, None when there is no such module."""


class FileLinks(Struct, frozen=True, array_like=True):
    """How the references of one file ended: the links of a program are those of its files.

    `calls` are those that its import executes, in order. `library` is what it needs of the
    standard library, and `asks_version` says that a test of Python's version stands in it. `sets`
    are the names that it sets on modules, with these; an empty name is one that it computes.
    Of what the file says for itself, `defines` are the names that statements at its top define,
    `test` is its first function that is named like a test, and `problem` says why it cannot be
    compiled.
    """

    references: int
    resolved: int
    unknown: dict[Doubt, int]
    edges: tuple[Edge, ...]
    broken: tuple[BrokenLink, ...]
    calls: tuple[Invoke | ImportByName, ...]
    library: frozenset[LibraryName]
    foreign: tuple[ForeignImport, ...]
    unproven: tuple[Unproven, ...]
    state_reads: tuple[StateRead, ...]
    asks_version: bool
    sets: tuple[tuple[str, str], ...] = ()
    defines: tuple[str, ...] = ()
    test: str | None = None
    problem: SyntaxProblem | None = None


class ExecutionOrder(Struct, frozen=True, array_like=True):
    """What executing modules in the abstract gave: circles, and what entry points execute.

    `leads` are the files that each file leads to while it is imported, by their places among its
    keys. By such places too, `doomed` are the files that raise in every order, `shaky` those that
    may raise by the fault of a circle, and `ordered` those that lead to a circle which raises in
    some order.
    """

    cycles: tuple[Cycle, ...] = ()
    executions: tuple[Execution, ...] = ()
    leads: dict[str, tuple[int, ...]] = {}
    doomed: frozenset[int] = frozenset()
    shaky: frozenset[int] = frozenset()
    ordered: frozenset[int] = frozenset()


class EarlierLinks(Struct, frozen=True, array_like=True):
    """What linking gave, to be taken where it still holds when the same files are linked again.

    `links` are those of files by path. `order` is None when that may be
    otherwise.
    `failing` are the files whose import fails, `names` those of the modules that edges lead to
    and that are not linked themselves, by path. `looked_into` are the names in modules of
    which something is missing, by path.
    """

    links: dict[str, FileLinks]
    order: ExecutionOrder | None
    failing: tuple[FailingModule, ...]
    names: dict[str, str]
    looked_into: dict[str, tuple[str, ...]]


class OutdatedError(Exception):
    """What an earlier link gave does not go with what there is now."""


class LinkedModule:
    """A first-party module that was linked; what it says is looked up when it is asked for."""

    __slots__ = ("_names", "_summary", "links", "name", "path")

    def __init__(
        self,
        name: str,
        path: str,
        links: FileLinks,
        summary: Callable[[], FileSummary],
        names: Callable[[], tuple[str, ...]],
    ) -> None:
        self.name = name
        self.path = path
        self.links = links
        self._summary = summary
        self._names = names

    @property
    def summary(self) -> FileSummary:
        """The module's symbol table."""
        return self._summary()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it binds: those it defines in order, then those it imports."""
        return self._names()


class Program(Struct, frozen=True):
    """All linked modules, the import edges between files, and the links that broke.

    `names_by_path` are the names a looked-into module binds: those it defines in order,
    then those it imports. `order` is what executing the modules gives, `launches` what starts
    the program. `library` is what each file needs of
    the standard library, and `version_tested` are the files that ask for the version of
    Python. `foreign` are the imports of what distributions provide, `unproven` the names of
    them that may be there or not. `failing` are the modules that cannot be imported. `trace`
    is what the links were made of, `links` are those of each file, and `names_beside` the names
    of the modules that edges lead to and that were not linked themselves, by path.
    """

    modules: tuple[LinkedModule, ...]
    edges: tuple[Edge, ...]
    broken: tuple[BrokenLink, ...]
    references: int
    resolved: int
    unknown: dict[Doubt, int]
    names_by_path: dict[str, tuple[str, ...]]
    order: ExecutionOrder = ExecutionOrder()
    foreign: tuple[ForeignImport, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    library: dict[str, frozenset[LibraryName]] = {}
    version_tested: frozenset[str] = frozenset()
    launches: tuple[EntryLink, ...] = ()
    state_reads: tuple[StateRead, ...] = ()
    failing: tuple[FailingModule, ...] = ()
    trace: Trace = Trace()
    links: dict[str, FileLinks] = {}
    names_beside: dict[str, str] = {}

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The circles of imports."""
        return self.order.cycles

    @property
    def executions(self) -> tuple[Execution, ...]:
        """What each entry point executes, in order."""
        return self.order.executions

    def offers(self) -> Offers:
        """Give what each module offers, by its name."""
        modules = {module.name: module for module in self.modules}

        def offer(name: str) -> Offer | None:
            module = modules.get(name)
            return None if module is None else Offer(module.path, module.names)

        return offer
