"""What still holds of earlier links when some files are linked again.

What a file offers, and whether it can be imported, may follow from others. So when something
else happens while a file is imported, all files that get at it are linked too. Circles of
imports are executed anew when anything that this depends on is different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from linkstep.incremental.edited_users import Noticing, is_too_much
from linkstep.incremental.known_order import order_with
from linkstep.model.execution import CycleFailure
from linkstep.model.facts import Runs
from linkstep.model.links import (
    Doubt,
    EarlierLinks,
    ExecutionOrder,
    FailingModule,
    FileLinks,
    OutdatedError,
    Program,
)
from linkstep.model.summary import Invoke
from linkstep.model.trace import RunTrace


class Relinking:
    """Says which of the links of an earlier run still hold, link by link.

    With `reorders` it is known that something else may be executed.
    """

    def __init__(
        self, trace: RunTrace, links: EarlierLinks, noticing: Noticing, *, reorders: bool
    ) -> None:
        self._trace = trace
        self._last = links
        self._noticing = noticing
        self._reorders = reorders
        self._known: Set[str] = frozenset()
        self._failing = {one.path: one for one in links.failing}
        self._in_failing_circles = {
            path
            for cycle in (links.order.cycles if links.order is not None else ())
            for failure in cycle.failures
            for path in _places(failure)
        }

    def without(self, paths: Set[str]) -> EarlierLinks:
        """Give the links of all files but some.

        Raises OutdatedError when these are too many.
        """
        last = self._last
        if is_too_much(len(paths), len(last.links)):
            raise OutdatedError
        self._known = last.links.keys() - paths
        return EarlierLinks(
            {path: links for path, links in last.links.items() if path in self._known},
            last.order,
            tuple(one for one in last.failing if one.path in self._known),
            last.names,
            {path: names for path, names in last.looked_into.items() if path in self._known},
        )

    def after(self, program: Program) -> EarlierLinks | None:
        """Give what holds after a link; None when nothing more has to be linked or executed.

        Raises OutdatedError when little does.
        """
        again = {path: links for path, links in program.links.items() if path not in self._known}
        if not again:
            return None
        failing = {one.path: one for one in program.failing}
        changed = {
            path
            for path, links in again.items()
            if self._imports_otherwise(path, links, failing.get(path))
        }
        concerned = self._noticing.reaching(changed | self._set_otherwise(again))
        if concerned is None:
            raise OutdatedError
        if not concerned <= again.keys():
            return self.without(concerned | again.keys())
        order = None if self._reorders else self._order_after(again, failing, changed)
        if order is not program.order:
            self._known = program.links.keys()
            names, looked_into = program.names_beside, program.names_by_path
            return EarlierLinks(program.links, order, program.failing, names, looked_into)
        return None

    def _set_otherwise(self, again: Mapping[str, FileLinks]) -> set[str]:
        """Give the files of the modules on which other names are set than before.

        Raises OutdatedError when one of them is none of the project.
        """
        names = {
            module
            for path, links in again.items()
            for module, _ in {*links.sets} ^ {*self._last.links[path].sets}
        }
        files = self._trace.files.items() if names else ()
        found = {path: file.module for path, file in files if file.module in names}
        if names - {*found.values()}:
            raise OutdatedError
        return {*found}

    def _imports_otherwise(
        self, path: str, links: FileLinks, failing: FailingModule | None
    ) -> bool:
        """Whether importing a file may do something else, for those who import it."""
        last = self._last.links.get(path)
        if last is None or Doubt.CYCLE in links.unknown or Doubt.CYCLE in last.unknown:
            raise OutdatedError  # the order of linking may count
        if failing != self._failing.get(path):
            return True
        is_edited = self._noticing.is_edited(path)
        return not is_edited and {*_said_at_import(last)} != {*_said_at_import(links)}

    def _order_after(
        self,
        again: Mapping[str, FileLinks],
        failing: Mapping[str, FailingModule],
        changed: Set[str],
    ) -> ExecutionOrder | None:
        """Give what executing modules gives now; None when that has to be found out.

        A file that is in no circle, and that no entry point executes, counts only when what it
        imports now may fail or makes a circle. All that import it are linked `again` when
        importing it is something else, one of those that `changed`.
        """
        order, scripted = self._last.order, self._trace.scripted
        if order is None:
            return None
        changes: dict[str, tuple[set[str], set[str]]] = {}
        for path, links in again.items():
            last, whole = self._last.links[path], any(scripted.get(path, ()))
            repaired = path in self._failing and path not in failing
            if repaired or (path in changed and path in scripted):
                return None
            if path in self._in_failing_circles and not self._noticing.stands(path):
                return None
            if [*_at_import(last, whole=whole)] == [*_at_import(links, whole=whole)]:
                continue
            if path in scripted or _calls(last) != _calls(links):
                return None
            changes[path] = {*_imported(links)}, {*_imported(last)}
        return order_with(order, changes, changed) if changes or changed else order


def _at_import(links: FileLinks, *, whole: bool = False) -> Iterator[object]:
    """Give what happens while a file is imported, or all of its imports."""
    yield from (edge for edge in links.edges if whole or edge.runs is Runs.IMPORT)
    yield from (link for link in links.broken if whole or link.runs is Runs.IMPORT)
    yield from links.calls


def _said_at_import(links: FileLinks) -> Iterator[object]:
    """Give what happens while a file is imported, wherever it stands."""
    yield from _imported(links)
    for link in links.broken:
        if link.runs is Runs.IMPORT:
            yield link.problem, link.module, link.name, link.exception, link.optional
    yield from _calls(links)


def _places(failure: CycleFailure) -> Iterator[str]:
    """Give the files whose lines the failure of a circle speaks of."""
    yield failure.path
    yield failure.module_path
    yield from (step.path for step in failure.chain)
    yield from (remedy.path for remedy in failure.remedies)


def _imported(links: FileLinks) -> Iterator[str]:
    """Give the files that a file imports while it is imported."""
    return (edge.target for edge in links.edges if edge.runs is Runs.IMPORT)


def _calls(links: FileLinks) -> list[object]:
    """Give what a file calls while it is imported, wherever that stands."""
    return [one.ref if isinstance(one, Invoke) else one.name for one in links.calls]
