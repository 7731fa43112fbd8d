"""Which names a file speaks of that another one may offer it, and what it makes of them.

A name that stands alone is one of the file itself, unless a star import may have brought it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Set
from itertools import chain, dropwhile
from types import NoneType
from typing import NamedTuple

from msgspec import Struct

from linkstep.index.outline import SETTING
from linkstep.model.expressions import Ref
from linkstep.model.steps import all_steps, every_step, has_step
from linkstep.model.summary import (
    DEFINING,
    Bind,
    ClassBody,
    Define,
    Exports,
    ExternalBind,
    FileSummary,
    If,
    ImportedName,
    ImportFrom,
    ImportModule,
    Invoke,
    Scope,
    Span,
    Step,
    Suppress,
    Try,
    Unbind,
    Use,
)

_Names = frozenset[str]
_WORD = re.compile(r"\w+")
_PATH = re.compile(r"[\w.:]+")


class Hearing(NamedTuple):
    """What counts as a word of a file.

    With `own`, names that stand alone or are bound do: the file has them itself. Without `taken`
    no from-import takes them: then only attributes do, and texts; without `parts` what an import
    says of modules does not count, and without `settings` what is set on other modules. `roots`
    are the names at which a chain of attributes may begin, `project` those at which the dotted
    path of a module may begin; None for any.
    """

    own: bool = False
    taken: bool = True
    parts: bool = True
    settings: bool = True
    roots: frozenset[str] | None = None
    project: Container[str] | None = None


_ANY_WORD = Hearing()


def speaks_of(summary: FileSummary, names: _Names, how: Hearing = _ANY_WORD) -> bool:
    """Whether a file may take one of the names from another, or has it itself.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def test(text, **how):
    ...     summary = summarize(text, ModuleKind.MODULE, Target((3, 11)))
    ...     return speaks_of(summary, frozenset({"x"}), Hearing(**how))
    >>> test(b"from m import x"), test(b"import m\\ndef f():\\n    m.x"), test(b"import x\\nx")
    (True, True, False)
    >>> test(b"from m import *\\nx"), test(b"def f(x):\\n    if x: g()")
    (True, False)
    >>> test(b"from m import x", taken=False), test(b"def f(a):\\n    if a.x: g()")
    (False, False)
    >>> test(b"a = 'shop.x'"), test(b"a = '.x'", project=()), test(b"a = 'b.x'", project=("shop",))
    (True, True, False)
    """
    ear = _ear_of(summary, how._replace(own=how.own or has_star(summary)))
    told = (getattr(summary, field) for field in summary.__struct_fields__)
    return any(word in names for value in told for word in _words(value, ear))


def takes(summary: FileSummary, names: _Names) -> bool:
    """Whether a from-import in a file asks for one of the names, or for all there are."""
    return any(
        one.name == "*" or one.name in names
        for step in every_step(summary)
        if isinstance(step, ImportFrom)
        for one in step.names
    )


def asks_for(summary: FileSummary, names: _Names) -> bool:
    """Whether a test in a file speaks of one of the names, such as `hasattr(module, "name")`."""
    ear = Hearing(own=has_star(summary))
    tests = (step.test for step in every_step(summary) if isinstance(step, If))
    return any(word in names for test in tests for word in _words(test, ear))


def passes_on(summary: FileSummary, names: _Names, how: Hearing = _ANY_WORD) -> bool:
    """Whether a file may make something else of a name that it takes from another.

    It does not when it only uses the name, or imports it under the same one at its top.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def test(text, own=False):
    ...     summary = summarize(text, ModuleKind.MODULE, Target((3, 11)))
    ...     return passes_on(summary, frozenset({"x"}), Hearing(own))
    >>> test(b"from m import x, y\\nx.a\\nimport m\\nm.x"), test(b"from m import x as z")
    (False, True)
    >>> test(b"import m\\nz = m.x"), test(b"try:\\n    from m import x\\nexcept: pass")
    (True, True)
    >>> test(b"y = x"), test(b"y = x", own=True), test(b"class A:\\n    y = x", own=True)
    (False, True, False)
    """
    own = how.own or has_star(summary) or (how.taken and _binds(summary, names))
    ear = _ear_of(summary, how._replace(own=own))
    return any(word in names for value in _made_of(summary, how) for word in _words(value, ear))


def _ear_of(summary: FileSummary, how: Hearing) -> Hearing:
    """Give what counts as a word of a file: only what imports and values bind can be a module."""
    if has_star(summary):
        return how
    imported: set[str] = set()
    roots: set[str] = set()
    values: list[tuple[str, frozenset[str]]] = []
    for step in every_step(summary):
        if isinstance(step, ImportModule | ImportFrom):
            bound = _bound_by(step)
            imported.update(bound)
            top = step.module.partition(".")[0]
            above = isinstance(step, ImportFrom) and step.level
            if how.project is None or above or top in how.project:
                roots.update(bound)
        elif isinstance(step, Bind) and step.value is not None:
            values.append((step.name, frozenset(_roots_of(step.value))))
    reaching, before = imported | _GIVING, -1
    while before < len(reaching):
        before = len(reaching)
        found = {name for name, names in values if not names.isdisjoint(reaching)}
        reaching |= found
        roots |= found
    return how._replace(roots=frozenset(roots))


_GIVING = frozenset({"__import__", "globals", "locals", "vars"})  # what they give may be a module


def _bound_by(step: ImportModule | ImportFrom) -> tuple[str, ...]:
    if isinstance(step, ImportModule):
        return (step.alias or step.module.partition(".")[0],)
    return tuple(one.bound for one in step.names)


def _roots_of(value: object) -> Iterator[str]:
    """Give the names at which the chains in a value begin."""
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            yield from _roots_of(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from _roots_of(item)


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


def guarded_imports(summary: FileSummary) -> Set[int]:
    """Give the lines of the imports at the top of a file where a statement may catch what they
    raise.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> text = b"import a\\ntry:\\n    import b\\nexcept ImportError:\\n    import c"
    >>> guarded_imports(summarize(text, ModuleKind.MODULE, Target((3, 11))))
    {3}
    """
    return {
        line
        for guard in all_steps(summary.body)
        if isinstance(guard, Try | Suppress)
        for step in all_steps(guard.body)
        if isinstance(step, ImportModule | ImportFrom)
        for line in range(step.span.line, step.span.end_line + 1)
    }


def names_by_guards(summary: FileSummary) -> frozenset[str] | None:
    """Give the names that a file binds in statements that may catch what an import in them raises,
    and below; None when they cannot be listed.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> text = b"a = 1\\ntry:\\n    import b\\nexcept KeyError:\\n    c = 1\\nd = 2"
    >>> sorted(names_by_guards(summarize(text, ModuleKind.MODULE, Target((3, 11)))))
    ['b', 'c', 'd']
    """
    at_top = (tuple(all_steps((step,))) for step in summary.body)
    found: set[str] = set()
    for step in chain.from_iterable(dropwhile(lambda steps: not any(map(_guards, steps)), at_top)):
        if isinstance(step, Bind | Unbind):
            found.add(step.name)
        elif isinstance(step, ImportModule | ImportFrom):
            found.update(_bound_by(step))
        elif isinstance(step, Exports):
            found.update(one.name for one in step.names)
            if step.of or not step.complete:
                return None
    return None if "*" in found else frozenset(found - {"__all__"})


def _guards(step: Step) -> bool:
    """Whether a statement may catch what an import in it raises."""
    return isinstance(step, Try | Suppress) and has_step(step.body, (ImportModule, ImportFrom))


def _made_of(summary: FileSummary, how: Hearing) -> Iterator[object]:
    """Give what a file makes things of that others see; uses of names make nothing."""
    for step in summary.body:
        if isinstance(step, ImportFrom):
            yield tuple(one for one in step.names if one.alias not in (None, one.name))
        elif isinstance(step, Bind) and step.kind in DEFINING:
            yield step.value
        elif not isinstance(step, Define | ClassBody | Use):
            yield step
    for step in every_step(summary):
        if isinstance(step, SETTING) and (how.settings or not isinstance(step, ExternalBind)):
            yield step
    for field in summary.__struct_fields__:
        if field not in ("body", "scopes"):
            yield getattr(summary, field)


def _binds(summary: FileSummary, names: _Names) -> bool:
    """Whether a from-import in a file binds one of the names."""
    return any(
        one.bound in names
        for step in every_step(summary)
        if isinstance(step, ImportFrom)
        for one in step.names
    )


def _words(value: object, ear: Hearing) -> Iterator[str]:
    """Give the words of a value: attributes, what is imported, texts, and what else counts."""
    if isinstance(value, str):
        yield from _WORD.findall(value) if _is_path(value, ear) else ()
    elif isinstance(value, Use | Invoke):  # most steps
        yield from _words(value.ref, ear)
    elif isinstance(value, Ref):
        if ear.roots is None or value.name in ear.roots:
            yield from value.attributes
        if ear.own:
            yield value.name
    elif isinstance(value, ImportModule | ImportFrom):
        above = isinstance(value, ImportModule) or not value.level
        yield from value.module.split(".")[1 if above else 0 :] if ear.parts else ()
        yield from () if isinstance(value, ImportModule) else _words(value.names, ear)
    elif isinstance(value, ImportedName):
        yield from (value.name,) if ear.taken else ()
    elif isinstance(value, Struct):
        is_bound = isinstance(value, Bind | ClassBody | Scope)
        for field in value.__struct_fields__:
            inner = getattr(value, field)
            if type(inner) not in _WORDLESS and (ear.own or not (is_bound and field == "name")):
                yield from _words(inner, ear)
    elif isinstance(value, dict):
        yield from _words(tuple(value.items()), ear)
    elif isinstance(value, (tuple, frozenset)):
        for item in value:
            yield from _words(item, ear)


_WORDLESS = frozenset({int, bool, NoneType, Span})


def _is_path(text: str, ear: Hearing) -> bool:
    """Whether a text is a name, or may be a part of the dotted path of a module."""
    if ear.project is None:
        return True
    if _PATH.fullmatch(text) is None:
        return False
    first, *rest = re.split("[.:]", text)
    return not rest or not first or first in ear.project
