"""No input may end the process of the libcst reader, and none may take forever."""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path

import pytest

from linkstep.index.libcst_limits import measure_depth
from linkstep.index.libcst_reader import parse_with_libcst
from linkstep.index.syntax_nodes import TooDeeplyNested
from syntax_trees import difference

DEEP = {
    "brackets": "(" * 190 + "1" + ")" * 190,
    "lists": "[" * 190 + "1" + "]" * 190,
    "calls": "f(" * 190 + "1" + ")" * 190,
    "signs": "- " * 900 + "1",
    "not": "not " * 900 + "x",
    "lambda": "lambda: " * 900 + "1",
    "conditions": "1 if a else " * 500 + "2",
    "powers": "**".join("a" * 500),
    "sum": "+".join("a" * 1000),
    "attributes": ".".join("a" * 1000),
    "subscripts": "a" + "[0]" * 500,
    "and": " and ".join("a" * 2500),
    "strings": "'a' " * 2500,
    "comparisons": "<".join("a" * 20_000),
    "clauses": "[a " + "for a in b " * 500 + "]",
    "elif": "if a: pass\n" + "elif a: pass\n" * 2000,
    "blocks": "".join(" " * i + "if a:\n" for i in range(99)) + " " * 99 + "pass",
    "brackets in strings": "x = '" + "(" * 5000 + "'  # " + "[" * 5000,
    "f-string of brackets": "x = f'" + "(" * 5000 + "{a}'",
    "dictionary of sums": "{" + "'a': 1 + 2 * -3, " * 2000 + "}",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_but_read(name: str) -> None:
    source = DEEP[name].encode()
    limit = sys.getrecursionlimit()
    assert difference(parse_with_libcst(source), ast.parse(source)) is None
    assert sys.getrecursionlimit() == limit


TOO_DEEP = {
    "2,000 brackets": "(" * 2_000 + "1" + ")" * 2_000,
    "100,000 brackets": "(" * 100_000 + "1" + ")" * 100_000,
    "open brackets": "[" * 100_000,
    "all brackets": "f([{" * 100_000,
    "brackets around strings": "(')'" * 1_000,
    "brackets in f-strings": "f'{x[\")\"]}'((" * 1_000,
    "f-strings": "f'{" * 1_000,
    "formats": "f'{a:" + "{b:" * 1_000 + "}" * 1_000 + "}'",
    "signs": "- " * 100_000 + "1",
    "signs in a run": "~" * 100_000 + "1",
    "not": "not " * 100_000 + "1",
    "lambda": "lambda: " * 100_000 + "1",
    "lambda with parameters": "lambda a, b: " * 100_000 + "1",
    "conditions": "1 if a else " * 5_000 + "2",
    "sum": "+".join("a" * 5_000),
    "attributes": ".".join("a" * 5_000),
    "calls": "a" + "()" * 5_000,
    "chains in brackets": "(" * 150 + "x" + (".a" * 100 + ")") * 150,
    "strings": "'a' " * 5_000,
    "clauses": "[a " + "for a in b " * 5_000 + "]",
    "elif": "if a: pass\n" + "elif a: pass\n" * 50_000,
    # libcst would take hours for these
    "pattern": "match a:\n case " + "(" * 30 + "1" + ",)" * 30 + ": pass",
    "target of del": "x; del " + "(" * 30 + "1" + ")" * 30,
}


@pytest.mark.parametrize("name", TOO_DEEP)
def test_too_deep(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(TooDeeplyNested) as caught:
        parse_with_libcst(TOO_DEEP[name].encode())
    assert caught.value.lineno is not None
    assert time.monotonic() - started < 5


def test_ordinary_files_are_shallow() -> None:
    # Deep files get a thread and a stack of their own, ordinary ones must not pay for that.
    assert measure_depth(Path(__file__).read_bytes()) < 50
    assert measure_depth(Path(ast.__file__).read_bytes()) < 50
