"""The words after a launcher's name: flags, options with values, positional words."""

from __future__ import annotations

from msgspec import Struct

from linkstep.resolve.launch.launchers import Launcher
from linkstep.resolve.launch.words import is_known


class Options(Struct, frozen=True):
    """Words sorted; `certain` is False when a word is unknown that may be an option."""

    values: dict[str, list[str]]
    flags: frozenset[str]
    positional: list[str]
    certain: bool = True


def read_options(launcher: Launcher, words: list[str]) -> Options:
    """Sort the words of a command line as click and argparse do.

    >>> from linkstep.resolve.launch.launchers import BY_PROGRAM
    >>> words = ["--reload", "--app-dir=src", "main:app", "--port", "80"]
    >>> options = read_options(BY_PROGRAM["uvicorn"], words)
    >>> options.positional, options.values, sorted(options.flags)
    (['main:app'], {'--app-dir': ['src'], '--port': ['80']}, ['--reload'])
    """
    values: dict[str, list[str]] = {}
    flags: set[str] = set()
    positional: list[str] = []
    certain = True
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            positional += rest
            break
        if not is_known(name):
            certain = False
        if not word.startswith("-") or word == "-":
            positional.append(word)
        elif equals:
            values.setdefault(name, []).append(value)
        elif word in launcher.flags:
            flags.add(word)
        elif _is_cluster(word):
            values.setdefault(word[:2], []).append(word[2:])
        elif rest:
            values.setdefault(word, []).append(rest.pop(0))
    return Options(values, frozenset(flags), positional, certain)


def _is_cluster(word: str) -> bool:
    """Whether a short option has its value attached, as in `-w4`."""
    return len(word) > 2 and word[1] != "-"
