"""Rule pages are read strictly, applied to facts, and selected by configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facts import INCIDENT, reference
from linkstep.errors import LinkstepError
from linkstep.model.facts import (
    BrokenFile,
    Guard,
    GuardKind,
    Problem,
    Runs,
    UnusedSuppression,
)
from linkstep.model.findings import Rule, Severity
from linkstep.model.policy import FailOn, PathPolicy, Policy
from linkstep.model.summary import Span
from linkstep.rulebook.apply import apply
from linkstep.rulebook.judge import judge
from linkstep.rulebook.load import RulePage, load_rules, parse_page, parse_pages, says
from linkstep.rulebook.select import check_policy, decide, matches, select

RULES = load_rules()
BY_CODE = {rule.code: rule for rule in RULES}

HEADER = """code = "LS102"
name = "undefined-name"
severity = "error"
since = "0.1.0"
fact = "broken-reference"
where = { problem = "undefined-name" }
message = "no {name} in {module}"
"""


def page(header: str, path: str = "our/LS102-undefined-name.md") -> RulePage:
    return RulePage(path, f"```toml\n{header}```\n\n# LS102\n\nIt says\nthis. And this.\n\nMore.\n")


def test_a_page_becomes_a_rule() -> None:
    rule = parse_page(page(HEADER))
    assert rule == Rule(
        code="LS102",
        name="undefined-name",
        severity=Severity.ERROR,
        since="0.1.0",
        fact="broken-reference",
        message="no {name} in {module}",
        page="# LS102\n\nIt says\nthis. And this.\n\nMore.\n",
        where={"problem": "undefined-name"},
    )
    assert says(rule) == "It says this."


@pytest.mark.parametrize(
    ("old", "new", "what", "hint"),
    [
        ('"LS102"', '"lint"', "'lint' is no rule code such as LS102", ""),
        ('name = "undefined-name"\ns', "s", "the header has no name", ""),
        ('"error"', '"fatal"', "severity 'fatal' is none of error, warning, off", ""),
        ('"error"', "3", "severity must be a string", ""),
        ("since", "sinec", "unknown key 'sinec' in the header", "did you mean 'since'?"),
        (
            '"broken-reference"',
            '"broken-refrence"',
            "unknown fact 'broken-refrence'",
            "did you mean 'broken-reference'?",
        ),
        ("problem =", "problme =", "the fact has no field 'problme'", "did you mean 'problem'?"),
        (
            'problem = "undefined-name"',
            'problem = "undefined-nam"',
            "problem is never 'undefined-nam'",
            "did you mean 'undefined-name'?",
        ),
        ("problem =", "offers =", "field 'offers' cannot be compared", ""),
        ("{ problem", "[{ problem", "cannot read TOML", ""),
        ("{name}", "{nmae}", "the fact has no field 'nmae'", "did you mean 'name'?"),
        ("{name}", "{name!r}", "write {name} plainly", ""),
        ("{name}", "{name.uper}", "the fact has no field 'name.uper'", "did you mean 'name'?"),
        ("{name}", "{name", "message is no format string", ""),
        (
            '"undefined-name"\ns',
            '"Undefined"\ns',
            "'Undefined' is no rule name such as undefined-name",
            "",
        ),
        (
            '"undefined-name"\ns',
            '"other-name"\ns',
            "the page of LS102 has to be called LS102-other-name.md",
            "",
        ),
    ],
)
def test_what_is_wrong_with_a_header_is_told(old: str, new: str, what: str, hint: str) -> None:
    assert old in HEADER
    with pytest.raises(LinkstepError) as caught:
        parse_page(page(HEADER.replace(old, new, 1)))
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert caught.value.where.startswith("our/LS102-undefined-name.md")


def test_broken_toml_is_found_by_its_line_in_the_page() -> None:
    with pytest.raises(LinkstepError) as caught:
        parse_page(page(HEADER + "x = ]\n"))
    assert caught.value.where == "our/LS102-undefined-name.md:9:5"


@pytest.mark.parametrize("name", ["undefined-name", "other"])
def test_two_pages_cannot_share_a_code_or_a_name(name: str) -> None:
    code = "LS102" if name == "other" else "XX001"
    other = HEADER.replace("LS102", code).replace(
        'name = "undefined-name"\ns', f'name = "{name}"\ns'
    )
    pages = [page(HEADER), page(other, f"{code}-{name}.md")]
    with pytest.raises(LinkstepError) as caught:
        parse_pages(pages)
    assert caught.value.where == f"{code}-{name}.md"
    assert caught.value.why == "our/LS102-undefined-name.md has it too"


def test_further_directories_bring_further_rules(tmp_path: Path) -> None:
    header = HEADER.replace("LS102", "OUR001").replace('"undefined-name"\ns', '"our-rule"\ns')
    (tmp_path / "OUR001-our-rule.md").write_text(page(header).text)
    (tmp_path / "README.txt").write_text("no page")
    assert {rule.code for rule in load_rules([tmp_path])} == {*BY_CODE, "OUR001"}


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkstepError, match="there is no directory"):
        load_rules([tmp_path / "gone"])


def test_the_rules_of_linkstep() -> None:
    assert [(rule.code, rule.name, rule.severity.value) for rule in RULES] == [
        ("LS101", "missing-module", "error"),
        ("LS102", "undefined-name", "error"),
        ("LS103", "undefined-attribute", "error"),
        ("LS104", "undefined-export", "error"),
        ("LS105", "import-cycle-failure", "error"),
        ("LS106", "unimported-submodule", "error"),
        ("LS107", "case-mismatch", "error"),
        ("LS108", "possibly-undefined-name", "warning"),
        ("LS109", "dead-fallback", "warning"),
        ("LS110", "shadowed-module", "warning"),
        ("LS111", "syntax-error", "error"),
        ("LS112", "failing-import", "error"),
        ("LS113", "order-dependent-import", "warning"),
        ("LS201", "broken-entry-point", "error"),
        ("LS202", "broken-launch-command", "error"),
        ("LS203", "broken-dotted-path", "error"),
        ("LS301", "undeclared-dependency", "error"),
        ("LS302", "missing-distribution", "error"),
        ("LS303", "unused-dependency", "warning"),
        ("LS304", "transitive-dependency", "warning"),
        ("LS305", "development-dependency", "error"),
        ("LS306", "removed-from-standard-library", "error"),
        ("LS307", "incompatible-distribution", "error"),
        ("LS401", "untracked-module", "error"),
        ("LS402", "undelivered-module", "error"),
        ("LS403", "test-code-in-production", "error"),
        ("LS404", "stale-module", "warning"),
        ("LS405", "unstartable-entry", "error"),
        ("LS406", "missing-shared-library", "error"),
        ("LS501", "import-cycle", "off"),
        ("LS601", "unset-app-state", "error"),
        ("LS602", "dead-state-test", "warning"),
        ("LS901", "unused-suppression", "warning"),
        ("LS902", "stale-baseline-entry", "error"),
    ]


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_one_rule(problem: Problem) -> None:
    [found] = apply([reference(problem=problem)], RULES)
    assert BY_CODE[found.code].where == {"problem": problem.value}


def test_messages_hold_the_fields_of_the_fact() -> None:
    unused = UnusedSuppression("app.py", Span(1, 1, 1, 2), ("LS101", "LS102"))
    said = [found.message for found in apply([INCIDENT, unused], RULES)]
    assert said == [
        "cannot import name 'get_db_session_factory' from 'app.db.session'",
        "this comment ignores no finding of LS101, LS102",
    ]


def test_findings_are_ordered_by_weight() -> None:
    loud = Guard()
    hidden = Guard(GuardKind.SWALLOWED, "Exception", 3)
    unreached: dict[str, Any] = {"reached_from": ()}
    facts = [
        reference(path="9.py", runs=Runs.IMPORT, guard=hidden),
        reference(path="8.py", runs=Runs.IMPORT, guard=loud),
        reference(path="7.py", runs=Runs.CALL, guard=hidden),
        reference(path="6.py", runs=Runs.CALL, guard=loud),
        reference(path="5.py", runs=Runs.IMPORT, guard=hidden, **unreached),
        BrokenFile("3.py", Span(1, 1, 1, 1), "a", "no", "SyntaxError: no", "Python 3.11"),
        reference(path="4.py", runs=Runs.IMPORT, guard=loud, **unreached),
        reference(path="1.py", **unreached),
        reference(path="2.py", **unreached),
        reference(path="2.py", span=Span(5, 1, 5, 2), **unreached),
    ]
    ordered = apply(reversed(facts), RULES)
    assert [found.fact for found in ordered] == facts


def test_one_place_is_told_once_by_its_heaviest_fact() -> None:
    at_import = reference(runs=Runs.IMPORT)
    assert [found.fact for found in apply([INCIDENT, at_import, INCIDENT], RULES)] == [at_import]


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        (Policy(), "error"),
        (Policy(select=("ALL",)), "error"),
        (Policy(select=("LS1",)), "error"),
        (Policy(select=("undefined-name",)), "error"),
        (Policy(select=("LS9",)), "off"),
        (Policy(select=("LS10", "LS9")), "error"),
        (Policy(ignore=("ALL",)), "off"),
        (Policy(ignore=("LS1",)), "off"),
        (Policy(select=("LS102",), ignore=("LS1",)), "error"),
        (Policy(select=("LS1",), ignore=("LS102",)), "off"),
        (Policy(select=("LS102",), ignore=("undefined-name",)), "off"),
        (Policy(severity={"LS102": Severity.WARNING}), "warning"),
        (Policy(severity={"LS1": Severity.OFF, "undefined-name": Severity.WARNING}), "warning"),
        (Policy(severity={"LS102": Severity.OFF}), "off"),
        (Policy(paths=(PathPolicy("app", ignore=("LS102",)),)), "off"),
        (Policy(paths=(PathPolicy("lib", ignore=("LS102",)),)), "error"),
        (Policy(ignore=("LS1",), paths=(PathPolicy("app", select=("LS102",)),)), "error"),
        (
            Policy(
                paths=(
                    PathPolicy("app", ignore=("ALL",)),
                    PathPolicy(
                        "app/db/*.py", select=("LS102",), severity={"LS1": Severity.WARNING}
                    ),
                )
            ),
            "warning",
        ),
    ],
)
def test_what_a_policy_decides(policy: Policy, severity: str) -> None:
    assert decide(BY_CODE["LS102"], "app/db/session.py", policy).value == severity


def test_selecting_a_rule_by_name_turns_it_on() -> None:
    off = parse_page(page(HEADER.replace('"error"', '"off"')))
    assert decide(off, "a.py", Policy()) is Severity.OFF
    assert decide(off, "a.py", Policy(select=("LS1",))) is Severity.OFF
    assert decide(off, "a.py", Policy(select=("LS102",))) is Severity.WARNING
    assert decide(off, "a.py", Policy(severity={"LS102": Severity.ERROR})) is Severity.ERROR


def test_selected_findings_carry_their_severity() -> None:
    findings = apply([INCIDENT, reference(path="tests/test_a.py")], RULES)
    policy = Policy(paths=(PathPolicy("tests", severity={"LS102": Severity.WARNING}),))
    shown = [(found.fact.path, found.severity) for found in select(findings, RULES, policy)]
    assert shown == [("app/ws/manager.py", Severity.ERROR), ("tests/test_a.py", Severity.WARNING)]


@pytest.mark.parametrize(
    ("policy", "what", "where", "hint"),
    [
        (Policy(select=("LS999",)), "'LS999'", "pyproject.toml: select", "did you mean 'LS902'?"),
        (
            Policy(ignore=("undefined-nam",)),
            "'undefined-nam'",
            "pyproject.toml: ignore",
            "did you mean 'undefined-name'?",
        ),
        (
            Policy(severity={"X": Severity.OFF}),
            "'X'",
            "pyproject.toml: severity",
            "`linkstep rules` lists them",
        ),
        (
            Policy(paths=(PathPolicy("tests", ignore=("undefined",)),)),
            "'undefined'",
            "pyproject.toml: tests: ignore",
            "did you mean 'undefined-name'?",
        ),
    ],
)
def test_rules_that_do_not_exist_are_refused(
    policy: Policy, what: str, where: str, hint: str
) -> None:
    with pytest.raises(LinkstepError) as caught:
        check_policy(policy, RULES, "pyproject.toml")
    found = caught.value
    assert (found.what, found.where, found.hint) == (f"unknown rule {what}", where, hint)


def test_every_way_to_name_a_rule_is_accepted() -> None:
    check_policy(Policy(select=("ALL", "LS", "LS1", "LS102", "undefined-name")), RULES, "x")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tests", "tests/a.py", True),
        ("tests", "app/tests/a.py", True),
        ("tests", "app/tests.py", False),
        ("tests/", "tests/deep/a.py", True),
        ("/tests", "app/tests/a.py", False),
        ("tests/**", "tests/deep/a.py", True),
        ("app/*.py", "app/a.py", True),
        ("app/*.py", "app/deep/a.py", False),
        ("**/test_*.py", "test_a.py", True),
        ("**/test_*.py", "app/test_a.py", True),
        ("test_?.py", "app/test_a.py", True),
        ("a[0-9].py", "a1.py", True),
        ("a[!0-9].py", "a1.py", False),
        ("a[9-0].py", "a[9-0].py", True),
        ("a.py", "aXpy", False),
    ],
)
def test_patterns_read_as_in_gitignore(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_judging_puts_it_together() -> None:
    sources = {
        "app/ws/manager.py": b"\n\n\nx  # linkstep: ignore[LS102]\n",
        "app/idle.py": b"x  # noqa: LS102\n",
    }
    other = reference(path="app/other.py")
    judged = judge([INCIDENT, other], RULES, Policy(), sources.get, ["app/idle.py"])
    assert [(found.code, found.fact.path) for found in judged.findings] == [
        ("LS102", "app/other.py"),
        ("LS901", "app/idle.py"),
    ]
    assert judged.suppressed == 1


def test_a_comment_for_a_rule_that_is_not_selected_is_in_use() -> None:
    sources = {"app/ws/manager.py": b"\n\n\nx  # linkstep: ignore[LS102]\n"}
    policy = Policy(ignore=("LS102",))
    judged = judge([INCIDENT], RULES, policy, sources.get, ["app/ws/manager.py"])
    assert (judged.findings, judged.suppressed) == ((), 0)


@pytest.mark.parametrize(
    ("level", "severities"),
    [("error", {"error"}), ("warning", {"error", "warning"}), ("never", set())],
)
def test_what_fails_a_run(level: str, severities: set[str]) -> None:
    failing = {severity.value for severity in Severity if FailOn(level).fails(severity)}
    assert failing == severities
