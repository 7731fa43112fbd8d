"""The line from a tree to links once more, for some files of a tree that was linked before."""

from __future__ import annotations

from collections.abc import Set

from linkstep.index.summaries import Summaries
from linkstep.link.program import link_again
from linkstep.model.request import CheckRequest
from linkstep.model.trace import RunTrace, Trace
from linkstep.pipeline import collector_off, index_of, texts_around, witnesses_beside
from linkstep.preparation import configure, selected, settings_of
from linkstep.resolve.finder import Finder
from linkstep.resolve.naming import module_of
from linkstep.resolve.project import resolve_project
from linkstep.resolve.stdlib import stdlib_stub
from linkstep.tree.open import Source


def link_some_again(
    request: CheckRequest, source: Source, last: RunTrace, paths: Set[str], summaries: Summaries
) -> Trace:
    """Link some files as `check` would, which has linked all others when it made `last`."""
    configuration = configure(source, request)
    project = resolve_project(source.tree, settings_of(source.root, configuration, request))
    tree = source.tree
    finder = Finder(tree, project)
    index = index_of(tree, project, request, summaries)
    chosen = selected(tree.files(), configuration, source.checked)
    with collector_off():
        return link_again(
            paths,
            [module_of(path, project.roots, tree) for path in chosen if path in last.files],
            witnesses_beside(tree, project, chosen),
            finder.find,
            index.summary,
            lambda name: stdlib_stub(name, project.target),
            project.target,
            index.text,
            lambda path, suffixes: texts_around(path, suffixes, tree, project),
            index.source,
            project.environment.suspects,
        )
