"""Looking up a name in a module, and a module by name, as the import statement does.

`from M import N` takes the attribute N of M, else the submodule M.N, else raises
ImportError (language reference, 7.11). What cannot be proven either way is a doubt.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from linkstep.link.described import Described
from linkstep.link.evaluate import Evaluator
from linkstep.link.evidence import Evidence, doubt_of
from linkstep.link.exports import ExportedNames
from linkstep.link.failures import Failures
from linkstep.link.modules import Module, Modules
from linkstep.link.namespaces import Binding, Name, Names, build_names
from linkstep.link.outcomes import (
    Absent,
    Definition,
    Dubious,
    Failed,
    Maybe,
    ModuleValue,
    Outcome,
)
from linkstep.link.relative import absolute_name
from linkstep.link.served import ServedNames
from linkstep.link.submodules import Submodules, Verdicts
from linkstep.link.text import show
from linkstep.model.environment import Missing, Origin
from linkstep.model.expressions import Call, Ref
from linkstep.model.facts import Problem
from linkstep.model.links import Doubt
from linkstep.model.summary import (
    Bind,
    BindingKind,
    Harmless,
    ImportFrom,
    ImportModule,
)
from linkstep.model.trace import WHOLE

# What every module object has (data model reference, "Modules", and `object`).
_IMPLICIT = frozenset(dir(type(__import__("sys")))) | {
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__dict__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "__doc__",
}


class Lookup:
    """Answers all questions about names; every answer is computed once."""

    def __init__(self, modules: Modules, verdicts: Verdicts) -> None:
        self.modules = modules
        self.evidence = Evidence(modules, self)
        self.submodules = Submodules(modules, self.evidence, verdicts)
        self.evaluator = Evaluator(modules.target, self)
        self.failures = Failures(self)
        self.exports = ExportedNames(self)
        self.served = ServedNames(self)
        self.described = Described(self)
        self.executed: set[tuple[str, int]] = set()  # bodies that were looked into as a whole
        self.scripted: set[tuple[str, int]] = set()  # those that were executed in the abstract
        self.harmless_of: Callable[[str], Mapping[str, Harmless]] = lambda path: {}
        self._imported: dict[tuple[str, int, Module | None], Module | Dubious] = {}
        self._named: dict[tuple[Module, str, bool], Outcome] = {}
        self._following: set[tuple[Module, str]] = set()

    def harmless(self, module: Module) -> Mapping[str, Harmless]:
        """Give the definitions of a module that leave the namespaces of others alone."""
        if module.summary is None or not module.summary.reflective:
            return {}
        self.executed.add((module.path, WHOLE))
        return self.harmless_of(module.path)

    # Modules

    def module(self, name: str, importer: Module | None) -> Module | Absent | Dubious:
        """Say what `import name` gets in `importer`."""
        key = name, 0, importer
        known = self._imported.get(key)
        if known is not None:
            return known
        if name == "__main__":
            return Dubious(Doubt.OPEN)  # whatever was started; it is always there
        found = self.modules.find(name, importer)
        if isinstance(found, Module):
            self._imported[key] = found
            return found
        answer = self.missing(found, importer)
        if isinstance(answer, Dubious) and found.doubt is not None:
            self._imported[key] = answer  # other doubts may turn out otherwise the next time
        return answer

    def missing(self, missing: Missing, importer: Module | None) -> Absent | Dubious:
        """State that importing a module raises, or why that is not certain."""
        doubt = self.evidence.module_doubt(missing, importer)
        if doubt is not None:
            return Dubious(doubt)
        parent = missing.found_up_to
        lacking = missing.name
        if parent:
            rest = missing.name[len(parent) + 1 :]
            lacking = f"{parent}.{rest.partition('.')[0]}"
        elif "." in lacking:
            lacking = lacking.partition(".")[0]
        text = f"ModuleNotFoundError: No module named '{lacking}'"
        if parent:
            above = self.modules.find(parent, importer)
            if isinstance(above, Module) and not above.is_package:
                text += f"; '{parent}' is not a package"
        spelling = self._respelled(missing, importer)
        problem = Problem.MISSING_MODULE if spelling is None else Problem.CASE_MISMATCH
        return Absent(problem, parent, None, lacking, missing.origin, text, spelling=spelling)

    def _respelled(self, missing: Missing, importer: Module | None) -> str | None:
        """Give the name as its files are written, when only upper and lower case differ.

        CPython compares case on every platform (`_relax_case` in importlib's
        `_bootstrap_external`), unless PYTHONCASEOK is set on Windows or macOS.
        """
        for _ in missing.name.split("."):
            if missing.other_case is None:
                return None
            above = missing.found_up_to
            rest = missing.name[len(above) :].lstrip(".").partition(".")[2]
            written = posixpath.basename(missing.other_case).partition(".")[0]
            name = ".".join(part for part in (above, written, rest) if part)
            found = self.modules.find(name, importer)
            if isinstance(found, Module):
                return None if found.path.endswith("/") else name
            missing = found
        return None

    def relative(self, step: ImportFrom, importer: Module) -> Module | Absent | Dubious:
        """Say which module a from-import looks into (PEP 328 for relative ones)."""
        source = step.module, step.level, importer
        known = self._imported.get(source)
        if known is not None:
            return known
        name = absolute_name(importer.package, step.level, step.module)
        if name is not None:
            found = self.module(name, importer)
            if isinstance(found, Module):
                self._imported[source] = found
            return found
        why = "beyond top-level package" if importer.package else "with no known parent package"
        return self._no_parent(step, importer, f"ImportError: attempted relative import {why}")

    def _no_parent(self, step: ImportFrom, importer: Module, text: str) -> Absent:
        name = "." * step.level + step.module
        problem = Problem.MISSING_MODULE
        return Absent(problem, importer.name, importer.path, name, Origin.FIRST_PARTY, text)

    # Namespaces

    def names(self, module: Module) -> Names | None:
        """Give the namespace of a module that has source, built when first asked for."""
        if module.names is None:
            if module.summary is None or module.summary.problem is not None:
                return None
            with self.evaluator.afresh():
                build_names(
                    module,
                    lambda test: self.evaluator.decide(test, module),
                    lambda step, at: self.failures.of_step(step, module),
                    self.exports.star_names,
                )
        return module.names

    # Names

    def name(self, module: Module, name: str, *, importing: bool) -> Outcome:
        """Look up a name in a module: for a from-import, or as an attribute."""
        key = (module, name, importing)
        outcome = self._named.get(key)
        if outcome is None:
            if (module, name) in self._following:
                return Dubious(Doubt.CYCLE)
            self._following.add((module, name))
            try:
                outcome = self._name(module, name, importing)
            finally:
                self._following.discard((module, name))
            if isinstance(outcome, Dubious) and module.origin is Origin.STANDARD_LIBRARY:
                outcome = self.described.by_stub(module, name, outcome.doubt) or outcome
            if module.names is None or not module.names.building:
                self._named[key] = outcome
        return outcome

    def _name(self, module: Module, name: str, importing: bool) -> Outcome:
        names = self.names(module)
        entry = names.get(name) if names is not None else None
        if entry is not None and entry.live:
            return self._bound(module, name, entry, importing)
        if names is None:
            part = self.modules.part(module, name)
            if part is not None:
                return ModuleValue(part)
            if self.described.is_described(module, name):
                return Definition(module, name)
        if name in _IMPLICIT or (name == "__path__" and module.is_package):
            return Definition(module, name)
        found = self._submodule(module, name)
        if found is not None and (importing or self.submodules.is_imported(module, name)):
            denied = isinstance(found, Dubious) and self.described.is_denied(module, name)
            if not denied:
                return found
        return self._unbound(module, name, entry)

    def _bound(self, module: Module, name: str, entry: Name, importing: bool) -> Outcome:
        bindings = entry.live
        by_function = any(
            isinstance(b.step, Bind) and b.step.kind is BindingKind.GLOBAL for b in bindings
        )
        if by_function and not entry.always:
            return Dubious(Doubt.OPEN)
        values = [self.follow(module, binding) for binding in bindings]
        value = next((v for v in values if isinstance(v, ModuleValue)), values[-1])
        if entry.always:
            # The statement that binds it runs, or importing the module fails; what cannot
            # be known of its value is counted where that statement stands.
            return Definition(module, name) if isinstance(value, Dubious) else value
        if not isinstance(value, ModuleValue | Definition):
            return self.described.by_stub(module, name, Doubt.OPAQUE) or value
        if module.names is not None and module.names.building:
            return Dubious(Doubt.CYCLE)
        absent = self._unbound(module, name, entry)
        if importing and isinstance(absent, Absent):
            submodule = self._submodule(module, name)
            if submodule is not None:
                return submodule
        if isinstance(absent, Absent):
            return Maybe(value, bindings[-1].condition, absent)
        return value

    def _submodule(self, module: Module, name: str) -> Outcome | None:
        """Give the submodule of a package, imported when it is not there yet."""
        if not module.is_package:
            return None
        found = self.module(f"{module.name}.{name}", module)
        if isinstance(found, Module):
            return ModuleValue(found)
        if isinstance(found, Dubious):
            return found
        return None

    def _unbound(self, module: Module, name: str, entry: Name | None) -> Outcome:
        """Answer for a name that no statement in force binds."""
        served = self.served.ask(module, name) or self._through_stars(module, name)
        answer = served if served is not None else self._doubt(module, name)
        if isinstance(answer, Dubious):
            told = self.described.is_told(module, name, entry, answer.doubt)
            return Dubious(answer.doubt, told)
        if answer is not None:
            return answer
        condition = None
        if entry is not None and entry.dead:
            condition = show(entry.dead[-1].condition)
        return self.absent(module, name, condition)

    def _through_stars(self, module: Module, name: str) -> Outcome | None:
        """Give a submodule that a star import brought along.

        Importing a submodule sets it on its package, so a star import from a package
        without `__all__` takes its imported submodules too.
        """
        names = module.names
        for star in names.stars if names is not None else ():
            found = self.relative(star, module)
            if not isinstance(found, Module) or found is module or not found.is_package:
                continue
            theirs = self.names(found)
            if theirs is None or theirs.exports or name.startswith("_"):
                continue
            if self.submodules.is_taken(found, name, module):
                submodule = self._submodule(found, name)
                if submodule is not None:
                    return submodule
            further = self._through_stars(found, name)
            if further is not None:
                return further
        return None

    def absent(self, module: Module, name: str, condition: str | None = None) -> Absent:
        """State that a from-import of `name` raises."""
        path = None if module.path.endswith("/") else module.path
        where = "" if path is not None and module.summary is not None else " (unknown location)"
        text = f"ImportError: cannot import name '{name}' from '{module.name}'{where}"
        problem, spelling = Problem.UNDEFINED_NAME, None
        if condition is None and module.is_package:
            found = self.modules.find(f"{module.name}.{name}", module)
            spelling = self._respelled(found, module) if isinstance(found, Missing) else None
            problem = problem if spelling is None else Problem.CASE_MISMATCH
        origin = module.origin
        return Absent(problem, module.name, path, name, origin, text, condition, spelling=spelling)

    def _doubt(self, module: Module, name: str) -> Outcome | None:
        """Say why the absence of a name proves nothing, or None when it does."""
        summary = module.summary
        if summary is not None and summary.problem is not None:
            return Dubious(Doubt.BROKEN_FILE)
        doubt = self._reason(module, name)
        if module.origin is Origin.STANDARD_LIBRARY and (doubt is not None or summary is None):
            return self.described.by_stub(module, name, doubt)
        if doubt is None and module.why_opaque is not None:
            return self.described.by_stub(module, name, Doubt.OPAQUE)
        return Dubious(doubt) if doubt is not None else None

    def _reason(self, module: Module, name: str) -> Doubt | None:
        if module.doubt is not None:
            return doubt_of(module.doubt)
        names = module.names
        if names is not None:
            if names.building:
                return Doubt.CYCLE
            if names.doubts and not _is_never_made(module, names, name):
                return names.doubts[0]
        if self.evidence.may_be_set(module, name):
            return Doubt.OUTSIDE
        evidence = self.evidence
        if evidence.handed_over(module, name) or evidence.is_hooked(module):
            return Doubt.OPEN
        if evidence.is_replaced(module):
            return Doubt.OPEN
        return None

    def beside(self, module: Module, name: str, *, served: bool) -> Outcome:
        """Answer for a from-import of the module itself, which alone binds the name.

        `served` says that the module's `__getattr__` is bound by then.
        """
        found = self._submodule(module, name) or (self.served.ask(module, name) if served else None)
        return found or self._doubt(module, name) or self.absent(module, name)

    def is_closed(self, module: Module, name: str) -> bool:
        """Whether only the module's own statements can give it a name.

        What a star import takes from a module that is still being linked counts as known:
        whoever asks executes the statement.
        """
        summary, names = module.summary, self.names(module)
        if summary is None or names is None or name in summary.rebound_globals:
            return False
        if any(doubt is not Doubt.CYCLE for doubt in names.doubts) or names.building:
            return False
        if module.doubt is not None or self.served.ask(module, name) is not None:
            return False
        evidence = self.evidence
        return not (
            evidence.may_be_set(module, name)
            or evidence.handed_over(module, name)
            or evidence.is_hooked(module)
        )

    # Values

    def follow(self, module: Module, binding: Binding) -> Outcome:
        """Give what a binding binds."""
        step, alias = binding.step, binding.alias
        if isinstance(step, ImportModule):
            return self._follow_import(module, step)
        if isinstance(step, ImportFrom):
            assert alias is not None
            return self.follow_from(module, step, alias.name)
        if isinstance(step.value, Ref) and step.value.scope >= 0:
            value = self.value_of(step.value, module)
            return value if isinstance(value, ModuleValue) else Definition(module, step.name)
        if isinstance(step.value, Call):
            imported = self._imported_by_call(step.value, module)
            if imported is not None:
                return imported
        return Definition(module, step.name)

    def _imported_by_call(self, call: Call, module: Module) -> Outcome | None:
        function = call.function
        last = function.attributes[-1:] or (function.name,) if isinstance(function, Ref) else ()
        if last != ("import_module",) or not call.arguments:
            return None
        name = self.evaluator.value(call.arguments[0], module)
        if not isinstance(name, str) or name.startswith(".") or not name:
            return Dubious(Doubt.VALUE)
        found = self.module(name, module)
        return ModuleValue(found) if isinstance(found, Module) else Dubious(Doubt.VALUE)

    def _follow_import(self, module: Module, step: ImportModule) -> Outcome:
        name = step.module if step.alias else step.module.partition(".")[0]
        whole = self.module(step.module, module)
        found = whole if name == step.module else self.module(name, module)
        if isinstance(found, Module):
            if isinstance(whole, Absent):
                return Failed(module.path, step.span, whole.exception)
            return ModuleValue(found)
        if isinstance(found, Dubious):
            return found
        return Failed(module.path, step.span, found.exception)

    def follow_from(self, module: Module, step: ImportFrom, name: str) -> Outcome:
        """Give what a from-import in `module` binds by one of its names."""
        found = self.relative(step, module)
        if isinstance(found, Dubious):
            return found
        if isinstance(found, Absent):
            return Failed(module.path, step.span, found.exception)
        if found is module:
            submodule = self._submodule(module, name)
            return submodule or Definition(module, name)
        outcome = self.name(found, name, importing=True)
        if isinstance(outcome, Absent):
            span = next((n.span for n in step.names if n.name == name), step.span)
            return Failed(module.path, span, outcome.exception)
        if isinstance(outcome, Maybe):
            return outcome.value
        return outcome

    def value_of(self, ref: Ref, module: Module) -> Outcome:
        """Give what a chain of names refers to when it starts in the module's own scope."""
        names = self.names(module)
        entry = names.get(ref.name) if names is not None and ref.scope == 0 else None
        if entry is None or not entry.live:
            return Dubious(Doubt.VALUE)
        key = (module, ref.name)
        if key in self._following:
            return Dubious(Doubt.CYCLE)
        self._following.add(key)
        try:
            value: Outcome = self.follow(module, entry.live[-1])
        finally:
            self._following.discard(key)
        return self.attributes(value, ref.attributes)

    def attributes(self, value: Outcome, attributes: tuple[str, ...]) -> Outcome:
        """Follow a chain of attributes as long as its links are modules."""
        for attribute in attributes:
            if not isinstance(value, ModuleValue):
                return value
            value = self.name(value.module, attribute, importing=False)
            if isinstance(value, Maybe):
                value = value.value
        return value


def _is_never_made(module: Module, names: Names, name: str) -> bool:
    """Whether all that a module makes at run time begins otherwise than `name`."""
    prefixes = module.summary.prefixes if module.summary is not None else ()
    return bool(prefixes) and names.doubts == [Doubt.OPEN] and not name.startswith(prefixes)
