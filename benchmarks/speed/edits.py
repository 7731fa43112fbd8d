"""The edits after which linkstep runs once more."""

from __future__ import annotations

from benchmarks.speed.corpora import Corpus

ADDED = "\n\ndef added():\n    return 1\n"
IMPORTED = "\n\nimport mailbox\n"


def with_line(text: str) -> str:
    """Add a statement to the first function that has a body of its own."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("def ") and line.rstrip().endswith(":"):
            lines.insert(number + 1, "    edited = 1\n")
            return "".join(lines)
    raise SystemExit("no function to edit")


def without(text: str, corpus: Corpus) -> str:
    """Give another name to the function that other files import."""
    return text.replace(f"def {corpus.removed}(", f"def {corpus.removed}_(")
