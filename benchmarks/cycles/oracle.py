"""The interpreter's answer: each module imported first, in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.interpreter import ask

# The place that CPython appends to a message.
PLACE = re.compile(r" \([^()]*[/\\][^()]*\)$")
PATIENCE = 60  # seconds for one import

# Runs in the environment's interpreter.
IMPORTS = "importlib, json, os, signal, sys"
PROGRAM = """
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
    said = ask(
        *(python, root, str(PATIENCE), json.dumps(list(modules))),
        imports=IMPORTS,
        program=PROGRAM,
        patience=PATIENCE * (len(modules) + 1),
    )
    answers = (json.loads(line) for line in said.splitlines())
    return {
        module: PLACE.sub("", text.splitlines()[-1]) if text else None for module, text in answers
    }
