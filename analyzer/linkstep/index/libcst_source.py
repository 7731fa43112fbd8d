"""From the bytes of a file to the text that libcst parses, as CPython's compiler decodes them.

The compiler looks only at the bytes of tokens, so a comment may hold what is no UTF-8: many an old
file names its author in Latin-1. Such bytes get a mark that stands nowhere else in the text, and
the marks are looked for once the comments are known.
"""

from __future__ import annotations

import io
import re
import tokenize

import libcst as cst
from libcst import matchers

_NO_MARK = ""
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def decode_source(source: bytes) -> tuple[str, str]:
    r"""Give the text of a file, with `\n` line ends, and the mark for bytes that are no UTF-8.

    SyntaxError says that the encoding, from BOM or cookie (PEP 263), is unknown or not that of
    the file, or that the file contains null bytes.

    >>> decode_source(b"# coding: latin-1\r\nname = '\xe9'\r\n")
    ("# coding: latin-1\nname = 'é'\n", '')
    """
    try:
        text, mark = _decode_strictly(source), _NO_MARK
    except (SyntaxError, UnicodeError, LookupError) as error:
        text, mark = _decode_with_marks(source)
        if mark == _NO_MARK:
            raise _error(f"encoding problem: {error}", 1) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _error("source code cannot contain null bytes", line)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), mark


def check_marks(module: cst.Module, text: str, mark: str) -> None:
    """Raise SyntaxError if bytes that could not be decoded stand outside of comments.

    >>> check_marks(cst.parse_module("'!'  # !"), "'!'  # !", "!")
    Traceback (most recent call last):
    ...
    SyntaxError: (unicode error) the file is not UTF-8
    """
    comments = matchers.findall(module, matchers.Comment())
    marks = sum(str(getattr(comment, "value", "")).count(mark) for comment in comments)
    if marks != text.count(mark):
        raise undecodable(text, mark)


def undecodable(text: str, mark: str) -> SyntaxError:
    """Give the error for a file that is no UTF-8, at the first mark."""
    return _error(
        "(unicode error) the file is not UTF-8", text.count("\n", 0, text.index(mark)) + 1
    )


def _decode_strictly(source: bytes) -> str:
    # The compiler ends lines at a lone carriage return too, and looks for a cookie in two.
    lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(lines).readline)
    text = source.decode(encoding)
    text.encode()  # some codecs, like UTF-7, give what is no text: lone surrogates
    return text


def _decode_with_marks(source: bytes) -> tuple[str, str]:
    """Decode as UTF-8 with marks; no mark if that is not the file's encoding, or its trouble."""
    text = source.decode("utf-8", "surrogateescape")
    mark = next(mark for mark in map(chr, range(0xE000, 0xF900)) if mark not in text)
    marked = _ESCAPED_BYTE.sub(mark, text)
    try:
        is_utf8 = _decode_strictly(marked.encode()).removeprefix("\ufeff") == marked.removeprefix(
            "\ufeff"
        )
    except (SyntaxError, UnicodeError, LookupError):
        is_utf8 = False
    return (marked, mark) if is_utf8 and marked != text else (marked, _NO_MARK)


def _error(message: str, line: int) -> SyntaxError:
    return SyntaxError(message, ("<unknown>", line, 1, None))
