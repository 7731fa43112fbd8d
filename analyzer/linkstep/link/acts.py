"""Acts: what the steps of a module do that others can notice while it is imported.

A script is the acts of one module, or of one function, in the order of execution. Its
imports are resolved, its tests decided as far as the target decides them, and everything
that no import order can change is left out. `scripts.py` makes them, `importing.py`
performs them.
"""

from __future__ import annotations

from typing import NamedTuple

from linkstep.link.modules import Module
from linkstep.model.expressions import Ref
from linkstep.model.summary import Exports, Span, Use


class Import(NamedTuple):
    """`import a.b`: the modules it executes, parents first, and what it binds.

    A dotted name that binds its first part has that module as `value`.
    """

    targets: tuple[Module, ...]
    span: Span
    name: str | None = None
    value: Module | None = None


class Taken(NamedTuple):
    """One name of a from-import; `submodule` is what it is imported as when it is no attribute.

    `missing` is the exception when the name is not there in any order.
    """

    name: str
    bound: str
    span: Span
    submodule: Module | None = None
    missing: str | None = None


class TakeNames(NamedTuple):
    """`from owner import names`."""

    targets: tuple[Module, ...]
    owner: Module
    names: tuple[Taken, ...]
    span: Span


class TakeAll(NamedTuple):
    """`from owner import *`."""

    targets: tuple[Module, ...]
    owner: Module
    span: Span


class Read(NamedTuple):
    """A chain of attributes is read that may begin at `about`, a module of the project.

    Or a name is read by itself that only a star import from there binds (`starred`).
    """

    ref: Ref
    step: Use
    about: Module
    starred: bool = False


class Binds(NamedTuple):
    """Names are bound, each to a module, to what a reference stands for, or to anything."""

    names: list[tuple[str, Module | Ref | None]]


class Unbinds(NamedTuple):
    """A name is deleted."""

    name: str


class Lists(NamedTuple):
    """A statement about `__all__`."""

    step: Exports


class Choice(NamedTuple):
    """One of the ways is taken: that of index `decided`, or nobody knows which.

    A decision rests on names of the modules, and so on their imports going well.
    """

    ways: tuple[Script, ...]
    decided: int | None


class Started(NamedTuple):
    """`if __name__ == "__main__":`."""

    body: Script
    orelse: Script


class Loop(NamedTuple):
    """A loop; `runs` is whether its body runs at all, None when that is not known."""

    runs: bool | None
    body: Script
    orelse: Script


class Caught(NamedTuple):
    """One except clause."""

    catches: tuple[str, ...]
    body: Script


class Attempt(NamedTuple):
    """A try statement; `probe` says its body does nothing but import and set names."""

    body: Script
    handlers: tuple[Caught, ...]
    orelse: Script
    final: Script
    probe: bool


class Suppressed(NamedTuple):
    """`with suppress(...)`."""

    catches: tuple[str, ...]
    body: Script


class Call(NamedTuple):
    """A function of the project is called; `certain` when just its body runs then."""

    module: Module
    scope: int
    certain: bool
    line: int


class Local(NamedTuple):
    """Acts in the namespace of a class body: `scope` tells it from the module's."""

    scope: int
    body: Script


class Fails(NamedTuple):
    """An exception is raised whatever the order; None when it is not known which."""

    exception: str | None


class MayFail(NamedTuple):
    """An import that cannot be followed; it may raise ImportError."""


class Leaves(NamedTuple):
    """`return`, or `break` and `continue` (`loop`)."""

    loop: bool


class Unknown(NamedTuple):
    """Modules are imported that nobody can list."""


Act = (
    Import
    | TakeNames
    | TakeAll
    | Read
    | Binds
    | Unbinds
    | Lists
    | Choice
    | Started
    | Loop
    | Attempt
    | Suppressed
    | Call
    | Local
    | Fails
    | MayFail
    | Leaves
    | Unknown
)
Script = tuple[Act, ...]
