"""Text of the analysed tree, made safe to print.

File names, module names and source lines are written by strangers. A terminal obeys
control characters in them: they could hide a finding, move the cursor, or reorder a
line. Here they become escapes as Python writes them, so that everything that can be
seen is one character for one character.
"""

from __future__ import annotations

import re

# C0 and C1 controls, the soft hyphen, zero-width characters, line and paragraph
# separators, bidirectional controls (CVE-2021-42574), lone surrogates, tags, and what is
# no character at all.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""Give the text with every invisible or controlling character escaped.

    >>> print(visible("a\x1b[2Jb\u202ec"))
    a\x1b[2Jb\u202ec
    """
    return _INVISIBLE.sub(lambda match: escape(match[0]), text)


def escape(character: str) -> str:
    r"""Give one character as an escape of a Python string.

    >>> print(escape("\x1b"), escape("\u202e"), escape("\udc80"))
    \x1b \u202e \udc80
    """
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_line(line: str, tab: int = 4) -> tuple[str, list[int]]:
    r"""Give a source line that can be printed, and where each of its characters went.

    Tabs become spaces up to the next stop. The list has one offset for each character
    of `line` and one for its end, so that a column can be marked below it.

    >>> visible_line("\tx\x00y")
    ('    x\\x00y', [0, 4, 5, 9, 10])
    """
    parts: list[str] = []
    offsets: list[int] = []
    length = 0
    for character in line:
        offsets.append(length)
        part = " " * (tab - length % tab) if character == "\t" else visible(character)
        parts.append(part)
        length += len(part)
    return "".join(parts), [*offsets, length]
