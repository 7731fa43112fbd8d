"""Strings that a known call or setting takes for the path of a module or attribute.

One file alone cannot say which function a name stands for. What is kept here is every
string that may be meant, with the functions for which it counts; the linker decides.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from linkstep.index.positions import Positions
from linkstep.model import frameworks
from linkstep.model.expressions import Expression, Ref
from linkstep.model.frameworks import PathCall, PathSetting
from linkstep.model.summary import DottedPath, PathForm

KNOWN_CALLS = frozenset(frameworks.BY_LAST_PART) | {"dictConfig"}

_PATH = re.compile(r"\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")
_Expressions = Callable[[ast.expr | None], Expression | None]


def called_paths(
    node: ast.Call, name: str, expression: _Expressions, positions: Positions
) -> Iterator[DottedPath]:
    """Give the dotted paths in the arguments of a call whose function ends in `name`."""
    function = expression(node.func)
    if not isinstance(function, Ref):
        return
    if name == "dictConfig":
        for constant in _logging_classes(node.args[0] if node.args else None):
            yield _of_call(constant, frameworks.LOGGING, function, node, positions)
        return
    given = {keyword.arg for keyword in node.keywords}
    for call in frameworks.BY_LAST_PART[name]:
        if None in given or not given.isdisjoint(call.unless):
            continue  # `**options` may hold such a keyword
        if call.first and not (node.args and _text(node.args[0]) == call.first):
            continue
        for constant in _constants(_argument(node, call), each=call.each):
            if _fits(_text(constant), call.form, relative=call.relative):
                yield _of_call(constant, call, function, node, positions)


def assigned_paths(tree: ast.Module, positions: Positions) -> Iterator[DottedPath]:
    """Give the dotted paths in what a settings module assigns, in order.

    Only what is assigned, or added, at the top level: under a test another value may hold.
    """
    if not any(marker in positions.text for marker in ("INSTALLED_APPS", "URLCONF", "CELERY_")):
        return
    names = {t.id for s in tree.body for t in _targets(s) if isinstance(t, ast.Name)}
    known = {setting.name: setting for setting in frameworks.SETTINGS}
    of_django = len(names & (known.keys() | frameworks.MARKERS)) > 1
    for statement in tree.body:
        for target in _targets(statement):
            value = getattr(statement, "value", None)
            if not isinstance(target, ast.Name) or not isinstance(value, ast.expr):
                continue
            setting = known.get(target.id)
            if setting is not None and (of_django or "CELERY" in setting.name):
                for constant in _constants(value, each=setting.each):
                    if _fits(_text(constant), setting.form, relative=False):
                        yield _of_setting(constant, setting, positions)
            elif target.id == frameworks.LOGGING_SETTING and of_django:
                for constant in _logging_classes(value):
                    when = frameworks.LOGGING.when
                    setting = PathSetting(target.id, PathForm.CHAIN, when=when)
                    yield _of_setting(constant, setting, positions)


def _of_call(
    constant: ast.expr, call: PathCall, function: Ref, node: ast.Call, positions: Positions
) -> DottedPath:
    text = _text(constant)
    return DottedPath(
        text,
        call.form,
        positions.span(constant),
        function,
        call.functions,
        call.fixture,
        _package(node) if text.startswith(".") else "",
        call.builtins,
        call.when,
    )


def _of_setting(constant: ast.expr, setting: PathSetting, positions: Positions) -> DottedPath:
    when = setting.when
    if when.endswith("the setting"):
        when = f"{when} {setting.name}"
    return DottedPath(_text(constant), setting.form, positions.span(constant), when=when)


def _argument(node: ast.Call, call: PathCall) -> ast.expr | None:
    named = next((k.value for k in node.keywords if call.keyword and k.arg == call.keyword), None)
    position = call.argument
    if named is not None or position is None or position >= len(node.args):
        return named
    if any(isinstance(argument, ast.Starred) for argument in node.args[: position + 1]):
        return None
    return node.args[position]


def _package(node: ast.Call) -> str:
    """Give the name that is the anchor of a relative import, when it is the module's own."""
    named = next((keyword.value for keyword in node.keywords if keyword.arg == "package"), None)
    anchor = named or (node.args[1] if len(node.args) > 1 else None)
    return anchor.id if isinstance(anchor, ast.Name) else ""


def _constants(value: ast.expr | None, *, each: bool) -> Iterator[ast.Constant]:
    """Give the strings of an argument: of a list and of sums of lists when it has `each`."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value
    elif each and isinstance(value, ast.List | ast.Tuple | ast.Set):
        for item in value.elts:
            yield from _constants(item, each=False)
    elif each and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _constants(value.left, each=True)
        yield from _constants(value.right, each=True)


def _logging_classes(value: ast.expr | None) -> Iterator[ast.Constant]:
    """Give the class paths in a literal logging configuration."""
    if not isinstance(value, ast.Dict):
        return
    for key, inner in zip(value.keys, value.values, strict=True):
        text = _text(inner)
        if _text(key) in frameworks.LOGGING_KEYS and "." in text and _PATH.fullmatch(text):
            assert isinstance(inner, ast.Constant)
            yield inner
        else:
            yield from _logging_classes(inner)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign) else []


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _fits(text: str, form: PathForm, *, relative: bool) -> bool:
    """Whether a string can be a path of this form.

    >>> _fits("app.main:app", PathForm.COLON, relative=False)
    True
    >>> _fits("app.main", PathForm.COLON, relative=False)
    False
    """
    if _PATH.fullmatch(text) is None or (text.startswith(".") and not relative):
        return False
    if form is PathForm.COLON:
        return ":" in text
    if ":" in text:
        return False
    return "." in text or form in (PathForm.MODULE, PathForm.EITHER)
