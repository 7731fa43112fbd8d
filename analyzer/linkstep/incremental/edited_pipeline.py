"""The line from a tree to links once more, for a part of them, or for names alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from linkstep.collector import collector_off
from linkstep.index.summaries import Summaries
from linkstep.link.program import link_again, offers_of
from linkstep.link_inputs import Ground, ground_of
from linkstep.model.links import FileLinks, Offers
from linkstep.model.request import CheckRequest
from linkstep.model.trace import RunTrace, Trace
from linkstep.model.tree import Tree
from linkstep.preparation import configure, settings_of
from linkstep.resolve.project import resolve_project
from linkstep.tree.open import Source


def link_some_again(
    ground: Ground,
    last: RunTrace,
    paths: Set[str],
    importers: Callable[[str], Iterable[str]],
) -> tuple[Mapping[str, FileLinks], Trace]:
    """Link some files as `check` would, which has linked all others when it made `last`.

    `importers` gives the files that import one, and were not edited.
    """
    with collector_off():
        checked = [found for found in ground.files if found.path in last.files]
        return link_again(
            ground.link_input(checked)._replace(
                importable=last.files.keys() - last.failing - paths,
                setters=last.setting,
                wanted=paths,
                importers=importers,
            )
        )


def offers_in(request: CheckRequest, source: Source, tree: Tree, summaries: Summaries) -> Offers:
    """Give what each module offers in a state of what is checked, `tree`."""
    with collector_off():
        ground = ground_in(request, source, tree, summaries)
        return offers_of(ground.link_input(ground.files))


def ground_in(request: CheckRequest, source: Source, tree: Tree, summaries: Summaries) -> Ground:
    """Give what a state of what is checked, `tree`, is linked on."""
    configuration = configure(source, request)
    project = resolve_project(tree, settings_of(source.root, configuration, request))
    return ground_of(tree, project, configuration, request, source.checked, summaries)
