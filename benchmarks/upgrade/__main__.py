"""`python -m benchmarks.upgrade [DIRECTORY]`: each known break, reported and confirmed.

Distributions come from the configured index. The environments are plain directories that pip
fills; the program of each case is one file for each statement.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("cases.toml")
SITE = "lib/python{}.{}/site-packages".format(*sys.version_info[:2])


def main(arguments: list[str]) -> int:
    cases = tomllib.loads(CASES.read_text())["case"]
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(arguments[0]) if arguments else Path(scratch)
        rows = [run(case, directory / f"case{number}") for number, case in enumerate(cases)]
    print("| upgrade | statements | break | reported | confirmed | false | missed |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    return int(any(row[-1] or row[-2] for row in rows))


def run(case: dict[str, Any], directory: Path) -> tuple[object, ...]:
    """Give the row of one case."""
    tree, new = directory / "tree", directory / "new"
    install(directory / "environment" / SITE, case["installed"])
    version = "{}.{}.{}".format(*sys.version_info[:3])
    (directory / "environment" / "pyvenv.cfg").write_text(f"version = {version}\n")
    upgraded = {one.split("==")[0].lower() for one in case["upgrade"]}
    kept = [one for one in case["installed"] if one.split("==")[0].lower() not in upgraded]
    install(new, [*kept, *case["upgrade"]])
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "requirements.txt").write_text("\n".join(kept))
    for number, statement in enumerate(case["statements"]):
        (tree / f"use{number}.py").write_text(statement + "\n")
    reported = report(tree, directory / "environment", case["upgrade"])
    failing = {n for n in range(len(case["statements"])) if not runs(tree / f"use{n}.py", new)}
    own = {int(path[3:-3]) for path in reported if path.startswith("use")}
    own |= failing.intersection(reached(case, reported))
    if failing != set(case["breaks"]):
        print(f"{case['name']}: statements {sorted(failing)} fail", file=sys.stderr)
    false, missed = own - failing, failing - own
    for number in sorted(false | missed):
        word = "false" if number in false else "missed"
        print(f"{case['name']}: {word}: {case['statements'][number]}", file=sys.stderr)
    count = len(case["statements"])
    confirmed = len(own & failing)
    return case["name"], count, len(failing), len(own), confirmed, len(false), len(missed)


def reached(case: dict[str, Any], reported: dict[str, list[list[str]]]) -> set[int]:
    """Give the statements that a break in another distribution is reached from."""
    chains = [chain for place in reported.values() for chain in place]
    starts = {chain[0] for chain in chains if chain}
    return {n for n in range(len(case["statements"])) if f"use{n}" in starts}


def report(tree: Path, environment: Path, wanted: list[str]) -> dict[str, list[list[str]]]:
    """Give the files that linkstep says break, with the chains that lead there."""
    command = [sys.executable, "-m", "linkstep", "upgrade", "--python", str(environment)]
    done = subprocess.run(
        [*command, "--format", "json", *wanted],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    found: dict[str, list[list[str]]] = {}
    for one in json.loads(done.stdout)["findings"]:
        if one["code"] != "LS307":
            chains = [reach["chain"] for reach in one["reached_from"]]
            found.setdefault(one["path"], []).extend(chains)
    return found


def runs(file: Path, site: Path) -> bool:
    """Whether a file runs with a directory of distributions on the path."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); exec(open({str(file)!r}).read())"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False)
    return done.returncode == 0


def install(site: Path, wanted: list[str], *options: str) -> None:
    """Let pip fill a directory."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--no-warn-conflicts", *options, "--target", str(site), *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
