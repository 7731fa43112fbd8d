"""What catches an exception, and what a handler does with it.

An import under `except ImportError` is a question, not a demand; a handler that raises
again makes it a demand after all.
"""

from __future__ import annotations

import ast

from linkstep.index.conditions import dotted
from linkstep.index.walking import nodes
from linkstep.model.summary import HandlerOutcome, StopKind

_MANAGERS = {
    "suppress": False,
    "contextlib.suppress": False,
    "pytest.raises": True,
    "raises": True,
    "self.assertRaises": True,
    "self.assertRaisesRegex": True,
}
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
_FAILS = frozenset({"pytest.fail", "self.fail", "pytest.exit"})
_SKIPS = frozenset({"pytest.skip", "self.skipTest"})
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in _EXITS | _FAILS | _SKIPS)
_SKIP_EXCEPTIONS = frozenset({"SkipTest", "unittest.SkipTest", "pytest.skip.Exception"})


def caught(node: ast.expr | None) -> tuple[str, ...]:
    """Give the exceptions of an `except` clause as written; `?` for a computed one.

    >>> caught(ast.parse("(ImportError, a.B, f())").body[0].value)
    ('ImportError', 'a.B', '?')
    """
    if node is None:
        return ()
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(dotted(item) or "?" for item in items)


def caught_by_manager(node: ast.expr) -> tuple[tuple[str, ...], bool] | None:
    """Say what a context manager catches, and whether it expects it to be raised.

    >>> caught_by_manager(ast.parse("pytest.raises(ImportError)").body[0].value)
    (('ImportError',), True)
    """
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = dotted(node.func)
    if name not in _MANAGERS:
        return None
    catches = tuple(item for argument in node.args for item in caught(argument))
    if (_MANAGERS[name] and name.startswith(("pytest", "raises"))) or _MANAGERS[name]:
        catches = caught(node.args[0])
    return catches, _MANAGERS[name]


def stop_of_call(node: ast.Call) -> StopKind | None:
    """Say whether a call never returns: it exits, fails the test, or skips it."""
    function = node.func
    last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    if last not in _LAST_PARTS:
        return None  # nearly always: far faster than to write the whole name
    name = dotted(function)
    if name in _EXITS:
        return StopKind.EXIT
    if name in _FAILS:
        return StopKind.RAISE
    return StopKind.SKIP if name in _SKIPS else None


def skips_module(node: ast.Call) -> bool:
    """Whether a `pytest.skip` call ends more than one test (`allow_module_level=True`)."""
    return any(keyword.arg == "allow_module_level" for keyword in node.keywords) or (
        dotted(node.func) == "self.skipTest"
    )


def outcome(body: list[ast.stmt]) -> HandlerOutcome:
    """Say where a handler leads on every way through it.

    >>> outcome(ast.parse("log(e)\\nraise").body).value
    'raises'
    >>> outcome(ast.parse("if strict:\\n    raise\\nx = None").body).value
    'continues'
    """
    for statement in body:
        verdict = _end(statement)
        if verdict is not None:
            return verdict
    return HandlerOutcome.CONTINUES


def is_assert_false(statement: ast.stmt) -> bool:
    """Whether a statement always raises AssertionError, unless Python runs with `-O`."""
    return (
        isinstance(statement, ast.Assert)
        and isinstance(statement.test, ast.Constant)
        and not statement.test.value
    )


def _end(statement: ast.stmt) -> HandlerOutcome | None:
    if is_assert_false(statement):
        return HandlerOutcome.RAISES
    if isinstance(statement, ast.Raise):
        raised = statement.exc
        name = dotted(raised.func if isinstance(raised, ast.Call) else raised) if raised else None
        return HandlerOutcome.SKIPS if name in _SKIP_EXCEPTIONS else HandlerOutcome.RAISES
    if isinstance(statement, ast.Return | ast.Continue | ast.Break):
        return HandlerOutcome.CONTINUES
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        stop = stop_of_call(statement.value)
        ends = {
            StopKind.EXIT: HandlerOutcome.EXITS,
            StopKind.RAISE: HandlerOutcome.RAISES,
            StopKind.SKIP: HandlerOutcome.SKIPS,
        }
        return ends.get(stop) if stop is not None else None
    if isinstance(statement, ast.If) and statement.orelse:
        first, second = outcome(statement.body), outcome(statement.orelse)
        if HandlerOutcome.CONTINUES not in (first, second):
            return first
    if isinstance(statement, ast.With):
        inner = outcome(statement.body)
        return inner if inner is not HandlerOutcome.CONTINUES else None
    return None


_SKIP_ALWAYS = frozenset({"pytest.mark.skip", "unittest.skip", "skip"})
_SKIP_IF = frozenset({"pytest.mark.skipif", "unittest.skipIf", "skipIf"})
_SKIP_UNLESS = frozenset({"unittest.skipUnless", "skipUnless"})


def run_test(decorator: ast.expr) -> ast.expr | None:
    """Give the test that has to hold for a decorated test function or class to run.

    None when the decorator skips nothing.

    >>> ast.unparse(run_test(ast.parse("pytest.mark.skipif(OLD, reason='')").body[0].value))
    'not OLD'
    >>> ast.unparse(run_test(ast.parse("unittest.skip").body[0].value))
    'False'
    """
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    if name in _SKIP_ALWAYS:
        return ast.copy_location(ast.Constant(False), decorator)
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return None
    test = decorator.args[0]
    if isinstance(test, ast.Constant) and isinstance(test.value, str):
        return None  # source text, which pytest evaluates
    if name in _SKIP_IF:
        return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
    return test if name in _SKIP_UNLESS else None


def module_skips(body: list[ast.stmt]) -> list[ast.expr]:
    """Give the marks of `pytestmark = ...`, which hold for every test of a module."""
    for statement in body:
        if isinstance(statement, ast.Assign) and dotted(statement.targets[0]) == "pytestmark":
            value = statement.value
            return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


_QUIET = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


def is_probe(body: list[ast.stmt]) -> bool:
    """Whether a try body only asks if something can be imported.

    >>> is_probe(ast.parse("import x\\nHAS_X = True").body)
    True
    >>> is_probe(ast.parse("from app.db import connect\\nconnect()").body)
    False
    """
    for statement in body:
        if isinstance(statement, _QUIET):
            continue
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
            return False
        if statement.value is not None and _calls(statement.value):
            return False
    return True


def _calls(node: ast.expr) -> bool:
    return any(isinstance(child, ast.Call | ast.Await) for child in nodes(node))


def exports_members(node: ast.ClassDef) -> bool:
    """Whether `@enum.global_enum` puts the members into the module's namespace."""
    return any(
        dotted(decorator) in ("enum.global_enum", "global_enum", "_global_enum")
        for decorator in node.decorator_list
    )
