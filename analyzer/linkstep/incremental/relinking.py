"""What still holds of earlier links when some files are linked again.

Whether a file can be imported may follow from others. When that changes, the files that fail
with it are linked too, and those that import one of these. When a statement that catches what
imports raise may bind other names, all files that get at them are. Circles of imports are
executed anew when anything that this depends on is different.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Set

from linkstep.incremental.edited_users import Noticing, is_too_much
from linkstep.incremental.known_order import order_with
from linkstep.index.spoken_names import guarded_imports, names_by_guards
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
        self._dependents: _Dependents | None = None
        self._needing: dict[str, list[str]] | None = None
        self._in_failing_circles = {
            path
            for cycle in (links.order.cycles if links.order is not None else ())
            for failure in cycle.failures
            for path in _places(failure)
        }

    def without(self, paths: Set[str], failing: Collection[str]) -> EarlierLinks:
        """Give the links of all files but some, and but those that may fail when some others can
        be imported no more, or again.

        Raises OutdatedError when these are too many.
        """
        last, reached = self._last, self._among().failing_with(failing) if failing else set()
        if is_too_much(len(paths | reached), len(last.links)):
            raise OutdatedError
        self._known = last.links.keys() - paths - reached
        scripted = (path in self._trace.scripted for path in failing)
        self._reorders = self._reorders or any(scripted)
        return EarlierLinks(
            {path: links for path, links in last.links.items() if path in self._known},
            None if self._reorders else last.order,
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
        fates = {path for path in again if failing.get(path) != self._failing.get(path)}
        changed = {path for path, links in again.items() if self._imports_otherwise(path, links)}
        concerned = self._among().importing(fates)
        for path, names in self._set_otherwise(again).items():
            concerned |= {path} | self._minding(path, None if "" in names else names)
        for path, links in again.items():
            if self._may_offer_otherwise(path, links):
                summary = self._noticing.summary(path)
                bound = None if summary is None else names_by_guards(summary)
                concerned |= self._minding(path, bound)
        if not concerned <= again.keys():
            return self.without(concerned | again.keys(), fates)
        if self._reorders:
            return None  # everything was executed
        order = self._order_after(again, failing, changed | fates)
        if order is not program.order:
            self._known = program.links.keys()
            return EarlierLinks(
                program.links,
                order,
                program.failing,
                program.names_beside,
                program.names_by_path,
            )
        return None

    def _set_otherwise(self, again: Mapping[str, FileLinks]) -> Mapping[str, Set[str]]:
        """Give the files of the modules on which other names are set than before, with these.

        Raises OutdatedError when one of them is none of the project.
        """
        set_on: dict[str, set[str]] = defaultdict(set)
        for path, links in again.items():
            for module, name in {*links.sets} ^ {*self._last.links[path].sets}:
                set_on[module].add(name)
        files = self._trace.files.items() if set_on else ()
        found = {path: set_on[file.module] for path, file in files if file.module in set_on}
        if set_on.keys() - {self._trace.files[path].module for path in found}:
            raise OutdatedError
        return found

    def importers(self, module: str) -> Iterable[str]:
        """Give files that imported a module and were not edited: one of the project by its path,
        others by their names.
        """
        if module in self._trace.files:
            return self._noticing.importers(module)
        if self._needing is None:
            self._needing = defaultdict(list)
            for path, links in self._last.links.items():
                if not self._noticing.is_edited(path):
                    names = {name for name, _ in links.library}
                    for name in names.union(one.module for one in links.foreign):
                        self._needing[name].append(path)
        return self._needing.get(module, ())

    def _among(self) -> _Dependents:
        if self._dependents is None:
            self._dependents = _Dependents(self._last)
        return self._dependents

    def _minding(self, path: str, names: Set[str] | None) -> Set[str]:
        """Give the other files that may notice that a file has some names or does not any more;
        None stands for all that it may have.
        """
        users = None if names is None else self._noticing.users_of(frozenset(names), path)
        found = self._noticing.reaching({path}) if users is None else users
        if found is None:
            raise OutdatedError
        return found

    def _imports_otherwise(self, path: str, links: FileLinks) -> bool:
        """Whether something else happens while a file is imported, which was not edited.

        Raises OutdatedError when the order of linking may count.
        """
        last = self._last.links.get(path)
        if last is None or Doubt.CYCLE in links.unknown or Doubt.CYCLE in last.unknown:
            raise OutdatedError
        is_edited = self._noticing.is_edited(path)
        return not is_edited and {*_said_at_import(last)} != {*_said_at_import(links)}

    def _may_offer_otherwise(self, path: str, links: FileLinks) -> bool:
        """Whether what a file binds may be otherwise because of what its imports raise."""
        last = self._last.links[path]
        now, before = self._noticing.summary(path), self._noticing.summary_before(path)
        if now is None or before is None:
            return True
        caught, were_caught = guarded_imports(now), guarded_imports(before)
        if path in self._trace.executed:
            return {*_raised(links)} != {*_raised(last)}
        if caught and links.unknown != last.unknown:
            return True
        return {*_raised(links, caught)} != {*_raised(last, were_caught)}

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


class _Dependents:
    """Finds the files whose links depend on whether others can be imported."""

    def __init__(self, last: EarlierLinks) -> None:
        self._links = last.links
        self._places = {one.path: one.at for one in last.failing}
        self._importers: dict[str, list[str]] = defaultdict(list)
        self._at_import: dict[str, list[str]] = defaultdict(list)
        self._asking: dict[str, list[str]] = defaultdict(list)
        self._leaving: set[str] = set()  # they import files that were not linked
        for path, links in last.links.items():
            self._note(path, links)

    def _note(self, path: str, links: FileLinks) -> None:
        for edge in links.edges:
            self._importers[edge.target].append(path)
            if edge.runs is Runs.IMPORT:
                self._at_import[edge.target].append(path)
            if edge.target not in self._links:
                self._leaving.add(path)
        for link in links.broken:
            for asked in (link.module_path, link.cause and link.cause[0]):
                if asked is not None:
                    self._asking[asked].append(path)

    def importing(self, paths: Collection[str]) -> set[str]:
        """Give the files that import some, or miss something in them."""
        found = {path for one in paths for path in self._importers.get(one, ())}
        for one in paths:
            found.update(self._asking.get(one, ()), self._asking.get(self._places.get(one, ""), ()))
        return found | self._leaving if paths else found

    def failing_with(self, paths: Collection[str]) -> set[str]:
        """Give the files that lead to some while they are imported, and all that import these."""
        reached = {*paths, *self._leaving}
        pending = [*reached]
        while pending:
            come = {*self._at_import.get(pending.pop(), ())} - reached
            reached |= come
            pending += come
        return reached | self.importing(reached)


def _at_import(links: FileLinks, *, whole: bool = False) -> Iterator[object]:
    """Give what happens while a file is imported, or all of its imports."""
    yield from (edge for edge in links.edges if whole or edge.runs is Runs.IMPORT)
    yield from (link for link in links.broken if whole or link.runs is Runs.IMPORT)
    yield from links.calls


def _said_at_import(links: FileLinks) -> Iterator[object]:
    """Give what happens while a file is imported, wherever it stands."""
    yield from _imported(links)
    yield from _raised(links)
    yield from _calls(links)


def _raised(links: FileLinks, lines: Container[int] | None = None) -> Iterator[object]:
    """Give what raises while a file is imported, in some lines or wherever it stands."""
    for link in links.broken:
        if link.runs is Runs.IMPORT and (lines is None or link.span.line in lines):
            yield link.problem, link.module, link.name, link.exception, link.optional


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
