"""Import cycles of real distributions: linkstep's verdicts against the interpreter.

    python -m benchmarks.cycles ENVIRONMENT DISTRIBUTION...
    python -m benchmarks.cycles --project DIRECTORY ENVIRONMENT PATH...

A distribution is the directory of a top-level package in the environment's site-packages.
It is copied and linked as a project, against the same environment. Then every module of
every circle is imported first, each in a process of its own, by the environment's
interpreter, and compared with the verdict on it.

A module that raises for another reason than a circle (no settings, no database, another
platform) says nothing about the circle, and is counted as such.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.cycles.oracle import first_imports
from linkstep.config import load_configuration
from linkstep.model.execution import FirstImport, Verdict
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check_tree
from linkstep.tree.directory import DirectoryTree

CIRCULAR = ("circular import", "partially initialized module")


def verdicts(root: Path, environment: Path, paths: tuple[str, ...]) -> list[FirstImport]:
    """Give what linkstep says about each module of each circle below some paths."""
    request = CheckRequest(cwd=str(root), environ={}, python=str(environment))
    configuration = load_configuration(lambda name: None, None)
    tree = DirectoryTree(root)
    linked = check_tree(tree, root, configuration, request, paths, Unobserved())
    return [first for cycle in linked.program.cycles for first in cycle.firsts]


def judge(first: FirstImport, real: str | None) -> str:
    """Compare a verdict with the last line of the traceback, None without one."""
    circular = real is not None and any(word in real for word in CIRCULAR)
    if first.verdict is Verdict.UNKNOWN:
        return "unknown"
    if first.verdict is Verdict.RAISES:
        if real == first.exception:
            return "agrees"
        return "other reason" if real is not None and not circular else "DISAGREES"
    if circular or (first.verdict is Verdict.BROKEN and real is None):
        return "DISAGREES"
    return "other reason" if real is not None and first.verdict is Verdict.RUNS else "agrees"


def compare(name: str, firsts: list[FirstImport], root: Path, environment: Path) -> Counter[str]:
    """Compare all verdicts of one project, and print a line for it and for each difference."""
    real = first_imports(environment, root, [first.module for first in firsts])
    tally: Counter[str] = Counter()
    for first in firsts:
        outcome = judge(first, real[first.module])
        tally[outcome] += 1
        if outcome == "agrees" and first.verdict is Verdict.RAISES:
            tally["agrees, raises"] += 1
        if outcome == "DISAGREES":
            print(
                f"  {first.module}: {first.verdict} {first.exception}; really {real[first.module]}"
            )
    counted = ", ".join(f"{count} {what}" for what, count in sorted(tally.items()))
    print(f"{name}: {len(firsts)} modules in circles: {counted or 'none'}", flush=True)
    return tally


def main(arguments: list[str]) -> int:
    """Run the comparison; 1 when a verdict was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cycles")
    parser.add_argument("environment", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--project", type=Path, help="link paths of a project instead")
    given = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    if given.project is not None:
        root = given.project.resolve()
        firsts = verdicts(root, given.environment, tuple(given.names))
        total += compare(str(given.project), firsts, root, given.environment)
    for name in given.names if given.project is None else ():
        (found,) = given.environment.glob(f"lib/python3*/site-packages/{name}")
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(found, Path(place, name))
            firsts = verdicts(Path(place), given.environment, ("",))
            total += compare(name, firsts, Path(place), given.environment)
    compared = total["agrees"] + total["DISAGREES"]
    print(f"{compared} verdicts compared, {total['agrees']} agree; {dict(sorted(total.items()))}")
    return 1 if total["DISAGREES"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
