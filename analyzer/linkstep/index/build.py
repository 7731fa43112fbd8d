"""The index: summaries of many files, each one made when it is first needed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable

from linkstep.index.summarize import summarize
from linkstep.model.observer import Observer
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target


class Index:
    """Summaries by path; a file is read once.

    `read` gives a file's bytes or raises OSError.
    """

    def __init__(self, read: Callable[[str], bytes], target: Target, reader: str) -> None:
        self._read = read
        self._target = target
        self._reader = reader
        self._summaries: dict[str, FileSummary | None] = {}
        self.unreadable: dict[str, str] = {}
        self.commented: list[str] = []

    def summary(self, path: str, kind: ModuleKind) -> FileSummary | None:
        """Give the summary of a file, None when it cannot be read."""
        if path not in self._summaries:
            try:
                source = self._read(path)
            except OSError as error:
                self.unreadable[path] = error.strerror or type(error).__name__
                self._summaries[path] = None
            else:
                self._summaries[path] = summarize(source, kind, self._target, self._reader)
        return self._summaries[path]

    def build(
        self,
        files: Iterable[tuple[str, ModuleKind]],
        observer: Observer,
        commented: Callable[[bytes], bool],
    ) -> None:
        """Summarise files; those whose bytes `commented` is true of are remembered.

        The garbage collector is off meanwhile: syntax trees are many objects and no
        garbage in cycles.
        """
        enabled = gc.isenabled()
        gc.disable()
        try:
            for path, kind in files:
                try:
                    source = self._read(path)
                except OSError as error:
                    self.unreadable[path] = error.strerror or type(error).__name__
                    self._summaries[path] = None
                    continue
                self._summaries[path] = summarize(source, kind, self._target, self._reader)
                if commented(source):
                    self.commented.append(path)
                observer.advance(1)
        finally:
            if enabled:
                gc.enable()
