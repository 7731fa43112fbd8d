"""What an interpreter says of a project: a program that runs in it, and is heard in spite of it.

What an import does is up to the project. It may print, read the input and look at where it was
started; none of that gets in the way of the answer.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

# The project comes first on the path and is where the program runs. What is printed is thrown
# away, but for what the program writes to `out`.
START = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[1])
out = os.fdopen(os.dup(1), "w")
quiet = os.open(os.devnull, os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(quiet, number)
"""


def ask(
    python: Path,
    root: Path,
    *arguments: str,
    imports: str,
    program: str,
    patience: float,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Run a program for the project at `root`, and give what it writes to `out`.

    `imports` are modules of the library that it needs: the project's of that name do not count.
    Its arguments begin with `sys.argv[2]`. Raises when it fails, or takes more than `patience`
    seconds. `environ` are its environment variables, if they are not this process's.

    >>> import sys
    >>> said = 'print("lost"); print(json.dumps(sys.argv[2:]), file=out, flush=True)'
    >>> ask(Path(sys.executable), Path(), "a", imports="json", program=said, patience=60)
    '["a"]\\n'
    """
    source = f"import {imports}\n{START}\n{program}"
    done = subprocess.run(
        [str(python), "-B", "-c", source, str(root), *arguments],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=patience,
        env=environ,
    )
    return done.stdout
