"""`linkstep graph`: the import map, for other tools to draw."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from linkstep.cli.options import cache_options, linking_options, request_for, tree_options
from linkstep.cli.progress import observed
from linkstep.cli.streams import deliver
from linkstep.model.import_map import ImportMap, MapRequest

FORMATS = ("dot", "mermaid", "json", "graphml")


@click.command("graph")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="dot",
    show_default=True,
    help="Language of the drawing; json is networkx's node-link data.",
)
@click.option("--output", metavar="FILE", help="Write there, not to standard output.")
@click.option(
    "--focus",
    multiple=True,
    metavar="MODULE",
    help="Show this module or package, and what is around it; `*` matches; repeatable.",
)
@click.option("--depth", type=click.IntRange(0), help="How many imports away from the focus.")
@click.option(
    "--levels",
    type=click.IntRange(1),
    metavar="N",
    help="Join modules into packages of N levels: 2 shows app.db for app.db.session.",
)
@click.option("--import-time", is_flag=True, help="Leave out imports that wait for a call.")
@click.option("--cycles", is_flag=True, help="Show circles of imports only.")
@click.option("--broken", is_flag=True, help="Show imports that fail only.")
@tree_options
@linking_options
@cache_options
def command(
    paths: tuple[str, ...],
    style: str,
    output: str | None,
    focus: tuple[str, ...],
    depth: int | None,
    levels: int | None,
    import_time: bool,
    cycles: bool,
    broken: bool,
    cache_dir: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Draw who imports whom below PATHS (default: the project in this directory).

    Imports that fail are red, circles orange, imports that wait for a call dashed.

    \b
    Examples:
      linkstep graph --levels 2 | dot -Tsvg -o imports.svg
      linkstep graph --format mermaid --focus app.db --depth 1
      linkstep graph --broken --format json
    """
    from linkstep import pipeline
    from linkstep.cli.caching import cache_for, known

    wanted = MapRequest(focus, depth, levels, import_time, cycles, broken)
    request = request_for(paths, **options)
    with known(request, cache_for(cache_dir, no_cache)) as (summaries, journal):
        with observed(sys.stderr, False) as observer:
            shown = pipeline.map_imports(request, wanted, observer, summaries, journal)
        deliver(_render(shown, style), output)


def _render(shown: ImportMap, style: str) -> str:
    """Give the map in one language; each is imported only when it is wanted."""
    if style in ("dot", "mermaid"):
        from linkstep.report import map_text

        return map_text.render_dot(shown) if style == "dot" else map_text.render_mermaid(shown)
    from linkstep.analyses import graph_algorithms

    if style == "json":
        return json.dumps(graph_algorithms.node_link(shown), indent=2) + "\n"
    return "".join(f"{line}\n" for line in graph_algorithms.graphml(shown))
