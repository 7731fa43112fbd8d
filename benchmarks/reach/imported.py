"""What the interpreter holds after it has really imported an entry point."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.accuracy.environments import clean
from benchmarks.interpreter import ask

PATIENCE = 300  # seconds for one import

# Runs in the application's interpreter. The body of a module is executed by exec(), and that
# raises an audit event, whatever becomes of it.
IMPORTS = "importlib, json, os, sys"
PROGRAM = """
module, _, attribute = sys.argv[2].partition(":")
said, begun = None, set()
def note(event, arguments):
    if event == "exec" and getattr(arguments[0], "co_name", "") == "<module>":
        begun.add(arguments[0].co_filename)
sys.addaudithook(note)
try:
    value = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        value = getattr(value, name)
except BaseException as error:
    said = type(error).__name__ + ": " + str(error)
files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
json.dump([said, [str(file) for file in files.values() if file], sorted(begun)], out)
out.flush()
os._exit(0)
"""


class Imported(Struct, frozen=True):
    """The files of modules, relative to the project.

    `loaded` are in sys.modules. The body of those that `failed` began and raised, and
    somebody caught that.
    """

    loaded: frozenset[str]
    failed: frozenset[str]


def imported(python: Path, root: Path, entry: str) -> Imported:
    """Give what importing an entry point leaves of the modules below `root`.

    The application has to start: nothing else can be compared with.
    """
    text = ask(
        *(python, root, entry),
        imports=IMPORTS,
        program=PROGRAM,
        patience=PATIENCE,
        environ=clean(),
    )
    said, files, begun = json.loads(text)
    if said is not None:
        raise SystemExit(f"{entry} cannot be imported by {python}: {said}")
    loaded = frozenset(_below(root, files))
    return Imported(loaded, frozenset(_below(root, begun)) - loaded)


def _below(root: Path, files: Iterable[str]) -> Iterator[str]:
    for file in map(Path, files):
        if file.is_relative_to(root) and file.suffix == ".py":
            yield file.relative_to(root).as_posix()
