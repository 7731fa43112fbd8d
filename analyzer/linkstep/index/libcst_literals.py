"""The values of Python's literals, as `ast.Constant` holds them.

Escapes are decoded here and not by `ast.literal_eval`, because that compiles: it is slow, and it
warns about `"\\d"` in files that are none of our business.
"""

from __future__ import annotations

import re
import unicodedata

_OPENING = re.compile(r"([A-Za-z]*)(\"\"\"|'''|\"|')")
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|N\{([^{}]*)\}|([^{}]))",
    re.DOTALL,
)
_BYTES_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{2})|([^{}]))", re.DOTALL)
_ESCAPED_CHARACTERS = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def evaluate_number(literal: str) -> complex:
    """Give the value of a number literal; ValueError for an int too long for this interpreter.

    >>> evaluate_number("0x_ff"), evaluate_number("1_0.5e1"), evaluate_number("2J")
    (255, 105.0, 2j)
    """
    if literal[-1] in "jJ":
        return complex(0, float(literal[:-1]))
    if literal[:2].lower() in ("0x", "0o", "0b"):
        return int(literal, 0)
    if any(mark in literal for mark in ".eE"):
        return float(literal)
    return int(literal)


def evaluate_string(literal: str) -> str | bytes:
    r"""Give the value of one string literal that is no f-string; ValueError if it has none.

    >>> evaluate_string("'caf\\xe9'"), evaluate_string("rb'\\d'"), evaluate_string("'\\d'")
    ('café', b'\\d', '\\d')
    >>> evaluate_string("b'é'")
    Traceback (most recent call last):
    ...
    ValueError: bytes can only contain ASCII literal characters
    """
    opening = _OPENING.match(literal)
    if opening is None:
        raise ValueError(f"not a string literal: {literal}")
    prefix, quote = opening[1].lower(), opening[2]
    text = literal[opening.end() : -len(quote)]
    if "b" in prefix:
        if not text.isascii():
            raise ValueError("bytes can only contain ASCII literal characters")
        text = text if "r" in prefix else _decode_bytes_escapes(text)
        return text.encode("latin-1")
    return text if "r" in prefix else decode_escapes(text)


def decode_escapes(text: str) -> str:
    r"""Give the text that the escapes of a string literal stand for; unknown ones stay as they are.

    A `\{` stays too: in an f-string the brace is not part of the escape.

    >>> decode_escapes("\\x41\\u0042\\103\\N{LATIN SMALL LETTER D}\\q\\\\")
    'ABCd\\q\\'
    """
    return _ESCAPE.sub(_decode_escape, text) if "\\" in text else text


def _decode_escape(escape: re.Match[str]) -> str:
    octal, two, four, eight, name, character = escape.groups()
    if octal:
        return chr(int(octal, 8))
    if name is not None:
        return _character_named(name)
    if character is None:
        return chr(int(two or four or eight, 16))
    if character in "xuUN":
        raise ValueError(f"malformed \\{character} escape in a string literal")
    return _ESCAPED_CHARACTERS.get(character, "\\" + character)


def _character_named(name: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        raise ValueError(f"unknown Unicode character name: {name}") from None


def _decode_bytes_escapes(text: str) -> str:
    return _BYTES_ESCAPE.sub(_decode_bytes_escape, text) if "\\" in text else text


def _decode_bytes_escape(escape: re.Match[str]) -> str:
    octal, two, character = escape.groups()
    if character is None:
        return chr(int(octal, 8) & 0xFF if octal else int(two, 16))
    if character == "x":
        raise ValueError("malformed \\x escape in a bytes literal")
    return _ESCAPED_CHARACTERS.get(character, "\\" + character)
