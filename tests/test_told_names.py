"""Names that no source shows: what a stub or an import for type checkers says counts as resolved.

It decides nothing: what they leave out stays unknown, and so does what depends on them. The
cases in `fixtures/cases/link/told-names.md` put the same trees to the interpreter.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from linkstep.model.facts import BrokenReference, Problem
from linkstep.model.findings import Report
from linkstep.model.links import Doubt
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check

MADE = "for _name in open(__file__).read().split():\n    globals()[_name] = 1\n"
SITE = ".venv/lib/python3.11/site-packages"
INSTALLED = {
    ".venv/pyvenv.cfg": "version = 3.11.7\n",
    f"{SITE}/made.py": MADE,
    f"{SITE}/made.pyi": "from typing import Any\nimport os as os\n_T = Any\none: int\n",
}
COMPILED = {"p/__init__.py": "", "p/_c.abi3.so": "", "p/all.py": "from p._c import *\n"}
TREES = {
    "the stub of an installed module": (
        {**INSTALLED, "main.py": "from made import one, os\n"},
        {},
    ),
    "what the stub uses itself, or leaves out": (
        {**INSTALLED, "main.py": "from made import Any, _T, two\n"},
        {Doubt.OPEN: 3},
    ),
    "the project's own stub": (
        {"made.py": MADE, "made.pyi": "one: int\n", "main.py": "from made import one\n"},
        {Doubt.OPEN: 1},
    ),
    "the project's own stub of what is compiled": (
        {**COMPILED, "p/all.pyi": "one: int\n", "main.py": "from p.all import one, two\n"},
        {Doubt.OPAQUE: 1},
    ),
    "parts of a compiled module": (
        {
            "p/__init__.py": "",
            "p/_rust.abi3.so": "",
            "p/_rust/__init__.pyi": "def version() -> str: ...\n",
            "p/_rust/x509.pyi": "class Certificate: ...\n",
            "p/_rust/tls/__init__.pyi": "",
            "p/_rust/tls/keys.pyi": "def load() -> None: ...\n",
            "main.py": "from p._rust import version, x509, tls, other\n"
            "x509.Certificate, x509.Request, tls.keys.load\n",
        },
        {Doubt.OPAQUE: 2},
    ),
    "imports for type checkers": (
        {
            "p/__init__.py": "from typing import TYPE_CHECKING\nimport importlib\n"
            "if TYPE_CHECKING:\n    from p.a import one, gone\n"
            "def __getattr__(name):\n    return importlib.import_module(f'p.{name}').get(name)\n",
            "p/a.py": "one = 1\n",
            "main.py": "from p import one, gone, two\n",
        },
        {Doubt.GETATTR: 2},
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_what_is_told_counts_as_resolved(name: str, tmp_path: Path) -> None:
    files, unknown = TREES[name]
    report = report_of(tmp_path, files)
    assert report.counts.reasons == {str(why): count for why, count in unknown.items()}
    assert not report.findings


def test_nothing_is_decided_by_what_is_told(tmp_path: Path) -> None:
    asks = "import made\nif not hasattr(made, 'one'):\n    x = 1\n"
    report = report_of(tmp_path, {**INSTALLED, "a.py": asks, "main.py": "from a import x\n"})
    facts = [finding.fact for finding in report.findings]
    problems = [fact.problem for fact in facts if isinstance(fact, BrokenReference)]
    assert problems == [Problem.POSSIBLY_UNDEFINED_NAME]


def report_of(tmp_path: Path, files: dict[str, str]) -> Report:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return check(CheckRequest(cwd=str(tmp_path), environ={}, roots=(".",)), Unobserved()).report
