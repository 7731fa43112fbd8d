"""The index: summaries of many files, each one made when it is first needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from linkstep.index.native import all_encoded, available
from linkstep.index.reading import Reading, decoded, read
from linkstep.index.summaries import Kept, Summaries, no_workers
from linkstep.index.workers import WORTH_IT, Processes, Source, readings_by
from linkstep.model.digests import digest_of
from linkstep.model.observer import Observer
from linkstep.model.summary import FileSummary, Harmless, ModuleKind
from linkstep.model.target import Target

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORTH_THREADS = 30  # files; fewer are read before threads have started

_Readings = Iterator[Reading | None]
_Pass = Callable[[Iterable[Source], bool], _Readings]


class Index:
    """Summaries by path; a file is read once, or not at all when its summary is known.

    `read` gives a file's bytes or raises OSError; `content_id` gives what stands for them, if
    that is known without reading (`Tree.content_id`), `source` the bytes of a file when they
    are summarised and nothing else is made of them. `summaries` holds what is known, for
    several indexes of one run.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        target: Target,
        reader: str,
        summaries: Summaries | None = None,
        content_id: Callable[[str], bytes | None] = lambda path: None,
        source: Callable[[str], bytes] | None = None,
    ) -> None:
        self._read = read
        self._read_source = source or read
        self._content_id = content_id
        self._kept = Summaries() if summaries is None else summaries
        self._target = target
        self._reader = reader
        self._texts: dict[str, bytes] = {}
        self._summaries: dict[str, FileSummary | None] = {}
        self._harmless: dict[str, Mapping[str, Harmless]] = {}
        self.unreadable: dict[str, str] = {}
        self.commented: list[str] = []

    def summary(self, path: str, kind: ModuleKind) -> FileSummary | None:
        """Give the summary of a file, None when it cannot be read."""
        if path not in self._summaries:
            kept = self._known(path, kind) or self._made(path, kind, self._source(path))
            self._summaries[path] = None if kept is None else kept.summary
        return self._summaries[path]

    def harmless(self, path: str) -> Mapping[str, Harmless]:
        """Give the definitions of a reflective file that leave the namespaces of others alone."""
        if path not in self._harmless:
            from linkstep.index.summarize import harmless_in

            self._harmless[path] = harmless_in(self.text(path), self._target, self._reader)
        return self._harmless[path]

    def for_target(self, target: Target) -> Index:
        """Give an index of the same files for another target."""
        return Index(
            *(self._read, target, self._reader, self._kept, self._content_id, self._read_source)
        )

    def text(self, path: str) -> bytes:
        """Give a file's bytes, none when it cannot be read; kept for files of the project."""
        text = self._texts.get(path)
        if text is None:
            text = self._taken(path, self._read) or b""
            if not path.startswith("/"):
                self._texts[path] = text
        return text

    def source(self, path: str) -> bytes:
        """Give a file's bytes, none when it cannot be read, for what only depends on imports."""
        text = self._texts.get(path)
        return text if text is not None else self._source(path) or b""

    def build(
        self,
        files: Iterable[tuple[str, ModuleKind]],
        observer: Observer,
        commented: Callable[[bytes], bool],
        needed: Callable[[], Iterable[tuple[str, ModuleKind]]] = tuple,
    ) -> None:
        """Summarise files; those whose bytes `commented` is true of are remembered.

        Where an executor helps, it also summarises what is `needed` of the environment.
        """
        files = [(path, kind) for path, kind in files if path not in self._summaries]
        keys = (self._key(path, kind) for path, kind in files)
        self._kept.fetch(key for key in keys if key is not None)
        found = {path: self._known(path, kind) for path, kind in files}
        unknown = [f for f in files if (kept := found[f[0]]) is None or kept.commented is None]
        observer.advance(len(files) - len(unknown))
        threads = self._threads(len(unknown))
        natively = partial(self._natively, threads)
        if threads > 1:
            made = self._all_made(unknown, observer, commented, natively)
            found |= made
            unknown = [file for file in unknown if file[0] not in made]
        with self._kept.workers() if len(unknown) >= WORTH_IT else no_workers() as executor:
            pass_ = self._here if executor is None else partial(self._elsewhere, executor)
            found |= self._all_made(unknown, observer, commented, pass_)
            self._remember(files, found)
            if executor is not None and threads < 2:
                self._read_ahead(needed(), pass_)
        if threads > 1:
            self._read_ahead(needed(), natively)

    def _remember(
        self, files: Iterable[tuple[str, ModuleKind]], found: Mapping[str, Kept | None]
    ) -> None:
        for path, _ in files:
            kept = found[path]
            self._summaries[path] = None if kept is None else kept.summary
            if kept is not None and kept.commented:
                self.commented.append(path)

    # Passes over files. Each gives readings in the order of the files, None for one that it leaves
    # to the next pass.

    def _threads(self, count: int) -> int:
        """Give how many threads the native reader has for so many files, 1 where it has none."""
        workers = self._kept.workers
        is_worth_it = self._reader == "auto" and count >= WORTH_THREADS and available()
        return workers.jobs if is_worth_it and isinstance(workers, Processes) else 1

    def _natively(self, threads: int, sources: Iterable[Source], shallow: bool) -> _Readings:
        return map(decoded, all_encoded(sources, self._target, threads, shallow=shallow))

    def _elsewhere(self, executor: Executor, sources: Iterable[Source], shallow: bool) -> _Readings:
        return readings_by(executor, sources, self._target, self._reader, shallow=shallow)

    def _here(self, sources: Iterable[Source], shallow: bool) -> _Readings:
        return (read(*one, self._target, self._reader, shallow=shallow) for one in sources)

    def _read_ahead(self, files: Iterable[tuple[str, ModuleKind]], pass_: _Pass) -> None:
        """Summarise files of the environment before each of them is asked for."""
        asked: deque[tuple[str, bytes]] = deque()

        def sources() -> Iterator[Source]:
            for path, kind in dict(files).items():
                source = None if path in self._summaries else self._source(path)
                key = None if source is None else self._key(path, kind, source)
                if source is not None and key is not None and self._kept.get(key) is None:
                    asked.append((path, key))
                    yield source, kind

        for reading in pass_(sources(), True):
            path, key = asked.popleft()
            if reading is not None:
                self._summaries[path] = reading.summary
                self._kept.put(key, Kept(reading.summary), reading.encoded)

    def _all_made(
        self,
        files: Iterable[tuple[str, ModuleKind]],
        observer: Observer,
        commented: Callable[[bytes], bool],
        pass_: _Pass,
    ) -> dict[str, Kept | None]:
        """Give the summaries of files, without those that the pass leaves to another one."""
        found: dict[str, Kept | None] = {}
        asked: deque[tuple[str, bytes, bool]] = deque()

        def sources() -> Iterator[Source]:
            for path, kind in files:
                source = self._source(path)
                key = None if source is None else self._key(path, kind, source)
                kept = None if key is None else self._kept.get(key)
                if source is None or key is None or (kept and kept.commented is not None):
                    found[path] = kept
                    observer.advance(1)
                    continue
                asked.append((path, key, commented(source)))
                yield source, kind

        for reading in pass_(sources(), False):
            path, key, is_commented = asked.popleft()
            if reading is not None:
                kept = found[path] = Kept(reading.summary, is_commented)
                self._kept.put(key, kept, reading.encoded)
                observer.advance(1)
        return found

    def _source(self, path: str) -> bytes | None:
        return self._taken(path, self._read_source)

    def _taken(self, path: str, read: Callable[[str], bytes]) -> bytes | None:
        try:
            return read(path)
        except OSError as error:
            self.unreadable[path] = error.strerror or type(error).__name__
            return None

    def _known(self, path: str, kind: ModuleKind) -> Kept | None:
        key = self._key(path, kind)
        return None if key is None else self._kept.get(key)

    def _key(self, path: str, kind: ModuleKind, source: bytes | None = None) -> bytes | None:
        """Give what the summary of a file is kept by; None when only reading the file tells."""
        content = self._content_id(path)
        if content is None and source is not None:
            content = digest_of(source)
        if content is None:
            return None
        outside = path.startswith("/")  # of the environment: nobody links its functions
        return self._kept.key(content, kind, self._target, self._reader, shallow=outside)

    def _made(self, path: str, kind: ModuleKind, source: bytes | None) -> Kept | None:
        """Summarise a file, unless one with the same content was; None when it was not read."""
        if source is None:
            return None
        key = self._key(path, kind, source)
        assert key is not None
        kept = self._kept.get(key)
        if kept is None:
            outside = path.startswith("/")
            reading = read(source, kind, self._target, self._reader, shallow=outside)
            kept = Kept(reading.summary)
            self._kept.put(key, kept, reading.encoded)
        return kept
