"""Options that several commands share, and the request they make."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import click

from linkstep.model.policy import FailOn
from linkstep.model.request import CheckRequest

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def words(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Give rules by code, prefix, name or ALL, which commas separate in each value.

    Whether such rules exist is checked when the rules are loaded.
    """
    return tuple(word for value in values for word in re.split(r"[\s,]+", value) if word)


def linking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that decide what is linked against what."""
    options: tuple[Decorator, ...] = (
        click.option(
            "--config", metavar="FILE", help="Configuration to use instead of the project's."
        ),
        click.option(
            "--root",
            "roots",
            multiple=True,
            metavar="DIR",
            help="Directory that first-party module names are counted from; repeatable.",
        ),
        click.option(
            "--python",
            metavar="PATH",
            help="Interpreter or virtual environment to link against; it is never executed.",
        ),
        click.option(
            "--target-version", metavar="X.Y", help="Python version that will run the code."
        ),
        click.option("--platform", metavar="NAME", help="sys.platform there, such as linux."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def tree_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name another state of the files than the one on disk."""
    options: tuple[Decorator, ...] = (
        click.option(
            "--staged", is_flag=True, help="Check the git index: exactly what would be committed."
        ),
        click.option("--rev", metavar="REV", help="Check a git revision; nothing is checked out."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def cache_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where the cache is."""
    options: tuple[Decorator, ...] = (
        click.option(
            "--cache-dir", metavar="DIR", help="Where the cache is.  [default: the user's caches]"
        ),
        click.option("--no-cache", is_flag=True, help="Neither read nor write a cache."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def request_for(
    paths: tuple[str, ...],
    *,
    config: str | None,
    roots: tuple[str, ...],
    python: str | None,
    target_version: str | None,
    platform: str | None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    fail_on: str | None = None,
    require_environment: bool = False,
    only_reachable: bool = False,
    reader: str = "auto",
    baseline: str | None = None,
    no_baseline: bool = False,
    staged: bool = False,
    rev: str | None = None,
    since: str | None = None,
) -> CheckRequest:
    """Give what the options ask for, with the surroundings of this process."""
    return CheckRequest(
        cwd=os.getcwd(),
        environ=dict(os.environ),
        paths=paths,
        configuration=config,
        roots=roots,
        python=python,
        target_version=target_version,
        platform=platform,
        select=select,
        ignore=ignore,
        fail_on=FailOn(fail_on) if fail_on else None,
        require_environment=require_environment or None,
        only_reachable=only_reachable,
        reader=reader,
        baseline="" if no_baseline else baseline,
        staged=staged,
        rev=rev,
        since=since,
    )
