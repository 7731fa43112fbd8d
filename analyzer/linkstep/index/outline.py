"""The outline of a file: what of its summary can matter to the links of other files.

Lines and columns never do, as long as what stands on one line stays together and the order is
the same. Neither do the references in the body of a function that nobody executes: they are
the business of the file itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import msgspec
from msgspec import Struct

from linkstep.model.summary import FileSummary, Scope, Span, Use

_LINES = frozenset({"line", "end_line", "reraises"})


class _Line(int):
    """The number of a line, to be told by its place among the lines that are told."""


def outline(summary: FileSummary, *, references: bool = False) -> bytes:
    """Give 16 bytes that stand for what a file tells others; `references` adds those in
    functions, so that all of the summary is told but for the numbers of its lines.

    >>> from linkstep.index.summarize import summarize
    >>> from linkstep.model.summary import ModuleKind
    >>> from linkstep.model.target import Target
    >>> def told(text, **how):
    ...     return outline(summarize(text, ModuleKind.MODULE, Target((3, 11))), **how)
    >>> first = told(b"import os\\ndef f():\\n    return os.sep\\n")
    >>> first == told(b"import os\\n\\ndef f():\\n    x = 1\\n    return os.path\\n")
    True
    >>> first == told(b"import os\\ndef f(): ...\\nos.path\\n")
    False
    """
    tokens = list(_tokens(summary, references=references))
    lines = sorted({token for token in tokens if isinstance(token, _Line)})
    rank = {line: place for place, line in enumerate(lines)}
    told = "\0".join(
        f"line {rank[token]}" if isinstance(token, _Line) else repr(token) for token in tokens
    )
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _tokens(summary: FileSummary, *, references: bool) -> Iterator[object]:
    for name in summary.__struct_fields__:
        value = getattr(summary, name)
        yield name
        if name == "scopes":
            for scope in value:
                yield from _of_scope(scope, references=references)
        elif name == "opens":
            for reason, line in value:
                yield from (reason, _Line(line))
        elif name == "needs":
            yield value and (*value[:2], value[3])
        else:
            yield from _of(value, references=True)


def _of_scope(scope: Scope, *, references: bool) -> Iterator[object]:
    yield from _of(msgspec.structs.replace(scope, steps=()), references=True)
    yield bool(scope.steps)
    yield from _of(scope.steps, references=references)


def _of(value: object, *, references: bool) -> Iterator[object]:
    if isinstance(value, Span):
        yield from (_Line(value.line), _Line(value.end_line))
    elif isinstance(value, Use):
        yield from ("use", *_of(value.ref, references=references), _Line(value.line))
        yield from (_Line(line) for line, _ in value.ends)
    elif isinstance(value, Struct):
        yield type(value).__name__
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if name in _LINES and inner:
                yield _Line(inner)
            elif name != "column":
                yield from _of(inner, references=references)
        yield ")"
    elif isinstance(value, tuple):
        yield "("
        for item in value:
            if references or not isinstance(item, Use):
                yield from _of(item, references=references)
        yield ")"
    elif isinstance(value, dict):
        yield from (
            token for item in sorted(value.items()) for token in _of(item, references=references)
        )
    elif isinstance(value, frozenset):
        yield from sorted(value)
    else:
        yield value
