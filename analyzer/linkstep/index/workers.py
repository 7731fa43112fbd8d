"""Summaries made by other processes, or on other machines.

A summary depends on bytes alone, so batches of sources go to any `concurrent.futures.Executor`
and come back as MessagePack, which is kept for the cache as it is. Which worker had which batch
changes nothing: results are taken in the order of the files.

What starts processes is imported when they are started: a run that finds its summaries in the
cache has no use for it.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.index.reading import Reading, decoded, read, read_encoded
from linkstep.index.summaries import no_workers
from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Source = tuple[bytes, ModuleKind]
_Batch = list[tuple[bytes, str]]

WORTH_IT = 150  # files; fewer are read before processes have started
_BATCH_BYTES = 100_000  # so little that no worker is left alone with the end for long
_MOST_WAITING = 32  # batches that are with an executor at a time, so that memory stays bounded


def read_batch(
    sources: Sequence[tuple[bytes, str]], target: Target, reader: str, shallow: bool = False
) -> list[bytes | None]:
    """Give the summaries of some sources, in order, as `read_encoded` gives each.

    A source comes with the value of its ModuleKind, so that what goes to another process
    is plain.

    >>> [found] = read_batch([(b"import os", "module")], Target((3, 11)), "auto")
    >>> decoded(found).summary.body[0].module
    'os'
    """
    return [
        read_encoded(text, ModuleKind(kind), target, reader, shallow=shallow)
        for text, kind in sources
    ]


def readings_by(
    executor: Executor,
    sources: Iterable[Source],
    target: Target,
    reader: str,
    *,
    shallow: bool = False,
) -> Iterator[Reading]:
    """Give the summaries of sources, in their order, made by an executor."""
    from concurrent.futures import BrokenExecutor

    pending: deque[tuple[_Batch, Future[list[bytes | None]]]] = deque()

    def first_of_them() -> Iterator[Reading]:
        batch, future = pending.popleft()
        for (text, kind), encoded in zip(batch, future.result(), strict=True):
            found = decoded(encoded)
            yield found or read(text, ModuleKind(kind), target, reader, shallow=shallow)

    try:
        for batch in _batches(sources):
            pending.append((batch, executor.submit(read_batch, batch, target, reader, shallow)))
            if len(pending) >= _MOST_WAITING:
                yield from first_of_them()
        while pending:
            yield from first_of_them()
    except BrokenExecutor:
        raise LinkstepError(
            "a worker process ended before its work was done",
            hint="--jobs 1 works without further processes and needs less memory",
        ) from None


def _batches(sources: Iterable[Source]) -> Iterator[_Batch]:
    batch: _Batch = []
    size = 0
    for text, kind in sources:
        batch.append((text, kind.value))
        size += len(text)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Processes(Struct, frozen=True):
    """So many worker processes; of one job there is none besides this process."""

    jobs: int

    def __call__(self) -> AbstractContextManager[Executor | None]:
        """Give the processes for a while."""
        return _process_pool(self.jobs) if self.jobs > 1 else no_workers()


def processes(jobs: int | None) -> Processes:
    """Give as many worker processes as `jobs` says, None for one on each processor."""
    return Processes(jobs or _processors())


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _process_pool(jobs: int) -> Iterator[Executor]:
    """Give processes that end with this one, however it ends.

    Ctrl-C reaches this process only: it stops the workers and goes on raising.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import linkstep.index.summarize  # noqa: F401  # once, and not in each process

    # Other ways to start a process take longer; what is forked here has one thread.
    alone = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if alone else "spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Leave signals to the parent, never collect garbage, and end when the parent does."""
    from multiprocessing import parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)
