"""Links once more what is delivered: without the files that a commit, wheel or image lacks.

That an import has a guard, that a build makes the module, that another directory has it
too: all of this is judged by the same stages as for the whole tree. Only files that import
something left out are linked again, which is few or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.left_out import importers_of_left_out, left_out_modules
from linkstep.analyses.production import ProductionCode
from linkstep.analyses.test_code import without_tests
from linkstep.index.build import Index
from linkstep.link.program import LinkInput, link
from linkstep.link.submodules import Verdicts
from linkstep.model.delivery import Delivery
from linkstep.model.environment import Found, Project
from linkstep.model.facts import Fact
from linkstep.model.links import BrokenLink, Program
from linkstep.model.request import CheckRequest
from linkstep.model.tree import Tree
from linkstep.resolve.finder import Finder
from linkstep.resolve.image_delivery import dockerfiles, image_deliveries
from linkstep.resolve.naming import module_of
from linkstep.resolve.stdlib import stdlib_stub
from linkstep.resolve.wheel_delivery import wheel_deliveries
from linkstep.tree.delivered import DeliveredTree
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.ignored import last_match
from linkstep.tree.recording import journal_of
from linkstep.tree.tracked import git_delivery


def deliveries_of(
    tree: Tree, root: Path, request: CheckRequest, development: Sequence[str], program: Program
) -> tuple[Delivery, ...]:
    """Give the ways by which the files of a tree get to where they run.

    Of what a wheel or an image gets, only production code has to work there; and it has to
    work where there are no tests. `development` are patterns of other code, as configured.
    """
    imported = {edge.target for edge in program.edges}
    code = ProductionCode([p for p in tree.files() if p.endswith(".py")], imported, development)
    launches = [launch for launch in program.launches if launch.entry.is_production]
    started = {path for launch in launches for path in launch.modules}
    git = (
        git_delivery(root, request.environ, journal_of(tree))
        if isinstance(tree, DirectoryTree)
        else None
    )
    images = image_deliveries(tree)
    wheels: tuple[Delivery, ...] = ()
    if len(images) == len(dockerfiles(tree)):  # else nobody can tell how the program is deployed
        wheels = tuple(_unless_in(images, wheel) for wheel in wheel_deliveries(tree, last_match))
    own = [git] if git is not None else []
    made = (*images, *wheels, without_tests(program))
    production = partial(_for, lambda path: path in started or code.has(path))
    return (*own, *map(production, made))


def _unless_in(images: Sequence[Delivery], wheel: Delivery) -> Delivery:
    """Give a wheel's delivery for a program that is not deployed by an image of its sources."""

    def lacks(path: str) -> bool:
        return wheel.lacks(path) and not any(image.takes(path) for image in images)

    return replace(wheel, lacks=lacks)


def _for(production: Callable[[str], bool], delivery: Delivery) -> Delivery:
    return replace(delivery, takes=lambda path: production(path) and delivery.takes(path))


class LeftOut:
    """Says which imports of the checked files lack their module where a delivery brings them.

    Several deliveries often bring the same files, such as the images of one repository; what
    arrives the same way is linked once.
    """

    def __init__(
        self,
        tree: Tree,
        project: Project,
        program: Program,
        checked: Sequence[Found],
        index: Index,
        verdicts: Verdicts,
    ) -> None:
        self._tree = tree
        self._project = project
        self._program = program
        self._checked = checked
        self._index = index
        self._verdicts = verdicts
        known = {*tree.files(), *(edge.target for edge in program.edges)}
        self._known = {path for path in known if not path.startswith("/")}
        self._linked: dict[tuple[frozenset[str], ...], tuple[BrokenLink, ...]] = {}
        self.linked: list[Program] = []

    def facts(
        self, delivery: Delivery, graph: ImportGraph, entries: Sequence[str]
    ) -> Iterator[Fact]:
        """Give a fact for each import that lacks its module."""
        targets = importers_of_left_out(self._program.edges, delivery)
        importers = [file for file in self._checked if file.path in targets]
        if not importers:
            return
        names = {
            target: module_of(target, self._project.roots, self._tree).name
            for found in targets.values()
            for target in found
        }
        broken = self._broken(importers, delivery)
        yield from left_out_modules(broken, targets, names, delivery, graph, entries)

    def _broken(self, importers: Sequence[Found], delivery: Delivery) -> tuple[BrokenLink, ...]:
        """Link some files without what the delivery lacks."""
        arriving = frozenset(path for path in self._known if not delivery.lacks(path))
        asking = frozenset(file.path for file in importers)
        others = [f for f in self._checked if f.path not in asking and delivery.takes(f.path)]
        key = arriving, asking, frozenset(file.path for file in others)
        if key not in self._linked:
            self._linked[key] = self._link(importers, others, arriving)
        return self._linked[key]

    def _link(
        self, importers: Sequence[Found], others: Sequence[Found], arriving: Set[str]
    ) -> tuple[BrokenLink, ...]:
        # What is not there cannot come from an environment that nobody has looked into: here
        # it does come from this very file.
        environment = replace(self._project.environment, found=True)
        arrived = DeliveredTree(self._tree, self._known, arriving)
        target = self._project.target
        given = LinkInput(
            [*importers, *others],
            (),
            Finder(arrived, replace(self._project, environment=environment)).find,
            self._index.summary,
            lambda name: stdlib_stub(name, target),
            target,
            self._index.text,
            self._index.source,
            self._index.harmless,
            setters=self._program.trace.setting,
            wanted=frozenset(file.path for file in importers),
        )
        program = link(given, verdicts=self._verdicts)
        self.linked.append(program)
        return program.broken
