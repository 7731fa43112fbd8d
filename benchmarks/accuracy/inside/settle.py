"""Executes claims about missing modules and names, each in a process of its own.

Runs in the measured environment, with nothing but the standard library:

    python settle.py JOB ANSWERS

JOB is a JSON file: `project` (put first on sys.path), `prepare` (code to run first),
`seconds` (the limit of a claim), `claims`. One line of JSON is appended to ANSWERS for
each claim: its index, the outcome and a detail.
"""

import builtins
import importlib
import importlib.machinery
import json
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

LONGEST_DETAIL = 400


def execute(claim: dict[str, str]) -> str:
    """Do what the claim says cannot be done; give where the result comes from."""
    kind, module, name = claim["kind"], claim["module"], claim["name"]
    if kind == "module":
        return origin_of_module(importlib.import_module(name), name)
    if kind == "failing":
        return origin_of_module(importlib.import_module(module), module)
    if kind == "syntax":
        with open(claim["path"], "rb") as file:
            compile(file.read(), claim["path"], "exec", dont_inherit=True)
        return "it compiles"
    if kind == "attribute":
        try_import(claim["importing"])
        return attribute_of(importlib.import_module(module), name)
    target = required(module)
    if kind == "global":
        if name not in vars(target) and not hasattr(builtins, name):
            raise NameError(f"name '{name}' is not defined")
        return "the name is bound"
    if kind == "export":
        getattr(__import__(module, fromlist=[name]), name)
        return origin_of_name(target, name)
    exec(f"from {module} import {name}", {})
    return origin_of_name(target, name)


class ImportingFailsError(Exception):
    """The module that was to be looked into cannot be imported at all."""


def required(module: str) -> ModuleType:
    """Import the module to look into; its own failure is not what the claim is about."""
    try:
        return importlib.import_module(module)
    except BaseException as error:
        raise ImportingFailsError(f"{type(error).__name__}: {error}") from error


def try_import(module: str) -> None:
    """Import the module with the code, for what that sets on other modules."""
    try:
        importlib.import_module(module)
    except BaseException:  # it may exit, or be a script that wants arguments
        return


def attribute_of(value: object, name: str) -> str:
    """Go along `a.b.c` and say where the last one comes from."""
    holder = value
    for part in name.split("."):
        holder, value = value, getattr(value, part)
    return origin_of_name(holder, name.rpartition(".")[2])


def origin_of_module(module: ModuleType, name: str) -> str:
    """Say what made it possible to import a module by this name."""
    spec = getattr(module, "__spec__", None)
    if spec is None or spec.name != name:
        return "another object stands for the module in sys.modules"
    loader = type(spec.loader).__name__ if spec.loader else "no loader"
    if isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
        return "a compiled module"
    if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return "a source file"
    if spec.loader is importlib.machinery.BuiltinImporter:
        return "a module built into the interpreter"
    return f"loaded by {loader}"


def origin_of_name(holder: object, name: str) -> str:
    """Say what made it possible to read a name of a module."""
    if not isinstance(holder, ModuleType):
        return f"an attribute of {type(holder).__name__}"
    if f"{holder.__name__}.{name}" in sys.modules:
        return "a submodule"
    if name not in vars(holder):
        return "served by __getattr__"
    file = getattr(holder, "__file__", None) or ""
    if file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)) or not file:
        return "a name of a compiled module"
    with open(file, "rb") as source:
        written = name.encode() in source.read()
    return "bound in the module" if written else "bound at run time, or by a star import"


def outcome(claim: dict[str, str]) -> tuple[str, str]:
    """Execute a claim and judge what happens against what it says."""
    try:
        return "false alarm", execute(claim)
    except ImportingFailsError as error:
        # A module that takes names from itself fails by the very statement that is claimed.
        same = claim["importing"] == claim["module"] and agrees(claim, error.__cause__)
        return ("true" if same else "fails otherwise"), str(error)
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        return ("true" if agrees(claim, error) else "fails otherwise"), text


def agrees(claim: dict[str, str], error: BaseException | None) -> bool:
    """Say whether the exception is of the stated kind, and about what was named."""
    kind, module, name = claim["kind"], claim["module"], claim["name"]
    if kind == "module":
        missing = getattr(error, "name", None) or ""
        return isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{missing}.")
    if kind == "name":
        return isinstance(error, ImportError) and f"cannot import name {name!r}" in str(error)
    if kind in ("attribute", "export"):
        # A `__getattr__` of the module may say the name in its own way, without quotes.
        said = re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", str(error)) is not None
        last = said or any(repr(part) in str(error) for part in name.split("."))
        return isinstance(error, AttributeError) and last and module.split(".")[0] in str(error)
    if kind == "global":
        return isinstance(error, NameError)
    if kind == "syntax":
        return isinstance(error, SyntaxError)
    stated, _, text = claim["exception"].partition(": ")
    return type(error).__name__ == stated and text in str(error)


def in_a_process(task: Callable[[], object], seconds: int) -> bytes:
    """Run a task in a fork and give its answer as JSON; nothing when it takes too long."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        os.write(writer, json.dumps(task()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        ready, _, _ = select.select([stream], [], [], seconds + 5)
        received = stream.read() if ready else b""
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return received


def settle(claim: dict[str, str], seconds: int) -> tuple[str, str]:
    """Settle one claim in a process of its own, so that no import is seen by the next."""
    received = in_a_process(lambda: outcome(claim), seconds)
    if not received:
        return "took too long", f"no answer within {seconds} s"
    settled, detail = json.loads(received)
    return settled, detail[:LONGEST_DETAIL]


def imported_first(claim: dict[str, str]) -> str:
    """Give the module that executing the claim imports before anything else."""
    if claim["kind"] == "attribute":
        return claim["importing"]
    if claim["kind"] in ("module", "failing"):
        return claim["name"].rpartition(".")[0]
    return "" if claim["kind"] == "syntax" else claim["module"]


def settle_all(claims: list[dict[str, str]], seconds: int) -> Iterator[tuple[int, str, str]]:
    """Settle claims; those that begin with the same import share the process that does it."""
    indices_by_first: dict[str, list[int]] = {}
    for index, claim in enumerate(claims):
        indices_by_first.setdefault(imported_first(claim), []).append(index)
    for first, indices in indices_by_first.items():

        def together(first: str = first, indices: list[int] = indices) -> list[object]:
            if first:
                try_import(first)
            signal.alarm(0)
            return [(index, *settle(claims[index], seconds)) for index in indices]

        received = in_a_process(together, seconds * (1 + len(indices)))
        yield from map(tuple, json.loads(received or "[]"))


def main() -> None:
    """Settle all claims of a job."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    answers = open(sys.argv[2], "a", encoding="utf-8")  # noqa: SIM115 (open until the end)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    sys.path[0] = job["project"]
    sys.dont_write_bytecode = True
    exec(job["prepare"], {})
    for answer in settle_all(job["claims"], job["seconds"]):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
