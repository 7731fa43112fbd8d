"""Files that take the name of another module, or lose their own name to one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from linkstep.model.environment import Found, Missing, Namespace, Opaque, Origin, Resolution
from linkstep.model.facts import ShadowedModule
from linkstep.model.summary import Span


def shadowed_modules(
    files: Iterable[Found], find: Callable[[str], Resolution], behind: Callable[[str], str | None]
) -> tuple[ShadowedModule, ...]:
    """Give a fact for every file whose module name leads somewhere else too.

    `find` answers as the import system does, `behind` names the standard or installed
    module of a top-level name that a first-party file hides, if there is one.
    """
    facts = []
    for file in files:
        if file.path.endswith(".pyi") or file.name == "__main__":
            continue  # `__main__` is whatever was started
        answer = find(file.name)
        if isinstance(answer, Missing | Namespace):
            continue
        if answer.path != file.path:
            if _loses(file, answer):
                facts.append(_fact(file, answer.origin, answer.path, file.path))
        elif "." not in file.name:
            hidden = behind(file.name)
            if hidden is not None:
                facts.append(_fact(file, Origin.THIRD_PARTY, file.path, hidden))
    return tuple(facts)


def _loses(file: Found, answer: Found | Opaque) -> bool:
    """Whether the file stands beside the package that takes its name."""
    return posixpath.dirname(posixpath.dirname(answer.path)) == posixpath.dirname(file.path)


def _fact(file: Found, origin: Origin, winner: str, loser: str) -> ShadowedModule:
    return ShadowedModule(file.path, Span(1, 1, 1, 1), file.name, origin, winner, loser)
