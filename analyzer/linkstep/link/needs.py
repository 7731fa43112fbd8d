"""What importing a module needs at once, so that the module itself cannot be what makes it.

A function that enters modules in `sys.modules`, or that installs an import hook, can be called
when the file it stands in has been executed, and the packages above that. If one of these
imports `a.b` on the way, without any guard, `a.b` has to be there before the function is: the
function is no reason to think that `a.b` exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from linkstep.link.modules import Module
from linkstep.link.relative import absolute_name
from linkstep.link.stubs import is_for_checkers
from linkstep.model.environment import Missing
from linkstep.model.steps import all_steps, blocks_of
from linkstep.model.summary import (
    Bind,
    BindingKind,
    FileSummary,
    If,
    ImportFrom,
    ImportModule,
    Invoke,
    Step,
    Stop,
    Use,
)

Find = Callable[[str, Module | None], Module | Missing]

_HOOKS = re.compile(rb"meta_path|path_hooks")


def hooks_at_import(summary: FileSummary, text: bytes) -> bool:
    """Whether a file mentions the import hooks outside of its functions."""
    inside = [(s.line, s.end_line) for s in summary.scopes[1:] if not s.is_class]
    lines = (text.count(b"\n", 0, found.start()) + 1 for found in _HOOKS.finditer(text))
    return any(not any(first < line <= last for first, last in inside) for line in lines)


def needs_first(provider: Module, name: str, find: Find, executed: set[tuple[str, int]]) -> bool:
    """Whether `import provider` needs the module `name` before it could make it.

    Only imports that certainly run count, and none counts after a call that may have
    reached the functions of the provider. `executed` takes the bodies that were looked into.
    """
    walk = _Walk(provider, name, find)
    above = provider.name.rpartition(".")[0]
    packages: list[Module] = []
    while above:
        package = find(above, provider)
        if isinstance(package, Module):
            packages.append(package)
        above = above.rpartition(".")[0]
    found = any(walk.needs(module) for module in (*reversed(packages), provider))
    scopes = ((m.path, at) for m in walk.seen if m.summary for at in range(len(m.summary.scopes)))
    executed.update(scopes)
    return found and not walk.called


class _Walk:
    """Follows the imports that certainly run, in their order, inside one top-level package."""

    def __init__(self, provider: Module, name: str, find: Find) -> None:
        self.provider = provider
        self.name = name
        self.find = find
        self.top = provider.name.partition(".")[0]
        self.seen: set[Module] = set()
        self.called = False
        self.without_functions = False  # the provider has begun, and has no functions yet

    def needs(self, module: Module) -> bool:
        """Whether executing a module gets to an import of the name, or to a call before it."""
        summary = module.summary
        if module in self.seen or summary is None or summary.problem is not None:
            return False
        self.seen.add(module)
        if module is not self.provider:
            return self._runs(summary.body, module)
        until = next((n for n, step in enumerate(summary.body) if not _is_import(step)), None)
        self.without_functions = True
        found = self._runs(summary.body[:until], module)
        self.without_functions = False
        return found or (until is not None and self._runs(summary.body[until:], module))

    def _runs(self, steps: Sequence[Step], module: Module) -> bool:
        for step in steps:
            if isinstance(step, Stop):
                return False
            if isinstance(step, ImportModule | ImportFrom) and not step.lazy:
                if self._imports(step, module):
                    return True
            else:
                self._perhaps(step, module)
            if self.called:
                return True
        return False

    def _perhaps(self, step: Step, module: Module) -> None:
        """Note whether a step may call the provider, in this module or one that it imports."""
        for name in sorted(_imported((step,), module)):
            if name.partition(".")[0] == self.top and name != self.name:
                found = self.find(name, module)
                if isinstance(found, Module):
                    self.needs(found)
        if not self.without_functions:
            self.called = self.called or any(self._may_call(x, module) for x in all_steps((step,)))

    def _imports(self, step: ImportModule | ImportFrom, module: Module) -> bool:
        wanted = _module_of(step, module)
        for name in _with_parents(wanted):
            if name == self.name:
                return True
            found = self.find(name, module) if name.partition(".")[0] == self.top else None
            if isinstance(found, Module) and self.needs(found):
                return True
        # `from package import submodule` runs it, unless the package has another object of
        # that name: what it needs is not certain then, what it calls still counts.
        if isinstance(step, ImportFrom) and any(map(self.needs, self._certain(step, wanted))):
            return True
        self._perhaps(step, module)
        return False

    def _certain(self, step: ImportFrom, wanted: str) -> Iterator[Module]:
        """Give the submodules that a from-import certainly runs, if they have not run yet."""
        package = self.find(wanted, self.provider) if wanted.partition(".")[0] == self.top else None
        if not isinstance(package, Module) or package.summary is None:
            return
        for alias in step.names:
            if alias.name != "*" and _has_only_submodule(package, alias.name):
                found = self.find(f"{wanted}.{alias.name}", self.provider)
                if isinstance(found, Module):
                    yield found

    def _may_call(self, step: Step, module: Module) -> bool:
        """Whether a call may get to the provider: by the function called, or by its module."""
        if not isinstance(step, Invoke) or module.summary is None:
            return False
        imported = list(_sources(module.summary.body, step.ref.name, module))
        if imported:
            return any(self._reaches(name, module) for name in imported)
        if module is self.provider:
            return True
        steps = _steps_of_calls(step.ref.name, module.summary)
        if steps is None:
            return self._reaches(module.name, module)
        calls = {one.ref.name for one in steps if isinstance(one, Invoke)}
        sources = {name for call in calls for name in _sources(module.summary.body, call, module)}
        return self.provider.name in _imported(steps, module) or any(
            self._reaches(name, module) for name in sorted(sources)
        )

    def _reaches(self, name: str, module: Module) -> bool:
        if name.partition(".")[0] != self.top:
            return False
        found = module if name == module.name else self.find(name, module)
        if not isinstance(found, Module) or found.summary is None:
            return False
        if found is self.provider:
            return True
        scopes = (step for scope in found.summary.scopes for step in scope.steps)
        return self.provider.name in _imported((*found.summary.body, *scopes), found)


def _steps_of_calls(name: str, summary: FileSummary) -> list[Step] | None:
    """Give what a function of a file runs, with the functions of the file that it calls and
    those defined in it; None when the name is not that of a plain function.
    """
    defined = {
        scope.name: index
        for index, scope in enumerate(summary.scopes)
        if index and scope.parent == 0 and not scope.is_class
    }
    pending, seen, steps = [name], set[int](), list[Step]()
    while pending:
        called = pending.pop()
        scope = defined.get(called)
        if scope is None:
            if called == name:
                return None
            continue
        for index, inner in enumerate(summary.scopes):
            if (index == scope or inner.parent in seen) and index not in seen:
                seen.add(index)
                steps += all_steps(inner.steps)
                pending += [s.ref.name for s in all_steps(inner.steps) if isinstance(s, Invoke)]
    return steps


def _imported(steps: Iterable[Step], module: Module) -> set[str]:
    """Give what some steps import, but for what only type checkers read."""
    pending = list(steps)
    names: set[str] = set()
    while pending:
        step = pending.pop()
        if isinstance(step, If) and is_for_checkers(step.test):
            pending += step.orelse
        elif isinstance(step, ImportModule):
            names.update(_with_parents(step.module))
        elif isinstance(step, ImportFrom):
            base = _module_of(step, module)
            names.update(_with_parents(base), (f"{base}.{alias.name}" for alias in step.names))
        else:
            pending += [inner for block in blocks_of(step) for inner in block]
    return names


def _has_only_submodule(package: Module, name: str) -> bool:
    """Whether nothing but an import of the submodule binds a name in its package."""
    summary = package.summary
    assert summary is not None
    if summary.lazy is not None or summary.opens or name in summary.rebound_globals:
        return False
    return not any(_binds_other(step, name, package) for step in all_steps(summary.body))


def _binds_other(step: Step, name: str, package: Module) -> bool:
    if isinstance(step, Bind):
        return step.name == name
    if isinstance(step, ImportModule):
        return (step.alias or step.module.partition(".")[0]) == name
    if not isinstance(step, ImportFrom):
        return False
    from_itself = _module_of(step, package) == package.name
    return any(
        alias.name == "*" or (alias.bound == name and not (from_itself and alias.name == name))
        for alias in step.names
    )


def _is_import(step: Step) -> bool:
    """Whether a step defines nothing: imports, also under a test, and `__future__`."""
    return all(
        isinstance(one, ImportModule | ImportFrom | If | Use)
        or (isinstance(one, Bind) and one.kind is BindingKind.FEATURE)
        for one in all_steps((step,))
    )


def _module_of(step: ImportModule | ImportFrom, module: Module) -> str:
    if isinstance(step, ImportModule):
        return step.module
    return absolute_name(module.package, step.level, step.module) or step.module


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))


def _sources(body: Sequence[Step], name: str, module: Module) -> Iterator[str]:
    """Give the modules that an imported name may be, or may come from."""
    for step in all_steps(body):
        if isinstance(step, ImportModule):
            if (step.alias or step.module.partition(".")[0]) == name:
                yield step.module
        elif isinstance(step, ImportFrom):
            base = _module_of(step, module)
            for alias in step.names:
                if alias.bound in (name, "*"):
                    yield from (base, f"{base}.{alias.name}")
