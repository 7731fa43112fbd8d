"""The edits after which linkstep runs once more."""

from __future__ import annotations

from benchmarks.speed.corpora import Corpus, Edit

ADDED = "\n\ndef added():\n    return 1\n"
IMPORTED = "\n\nimport json\n"


def with_line(text: str, statement: str = "edited = 1") -> str:
    """Add a statement to the first function that has a body of its own."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("def ") and line.rstrip().endswith(":"):
            lines.insert(number + 1, f"    {statement}\n")
            return "".join(lines)
    raise SystemExit("no function to edit")


def with_missing(text: str, corpus: Corpus) -> str:
    """Let a function import a name that is not there, from the package of its file."""
    package = corpus.edited.rpartition("/")[0].replace("/", ".")
    return with_line(text, f"from {package} import nothing")


def without(text: str, corpus: Corpus) -> str:
    """Give another name to the function that other files import."""
    return text.replace(f"def {corpus.removed}(", f"def {corpus.removed}_(")


def after(text: str, edit: Edit) -> str:
    """Make a further edit."""
    if not edit.find:
        return text + edit.put
    if edit.find not in text:
        raise SystemExit(f"nothing to edit in {edit.path}")
    return text.replace(edit.find, edit.put)
