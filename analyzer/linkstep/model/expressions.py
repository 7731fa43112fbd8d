"""The few expressions whose value can decide what an import does.

A summary keeps them symbolic, because `if HAS_REDIS:` can only be decided when the
module that sets the flag is linked. Whatever does not fit here is `None` in the
place where it stood, which means: value not known.
"""

from __future__ import annotations

from msgspec import Struct


class Const(Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A literal None, bool, int, float or string."""

    value: bool | int | float | str | None


class Ref(Struct, frozen=True, array_like=True, tag=2, gc=False):
    """A name, or a chain of attributes that starts at a name.

    `scope` says where the name is bound: 0 is the module, a positive number is an
    entry of `FileSummary.scopes`, `UNBOUND` means no scope of this file binds it.
    """

    name: str
    attributes: tuple[str, ...] = ()
    scope: int = 0


class Not(Struct, frozen=True, array_like=True, tag=3):
    """`not operand`."""

    operand: Expression | None


class Both(Struct, frozen=True, array_like=True, tag=4):
    """`a and b and ...`."""

    operands: tuple[Expression | None, ...]


class Either(Struct, frozen=True, array_like=True, tag=5):
    """`a or b or ...`."""

    operands: tuple[Expression | None, ...]


class Compare(Struct, frozen=True, array_like=True, tag=6):
    """One comparison; `operator` is written as in Python: `>=`, `is not`, `not in`."""

    left: Expression | None
    operator: str
    right: Expression | None


class Sequence(Struct, frozen=True, array_like=True, tag=7):
    """A tuple, list or set display."""

    items: tuple[Expression | None, ...]


class Item(Struct, frozen=True, array_like=True, tag=8):
    """`value[index]`, or `value[:stop]` when `stop` is given."""

    value: Expression | None
    index: int | str | None = None
    stop: int | None = None


class Call(Struct, frozen=True, array_like=True, tag=9):
    """A call; keyword arguments are not kept."""

    function: Expression | None
    arguments: tuple[Expression | None, ...]


class Join(Struct, frozen=True, array_like=True, tag=10):
    """`left + right` of strings, `left / right` of paths, or an f-string's parts."""

    operator: str
    left: Expression | None
    right: Expression | None


class Member(Struct, frozen=True, array_like=True, tag=11):
    """`value.name` where the value is no plain chain of names: `Path(x).parent`."""

    value: Expression | None
    name: str


Expression = Const | Ref | Not | Both | Either | Compare | Sequence | Item | Call | Join | Member

UNBOUND = -1
