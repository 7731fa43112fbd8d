"""`linkstep image`: link what a container image would run, and tell what fails there."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from linkstep.cli.formats import FORMATS, Occasion, further_reports, render
from linkstep.cli.options import request_for, words
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver
from linkstep.model.environment import PathEntry
from linkstep.model.image import ImageExplanation, ImageRequest
from linkstep.model.policy import FailOn
from linkstep.model.request import CheckResult
from linkstep.report.visible import visible

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def pairs(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Give the variables of `--env NAME=VALUE`."""
    found = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{value!r} is no NAME=VALUE")
        found[name] = text
    return found


def size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Give the bytes of `64G`, `500M` or a plain number."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d{1,15})([KMGT]?)(?:i?B)?", value.strip(), re.IGNORECASE)
    if match is None:
        raise click.BadParameter(f"{value!r} is no size such as 64G")
    return int(match[1]) * _UNITS[match[2].upper()]


@click.command("image")
@click.argument("image", metavar="IMAGE")
@click.option("--ref", metavar="NAME", help="Which of several images: a tag, or a digest.")
@click.option("--platform", metavar="OS/ARCH", help="Which of several platforms: linux/arm64.")
@click.option(
    "--entry",
    "entries",
    multiple=True,
    metavar="COMMAND",
    help="What is started, in place of the image's command: app.main:app, or a command line.",
)
@click.option("--workdir", "working_dir", metavar="DIR", help="Working directory, if another.")
@click.option(
    "--env", "environ", multiple=True, callback=pairs, metavar="NAME=VALUE", help="Set a variable."
)
@click.option("--user", metavar="USER", help="User that the process runs as, if another.")
@click.option("--app", "root", metavar="DIR", help="Directory of the application in the image.")
@click.option("--python", metavar="PATH", help="Interpreter in the image, if it is not found.")
@click.option("--tree", "sources", metavar="DIR", help="Compare with the sources in DIR (LS404).")
@click.option("--max-size", callback=size, metavar="SIZE", help="Most that layers may unpack to.")
@click.option("--explain", is_flag=True, help="Show what would be linked, and why; link nothing.")
@click.option(
    "--format",
    "style",
    type=click.Choice(tuple(FORMATS)),
    default="full",
    show_default=True,
    help="How to tell it.",
)
@click.option("--output", metavar="FILE", help="Write the report there, not to standard output.")
@click.option(
    "--report",
    "further",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=further_reports,
    help="Write a report in another format as well; repeatable.",
)
@click.option(
    "--select", callback=words, multiple=True, metavar="CODES", help="Report these rules only."
)
@click.option(
    "--ignore", callback=words, multiple=True, metavar="CODES", help="Leave these rules out."
)
@click.option(
    "--fail-on",
    type=click.Choice([level.value for level in FailOn]),
    help="Least severity that ends with exit code 1.  [default: error]",
)
@click.option("--config", metavar="FILE", help="Configuration to use instead of the project's.")
@click.option("-q", "--quiet", is_flag=True, help="Findings only: no summary, notes or progress.")
def command(
    image: str,
    style: str,
    output: str | None,
    further: tuple[tuple[str, str], ...],
    quiet: bool,
    explain: bool,
    **options: Any,
) -> int:
    """Check a container image: what its command starts, linked as it is in there.

    IMAGE is a `docker save` archive, an OCI layout (directory or archive), what
    podman, buildah or skopeo write, a `docker export` archive or an unpacked root
    file system, or - for standard input. No daemon is asked, nothing is executed
    or unpacked.

    \b
    Examples:
      docker save shop | linkstep image -
      linkstep image shop.tar --ref shop:1.2 --format github
      linkstep image oci-layout/ --platform linux/arm64 --explain
      linkstep image rootfs/ --workdir /srv --entry "gunicorn shop.wsgi"
      linkstep image shop.tar --tree .

    \b
    Exit code: 0 clean, 1 findings at or above --fail-on, 2 what cannot be
    judged: no image, a damaged one, no Python, a command that is not understood.
    """
    from linkstep.images import pipeline as image_pipeline  # the stages; --help needs none of them

    request = _request(image, **options)
    started = time.perf_counter()
    with observed(sys.stderr, quiet) as observer:
        if explain:
            explanation = image_pipeline.explain_image(request, sys.stdin.buffer, observer)
            deliver("".join(f"{line}\n" for line in explained(explanation)), output)
            return 0
        result: CheckResult = image_pipeline.check_image(request, sys.stdin.buffer, observer)
    elapsed = time.perf_counter() - started
    for format_, file in ((style, output), *further):
        occasion = Occasion(to_file=file not in (None, "-"), quiet=quiet, elapsed=elapsed)
        deliver(render(result, format_, occasion), file)
    return 1 if result.failed else 0


def _request(
    image: str,
    *,
    ref: str | None,
    platform: str | None,
    entries: tuple[str, ...],
    working_dir: str | None,
    environ: dict[str, str],
    user: str | None,
    root: str | None,
    sources: str | None,
    max_size: int | None,
    **options: Any,
) -> ImageRequest:
    check = request_for((), roots=(), target_version=None, platform=None, **options)
    if sources is not None:
        sources = os.path.abspath(sources)
    return ImageRequest(
        check, image, ref, platform, entries, working_dir, environ, user, root, sources, max_size
    )


def explained(explanation: ImageExplanation) -> Iterator[str]:
    """Give the lines of `--explain`."""
    description, project = explanation.description, explanation.project
    environment = project.environment
    name = f"{description.name} " if description.name else ""
    yield f"image: {visible(name)}({visible(description.form)} {visible(description.where)})"
    config = description.config
    if config is not None:
        yield f"platform: {visible(config.os)}/{visible(config.architecture or 'unknown')}"
        yield f"working directory: {visible(config.working_dir)}"
        yield f"user: {visible(config.user or 'root')}"
    for line in explanation.commands:
        yield f"command: {visible(line.text)} ({visible(line.why)})"
        for text, path in line.steps:
            yield f"  {visible(text)}: {visible(path)}"
    yield "entry points:"
    for entry in explanation.entries:
        yield f"  {visible(entry)}"
    yield f"application: {visible(explanation.base)}"
    yield f"target: {visible(str(project.target))} ({visible(project.target_why)})"
    if explanation.python is not None:
        started, real = explanation.python
        behind = f" -> {visible(real)}" if real != started else ""
        yield f"interpreter: {visible(started)}{behind}"
    yield "sys.path:"
    yield from _path(explanation, project.roots)
    yield from _path(explanation, environment.stdlib)
    yield from _path(explanation, environment.site)
    for module, path in environment.mappings:
        yield f"  {visible(module)} -> {visible(path)} (editable install)"
    for path in environment.opaque_finders:
        yield f"  {visible(path)} (cannot be read without running it; anything may come from it)"
    if environment.built_in is not None:
        yield f"built-in modules: {len(environment.built_in)}, from the interpreter's symbols"
    yield f"layers: {len(description.layers)}, {description.entries:,} entries"
    for layer in description.layers:
        yield f"  {layer.number} {visible(layer.digest[:19])} {visible(layer.created_by)}".rstrip()
    for note in description.notes:
        yield f"note: {visible(note)}"


def _path(explanation: ImageExplanation, entries: tuple[PathEntry, ...]) -> Iterator[str]:
    for entry in entries:
        inside = entry.directory.startswith("/")
        path = entry.directory if inside else f"{explanation.base.rstrip('/')}/{entry.directory}"
        yield f"  {visible(path.rstrip('/') or '/')} ({visible(entry.why)})"
