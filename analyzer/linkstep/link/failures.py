"""Whether importing a module raises: its own statements, and those of what it imports.

First-party modules are followed as far as their imports go. For modules of the
environment only their own statements count, which finds the usual case (a module that
needs a distribution which is not installed) without reading whole distributions. Those that
are told to be suspects are followed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import astuple

from linkstep.link.flow import UNSURE, Ending, Flow, Situation
from linkstep.link.namespaces import Binding
from linkstep.link.outcomes import Absent, Dubious, Failed, ModuleValue, exception_name
from linkstep.model.environment import Origin
from linkstep.model.steps import has_step
from linkstep.model.summary import (
    Bind,
    ClassBody,
    ImportFrom,
    ImportModule,
    Step,
    Stop,
    StopKind,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module
    from linkstep.model.links import FailingModule


# Modules of the standard library that need nothing which an interpreter can be built without,
# so that importing them cannot raise where they are there at all. They are not read for that.
_WHOLE = """
abc argparse ast base64 bdb bisect calendar cmd code codecs codeop collections
collections.abc colorsys compileall concurrent concurrent.futures configparser contextlib
contextvars copy copyreg csv dataclasses datetime decimal difflib dis email enum filecmp
fileinput fnmatch fractions functools genericpath getopt gettext glob graphlib heapq html
http importlib importlib.abc importlib.machinery importlib.util inspect io ipaddress json
keyword linecache locale logging mimetypes modulefinder netrc numbers opcode operator optparse
os pathlib pickle pickletools pkgutil platform posixpath pprint profile pstats py_compile
pyclbr queue quopri random re reprlib sched secrets shlex shutil signal statistics string
stringprep struct subprocess symtable sysconfig tabnanny tempfile textwrap threading timeit
token tokenize tomllib trace traceback tracemalloc types typing unittest urllib urllib.parse
warnings weakref wsgiref zoneinfo
"""
ALWAYS_IMPORTABLE = frozenset(_WHOLE.split())
_BINDING = frozenset({Bind, ImportModule, ImportFrom})
_DEEPEST = 40  # imports among installed modules; what is further away is taken to work


class Failure(NamedTuple):
    """Importing the module certainly raises `exception`, at `line` of `path`.

    `reported` says that a broken reference stands there, which is reported by itself;
    `origin` who lacks what it needs.
    """

    exception: str
    path: str
    line: int
    reported: bool = False
    origin: Origin = Origin.FIRST_PARTY


class _FailureError(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class Failures:
    """Answers whether statements and modules raise."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.suspects: Container[str] = ()
        self.importable: Container[str] = ()  # files that are known not to fail
        self._depth = 0
        self._of_module: dict[Module, Failure | None] = {}
        self._class_bodies: dict[Module, dict[int, tuple[Step, ...]]] = {}

    def take(self, failing: Iterable[FailingModule], modules: Iterable[Module]) -> None:
        """Take over what is known of some modules: which of them fail, and how."""
        known = {one.path: Failure(*astuple(one)[1:]) for one in failing}
        self._of_module.update((module, known.get(module.path)) for module in modules)

    def of_step(self, step: Step, module: Module) -> str | None:
        """Give the exception an import statement raises: its name, None, or UNSURE."""
        if isinstance(step, ImportModule):
            return self._verdict(self.lookup.module(step.module, module))
        if not isinstance(step, ImportFrom):
            return None
        found = self.lookup.relative(step, module)
        verdict = self._verdict(found)
        if verdict is not None or isinstance(found, Absent | Dubious):
            return verdict
        unsure = False
        for alias in step.names:
            if alias.name == "*" or found is module:
                continue
            outcome = self.lookup.name(found, alias.name, importing=True)
            if isinstance(outcome, Absent | Failed):
                return exception_name(outcome.exception)
            if isinstance(outcome, ModuleValue):
                verdict = self._verdict(outcome.module)
                if verdict is not None and verdict != UNSURE:
                    return verdict
            unsure = unsure or isinstance(outcome, Dubious)
        return UNSURE if unsure else None

    def _verdict(self, found: Module | Absent | Dubious) -> str | None:
        if isinstance(found, Absent):
            return exception_name(found.exception)
        if isinstance(found, Dubious):
            return UNSURE
        failure = self.of_module(found)
        return exception_name(failure.exception) if failure is not None else None

    def of_module(self, module: Module) -> Failure | None:
        """Say how importing a module certainly fails, None when it need not."""
        if module in self._of_module:
            return self._of_module[module]
        if module.path in self.importable:
            return None
        self._of_module[module] = None  # a module in progress counts as imported
        failure = self._failure(module)
        self._of_module[module] = failure
        return failure

    def _failure(self, module: Module) -> Failure | None:
        if module.fails is not None:
            return Failure(module.fails, module.path, 1, origin=module.origin)
        if self._is_always_importable(module):
            return None
        summary = module.summary
        if summary is None:
            return None
        if summary.problem is not None:
            if not summary.problem.certain:
                return None
            text = f"SyntaxError: {summary.problem.message}"
            return Failure(text, module.path, summary.problem.line, module.is_first_party)
        self.lookup.names(module)
        outside: list[tuple[Absent, ImportModule | ImportFrom]] = []

        def fails(step: Step, at: Situation) -> str | None:
            if isinstance(step, ImportModule | ImportFrom):
                found = self._target(step, module)
                if isinstance(found, Absent) and found.origin is not Origin.FIRST_PARTY:
                    outside.append((found, step))
            return self.of_step(step, module)

        def emit(step: Step, at: Situation) -> None:
            if at.certain and not at.guards and not at.conditions:
                failure = self._of_statement(step, module)
                if failure is not None and isinstance(step, Stop) and outside:
                    failure = failure._replace(origin=outside[-1][0].origin)
                if failure is not None:
                    raise _FailureError(failure)

        flow = Flow(
            lambda test: self.lookup.evaluator.decide(test, module),
            fails,
            dict.fromkeys((ImportModule, ImportFrom, Stop), emit),
            lambda steps, test: None,
        )
        try:
            ran = flow.run(summary.body, Situation())
        except _FailureError as found:
            return found.failure
        if ran.ending is Ending.RAISES and ran.exception not in (None, "SystemExit"):
            raising = [one for one in outside if one[1] is ran.cause] or outside
            if raising and exception_name(raising[-1][0].exception) == ran.exception:
                absent, step = raising[-1]
                line = step.span.line
                return Failure(absent.exception, module.path, line, origin=absent.origin)
            return Failure(ran.exception or "", module.path, 1)
        return None

    def _is_always_importable(self, module: Module) -> bool:
        """Whether a module of the standard library is whole, and can always be imported."""
        return (
            module.origin is Origin.STANDARD_LIBRARY
            and module.name in ALWAYS_IMPORTABLE
            and module.name.partition(".")[0] not in self.suspects
        )

    def _of_statement(self, step: Step, module: Module) -> Failure | None:
        if isinstance(step, Stop):
            if step.kind is not StopKind.RAISE or step.exception is None:
                return None
            text = step.exception.rpartition(".")[2]
            if text == "SkipTest":
                return None
            first_line = (step.message or "").partition("\n")[0]
            text = f"{text}: {first_line}" if first_line else text
            return Failure(text, module.path, step.line)
        if not isinstance(step, ImportModule | ImportFrom):
            return None
        if module.is_first_party:
            return self._first_party(step, module)
        found = self._target(step, module)
        if isinstance(found, Absent):
            return Failure(found.exception, module.path, step.span.line, origin=found.origin)
        return self._of_environment(step, module, found)

    def _of_environment(
        self, step: ImportModule | ImportFrom, module: Module, found: Module | Dubious
    ) -> Failure | None:
        """Say whether an import among modules of the environment raises.

        Only modules are followed: which names an installed module has is left to itself.
        """
        if isinstance(found, Dubious) or found.is_first_party or self._depth > _DEEPEST:
            return None
        if found.fails is None and found.name.partition(".")[0] not in self.suspects:
            return None
        self._depth += 1
        try:
            return self._of_imported(step, module, found)
        finally:
            self._depth -= 1

    def _of_imported(
        self, step: ImportModule | ImportFrom, module: Module, found: Module
    ) -> Failure | None:
        failure = self.of_module(found)
        if failure is not None or isinstance(step, ImportModule) or found is module:
            return failure
        for alias in step.names:
            if alias.name == "*" or not found.is_package:
                continue
            outcome = self.lookup.name(found, alias.name, importing=True)
            if isinstance(outcome, ModuleValue) and not outcome.module.is_first_party:
                failure = self.of_module(outcome.module)
                if failure is not None:
                    return failure
        return None

    def _target(self, step: ImportModule | ImportFrom, module: Module) -> Module | Absent | Dubious:
        if isinstance(step, ImportModule):
            return self.lookup.module(step.module, module)
        return self.lookup.relative(step, module)

    def _first_party(self, step: ImportModule | ImportFrom, module: Module) -> Failure | None:
        found = self._target(step, module)
        if isinstance(found, Dubious):
            return None
        if isinstance(found, Absent):
            return Failure(found.exception, module.path, step.span.line, True)
        failure = self._passed_on(self.of_module(found), module, step.span.line)
        if failure is not None or isinstance(step, ImportModule) or found is module:
            return failure
        for alias in step.names:
            if alias.name == "*":
                continue
            outcome = self.lookup.name(found, alias.name, importing=True)
            if isinstance(outcome, Absent | Failed):
                return Failure(outcome.exception, module.path, alias.span.line, True)
            if isinstance(outcome, ModuleValue):
                failure = self.of_module(outcome.module)
                if failure is not None:
                    return self._passed_on(failure, module, alias.span.line)
        return None

    def _passed_on(self, failure: Failure | None, importer: Module, line: int) -> Failure | None:
        """Give the failure as those see it who import the importer.

        One that no broken reference explains (a module that raises by itself) is reported
        where it is imported, so that is where it stands for everybody further away.
        """
        if failure is None or failure.reported:
            return failure
        return Failure(failure.exception, importer.path, line, True, failure.origin)

    def scope_bindings(self, module: Module, scope: int) -> dict[str, list[Binding]]:
        """Give the bindings of a function or class scope, by name."""
        if module.scope_binds is None:
            module.scope_binds = {}
        found = module.scope_binds.get(scope)
        if found is None:
            found = module.scope_binds[scope] = {}  # a test in it may ask for names above
            self._collect(module, scope, found)
        return found

    def _collect(self, module: Module, scope: int, bindings: dict[str, list[Binding]]) -> None:
        summary = module.summary
        assert summary is not None
        steps = summary.scopes[scope].steps
        if summary.scopes[scope].is_class:
            if module not in self._class_bodies:
                classes = module.steps(ClassBody)
                self._class_bodies[module] = {step.scope: step.body for step in classes}
            steps = self._class_bodies[module].get(scope, ())
        if not has_step(steps, _BINDING):
            return  # most functions bind nothing that is kept, and need not be executed

        def emit(step: Step, at: Situation) -> None:
            if at.scope != (scope if summary.scopes[scope].is_class else 0):
                return
            if isinstance(step, Bind):
                bindings.setdefault(step.name, []).append(Binding(step, None))
            elif isinstance(step, ImportModule):
                name = step.alias or step.module.partition(".")[0]
                bindings.setdefault(name, []).append(Binding(step, None))
            elif isinstance(step, ImportFrom):
                for alias in step.names:
                    if alias.name != "*":
                        bindings.setdefault(alias.bound, []).append(Binding(step, alias))

        flow = Flow(
            lambda test: self.lookup.evaluator.decide(test, module),
            lambda step, at: self.of_step(step, module),
            dict.fromkeys(_BINDING, emit),
            lambda steps, test: None,
        )
        is_class = summary.scopes[scope].is_class
        flow.run(steps, Situation(scope=scope if is_class else 0))
