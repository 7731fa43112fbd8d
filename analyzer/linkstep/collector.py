"""Room for what nests, and no search for cyclic garbage, while a program is linked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_DEEPEST = 12_000  # frames; in Python code they take no room on the stack of C


@contextmanager
def collector_off() -> Iterator[None]:
    """Switch cyclic garbage collection off: trees and summaries are many objects, no cycles.

    What is linked nests as deep as the imports of a program do, so there is room for that too.
    """
    enabled = gc.isenabled()
    limit = sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if enabled:
            gc.enable()
