"""What is in progress while modules are imported in the abstract, and how blocks end."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple, Protocol

from linkstep.link.acts import Script
from linkstep.link.modules import Module
from linkstep.model.execution import ImportStep
from linkstep.model.summary import Exports, Span


class Clash(NamedTuple):
    """Where a module in progress lacks what is asked of it.

    At `span` of `module`, which wanted `name` of `owner`; `chain` are the imports that
    led there, and `text` is what CPython says.
    """

    module: Module
    span: Span
    owner: Module
    name: str
    text: str
    chain: tuple[ImportStep, ...]

    @property
    def place(self) -> tuple[object, ...]:
        """What tells one failing statement from another."""
        return self.module.path, self.span, self.owner.path, self.name


class Raised(NamedTuple):
    """An exception on its way out; without a clash it has another cause than a circle."""

    exception: str | None
    clash: Clash | None = None


class Ending(NamedTuple):
    """A block ends early, without an exception that is certain."""

    why: str


RETURNED, LOOPED, STOPPED = Ending("return"), Ending("loop"), Ending("exception")
Result = Raised | Ending | None
Value = Module | None


class State:
    """A module in sys.modules: in progress until `done`, with what it has bound so far.

    Of these names `maybe` are bound on some branches only.
    """

    __slots__ = ("done", "exports", "maybe", "names")

    def __init__(self) -> None:
        self.done = False
        self.maybe: set[str] = set()
        self.names: dict[str, Value] = {}
        self.exports: list[Exports] = []


class Frame:
    """A block being executed; `certain` is False where it may not be executed at all.

    `left` says that a `return` may have ended it before. `bound` are the names of its module
    that it has bound.
    """

    __slots__ = (
        *("bound", "certain", "depth", "left", "module", "names", "scope", "started", "state"),
    )

    def __init__(
        self, module: Module, state: State, certain: bool, scope: int = 0, depth: int = 0
    ) -> None:
        self.module = module
        self.state = state
        self.certain = certain
        self.scope = scope
        self.depth = depth
        self.left = False
        self.bound: set[str] = set()
        self.started = False
        self.names: dict[tuple[int, str], Value] = {}


class Stage(Protocol):
    """What an importer has to know: the scripts, and what is settled about modules."""

    @property
    def version(self) -> tuple[int, int]:
        """The version of Python that executes."""
        ...

    @property
    def within(self) -> Container[Module]:
        """The modules that are executed; others are only noted."""
        ...

    @property
    def doomed(self) -> Mapping[Module, str | None]:
        """Modules outside whose import raises, with the exception."""
        ...

    @property
    def shaky(self) -> Container[Module]:
        """Modules outside whose import may raise by the fault of a circle."""
        ...

    def of(self, module: Module) -> Script:
        """Give the script of a module."""
        ...

    def of_function(self, module: Module, scope: int) -> Script:
        """Give the script of a function."""
        ...

    def lacks(self, module: Module, name: str) -> bool | None:
        """Whether the module does not have a name until it binds it; None if that is not known."""
        ...

    def packages(self, module: Module) -> tuple[Module, ...]:
        """Give the packages that are executed before a module, outermost first."""
        ...

    def submodule(self, package: Module, name: str) -> Module | None:
        """Give a submodule that a package has on disk."""
        ...


class OutOfBudgetError(Exception):
    """More was executed than the work is worth."""
