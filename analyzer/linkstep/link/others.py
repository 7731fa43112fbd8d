"""Modules of the project that are not checked, and lead to those that are.

They are linked for their edges only: whoever checks a part of a tree asks what the
programs of the whole tree reach in it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from linkstep.link.file_links import links_of
from linkstep.link.modules import Module
from linkstep.link.settling import Links
from linkstep.model.links import Edge, EntryLink, FileLinks


class Others:
    """Links modules that are not checked; their edges and calls join those of `links`."""

    def __init__(self, links: Links, others: Sequence[Module]) -> None:
        self._links = links
        self._others = {module.path: module for module in others}
        self._done: set[str] = set()
        self.linked: dict[str, FileLinks] = {}

    @property
    def modules(self) -> list[Module]:
        """Give the modules that were linked, in the order of the tree."""
        return [module for path, module in self._others.items() if path in self.linked]

    def link_all(self) -> None:
        """Link every module."""
        for path in self._others:
            self._link(path)

    def link_reached(self, launches: Iterable[EntryLink]) -> None:
        """Link what entry points of production lead to, when one of them begins here.

        Where all of them begin with modules that are checked, those are followed already.
        """
        started = [path for one in launches if one.entry.is_production for path in one.modules]
        if self._others.keys().isdisjoint(started):
            return
        pending = [*started, *(edge.target for edge in sorted(self._links.edges))]
        while pending:
            path = pending.pop()
            pending += self._packages(path)
            if path in self._others and path not in self._done:
                pending += (edge.target for edge in self._link(path))

    def _link(self, path: str) -> tuple[Edge, ...]:
        """Link one module and give its edges."""
        self._done.add(path)
        module = self._others[path]
        if module.summary is None:
            return ()
        found = self.linked[path] = links_of(self._links, module)
        self._links.edges.update(found.edges)
        if found.calls:
            self._links.calls[module] = list(found.calls)
        return found.edges

    def _packages(self, path: str) -> Iterator[str]:
        """Give the packages around a file that have not been linked."""
        directory = posixpath.dirname(path)
        package = f"{directory}/__init__.py"
        if package == path:
            directory = posixpath.dirname(directory)
            package = f"{directory}/__init__.py"
        if directory and package in self._others and package not in self._done:
            yield package
