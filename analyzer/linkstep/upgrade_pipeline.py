"""What an upgrade would break: the project linked twice, and the difference told.

Once as it is installed, once with the files of the new version in the place of the old ones
(tree/overlay.py). Links that break only the second time are what the upgrade breaks. The
modules of other distributions that need the upgraded one are linked in both states too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from linkstep import pipeline, preparation
from linkstep.analyses.broken_references import broken_references
from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.upgrades import (
    conflict_fault,
    new_conflicts,
    newly_broken,
    raised_by_getattr,
    unmet_declarations,
)
from linkstep.collector import collector_off
from linkstep.errors import LinkstepError
from linkstep.index.build import Index
from linkstep.index.served_names import ServedNames
from linkstep.index.summaries import Summaries
from linkstep.link.program import link
from linkstep.link_inputs import Ground, ground_of
from linkstep.linked import Linked, counted
from linkstep.model.environment import Environment, Found, Origin, Project
from linkstep.model.facts import BrokenReference, DependencyFault, Fact
from linkstep.model.findings import Counts, Report
from linkstep.model.links import Edge, Program
from linkstep.model.observer import Observer
from linkstep.model.request import CheckResult
from linkstep.model.tree import Tree
from linkstep.model.upgrade import Change, UpgradeRequest
from linkstep.resolve.compatibility import find_conflicts
from linkstep.resolve.finder import Finder
from linkstep.resolve.homes import find_homes
from linkstep.resolve.installed import Installation, Needed
from linkstep.resolve.project import resolve_project
from linkstep.resolve.wheels import installed_files, is_newer, requested, wheel_identity
from linkstep.rulebook.judge import judge
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.select import check_policy
from linkstep.tree.open import open_source
from linkstep.tree.overlay import OverlayTree, Replacement
from linkstep.tree.package_index import download_wheel, newest_version

_SHOWN_SITE = "site-packages"
_ALONE = Needed((), frozenset())


def check_upgrade(request: UpgradeRequest, observer: Observer) -> CheckResult:
    """Give what the upgrade breaks, as a report of findings; the notes name the versions.

    Raises LinkstepError for what cannot be compared: no environment, no such distribution in
    it, a wheel that cannot be read, an index that has none.
    """
    upgrade = Upgrade(request, observer)
    with collector_off():
        if request.outdated:
            return upgrade.outdated()
        changes = [upgrade.change(text) for text in request.wanted]
        return upgrade.result(upgrade.broken_by(changes), [upgrade.note(changes)])


class Upgrade:
    """A project as it is installed, and what happens to it when distributions are replaced."""

    def __init__(self, request: UpgradeRequest, observer: Observer) -> None:
        self._request = request
        self._observer = observer
        source = open_source(request.check)
        self._tree: Tree = source.tree
        self._root = source.root
        self._configuration = preparation.configure(source, request.check)
        self._rules = load_rules([source.root / place for place in self._configuration.rules])
        named = self._configuration.source or "the command line"
        check_policy(self._configuration.policy, self._rules, named)
        settings = preparation.settings_of(source.root, self._configuration, request.check)
        project = resolve_project(source.tree, settings)
        environment = project.environment
        if not environment.found:
            raise LinkstepError(
                "an upgrade is compared with what is installed, and there is no environment",
                why=environment.why,
                hint="pass --python PATH, or create .venv in the project",
            )
        # Nothing is built any more: what a distribution lacks, it lacks.
        self._project: Project = replace(project, environment=_sealed(environment))
        self._installation = Installation(self._tree, environment, project.target)
        self._shared = Summaries()
        self._last: Tree = self._tree
        self._brought: list[str] = []

    # What is replaced

    def change(self, text: str) -> Change:
        """Find or download the wheel that a word of the command line asks for."""
        path = Path(self._request.check.cwd, text)
        if text.endswith(".whl") or path.is_file():
            if not path.is_file():
                raise LinkstepError(f"there is no file {text}")
            return self._change(path)
        name = requested(text)
        self._demand(name, text)
        self._observer.stage(f"downloading {text}", None)
        return self._change(self._download(text))

    def outdated(self) -> CheckResult:
        """Compare with the newest version of each direct dependency, one by one."""
        names = self._direct()
        self._observer.stage(f"asking for the newest of {len(names)} distributions", len(names))
        newer = []
        for name in names:
            newest = newest_version(name, self._project.target)
            if newest is not None and is_newer(newest, self._version(name)):
                newer.append(f"{name}=={newest}")
            self._observer.advance(1)
        facts: list[Fact] = []
        notes = []
        for text in newer:
            self._observer.stage(f"linking against {text}", None)
            changes = [self._change(self._download(text))]
            broken = self.broken_by(changes)
            facts += broken
            verdict = f"breaks {len(broken)}" if broken else "safe to take, links the same"
            notes.append(f"{self.note(changes)}: {verdict}")
        notes.append(f"{len(names) - len(newer)} of {len(names)} distributions are up to date")
        return self.result(tuple(facts), notes)

    def _download(self, text: str) -> Path:
        target = self._project.target
        build = self._request.allow_build
        return download_wheel(text, self._request.directory, target, allow_build=build)

    def _change(self, wheel: Path) -> Change:
        name, version = wheel_identity(wheel)
        self._demand(name, wheel.name)
        written = self._installation.written(name)
        return Change(name, written, self._version(name), version, str(wheel))

    def _demand(self, name: str, asked: str) -> None:
        if name not in self._installation.distributions:
            raise LinkstepError(
                f"{name} is not installed, so {asked} upgrades nothing",
                where=self._project.environment.why,
            )

    def _version(self, name: str) -> str:
        return self._installation.distributions[name].version

    def _direct(self) -> list[str]:
        """Give the distributions that are declared, else those that are imported."""
        installed = self._installation.distributions
        declared = {one.name for one in self._project.declarations.declared if not one.local}
        own = self._project.declarations.own
        found = declared.intersection(installed) - own
        if not found:
            paths = (one.found for one in self._before.program.foreign if one.found)
            found = {name for path in paths for name in self._installation.owners(path)}
        return sorted(found)

    # What breaks

    def broken_by(self, changes: Sequence[Change]) -> tuple[Fact, ...]:
        """Give what holds now and would not hold with the new versions."""
        names = {change.name for change in changes}
        after, installation = self._replaced(changes)
        linked = self._linked(after)
        dependents = self._dependents(names)
        installed_before = self._link_installed(self._tree, dependents)
        installed_after = self._link_installed(after, dependents)
        changed = self._owned_by(names)
        served = (self._served(self._tree), self._served(after))
        references = [
            *newly_broken(self._before.facts, linked.facts),
            *newly_broken(installed_before[1], installed_after[1]),
            *raised_by_getattr(linked.program.unproven, *served, changed),
            *raised_by_getattr(installed_after[0].unproven, *served, changed),
        ]
        homes = find_homes(after, installation, names, [fact.name for fact in references])
        moved = (replace(fact, elsewhere=homes.get(fact.name, ())) for fact in references)
        conflicts = self._conflicts(linked, installation)
        return (*map(self._shown_reference, moved), *map(self._shown_fault, conflicts))

    def _replaced(self, changes: Sequence[Change]) -> tuple[Tree, Installation]:
        """Put wheels in the place of what is installed, with what they need and is not there."""
        replacements = [
            Replacement(
                change.wheel,
                self._installation.distributions[change.name].site,
                installed_files(self._tree, self._installation, change.name),
            )
            for change in changes
        ]
        tried = {change.name for change in changes}
        target, environment = self._project.target, self._project.environment
        self._brought = []
        while True:
            self._last = OverlayTree(self._tree, replacements)
            installation = Installation(self._last, environment, target)
            there = tried.intersection(installation.distributions)
            conflicts = find_conflicts(installation, dict.fromkeys(there, _ALONE), target)
            lacking = {one.lacks: one.requirement for one in conflicts if one.lacks}
            if tried.issuperset(lacking):
                return self._last, installation
            for name in sorted(lacking.keys() - tried):
                tried.add(name)
                with contextlib.suppress(LinkstepError):  # what cannot be had stays lacking
                    wheel = self._download(lacking[name])
                    self._brought.append(" ".join(wheel_identity(wheel)))
                    replacements.append(Replacement(str(wheel), replacements[0].site, frozenset()))

    @cached_property
    def _before(self) -> Linked:
        return self._linked(self._tree)

    def _linked(self, tree: Tree) -> Linked:
        check = self._request.check
        ground = ground_of(tree, self._project, self._configuration, check, ("",), self._shared)
        return pipeline.link_project(ground, self._configuration, ("",), self._observer)

    def _dependents(self, names: set[str]) -> list[Found]:
        """Give the installed modules that may refer to the upgraded distributions."""
        tops = [top.encode() for top in self._tops(names)]
        found: list[Found] = []
        for name in sorted(self._needed() - names):
            if names & self._installation.optional_needs(name):
                found += list(self._modules(name, tops))
        return found

    def _needed(self) -> set[str]:
        """Give what the project needs of the environment, declared or imported."""
        declared = ((one.name, one.extras) for one in self._project.declarations.declared)
        paths = (one.found for one in self._before.program.foreign if one.found)
        imported = ((n, ()) for path in paths for n in self._installation.owners(path))
        return set(self._installation.closure([*declared, *imported]))

    def _modules(self, name: str, tops: Iterable[bytes]) -> Iterator[Found]:
        site = self._installation.distributions[name].site
        for path in sorted(self._installation.files(name)):
            parts = path.removesuffix(".py").split("/")
            named = path.endswith(".py") and all(part.isidentifier() for part in parts)
            if not named or {"tests", "test", "testing"}.intersection(parts):
                continue
            try:
                text = self._tree.read(f"{site}/{path}")
            except OSError:
                continue
            is_package = parts[-1] == "__init__"  # it may lead to one that refers to them
            if is_package or any(top in text for top in tops):
                module = ".".join(parts[:-1] if is_package else parts)
                yield Found(module, f"{site}/{path}", Origin.THIRD_PARTY, is_package)

    def _link_installed(
        self, tree: Tree, files: Sequence[Found]
    ) -> tuple[Program, tuple[BrokenReference, ...]]:
        """Link modules of other distributions, and give their broken references."""
        project, check = self._project, self._request.check
        index = Index(tree.read, project.target, check.reader, self._shared)
        ground = Ground(tree, project, Finder(tree, project), index, (), files, ())
        program = link(ground.link_input(files), self._observer.advance)
        return program, tuple(self._reached(program, files))

    def _reached(self, program: Program, files: Sequence[Found]) -> Iterator[BrokenReference]:
        """Give the broken references of installed modules, with the way from the project there."""
        own = self._before.program
        names = {module.path: module.name for module in own.modules}
        names |= {file.path: file.name for file in files}
        imports = [
            Edge(one.path, one.found, one.span.line, one.runs)
            for one in own.foreign
            if one.found is not None
        ]
        graph = ImportGraph((*program.edges, *imports), names)
        starts = sorted({one.importing for one in own.foreign})
        for fact in broken_references(program, graph, ()):
            chains = graph.reached_from(fact.importing, starts)
            shortest = sorted(chains, key=lambda one: (one.deferred, len(one.chain)))[:1]
            yield replace(fact, reached_from=tuple(shortest), imported_by=())

    def _owned_by(self, names: set[str]) -> Callable[[str], bool]:
        """Tell whether a top-level module belongs to one of the upgraded distributions."""
        tops = self._tops(names)
        return lambda module: module.partition(".")[0] in tops

    def _tops(self, names: set[str]) -> set[str]:
        """Give the top-level modules of some installed distributions."""
        described = map(self._installation.describe, names)
        return {top for one in described if one is not None for top in one.modules}

    def _served(self, tree: Tree) -> ServedNames:
        finder = Finder(tree, self._project)

        def load(name: str) -> tuple[bytes, bool] | None:
            found = finder.find(name)
            if not isinstance(found, Found):
                return None
            try:
                return tree.read(found.path), found.is_package
            except OSError:
                return None

        return ServedNames(load)

    def _conflicts(self, linked: Linked, installation: Installation) -> Iterator[DependencyFault]:
        """Give the requirements that are met now and not any more, declared ones first."""
        before = unmet_declarations(self._before.facts)
        for fact in unmet_declarations(linked.facts):
            if fact not in before:
                yield fact
        target = self._project.target
        states = [
            find_conflicts(one, dict.fromkeys(one.distributions, _ALONE), target)
            for one in (self._installation, installation)
        ]
        for conflict in new_conflicts(*states):
            place = installation.place_of(conflict.distribution, conflict.requirement)
            yield conflict_fault(conflict, *place)

    # How it is told

    def note(self, changes: Sequence[Change]) -> str:
        """Say what was compared: the versions, and what they bring along."""
        said = ", ".join(map(str, changes))
        return f"{said}, bringing {', '.join(self._brought)}" if self._brought else said

    def result(self, facts: tuple[Fact, ...], notes: Sequence[str]) -> CheckResult:
        """Give the report of some facts; the files of the environment have short paths."""
        read = self._read
        judgement = judge(facts, self._rules, self._configuration.policy, read)
        counts: Counts = counted(self._before, judgement.suppressed)
        broken = sum(isinstance(one.fact, BrokenReference) for one in judgement.findings)
        resolved = counts.references - broken
        counts = replace(counts, resolved=resolved, unresolved=broken, unknown=0, reasons={})
        report = Report(judgement.findings, counts, tuple(notes))
        lines = preparation.lines_of(read)
        fail_on = self._configuration.fail_on
        return CheckResult(report, lines, fail_on, self._rules, str(self._root))

    def _read(self, path: str) -> bytes | None:
        site, _, inner = path.partition("/")
        places = [path]
        if site == _SHOWN_SITE:
            places += [f"{entry.directory}/{inner}" for entry in self._project.environment.site]
        for place in places:
            try:
                return self._last.read(place)
            except OSError:
                continue
        return None

    def _shown_reference(self, fact: BrokenReference) -> BrokenReference:
        via = None if fact.via is None else self._shown(fact.via)
        offering = None if fact.offered_by is None else self._shown(fact.offered_by)
        return replace(fact, path=self._shown(fact.path), via=via, offered_by=offering)

    def _shown_fault(self, fact: DependencyFault) -> DependencyFault:
        return replace(fact, path=self._shown(fact.path))

    def _shown(self, path: str) -> str:
        """Give a path that is the same on every machine."""
        for entry in self._project.environment.site:
            inside = f"{entry.directory}/"
            if path.startswith(inside):
                return f"{_SHOWN_SITE}/{path[len(inside) :]}"
        return path


def _sealed(environment: Environment) -> Environment:
    return replace(environment, sealed=True)
