"""`linkstep cache`: what is in the cache, and how to get rid of it."""

from __future__ import annotations

import click

from linkstep.cli.caching import cache_for, tell
from linkstep.errors import LinkstepError
from linkstep.index.cache import Cache


@click.command("cache")
@click.argument("action", type=click.Choice(("info", "clear", "prune")))
@click.option(
    "--cache-dir", metavar="DIR", help="Where the cache is.  [default: the user's caches]"
)
def command(action: str, cache_dir: str | None) -> int:
    """Show what earlier runs have kept, or remove it.

    The cache is one file. It never changes a result, and can be removed at any time.

    \b
      info    where it is, how large it is and what is in it
      clear   remove it
      prune   remove what was not used for 30 days, and the oldest of more than 512 MB

    \b
    Examples:
      linkstep cache info
      linkstep cache clear --cache-dir .cache/linkstep
    """
    cache = cache_for(cache_dir, no_cache=False)
    if cache is None:
        raise LinkstepError(
            "nothing says where the cache is", hint="pass --cache-dir, or set LINKSTEP_CACHE_DIR"
        )
    if cache.is_foreign():
        raise LinkstepError("this is no cache of linkstep", where=str(cache.path))
    for line in {"info": _info, "clear": _clear, "prune": _prune}[action](cache):
        click.echo(line)
    tell(cache)
    return 0


def _info(cache: Cache) -> list[str]:
    held = cache.statistics()
    return [
        f"file:       {cache.path}",
        f"size:       {held.size / 1_000_000:.1f} MB",
        f"summaries:  {held.summaries:,}",
        f"results:    {held.results:,}",
    ]


def _clear(cache: Cache) -> list[str]:
    removed = cache.clear()
    return [f"removed {cache.path}" if removed else f"there is no cache at {cache.path}"]


def _prune(cache: Cache) -> list[str]:
    before = cache.statistics().size
    cache.prune()
    after = cache.statistics().size
    return [f"{(before - after) / 1_000_000:.1f} MB less, {after / 1_000_000:.1f} MB left"]
