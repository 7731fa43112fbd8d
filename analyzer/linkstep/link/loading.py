"""The table of modules: what is new, in progress and done, and who asked for it.

Rules of CPython (language reference, 5.3 to 5.5): parents are imported first; a submodule
is set on its package when its import is complete; a module whose import fails leaves
`sys.modules`, and the next import executes it again.
"""

from __future__ import annotations

from collections.abc import Callable

from linkstep.link.acts import Script
from linkstep.link.modules import Module
from linkstep.link.progress import STOPPED, Clash, Frame, Raised, Result, Stage, State
from linkstep.model.execution import ImportStep
from linkstep.model.summary import Span


class Loader:
    """Keeps what sys.modules holds; modules outside of its stage are complete at once."""

    def __init__(self, stage: Stage, budget: int) -> None:
        self.stage = stage
        self.budget = budget
        self.entered: Callable[[Module, ImportStep, bool, bool], None] | None = None
        self.states: dict[Module, State] = {}
        self.chain: list[ImportStep] = []
        self.undecided = False  # something ran that may not run, or cannot be followed
        self.unfollowed = False  # modules may be there that were not seen being imported
        self.blurred = False  # something may have failed before
        self.deviated = False  # a cycle made an import fail, and the program went on
        self._may_fail = False
        self._by_name: dict[str, Module] = {}
        self._made: list[Module] = []

    def begin(self, module: Module) -> Raised | None:
        """Import a module, its packages first, as a process does that has just started."""
        for executed in (*self.stage.packages(module), module):
            if executed not in self.states:
                step = ImportStep("", "", 0, executed.name)
                raised = self._enter(executed, step, True, False)
                if raised is not None:
                    return raised
        return None

    def start(self, module: Module) -> Raised | None:
        """Execute a module as a script: it is in sys.modules as `__main__` only."""
        step = ImportStep("", "", 0, module.name)
        frame = Frame(module, State(), True)
        frame.started = True
        self._note(module, step, True, False)
        self.chain.append(step)
        result = self.run(self.stage.of(module), frame)
        self.chain.pop()
        return result if isinstance(result, Raised) else None

    def mark(self) -> tuple[int, bool, bool, bool, bool]:
        """Remember what is imported, to come back to with `restore`."""
        return len(self._made), self.undecided, self.unfollowed, self.deviated, self.blurred

    def restore(self, mark: tuple[int, bool, bool, bool, bool]) -> None:
        """Forget what was imported since `mark`."""
        made, self.undecided, self.unfollowed, self.deviated, self.blurred = mark
        for module in reversed(self._made[made:]):
            if module in self.states:
                self._forget(module)
            above = self._parent(module)
            if above is not None:
                above.names.pop(module.name.rpartition(".")[2], None)
        del self._made[made:]

    def _note(self, module: Module, step: ImportStep, certain: bool, called: bool) -> None:
        if self.entered is not None:
            self.entered(module, step, certain, called)

    def _enter(
        self, module: Module, step: ImportStep, certain: bool, called: bool
    ) -> Raised | None:
        """Import one module that is not there, though its parents are."""
        if module not in self.stage.within:
            if module in self.stage.shaky:
                self._doubt()
            if module not in self.stage.doomed:
                return None
            self.deviated = True
            return Raised(self.stage.doomed[module]) if certain else None
        self.undecided = self.undecided or not certain
        state = self.states[module] = State()
        self._by_name[module.name] = module
        self._made.append(module)
        self._note(module, step, certain, called)
        self.chain.append(step)
        result = self.run(self.stage.of(module), Frame(module, state, certain))
        self.chain.pop()
        if isinstance(result, Raised):
            self._forget(module)
            return result
        self.undecided = self.undecided or result is STOPPED
        state.done = True
        above = self._parent(module)
        if above is not None:
            above.names[module.name.rpartition(".")[2]] = module
        return None

    def _forget(self, module: Module) -> None:
        del self.states[module]
        del self._by_name[module.name]

    def _parent(self, module: Module) -> State | None:
        package = self._by_name.get(module.name.rpartition(".")[0])
        return self.states[package] if package is not None else None

    def _reach(self, targets: tuple[Module, ...], line: int, frame: Frame) -> Raised | None:
        """Import a module, given with its packages before it.

        What is above one that is there is not asked for: it may have failed since.
        """
        missing = len(targets)
        while missing and targets[missing - 1] not in self.states:
            missing -= 1
        for module in targets[missing:]:
            at = frame.module
            step = ImportStep(at.name, at.path, line, module.name)
            raised = self._require(module, step, frame)
            if raised is not None:
                return raised
        return None

    def _require(self, module: Module, step: ImportStep, frame: Frame) -> Raised | None:
        """Import a module unless importing its package has done so."""
        if module in self.states:
            return None
        return self._enter(module, step, frame.certain, frame.depth > 0)

    def _raised(
        self, text: str, frame: Frame, span: Span, owner: Module, name: str
    ) -> Raised | None:
        """Raise by the fault of a cycle, where that is certain."""
        if not frame.certain or self.unfollowed or self.blurred:
            self._doubt()
            return None
        exception = text.partition(":")[0]
        return Raised(exception, Clash(frame.module, span, owner, name, text, tuple(self.chain)))

    def _doubt(self) -> None:
        """Note that a circle may have made something fail: what would follow is not certain."""
        self.undecided = self.blurred = self._may_fail = True

    def run(self, script: Script, frame: Frame) -> Result:
        """Perform the acts of a script until one ends it."""
        raise NotImplementedError
