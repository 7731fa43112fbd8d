"""Entries of `__all__` that nothing binds, beside a star import that is broken."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from linkstep.index.exports import changed_unseen
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check


def found(top: Path, files: dict[str, str]) -> list[tuple[str, int, str, list[int]]]:
    """Give the place and rule of each finding, with the lines that fail for its cause."""
    for path, text in files.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    request = CheckRequest(cwd=str(top), environ={}, target_version="3.11")
    findings = check(request, Unobserved()).report.findings
    return [
        (f.fact.path, f.fact.span.line, f.code, [place.span.line for place in f.fact.used_by])
        for f in findings
    ]


def test_entries_are_listed_with_a_star_import_of_a_module_that_is_missing(tmp_path: Path) -> None:
    entries = '\n__all__ = [\n"open",\n"close",\n]\n'
    body = "from shop.gone import *\nfrom shop.db import close\n" + entries
    files = {"shop/__init__.py": body, "shop/db.py": "def close(): ...\n"}
    assert found(tmp_path, files) == [("shop/__init__.py", 1, "LS101", [5])]


def test_entries_are_listed_with_what_breaks_the_module_that_is_there(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from shop.db import *\n\n__all__ = ['open']\n",
        "shop/db.py": "from shop.gone import *\n",
    }
    assert found(tmp_path, files) == [("shop/db.py", 1, "LS101", [1, 3])]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("", None),
        ("@register(__all__)\ndef f():\n    return 1\n", 4),
        ("class A:\n    @register(\n        __all__\n    )\n    def f(self): ...\n", 5),
        ("def f():\n    if g:\n        __all__.append(g)\n", 6),
        ("__all__.sort()\nprint('__all__')\n", None),
    ],
)
def test_lists_that_others_may_change(change: str, line: int | None) -> None:
    """Decorators stand above the first line of what they decorate."""
    text = '__all__ = ["open"]\ndef register(names): return lambda f: f\ng = 0\n' + change
    assert changed_unseen(ast.parse(text), text) == line


def test_what_a_module_serves_itself_is_not_listed(tmp_path: Path) -> None:
    body = "from shop.gone import *\n\n__all__ = ['open']\ndef __getattr__(name): return name\n"
    assert found(tmp_path, {"shop/__init__.py": body}) == [("shop/__init__.py", 1, "LS101", [])]
