"""The command line: options, streams, exit codes, and what it imports."""

from __future__ import annotations

import io
import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from linkstep import __version__
from linkstep.cli.main import COMMANDS, main
from linkstep.cli.progress import ProgressLine, observed
from linkstep.cli.roots import explain
from linkstep.cli.streams import wants_colour, width_of
from linkstep.model.environment import Environment, Origin, PathEntry, Project
from linkstep.model.observer import Unobserved
from linkstep.model.request import Explanation
from linkstep.model.target import Target

Captured = pytest.CaptureFixture[str]

BROKEN = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/session.py": "def get_session(): ...\n",
    "app/socket.py": "def answer():\n    from app.session import get_sessions\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one finding, in the current directory."""
    for path, text in BROKEN.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linkstep", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,  # type: ignore[call-overload]
    )


def test_the_version(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"linkstep {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["check", "--help"], ["rules", "--help"]]
)
def test_help_and_version_import_no_heavy_library(arguments: list[str]) -> None:
    heavy = ("networkx", "rich", "libcst", "typeshed_client", "packaging", "pathspec")
    program = (
        "import sys; from linkstep.cli.main import main; code = main(sys.argv[1:]); "
        f"print(*[name for name in {heavy} if name in sys.modules], file=sys.stderr); "
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: Captured) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: linkstep {command}" in shown
    assert f"linkstep {command}" in shown.partition("Examples:")[2]


def test_help_lists_the_commands(capsys: Captured) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_no_command_is_a_usage_error(capsys: Captured) -> None:
    assert main([]) == 2
    assert "Usage: linkstep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "linkstep: error: unknown command 'chekc'\n  hint:  did you mean 'check'?\n"),
        (
            ["check", "--zzzzzz"],
            "linkstep: error: No such option '--zzzzzz'.\n"
            "  hint:  `linkstep check --help` says what there is\n",
        ),
        (
            ["rule"],
            "linkstep: error: Missing argument 'RULE'.\n"
            "  hint:  `linkstep rule --help` says what there is\n",
        ),
        (
            ["rule", "LS999"],
            "linkstep: error: unknown rule 'LS999'\n  hint:  did you mean 'LS902'?\n",
        ),
        (
            ["check", "gone"],
            "linkstep: error: there is no file or directory gone\n",
        ),
        (
            ["check", "--target-version", "new"],
            'linkstep: error: --target-version must be a Python version such as "3.11", '
            "not a string 'new'\n  where: --target-version\n",
        ),
        (
            ["check", "--config", "gone.toml"],
            "linkstep: error: there is no file gone.toml\n  where: --config\n",
        ),
        (
            ["check", "--select", "LS102,XY12"],
            "linkstep: error: unknown rule 'XY12'\n"
            "  where: the command line: select\n"
            "  hint:  `linkstep rules` lists them\n",
        ),
        (
            ["check", "--output", "no/such/directory/x"],
            "linkstep: error: cannot write no/such/directory/x\n"
            "  where: --output\n"
            "  why:   No such file or directory\n",
        ),
        (
            ["check", "\x1b[2J"],
            "linkstep: error: there is no file or directory \\x1b[2J\n",
        ),
    ],
)
def test_usage_errors(project: Path, arguments: list[str], message: str, capsys: Captured) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", message)


def test_a_broken_configuration(project: Path, capsys: Captured) -> None:
    (project / "pyproject.toml").write_text("[tool.linkstep]\nslect = 1\n")
    for command in ("check", "rules", "roots"):
        assert main([command]) == 2
        assert capsys.readouterr().err == (
            "linkstep: error: unknown key 'slect'\n"
            "  where: pyproject.toml, [tool.linkstep]\n"
            "  hint:  did you mean 'select'?\n"
        )


def test_check_tells_the_finding(project: Path, capsys: Captured) -> None:
    assert main(["check", "--quiet"]) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "app/socket.py:2:29: error[LS102] cannot import name 'get_sessions' from 'app.session'\n"
        "  2 |     from app.session import get_sessions\n"
        "    |                             ^^^^^^^^^^^^\n"
        "  found:   app/session.py binds get_session\n"
        "  effect:  fails when answer() is called\n"
        "  help:    get_session is the closest name there\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "warning"], 1),
        (["--ignore", "LS1"], 0),
        (["--select", "LS103, LS104"], 0),
        (["--select", "undefined-name"], 1),
        (["app/session.py"], 0),
        (["app/socket.py"], 1),
    ],
)
def test_exit_codes_of_check(project: Path, arguments: list[str], code: int) -> None:
    assert main(["check", "--format", "concise", *arguments]) == code


def test_configured_severity_decides_the_exit_code(project: Path, capsys: Captured) -> None:
    (project / "linkstep.toml").write_text("severity = { LS102 = 'warning' }")
    assert main(["check", "-q"]) == 0
    assert "warning[LS102]" in capsys.readouterr().out
    assert main(["check", "-q", "--fail-on", "warning"]) == 1


def test_check_writes_json_to_a_file(project: Path, capsys: Captured) -> None:
    assert main(["check", "--format", "json", "--output", "report.json"]) == 1
    assert capsys.readouterr().out == ""
    document = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert [found["code"] for found in document["findings"]] == ["LS102"]
    assert document["linkstep"] == __version__


def test_one_run_writes_several_reports(project: Path, capsys: Captured) -> None:
    further = ["--report", "json=r.json", "--report", "concise=r.txt", "--report=full=r=.txt"]
    assert main(["check", "--quiet", "--format", "github", *further]) == 1
    assert capsys.readouterr().out.startswith("::error file=app/socket.py,line=2,")
    assert json.loads((project / "r.json").read_bytes())["summary"]["findings_by_code"] == {
        "LS102": 1
    }
    line = "app/socket.py:2:29: LS102 cannot import name 'get_sessions' from 'app.session'\n"
    assert (project / "r.txt").read_text() == line
    assert (project / "r=.txt").read_text().startswith("app/socket.py:2:29: error[LS102]")


@pytest.mark.parametrize("value", ["x.sarif", "sarif", "sarif=", "pdf=x.pdf"])
def test_a_report_needs_a_format_and_a_file(project: Path, value: str, capsys: Captured) -> None:
    assert main(["check", "--report", value]) == 2
    assert capsys.readouterr().err == (
        f"linkstep: error: Invalid value for '--report': {value!r} is no FORMAT=FILE; formats are "
        "full, concise, json, sarif, github, gitlab, junit, markdown, html\n"
        "  hint:  `linkstep check --help` says what there is\n"
    )


def test_rule_prints_its_page_as_it_is_when_piped(capsys: Captured) -> None:
    assert main(["rule", "undefined-name"]) == 0
    by_name = capsys.readouterr().out
    assert main(["rule", "ls102"]) == 0
    assert capsys.readouterr().out == by_name
    assert by_name.startswith("# LS102 undefined-name\n\nA from-import asks")


def test_rules_lists_them(project: Path, capsys: Captured) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert "LS104  undefined-export               error    `__all__` lists a name" in listed
    assert main(["rules", "--format", "json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert entries[0] == {
        "code": "LS101",
        "name": "missing-module",
        "severity": "error",
        "since": "0.1.0",
        "fix": None,
        "says": "An import names a module that does not exist.",
    }


def test_rules_are_listed_on_a_narrow_terminal(
    project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "LS101  missing-module  error",
        "       An import names a module that does",
        "       not exist.",
    ]
    assert max(map(len, lines)) <= 44


def test_the_rules_of_the_project_are_rules_too(project: Path, capsys: Captured) -> None:
    (project / "linkstep.toml").write_text("rules = ['ours']")
    (project / "ours").mkdir()
    (project / "ours" / "OUR001-no-sessions.md").write_text(
        '```toml\ncode = "OUR001"\nname = "no-sessions"\nseverity = "error"\nsince = "1"\n'
        'fact = "broken-reference"\nwhere = { name = "get_sessions" }\nmessage = "ours: {name}"\n'
        "```\n\n# OUR001\n\nOur own rule.\n"
    )
    assert main(["rule", "OUR001"]) == 0
    assert capsys.readouterr().out == "# OUR001\n\nOur own rule.\n"
    assert main(["check", "-q", "--format", "concise", "--select", "OUR"]) == 1
    assert capsys.readouterr().out == "app/socket.py:2:29: OUR001 ours: get_sessions\n"


def test_roots(project: Path, capsys: Captured) -> None:
    assert main(["roots"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"project: {project}\nconfiguration: none, defaults apply\nfiles: 3\n")


def test_what_roots_explains() -> None:
    environment = Environment(
        site=(PathEntry("/v/site-packages", Origin.THIRD_PARTY, "found"),),
        mappings=(("shop", "/src/shop"),),
        opaque_finders=("/v/x.pth",),
        found=True,
        why="VIRTUAL_ENV",
    )
    roots = (
        PathEntry("src", Origin.FIRST_PARTY, "configured"),
        PathEntry("", Origin.FIRST_PARTY, "layout"),
    )
    project = Project(roots, environment, Target((3, 11)), "requires-python")
    assert list(explain(Explanation("/p", project, "pyproject.toml", 1200, ("a\x1bb",)))) == [
        "project: /p",
        "configuration: pyproject.toml",
        "files: 1,200",
        "target: Python 3.11 on linux (requires-python)",
        "roots:",
        "  src (configured)",
        "  . (layout)",
        "environment: VIRTUAL_ENV",
        "  /v/site-packages (found)",
        "  shop -> /src/shop (editable install)",
        "  /v/x.pth (cannot be read without running it; anything may come from it)",
        "standard library:",
        "  typeshed's stubs; names they omit are unknown",
        r"note: a\x1bb",
    ]


def test_a_bug_is_told_with_what_to_paste(
    project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("oops \x1b[2J")

    monkeypatch.setattr("linkstep.pipeline.check_state", broken)
    assert main(["check"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(
        "linkstep: this is a bug in linkstep, not in your code; please report it\n"
        f"  linkstep {__version__}, Python {sys.version.split()[0]}\n"
    )
    assert shown.err.endswith("ValueError: oops \\x1b[2J\n")
    assert "Traceback (most recent call last):" in shown.err


def test_an_interrupt(project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("linkstep.pipeline.check_state", interrupted)
    assert main(["check"]) == 130
    assert capsys.readouterr().err.lstrip() == "linkstep: interrupted\n"


def test_nobody_reads_the_output() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "linkstep", "rule", "LS102"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [["check"], ["rules"], ["--version"]])
def test_there_is_no_room_for_the_output(project: Path, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "linkstep", *arguments],
            cwd=project,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    text = "linkstep: error: cannot write the output\n  why:   No space left on device\n"
    assert (done.returncode, done.stderr) == (2, text)


@pytest.mark.skipif(os.name == "nt", reason="the shell is another one")
def test_without_streams_the_exit_code_tells(project: Path) -> None:
    (project / "app" / "broken.py").write_text("from app.session import gone\n")
    command = f"{shlex.quote(sys.executable)} -m linkstep check >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=project, check=False).returncode == 1


def test_an_encoding_that_lacks_a_character(project: Path) -> None:
    (project / "app" / "tëst.py").write_text("from app.session import gönn\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run("check", "-q", "--format", "concise", "app/tëst.py", env=environment)
    assert done.returncode == 1
    assert (
        done.stdout
        == "app/t\\xebst.py:1:25: LS102 cannot import name 'g\\xf6nn' from 'app.session'\n"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_when_there_is_colour(
    variables: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Terminal() if terminal else io.StringIO()) is expected


def test_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert width_of(io.StringIO()) == 120
    monkeypatch.setenv("COLUMNS", "60")
    assert (width_of(io.StringIO()), width_of(Terminal())) == (60, 60)


def test_a_terminal_gets_colour_and_its_width(project: Path) -> None:
    main_end, child_end = pty.openpty()
    environment = {**os.environ, "COLUMNS": "40", "TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, "-m", "linkstep", "check", "-q"],
        stdout=child_end,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    os.close(child_end)
    shown = os.read(main_end, 65536).decode()
    os.close(main_end)
    assert done.returncode == 1
    assert "\x1b[1;31merror[LS102]\x1b[0m" in shown


def test_progress_waits_for_half_a_second() -> None:
    now = 100.0
    stream = Terminal()
    line = ProgressLine(stream, lambda: now)
    line.stage("reading", 1200)
    now = 100.4
    line.advance(100)
    assert stream.getvalue() == ""
    now = 100.6
    line.advance(900)
    line.advance(1)  # too soon after the last one
    assert stream.getvalue() == "\r\x1b[2Kreading 1,000 of 1,200"
    now = 101.0
    line.stage("linking", None)
    line.close()
    assert stream.getvalue().endswith("\r\x1b[2Klinking\r\x1b[2K")


@pytest.mark.parametrize("variable", [("CI", "true"), ("TERM", "dumb")])
def test_progress_is_for_terminals_that_can(
    variable: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    with observed(Terminal()) as observer:
        assert isinstance(observer, ProgressLine)
    with observed(io.StringIO()) as observer:
        assert isinstance(observer, Unobserved)
    monkeypatch.setenv(*variable)
    with observed(Terminal()) as observer:
        assert isinstance(observer, Unobserved)
