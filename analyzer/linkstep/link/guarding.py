"""What happens to an exception where it is raised: the guard, and whether to report it."""

from __future__ import annotations

from linkstep.link.exceptions import IMPORT_FAMILY, catches
from linkstep.link.flow import Situation
from linkstep.model.environment import Origin
from linkstep.model.expressions import (
    Both,
    Call,
    Compare,
    Const,
    Either,
    Expression,
    Item,
    Member,
    Not,
    Ref,
)
from linkstep.model.facts import Guard, GuardKind, Problem
from linkstep.model.summary import HandlerOutcome, Suppress, Try

_FEATURE_WORDS = (
    *("version", "has_", "have_", "avail", "install", "support", "platform", "py2", "py3"),
    *("find_spec", "hasattr", "windows", "linux", "macos", "darwin", "is_"),
)
_SPECIFIC = {
    "ModuleNotFoundError": IMPORT_FAMILY,
    "ImportError": IMPORT_FAMILY,
    "AttributeError": frozenset({"AttributeError"}),
    "NameError": frozenset({"NameError"}),
}


def guard_of(exception: str, at: Situation) -> tuple[Guard, bool]:
    """Give the innermost construct that stops an exception, and whether its try is a probe.

    A handler that raises or exits stops nothing; what it raises goes on outwards.
    """
    for guard in reversed(at.guards):
        if isinstance(guard, Suppress):
            if catches(guard.catches, exception) is not False:
                return Guard(GuardKind.EXPECTED, ", ".join(guard.catches), guard.line), False
            continue
        found = _handler(guard, exception)
        if found is not None:
            return found, guard.probe
        if any(catches(handler.catches, exception) for handler in guard.handlers):
            exception = "Exception"
    return Guard(), False


def _handler(guard: Try, exception: str) -> Guard | None:
    for handler in guard.handlers:
        verdict = catches(handler.catches, exception)
        if verdict is False:
            continue
        text = ", ".join(handler.catches)
        if verdict is None and handler.outcome is HandlerOutcome.RAISES:
            continue  # caught or not, the exception leaves
        if handler.outcome is HandlerOutcome.SKIPS or verdict is None:
            return Guard(GuardKind.EXPECTED, text, handler.line)
        if handler.outcome is not HandlerOutcome.CONTINUES:
            return None
        names = {name.rpartition(".")[2] for name in handler.catches}
        specific = names & _SPECIFIC.get(exception, frozenset())
        kind = GuardKind.FALLBACK if specific else GuardKind.SWALLOWED
        return Guard(kind, text, handler.line)
    return None


def accepted(problem: Problem, origin: Origin, guard: Guard, *, probe: bool) -> bool:
    """Say whether a guard makes the absence an accepted case.

    Optional distributions are looked for under `except ImportError`, and under a broad
    `except` whose try does nothing else. A module of the project itself is no option.
    """
    if guard.kind is GuardKind.NONE:
        return False
    if guard.kind is GuardKind.EXPECTED:
        return True
    if guard.kind is GuardKind.FALLBACK:
        return origin is not Origin.FIRST_PARTY or problem is Problem.UNDEFINED_ATTRIBUTE
    if origin is Origin.FIRST_PARTY:
        return False
    return probe or problem in (Problem.MISSING_MODULE, Problem.CASE_MISMATCH)


def is_feature_test(at: Situation) -> bool:
    """Whether an undecided test around the place asks for a version, platform or feature.

    By its name: it says so, or it is written as a constant.
    """
    return at.any_condition(_asks_feature)


def _asks_feature(test: Expression | None, outcome: bool) -> bool:
    return any(
        (len(name) > 1 and name.isupper()) or any(word in name.lower() for word in _FEATURE_WORDS)
        for name in mentioned(test)
    )


def is_script(at: Situation) -> bool:
    """Whether the place runs only when the file is started as a script."""
    return at.any_condition(_asks_main)


def _asks_main(test: Expression | None, outcome: bool) -> bool:
    return outcome and is_main_test(test)


def is_main_test(test: Expression | None) -> bool:
    """Whether a test asks for the file that was started: `__name__ == "__main__"`."""
    return (
        isinstance(test, Compare)
        and test.operator == "=="
        and (_is_name(test.left) or _is_name(test.right))
    )


def _is_name(expression: Expression | None) -> bool:
    return isinstance(expression, Ref) and expression.name == "__name__"


def mentioned(expression: Expression | None) -> set[str]:
    """Give the last parts of all names that an expression mentions."""
    match expression:
        case Ref(name, attributes):
            return {attributes[-1] if attributes else name, name}
        case Not(operand):
            return mentioned(operand)
        case Both(operands) | Either(operands):
            return set().union(*map(mentioned, operands))
        case Compare(left, _, right):
            return mentioned(left) | mentioned(right)
        case Item(value) | Member(value):
            return mentioned(value)
        case Call(function, arguments):
            return mentioned(function).union(*map(mentioned, arguments))
    return set()


def speaks_of(expression: Expression | None, text: str) -> bool:
    """Whether an expression has a name, or a string, that is `text`."""
    match expression:
        case Const(value):
            return value == text
        case Ref(name, attributes):
            return text in (name, *attributes)
        case Not(operand):
            return speaks_of(operand, text)
        case Both(operands) | Either(operands):
            return any(speaks_of(operand, text) for operand in operands)
        case Compare(left, _, right):
            return speaks_of(left, text) or speaks_of(right, text)
        case Item(value) | Member(value):
            return speaks_of(value, text)
        case Call(function, arguments):
            return any(speaks_of(part, text) for part in (function, *arguments))
    return False
