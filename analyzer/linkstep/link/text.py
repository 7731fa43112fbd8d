"""Expressions as text, for messages that name the test a binding depends on."""

from __future__ import annotations

from linkstep.model.expressions import (
    Both,
    Call,
    Compare,
    Const,
    Either,
    Expression,
    Item,
    Join,
    Member,
    Not,
    Ref,
    Sequence,
)


def show(expression: Expression | None) -> str | None:
    """Write an expression as Python; `...` stands for parts that were not kept.

    >>> show(Compare(Ref("sys", ("platform",)), "==", Const("win32")))
    "sys.platform == 'win32'"
    """
    return None if expression is None else _show(expression)


def _show(expression: Expression | None) -> str:
    match expression:
        case None:
            return "..."
        case Const(value):
            return repr(value)
        case Ref(name, attributes):
            return ".".join((name, *attributes))
        case Not(operand):
            return f"not {_show(operand)}"
        case Both(operands):
            return " and ".join(map(_show, operands))
        case Either(operands):
            return " or ".join(map(_show, operands))
        case Compare(left, operator, right):
            return f"{_show(left)} {operator} {_show(right)}"
        case Sequence(items):
            inside = ", ".join(map(_show, items))
            return f"({inside},)" if len(items) == 1 else f"({inside})"
        case Item(value, index, stop):
            return f"{_show(value)}[{f':{stop}' if stop is not None else repr(index)}]"
        case Call(function, arguments):
            return f"{_show(function)}({', '.join(map(_show, arguments))})"
        case Join(operator, left, right):
            return f"{_show(left)} {operator} {_show(right)}"
        case Member(value, name):
            return f"{_show(value)}.{name}"
