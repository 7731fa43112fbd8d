"""`python -m benchmarks.dependencies DIRECTORY [--write]`: five tools, every difference settled.

DIRECTORY keeps sources and environments between runs. Each statement that not all tools make
needs a verdict in verdicts.toml: `true` when it holds, `false` when it does not, with the
reason. That something is missing is settled by what pip lists. The table counts, for each
tool, its statements by verdict. `--write` puts it into docs/dependencies.md, between the
markers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PathDistribution
from pathlib import Path

from packaging.utils import canonicalize_name

from benchmarks.dependencies import peers
from benchmarks.dependencies.environments import Application, prepare, prepare_tools
from benchmarks.dependencies.peers import Said

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "dependencies.md"
BEGIN, END = "<!-- benchmarks.dependencies: begin -->", "<!-- benchmarks.dependencies: end -->"
TOOLS = ("linkstep", "deptry", "FawltyDeps", "pip-check-reqs", "pip check")
KINDS = {"undeclared", "transitive", "unused", "development", "conflict", "missing"}


def main(arguments: list[str]) -> int:
    directory = Path(arguments[0]).absolute()
    listed = tomllib.loads((HERE / "applications.toml").read_text())["application"]
    verdicts = tomllib.loads((HERE / "verdicts.toml").read_text())
    programs = prepare_tools(directory)
    said: dict[str, dict[str, set[Said]]] = {}
    for one in listed:
        application = Application(**one)
        said[application.name] = ask(application, directory, programs)
        there = installed_in(prepare(application, directory).environment)
        for statement in set().union(*said[application.name].values()):
            if statement.kind == "missing":
                told = (
                    "false: it is installed" if statement.name in there else "true: it is not there"
                )
                verdicts.setdefault(application.name, {})[f"missing {statement.name}"] = told
    unsettled = [
        (name, statement)
        for name, by_tool in said.items()
        for statement in sorted(set().union(*by_tool.values()))
        if verdict_of(verdicts, name, statement) is None
    ]
    for name, statement in unsettled:
        tools = [tool for tool in TOOLS if statement in said[name][tool]]
        print(f"not settled: {name}: {statement.kind} {statement.name} ({', '.join(tools)})")
    table = "\n".join(rows(said, verdicts))
    print(table)
    if "--write" in arguments and not unsettled:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")
    wrong = wrong_of("linkstep", said, verdicts)
    return 1 if unsettled or wrong else 0


def ask(application: Application, directory: Path, programs: Path) -> dict[str, set[Said]]:
    """Give what each tool says about an application; only what all could speak of."""
    place = prepare(application, directory)
    declared = requirements_of(place.sources)
    found = {
        "linkstep": peers.linkstep(place, Path(sys.executable).parent / "linkstep"),
        "deptry": peers.deptry(place, programs, declared),
        "FawltyDeps": peers.fawltydeps(place, programs),
        "pip-check-reqs": peers.pip_check_reqs(place, programs, declared),
        "pip check": peers.pip_check(place),
    }
    return {tool: {one for one in said if one.kind in KINDS} for tool, said in found.items()}


def installed_in(environment: Path) -> set[str]:
    """Give the normalized names of what pip lists in an environment."""
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    listed = subprocess.run([*pip, "list", "--format", "json"], capture_output=True, check=True)
    return {canonicalize_name(one["name"]) for one in json.loads(listed.stdout)}


def requirements_of(sources: Path) -> list[str]:
    """Give what the metadata of a source archive asks for, extras left out."""
    metadata = PathDistribution(sources).read_text("PKG-INFO") or ""
    lines = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    if not lines:
        listed = next(sources.rglob("*.egg-info/requires.txt"), None)
        text = listed.read_text().partition("[")[0] if listed is not None else ""
        return [line for line in text.splitlines() if line]
    asked = [line.removeprefix("Requires-Dist: ") for line in lines]
    return [one for one in asked if "extra ==" not in one]


def verdict_of(verdicts: dict[str, dict[str, str]], name: str, one: Said) -> bool | None:
    """Give the verdict on a statement: of the application, else one for all."""
    for table in (name, "every application"):
        text = verdicts.get(table, {}).get(f"{one.kind} {one.name}")
        if text is not None:
            return text.startswith("true")
    return None


def wrong_of(
    tool: str, said: dict[str, dict[str, set[Said]]], verdicts: dict[str, dict[str, str]]
) -> int:
    return sum(
        verdict_of(verdicts, name, one) is False
        for name, by_tool in said.items()
        for one in by_tool[tool]
    )


def rows(
    said: dict[str, dict[str, set[Said]]], verdicts: dict[str, dict[str, str]]
) -> Iterable[str]:
    """Give the table: true and wrong statements for each application and tool."""
    yield "| application | " + " | ".join(TOOLS) + " |"
    yield "|---|" + "---:|" * len(TOOLS)
    totals = {tool: [0, 0] for tool in TOOLS}
    for name, by_tool in said.items():
        cells = []
        for tool in TOOLS:
            judged = [verdict_of(verdicts, name, one) for one in by_tool[tool]]
            right, wrong = judged.count(True), judged.count(False)
            totals[tool][0] += right
            totals[tool][1] += wrong
            cells.append(f"{right} / {wrong}")
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield "| **all** | " + " | ".join(f"{r} / {w}" for r, w in totals.values()) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
