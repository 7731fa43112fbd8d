"""The leaves of the tree: names, operators and contexts, with the tokens that write them."""

from __future__ import annotations

import ast
import unicodedata

import libcst as cst

from linkstep.index.libcst_cursor import Cursor

LOAD, STORE, DELETE = ast.Load(), ast.Store(), ast.Del()

UNARY_OPERATORS: dict[type[cst.BaseUnaryOp], tuple[ast.unaryop, bytes]] = {
    cst.BitInvert: (ast.Invert(), b"~"),
    cst.Minus: (ast.USub(), b"-"),
    cst.Not: (ast.Not(), b"not"),
    cst.Plus: (ast.UAdd(), b"+"),
}

BOOLEAN_OPERATORS: dict[type[cst.BaseBooleanOp], tuple[ast.boolop, bytes]] = {
    cst.And: (ast.And(), b"and"),
    cst.Or: (ast.Or(), b"or"),
}

BINARY_OPERATORS: dict[type[cst.BaseBinaryOp], tuple[ast.operator, bytes]] = {
    cst.Add: (ast.Add(), b"+"),
    cst.BitAnd: (ast.BitAnd(), b"&"),
    cst.BitOr: (ast.BitOr(), b"|"),
    cst.BitXor: (ast.BitXor(), b"^"),
    cst.Divide: (ast.Div(), b"/"),
    cst.FloorDivide: (ast.FloorDiv(), b"//"),
    cst.LeftShift: (ast.LShift(), b"<<"),
    cst.MatrixMultiply: (ast.MatMult(), b"@"),
    cst.Modulo: (ast.Mod(), b"%"),
    cst.Multiply: (ast.Mult(), b"*"),
    cst.Power: (ast.Pow(), b"**"),
    cst.RightShift: (ast.RShift(), b">>"),
    cst.Subtract: (ast.Sub(), b"-"),
}

AUGMENTED_OPERATORS: dict[type[cst.BaseAugOp], tuple[ast.operator, bytes]] = {
    cst.AddAssign: (ast.Add(), b"+="),
    cst.BitAndAssign: (ast.BitAnd(), b"&="),
    cst.BitOrAssign: (ast.BitOr(), b"|="),
    cst.BitXorAssign: (ast.BitXor(), b"^="),
    cst.DivideAssign: (ast.Div(), b"/="),
    cst.FloorDivideAssign: (ast.FloorDiv(), b"//="),
    cst.LeftShiftAssign: (ast.LShift(), b"<<="),
    cst.MatrixMultiplyAssign: (ast.MatMult(), b"@="),
    cst.ModuloAssign: (ast.Mod(), b"%="),
    cst.MultiplyAssign: (ast.Mult(), b"*="),
    cst.PowerAssign: (ast.Pow(), b"**="),
    cst.RightShiftAssign: (ast.RShift(), b">>="),
    cst.SubtractAssign: (ast.Sub(), b"-="),
}

COMPARISONS: dict[type[cst.BaseCompOp], tuple[ast.cmpop, tuple[bytes, ...]]] = {
    cst.Equal: (ast.Eq(), (b"==",)),
    cst.GreaterThan: (ast.Gt(), (b">",)),
    cst.GreaterThanEqual: (ast.GtE(), (b">=",)),
    cst.In: (ast.In(), (b"in",)),
    cst.Is: (ast.Is(), (b"is",)),
    cst.IsNot: (ast.IsNot(), (b"is", b"not")),
    cst.LessThan: (ast.Lt(), (b"<",)),
    cst.LessThanEqual: (ast.LtE(), (b"<=",)),
    cst.NotEqual: (ast.NotEq(), (b"!=",)),
    cst.NotIn: (ast.NotIn(), (b"not", b"in")),
}


def take_name(cursor: Cursor, node: cst.Name) -> str:
    """Step over an identifier and give it as Python compares it: in NFKC form (PEP 3131).

    >>> take_name(Cursor("ﬁle".encode()), cst.Name("ﬁle"))
    'file'
    """
    cursor.take(node.value.encode())
    return node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)


def take_dotted_name(cursor: Cursor, node: cst.BaseExpression) -> str:
    """Step over the name of a module in an import, and give it without blanks around its dots.

    >>> dotted = cst.parse_expression("os . path")
    >>> take_dotted_name(Cursor(b"os . path"), dotted)
    'os.path'
    """
    tail: list[cst.Name] = []
    while isinstance(node, cst.Attribute):
        tail.append(node.attr)
        node = node.value
    assert isinstance(node, cst.Name)
    parts = [take_name(cursor, node)]
    for name in reversed(tail):
        cursor.take(b".")
        parts.append(take_name(cursor, name))
    return ".".join(parts)


def with_context(node: ast.expr, context: ast.expr_context) -> ast.expr:
    """Give `node`, which was lowered to be loaded, to be stored or deleted instead.

    >>> target = with_context(ast.parse("[a, b.c]", mode="eval").body, STORE)
    >>> [type(node.ctx).__name__ for node in (target, *target.elts)]
    ['Store', 'Store', 'Store']
    """
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        node.ctx = context
    elif isinstance(node, ast.Starred):
        node.ctx = context
        with_context(node.value, context)
    elif isinstance(node, ast.Tuple | ast.List):
        node.ctx = context
        for element in node.elts:
            with_context(element, context)
    return node
