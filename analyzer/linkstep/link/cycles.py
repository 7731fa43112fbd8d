"""Circles of imports: each of their modules imported first, and what comes of it.

All modules of a circle are tried as the first import of a process. A module whose
packages are executed before it starts from the state they leave, so that is computed
once for all modules of a package.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from linkstep.link.acts import Script
from linkstep.link.importing import Importer
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.outcomes import Definition
from linkstep.link.progress import Clash, OutOfBudgetError, Raised
from linkstep.link.projection import Projection
from linkstep.link.scripts import Scripts
from linkstep.model.execution import CycleFailure, FirstImport, ImportStep, Order, Verdict
from linkstep.model.summary import Bind

BUDGET = 2_000_000  # acts, for all firsts of one circle: a second or two


class Scene:
    """What an importer has to know about some modules; `replaced` are scripts to try out."""

    def __init__(
        self,
        lookup: Lookup,
        source: Scripts | Projection,
        within: frozenset[Module],
        doomed: Mapping[Module, str | None],
        shaky: Container[Module],
        replaced: Mapping[Module, Script] | None = None,
    ) -> None:
        self.lookup = lookup
        self.source = source
        self.within = within
        self.doomed = doomed
        self.shaky = shaky
        self.replaced = replaced or {}
        self.version = lookup.modules.target.version

    def of(self, module: Module) -> Script:
        """Give the script of a module."""
        found = self.replaced.get(module)
        return self.source.of(module) if found is None else found

    def of_function(self, module: Module, scope: int) -> Script:
        """Give the script of a function."""
        return self.source.of_function(module, scope)

    def lacks(self, module: Module, name: str) -> bool | None:
        """Whether the module does not have a name until it binds it; None if that is not known."""
        names = self.lookup.names(module)
        entry = names.get(name) if names is not None else None
        if (entry is not None and entry.ever) or self.submodule(module, name) is not None:
            return True if self.lookup.is_closed(module, name) else None
        implicit = isinstance(self.lookup.name(module, name, importing=False), Definition)
        return False if implicit else None

    def packages(self, module: Module) -> tuple[Module, ...]:
        """Give the packages that are executed before a module, outermost first."""
        parts = module.name.split(".")[:-1]
        names = (".".join(parts[: i + 1]) for i in range(len(parts)))
        found = (self.lookup.modules.find(name, module) for name in names)
        return tuple(package for package in found if isinstance(package, Module))

    def submodule(self, package: Module, name: str) -> Module | None:
        """Give a submodule that a package has on disk."""
        if not package.is_package:
            return None
        found = self.lookup.modules.find(f"{package.name}.{name}", package)
        return found if isinstance(found, Module) else None


class First(NamedTuple):
    """What becomes of importing a module first; `raised` when that raises.

    `blurred` says that a circle may have made something fail on the way.
    """

    module: Module
    verdict: Verdict
    raised: Raised | None = None
    blurred: bool = False

    @property
    def clash(self) -> Clash | None:
        """Where the circle makes it fail."""
        return self.raised.clash if self.raised is not None else None


def try_firsts(scene: Scene, modules: Iterable[Module], budget: int = BUDGET) -> list[First]:
    """Import each module first; those that the budget does not reach are left out."""
    importer = Importer(scene, budget)
    below: dict[str, list[Module]] = {}
    names = {module.name for module in modules}
    for module in sorted(modules, key=lambda module: module.name):
        above = module.name.rpartition(".")[0]
        while above and above not in names:
            above = above.rpartition(".")[0]
        below.setdefault(above, []).append(module)
    found: list[First] = []
    try:
        for module in below.get("", ()):
            _try_first(module, importer, below, found)
    except OutOfBudgetError:
        pass
    return found


def _try_first(
    module: Module, importer: Importer, below: Mapping[str, Sequence[Module]], found: list[First]
) -> None:
    """Import a module, then what is below it from there, and forget it all."""
    mark = importer.mark()
    raised = importer.begin(module)
    if raised is not None:
        verdict = Verdict.BROKEN if raised.clash is None else Verdict.RAISES
        _share(First(module, verdict, raised), below, found)
    else:
        verdict = Verdict.UNKNOWN if importer.undecided else Verdict.RUNS
        found.append(First(module, verdict, None, importer.blurred))
        for inner in below.get(module.name, ()):
            _try_first(inner, importer, below, found)
    importer.restore(mark)


def _share(first: First, below: Mapping[str, Sequence[Module]], found: list[First]) -> None:
    """Note that a module cannot be imported, and so nothing below it can."""
    found.append(first)
    for inner in below.get(first.module.name, ()):
        _share(first._replace(module=inner), below, found)


def told(firsts: Sequence[First]) -> tuple[FirstImport, ...]:
    """Give the verdicts as values, by module."""
    return tuple(
        FirstImport(first.module.name, first.verdict, first.clash.text if first.clash else None)
        for first in sorted(firsts, key=lambda first: first.module.name)
    )


def failures(modules: Sequence[Module], firsts: Sequence[First]) -> list[CycleFailure]:
    """Give what raises by the fault of the circle: each statement once, by place."""
    by_place: dict[tuple[object, ...], list[tuple[Clash, str]]] = {}
    for first in firsts:
        if first.clash is not None and first.clash.module in modules:
            group = by_place.setdefault(first.clash.place, [])
            group.append((first.clash, first.module.name))
    order = Order.ALWAYS if is_hopeless(modules, firsts) else Order.FIRST_IMPORT
    working = tuple(sorted(f.module.name for f in firsts if f.verdict is Verdict.RUNS))
    found = []
    for group in by_place.values():
        clash, _ = min(group, key=lambda pair: (len(pair[0].chain), pair[1]))
        failing = tuple(sorted(name for _, name in group))
        found.append(describe(clash, order, failing, working))
    return sorted(found, key=lambda failure: (failure.path, failure.span, failure.name))


def is_hopeless(modules: Sequence[Module], firsts: Sequence[First]) -> bool:
    """Whether none of the modules can be imported first."""
    return len(firsts) == len(modules) and all(first.raised is not None for first in firsts)


def describe(
    clash: Clash, order: Order, failing: tuple[str, ...], working: tuple[str, ...]
) -> CycleFailure:
    """State an exception that a circle causes."""
    return CycleFailure(
        path=clash.module.path,
        span=clash.span,
        importing=clash.module.name,
        module=clash.owner.name,
        module_path=clash.owner.path,
        name=clash.name,
        exception=clash.text,
        order=order,
        chain=clash.chain,
        leaving_line=_leaving(clash.chain, clash.owner),
        binding_line=_binding_line(clash.owner, clash.name),
        failing=failing,
        working=working,
    )


def _leaving(chain: Sequence[ImportStep], owner: Module) -> int:
    """Give the line at which a module in progress has left for another."""
    for step, following in zip(reversed(chain[:-1]), reversed(chain), strict=False):
        if step.module == owner.name:
            return following.line if following.path == owner.path else 0
    return 0


def _binding_line(owner: Module, name: str) -> int:
    entry = owner.names.get(name) if owner.names is not None else None
    if entry is None or not entry.ever:
        return 0
    step = entry.ever[0].step
    return step.line if isinstance(step, Bind) else step.span.line
