"""The documents: what they show is what happens, and what they name exists."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import msgspec
import pytest
import tomli

from linkstep.cli.main import COMMANDS, linkstep
from linkstep.config import READERS, Configuration, load_configuration
from linkstep.model.links import Doubt
from linkstep.rulebook.load import load_rules, says
from linkstep.rulebook.select import check_policy, unknown_rule
from test_example import FINDING

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "docs/usage.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "rules").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
EACH = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)


def without_times(text: str) -> str:
    """Take out how long things took."""
    text = re.sub(r"\(\d+\.\d\d s\)", "(TIME)", text)
    return re.sub(r"(?<=tests in )\d+\.\d+s", "TIME", text)


def table(text: str, heading: str) -> list[list[str]]:
    """Give the rows of the first table whose heading line begins so."""
    lines = text[text.index(f"| {heading}") :].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def fences(text: str, language: str) -> list[str]:
    """Give the code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_the_demo_in_the_readme_is_what_make_demo_prints() -> None:
    shown = next(block for block in fences(README, "console") if block.startswith("$ make demo\n"))
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    # `--old-file` keeps make from installing anything: this environment has it all.
    done = subprocess.run(
        ["make", "--old-file=.venv/.project", f"BIN={Path(sys.executable).parent}", "demo"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert without_times("$ make demo\n" + done.stdout) == without_times(shown)


@pytest.mark.parametrize("text", [README, USAGE], ids=["README.md", "usage.md"])
def test_a_finding_is_shown_as_it_is_printed(text: str) -> None:
    finding, _, summary = FINDING.partition("\n\n")
    assert finding in text
    assert summary.strip() in without_times(text)


def test_the_table_of_rules_is_that_of_linkstep_rules() -> None:
    rules = load_rules()
    assert table(README, "code | name") == [
        [rule.code, rule.name, rule.severity.value, says(rule)] for rule in rules
    ]


def test_every_key_is_documented_with_its_default() -> None:
    rows = table(README, "key | default")
    assert [key.strip("`") for key, _, _ in rows] == list(READERS)
    for key, default, _ in rows:
        value = getattr(Configuration(), key.strip("`").replace("-", "_"))
        if default == "detected":
            assert value in (None, ())
        else:
            shown = tomli.loads(f"value = {default.strip('`')}")["value"]
            defaults = (
                msgspec.to_builtins(type(value)()) if isinstance(value, msgspec.Struct) else None
            )
            unset = not value or msgspec.to_builtins(value) == defaults
            assert shown == msgspec.to_builtins(value) or (not shown and unset)


def test_the_configuration_that_is_shown_can_be_used() -> None:
    (shown,) = [text for text in fences(README, "toml") if "[tool.linkstep]" in text]
    read = {"pyproject.toml": shown.encode()}.get
    check_policy(load_configuration(read).policy, load_rules(), "README.md")


def test_the_reasons_of_the_guide_are_those_of_the_summary() -> None:
    reasons = [reason.replace("`", "") for reason, _ in table(USAGE, "reason")]
    assert set(reasons) <= set(Doubt)
    assert len(reasons) == len(set(reasons))


@EACH
def test_a_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1`*$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


@EACH
def test_a_command_that_is_shown_can_be_given(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = [
        line.removeprefix("$ ")
        for block in fences(text, "console")
        for line in block.splitlines()
        if line.startswith("$ linkstep")
    ]
    shown += re.findall(r"`(linkstep [^`]*)`", text)
    for command in shown:
        parse(command)


def parse(command: str) -> None:
    """Have the command line parsed, and nothing done."""
    words = shlex.split(command, comments=True)
    words = words[1 : words.index("|")] if "|" in words else words[1:]
    if words == ["--version"]:
        return
    name, *arguments = words
    assert name in COMMANDS, command
    if not arguments:
        return  # the name of a command, in running text
    context = click.Context(linkstep)
    found = linkstep.get_command(context, name)
    assert found is not None
    parsed = found.make_context(name, arguments, parent=context)
    rule = parsed.params.get("rule")
    if rule not in (None, "CODE"):
        known = {word for entry in load_rules() for word in (entry.code, entry.name)}
        assert rule in known, unknown_rule(rule, load_rules(), "")
