"""Dotted paths in strings: whether the call is the one that imports them, and what they name."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkstep.link.dotted import follow_path
from linkstep.link.flow import Situation
from linkstep.link.namespaces import Binding
from linkstep.link.outcomes import Absent, Definition, Dubious, ModuleValue, Outcome
from linkstep.link.relative import absolute_name
from linkstep.link.settling import Settling
from linkstep.model.expressions import UNBOUND, Ref
from linkstep.model.facts import Problem, Runs
from linkstep.model.links import Doubt, Edge
from linkstep.model.summary import DottedPath, ImportFrom, ImportModule

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup
    from linkstep.link.modules import Module

_BUILTINS = frozenset(dir(builtins))


def is_imported(step: DottedPath, bindings: Sequence[Binding] | None) -> bool:
    """Whether a call is one of the functions that import the path.

    `bindings` are what may be bound to the root of the function's name, None when nothing
    is. A name counts when an import binds it; `monkeypatch` and its like count as parameters.
    """
    function = step.function
    if function is None:
        return True
    if step.fixture:
        return function.scope > 0 and not bindings and _written(function) in step.functions
    if function.scope == UNBOUND:
        return not function.attributes and function.name in step.functions
    names = {name for binding in bindings or () for name in _full_names(binding, function)}
    return not names.isdisjoint(step.functions)


def _full_names(binding: Binding, function: Ref) -> list[str]:
    step, alias = binding.step, binding.alias
    if isinstance(step, ImportFrom) and alias is not None and not step.level:
        root = f"{step.module}.{alias.name}"
    elif isinstance(step, ImportModule):
        root = step.module if step.alias else step.module.partition(".")[0]
    else:
        return []
    return [".".join((root, *function.attributes))]


def _written(function: Ref) -> str:
    return ".".join((function.name, *function.attributes))


def target_of(step: DottedPath, module: Module, lookup: Lookup) -> Outcome:
    """Say what the path of a call in `module` leads to."""
    text = step.text
    if text.startswith("."):
        package = module.package if step.package == "__package__" or module.is_package else None
        tail = text.lstrip(".")
        known = package is not None and step.package in ("__package__", "__name__")
        name = absolute_name(package or "", len(text) - len(tail), tail) if known else None
        if name is None:
            return Dubious(Doubt.VALUE)
        text = name
    outcome = follow_path(text, step.form, lambda name: lookup.module(name, module), lookup)
    if not isinstance(outcome, Absent) or not step.builtins:
        return outcome
    if outcome.problem is Problem.UNDEFINED_ATTRIBUTE:
        # mock.patch makes an attribute that has the name of a builtin.
        owner = lookup.module(outcome.module, module)
        if outcome.name in _BUILTINS and not isinstance(owner, Absent | Dubious):
            return Definition(owner, outcome.name)
        if outcome.path is not None:
            what = f"<module '{outcome.module}'> does not have the attribute '{outcome.name}'"
            return outcome._replace(exception=f"AttributeError: {what}")
    return outcome


def _module_behind(outcome: Outcome) -> Module | None:
    """Give the module that has to be imported to get there, if it is known."""
    return outcome.module if isinstance(outcome, ModuleValue | Definition) else None


def link_path(links: Settling, step: DottedPath, at: Situation) -> None:
    """Link a path that a known call imports."""
    links.links.references += 1
    outcome = target_of(step, links.module, links.lookup)
    runs = Runs.CALL if step.when else links.runs(at)
    behind = _module_behind(outcome)
    if behind is not None and behind.is_first_party:
        links.links.edges.add(Edge(links.module.path, behind.path, step.span.line, runs))
    if not isinstance(outcome, Absent):
        links.settle(outcome, step.span, at)
        return
    link = links.broken_link(outcome, step.span, at)
    if link.problem is outcome.problem:
        problem = Problem.BROKEN_DOTTED_PATH
        link = replace(link, problem=problem, runs=runs, says=step.when)
    links.links.broken.append(link)
