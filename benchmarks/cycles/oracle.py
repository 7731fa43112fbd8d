"""The interpreter's answer: each module imported first, in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The place that CPython appends to a message.
PLACE = re.compile(r" \([^()]*[/\\][^()]*\)$")
PATIENCE = 60  # seconds for one import

# Runs in the environment's interpreter. What an import prints is thrown away.
PROGRAM = """
import importlib, json, os, signal, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[1])
out = os.fdopen(os.dup(1), "w")
quiet = os.open(os.devnull, os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(quiet, number)
for module in json.loads(sys.argv[3]):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        signal.alarm(int(sys.argv[2]))
        try:
            importlib.import_module(module)
            said = ""
        except BaseException as error:
            said = type(error).__name__ + ": " + str(error)
        os.write(write, said.encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if status:
        text = "the process ended with status " + str(status)
    print(json.dumps([module, text]), file=out, flush=True)
"""


def first_imports(environment: Path, root: Path, modules: Sequence[str]) -> dict[str, str | None]:
    """Give the last line of the traceback for each module, None when it can be imported."""
    if not modules:
        return {}
    python = environment / "bin" / "python"
    arguments = [str(root), str(PATIENCE), json.dumps(list(modules))]
    done = subprocess.run(
        [str(python), "-B", "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE * (len(modules) + 1),
    )
    answers = (json.loads(line) for line in done.stdout.splitlines())
    return {
        module: PLACE.sub("", text.splitlines()[-1]) if text else None for module, text in answers
    }
