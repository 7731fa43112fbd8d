"""The line of the pipeline once more, for the other Pythons that a project admits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from linkstep.analyses.admitted_versions import admitted_versions, with_versions
from linkstep.analyses.graph import ImportGraph
from linkstep.index.build import Index
from linkstep.link.program import LinkInput, link
from linkstep.link.versions import lacking, link_versions
from linkstep.model.environment import Found, Project
from linkstep.model.facts import BrokenReference
from linkstep.model.links import LibraryName, Program
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target, Version
from linkstep.model.tree import Tree
from linkstep.resolve.finder import Finder
from linkstep.resolve.project import for_version
from linkstep.resolve.stdlib import stdlib_stub

_DEFERS_ANNOTATIONS = (3, 14)  # PEP 649: what stands in an annotation does not run any more


class AdmittedVersions:
    """Links a program for the versions that `requires-python` admits above its target.

    `checked` are the files that were linked for the target and `index` their summaries,
    which serve the other versions too: what a file says does not depend on the version, but
    for the annotations of the files that are linked again.
    """

    def __init__(
        self,
        tree: Tree,
        project: Project,
        index: Index,
        checked: Sequence[Found],
        witnesses: Sequence[Found],
    ) -> None:
        self._tree = tree
        self._project = project
        self._index = index
        self._checked = checked
        self._witnesses = witnesses
        self._pinned = project.target_why != project.admitted_by
        self.linked: list[Program] = []
        self.lacked: frozenset[LibraryName] | None = None  # by any of the other versions

    def facts(
        self,
        program: Program,
        broken: Iterable[BrokenReference],
        graph: ImportGraph,
        entries: Sequence[str],
    ) -> tuple[BrokenReference, ...]:
        """Give `broken`, the facts for the target, with those for the other versions.

        Where `requires-python` chose the target, each says on which versions it holds.
        """
        project = self._project
        target = project.target.version
        versions = [version for version in project.admitted if version >= target]
        if not versions or versions == [target]:
            return tuple(broken)
        others = link_versions(
            program, target, versions, self._lacking, self._link, follow_tests=not self._pinned
        )
        self.lacked = frozenset().union(*(other.lacks for other in others))
        admitted_by = project.admitted_by
        if not self._pinned:
            broken = with_versions(broken, others, admitted_by)
        further = admitted_versions(
            program, others, graph, entries, admitted_by, pinned=self._pinned
        )
        return (*broken, *further)

    def _lacking(self, version: Version, names: Iterable[LibraryName]) -> frozenset[LibraryName]:
        project = for_version(self._project, version)
        finder = Finder(self._tree, project)
        stub_of = _stub_of(project.target)
        return lacking(names, finder.find, self._index.summary, stub_of, project.target)

    def _link(self, version: Version, concerned: frozenset[str]) -> Program:
        """Link the files of `concerned` for a version; all others bear witness."""
        project = for_version(self._project, version)
        program = link(
            LinkInput(
                self._checked,
                self._witnesses,
                Finder(self._tree, project).find,
                self._summaries(project.target, concerned),
                _stub_of(project.target),
                project.target,
                self._index.text,
                self._index.source,
                self._index.harmless,
                wanted=concerned,
            )
        )
        self.linked.append(program)
        return program

    def _summaries(
        self, target: Target, concerned: frozenset[str]
    ) -> Callable[[str, ModuleKind], FileSummary | None]:
        known = self._index.summary
        before = self._project.target.version
        if not before < _DEFERS_ANNOTATIONS <= target.version:
            return known
        again = self._index.for_target(target)
        return lambda path, kind: (again.summary if path in concerned else known)(path, kind)


def _stub_of(target: Target) -> Callable[[str], str | None]:
    return lambda name: stdlib_stub(name, target)
