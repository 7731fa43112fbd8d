"""The pages of rules/: their shape, and every example linked and run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linkstep.model.findings import Rule
from linkstep.rulebook.cases import Case, Claim, parse_cases
from linkstep.rulebook.load import load_rules, says
from running import compare, findings_of, last_line, write

RULES = load_rules()
OF_IMAGES = ("LS404", "LS405", "LS406")
CASES = [(rule, case) for rule in RULES for case in parse_cases(rule.page, rule.code)]
CLAIMS = [(case, claim) for _, case in CASES for claim in case.claims]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_has_the_sections_a_reader_expects(rule: Rule) -> None:
    assert rule.page.startswith(f"# {rule.code} {rule.name}\n")
    assert re.findall(r"^## (.*)$", rule.page, re.MULTILINE) == [
        "Why it matters",
        "Reported",
        "Not reported",
        "What to do",
    ]
    assert says(rule).endswith(".")
    assert len(says(rule)) < 120


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_shows_what_it_reports_and_what_it_does_not(rule: Rule) -> None:
    if rule.code in OF_IMAGES:
        pytest.skip("an image is no small tree: tests/test_image_start.py judges these")
    cases = [case for owner, case in CASES if owner is rule]
    assert {case.heading[1] for case in cases} == {"Reported", "Not reported"}
    for case in cases:
        reported = any(expected.code == rule.code for expected in case.expected)
        assert reported is (case.heading[1] == "Reported"), case.title


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=lambda case: case.title)
def test_an_example_is_judged_as_its_page_says(case: Case, tmp_path: Path) -> None:
    assert compare(case, findings_of(case, write(case, tmp_path))) == ([], [])


@pytest.mark.parametrize(
    ("case", "claim"), CLAIMS, ids=[f"{case.title}: {claim.entry}" for case, claim in CLAIMS]
)
def test_the_interpreter_agrees(case: Case, claim: Claim, tmp_path: Path) -> None:
    said = last_line(claim, write(case, tmp_path))
    assert claim.agrees(said), said
