"""What to write instead: only names that were seen to be there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from linkstep.model.links import LinkedModule

_SPELLING = 0.75  # how alike two names are that differ by a slip of the keyboard
_WORDS = 0.55  # enough when half of the words in them are the same


class Definitions:
    """Where names are defined in the program: by a statement that is no import."""

    def __init__(self, modules: Iterable[LinkedModule]) -> None:
        self._modules: dict[str, list[str]] = defaultdict(list)
        self._named: dict[str, list[str]] = defaultdict(list)
        self._children: dict[str, list[str]] = defaultdict(list)
        for module in modules:
            parent, _, last = module.name.rpartition(".")
            self._named[last].append(module.name)
            self._children[parent].append(last)
            for defined in module.links.defines:
                self._modules[defined].append(module.name)

    def of_name(self, name: str) -> tuple[str, ...]:
        """Give the modules that define a name at their top level, in order, each once."""
        return tuple(dict.fromkeys(self._modules.get(name, ())))

    def of_module(self, name: str) -> tuple[str, ...]:
        """Give the modules whose last part is that of the missing module."""
        return tuple(self._named.get(name.rpartition(".")[2], ()))

    def below(self, package: str) -> Sequence[str]:
        """Give the last parts of the modules directly below a package."""
        return self._children.get(package, ())


def closest(name: str, names: Sequence[str]) -> str | None:
    """Give the name that is most likely meant, by spelling and by the words in it.

    >>> closest("get_db_session_factory", ["get_session_from_factory", "init_database"])
    'get_session_from_factory'
    >>> closest("connect", ["shutdown"]) is None
    True
    """
    from difflib import SequenceMatcher  # only what breaks needs it

    wanted = _words(name)
    quick = SequenceMatcher(None, "", name.lower())  # what it gives has no direction
    best, best_score = None, 0.0
    for other in names:
        if other == name or other.startswith("__"):
            continue
        words = _words(other)
        shared = len(wanted & words) / max(len(wanted | words), 1)
        quick.set_seq1(other.lower())
        if shared < 0.5 and min(quick.real_quick_ratio(), quick.quick_ratio()) < _SPELLING:
            continue
        spelling = SequenceMatcher(None, name.lower(), other.lower()).ratio()
        score = max(spelling, 0.5 * spelling + 0.5 * shared if shared >= 0.5 else 0.0)
        enough = _SPELLING if shared < 0.5 else _WORDS
        if score > best_score and score >= enough:
            best, best_score = other, score
    return best


def _words(name: str) -> set[str]:
    spaced = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return {word for word in spaced.split("_") if word}
