"""The two readers give equal summaries: on the standard library and on distributions."""

from __future__ import annotations

import os
import random
import sysconfig
from pathlib import Path

import pytest

from linkstep.index.summarize import summarize
from linkstep.model.summary import FileSummary, ModuleKind, Use
from linkstep.model.target import Target

TARGET = Target((3, 11), "linux")
STDLIB = Path(sysconfig.get_paths()["stdlib"])
SITE = Path(sysconfig.get_paths()["purelib"])
WHOLE = os.environ.get("LINKSTEP_ALL") == "1"
DISTRIBUTIONS = [
    *("click", "rich", "networkx", "pathspec", "packaging", "pytest", "_pytest", "hypothesis"),
    *("jsonschema", "pygments", "typeshed_client", "libcst", "msgspec", "mypy", "pip"),
]


def summary(source: bytes, reader: str) -> FileSummary:
    return summarize(source, ModuleKind.MODULE, TARGET, reader)


def different(files: list[Path]) -> list[str]:
    """Give the files whose summaries differ though both readers could read them."""
    found = []
    for path in files:
        source = path.read_bytes()
        fast, reference = summary(source, "ast"), summary(source, "libcst")
        gave_up = reference.problem is not None and not reference.problem.certain
        if fast != reference and not gave_up:
            found.append(str(path))
    return found


def sample(files: list[Path], count: int) -> list[Path]:
    """Give all files when asked for, else a seeded choice of small and middling ones."""
    files = sorted(path for path in files if path.is_file())
    if WHOLE:
        return files
    small = [path for path in files if path.stat().st_size < 30_000]
    return random.Random(2026).sample(small, min(count, len(small)))


def test_the_standard_library_is_read_the_same_way() -> None:
    files = [path for path in STDLIB.rglob("*.py") if "site-packages" not in path.parts]
    assert different(sample(files, 80)) == []


def test_distributions_are_read_the_same_way() -> None:
    files = [path for name in DISTRIBUTIONS for path in (SITE / name).rglob("*.py")]
    assert len({path.relative_to(SITE).parts[0] for path in files}) >= 10
    assert different(sample(files, 60)) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = f'{a.b!r:>{w}}' + f\"{c!s}\"\nfrom a import (b as c, d)\n",
        "def f(a=m.x, /, *b: m.y, c, **d) -> m.z:\n    import q\n    return q.r.s\n",
        "try:\n    import a\nexcept (ImportError, os.error) as e:\n    raise\nelse:\n    a.b\n",
        "import é_module as é\né.ünder.x; é.y\n",
        "class K(m.B, metaclass=m.M):\n    import n\n    x: n.T = n.v\n",
        "match m.x:\n    case m.A(b=1) | m.C: import d\n    case _: import e\n",
        "if (n := m.f()) and m.g or not m.h: pass\n[m.i for j in m.k if m.l]\n",
        "with suppress(ImportError), m.open() as (a, *b): import x.y.z\n",
    ],
)
def test_snippets_are_read_the_same_way(source: str) -> None:
    fast = summary(source.encode(), "ast")
    assert fast == summary(source.encode(), "libcst")
    assert fast.problem is None


def test_the_host_does_not_decide_what_newer_grammar_means() -> None:
    source = b"from a import b\ntype X[T] = b.c\ndef f[T](x: T) -> T: return b.d\n"
    newer = summarize(source, ModuleKind.MODULE, Target((3, 13)))
    older = summarize(source, ModuleKind.MODULE, Target((3, 11)))
    assert newer.problem is None
    assert newer.needs is not None
    assert newer.needs[:3] == (3, 12, 2)
    assert older.problem is not None


def test_a_type_statement_binds_its_name() -> None:
    source = b"from a import *\ntype X = int\nprint(X, Y)\n"
    steps = summarize(source, ModuleKind.MODULE, Target((3, 13))).body
    assert [step.ref.name for step in steps if isinstance(step, Use)] == ["Y"]


def test_a_file_that_never_speaks_of_state_uses_none() -> None:
    rows = b"def rows():\n    yield {'pool': 1}\n"
    plain = summarize(rows, ModuleKind.MODULE, TARGET)
    spoken = summarize(rows + b"# as the state of app\n", ModuleKind.MODULE, TARGET)
    assert plain.scopes[1].steps == ()
    assert [step.name for step in spoken.scopes[1].steps] == ["pool"]  # type: ignore[union-attr]
