"""Comments that silence findings: where they count, and when they are unused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from facts import finding, reference
from linkstep.model.facts import BrokenFile
from linkstep.model.findings import Finding
from linkstep.model.summary import Span
from linkstep.rulebook.comment_words import may_be_unused
from linkstep.rulebook.comments import read_comments
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.suppress import (
    Suppressed,
    comments_by_libcst,
    read_suppressions,
    suppress,
)

RULES = load_rules()


def at(line: int, **changes: str) -> Finding:
    return finding(reference(path="m.py", span=Span(line, 1, line, 5)), **changes)


def run(source: str, *findings: Finding) -> Suppressed:
    return suppress(findings, RULES, {"m.py": source.encode()}.get, ["m.py"])


def idle(result: Suppressed) -> list[tuple[int, tuple[str, ...]]]:
    return [(fact.span.line, fact.codes) for fact in result.unused]


@pytest.mark.parametrize(
    "comment",
    [
        "# linkstep: ignore[LS102]",
        "# linkstep: ignore[undefined-name]",
        "# linkstep: ignore[LS101,LS102]",
        "# linkstep: ignore [ LS102 ]",
        "#linkstep:ignore[LS102]",
        "# linkstep: ignore[LS102] because it is generated",
        "# type: ignore  # linkstep: ignore[LS102]",
        "# linkstep: ignore",
        "# noqa",
        "# NOQA - see above",
        "# noqa: LS102",
        "# noqa:LS102",
        "# noqa: F401, LS102",
        "# noqa: F401 ls102 why",
        "# pragma: no cover # noqa: LS102",
    ],
)
def test_a_comment_silences_its_line(comment: str) -> None:
    result = run(f"from m import gone  {comment}\n", at(1))
    assert (result.findings, result.count) == ((), 1)


@pytest.mark.parametrize(
    "comment",
    [
        "# linkstep: ignore[LS101]",
        "# linkstep: ignore[]",
        "# linkstep: ignore-file",
        "# linkstep: ignored",
        "# linkstep ignore[LS102]",
        "# noqa: F401",
        "# noqa: undefined-name",
        "# noqa: some words",
        "# noqaLS102",
        "# no comment",
    ],
)
def test_other_comments_do_not(comment: str) -> None:
    result = run(f"from m import gone  {comment}\n", at(1))
    assert (len(result.findings), result.count) == (1, 0)


IMPORT = """from m import (  # {first}
    a,  # {alias}
    gone,  # {own}
    # {alone}
)  # {last}
"""


@pytest.mark.parametrize(
    ("place", "silenced"),
    [("first", True), ("alias", False), ("own", True), ("alone", False), ("last", True)],
)
def test_which_lines_of_an_import_speak_for_an_alias(place: str, silenced: bool) -> None:
    places = dict.fromkeys(("first", "alias", "own", "alone", "last"), "")
    source = IMPORT.format_map(places | {place: "linkstep: ignore[LS102]"})
    assert run(source, at(3)).count == int(silenced)


STATEMENT = """value = module.gone(  # {first}
    1,  # {inner}
    # {alone}
)  # {last}
other = 1  # {next}
"""


@pytest.mark.parametrize(
    ("place", "silenced"),
    [("first", True), ("inner", True), ("alone", True), ("last", True), ("next", False)],
)
def test_any_line_of_another_statement_speaks_for_it(place: str, silenced: bool) -> None:
    places = dict.fromkeys(("first", "inner", "alone", "last", "next"), "")
    source = STATEMENT.format_map(places | {place: "noqa: LS102"})
    assert run(source, at(1)).count == int(silenced)


COMPOUND = """@decorate(  # {decorator}
    module.gone)
def f(
    a=module.gone,  # {parameter}
):  # {colon}
    # {body}
    if module.gone: pass  # {suite}
"""


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        ("decorator", [2, 4]),
        ("parameter", [2, 4]),
        ("colon", [2, 4]),
        ("body", []),
        ("suite", [7]),
    ],
)
def test_a_header_is_a_statement_without_its_body(place: str, lines: list[int]) -> None:
    places = dict.fromkeys(("decorator", "parameter", "colon", "body", "suite"), "")
    source = COMPOUND.format_map(places | {place: "linkstep: ignore"})
    result = run(source, at(2), at(4), at(7))
    left = [found.fact.span.line for found in result.findings]
    assert left == [line for line in (2, 4, 7) if line not in lines]


def test_comments_are_found_between_those_of_others() -> None:
    lines = [
        "import a  # noqa: F401",
        "if a:",
        "    b = (1,",
        "         2)  # NoQA",
        "else:",
        "    c = 3  # noqa: E501, LS102",
        "d = a[  # noqa: F401",
        "    : 4]",
    ]
    result = run("\r\n".join(lines), *map(at, (1, 3, 6, 7)))
    assert [found.fact.span.line for found in result.findings] == [1, 7]


def test_strings_are_no_comments() -> None:
    source = 'x = "# noqa"; y = """\n# linkstep: ignore\n"""\n'
    result = run(source, at(1), at(2))
    assert (result.count, result.unused) == (0, ())


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("x = 1  # linkstep: ignore[LS102]\n", [(1, ("LS102",))]),
        (
            "x = 1  # linkstep: ignore[LS102, undefined-export]\n",
            [(1, ("LS102", "undefined-export"))],
        ),
        ("x = 1  # linkstep: ignore[LS999]\n", [(1, ("LS999",))]),
        ("x = 1  # linkstep: ignore\n", [(1, ("any rule",))]),
        ("x = 1  # linkstep: ignore[]\n", [(1, ("[]",))]),
        ("x = 1  # linkstep: ignore[LS102, LS901]\n", []),
        ("x = 1  # noqa: LS102, F401\n", [(1, ("LS102",))]),
        ("x = 1  # noqa: LS999\n", []),
        ("x = 1  # noqa: F401\n", []),
        ("x = 1  # noqa\n", []),
    ],
)
def test_comments_that_silence_nothing(source: str, unused: list[object]) -> None:
    assert idle(run(source)) == unused


def test_only_the_words_without_effect_are_unused() -> None:
    result = run("from m import gone  # linkstep: ignore[LS101, LS102]\n", at(1))
    assert idle(result) == [(1, ("LS101",))]


def test_one_comment_can_silence_several_findings() -> None:
    result = run("from m import a, b  # linkstep: ignore\n", at(1), at(1, code="LS108"))
    assert (result.count, result.unused) == (2, ())


def test_the_place_of_an_unused_comment() -> None:
    [fact] = run("x = 'é'  # why  # linkstep: ignore[LS102] yes\n").unused
    assert fact.span == Span(1, 17, 1, 42)


@pytest.mark.parametrize(
    "source",
    [
        b"def f(:  # noqa\n",
        b"\xff # noqa\n",
        b"# coding: unknown-codec\nx  # noqa\n",
        b"x = \0  # noqa\n",
        b"x = " + b"(" * 2000 + b"1" + b")" * 2000 + b"  # noqa\n",
        b"x = " + b"-" * 40000 + b"1  # noqa\n",
        b"",
    ],
)
def test_a_file_that_cannot_be_parsed_has_no_comments(source: bytes) -> None:
    assert read_suppressions(source) == ()


STANDARD_LIBRARY = Path(os.__file__).parent
LANES = ["argparse.py", "dataclasses.py", "functools.py", "json/decoder.py", "test/test_patma.py"]


@pytest.mark.parametrize("name", LANES)
def test_both_lanes_read_the_same_comments(name: str) -> None:
    path = STANDARD_LIBRARY / name
    if not path.exists():
        pytest.skip("this Python comes without it")
    source = path.read_bytes()
    found = read_comments(source, re.compile("#"))
    assert found
    assert found == comments_by_libcst(source)


HARD = """
if x: a = (1,  # one
    2); b = 3  # two
x = 1; y = (  # three
    2)
try:  # four
    # five
    pass
except (A,  # six
        B):  # seven
    pass
else:  # eight

    # nine
    pass
finally:  # ten
    pass
match x:  # eleven

    case (1 |  # twelve
          2) if y:  # thirteen
        pass
@a  # fourteen
# fifteen
@b
class C(  # sixteen
    D,
):
    # seventeen
    'doc # no'
    async def f(self,  # eighteen
          ): return 1  # nineteen
with (a as b,  # twenty
      c):
    from m import (  # twenty-one
        d,  # twenty-two
        # twenty-three
        e)  # twenty-four
s = ('# no'  # twenty-five
     '''
     # no''')
while x: \\
    pass  # twenty-six
"""


def test_both_lanes_read_what_is_hard() -> None:
    for source in (HARD.encode(), HARD.replace("\n", "\r\n").encode()):
        found = read_comments(source, re.compile("#"))
        assert found is not None
        assert found == comments_by_libcst(source)
        assert len(found) == 26


def test_newer_grammar_is_read_by_libcst() -> None:
    source = b"type A = int  # noqa: LS102\nf = f'{x['a']}'\n"
    [found] = read_suppressions(source)
    assert (found.first_line, found.words) == (1, ("LS102",))


def test_nothing_is_silenced_in_a_file_that_cannot_be_compiled() -> None:
    broken = BrokenFile("m.py", Span(1, 1, 1, 2), "m", "r", "SyntaxError: r", "Python 3.11")
    assert run("x  # noqa\n", finding(broken)).count == 0


def test_a_file_that_cannot_be_read_silences_nothing() -> None:
    assert suppress([at(1)], RULES, lambda _: None).findings == (at(1),)


def test_encodings_and_line_ends() -> None:
    latin = "# -*- coding: latin-1 -*-\r\nx = 'é'  # noqa: LS102\r\n".encode("latin-1")
    [found] = read_suppressions(latin)
    assert (found.first_line, found.words) == (2, ("LS102",))
    [found] = read_suppressions(b"\xef\xbb\xbfx  # noqa\n")
    assert found.span == Span(1, 4, 1, 10)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"# linkstep: ignore", True),
        (b"# LINKSTEP:ignore[LS102]", True),
        (b"# noqa: F401,LS102", True),
        (b"# noqa", False),
        (b"import linkstep", False),
    ],
)
def test_which_files_may_hold_unused_comments(source: bytes, expected: bool) -> None:
    assert may_be_unused(source) is expected
