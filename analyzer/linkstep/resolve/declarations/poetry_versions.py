"""Poetry's version constraints in the words of PEP 440.

Poetry (and pdm's old tables) have caret and tilde; everything else is close to PEP 440.
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_RELEASE = re.compile(r"\s*(\d+(?:\.\d+)*)(.*)", re.DOTALL)


def to_specifier(constraint: str) -> str | None:
    """Give a PEP 440 specifier that admits the same versions; None when there is none.

    >>> [to_specifier(text) for text in ("^1.2.3", "^0.2", "^0.0.3", "~1.2", "~1", "1.*", "2.0")]
    ['>=1.2.3,<2', '>=0.2,<0.3', '>=0.0.3,<0.0.4', '>=1.2,<1.3', '>=1,<2', '==1.*', '==2.0']
    >>> to_specifier("*"), to_specifier(">=3.1 <4"), to_specifier("^1 || ^2") is None
    ('', '>=3.1,<4', True)
    """
    if "|" in constraint:
        return None
    glued = re.sub(r"([<>=!~^])\s+", r"\1", constraint)
    parts = [part for part in re.split(r"[,\s]+", glued) if part and part != "*"]
    written = [_one(part) for part in parts]
    text = ",".join(part for part in written if part is not None)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return None if None in written else text


def _one(part: str) -> str | None:
    if part[0] == "^" or (part[0] == "~" and not part.startswith("~=")):
        match = _RELEASE.fullmatch(part[1:])
        if match is None:
            return None
        numbers = [int(number) for number in match[1].split(".")]
        upper = _caret(numbers) if part[0] == "^" else _tilde(numbers)
        return f">={part[1:]},<{upper}"
    if part[0].isdigit():
        return f"=={part}"
    return part


def _caret(numbers: list[int]) -> str:
    """Give the bound of `^`: the leftmost part that is not zero may not change."""
    place = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(str(number) for number in (*numbers[:place], numbers[place] + 1))


def _tilde(numbers: list[int]) -> str:
    """Give the bound of `~`: the minor part may not change, without one the major part."""
    kept = numbers[:2]
    return ".".join(str(number) for number in (*kept[:-1], kept[-1] + 1))
