"""The outline of a file: what of its summary can matter to the links of other files.

Lines and columns never do, as long as what stands on one line stays together and the order is
the same. Of the body of a function that nobody executes, only what it imports and sets does: all
else is the business of the file itself. What a definition at the top of the file is can matter
to those files only that have its name in their text, or that of a file which passes it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import msgspec
from msgspec import Struct

from linkstep.model.summary import (
    Bind,
    BindingKind,
    ClassBody,
    Define,
    Exports,
    ExternalBind,
    FileSummary,
    ImportByName,
    ImportFrom,
    ImportModule,
    ModuleAlias,
    PathEdit,
    Scope,
    Span,
    StateUse,
    Step,
    Use,
)

_LINES = frozenset({"line", "reraises"})
# What a function tells others though nobody calls it: that a module is imported somewhere, and
# that names or modules are set, for which all of the function counts.
_TELLING = (ImportModule, ImportFrom, ImportByName, StateUse)
_SETTING = (ExternalBind, ModuleAlias, PathEdit, Exports)
_DEFINING = (BindingKind.FUNCTION, BindingKind.CLASS, BindingKind.ASSIGNMENT)


class Outline(Struct, frozen=True):
    """What a file tells others: 16 bytes for each name that it defines at its top, and for the
    rest of it.
    """

    names: dict[str, bytes]
    rest: bytes

    def changed(self, other: Outline) -> frozenset[str]:
        """Give the names that are defined in one of two outlines only, or otherwise."""
        names = self.names.keys() | other.names.keys()
        return frozenset(n for n in names if self.names.get(n) != other.names.get(n))


def outline(summary: FileSummary) -> Outline:
    """Give what a file tells others.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def told(text):
    ...     return outline(summarize(text, ModuleKind.MODULE, Target((3, 11))))
    >>> first = told(b"import os\\ndef f():\\n    return os.sep\\n")
    >>> first == told(b"import os\\n\\ndef f():\\n    x = 1\\n    return os.path\\n")
    True
    >>> other = told(b"import os\\ndef f():\\n    return os.sep\\nx = 1\\n")
    >>> first.rest == other.rest, sorted(first.changed(other))
    (True, ['x'])
    """
    scopes = summary.scopes
    rest: list[object] = []
    names: dict[str, list[object]] = {}
    for step in summary.body:
        name = _defined(step, scopes)
        if name is None:
            rest += _of(step, scopes)
        elif name:
            # Where it stands between the other statements counts too.
            names.setdefault(name, []).extend(("step", len(rest), *_told(step, scopes)))
    for scope in scopes[1:]:
        steps = list(every_step(scope.steps))
        if any(isinstance(step, _SETTING) for step in steps):
            rest += _of((scope.name, scope.steps), scopes)
        else:
            rest += [token for s in steps if isinstance(s, _TELLING) for token in _of(s, scopes)]
        if not _is_inside(scope, scopes):
            head = msgspec.structs.replace(scope, parent=0, line=0, end_line=0, steps=())
            told = ("scope", *_of(head, scopes), bool(scope.steps), scopes[scope.parent].name)
            names.setdefault(_top_of(scope, scopes).name, []).extend(told)
    for field in summary.__struct_fields__:
        if field not in ("body", "scopes"):
            rest += (field, *_of_field(summary, field))
    return Outline({name: _digest(told) for name, told in names.items()}, _digest(rest))


def image(summary: FileSummary) -> bytes:
    """Give 16 bytes that stand for all of a summary but the numbers of its lines."""
    tokens: list[object] = []
    for field in summary.__struct_fields__:
        if field == "scopes":
            for scope in summary.scopes[1:]:
                tokens += _of(msgspec.structs.replace(scope, end_line=0), None)
        else:
            tokens += (field, *_of_field(summary, field))
    return _digest(tokens)


def passes_on(summary: FileSummary, names: frozenset[str]) -> bool:
    """Whether a file may make something else of a name that it takes from another.

    It does not when it only uses the name, or imports it under the same one at its top.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def test(text):
    ...     summary = summarize(text, ModuleKind.MODULE, Target((3, 11)))
    ...     return passes_on(summary, frozenset({"x"}))
    >>> test(b"from m import x, y\\nx.a\\nimport m\\nm.x"), test(b"from m import x as z")
    (False, True)
    >>> test(b"import m\\nz = m.x"), test(b"try:\\n    from m import x\\nexcept: pass")
    (True, True)
    >>> test(b"x = 1"), test(b"x = 1\\ny = x"), test(b"class A:\\n    y = x")
    (False, True, False)
    """
    tokens: list[object] = []
    for step in summary.body:
        if isinstance(step, ImportFrom):
            other = tuple(one for one in step.names if one.alias not in (None, one.name))
            tokens += (step.module, *_of(other, None))
        elif isinstance(step, Bind) and step.kind in _DEFINING:
            tokens += _of(step.value, None)
        elif not isinstance(step, Define | ClassBody | Use):
            tokens += _of(step, None)
    for steps in (summary.body, *(scope.steps for scope in summary.scopes)):
        tokens += [t for s in every_step(steps) if isinstance(s, _SETTING) for t in _of(s, None)]
    for field in summary.__struct_fields__:
        if field not in ("body", "scopes"):
            tokens += _of_field(summary, field)
    words = {word for token in tokens if isinstance(token, str) for word in token.split(".")}
    return not names.isdisjoint(words)


def _defined(step: Step, scopes: Sequence[Scope]) -> str | None:
    """Give the name that a statement at the top of a file defines, empty for one that others
    cannot notice, None for anything else.
    """
    if isinstance(step, Use):
        return ""
    if isinstance(step, Define):
        return scopes[step.scope].name
    if isinstance(step, ClassBody):
        return step.name
    if isinstance(step, Bind) and step.kind in _DEFINING:
        return step.name
    return None


def _told(step: Step, scopes: Sequence[Scope]) -> Iterator[object]:
    if isinstance(step, Define):
        yield "function"
    else:
        yield from _of(step, scopes)


def _top_of(scope: Scope, scopes: Sequence[Scope]) -> Scope:
    while scope.parent:
        scope = scopes[scope.parent]
    return scope


def _is_inside(scope: Scope, scopes: Sequence[Scope]) -> bool:
    """Whether a scope is inside of a function."""
    while scope.parent:
        scope = scopes[scope.parent]
        if not scope.is_class:
            return True
    return False


def _digest(tokens: Sequence[object]) -> bytes:
    lines = sorted({token for token in tokens if isinstance(token, _Line)})
    rank = {line: place for place, line in enumerate(lines)}
    told = "\0".join(
        f"line {rank[token]}" if isinstance(token, _Line) else repr(token) for token in tokens
    )
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Line(int):
    """The number of a line, to be told by its place among the lines that are told."""


def _of_field(summary: FileSummary, field: str) -> Iterator[object]:
    value = getattr(summary, field)
    if field == "opens":
        for reason, line in value:
            yield from (reason, _Line(line))
    elif field == "needs":
        yield value and (*value[:2], value[3])
    else:
        yield from _of(value, None)


def every_step(steps: Iterable[object]) -> Iterator[object]:
    """Give steps with those nested in them, whatever the conditions, and what else they hold."""
    for step in steps:
        yield step
        if isinstance(step, Struct):
            for name in step.__struct_fields__:
                inner = getattr(step, name)
                yield from every_step(inner) if isinstance(inner, tuple) else ()


def _of(value: object, scopes: Sequence[Scope] | None) -> Iterator[object]:
    """Give a value in pieces; scopes are told by their names where they are given."""
    if isinstance(value, Span):
        yield from (_Line(value.line), _Line(value.end_line))
    elif isinstance(value, Use):
        yield from ("use", *_of(value.ref, scopes), _Line(value.line))
        yield from (_Line(line) for line, _ in value.ends)
    elif isinstance(value, Struct):
        yield type(value).__name__
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if name in _LINES and inner:
                yield _Line(inner)
            elif name == "scope" and scopes is not None and inner > 0:
                yield scopes[inner].name
            elif name != "column":
                yield from _of(inner, scopes)
        yield ")"
    elif isinstance(value, tuple):
        yield "("
        for item in value:
            yield from _of(item, scopes)
        yield ")"
    elif isinstance(value, dict):
        yield from (token for item in sorted(value.items()) for token in _of(item, scopes))
    elif isinstance(value, frozenset):
        yield from sorted(value)
    else:
        yield value
