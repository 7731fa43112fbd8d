"""A linked program that can be asked: what is broken, who reaches it, what became of it.

Everything is linked once. Health, reach and history are made when a question first needs them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cached_property

from linkstep.analyses.entry_points import all_entries
from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.health import health
from linkstep.analyses.import_sites import bound_at
from linkstep.health_pipeline import entries_of, plan_of
from linkstep.index.reading import read
from linkstep.index.summaries import Summaries
from linkstep.link_inputs import is_test
from linkstep.model.environment import Origin, Project
from linkstep.model.facts import BrokenReference, Problem, Reach
from linkstep.model.findings import Finding
from linkstep.model.health import Health, Plan, Status
from linkstep.model.links import Program
from linkstep.model.observer import Observer
from linkstep.model.request import CheckRequest
from linkstep.model.why import Past, PastKind
from linkstep.pipeline import check_tree
from linkstep.preparation import configure, lines_of, reader_of, settings_of
from linkstep.resolve.project import resolve_project
from linkstep.rulebook.judge import judge
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.select import check_policy
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.git import GitTree
from linkstep.tree.history import History
from linkstep.tree.journal import Journal
from linkstep.tree.open import open_source
from linkstep.why.targets import Words

# What these say of a name is not that it is not there.
THERE = (Problem.POSSIBLY_UNDEFINED_NAME, Problem.CASE_MISMATCH, Problem.FAILING_IMPORT)


class Case:
    """A linked program, with its findings and the words that name parts of it."""

    def __init__(
        self,
        check: CheckRequest,
        observer: Observer,
        summaries: Summaries | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.check, self.observer = check, observer
        source = self.source = open_source(check, journal)
        configuration = self.configuration = configure(source, check)
        rules = load_rules([source.root / directory for directory in configuration.rules])
        check_policy(configuration.policy, rules, configuration.source or "the command line")
        self.summaries = Summaries() if summaries is None else summaries
        self.linked = check_tree(
            source.tree,
            source.root,
            configuration,
            check,
            source.checked,
            observer,
            self.summaries,
        )
        # From here on nothing is linked, unless it is asked what a name is needed for.
        read = reader_of(source.tree)
        self.lines = lines_of(read)
        facts, commented = self.linked.facts, self.linked.commented
        self.findings = judge(facts, rules, configuration.policy, read, commented).findings
        self.program: Program = self.linked.program
        self.entries = entries_of(configuration, self.program)
        self.words = Words(self.program, self.entries, check.cwd, source.root)

    @cached_property
    def references(self) -> list[BrokenReference]:
        """The references that are broken by their own fault."""
        return [fact for fact in self.linked.facts if isinstance(fact, BrokenReference)]

    @cached_property
    def plan(self) -> Plan:
        """The components and golden paths of the program."""
        return plan_of(self.configuration, self.program, self.entries, is_test)

    def hit_by(self, findings: Sequence[Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the golden paths that findings block, and those that they weaken."""
        blocks, weakens = [], []
        for path in self._health.paths:
            culprit = path.trouble.finding if path.trouble is not None else None
            if path.status is Status.BLOCKED and culprit in findings and culprit is not None:
                blocks.append(path.name)
            elif any(weak in findings for weak in path.weak):
                weakens.append(path.name)
        return tuple(blocks), tuple(weakens)

    def reach(self, module: str) -> tuple[Reach, ...]:
        """Give the entry points that reach a module, each with the shortest chain."""
        entries = all_entries(self.configuration.entry_points, self.entries)
        return self._graph.reached_from(module, entries)

    def past(self, fact: BrokenReference) -> Past | None:
        """Give what became of what a reference lacks; None where git cannot know."""
        if fact.origin is not Origin.FIRST_PARTY or fact.problem in THERE or fact.versions:
            return None
        if fact.exception.startswith("ModuleNotFoundError"):
            return self.module_past(fact.name)
        return self.name_past(fact.module, fact.name)

    def name_past(self, module: str, name: str) -> Past | None:
        """Give what became of a name that a module lacks, or of the submodule of that name."""
        linked = self.words.modules.get(module)
        if linked is None:
            return None
        kind, target = linked.summary.kind, self.project.target

        def line_of(source: bytes) -> int | None:
            return bound_at(read(source, kind, target).summary, name)

        history = self._history
        if history is None:
            return None
        past = history.of_name(linked.path, name, line_of)
        if kind.is_package and past.kind is PastKind.NEVER:
            as_module = self.module_past(f"{module}.{name}")
            if as_module is not None and as_module.kind is not PastKind.NEVER:
                return as_module
        return past

    def module_past(self, module: str) -> Past | None:
        """Give what became of a module that is not there."""
        roots = [root.directory for root in self.project.roots]
        below = module.replace(".", "/")
        relative = [root for root in roots if not root.startswith("/")]
        paths = [
            posixpath.join(root, f"{below}{ending}")
            for root in relative
            for ending in (".py", "/__init__.py")
        ]
        history = self._history
        return history.of_file(paths) if history is not None and paths else None

    @cached_property
    def project(self) -> Project:
        """The roots and the environment that the program was linked with."""
        settings = settings_of(self.source.root, self.configuration, self.check)
        return resolve_project(self.source.tree, settings)

    @cached_property
    def _health(self) -> Health:
        return health(self.program, self.findings, self.plan, self.entries, is_test)

    @cached_property
    def _graph(self) -> ImportGraph:
        names = {module.path: module.name for module in self.program.modules}
        return ImportGraph(self.program.edges, names, self.entries, self.program.executions)

    @cached_property
    def _history(self) -> History | None:
        """The commits that led to what is checked; an archive has none."""
        if not isinstance(self.source.tree, DirectoryTree | GitTree):
            return None
        return History(self.source.root, self.check.environ, self.check.rev or "HEAD")
