"""Which names a file speaks of that another one may offer it, and what it makes of them.

A name that stands alone is one of the file itself, unless a star import may have brought it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from linkstep.index.outline import DEFINING, SETTING
from linkstep.model.expressions import Ref
from linkstep.model.steps import all_steps, every_step
from linkstep.model.summary import (
    Bind,
    ClassBody,
    Define,
    FileSummary,
    If,
    ImportedName,
    ImportFrom,
    ImportModule,
    Scope,
    Use,
)

_Names = frozenset[str]
_WORD = re.compile(r"\w+")


def speaks_of(summary: FileSummary, names: _Names, *, own: bool = False) -> bool:
    """Whether a file may take one of the names from another, or with `own` has it itself.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def test(text):
    ...     summary = summarize(text, ModuleKind.MODULE, Target((3, 11)))
    ...     return speaks_of(summary, frozenset({"x"}))
    >>> test(b"from m import x"), test(b"import m\\ndef f():\\n    m.x"), test(b"import x\\nx")
    (True, True, False)
    >>> test(b"from m import *\\nx"), test(b"def f(x):\\n    if x: g()")
    (True, False)
    """
    own = own or has_star(summary)
    told = (getattr(summary, field) for field in summary.__struct_fields__)
    return any(word in names for value in told for word in _words(value, own))


def asks_for(summary: FileSummary, names: _Names) -> bool:
    """Whether a test in a file speaks of one of the names, such as `hasattr(module, "name")`."""
    own = has_star(summary)
    tests = (step.test for step in every_step(summary) if isinstance(step, If))
    return any(word in names for test in tests for word in _words(test, own))


def passes_on(summary: FileSummary, names: _Names, *, own: bool = False) -> bool:
    """Whether a file may make something else of a name that it takes from another.

    It does not when it only uses the name, or imports it under the same one at its top. With
    `own` the name is one of the file itself.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def test(text, own=False):
    ...     summary = summarize(text, ModuleKind.MODULE, Target((3, 11)))
    ...     return passes_on(summary, frozenset({"x"}), own=own)
    >>> test(b"from m import x, y\\nx.a\\nimport m\\nm.x"), test(b"from m import x as z")
    (False, True)
    >>> test(b"import m\\nz = m.x"), test(b"try:\\n    from m import x\\nexcept: pass")
    (True, True)
    >>> test(b"y = x"), test(b"y = x", own=True), test(b"class A:\\n    y = x", own=True)
    (False, True, False)
    """
    own = own or has_star(summary) or _takes(summary, names)
    return any(word in names for value in _made_of(summary) for word in _words(value, own))


def has_fallback(summary: FileSummary) -> bool:
    """Whether a module may serve a name that no statement of it binds."""
    opened = summary.lazy or summary.opens or summary.opens_path or summary.hands_over
    return bool(opened) or has_star(summary)


def has_star(summary: FileSummary) -> bool:
    """Whether a file takes all names of another one."""
    return any(
        isinstance(step, ImportFrom) and step.names[0].name == "*"
        for step in all_steps(summary.body)
    )


def _made_of(summary: FileSummary) -> Iterator[object]:
    """Give what a file makes things of that others see; uses of names make nothing."""
    for step in summary.body:
        if isinstance(step, ImportFrom):
            yield tuple(one for one in step.names if one.alias not in (None, one.name))
        elif isinstance(step, Bind) and step.kind in DEFINING:
            yield step.value
        elif not isinstance(step, Define | ClassBody | Use):
            yield step
    yield from (step for step in every_step(summary) if isinstance(step, SETTING))
    for field in summary.__struct_fields__:
        if field not in ("body", "scopes"):
            yield getattr(summary, field)


def _takes(summary: FileSummary, names: _Names) -> bool:
    """Whether a file imports one of the names from a module."""
    return any(
        one.bound in names
        for step in every_step(summary)
        if isinstance(step, ImportFrom)
        for one in step.names
    )


def _words(value: object, own: bool) -> Iterator[str]:
    """Give the words of a value: attributes, what is imported, texts; with `own` also the names
    that stand alone or are bound.
    """
    if isinstance(value, str):
        yield from _WORD.findall(value)
    elif isinstance(value, Ref):
        yield from value.attributes
        if own:
            yield value.name
    elif isinstance(value, ImportModule | ImportFrom):
        above = isinstance(value, ImportModule) or not value.level
        yield from value.module.split(".")[1 if above else 0 :]
        yield from () if isinstance(value, ImportModule) else _words(value.names, own)
    elif isinstance(value, ImportedName):
        yield value.name
    elif isinstance(value, Struct):
        is_bound = isinstance(value, Bind | ClassBody | Scope)
        for field in value.__struct_fields__:
            if own or not (is_bound and field == "name"):
                yield from _words(getattr(value, field), own)
    elif isinstance(value, dict):
        yield from _words(tuple(value.items()), own)
    elif isinstance(value, (tuple, frozenset)):
        for item in value:
            yield from _words(item, own)
