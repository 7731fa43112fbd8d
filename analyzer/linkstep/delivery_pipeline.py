"""Links once more what is delivered: without the files that a commit, wheel or image lacks.

That an import has a guard, that a build makes the module, that another directory has it
too: all of this is judged by the same stages as for the whole tree. Only files that import
something left out are linked again, which is few or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.left_out import importers_of_left_out, left_out_modules
from linkstep.analyses.production import ProductionCode
from linkstep.analyses.test_code import without_tests
from linkstep.index.build import Index
from linkstep.link.program import link
from linkstep.link.submodules import Verdicts
from linkstep.model.delivery import Delivery
from linkstep.model.environment import Found, Project
from linkstep.model.facts import Fact
from linkstep.model.links import Program
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
    git = git_delivery(root, request.environ) if isinstance(tree, DirectoryTree) else None
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


def left_out(
    tree: Tree,
    project: Project,
    program: Program,
    checked: Sequence[Found],
    index: Index,
    verdicts: Verdicts,
    graph: ImportGraph,
    entries: Sequence[str],
    delivery: Delivery,
) -> Iterator[Fact]:
    """Give a fact for each import of the checked files that lacks its module when delivered."""
    targets = importers_of_left_out(program.edges, delivery)
    importers = [file for file in checked if file.path in targets]
    if not importers:
        return
    known = {*tree.files(), *(edge.target for edge in program.edges)}
    known = {path for path in known if not path.startswith("/")}
    arrived = DeliveredTree(tree, known, {path for path in known if not delivery.lacks(path)})
    # What is not there cannot come from an environment that nobody has looked into: here it
    # does come from this very file.
    certain = replace(project, environment=replace(project.environment, found=True))
    again = link(
        importers,
        [file for file in checked if file.path not in targets and delivery.takes(file.path)],
        Finder(arrived, certain).find,
        index.summary,
        lambda name: stdlib_stub(name, project.target),
        project.target,
        index.text,
        lambda path, suffixes: (),
        lambda count: None,
        verdicts=verdicts,
    )
    names = {
        target: module_of(target, project.roots, tree).name
        for found in targets.values()
        for target in found
    }
    yield from left_out_modules(again.broken, targets, names, delivery, graph, entries)
