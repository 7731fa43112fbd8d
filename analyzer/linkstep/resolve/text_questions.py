"""What was asked of texts, and whether the answer still holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from linkstep.model.trace import TextQuestion, WordForm

_LARGEST = 1 << 20  # bytes; a longer file is not searched


def is_answered(question: TextQuestion, path: str, text: bytes) -> bool:
    """Whether the answer to a question still holds when a file has another text.

    >>> question = TextQuestion(
    ...     ("psycopg2-binary",), WordForm.DISTRIBUTION, True, witness="settings.py")
    >>> is_answered(question, "settings.py", b"psycopg2_Binary")
    True
    >>> is_answered(question, "settings.py", b""), is_answered(question, "db.py", b"")
    (False, True)
    """
    if question.path not in ("", path) or (question.witness and question.witness != path):
        return True
    if question.form is WordForm.DISTRIBUTION:
        return question.answer == bool(word_pattern(question.words).search(words_of(text)))
    searched = text.lower() if question.form is WordForm.ANY_CASE else text
    return question.answer == any(word.encode() in searched for word in question.words)


def words_of(content: bytes) -> str:
    """Give the text of a file as it is searched; none of one that is very long, or no text."""
    if len(content) > _LARGEST or b"\0" in content[:1024]:
        return ""
    return content.decode("utf-8", "replace").lower()


def word_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Match whole words; what normalization makes equal is equal here (PEP 503)."""
    loose = sorted({re.sub(r"[-_.]+", "-", word) for word in words})
    written = "|".join(re.escape(word).replace(r"\-", r"[-_.]?") for word in loose)
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{written})(?![A-Za-z0-9_])", re.IGNORECASE)
