"""The line from a tree to links once more, for a part of them, or for names alone."""

from __future__ import annotations

from collections.abc import Set

from linkstep.index.summaries import Summaries
from linkstep.link.program import LinkInput, link_again, offers_of
from linkstep.link_inputs import index_of, link_input, witnesses_beside
from linkstep.model.links import Offers
from linkstep.model.request import CheckRequest
from linkstep.model.trace import RunTrace, Trace
from linkstep.model.tree import Tree
from linkstep.pipeline import collector_off
from linkstep.preparation import configure, selected, settings_of
from linkstep.resolve.finder import Finder
from linkstep.resolve.naming import module_of
from linkstep.resolve.project import resolve_project
from linkstep.tree.open import Source


def link_some_again(
    request: CheckRequest, source: Source, last: RunTrace, paths: Set[str], summaries: Summaries
) -> Trace:
    """Link some files as `check` would, which has linked all others when it made `last`."""
    with collector_off():
        given = _given(request, source, source.tree, summaries)
        known = given._replace(
            checked=[found for found in given.checked if found.path in last.files],
            importable=last.files.keys() - last.failing - paths,
            setters=last.setting,
            wanted=paths,
        )
        return link_again(known)


def offers_in(request: CheckRequest, source: Source, tree: Tree, summaries: Summaries) -> Offers:
    """Give what each module offers in a state of what is checked, `tree`."""
    with collector_off():
        return offers_of(_given(request, source, tree, summaries))


def _given(request: CheckRequest, source: Source, tree: Tree, summaries: Summaries) -> LinkInput:
    configuration = configure(source, request)
    project = resolve_project(tree, settings_of(source.root, configuration, request))
    chosen = selected(tree.files(), configuration, source.checked)
    files = [module_of(path, project.roots, tree) for path in chosen if path.endswith(".py")]
    index = index_of(tree, project, request, summaries)
    witnesses = witnesses_beside(tree, project, chosen)
    return link_input(tree, project, Finder(tree, project), index, files, witnesses)
