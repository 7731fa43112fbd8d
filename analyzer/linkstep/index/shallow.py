"""How much of a file of the environment is recorded: the module, and what functions import.

Nobody links the functions of what is installed. Of their bodies only imports are kept, and
bodies that may change a namespace, which others would see. What a body may do is told by its
words, without walking it. A file that may hold its own namespace in a variable is recorded as
a whole: its functions could change it under any name.
"""

from __future__ import annotations

import ast
import enum
from bisect import bisect_left
from collections.abc import Iterable

_HOLDS_ITSELF = ("globals()", "vars()", "locals()", "sys.modules")
_CHANGES = (
    *("exec(", "setattr(", "__path__", "__dict__", "sys.path", "addsitedir"),
    *("import_module", "__import__", "global "),
)


class Extent(enum.Enum):
    """What of a function body is recorded."""

    NOTHING = 0
    IMPORTS = 1
    ALL = 2


class Shallow:
    """Says of each function of one file how much of it is recorded.

    `is_plain` is true of a file that has no word for namespaces, module tables or paths.

    >>> text = "def f():\\n    import a\\ndef g():\\n    global x\\ndef h():\\n    return 1\\n"
    >>> [Shallow(text).extent(node).name for node in ast.parse(text).body]
    ['IMPORTS', 'ALL', 'NOTHING']
    """

    def __init__(self, text: str) -> None:
        words = [word for word in _CHANGES if word in text]
        self.is_plain = not words
        self._imports = lines_with(("import",), text)
        # What is given `__name__` may add names to the module, too.
        self._changes = lines_with((*words, "__name__"), text) if words else []

    def extent(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Extent:
        """Say how much of a function is recorded."""
        if is_within(self._changes, node):
            return Extent.ALL
        return Extent.IMPORTS if is_within(self._imports, node) else Extent.NOTHING


def shallow_reading(text: str) -> Shallow | None:
    """Say what is recorded of a file of the environment, None when all of it is.

    >>> shallow_reading("names = globals()") is None
    True
    """
    return None if any(word in text for word in _HOLDS_ITSELF) else Shallow(text)


def lines_with(words: Iterable[str], text: str) -> list[int]:
    """Give the numbers of the lines, as the compiler counts them, that have one of the words.

    >>> lines_with((":=",), "a\\nif b := a:\\r\\n  c")
    [2]
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: set[int] = set()
    for word in words:
        line, begin, at = 1, 0, text.find(word)
        while at >= 0:
            line += text.count("\n", begin, at)
            found.add(line)
            begin, at = at, text.find(word, at + 1)
    return sorted(found)


def is_within(lines: list[int], node: ast.stmt) -> bool:
    """Whether one of some sorted lines is a line of a statement."""
    place = bisect_left(lines, node.lineno)
    return place < len(lines) and lines[place] <= (node.end_lineno or node.lineno)
