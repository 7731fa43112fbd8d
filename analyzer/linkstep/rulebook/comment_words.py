"""The words by which a file's text shows that comments in it may silence something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

COMMENTS = ("noqa", "linkstep")
"""What every comment that silences something has, in any case."""


# By what each begins with, which is far faster to search for.
_SILENCING = {
    b"linkstep:": re.compile(rb"linkstep:\s*ignore"),
    b"noqa:": re.compile(rb"noqa:[^\n]*\bls\d"),
}


def may_be_unused(source: bytes) -> bool:
    """Whether a file without findings has to be handed to `suppress` all the same.

    >>> may_be_unused(b"import os  # noqa: F401"), may_be_unused(b"x  # noqa: LS102")
    (False, True)
    """
    lowered = source.lower()
    return any(
        word in lowered and pattern.search(lowered) is not None
        for word, pattern in _SILENCING.items()
    )


def lines_saying(words: Iterable[str], source: bytes) -> Iterator[bytes]:
    """Give the lines with one of some words, in whatever case."""
    lowered = source.lower().replace(b"\r", b"\n")
    for word in map(str.encode, words):
        at = lowered.find(word)
        while at >= 0:
            end = lowered.find(b"\n", at)
            end = len(lowered) if end < 0 else end
            yield source[lowered.rfind(b"\n", 0, at) + 1 : end]
            at = lowered.find(word, end)
