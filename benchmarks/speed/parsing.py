"""Parse every Python file below the current directory, and make nothing of it.

No program that is written in Python and reads files with CPython's parser can take less: this
has one process on each processor, and looks at no tree that it gets.
"""

from __future__ import annotations

import ast
import gc
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

_AT_ONCE = 10  # files


def parse(path: Path) -> None:
    """Parse one file; one that cannot be parsed is passed over."""
    with suppress(SyntaxError, ValueError):
        ast.parse(path.read_bytes())


def prepare() -> None:
    """Leave out what is not parsing: warnings about the code, and searches for garbage."""
    warnings.simplefilter("ignore")
    gc.disable()


def main() -> None:
    """Parse everything."""
    paths = sorted(Path().rglob("*.py"))
    with ProcessPoolExecutor(os.cpu_count(), initializer=prepare) as pool:
        for _ in pool.map(parse, paths, chunksize=_AT_ONCE):
            pass


if __name__ == "__main__":
    main()
