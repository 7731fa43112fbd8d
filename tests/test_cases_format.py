"""The Markdown format of cases: docs/cases.md, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.findings import Severity
from linkstep.rulebook.cases import Case, CaseFile, Claim, Expectation, parse_cases

DOCUMENT = Path(__file__).parents[1] / "docs" / "cases.md"


def test_the_documented_example_reads_as_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    example = text.partition("````markdown\n")[2].partition("````\n")[0]
    init = "from shop.cart import add, empty  # error: [LS102]\n"
    assert parse_cases(example, "example") == (
        Case(
            heading=("Re-exports", "Through one package"),
            line=3,
            files=(
                CaseFile("shop/__init__.py", init, 10),
                CaseFile("shop/cart.py", "def add(): ...\n", 16),
                CaseFile("shop/prices.py", "", 19),
                CaseFile("main.py", "import shop\n", 24),
            ),
            expected=(Expectation("shop/__init__.py", 1, "LS102", Severity.ERROR),),
            claims=(
                Claim("main.py", "ImportError: cannot import name 'empty' from 'shop.cart'", 27),
            ),
        ),
    )


def test_the_document_itself_holds_no_case() -> None:
    assert parse_cases(DOCUMENT.read_text(encoding="utf-8"), "cases.md") == ()


def test_headings_nest_and_end() -> None:
    file = "`m.py`: empty\n"
    text = f"# A\n## B\n### C\n{file}## D\n{file}# E #\n{file}"
    assert [case.heading for case in parse_cases(text, "x")] == [
        ("A", "B", "C"),
        ("A", "D"),
        ("E",),
    ]


def test_a_fence_can_name_its_path_and_hold_shorter_fences() -> None:
    text = "````python a.py\n```\n# not a heading\n```\n````\n~~~python b.py\n````\n~~~\n"
    [case] = parse_cases(text, "x")
    assert [(file.path, file.text) for file in case.files] == [
        ("a.py", "```\n# not a heading\n```\n"),
        ("b.py", "````\n"),
    ]


def test_a_fence_without_path_is_prose() -> None:
    assert parse_cases("# A\n```python\nimport x  # error: [LS101]\n```\n", "x") == ()


def test_expectations() -> None:
    text = """`m.py`:
```python
import a  # error: [LS101] "No module"
import b  # error: [LS101]  # warning: [LS109]
# error: [LS111]
# warning: [LS110]
import (
```
"""
    [case] = parse_cases(text, "x")
    assert case.expected == (
        Expectation("m.py", 1, "LS101", Severity.ERROR, "No module"),
        Expectation("m.py", 2, "LS101", Severity.ERROR),
        Expectation("m.py", 2, "LS109", Severity.WARNING),
        Expectation("m.py", 5, "LS111", Severity.ERROR),
        Expectation("m.py", 5, "LS110", Severity.WARNING),
    )


def test_claims_belong_to_the_file_above() -> None:
    text = """`a.py`: empty
Python: runs
`b.py`: empty
Python: `ImportError: no`
Python: SystemExit
"""
    [case] = parse_cases(text, "x")
    assert [(claim.entry, claim.exception) for claim in case.claims] == [
        ("a.py", None),
        ("b.py", "ImportError: no"),
        ("b.py", "SystemExit"),
    ]


@pytest.mark.parametrize(
    ("claimed", "seen", "agrees"),
    [
        (None, None, True),
        (None, "ImportError: x", False),
        ("ImportError: x", None, False),
        ("ImportError: x", "ImportError: x", True),
        ("ImportError: x", "ImportError: y", False),
        ("ImportError: x", "ImportError: x (/tmp/a/m.py)", True),
        ("ImportError: x", "ImportError: x (unknown location)", True),
        ("ImportError: x", "ImportError: x. Did you mean: 'y'?", True),
        ("ImportError: x (most likely)", "ImportError: x (most likely) (/tmp/m.py)", True),
        ("ImportError: x", "ImportError: x (most likely)", False),
    ],
)
def test_what_agrees_with_a_claim(claimed: str | None, seen: str | None, agrees: bool) -> None:
    assert Claim("main.py", claimed, 1).agrees(seen) is agrees


def test_configuration_is_inherited_by_deeper_sections() -> None:
    config = "Config:\n\n```toml\n{}\n```\n"
    file = "`m.py`: empty\n"
    text = (
        f"# A\n{config.format('x = 1')}## B\n{file}"
        f"## C\n{config.format('x = 2')}{file}### D\n{file}# E\n{file}"
    )
    assert [case.configuration for case in parse_cases(text, "x")] == [
        "x = 1\n",
        "x = 2\n",
        "x = 2\n",
        None,
    ]


def test_an_environment_is_made_of_absolute_paths() -> None:
    [with_one] = parse_cases("`/env/lib/python3.11/site-packages/a.py`: empty\n", "x")
    [without] = parse_cases("`env/a.py`: empty\n", "x")
    assert (with_one.has_environment, without.has_environment) == (True, False)


def test_files_that_git_does_not_hold() -> None:
    text = "# A\n`a.py`: empty\n`b/c.py`: empty\n\nUntracked: `a.py`, `b/c.py`\n"
    [case] = parse_cases(text, "a.md")
    assert case.untracked == ("a.py", "b/c.py")
    with pytest.raises(LinkstepError) as caught:
        parse_cases("# A\n`a.py`: empty\n\nUntracked: `b.py`\n", "a.md")
    assert (caught.value.what, caught.value.where) == ("b.py is no file of this case", "a.md:4")


def test_windows_line_ends_change_nothing() -> None:
    text = "# A\n`m.py`:\n```\nx = 1\n```\nPython: runs\n"
    assert parse_cases(text.replace("\n", "\r\n"), "x") == parse_cases(text, "x")


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("`m.py`:\nprose\n", "a code fence has to follow here", 2),
        ("Config:\n# A\n", "a code fence has to follow here", 2),
        ("`m.py`:\n", "a code fence has to follow the last line", 0),
        ("`m.py`:\n```\nx\n", "the code fence is never closed", 2),
        ("`m.py`: empty\n`m.py`: empty\n", "m.py is there twice", 2),
        ("`/etc/x`: empty\n", "/etc/x is neither in the tree nor in /env/", 1),
        ("`a/../../x`: empty\n", "a/../../x is neither in the tree nor in /env/", 1),
        ("Python: runs\n", "a claim about Python has to follow the file that is run", 1),
        (
            "`m.py`: empty\nPython: it fails\n",
            "a claim is `runs` or the last line of a traceback",
            2,
        ),
        (
            "`m.py`:\n```\nx\ny  # error: LS102\n```\n",
            "no expectation such as `# error: [LS102]`",
            4,
        ),
        ("`m.py`:\n```\n# error: [LS102]\n```\n", "nothing follows the expectation", 3),
    ],
)
def test_mistakes_are_told(text: str, what: str, line: int) -> None:
    with pytest.raises(LinkstepError) as caught:
        parse_cases(text, "a.md")
    assert (caught.value.what, caught.value.where) == (what, f"a.md:{line}")
