"""The outline of a file: what of its summary can matter to the links of other files.

Lines and columns never do, as long as what stands on one line stays together and the order is
the same. Of the body of a function that nobody executes, only what it sets does: all else is the
business of the file itself. What a name at the top of the file is, defined or imported, can matter
to those files only that speak of it, or of that of a file which passes it on.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from linkstep.model.digests import digest_of
from linkstep.model.steps import all_steps, root_of
from linkstep.model.summary import (
    DEFINING,
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

_WORD = re.compile(r"\w+")
_LINES = frozenset({"line", "reraises"})
# What a function tells others though nobody calls it: what is imported by a computed name, what
# state is used, and that names or modules are set, for which all of the function counts.
_TELLING = (ImportByName, StateUse)
SETTING = (ExternalBind, ModuleAlias, PathEdit, Exports)


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
        if isinstance(step, ImportFrom) and step.names[0].name != "*":
            for one in step.names:
                told = ("import", len(rest), step.module, step.level, step.lazy, *_of(one, None))
                names.setdefault(one.bound, []).extend(told)
            continue
        name = _defined(step, scopes)
        if name is None:
            rest += _of(step, scopes)
        elif name:
            # Where it stands between the other statements counts too.
            names.setdefault(name, []).extend(("step", len(rest), *_told(step, scopes)))
    for index, scope in enumerate(scopes[1:], 1):
        steps = list(all_steps(scope.steps))
        if any(isinstance(step, SETTING) for step in steps):
            rest += _of((scope.name, scope.steps), scopes)
        else:
            rest += [token for s in steps if isinstance(s, _TELLING) for token in _of(s, scopes)]
        if not _is_inside(scope, scopes):
            head = msgspec.structs.replace(scope, parent=0, line=0, end_line=0, steps=())
            told = ("scope", *_of(head, scopes), bool(scope.steps), scopes[scope.parent].name)
            names.setdefault(root_of(summary, index), []).extend(told)
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


def top_lines(summary: FileSummary) -> dict[str, list[int]]:
    """Give the lines on which a file binds each name at its top, whatever the conditions.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> top_lines(summarize(b"import os\\nx = 1\\nx = 2\\n", ModuleKind.MODULE, Target((3, 11))))
    {'os': [1], 'x': [2, 3]}
    """
    found: dict[str, list[int]] = {}
    for step in all_steps(summary.body):
        if isinstance(step, Bind):
            found.setdefault(step.name, []).append(step.line)
        elif isinstance(step, ImportModule):
            found.setdefault(step.alias or step.module, []).append(step.span.line)
        elif isinstance(step, ImportFrom):
            for one in step.names:
                found.setdefault(one.bound, []).append(one.span.line)
    return found


def executes_alike(
    before: FileSummary,
    now: FileSummary,
    scopes: Iterable[int],
    names: frozenset[str],
    own: Container[str] = (),
) -> bool:
    """Whether some bodies of a file, by their scopes as they were, do what they did; 0 is its
    own. A function of one of the `names` may come or go, if nothing in them speaks of it; so
    may an import at the top of a module whose name begins with none of the project's `own`.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def read(text):
    ...     return summarize(text, ModuleKind.MODULE, Target((3, 11)))
    >>> first = read(b"import os\\ndef f(): os\\n")
    >>> second = read(b"import os\\ndef g(): os\\ndef f(): os\\n")
    >>> other, names = read(b"import os\\ndef f(): os.sep\\nf()\\n"), frozenset({"g"})
    >>> [executes_alike(first, second, at, names) for at in ((0,), (1,), (0, 1))]
    [True, True, True]
    >>> third = read(b"import os, json\\ndef f(): os\\n")
    >>> [executes_alike(first, third, (0,), frozenset({"json"}), at) for at in ((), ("json",))]
    [True, False]
    >>> [executes_alike(first, other, at, frozenset()) for at in ((0,), (1,))]
    [False, False]
    """
    for scope in scopes:
        name = before.scopes[scope].name if scope else ""
        old, new = _body(before, name, names, own), _body(now, name, names, own)
        if old is None or new is None or _digest(old) != _digest(new):
            return False
        said = (token for token in old if isinstance(token, str))
        if not names.isdisjoint(word for token in said for word in _WORD.findall(token)):
            return False
    return True


def _body(
    summary: FileSummary, name: str, names: frozenset[str], own: Container[str]
) -> list[object] | None:
    """Give a function's body in pieces, or that of the module without the functions of some
    names and without imports of other projects; None when there is not one function of the name.
    """
    scopes = summary.scopes
    if name:
        found = [scope for scope in scopes[1:] if scope.name == name]
        return [*_of(found[0].steps, scopes)] if len(found) == 1 else None
    tokens: list[object] = []
    for step in summary.body:
        if isinstance(step, ImportModule | ImportFrom):
            is_relative = isinstance(step, ImportFrom) and step.level
            left_out = not is_relative and step.module.partition(".")[0] not in own
        elif isinstance(step, Define):
            left_out = scopes[step.scope].name in names
        elif isinstance(step, Bind):
            left_out = step.kind is BindingKind.FUNCTION and step.name in names
        else:
            left_out = False
        tokens += () if left_out else _of(step, scopes)
    return tokens


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
    if isinstance(step, Bind) and step.kind in DEFINING:
        return step.name
    if isinstance(step, ImportModule) and (step.alias or "." not in step.module):
        return step.alias or step.module
    return None


def _told(step: Step, scopes: Sequence[Scope]) -> Iterator[object]:
    if isinstance(step, Define):
        yield "function"
    else:
        yield from _of(step, scopes)


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
    return digest_of(told.encode("utf-8", "surrogatepass"))


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
