"""The order in which modules are executed, and the circles in it that fail."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.summary import Span


class ImportStep(Struct, frozen=True, order=True):
    """`importer` imports `module` at `line` of the file `path`.

    The first step of a chain has no importer: the program begins with `module`. A module
    that is written as `shop.start.make()` is a function that is called there.
    """

    importer: str
    path: str
    line: int
    module: str


class Order(enum.StrEnum):
    """Who gets to see an import cycle fail."""

    ALWAYS = "always"
    ENTRY = "entry"
    FIRST_IMPORT = "first-import"


class Verdict(enum.StrEnum):
    """What becomes of importing a module first, in a process that has imported nothing.

    `raises` is by the fault of a cycle, `broken` for another reason. `unknown` means that
    something undecided has a part in it.
    """

    RAISES = "raises"
    RUNS = "runs"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class FirstImport(Struct, frozen=True):
    """The verdict on one module as the first to be imported."""

    module: str
    verdict: Verdict
    exception: str | None = None


class RemedyKind(enum.StrEnum):
    """What would mend a cycle."""

    MOVE = "move"
    DEFER = "defer"
    MODULE = "module"


class Remedy(Struct, frozen=True):
    """A change after which no order of imports fails here; it was tried by simulation.

    `move`: the statement at `line` of `path` below `below`. `defer`: it into the functions
    that use its names. `module`: `import {module}` instead of it.
    """

    kind: RemedyKind
    path: str
    line: int
    below: int = 0
    module: str = ""


class CycleFailure(Struct, frozen=True):
    """A statement that raises because the module it looks into is still in progress.

    The statement is at `span` of `path`, in the module `importing`. `module` (the file
    `module_path`) binds `name` only at `binding_line` (0: it is a submodule that is not complete),
    and has left at `leaving_line` to import what led here. `chain` begins with the module that is
    imported first and ends with `importing`. `failing` are the modules that lead here
    when they are imported first, `working` those that can be imported first.
    """

    path: str
    span: Span
    importing: str
    module: str
    module_path: str
    name: str
    exception: str
    order: Order
    chain: tuple[ImportStep, ...]
    leaving_line: int = 0
    binding_line: int = 0
    entry: str | None = None
    failing: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()


class Cycle(Struct, frozen=True):
    """Modules that import each other in a circle while they are imported.

    `edges` are the import statements among them, by place. `firsts` says of each module
    what happens when it is imported first; those that the work did not pay for are left out.
    """

    modules: tuple[str, ...]
    edges: tuple[ImportStep, ...]
    firsts: tuple[FirstImport, ...] = ()
    failures: tuple[CycleFailure, ...] = ()


class Executed(Struct, frozen=True):
    """A module that is executed, and the statement that asks for it.

    `certain` is False under tests that nothing decides; `called` says that the statement
    stands in a function that is called while modules are imported.
    """

    module: str
    path: str
    by: ImportStep
    certain: bool = True
    called: bool = False


class Execution(Struct, frozen=True):
    """What starting from `entry` executes, in order.

    `failure` is the exception that certainly ends it, None when none is known. `complete`
    says that no module was imported by a name that cannot be followed.
    """

    entry: str
    modules: tuple[Executed, ...]
    failure: str | None = None
    complete: bool = True

    def chain(self, module: str) -> tuple[ImportStep, ...]:
        """Give the steps from the entry point to a module; nothing when it is not reached.

        >>> first = ImportStep("", "", 0, "app")
        >>> then = ImportStep("app", "app.py", 3, "db")
        >>> executed = Executed("app", "app.py", first), Executed("db", "db.py", then)
        >>> run = Execution("app", executed)
        >>> [step.module for step in run.chain("db")]
        ['app', 'db']
        """
        by_name = {executed.module: executed.by for executed in reversed(self.modules)}
        steps: list[ImportStep] = []
        while module in by_name and len(steps) <= len(by_name):
            steps.append(by_name[module])
            module = steps[-1].importer
        return tuple(reversed(steps))
