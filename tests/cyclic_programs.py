"""Small programs with circular imports, made at random, and what CPython does with them.

A program is a dictionary of files. Its modules import each other in every form that
the language has, under guards, in classes and in functions that are called at once.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NAMES = ("one", "two", "six")
APPENDED = re.compile(r" \([^()]*[/\\][^()]*\)$")

# Imports each module of each program first, in a process of its own.
ORACLE = """
import json, os, sys
def last_line(directory, module):
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        with os.fdopen(read) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        return text or None
    os.close(read)
    sys.path.insert(0, directory)
    try:
        __import__(module)
        said = ""
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    os.write(write, said.encode())
    os._exit(0)
for line in sys.stdin:
    directory, modules = json.loads(line)
    print(json.dumps({module: last_line(directory, module) for module in modules}))
"""


def module_name(path: str) -> str:
    """Give the dotted name of a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def make_program(seed: int) -> dict[str, str]:
    """Give the files of one program; the same for the same seed."""
    return _Author(random.Random(seed)).program()


def run_first(directories: Mapping[str, list[str]]) -> list[dict[str, str | None]]:
    """Import each module of each directory first; give the last lines of the tracebacks."""
    lines = "".join(json.dumps(item) + "\n" for item in directories.items())
    command = [sys.executable, "-I", "-S", "-B", "-c", ORACLE]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, check=True, timeout=600
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        {name: text and APPENDED.sub("", text) for name, text in answers.items()}
        for answers in found
    ]


def write_program(files: Mapping[str, str], directory: Path) -> None:
    """Write the files of a program below a directory."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class _Author:
    """Writes one program."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        layouts = [
            ["a.py", "b.py"],
            ["a.py", "b.py", "c.py"],
            ["p/__init__.py", "p/a.py", "p/b.py"],
            ["p/__init__.py", "p/a.py", "p/b.py", "c.py"],
            ["p/__init__.py", "p/q/__init__.py", "p/q/a.py", "p/b.py"],
            ["p/__init__.py", "p/a.py", "r/__init__.py", "r/b.py", "c.py"],
        ]
        self.paths = chance.choice(layouts)
        self.modules = [module_name(path) for path in self.paths]
        self.functions: dict[str, list[str]] = {}

    def program(self) -> dict[str, str]:
        for module in self.modules:
            self.functions[module] = ["make"] if self.chance.random() < 0.4 else []
        return {path: self.file(path) for path in self.paths}

    def file(self, path: str) -> str:
        self.path = path
        self.module = module_name(path)
        is_package = path.endswith("__init__.py")
        self.package = self.module if is_package else self.module.rpartition(".")[0]
        self.known: list[str] = []
        lines = ["import contextlib, os"]
        if self.chance.random() < 0.05:
            lines.append("from typing import TYPE_CHECKING")
            lines += ["if TYPE_CHECKING:", f"    from {self.other()} import one"]
        pieces: list[list[str]] = [[f"{name} = {i}"] for i, name in enumerate(self.bound_names())]
        pieces += [self.import_piece() for _ in range(self.chance.choice([1, 1, 2, 2, 3]))]
        if self.functions[self.module]:
            pieces.append(self.function())
        if self.chance.random() < 0.15:
            listed = self.chance.sample(NAMES, 2)
            pieces.append([f"__all__ = {listed!r}"])
        self.chance.shuffle(pieces)
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            pieces.insert(self.chance.randrange(len(pieces) + 1), self.use())
        lines += [line for piece in pieces for line in piece]
        if self.chance.random() < 0.04:
            lines += ["def __getattr__(name):", "    if name[0] == '_': raise AttributeError(name)"]
            lines += ["    return 5"]
        if self.chance.random() < 0.05:
            lines.append("del one" if "one = 0" in lines else "pass")
        return "\n".join(lines) + "\n"

    def bound_names(self) -> list[str]:
        return list(NAMES) if self.chance.random() < 0.8 else ["two", "six"]

    def other(self) -> str:
        if self.chance.random() < 0.03:
            return self.module
        return self.chance.choice([m for m in self.modules if m != self.module])

    def import_piece(self) -> list[str]:
        """Give an import of another module, perhaps guarded, conditional or in a class."""
        lines = self.import_lines()
        kind = self.chance.random()
        if 0.28 <= kind < 0.34 and any("*" in line for line in lines):
            return lines  # a star import stands at the top level only
        inside = [f"    {line}" for line in lines]
        if kind < 0.08:
            return ["try:", *inside, "except ImportError:", *self.handler()]
        if kind < 0.13:
            return ["try:", *inside, "except Exception:", *self.handler()]
        if kind < 0.15:
            return ["try:", *inside, "except ValueError:", *self.handler()]
        if kind < 0.19:
            return ["with contextlib.suppress(ImportError, AttributeError):", *inside]
        if kind < 0.22:
            return ["if os.environ.get('UNSET_FLAG'):", *inside]
        if kind < 0.25:
            return ["if not os.environ.get('UNSET_FLAG'):", *inside]
        if kind < 0.28:
            return ["import sys", "if sys.version_info >= (3, 8):", *inside]
        if kind < 0.31 and not any(line.startswith(("class", "def")) for line in lines):
            return ["class Holder:", *inside]  # classes do not see each other's names
        if kind < 0.34:
            return ["def _now():", *inside, "_now()"]
        if kind < 0.37:
            return ["for _ in (1, 2):", *inside]
        if kind < 0.39:
            return ["try:", *inside, "finally:", "    late = 1"]
        return lines

    def handler(self) -> list[str]:
        return self.chance.choice(
            [
                ["    one = None"],
                ["    pass"],
                ["    raise"],
                ["    raise RuntimeError('stop')"],
                [f"    import {self.other()}"],
                ["    failed = True"],
            ]
        )

    def import_lines(self) -> list[str]:
        target = self.other()
        name = self.chance.choice(NAMES)
        kind = self.chance.random()
        if kind < 0.34:
            return [f"from {self.written(target)} import {name}"]
        if kind < 0.40:
            alias = self.chance.choice(["first", "one"])
            return [f"from {self.written(target)} import {name} as {alias}, two"]
        if kind < 0.56:
            return [f"import {target}", *self.read(target)]
        if kind < 0.68:
            return [f"import {target} as m", *self.read("m")]
        if kind < 0.78 and "." in target:
            parent, _, last = target.rpartition(".")
            return [f"from {self.written(parent)} import {last}", *self.read(last)]
        if kind < 0.86:
            return [f"from {self.written(target)} import *"]
        if kind < 0.90:
            return [f"import importlib; m = importlib.import_module({target!r})", *self.read("m")]
        if kind < 0.93 and self.functions[target]:
            return [f"from {self.written(target)} import make", "make()"]
        return [f"import {target}"]

    def read(self, value: str) -> list[str]:
        """Give a statement that reads an attribute of a module, or none."""
        kind = self.chance.random()
        name = self.chance.choice(NAMES)
        if kind < 0.3:
            return [f"x = {value}.{name}"]
        if kind < 0.4:
            return ["class C:", f"    x = {value}.{name}"]
        if kind < 0.5:
            return ["def later():", f"    return {value}.{name}"]
        if kind < 0.57:
            return ["def now():", f"    return {value}.{name}", "now()"]
        if kind < 0.62:
            return [f"alias = {value}", f"y = alias.{name}"]
        if kind < 0.66:
            return [f"@getattr({value}, 'zero', lambda f: f)", "def g(): ..."]
        return []

    def use(self) -> list[str]:
        kind = self.chance.random()
        if kind < 0.3 and self.functions[self.module]:
            return ["if 'make' in globals(): make()"]
        if kind < 0.4:
            return ["flag = True", "if flag:", f"    import {self.other()}"]
        if kind < 0.5:
            return [f"if hasattr(os, 'name'): import {self.other()}"]
        return ["z = 1"]

    def function(self) -> list[str]:
        """Give a function that imports when it is called."""
        lines = [f"    {line}" for line in self.import_lines() if "*" not in line]
        body = lines or ["    pass"]
        kind = self.chance.random()
        if kind < 0.15:
            body = ["    if os.environ.get('UNSET_FLAG'):", "        return", *body]
        elif kind < 0.25:
            body = [*body, "    yield 1"]
        elif kind < 0.3:
            return ["@contextlib.contextmanager", "def make():", *body, "    yield 1"]
        return ["def make():", *body, *(["make()"] if self.chance.random() < 0.4 else [])]

    def written(self, target: str) -> str:
        """Write a module's name as it is, or relative to this package."""
        if not self.package or self.chance.random() < 0.5:
            return target
        package, dots = self.package, "."
        while package:
            if target == package:
                return dots
            if target.startswith(package + "."):
                return dots + target[len(package) + 1 :]
            package, dots = package.rpartition(".")[0], dots + "."
        return target
