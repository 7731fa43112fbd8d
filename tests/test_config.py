"""Configuration: what is read, what is refused, and in which words."""

from __future__ import annotations

import pytest

from linkstep.config import Configuration, load_configuration, override, parse_configuration
from linkstep.errors import LinkstepError
from linkstep.model.findings import Severity
from linkstep.model.policy import FailOn, PathPolicy
from linkstep.model.request import CheckRequest

EVERYTHING = b"""
[tool.linkstep]
roots = ["src", "services/api"]
include = ["src/**"]
exclude = ["src/generated/"]
python = ".venv"
target-version = "3.12"
platform = "darwin"
select = ["ALL"]
ignore = ["LS108"]
severity = { LS109 = "error", possibly-undefined-name = "off" }
fail-on = "warning"
entry-points = ["app.main:app", "app.worker"]
rules = ["our-rules/"]
require-environment = true

[[tool.linkstep.per-path]]
path = "tests/**"
ignore = ["LS1"]
severity = { LS103 = "warning" }
"""


def test_every_key_is_read() -> None:
    assert load_configuration({"pyproject.toml": EVERYTHING}.get) == Configuration(
        source="pyproject.toml",
        roots=("src", "services/api"),
        include=("src/**",),
        exclude=("src/generated/",),
        python=".venv",
        target_version=(3, 12),
        platform="darwin",
        select=("ALL",),
        ignore=("LS108",),
        severity={"LS109": Severity.ERROR, "possibly-undefined-name": Severity.OFF},
        per_path=(PathPolicy("tests/**", ignore=("LS1",), severity={"LS103": Severity.WARNING}),),
        fail_on=FailOn.WARNING,
        entry_points=("app.main:app", "app.worker"),
        rules=("our-rules/",),
        require_environment=True,
    )


def test_linkstep_toml_has_the_keys_at_its_top_level() -> None:
    files = {"linkstep.toml": b'select = ["LS1"]', "pyproject.toml": b"[project]\nname='x'"}
    found = load_configuration(files.get)
    assert (found.source, found.select) == ("linkstep.toml", ("LS1",))


def test_per_path_can_be_a_table_by_path() -> None:
    found = parse_configuration({"per-path": {"tests": {"ignore": ["LS1"]}}}, "linkstep.toml")
    assert found.per_path == (PathPolicy("tests", ignore=("LS1",)),)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": b""},
        {"pyproject.toml": b"[tool.ruff]\nline-length = 100"},
    ],
)
def test_no_configuration_means_the_defaults(files: dict[str, bytes]) -> None:
    assert load_configuration(files.get) == Configuration()


def test_an_explicit_file_is_the_only_one_read() -> None:
    files = {"other.toml": b'ignore = ["LS1"]', "pyproject.toml": b"not toml at all ["}
    assert load_configuration(files.get, "other.toml").ignore == ("LS1",)


@pytest.mark.parametrize(
    ("text", "what", "where", "hint"),
    [
        (
            'slect = ["LS1"]',
            "unknown key 'slect'",
            "pyproject.toml, [tool.linkstep]",
            "did you mean 'select'?",
        ),
        (
            "target_version = '3.11'",
            "unknown key 'target_version'",
            "pyproject.toml, [tool.linkstep]",
            "did you mean 'target-version'?",
        ),
        (
            "roots = 'src'",
            "roots must be a list of strings, not a string 'src'",
            "pyproject.toml, [tool.linkstep]: roots",
            "",
        ),
        (
            "ignore = ['LS1', 3]",
            "ignore must be a list of strings, not an integer 3",
            "pyproject.toml, [tool.linkstep]: ignore",
            "",
        ),
        (
            "require-environment = 'yes'",
            "require-environment must be true or false, not a string 'yes'",
            "pyproject.toml, [tool.linkstep]: require-environment",
            "",
        ),
        (
            "target-version = 3.11",
            'target-version must be a Python version such as "3.11", not a float 3.11',
            "pyproject.toml, [tool.linkstep]: target-version",
            "",
        ),
        (
            "target-version = '2.7'",
            "target-version must be a Python version such as \"3.11\", not a string '2.7'",
            "pyproject.toml, [tool.linkstep]: target-version",
            "",
        ),
        (
            "platform = 'windows'",
            "no Python has sys.platform 'windows'",
            "pyproject.toml, [tool.linkstep]: platform",
            "did you mean 'win32'?",
        ),
        (
            "fail-on = 'info'",
            "fail-on must be error, warning or never, not a string 'info'",
            "pyproject.toml, [tool.linkstep]: fail-on",
            "",
        ),
        (
            "severity = {LS102 = 'fatal'}",
            "severity.LS102 must be error, warning or off, not a string 'fatal'",
            "pyproject.toml, [tool.linkstep]: severity.LS102",
            "",
        ),
        (
            "severity = ['LS102']",
            "severity must be a table, not an array",
            "pyproject.toml, [tool.linkstep]: severity",
            "",
        ),
        (
            "entry-points = ['app.main:']",
            'entry-points must be modules or objects such as "app.main:app", '
            "not a string 'app.main:'",
            "pyproject.toml, [tool.linkstep]: entry-points",
            "",
        ),
        (
            "per-path = [{ignore = ['LS1']}]",
            "a per-path entry needs a path",
            "pyproject.toml, [tool.linkstep]: per-path, entry 1",
            "",
        ),
        (
            "per-path = {tests = {ignroe = ['LS1']}}",
            "unknown key 'ignroe'",
            "pyproject.toml, [tool.linkstep]: per-path.tests",
            "did you mean 'ignore'?",
        ),
        (
            "per-path = 3",
            "per-path must be a table by path or an array of tables, not an integer 3",
            "pyproject.toml, [tool.linkstep]: per-path",
            "",
        ),
    ],
)
def test_what_is_refused(text: str, what: str, where: str, hint: str) -> None:
    files = {"pyproject.toml": f"[tool.linkstep]\n{text}".encode()}
    with pytest.raises(LinkstepError) as caught:
        load_configuration(files.get)
    assert (caught.value.what, caught.value.where, caught.value.hint) == (what, where, hint)


def test_two_configurations_are_refused() -> None:
    files = {"linkstep.toml": b"", "pyproject.toml": b"[tool.linkstep]"}
    with pytest.raises(LinkstepError, match="configured twice"):
        load_configuration(files.get)


@pytest.mark.parametrize("data", [b"[tool.linkstep", b"a = 1\na = 2", b"\xff\xfe"])
def test_broken_toml_is_refused(data: bytes) -> None:
    with pytest.raises(LinkstepError) as caught:
        load_configuration({"pyproject.toml": data}.get)
    assert caught.value.where.startswith("pyproject.toml:")
    assert caught.value.why


@pytest.mark.parametrize("data", [b"tool = 3", b"[tool]\nlinkstep = 3"])
def test_tables_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(LinkstepError, match="must be a table"):
        load_configuration({"pyproject.toml": data}.get)


def test_a_missing_explicit_file_is_refused() -> None:
    with pytest.raises(LinkstepError, match=r"there is no file gone\.toml"):
        load_configuration({}.get, "gone.toml")


def test_the_command_line_is_laid_over_the_configuration() -> None:
    configured = parse_configuration(
        {"select": ["LS1"], "ignore": ["LS108"], "platform": "win32", "python": "env"},
        "linkstep.toml",
    )
    request = CheckRequest(
        "/",
        {},
        roots=("src",),
        target_version="3.13",
        platform="linux",
        select=("LS102",),
        ignore=("LS103",),
        require_environment=True,
    )
    merged = override(configured, request)
    assert (merged.select, merged.ignore) == (("LS102",), ("LS108", "LS103"))
    assert (merged.platform, merged.target_version) == ("linux", (3, 13))
    assert (merged.roots, merged.python) == (("src",), "env")
    assert merged.require_environment


def test_options_are_checked_like_keys() -> None:
    with pytest.raises(LinkstepError, match="--target-version must be a Python version"):
        override(Configuration(), CheckRequest("/", {}, target_version="new"))
