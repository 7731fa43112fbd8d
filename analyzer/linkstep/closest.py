"""What the user may have meant: the nearest of the words that are known.

For options, configuration keys and rules. Names of Python modules are compared by
the link stage, which also has to check that its suggestion links.
"""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word nearest in spelling, or None when none is near.

    >>> closest("slect", ["select", "severity"])
    'select'
    >>> closest("colour", ["select", "severity"]) is None
    True
    """
    from difflib import get_close_matches  # only a failing run needs it

    words = {candidate.lower(): str(candidate) for candidate in known}
    matches = get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return words[matches[0]] if matches else None


def suggestion(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Give a sentence for a hint: the closest known word, else `otherwise`.

    >>> suggestion("undefined-nam", ["undefined-name"], "`linkstep rules` lists them")
    "did you mean 'undefined-name'?"
    """
    match = closest(word, known)
    return f"did you mean {match!r}?" if match else otherwise
