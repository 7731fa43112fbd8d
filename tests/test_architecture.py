"""The shape of the package, held by linkstep on its own sources.

Each file is summarised as `linkstep check` would summarise it, so imports in functions
and under TYPE_CHECKING count, and the text of docstrings does not.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from linkstep.index.summarize import summarize
from linkstep.model.steps import every_step
from linkstep.model.summary import ImportFrom, ImportModule, ModuleKind
from linkstep.model.target import Target
from linkstep.pyproject import read_toml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "analyzer" / "linkstep"

# Which parts of linkstep a part may import besides itself. `cli`, `pipeline` and
# `__main__` are not listed: they put the others together.
MAY_IMPORT = {
    "model": set(),
    "tree": {"model", "errors", "pyproject"},
    "index": {"model", "errors"},
    "resolve": {"model", "errors", "pyproject"},
    "link": {"model"},
    "analyses": {"model"},
    "rulebook": {"model", "errors", "pyproject", "closest"},
    "report": {"model"},
    "build_id": {"model"},
    "closest": set(),
    "errors": set(),
    "pyproject": {"errors"},
    "config": {"model", "errors", "pyproject", "closest"},
}
TOGETHER = {
    "__init__",
    "__main__",
    "cli",
    "delivery_pipeline",
    "dependency_pipeline",
    "health_pipeline",
    "images",
    "incremental",
    "collector",
    "link_inputs",
    "linked",
    "pipeline",
    "preparation",
    "staged_pipeline",
    "upgrade_pipeline",
    "version_pipeline",
    "why",
}

# Where each distribution is used; msgspec makes the structs that all parts share.
HOMES = {
    "backports": ["tree/container/streams.py"],
    "click": ["cli/*"],
    "libcst": ["index/libcst_*", "rulebook/suppress.py"],
    "msgspec": ["*"],
    "networkx": ["analyses/graph_algorithms.py"],
    "packaging": ["resolve/*"],
    "pathspec": ["tree/*"],
    "rich": ["report/terminal.py", "report/health_terminal.py", "report/why_terminal.py", "cli/*"],
    "tomli": ["pyproject.py"],
    "tree_sitter": [
        "resolve/launch/shell.py",
        "resolve/launch/words.py",
        "resolve/launch/decisions.py",
    ],
    "tree_sitter_bash": ["resolve/launch/shell.py"],
    "typeshed_client": ["resolve/stdlib.py"],
    "yaml": ["resolve/launch/yaml_nodes.py"],
}
IMPORTED_AS = {"pyyaml": "yaml"}

LONGEST, SHORTEST = 500, 25
MAY_BE_SHORT = ["*__init__.py", "__main__.py", "errors.py", "cli/*", "report/*"]


def name_of(path: Path) -> str:
    """Give the path of a module as it is written above."""
    return path.relative_to(PACKAGE).as_posix()


def part_of(path: Path) -> str:
    """Give the folder, or the top-level module, that a file belongs to."""
    return name_of(path).partition("/")[0].removesuffix(".py")


MODULES = sorted(PACKAGE.rglob("*.py"))
PARTS = {part_of(path) for path in MODULES}


@cache
def imports(path: Path) -> frozenset[str]:
    """Give the dotted names that a file imports, in any scope and on any branch."""
    kind = ModuleKind.PACKAGE if path.name == "__init__.py" else ModuleKind.MODULE
    summary = summarize(path.read_bytes(), kind, Target((3, 11)))
    assert summary.problem is None
    names: set[str] = set()
    for step in every_step(summary):
        if isinstance(step, ImportModule):
            names.add(step.module)
        elif isinstance(step, ImportFrom):
            assert step.level == 0, "absolute imports only"
            below = {f"{step.module}.{name.name}" for name in step.names}
            names |= below if step.module == "linkstep" else {step.module}
    return frozenset(names)


def distributions(path: Path) -> set[str]:
    """Give the top-level names that come from outside of linkstep and the library."""
    tops = {name.partition(".")[0] for name in imports(path)}
    return tops - sys.stdlib_module_names - {"linkstep", "compression"}  # the last from 3.14 on


def test_every_part_has_its_place() -> None:
    assert sorted(PARTS) == sorted({*MAY_IMPORT, *TOGETHER})


def test_a_stage_imports_the_model_and_no_sibling() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in MODULES
        if (part := part_of(path)) not in TOGETHER
        for name in sorted(imports(path))
        if name.startswith("linkstep.")
        and (other := name.split(".")[1]) in PARTS
        and other not in MAY_IMPORT[part] | {part}
    ]
    assert wrong == []


def test_a_distribution_is_used_in_its_home_only() -> None:
    wrong = [
        f"{name_of(path)} imports {top}"
        for path in MODULES
        for top in sorted(distributions(path))
        if not any(fnmatch.fnmatch(name_of(path), home) for home in HOMES.get(top, ()))
    ]
    assert wrong == []


# Extras whose objects a user hands to linkstep, which imports nothing of them.
GIVEN = {"distributed"}


def test_the_distributions_used_are_those_required() -> None:
    used = {top for path in MODULES for top in distributions(path)}
    project = read_toml((ROOT / "pyproject.toml").read_bytes(), "pyproject.toml")["project"]
    optional = [line for lines in project["optional-dependencies"].values() for line in lines]
    required = {re.split(r"[^\w-]", line)[0] for line in (*project["dependencies"], *optional)}
    assert sorted(used) == sorted(HOMES)
    assert {IMPORTED_AS.get(name, name.replace("-", "_")) for name in required - GIVEN} == used


def test_a_module_has_one_subject() -> None:
    wrong = []
    for path in MODULES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        may_be_short = any(fnmatch.fnmatch(name_of(path), p) for p in MAY_BE_SHORT)
        if lines > LONGEST or (lines < SHORTEST and not may_be_short):
            wrong.append(f"{name_of(path)} has {lines} lines")
    assert wrong == []


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if part_of(path) != "cli"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert wrong == []


def test_the_version_costs_no_heavy_import() -> None:
    program = (
        "import sys; from linkstep.cli.main import main; main(['--version']); "
        "print(*sorted({'networkx', 'rich', 'libcst'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[1:] == [""]


def test_a_check_imports_what_its_files_need(tmp_path: Path) -> None:
    """No circle, shell text, YAML or pattern is in this project, and no process is started."""
    (tmp_path / "app.py").write_text("import json\nfrom other import value\nprint(json, value)\n")
    (tmp_path / "other.py").write_text("value = 1\n")
    program = (
        "import sys; from linkstep.cli.main import main; main(['check', '--no-cache']); "
        "print(*sorted({'networkx', 'libcst', 'yaml', 'pathspec', 'tree_sitter', 'tarfile', "
        "'multiprocessing', 'linkstep.health_pipeline'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == "\n"
