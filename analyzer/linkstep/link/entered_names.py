"""The names under which statements enter modules in `sys.modules`.

A computed name is known in part: `f"{__name__}.vendor.{x}"` begins with the name of its module.
What the rest may be is not known, unless it is taken from the table of modules itself.
"""

from __future__ import annotations

from collections.abc import Callable

from linkstep.link.modules import Module
from linkstep.model.environment import Missing
from linkstep.model.expressions import Const, Join, Ref
from linkstep.model.summary import ModuleAlias

Find = Callable[[str, Module | None], Module | Missing]


def may_enter(step: ModuleAlias, package: Module, name: str, find: Find) -> bool:
    """Whether a statement of `package` may enter `name`, or what `name` is a part of."""
    value = step.name
    if isinstance(value, Const):
        return name == value.value or name.startswith(f"{value.value}.")
    prefix = _prefix(value, package.name) if isinstance(value, Join) else None
    if prefix is None:
        return True
    known, complete = prefix
    if complete:
        return name == known or name.startswith(known + ".")
    if not name.startswith(known):
        return False
    if step.mirrors and known.endswith("."):
        rest = name[len(known) :]
        assert package.summary is not None
        if rest.partition(".")[0] in package.summary.words:
            return True
        return isinstance(find(rest, package), Module)
    return True


def literal_entries(module: Module) -> set[str]:
    """Give the names that are written out where a file enters modules."""
    return {name for step in module.steps(ModuleAlias) for name in literal_entry(step)}


def literal_entry(step: ModuleAlias) -> set[str]:
    """Give the name under which a module is entered, if it is written out."""
    return {str(step.name.value)} if isinstance(step.name, Const) else set()


def _prefix(value: Join, package: str) -> tuple[str, bool] | None:
    """Give the known beginning of a computed name, and whether that is all of it."""
    if isinstance(value.left, Join):
        found = _prefix(value.left, package)
    elif isinstance(value.left, Const):
        found = (str(value.left.value), True)
    elif isinstance(value.left, Ref) and value.left.name in ("__name__", "__package__"):
        found = (package, True)
    else:
        return None
    if found is None or not found[1]:
        return found
    if isinstance(value.right, Const):
        return found[0] + str(value.right.value), True
    if isinstance(value.right, Ref) and value.right.name == "__name__":
        return found[0] + package, True
    return found[0], False
