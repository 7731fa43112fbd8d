"""Imports that end at a compiled module whose shared library is not in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from linkstep.model.facts import BrokenReference, Fact, MissingSharedLibrary, Problem


def missing_shared_libraries(
    facts: Iterable[Fact],
    libraries: Mapping[str, tuple[str, str]],
    path: Sequence[str],
) -> Iterator[Fact]:
    """Give the facts, with failing imports that a missing library explains told as such.

    `libraries` are the name of what is missing and the file that asks for it, by the
    compiled module that cannot be loaded; `path` are the directories of `sys.path`.
    """
    for fact in facts:
        binary = _failing_file(fact)
        if not isinstance(fact, BrokenReference) or binary not in libraries:
            yield fact
            continue
        library, needed_by = libraries[binary]
        yield MissingSharedLibrary(
            path=fact.path,
            span=fact.span,
            importing=fact.importing,
            module=_module_name(binary, path),
            binary=binary,
            library=library,
            needed_by=needed_by,
            runs=fact.runs,
            exception=fact.exception,
            guard=fact.guard,
            function=fact.function,
            reached_from=fact.reached_from,
        )


def _failing_file(fact: Fact) -> str:
    """Give the file that fails while it is imported."""
    if not isinstance(fact, BrokenReference) or fact.problem is not Problem.FAILING_IMPORT:
        return ""
    return (fact.via or "").rpartition(":")[0]


def _module_name(binary: str, path: Sequence[str]) -> str:
    """Give the dotted name of a compiled module.

    >>> _module_name("/site/psycopg2/_psycopg.cpython-311-x86_64-linux-gnu.so", ["/site"])
    'psycopg2._psycopg'
    """
    above = [directory for directory in path if binary.startswith(directory.rstrip("/") + "/")]
    root = max(above, key=len, default=posixpath.dirname(binary))
    inside = binary[len(root) :].strip("/")
    directory, name = posixpath.split(inside)
    return ".".join((*directory.split("/"), name.partition(".")[0])).lstrip(".")
