"""What a tool says about a place in the code, in the same words for every tool."""

from __future__ import annotations

import enum

from msgspec import Struct


class Kind(enum.StrEnum):
    """What is claimed to be missing; each is settled by executing something else."""

    MODULE = "module"  # `import name` raises ModuleNotFoundError
    NAME = "name"  # `from module import name` raises ImportError
    ATTRIBUTE = "attribute"  # `module.name` raises AttributeError
    EXPORT = "export"  # `from module import *` raises AttributeError for `name`
    GLOBAL = "global"  # `name`, read in a function of `module`, raises NameError
    FAILING = "failing"  # `import module` raises what `exception` says
    SYNTAX = "syntax"  # the file cannot be compiled


class Claim(Struct, frozen=True, order=True):
    """One thing that is said to fail; `importing` is the module that contains the code."""

    kind: Kind
    module: str
    name: str
    importing: str = ""
    exception: str = ""

    def __str__(self) -> str:
        """Give the claim as the statement that would show it.

        >>> print(Claim(Kind.NAME, "shop.db", "connect"))
        from shop.db import connect
        """
        match self.kind:
            case Kind.MODULE:
                return f"import {self.name}"
            case Kind.NAME:
                return f"from {self.module} import {self.name}"
            case Kind.EXPORT:
                return f"from {self.module} import *  # {self.name}"
            case Kind.FAILING | Kind.SYNTAX:
                return f"import {self.module}"
            case Kind.GLOBAL:
                return f"{self.name}  # in {self.module}"
            case _:
                return f"{self.module}.{self.name}"


class Alarm(Struct, frozen=True, order=True):
    """A claim at its place: what a tool reported. `used_by` are places that fail with it."""

    path: str
    line: int
    claim: Claim
    code: str = ""
    used_by: tuple[tuple[str, int], ...] = ()


class Reported(Struct, frozen=True):
    """What one run of a tool gave; `trouble` says why it gave nothing."""

    tool: str
    alarms: tuple[Alarm, ...] = ()
    seconds: float = 0.0
    trouble: str = ""
    references: int = 0
    resolved: int = 0
    unresolved: int = 0
    unknown: int = 0
    optional: int = 0
    unknown_by_reason: dict[str, int] = {}


class Outcome(enum.StrEnum):
    """How the interpreter settles a claim."""

    TRUE = "true"
    FALSE = "false alarm"
    OTHERWISE = "fails otherwise"
    TIMEOUT = "took too long"


class Verdict(Struct, frozen=True):
    """What executing a claim gave; `detail` is the exception, or where the name comes from."""

    outcome: Outcome
    detail: str
