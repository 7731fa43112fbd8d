"""What a name turns out to be while it is linked: the linker's own working values."""

from __future__ import annotations

from typing import NamedTuple

from linkstep.link.modules import Module
from linkstep.model.environment import Origin
from linkstep.model.expressions import Expression
from linkstep.model.facts import Problem
from linkstep.model.links import Doubt
from linkstep.model.summary import Span


class ModuleValue(NamedTuple):
    """The name is bound to a module."""

    module: Module


class Definition(NamedTuple):
    """The name is bound to something that is no module, defined in `module`."""

    module: Module
    name: str


class Dubious(NamedTuple):
    """Nothing can be proven about the name.

    `told` says that its makers say it is there: it counts as resolved, and decides nothing.
    """

    doubt: Doubt
    told: bool = False


class Absent(NamedTuple):
    """Importing or fetching the name raises.

    `module` is the dotted name looked into and `name` what it lacks; `path` the file
    looked into. `condition` is the test under which the name would be bound, `dead` says
    that it is bound nowhere else. `via` is where a module fails while it is imported.
    `spelling` is the module that differs from the name in upper and lower case only.
    """

    problem: Problem
    module: str
    path: str | None
    name: str
    origin: Origin
    exception: str
    condition: str | None = None
    via: str | None = None
    spelling: str | None = None


class Maybe(NamedTuple):
    """The name is bound, but only on branches that nothing decides."""

    value: ModuleValue | Definition
    condition: Expression | None
    absent: Absent


class Failed(NamedTuple):
    """The name is bound by an import that is broken itself, at `span` of `path`."""

    path: str
    span: Span
    exception: str


Outcome = ModuleValue | Definition | Dubious | Absent | Maybe | Failed


def exception_name(text: str) -> str:
    """Give the class of an exception text.

    >>> exception_name("ImportError: cannot import name 'x' from 'm'")
    'ImportError'
    """
    return text.partition(":")[0]
