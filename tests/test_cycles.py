"""Import cycles: every verdict is put to the interpreter, each module imported first.

The circles are those of the cases, and of programs made at random.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from tests.cyclic_programs import make_program, module_name, run_first, write_program

from linkstep.config import load_configuration
from linkstep.model.execution import Execution, Order, RemedyKind, Verdict
from linkstep.model.links import Program
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check_tree
from linkstep.rulebook.cases import Case, parse_cases
from linkstep.tree.directory import DirectoryTree

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted((ROOT / "tests/fixtures/cases/execution").glob("*.md")),
    *(ROOT / "rules" / f"{name}.md" for name in ("LS105-import-cycle-failure",)),
    ROOT / "rules/LS113-order-dependent-import.md",
    ROOT / "tests/fixtures/cases/link/cycles.md",
]
CASES = [
    pytest.param(case, id=f"{page.stem}: {case.heading[-1]}")
    for page in PAGES
    for case in parse_cases(page.read_text(encoding="utf-8"), page.name)
]
SEEDS = range(1500) if os.environ.get("LINKSTEP_ALL") == "1" else range(150)


def linked(root: Path, *entries: str) -> Program:
    """Link a directory for the Python that runs the tests."""
    request = CheckRequest(cwd=str(root), environ={}, target_version="3.11", platform="linux")
    listed = f"entry-points = {list(entries)!r}\n".encode()
    configuration = load_configuration(
        lambda name: listed if name == "linkstep.toml" else None, None
    )
    tree = DirectoryTree(root)
    return check_tree(tree, root, configuration, request, ("",), Unobserved()).program


def disagreements(program: Program, real: dict[str, str | None]) -> tuple[list[str], Counter[str]]:
    """Give the verdicts that the interpreter does not confirm, and how many of each there are."""
    wrong, tally = [], Counter[str]()
    for cycle in program.cycles:
        for first in cycle.firsts:
            answer = real[first.module]
            agrees = {
                Verdict.RAISES: answer == first.exception,
                Verdict.RUNS: answer is None,
                Verdict.BROKEN: answer is not None,
                Verdict.UNKNOWN: True,
            }[first.verdict]
            tally[first.verdict.value] += 1
            if not agrees:
                wrong.append(f"{first.module} {first.verdict} {first.exception}, not {answer}")
    return wrong, tally


def test_random_programs_do_what_is_said_of_them(tmp_path: Path) -> None:
    programs = {str(tmp_path / str(seed)): make_program(seed) for seed in SEEDS}
    for directory, files in programs.items():
        write_program(files, Path(directory))
    answers = run_first({top: [*map(module_name, files)] for top, files in programs.items()})
    wrong, total = {}, Counter[str]()
    for directory, real in zip(programs, answers, strict=True):
        found, tally = disagreements(linked(Path(directory)), real)
        total += tally
        if found:
            wrong[directory] = found
    assert wrong == {}
    certain = total.total() - total["unknown"]
    assert certain > 1.5 * len(programs), total  # a verdict that is never given is never wrong
    assert min(total["raises"], total["runs"]) > len(programs) / 3, total


@pytest.mark.parametrize("case", CASES)
def test_each_module_of_a_case_imported_first(case: Case, tmp_path: Path) -> None:
    write_program({file.path: file.text for file in case.files}, tmp_path)
    program = linked(tmp_path)
    modules = [module for cycle in program.cycles for module in cycle.modules]
    wrong, _ = disagreements(program, run_first({str(tmp_path): modules})[0])
    assert wrong == []


def program_of(tmp_path: Path, *entries: str, **files: str) -> Program:
    write_program({f"{name}.py": text for name, text in files.items()}, tmp_path)
    return linked(tmp_path, *entries)


def test_a_failure_tells_the_order_and_both_lines(tmp_path: Path) -> None:
    program = program_of(
        tmp_path,
        main="import a\n",
        a="import b\n\nX = 1\n",
        b="import c\n",
        c="from a import X\n",
    )
    [cycle] = program.cycles
    [failure] = cycle.failures
    places = [(step.importer, step.path, step.line, step.module) for step in failure.chain]
    assert places == [
        ("", "", 0, "main"),
        ("main", "main.py", 1, "a"),
        ("a", "a.py", 1, "b"),
        ("b", "b.py", 1, "c"),
    ]
    assert (failure.path, failure.span.line, failure.leaving_line) == ("c.py", 1, 1)
    assert (failure.module, failure.name, failure.binding_line) == ("a", "X", 3)
    assert (failure.order, failure.entry) == (Order.ENTRY, "main.py")
    assert (failure.failing, failure.working) == (("a",), ("b", "c"))
    assert [remedy.kind for remedy in failure.remedies] == list(RemedyKind)


def test_no_remedy_is_proposed_that_breaks_another_order(tmp_path: Path) -> None:
    """`a` needs B when it is imported, so the import cannot move below X."""
    program = program_of(
        tmp_path,
        a="from b import B\n\nclass A(B): ...\n\nX = 1\n",
        b="from a import X\n\nclass B:\n    x = X\n",
    )
    [cycle] = program.cycles
    assert [failure.order for failure in cycle.failures] == [Order.ALWAYS, Order.ALWAYS]
    assert [failure.remedies for failure in cycle.failures] == [(), ()]


def test_a_proposed_move_is_one_that_the_interpreter_accepts(tmp_path: Path) -> None:
    files = {"a": "import b\nX = 1\n", "b": "from a import X\nY = X\n"}
    program = program_of(tmp_path, **files)
    remedy = program.cycles[0].failures[0].remedies[0]
    assert (remedy.kind, remedy.path, remedy.line, remedy.below) == ("move", "a.py", 1, 2)
    (tmp_path / "a.py").write_text("X = 1\nimport b\n", encoding="utf-8")
    assert run_first({str(tmp_path): ["a", "b"]}) == [{"a": None, "b": None}]


def run_of(program: Program) -> Execution:
    [execution] = program.executions
    return execution


def test_an_entry_point_executes_what_its_functions_import(tmp_path: Path) -> None:
    program = program_of(
        tmp_path,
        "main:app",
        main="from factory import create\n\napp = create()\n",
        factory="def create():\n    import routes\n    return routes.connect()\n",
        routes="import models\n\ndef connect():\n    from database import session\n",
        models="def later():\n    import never\n",
        database="session = 1\n",
        never="",
    )
    run = run_of(program)
    assert [executed.module for executed in run.modules] == [
        *("main", "factory", "routes", "models", "database")
    ]
    assert [executed.called for executed in run.modules] == [False, False, True, False, True]
    chain = [step.module for step in run.chain("database")]
    assert chain == ["main", "factory", "routes", "database"]
    assert (run.failure, run.complete) == (None, True)


def test_an_entry_point_into_a_circle_says_how_it_fails(tmp_path: Path) -> None:
    program = program_of(tmp_path, "a", a="import b\nX = 1\n", b="from a import X\n")
    assert run_of(program).failure == (
        "ImportError: cannot import name 'X' from partially initialized module 'a' "
        "(most likely due to a circular import)"
    )
    assert program.cycles[0].failures[0].order is Order.ENTRY


def test_what_is_imported_by_a_computed_name_makes_a_run_incomplete(tmp_path: Path) -> None:
    text = "import importlib, sys\nimportlib.import_module(sys.argv[1])\n"
    assert not run_of(program_of(tmp_path, "main", main=text)).complete


def test_a_long_chain_of_imports_is_followed(tmp_path: Path) -> None:
    """A circle of a thousand modules is deeper than the interpreter's usual stack."""
    size = 1000
    files = {f"m{i}": f"import m{(i + 1) % size}\n" for i in range(size)}
    [cycle] = program_of(tmp_path, **files).cycles
    assert len(cycle.modules) == size
    assert {first.verdict for first in cycle.firsts} == {Verdict.RUNS}
