"""The names a file may import, found in its text without parsing it.

Used to walk whole environments when the question is whether *anything* imports a
submodule. It takes what looks like an import for one, in strings and comments too: too
many names make linkstep say less, never more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from linkstep.link.relative import absolute_name
from linkstep.model.digests import digest_of

_IMPORT = re.compile(rb"import[ \t]+(\([^)]*\)|(?:[^\n#;\\]|\\\r?\n)+)")
_FROM = re.compile(rb"\bfrom[ \t]+(\.*)[ \t]*([\w.]*)[ \t\\\r\n]*$")
_CALL = re.compile(rb"(?:import_module|__import__)\(\s*[\"'](\.*)([\w.]+)[\"']")
_NAME = re.compile(rb"[\w.]+")


def scan_imports(text: bytes, package: str) -> set[str]:
    r"""Give every dotted name, and each of its parents, that a file may import.

    `package` is the value of `__package__` in the file, for relative imports.

    >>> sorted(scan_imports(b"import a.b as c\nfrom .x import (y as z,\n w)", "p.q"))
    ['a', 'a.b', 'p', 'p.q', 'p.q.x', 'p.q.x.w', 'p.q.x.y']
    >>> sorted(scan_imports(b"try: import c\nfrom d \\\n  import e", ""))
    ['c', 'd', 'd.e']
    """
    return with_parents(_dotted_names(text, package))


def with_parents(dotted_names: Iterable[str]) -> set[str]:
    """Give dotted names and all packages above them, each of which an import executes.

    >>> sorted(with_parents(["a.b.c", "a.d"]))
    ['a', 'a.b', 'a.b.c', 'a.d']
    """
    names: set[str] = set()
    for name in dotted_names:
        while name and name not in names:
            names.add(name)
            name = name.rpartition(".")[0]
    return names


def digest_of_imports(names: Iterable[str]) -> bytes:
    """Give 16 bytes that stand for the names that a file may import."""
    return digest_of("\n".join(sorted(names)).encode())


def _dotted_names(text: bytes, package: str) -> Iterator[str]:
    for found in _IMPORT.finditer(text):
        start = text.rfind(b"\n", 0, found.start()) + 1
        if text[start : found.start()].isspace() and text[start - 3 : start].rstrip()[-1:] == b"\\":
            start = text.rfind(b"\n", 0, start - 1) + 1  # `from m \` goes on in this line
        source = _FROM.search(text[start : found.start()])
        base = ""
        if source is not None:
            module = source[2].decode(errors="replace")
            base = absolute_name(package, len(source[1]), module) or module
            yield base
        for part in found[1].split(b","):
            name = _NAME.search(part)
            if name is not None:
                yield f"{base}.{name[0].decode(errors='replace')}".strip(".")
    for found in _CALL.finditer(text):
        module = found[2].decode(errors="replace")
        yield absolute_name(package, len(found[1]), module) or module
