"""The index: summaries of many files, each one made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from linkstep.index.summarize import summarize
from linkstep.model.observer import Observer
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target

Shared = dict[tuple[bytes, ModuleKind, Target, bool], FileSummary]


class Index:
    """Summaries by path; a file is read once.

    `read` gives a file's bytes or raises OSError. `shared` holds summaries by content, for
    several indexes of one run: two states of a tree have most files in common.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        target: Target,
        reader: str,
        shared: Shared | None = None,
    ) -> None:
        self._read = read
        self._shared = shared
        self._target = target
        self._reader = reader
        self._texts: dict[str, bytes] = {}
        self._summaries: dict[str, FileSummary | None] = {}
        self.unreadable: dict[str, str] = {}
        self.commented: list[str] = []

    def summary(self, path: str, kind: ModuleKind) -> FileSummary | None:
        """Give the summary of a file, None when it cannot be read."""
        if path not in self._summaries:
            outside = path.startswith("/")  # of the environment: nobody links its functions
            self._summaries[path] = self._summarized(self._source(path), kind, shallow=outside)
        return self._summaries[path]

    def text(self, path: str) -> bytes:
        """Give a file's bytes, none when it cannot be read; kept for files of the project."""
        text = self._texts.get(path)
        if text is None:
            text = self._source(path) or b""
            if not path.startswith("/"):
                self._texts[path] = text
        return text

    def build(
        self,
        files: Iterable[tuple[str, ModuleKind]],
        observer: Observer,
        commented: Callable[[bytes], bool],
    ) -> None:
        """Summarise files; those whose bytes `commented` is true of are remembered."""
        for path, kind in files:
            observer.advance(1)
            if path in self._summaries:
                continue
            source = self._source(path)
            if source is not None and commented(source):
                self.commented.append(path)
            self._summaries[path] = self._summarized(source, kind)

    def _source(self, path: str) -> bytes | None:
        try:
            return self._read(path)
        except OSError as error:
            self.unreadable[path] = error.strerror or type(error).__name__
            return None

    def _summarized(
        self, source: bytes | None, kind: ModuleKind, *, shallow: bool = False
    ) -> FileSummary | None:
        if source is None:
            return None
        if self._shared is None:
            return summarize(source, kind, self._target, self._reader, shallow=shallow)
        key = (source, kind, self._target, shallow)
        if key not in self._shared:
            self._shared[key] = summarize(source, kind, self._target, self._reader, shallow=shallow)
        return self._shared[key]
