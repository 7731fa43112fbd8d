"""`python -m benchmarks.reach WORK [--write]`: reach at import, compared with sys.modules.

    python -m benchmarks.reach WORK [APPLICATION...] [--write]
    python -m benchmarks.reach --project DIRECTORY --python PYTHON --entry MODULE:NAME [PATH...]

An application is linked as a project, and what its entry point reaches while it is imported
is compared with the modules of the application that really are in sys.modules after the
import. WORK keeps the environments between runs. `--write` puts the table into
docs/reach.md, between the markers.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.reach.environments import Application, Place, prepare
from benchmarks.reach.imported import imported
from linkstep.analyses.entry_points import started_modules
from linkstep.analyses.graph import ImportGraph
from linkstep.collector import collector_off
from linkstep.config import load_configuration
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check_tree
from linkstep.tree.directory import DirectoryTree

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reach.md"
BEGIN, END = "<!-- benchmarks.reach: begin -->", "<!-- benchmarks.reach: end -->"


class Comparison(Struct, frozen=True):
    """The modules of one application, by who says that its entry point imports them.

    `failed` are in both: the interpreter imported them too, they raised, and somebody
    caught that, so that they are not in sys.modules.
    """

    name: str
    entry: str
    modules: int
    both: frozenset[str]
    only_linkstep: frozenset[str]
    only_python: frozenset[str]
    failed: frozenset[str]

    @property
    def agreement(self) -> float:
        """The part of the modules that either names on which both agree, in percent."""
        either = len(self.both) + len(self.only_linkstep) + len(self.only_python)
        return 100 * len(self.both) / max(either, 1)


def compare(name: str, entry: str, place: Place) -> Comparison:
    """Link an application, import it, and compare."""
    modules, reached = reach(place, entry)
    real = imported(place.python, place.root, entry)
    executed = {modules[path] for path in real.loaded | real.failed if path in modules}
    return Comparison(
        name,
        entry,
        len(modules),
        frozenset(reached & executed),
        frozenset(reached - executed),
        frozenset(executed - reached),
        frozenset(modules[path] for path in real.failed if path in modules) & reached,
    )


def reach(place: Place, entry: str) -> tuple[dict[str, str], set[str]]:
    """Give the linked modules by path, and those that importing the entry point reaches."""
    request = CheckRequest(cwd=str(place.root), environ={}, python=str(place.python))
    configuration = replace(load_configuration(lambda name: None, None), entry_points=(entry,))
    tree = DirectoryTree(place.root)
    with collector_off():
        linked = check_tree(tree, place.root, configuration, request, place.paths, Unobserved())
    program = linked.program
    names = {module.path: module.name for module in program.modules}
    started = started_modules(program.launches, names)
    graph = ImportGraph(program.edges, names, started, program.executions)
    reached = {
        name
        for name in names.values()
        if any(not found.deferred for found in graph.reached_from(name, [entry]))
    }
    return names, reached


def rows(compared: Iterable[Comparison]) -> Iterable[str]:
    """Give the table of all comparisons."""
    columns = ("modules", "both", "of these failed", "only linkstep", "only Python", "agreement")
    yield f"| application | entry point | {' | '.join(columns)} |"
    yield "|---|---|" + "---:|" * len(columns)
    for one in compared:
        sets = (one.both, one.failed, one.only_linkstep, one.only_python)
        cells = " | ".join(f"{count:,}" for count in (one.modules, *map(len, sets)))
        yield f"| {one.name} | `{one.entry}` | {cells} | {one.agreement:.1f} % |"


def show(one: Comparison) -> None:
    """Print one comparison and each of its differences."""
    print("\n".join(list(rows([one]))[2:]), flush=True)
    for what, modules in (("linkstep", one.only_linkstep), ("Python", one.only_python)):
        for module in sorted(modules):
            print(f"  only {what}: {module}", flush=True)


def write(table: str) -> None:
    """Put the table into the page, between its markers."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.reach", description=__doc__)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("names", nargs="*", metavar="WORK [APPLICATION...] or PATH...")
    made.add_argument("--project", type=Path, help="compare this project instead")
    made.add_argument("--python", type=Path, help="an interpreter that has what it requires")
    made.add_argument("--entry", help="what starts the project, as in app.main:app")
    made.add_argument("--write", action="store_true", help="write the table into docs/reach.md")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run the comparison; 1 when linkstep reached what Python did not import."""
    given = parser().parse_args(arguments)
    compared: list[Comparison] = []
    if given.project is not None:
        place = Place(given.project.resolve(), given.python.absolute(), tuple(given.names or [""]))
        compared.append(compare(given.project.name, given.entry, place))
        show(compared[0])
        return 1 if compared[0].only_linkstep else 0
    listed = tomllib.loads((HERE / "applications.toml").read_text())["application"]
    work, *wanted = given.names
    for application in (Application(**one) for one in listed):
        if not wanted or application.name in wanted:
            place = prepare(application, Path(work).absolute())
            compared.append(compare(application.name, application.entry, place))
            show(compared[-1])
    if given.write:
        write("\n".join(rows(compared)))
    return 1 if any(one.only_linkstep for one in compared) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
