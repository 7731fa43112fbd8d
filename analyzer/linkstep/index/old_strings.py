"""Whether an f-string is one that Python before 3.12 can read.

Since PEP 701 the expressions of an f-string are ordinary code: they may hold the quote that
delimits the string, backslashes, comments and line breaks. Before, an f-string was one
string token, and its expressions were cut out of that.
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|#[^\n]*)*")
_REST = {
    "'": re.compile(r"(?:[^\\\n']|\\(?:.|\n))*'"),
    '"': re.compile(r'(?:[^\\\n"]|\\(?:.|\n))*"'),
    "'''": re.compile(r"(?:[^\\]|\\.)*?'''", re.DOTALL),
    '"""': re.compile(r'(?:[^\\]|\\.)*?"""', re.DOTALL),
}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def reads_before_312(literal: str) -> bool:
    r"""Say whether the source of an f-string, or of several side by side, reads before 3.12.

    >>> [reads_before_312(text) for text in ("f'{x}'", "f'{x['a']}'", "f'{x[\"a\"]!r:>{n}}' 'b'")]
    [True, False, True]
    >>> reads_before_312(r"f'{sep.join(x)}\n'"), reads_before_312(r"f'{'\n'.join(x)}'")
    (True, False)
    """
    at = 0
    while at < len(literal):
        opened = _OPENING.match(literal, at)
        closed = _REST[opened[2]].match(literal, opened.end()) if opened is not None else None
        if opened is None or closed is None:
            return False
        content = closed[0][: -len(opened[2])]
        if "f" in opened[1].lower() and not _fields_read(content, "r" in opened[1].lower()):
            return False
        between = _BETWEEN.match(literal, closed.end())
        at = between.end() if between is not None else closed.end()
    return True


def _fields_read(text: str, raw: bool) -> bool:
    """Say whether the expressions in the text of one token read."""
    at = 0
    while at < len(text):
        if not raw and text.startswith("\\N{", at):
            at = text.find("}", at) + 1 or len(text)
        elif text.startswith(("{{", "}}"), at):
            at += 2
        elif text[at] == "{":
            after = _after_field(text, at + 1, raw)
            if after is None:
                return False
            at = after
        else:
            at += 1
    return True


def _after_field(text: str, at: int, raw: bool) -> int | None:
    """Give where a replacement field ends; None when it does not read."""
    open_brackets: list[str] = []
    while at < len(text):
        character = text[at]
        if character in "\\#":
            return None
        if character in "'\"":
            after = _after_string(text, at)
            if after is None:
                return None
            at = after
            continue
        if character in _CLOSING:
            open_brackets.append(_CLOSING[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
        elif not open_brackets and character == "}":
            return at + 1
        elif not open_brackets and character == ":":
            return _after_format(text, at + 1, raw)
        at += 1
    return None


def _after_string(text: str, at: int) -> int | None:
    """Give where a string inside an expression ends; its own fields have to read too."""
    quote = text[at : at + 3] if text[at : at + 3] in _REST else text[at]
    closed = _REST[quote].match(text, at + len(quote))
    if closed is None or "\\" in closed[0]:
        return None
    formatted = text[max(at - 2, 0) : at].lower().endswith(("f", "fr", "rf"))
    if formatted and not _fields_read(closed[0][: -len(quote)], True):
        return None
    return closed.end()


def _after_format(text: str, at: int, raw: bool) -> int | None:
    """Give where the field ends whose format begins here; it may hold fields itself."""
    while at < len(text):
        if text[at] == "}":
            return at + 1
        if text[at] == "{":
            after = _after_field(text, at + 1, raw)
            if after is None:
                return None
            at = after
        else:
            at += 1
    return None
