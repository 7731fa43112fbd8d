"""The words by which a file's text shows that comments in it may silence something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

COMMENTS = ("noqa", "linkstep")
"""What every comment that silences something has, in any case."""


def may_be_unused(source: bytes) -> bool:
    """Whether a file without findings has to be handed to `suppress` all the same.

    >>> may_be_unused(b"import os  # noqa: F401"), may_be_unused(b"x  # noqa: LS102")
    (False, True)
    """
    lowered = source.lower()
    if b"linkstep:" not in lowered and b"noqa:" not in lowered:
        return False  # far faster than to search for the pattern
    return re.search(rb"linkstep:\s*ignore|noqa:[^\n]*\bLS\d", source, re.IGNORECASE) is not None


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
