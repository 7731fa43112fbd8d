"""`linkstep baseline`: accept what is there today, so that only new findings fail."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from linkstep.cli.options import cache_options, linking_options, request_for, words
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver
from linkstep.errors import LinkstepError
from linkstep.model.identity import Key
from linkstep.report.summary import plural
from linkstep.report.visible import visible
from linkstep.rulebook.baseline import (
    MAKE,
    Entry,
    added,
    entries_for,
    parse_baseline,
    pruned,
    render_baseline,
    words_of,
)

SHOWN = 3


@click.command("baseline")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--output",
    metavar="FILE",
    help="Write there.  [default: the baseline configured, else linkstep-baseline.json]",
)
@click.option("--prune", is_flag=True, help="Only remove what no longer occurs.")
@click.option("--force", is_flag=True, help="Add new findings to a baseline that exists.")
@click.option(
    "--select",
    callback=words,
    multiple=True,
    metavar="CODES",
    help="List these rules only: LS102, LS1, undefined-name or ALL.",
)
@click.option(
    "--ignore",
    callback=words,
    multiple=True,
    metavar="CODES",
    help="Leave these rules out as well.",
)
@linking_options
@cache_options
@click.option("-q", "--quiet", is_flag=True, help="Say nothing, and show no progress.")
def command(
    paths: tuple[str, ...],
    output: str | None,
    prune: bool,
    force: bool,
    quiet: bool,
    cache_dir: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Write the findings below PATHS to a baseline (default: the project here).

    `check --baseline FILE`, or the key `baseline` of the configuration, accepts
    what is listed. New findings fail as before, and so do entries that no longer
    occur, until --prune removes them: a baseline only shrinks.

    \b
    Examples:
      linkstep baseline
      linkstep baseline --prune
      linkstep baseline src/app --python .venv --output app-baseline.json
    """
    from linkstep.cli.caching import cache_for, checked  # --help needs none of it

    if prune and force:
        raise LinkstepError("--prune never adds anything, --force does", hint="choose one of them")
    request = request_for(paths, no_baseline=True, **options)
    with (
        checked(request, cache_for(cache_dir, no_cache), quiet) as check,
        observed(sys.stderr, quiet) as observer,
    ):
        result = check(observer)
    file = Path(output or result.baseline_file)
    old = _existing(file, required=prune)
    wanted = entries_for(result.report.findings, old or {}, result.in_view)
    entries: Mapping[Key, Entry] = wanted
    if prune:
        entries = pruned(old or {}, wanted)
    elif old is not None and not force and (new := added(old, wanted)):
        raise _would_grow(file, new)
    deliver(render_baseline(entries.values()), str(file))
    if not quiet:
        before, after = (_total(listed.values()) for listed in (old or {}, entries))
        change = "" if old is None else f", {before:,} before"
        deliver(f"{visible(_shown(file))}: {plural(after, 'finding')}{change}\n", None)


def _existing(file: Path, *, required: bool) -> dict[Key, Entry] | None:
    """Give the entries of a baseline that is there already, None when it is not."""
    try:
        return parse_baseline(file.read_bytes(), _shown(file)).entries
    except FileNotFoundError:
        if required:
            raise LinkstepError(f"there is no baseline {_shown(file)}", hint=MAKE) from None
        return None
    except OSError as error:
        why = error.strerror or str(error)
        raise LinkstepError(f"cannot read the baseline {_shown(file)}", why=why) from None


def _would_grow(file: Path, new: list[Key]) -> LinkstepError:
    """Give the refusal to accept more than was accepted before, with what that would be."""
    shown = [words_of(key) for key in new[:SHOWN]]
    if len(new) > SHOWN:
        shown.append(f"and {len(new) - SHOWN:,} more")
    return LinkstepError(
        f"{_shown(file)} would grow",
        why="\n".join(shown),
        hint="repair these, or accept them with --force; --prune only removes",
    )


def _total(entries: Iterable[Entry]) -> int:
    return sum(entry.count for entry in entries)


def _shown(file: Path) -> str:
    """Give the file as a user would type it."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
