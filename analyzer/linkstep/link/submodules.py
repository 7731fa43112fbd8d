"""Which submodules anything imports, so that they are attributes of their packages.

Importing `a.b` sets `b` on the package `a` (import system, 5.4.2 "Submodules"), whoever
imports it: a file of the project, or one that is installed and gets imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from linkstep.link.import_scan import scan_imports, with_parents
from linkstep.link.modules import Module, Modules
from linkstep.link.relative import absolute_name
from linkstep.model.environment import Origin
from linkstep.model.expressions import Const
from linkstep.model.steps import steps_by_kind
from linkstep.model.summary import FileSummary, ImportByName, ImportFrom, ImportModule

if TYPE_CHECKING:
    from linkstep.link.evidence import Evidence

_SOME = 5  # files that are asked before all are

# Submodules that are in sys.modules, and set on their packages, once CPython has started
# with `site` (`python -c "import sys; print(sys.modules)"`), or that commonly installed
# `.pth` files import before any program does.
_STARTED = frozenset({"os", "importlib", "encodings", "collections", "concurrent"})


Verdicts = dict[str, bool]
"""Of dotted names: whether anything imports them. Another link of the same tree may use it,
where files are missing too: that more is imported than there is makes linkstep say less."""


class Submodules:
    """Answers whether a program imports a submodule anywhere."""

    def __init__(self, modules: Modules, evidence: Evidence, verdicts: Verdicts) -> None:
        self.modules = modules
        self.evidence = evidence
        self.scanned: dict[str, set[str]] = {}  # what texts of the project may import
        self._imported: set[str] | None = None
        self._closures = verdicts
        self._early: dict[tuple[Module, Module], tuple[set[str], bool]] = {}
        self._everything: tuple[set[str], bool] | None = None

    def is_imported(self, module: Module, name: str) -> bool:
        """Whether anything imports the submodule, so that it is set on its package."""
        if not module.is_package:
            return False
        dotted = f"{module.name}.{name}"
        if self._imported is None and self._is_known(dotted, module):
            return True
        if self._imported is None:
            self._imported = set()
            for importer in self.evidence.first_party:
                self._imported |= imports_of(importer)
        if dotted in self._imported or module.name in _STARTED:
            return True
        for importer in self.evidence.others_with(name.encode()):
            if dotted in scan_imports(self.evidence.text_of(importer.path), importer.package):
                return True
        verdict = self._closures.get(dotted)
        if verdict is None:
            verdict = self._closures[dotted] = self._in_closure(dotted, module)
        return verdict

    def _is_known(self, dotted: str, package: Module) -> bool:
        """Whether one of the files imports the submodule that are known to lead to it."""
        found = self.modules.find(dotted, package)
        if not isinstance(found, Module):
            return False
        importers = self.evidence.importers_of(found.path if found.is_first_party else dotted)
        return any(dotted in imports_of(one) for one in islice(importers, _SOME))

    def is_taken(self, package: Module, name: str, taker: Module) -> bool:
        """Whether a star import in `taker` finds the submodule set on its package.

        Whoever imports the submodule gets the packages above it executed first. If `taker`
        is one of these, only what they import themselves can be there so early.
        """
        if not self.is_imported(package, name):
            return False
        if not (package.is_first_party and package.name.startswith(taker.name + ".")):
            return True
        early = self._early.get((package, taker))
        if early is None:
            top = self.modules.find(package.name.partition(".")[0], taker)
            start = [one for one in (top, taker, package) if isinstance(one, Module)]
            own = {one.name.partition(".")[0] for one in self.evidence.first_party}
            early = self._reached(start, lambda one: one.partition(".")[0] in own)
            self._early[package, taker] = early
        names, complete = early
        return f"{package.name}.{name}" in names or not complete

    def _in_closure(self, dotted: str, package: Module) -> bool:
        """Search what the program imports for an import of the submodule: first the
        package's own modules, where it mostly stands, then everything.
        """
        if not isinstance(self.modules.find(dotted, package), Module):
            return False
        inside = package.name.partition(".")[0] + "."
        own, complete = self._reached([package], lambda name: name.startswith(inside))
        if dotted in own or not complete:
            return True
        if self._everything is None:
            self._everything = self._reached(
                [*self.evidence.first_party, package], lambda name: True
            )
        names, complete = self._everything
        return dotted in names or not complete

    def _scanned(self, importer: Module) -> set[str]:
        """Give what the text of a module may import."""
        found = scan_imports(self.evidence.source_of(importer.path), importer.package)
        if importer.is_first_party:
            self.scanned[importer.path] = found
        return found

    def _reached(self, start: list[Module], follow: Callable[[str], bool]) -> tuple[set[str], bool]:
        """Give all names imported on the way from some modules; False when a module of their
        own packages is compiled, so that not all of its imports can be known.
        """
        names: set[str] = set()
        seen = set(start)
        pending = list(start)
        own = {module.name.partition(".")[0] for module in start}
        while pending:
            importer = pending.pop()
            if importer.why_opaque is not None or importer.path.endswith("/"):
                installed = importer.origin is Origin.THIRD_PARTY
                if installed and importer.name.partition(".")[0] in own:
                    return names, False
                continue
            for name in sorted(self._scanned(importer) - names):
                names.add(name)
                found = self.modules.find(name, importer) if follow(name) else None
                if isinstance(found, Module) and found not in seen:
                    seen.add(found)
                    pending.append(found)
        return names, True


def dotted_imports(summary: FileSummary | None, package: str) -> set[str]:
    """Give all dotted names that a file imports, or may import, in any scope."""
    if summary is None:
        return set()
    steps = steps_by_kind(summary, (ImportModule, ImportFrom, ImportByName))
    return _dotted_names(steps[ImportModule], steps[ImportFrom], steps[ImportByName], package)


def imports_of(module: Module) -> set[str]:
    """Give all dotted names that a module imports, or may import, in any scope."""
    steps = module.steps
    return _dotted_names(
        steps(ImportModule), steps(ImportFrom), steps(ImportByName), module.package
    )


def _dotted_names(
    imported: Iterable[ImportModule],
    taken: Iterable[ImportFrom],
    by_name: Iterable[ImportByName],
    package: str,
) -> set[str]:
    named = {step.module for step in imported}
    names: set[str] = set()
    for step in taken:
        base = absolute_name(package, step.level, step.module) or step.module
        named.add(base)
        names.update([f"{base}.{alias.name}" for alias in step.names if alias.name != "*"])
    for call in by_name:
        if isinstance(call.name, Const):
            text = str(call.name.value)
            named.add(f"{package}{text}" if text.startswith(".") else text)
    return names | with_parents(named)
