"""Deciding tests without running them: three-valued, for one target.

Values are Python constants, `DEFINED` for what exists and is truthy but has no constant
value (a module, a function, a class), and `UNKNOWN`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from linkstep.link.outcomes import Absent, Definition, Dubious, ModuleValue
from linkstep.model.expressions import (
    UNBOUND,
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
from linkstep.model.summary import Bind, BindingKind, ImportFrom, ImportModule
from linkstep.model.target import Target

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module
    from linkstep.link.namespaces import Binding


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


class _Defined:
    def __repr__(self) -> str:
        return "DEFINED"


UNKNOWN = _Unknown()
DEFINED = _Defined()
_DEEPEST = 20
_MOST_WORK = 500  # expressions for one test: flags that are made of flags multiply
_LONGEST = 10_000  # characters of a string that is put together
_FALSE_FLAGS = frozenset({"TYPE_CHECKING", "MYPY"})
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_STRING_METHODS = frozenset({"startswith", "endswith", "lower", "upper", "strip"})
_DEFINITIONS = frozenset({BindingKind.FUNCTION, BindingKind.CLASS})


class VersionInfo(tuple[int, int]):
    """`sys.version_info` of which only major and minor are known."""

    __slots__ = ()


class HexVersion(tuple[int, int]):
    """`sys.hexversion` of which only major and minor are known."""

    __slots__ = ()


class Evaluator:
    """Evaluates expressions of summaries in the module that contains them."""

    def __init__(self, target: Target, lookup: Lookup) -> None:
        self.target = target
        self.lookup = lookup
        self.version_tested: set[str] = set()
        self._told = _told_by(target)
        self._depth = 0
        self._work = 0

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Evaluate other tests in between, whatever was spent on the present one."""
        kept, self._depth = (self._depth, self._work), 0
        try:
            yield
        finally:
            self._depth, self._work = kept

    def decide(self, test: Expression | None, module: Module) -> bool | None:
        """Say which branch of `if test` runs, None when that is not known."""
        value = self.value(test, module)
        if value is UNKNOWN:
            return None
        return True if value is DEFINED else bool(value)

    def value(self, expression: Expression | None, module: Module) -> object:
        """Give the value of an expression, or UNKNOWN."""
        self._work = self._work + 1 if self._depth else 0
        if expression is None or self._depth > _DEEPEST or self._work > _MOST_WORK:
            return UNKNOWN
        evaluate = _EVALUATORS.get(type(expression))
        if evaluate is None:
            return UNKNOWN
        self._depth += 1
        try:
            return evaluate(self, expression, module)
        finally:
            self._depth -= 1

    def _const(self, const: Const, module: Module) -> object:
        return const.value

    def _not(self, negation: Not, module: Module) -> object:
        verdict = self.decide(negation.operand, module)
        return UNKNOWN if verdict is None else not verdict

    def _both(self, both: Both, module: Module) -> object:
        return self._all(both.operands, module, stops_at=False)

    def _either(self, either: Either, module: Module) -> object:
        return self._all(either.operands, module, stops_at=True)

    def _all(
        self, operands: tuple[Expression | None, ...], module: Module, *, stops_at: bool
    ) -> object:
        """Evaluate `and` (stops at False) or `or` (stops at True)."""
        unknown = False
        for operand in operands:
            verdict = self.decide(operand, module)
            if verdict is stops_at:
                return stops_at
            unknown = unknown or verdict is None
        return UNKNOWN if unknown else not stops_at

    def _sequence(self, display: Sequence, module: Module) -> object:
        values = tuple([self.value(item, module) for item in display.items])
        return UNKNOWN if UNKNOWN in values else values

    def _join(self, join: Join, module: Module) -> object:
        if join.operator != "+":
            return UNKNOWN
        first, second = self.value(join.left, module), self.value(join.right, module)
        if not isinstance(first, str) or not isinstance(second, str):
            return UNKNOWN
        joined = first + second
        return joined if len(joined) <= _LONGEST else UNKNOWN

    # Names

    def canonical(self, ref: Ref, module: Module) -> str:
        """Give a chain of names as if every import in it were spelled out.

        `version_info` after `from sys import version_info` is `sys.version_info`.
        """
        root = ref.name
        binding = self._last_binding(ref, module)
        step = binding.step if binding is not None else None
        if isinstance(step, ImportModule):
            root = step.module if step.alias else step.module.partition(".")[0]
        elif isinstance(step, ImportFrom) and step.level == 0:
            alias = binding.alias if binding is not None else None
            root = f"{step.module}.{alias.name if alias is not None else ''}"
        return ".".join((root, *ref.attributes)) if ref.attributes else root

    def _last_binding(self, ref: Ref, module: Module) -> Binding | None:
        if ref.scope > 0:
            bindings = self.lookup.failures.scope_bindings(module, ref.scope).get(ref.name)
        else:
            names = module.names
            entry = names.get(ref.name) if names is not None and ref.scope == 0 else None
            bindings = (entry.live or entry.dead) if entry is not None else None
        return bindings[-1] if bindings else None

    def _ref(self, ref: Ref, module: Module) -> object:
        if ref.scope == UNBOUND and not ref.attributes:
            return self._builtin(ref.name)
        name = self.canonical(ref, module)
        if name.startswith(("sys.version_info", "sys.hexversion")):
            self.version_tested.add(module.path)
        known = self._known(name)
        if known is not UNKNOWN:
            return known
        if ref.scope != 0:
            return UNKNOWN
        if not ref.attributes:
            return self._own(ref.name, module)
        owner = self.lookup.value_of(Ref(ref.name, ref.attributes[:-1], 0), module)
        if isinstance(owner, ModuleValue):
            return self._member(owner.module, ref.attributes[-1])
        return UNKNOWN

    def _builtin(self, name: str) -> object:
        return True if name == "__debug__" else False if name in _FALSE_FLAGS else UNKNOWN

    def _known(self, name: str) -> object:
        """Give what the target decides."""
        known = self._told.get(name, UNKNOWN)
        return False if known is UNKNOWN and _is_for_checkers(name) else known

    def _own(self, name: str, module: Module) -> object:
        names = self.lookup.names(module)
        entry = names.get(name) if names is not None else None
        if entry is None or not entry.live or len(entry.live) > 4:
            return UNKNOWN
        if module.summary is not None and name in module.summary.rebound_globals:
            return UNKNOWN
        values = [self._bound(binding, module) for binding in entry.live]
        first = values[0]
        return first if all(value is first or value == first for value in values) else UNKNOWN

    def _bound(self, binding: Binding, module: Module) -> object:
        step, alias = binding.step, binding.alias
        if isinstance(step, Bind):
            if step.kind in _DEFINITIONS:
                return DEFINED
            return self.value(step.value, module)
        outcome = self.lookup.follow(module, binding)
        if isinstance(outcome, ModuleValue):
            return DEFINED
        if isinstance(outcome, Definition) and alias is not None and outcome.module is not module:
            return self._own(outcome.name, outcome.module)
        return UNKNOWN

    def _member(self, module: Module, name: str) -> object:
        outcome = self.lookup.name(module, name, importing=False)
        if isinstance(outcome, Definition):
            return self._own(outcome.name, outcome.module)
        return DEFINED if isinstance(outcome, ModuleValue) else UNKNOWN

    # Operators

    def _compare(self, compare: Compare, module: Module) -> object:
        left, comparison, right = compare.left, compare.operator, compare.right
        membership = comparison in ("in", "not in") and isinstance(right, Ref)
        if membership and self.canonical(right, module) == "sys.builtin_module_names":  # type: ignore[arg-type]
            return self._among_builtin(left, comparison, module)
        first, second = self.value(left, module), self.value(right, module)
        if comparison in ("in", "not in") and _is_namespace(right) and isinstance(first, str):
            bound = self._is_bound(first, module)
            return UNKNOWN if bound is None else bound is (comparison == "in")
        if first is UNKNOWN or second is UNKNOWN:
            return UNKNOWN
        if comparison in ("is", "is not"):
            return self._is(first, second, comparison)
        if isinstance(first, VersionInfo) or isinstance(second, VersionInfo):
            return _compare_version(first, comparison, second)
        if isinstance(first, HexVersion) or isinstance(second, HexVersion):
            return _compare_hex(first, comparison, second)
        if first is DEFINED or second is DEFINED:
            return UNKNOWN
        try:
            if comparison == "in":
                return first in second  # type: ignore[operator]
            if comparison == "not in":
                return first not in second  # type: ignore[operator]
            return _COMPARISONS[comparison](first, second)
        except TypeError:
            return UNKNOWN

    def _is_bound(self, name: str, module: Module) -> bool | None:
        """Say whether the module has bound a name so far, as `"name" in globals()` asks."""
        names = module.names
        if names is None or names.doubts:
            return None
        entry = names.get(name)
        if entry is None or not (entry.live or entry.ever):
            return False
        return None

    def _is(self, first: object, second: object, comparison: str) -> object:
        if first is DEFINED and second is DEFINED:
            return UNKNOWN
        same = first is second
        return same if comparison == "is" else not same

    def _among_builtin(self, left: Expression | None, comparison: str, module: Module) -> object:
        name = self.value(left, module)
        if name not in ("posix", "nt"):
            return UNKNOWN
        return (name == self.target.os_name) is (comparison == "in")

    def _item(self, item: Item, module: Module) -> object:
        value = self.value(item.value, module)
        if isinstance(value, VersionInfo):
            if item.stop is not None:
                return tuple(value[: item.stop]) if 0 <= item.stop <= 2 else UNKNOWN
            return value[item.index] if item.index in (0, 1) else UNKNOWN
        if isinstance(value, str | tuple):
            try:
                if item.stop is not None:
                    return value[: item.stop]
                if isinstance(item.index, int):
                    return value[item.index]
            except IndexError:
                return UNKNOWN
        return UNKNOWN

    # Calls

    def _call(self, call: Call, module: Module) -> object:
        function, arguments = call.function, call.arguments
        if isinstance(function, Member) and function.name in _STRING_METHODS:
            owner = self.value(function.value, module)  # `platform.system().lower()`
            return self._string_method(owner, function.name, arguments, module)
        if not isinstance(function, Ref):
            return UNKNOWN
        if function.attributes and function.attributes[-1] in _STRING_METHODS:
            owner = self.value(Ref(function.name, function.attributes[:-1], function.scope), module)
            return self._string_method(owner, function.attributes[-1], arguments, module)
        name = self.canonical(function, module)
        match name.rpartition(".")[2], arguments:
            case "find_spec", (target, *_):
                return self._find_spec(self.value(target, module), module)
            case "hasattr", (owner_expression, attribute):
                return self._hasattr(owner_expression, self.value(attribute, module), module)
            case "bool", (operand,):
                verdict = self.decide(operand, module)
                return UNKNOWN if verdict is None else verdict
            case "system", () if name == "platform.system":
                return self.target.system
            case "python_implementation", () if name == "platform.python_implementation":
                return "CPython"
        return UNKNOWN

    def _string_method(
        self,
        owner: object,
        method: str,
        arguments: tuple[Expression | None, ...],
        module: Module,
    ) -> object:
        values = [self.value(argument, module) for argument in arguments]
        if not isinstance(owner, str) or UNKNOWN in values or DEFINED in values:
            return UNKNOWN
        try:
            return getattr(owner, method)(*values)
        except (TypeError, ValueError):
            return UNKNOWN

    def _find_spec(self, name: object, module: Module) -> object:
        if not isinstance(name, str) or not name or name.startswith("."):
            return UNKNOWN
        found = self.lookup.module(name, module)
        if isinstance(found, Dubious):
            return UNKNOWN
        return None if isinstance(found, Absent) else DEFINED

    def _hasattr(self, owner: Expression | None, attribute: object, module: Module) -> object:
        if not isinstance(owner, Ref) or not isinstance(attribute, str):
            return UNKNOWN
        value = self.lookup.value_of(owner, module)
        if not isinstance(value, ModuleValue):
            return UNKNOWN
        outcome = self.lookup.name(value.module, attribute, importing=False)
        if isinstance(outcome, Absent):
            return False
        return True if isinstance(outcome, Definition | ModuleValue) else UNKNOWN


_EVALUATORS: dict[type, Callable[[Evaluator, Any, Module], object]] = {
    Const: Evaluator._const,
    Ref: Evaluator._ref,
    Not: Evaluator._not,
    Both: Evaluator._both,
    Either: Evaluator._either,
    Compare: Evaluator._compare,
    Sequence: Evaluator._sequence,
    Item: Evaluator._item,
    Call: Evaluator._call,
    Join: Evaluator._join,
}


def _told_by(target: Target) -> dict[str, object]:
    """Give the names whose values the target decides."""
    return {
        "sys.version_info": VersionInfo(target.version),
        "sys.version_info.major": target.version[0],
        "sys.version_info.minor": target.version[1],
        "sys.hexversion": HexVersion(target.version),
        "sys.platform": target.platform,
        "os.name": target.os_name,
        "sys.implementation.name": "cpython",
        "six.PY2": False,
        "six.PY3": True,
    }


def _is_for_checkers(name: str) -> bool:
    """Whether a dotted name is that of the flag which only type checkers set."""
    return name.rpartition(".")[2] == "TYPE_CHECKING"


def _is_namespace(expression: Expression | None) -> bool:
    """Whether the expression is `globals()`, or what is the same at module level."""
    return (
        isinstance(expression, Call)
        and isinstance(expression.function, Ref)
        and expression.function.name in ("globals", "locals", "vars")
        and not expression.arguments
    )


def _compare_hex(first: object, comparison: str, second: object) -> object:
    """Compare `sys.hexversion` with a number, its last two bytes not known.

    >>> version = HexVersion((3, 11))
    >>> _compare_hex(version, ">=", 0x30B0000), _compare_hex(0x30C0000, "<=", version)
    (True, False)
    >>> _compare_hex(version, ">=", 0x30B04F0)
    UNKNOWN
    """
    if comparison not in _COMPARISONS:
        return UNKNOWN
    if isinstance(second, HexVersion):
        if isinstance(first, HexVersion):
            return UNKNOWN
        return _compare_hex(second, _SWAPPED.get(comparison, comparison), first)
    if not isinstance(first, HexVersion) or type(second) is not int:
        return UNKNOWN
    lowest = first[0] << 24 | first[1] << 16
    verdicts = {_COMPARISONS[comparison](known, second) for known in (lowest, lowest | 0xFFFF)}
    if comparison in ("==", "!=") and lowest <= second <= lowest | 0xFFFF:
        return UNKNOWN
    return verdicts.pop() if len(verdicts) == 1 else UNKNOWN


def _compare_version(first: object, comparison: str, second: object) -> object:
    """Compare `sys.version_info` with a tuple, its release level and micro not known.

    >>> version = VersionInfo((3, 11))
    >>> _compare_version(version, ">=", (3, 11)), _compare_version(version, "<", (3, 12, 1))
    (True, True)
    >>> _compare_version(version, ">=", (3, 11, 4))
    UNKNOWN
    """
    if comparison not in _COMPARISONS:
        return UNKNOWN
    if isinstance(second, VersionInfo):
        if isinstance(first, VersionInfo):
            return UNKNOWN
        return _compare_version(second, _SWAPPED.get(comparison, comparison), first)
    if not isinstance(first, VersionInfo) or not isinstance(second, tuple):
        return UNKNOWN
    known = tuple(first)
    if second[:2] == known and len(second) > 2:
        return True if comparison == ">=" and second[2:] == (0,) else UNKNOWN
    # A longer tuple is greater than its own prefix, and version_info has five items.
    longer = (*known, 0)
    try:
        return _COMPARISONS[comparison](longer, second)
    except TypeError:
        return UNKNOWN
