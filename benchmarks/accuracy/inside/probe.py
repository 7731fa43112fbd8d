"""Imports all modules of a project, and says of each site whether what it names is there.

Runs in the measured environment, with nothing but the standard library:

    python probe.py JOB ANSWERS

JOB is a JSON file: `project`, `prepare`, `modules` to import, `seconds` (the limit of one),
`sites`, `trace` (report the lines that importing executes), and `gone`: null, or the
`names` and `modules` that mutations took away; then imports go on where they break
(`lenient.py`). ANSWERS gets one line of JSON for the modules that fail, one for the lines
that were executed, and one for each site: how it ended, and where.
"""

import importlib
import inspect
import json
import os
import signal
import sys
from types import FrameType, ModuleType
from typing import Any

from lenient import Lenience, Placeholder, PlaceholderModule

Answer = tuple[str, str]


class TooSlowError(BaseException):
    """The import of a module took longer than it may."""


class Prober:
    """Answers questions about sites, in one process that has imported everything."""

    def __init__(self, lenience: Lenience | None) -> None:
        self.lenience = lenience
        self.failures: dict[str, str] = {}

    def load(self, name: str, seconds: int) -> None:
        """Import a module; remember why it could not be."""
        if name.rpartition(".")[0] in self.failures:
            self.failures[name] = self.failures[name.rpartition(".")[0]]
            return
        signal.alarm(seconds)
        try:
            importlib.import_module(name)
        except BaseException as error:
            self.failures[name] = f"{type(error).__name__}: {error}"[:300]
        finally:
            signal.alarm(0)

    def answer(self, site: dict[str, Any]) -> Answer:
        """Say how a site ends: present, absent, placeholder, binding or undecided."""
        module = site["name"] if site["kind"] == "module" else site["module"]
        target = self.module(module)
        if not isinstance(target, ModuleType):
            return target
        if isinstance(target, PlaceholderModule):
            return ("absent" if site["kind"] == "module" else "binding"), module
        if site["kind"] == "module":
            return "present", module
        if site["kind"] == "attribute":
            return self.chain(target, site["name"].split("."), site["bound"])
        return self.name(target, module, site["name"])[0]

    def module(self, name: str) -> ModuleType | Answer:
        """Give a module; as an answer when it is not there, or its own import fails.

        What failed once is not executed again: it would fail again, thousands of times.
        """
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            if (failure := self.failures.get(".".join(parts[:length]))) is not None:
                return "undecided", failure
        try:
            found: object = importlib.import_module(name)
            if isinstance(found, ModuleType):
                return found
            return "undecided", f"{type(found).__name__} stands in its place"
        except ModuleNotFoundError as error:
            missing = error.name or ""
            if f"{name}.".startswith(f"{missing}."):
                return "absent", missing
            return "undecided", str(error)
        except BaseException as error:
            self.failures[name] = f"{type(error).__name__}: {error}"[:300]
            return "undecided", self.failures[name]

    def name(self, target: ModuleType, module: str, name: str) -> tuple[Answer, object]:
        """Do what `from module import name` does: an attribute, else a submodule."""
        where = f"{module}.{name}"
        try:
            value = self.read(target, name)
        except AttributeError:
            found = self.module(where)
            if not isinstance(found, ModuleType):
                return found, None
            value = found
        except BaseException as error:
            return ("undecided", f"{type(error).__name__}: {error}"[:300]), None
        if isinstance(value, PlaceholderModule) and value.__name__ == f"{target.__name__}.{name}":
            return ("absent", where), None
        if isinstance(value, Placeholder | PlaceholderModule):
            return ("placeholder", where), None
        return ("present", where), value

    def chain(self, target: ModuleType, parts: list[str], bound: int) -> Answer:
        """Go along attributes as long as they are modules."""
        value: object = target
        where = target.__name__
        for position, part in enumerate(parts):
            if not isinstance(value, ModuleType):
                return ("present", where) if position > bound else ("value", where)
            if position < bound:
                answer, value = self.name(value, where, part)
                if answer[0] != "present":
                    return "binding", where
            else:
                try:
                    value = self.read(value, part)
                except AttributeError:
                    return "absent", f"{where}.{part}"
                except BaseException as error:
                    return "undecided", f"{type(error).__name__}: {error}"[:300]
            if isinstance(value, Placeholder | PlaceholderModule):
                return "placeholder", where
            where = value.__name__ if isinstance(value, ModuleType) else f"{where}.{part}"
        return "present", where

    def read(self, target: ModuleType, name: str) -> object:
        """Read a name without lending it: what is gone from this very module raises."""
        if self.lenience is not None:
            self.lenience.refused = target
        try:
            return getattr(target, name)
        finally:
            if self.lenience is not None:
                self.lenience.refused = None


class Lines:
    """The lines of module and class bodies that are executed, by file."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.executed: dict[str, set[int]] = {}

    def trace(self, frame: FrameType, event: str, value: object) -> Any:
        """Follow a frame when it is a module or class body of the project."""
        code = frame.f_code
        if code.co_flags & inspect.CO_OPTIMIZED or not code.co_filename.startswith(self.project):
            return None
        lines = self.executed.setdefault(code.co_filename, set())

        def local(frame: FrameType, event: str, value: object) -> Any:
            lines.add(frame.f_lineno)
            return local

        return local

    def by_path(self) -> dict[str, list[int]]:
        """Give the lines by path in the project."""
        start = len(self.project) + 1
        return {path[start:]: sorted(lines) for path, lines in self.executed.items()}


def too_slow(number: int, frame: object) -> None:
    raise TooSlowError("it takes too long")


def main() -> None:
    """Answer all questions of a job."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    answers = open(sys.argv[2], "a", encoding="utf-8")  # noqa: SIM115 (open until the end)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    sys.path[0] = job["project"]
    sys.setrecursionlimit(5000)
    signal.signal(signal.SIGALRM, too_slow)
    lenience = Lenience(job["project"], **job["gone"]) if job["gone"] else None
    if lenience is not None:
        lenience.install()
    prober, lines = Prober(lenience), Lines(job["project"])
    if job["trace"]:
        sys.settrace(lines.trace)
    exec(job["prepare"], {})
    for name in job["modules"]:
        prober.load(name, job["seconds"])
    sys.settrace(None)
    print(json.dumps(prober.failures), file=answers)
    print(json.dumps(lines.by_path()), file=answers)
    for site in job["sites"]:
        signal.alarm(job["seconds"])
        try:
            answer = prober.answer(site)
        except BaseException as error:
            answer = "undecided", f"{type(error).__name__}: {error}"[:300]
        signal.alarm(0)
        print(json.dumps(answer), file=answers, flush=True)
    answers.close()
    os._exit(0)


if __name__ == "__main__":
    main()
