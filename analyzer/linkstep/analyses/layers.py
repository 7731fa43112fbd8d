"""Which layer of an image did it: who last wrote, replaced or removed what a fact is about."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from linkstep.model.facts import (
    BrokenReference,
    Fact,
    LayerAction,
    LayerNote,
    MissingSharedLibrary,
    StaleModule,
    UnstartableEntry,
)
from linkstep.model.image import ImageFiles, Layer, Version

NamesOf = Callable[[bytes], frozenset[str]]
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


class LayerHistory:
    """Adds to facts what the layers of an image have to do with them.

    `path` are the directories of `sys.path`, `programs` those of `PATH`, all absolute.
    `names_of` gives the names that a Python file binds. Facts about an image without layers
    stay as they are.
    """

    def __init__(
        self,
        files: ImageFiles,
        layers: Sequence[Layer],
        path: Sequence[str],
        programs: Sequence[str],
        names_of: NamesOf,
    ) -> None:
        self._files = files
        self._layers = layers
        self._path = path
        self._programs = programs
        self._names_of = names_of

    def explain(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Give the facts, each with its notes about layers."""
        if not self._layers:
            return tuple(facts)
        return tuple(self._explained(fact) for fact in facts)

    def _explained(self, fact: Fact) -> Fact:
        if isinstance(fact, BrokenReference):
            return replace(fact, layers=tuple(self._of_reference(fact)))
        if isinstance(fact, UnstartableEntry):
            return replace(fact, layers=tuple(self._of_program(fact)))
        if isinstance(fact, MissingSharedLibrary):
            return replace(fact, layers=tuple(self._last_written(fact.needed_by)))
        if isinstance(fact, StaleModule):
            return replace(fact, layers=tuple(self._last_written(fact.path)))
        return fact

    def _of_reference(self, fact: BrokenReference) -> Iterator[LayerNote]:
        missing = _NO_MODULE.match(fact.exception)
        if missing is not None:
            yield from self._of_module(missing[1])
        elif fact.offered_by is not None:
            last = self._ended(fact.offered_by)
            before = b"" if last is None else last.content or b""
            if last is not None and fact.name in self._names_of(before):
                had = self._note(LayerAction.HAD, fact.offered_by, last.written_by)
                yield replace(had, name=fact.name)
            yield from self._last_written(fact.offered_by)

    def _of_module(self, name: str) -> Iterator[LayerNote]:
        """Tell of a file or directory that was this module, or one of its parents."""
        parts = name.split(".")
        for depth in range(len(parts), 0, -1):
            for directory in self._path:
                stem = posixpath.join(directory, *parts[:depth])
                for path in (f"{stem}/__init__.py", f"{stem}.py", stem):
                    if self._files.layer_of(path) is None and self._ended(path) is not None:
                        yield from self._ending(path)
                        return

    def _of_program(self, fact: UnstartableEntry) -> Iterator[LayerNote]:
        targets = [fact.subject.rpartition(" -> ")[2]]
        if "/" not in fact.subject:
            targets = [posixpath.join(place, fact.subject) for place in self._programs]
        for path in targets:
            absent = path.startswith("/") and self._files.layer_of(path) is None
            if absent and self._ended(path) is not None:
                yield from self._ending(path)
                return
        if fact.path.startswith("/"):
            yield from self._last_written(fact.path)

    def _ending(self, path: str) -> Iterator[LayerNote]:
        last = self._ended(path)
        if last is not None:
            yield self._note(LayerAction.HAD, path, last.written_by)
            action = LayerAction.REPLACED if last.replaced else LayerAction.REMOVED
            yield self._note(action, path, last.ended_by)

    def _ended(self, path: str) -> Version | None:
        versions = self._files.versions(path)
        return versions[-1] if versions else None

    def _last_written(self, path: str) -> Iterator[LayerNote]:
        layer = self._files.layer_of(path)
        if layer is None:
            return
        before = self._ended(path)
        replaced = before is not None and before.ended_by == layer
        yield self._note(LayerAction.REPLACED if replaced else LayerAction.WROTE, path, layer)

    def _note(self, action: LayerAction, path: str, number: int) -> LayerNote:
        created_by = self._layers[number - 1].created_by if number <= len(self._layers) else ""
        return LayerNote(action, self._files.absolute(path), number, len(self._layers), created_by)
