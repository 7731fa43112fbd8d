"""Where the cache is, and what of it a command uses and keeps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from linkstep.index.cache import Cache
from linkstep.index.summaries import Summaries
from linkstep.model.observer import Observer
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.report.visible import visible
from linkstep.tree.journal import Journal

VARIABLE = "LINKSTEP_CACHE_DIR"


def cache_directory(named: str | None, environ: Mapping[str, str], platform: str) -> Path | None:
    """Give the directory of the cache; None where nothing says which one is the user's.

    That of `--cache-dir`, else of LINKSTEP_CACHE_DIR, else one among the user's caches, where
    the platform has them: XDG_CACHE_HOME (XDG Base Directory Specification) or `~/.cache`,
    `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.

    >>> cache_directory(None, {"HOME": "/home/ada"}, "linux").as_posix()
    '/home/ada/.cache/linkstep'
    >>> cache_directory(None, {"HOME": "/home/ada", "XDG_CACHE_HOME": "/c"}, "linux").as_posix()
    '/c/linkstep'
    """
    named = named or environ.get(VARIABLE)
    if named:
        return Path(os.path.abspath(os.path.expanduser(named)))
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return Path(local, "linkstep", "Cache") if local else None
    home = environ.get("HOME", "")
    if platform == "darwin":
        return Path(home, "Library", "Caches", "linkstep") if home else None
    told = environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(told):
        return Path(told, "linkstep")
    return Path(home, ".cache", "linkstep") if home else None


def cache_for(named: str | None, no_cache: bool) -> Cache | None:
    """Give the cache that the options ask for, None for none."""
    directory = None if no_cache else cache_directory(named, os.environ, sys.platform)
    return None if directory is None else Cache(directory)


@contextmanager
def checked(
    request: CheckRequest, cache: Cache | None, quiet: bool, jobs: int | None = None
) -> Iterator[Callable[[Observer], CheckResult]]:
    """Give the function that checks, with a cache or without, in so many processes.

    What was found out is kept when the block is left, so that nobody waits for it.
    """
    if cache is None:
        from linkstep import pipeline  # all of the stages
        from linkstep.index.workers import processes

        yield partial(pipeline.check, request, summaries=Summaries(workers=processes(jobs)))
        return
    from linkstep.incremental.cached_check import CachedCheck

    check = CachedCheck(cache, request, jobs=jobs)
    with kept(check.save, cache, quiet):
        yield check.run


@contextmanager
def known(
    request: CheckRequest, cache: Cache | None, quiet: bool = False
) -> Iterator[tuple[Summaries | None, Journal | None]]:
    """Give what the cache knows about the files of a request, for other things than a check."""
    if cache is None:
        yield None, None
        return
    from linkstep.incremental.cached_state import known_to

    summaries, journal = known_to(cache, request)
    with kept(lambda: cache.save(summaries.made()), cache, quiet):
        yield summaries, journal


@contextmanager
def kept(save: Callable[[], None], cache: Cache, quiet: bool) -> Iterator[None]:
    """Keep what was found out when the block is left; nothing when it is interrupted."""
    try:
        yield
    except SystemExit:  # nobody reads the report any more
        save()
        cache.close()
        raise
    save()
    tell(cache, quiet)


def tell(cache: Cache, quiet: bool = False) -> None:
    """Let go of a cache, and say what there is to be said about it."""
    cache.close()
    if not quiet:
        for note in cache.notes():
            print(f"linkstep: note: {visible(note)}", file=sys.stderr)
