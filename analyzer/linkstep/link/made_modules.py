"""Whether a project makes module objects that may have a given name.

`sys.modules[module.__name__] = module` lets `import a.b` succeed if some object was called
`a.b` before. What makes such objects is looked for in the text of all files, generously: a
maker of modules, and beside it the name, the beginning of it, or a name that is computed from
that of another module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MAKES = re.compile(
    rb"\b(?:ModuleType|new_module|module_from_spec|ModuleSpec|spec_from_\w+|load_source"
    rb"|\w*FileLoader|type\(\s*(?!self\b|cls\b)\w+\s*\))\s*\(|\bclass\s+\w+\([^()]*\bModuleType\b"
    rb"|[\"']__name__[\"'](?:\s*:|\s*\]\s*=[^=])|setattr\([^()]*[\"']__name__[\"']"
    rb"|\bModuleType\s+as\b|=\s*(?:\w+\.)?ModuleType\s*$|\b__name__\s*=[^=]",
    re.MULTILINE,
)
# One of these is in whatever that finds: most files need not be looked through.
_WORDS = (
    *(b"type(", b"__name__", b"ModuleType", b"new_module", b"module_from_spec", b"ModuleSpec"),
    *(b"spec_from_", b"load_source", b"FileLoader"),
)
_COMPUTES = re.compile(
    rb"(?<![\w.])__(?:name|package)__\s*[+%]|[+%{]\s*__(?:name|package)__"
    rb"|\(\s*__(?:name|package)__\s*,|,\s*__(?:name|package)__\s*[,)]"
)
_JOINS = re.compile(
    rb"\.__(?:name|package)__\s*[+%}]|[+%]\s*[\w.]+\.__(?:name|package)__"
    rb"|[\"'](?:\.[\"'%{]|%s\.|\{\w*\}\.)"
)


def makers_among(texts: Iterable[bytes]) -> list[bytes]:
    """Give the texts that make modules: looked through once, whatever names are asked for.

    >>> makers_among([b"module = ModuleType('shop.db')", b"import shop.db"])
    [b"module = ModuleType('shop.db')"]
    """
    return [text for text in texts if any(map(text.__contains__, _WORDS)) and _MAKES.search(text)]


def may_be_made(name: str, makers: Iterable[bytes]) -> bool:
    """Whether one of some texts that make modules may call one of them `name`.

    >>> may_be_made("shop.db", [b"module = ModuleType('shop.db')"])
    True
    >>> may_be_made("shop.db", [b"module = ModuleType('db')"])
    False
    """
    parent, _, last = (re.escape(part.encode()) for part in name.rpartition("."))
    top = re.escape(name.partition(".")[0].encode())
    whole = re.compile(rb"[.]%b[\"']|[\"']%b\.(?:\w+\.)*[\"'{%%]" % (last, top))
    parts = re.compile(rb"[\"'](?:%b|%b)[\"']" % (parent, last))
    return any(
        _COMPUTES.search(text) or whole.search(text) or (parts.search(text) and _JOINS.search(text))
        for text in makers
    )
