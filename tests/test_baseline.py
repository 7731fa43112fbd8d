"""The baseline: its file, what it accepts, what is stale, and the command that writes it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from facts import finding, reference
from linkstep.cli.main import main
from linkstep.errors import LinkstepError
from linkstep.model.facts import StaleEntry
from linkstep.model.findings import Finding
from linkstep.model.identity import Key, key_of
from linkstep.model.summary import Span
from linkstep.rulebook.baseline import (
    Baseline,
    Entry,
    added,
    divide,
    entries_for,
    parse_baseline,
    pruned,
    render_baseline,
)

Captured = pytest.CaptureFixture[str]

GONE = Entry("app/a.py", "LS102", "app.db", "gone")
LOST = Entry("app/b.py", "LS101", "", "lost", 2, "ticket 7")


def baseline(*entries: Entry) -> Baseline:
    return parse_baseline(render_baseline(entries).encode(), "b.json")


def found(entry: Entry, line: int = 1) -> Finding:
    """Give a finding that an entry accepts."""
    fact = reference(
        path=entry.path, module=entry.module, name=entry.name, span=Span(line, 1, line, 2)
    )
    return finding(fact, code=entry.code)


def everything(key: Key) -> bool:
    return True


def test_the_file() -> None:
    assert render_baseline([LOST, GONE]) == (
        "{\n"
        '  "schema": 1,\n'
        '  "entries": [\n'
        '    {"path": "app/a.py", "code": "LS102", "module": "app.db", "name": "gone", '
        '"count": 1},\n'
        '    {"path": "app/b.py", "code": "LS101", "module": "", "name": "lost", "count": 2, '
        '"note": "ticket 7"}\n'
        "  ]\n"
        "}\n"
    )
    assert render_baseline([]) == '{\n  "schema": 1,\n  "entries": []\n}\n'


@pytest.mark.parametrize("name", ["\udcff", "é", '"\\\n', "\u202e", "a" * 10_000, ""])
def test_what_is_written_can_be_read(name: str) -> None:
    entry = Entry(f"{name}.py", "LS102", name, name, 3, name)
    text = render_baseline([entry, GONE])
    text.encode("ascii")
    again = parse_baseline(text.encode(), "b.json")
    assert again.entries == {entry.key: entry, GONE.key: GONE}
    assert len(again.lines) == 2


def test_places_of_entries() -> None:
    assert baseline(GONE, LOST).lines == {
        GONE.key: Span(4, 5, 4, 90),
        LOST.key: Span(5, 5, 5, 104),
    }
    reformatted = json.dumps(json.loads(render_baseline([GONE])), indent=4).encode()
    again = parse_baseline(reformatted, "b.json")
    assert (again.entries, again.lines) == ({GONE.key: GONE}, {})
    assert divide([], again, everything).stale[0].span == Span(1, 1, 1, 1)


ENTRY = '{"path": "a", "code": "LS102", "module": "m", "name": "n"}'


@pytest.mark.parametrize(
    ("text", "what", "why", "hint"),
    [
        (
            "<<<<<<< HEAD",
            "the baseline is no JSON",
            "Expecting value: line 1 column 1 (char 0)",
            "after a merge, resolve the conflict and run `linkstep baseline --prune`",
        ),
        (
            "[" * 100_000,
            "the baseline is no JSON",
            "it nests too deeply",
            "after a merge, resolve the conflict and run `linkstep baseline --prune`",
        ),
        ("[]", "this file is no baseline", "", "`linkstep baseline` writes one"),
        ('{"schema": "1"}', "this file is no baseline", "", "`linkstep baseline` writes one"),
        ('{"schema": true}', "this file is no baseline", "", "`linkstep baseline` writes one"),
        (
            '{"schema": 2, "entries": []}',
            "this linkstep cannot read baselines of schema 2",
            "it knows schema 1",
            "use the version of linkstep that wrote it",
        ),
        ('{"schema": 1}', "the baseline is broken", "Expected `array`, got `null`", ""),
        (
            '{"schema": 1, "entries": [{"path": "a"}]}',
            "the baseline is broken",
            "Object missing required field `code` - at `$[0]`",
            "",
        ),
        (
            '{"schema": 1, "entries": [{"path": "a", "code": "LS102", "count": 0}]}',
            "the baseline is broken",
            "Expected `int` >= 1 - at `$[0].count`",
            "",
        ),
        (
            '{"schema": 1, "entries": [{"path": "a", "code": "LS102", "line": 3}]}',
            "the baseline is broken",
            "Object contains unknown field `line` - at `$[0]`",
            "",
        ),
        (
            f'{{"schema": 1, "entries": [{ENTRY}, {ENTRY}]}}',
            "the baseline lists a finding twice",
            "LS102 in a, 'n' of m",
            "keep one of the two entries; `count` says how often it occurs",
        ),
    ],
)
def test_a_broken_file(text: str, what: str, why: str, hint: str) -> None:
    with pytest.raises(LinkstepError) as raised:
        parse_baseline(text.encode(), "b.json")
    error = raised.value
    assert (error.what, error.where, error.why, error.hint) == (what, "b.json", why, hint)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(LinkstepError, match="the baseline is no JSON"):
        parse_baseline(b'{"schema": 1, "\xff": 2}', "b.json")


def test_known_and_new() -> None:
    other = msgspec.structs.replace(GONE, name="other")
    findings = [found(LOST, 9), found(other), found(GONE), found(LOST, 3), found(LOST, 6)]
    divided = divide(findings, baseline(GONE, LOST), everything)
    assert divided.new == (found(other), found(LOST, 9))  # of three the last in the file
    assert divided.known == (found(GONE), found(LOST, 3), found(LOST, 6))
    assert divided.stale == ()


def test_stale() -> None:
    divided = divide([found(LOST)], baseline(GONE, LOST), everything)
    assert divided.stale == (
        StaleEntry("b.json", Span(4, 5, 4, 90), "LS102 in app/a.py, 'gone' of app.db", 1),
        StaleEntry("b.json", Span(5, 5, 5, 104), "LS101 in app/b.py, lost", 1),
    )
    assert divide([], baseline(GONE, LOST), lambda key: False).stale == ()


def test_two_stale_entries_are_two_findings() -> None:
    stale = divide([], baseline(GONE, LOST), everything).stale
    assert len({key_of(finding(fact, code="LS902")) for fact in stale}) == 2


def test_new_entries_and_old_ones() -> None:
    old = {GONE.key: GONE, LOST.key: LOST}
    new = Entry("app/c.py", "LS103", "m", "n")
    wanted = entries_for([found(LOST), found(new)], old, lambda key: key != GONE.key)
    assert wanted == {
        GONE.key: GONE,  # not in view
        LOST.key: msgspec.structs.replace(LOST, count=1),  # with its note
        new.key: new,
    }
    assert added(old, wanted) == [new.key]
    assert pruned(old, wanted) == {key: wanted[key] for key in (GONE.key, LOST.key)}
    more = {LOST.key: msgspec.structs.replace(LOST, count=5)}
    assert added(old, more) == [LOST.key]
    assert pruned(old, more) == {LOST.key: LOST}


# The command line

FILES = {
    "linkstep.toml": 'baseline = "linkstep-baseline.json"\n',
    "app/__init__.py": "",
    "app/db.py": "def get(): ...\n",
    "app/a.py": "from app.db import gone\n",
    "app/b.py": "from app.db import gone, lost\n",
    "tests/test_a.py": "from app.db import old\n",
}

LISTED = """\
{
  "schema": 1,
  "entries": [
    {"path": "app/a.py", "code": "LS102", "module": "app.db", "name": "gone", "count": 1},
    {"path": "app/b.py", "code": "LS102", "module": "app.db", "name": "gone", "count": 1},
    {"path": "app/b.py", "code": "LS102", "module": "app.db", "name": "lost", "count": 1},
    {"path": "tests/test_a.py", "code": "LS102", "module": "app.db", "name": "old", "count": 1}
  ]
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with four findings and a configured baseline, in the current directory."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def check(capsys: Captured, *arguments: str) -> tuple[int, list[str]]:
    """Check, and give the exit code and the first lines of what was told."""
    capsys.readouterr()
    code = main(["check", "--format", "concise", *arguments])
    return code, [
        line for line in capsys.readouterr().out.splitlines() if "third-party" not in line
    ]


def test_the_life_of_a_baseline(project: Path, capsys: Captured) -> None:
    file = project / "linkstep-baseline.json"
    assert main(["baseline"]) == 0
    assert capsys.readouterr().out == "linkstep-baseline.json: 4 findings\n"
    assert file.read_text() == LISTED

    code, told = check(capsys)
    assert (code, len(told)) == (0, 2)
    assert told[0].startswith("no findings in 5 files: ")
    assert told[1] == "note: 4 findings are accepted by the baseline"

    # Lines move, and a name goes missing that was there.
    (project / "app/a.py").write_text("\n\n\nfrom app.db import gone\nfrom app.db import new\n")
    code, told = check(capsys)
    assert (code, told[0]) == (1, "app/a.py:5:20: LS102 cannot import name 'new' from 'app.db'")
    assert main(["baseline"]) == 2
    assert capsys.readouterr().err == (
        "linkstep: error: linkstep-baseline.json would grow\n"
        "  why:   LS102 in app/a.py, 'new' of app.db\n"
        "  hint:  repair these, or accept them with --force; --prune only removes\n"
    )
    assert file.read_text() == LISTED

    # One is repaired, and one file goes.
    (project / "app/a.py").write_text("from app.db import new\n")
    (project / "tests/test_a.py").unlink()
    code, told = check(capsys)
    assert code == 1
    assert told[:3] == [
        "app/a.py:1:20: LS102 cannot import name 'new' from 'app.db'",
        "linkstep-baseline.json:4:5: LS902 stale baseline entry: LS102 in app/a.py, "
        "'gone' of app.db",
        "linkstep-baseline.json:7:5: LS902 stale baseline entry: LS102 in tests/test_a.py, "
        "'old' of app.db",
    ]
    assert main(["baseline", "--prune"]) == 0
    assert capsys.readouterr().out == "linkstep-baseline.json: 2 findings, 4 before\n"
    assert file.read_text() == LISTED.replace(LISTED.splitlines(True)[3], "").replace(
        "},\n" + LISTED.splitlines(True)[6], "}\n"
    )
    code, told = check(capsys)
    assert (code, len(told)) == (1, 3)

    assert main(["baseline", "--force"]) == 0
    assert capsys.readouterr().out == "linkstep-baseline.json: 3 findings, 2 before\n"
    assert check(capsys)[0] == 0
    before = file.read_bytes()
    assert main(["baseline"]) == 0
    assert file.read_bytes() == before


def test_stale_entries_fail_unless_they_are_ignored(project: Path, capsys: Captured) -> None:
    main(["baseline"])
    (project / "app/a.py").write_text("")
    assert check(capsys, "--select", "LS102")[0] == 1
    assert check(capsys, "--fail-on", "never")[0] == 0
    assert check(capsys, "--ignore", "LS902")[0] == 0
    assert check(capsys, "--no-baseline")[1][0].startswith("app/b.py:1:20: LS102")


def test_an_entry_of_a_rule_that_is_not_selected_is_not_stale(
    project: Path, capsys: Captured
) -> None:
    main(["baseline"])
    code, told = check(capsys, "--ignore", "LS102")
    assert (code, told[0][:11], len(told)) == (0, "no findings", 1)


def test_entries_of_rules_that_are_not_selected_stay(project: Path, capsys: Captured) -> None:
    main(["baseline"])
    for path in ("app/a.py", "app/b.py", "tests/test_a.py"):
        (project / path).write_text("")
    assert check(capsys, "--select", "LS104")[0] == 0
    assert main(["baseline", "--prune", "--ignore", "undefined-name"]) == 0
    assert (project / "linkstep-baseline.json").read_text() == LISTED
    assert main(["baseline", "--prune"]) == 0
    assert (project / "linkstep-baseline.json").read_text() == render_baseline([])


def test_entries_of_a_rule_that_is_gone_are_stale(project: Path, capsys: Captured) -> None:
    (project / "b.json").write_text(render_baseline([Entry("app/a.py", "OUR001", "x", "y")]))
    told = check(capsys, "--baseline", "b.json")[1]
    assert "b.json:4:5: LS902 stale baseline entry: OUR001 in app/a.py, 'y' of x" in told


def test_entries_outside_of_the_paths_are_not_stale(project: Path, capsys: Captured) -> None:
    main(["baseline"])
    for path in ("app/a.py", "app/b.py", "tests/test_a.py"):
        (project / path).write_text("")
    told = check(capsys, "app/a.py")[1]
    assert [line.partition(" ")[0] for line in told if "LS902" in line] == [
        "linkstep-baseline.json:4:5:"
    ]
    assert len(check(capsys, "app")[1]) == 4
    assert main(["baseline", "--prune", "tests"]) == 0
    assert "tests" not in (project / "linkstep-baseline.json").read_text()
    assert len(check(capsys)[1]) == 4


def test_a_part_of_the_project_can_be_added(project: Path, capsys: Captured) -> None:
    assert main(["baseline", "app", "--output", "b.json"]) == 0
    assert capsys.readouterr().out == "b.json: 3 findings\n"
    assert main(["baseline", "tests", "--output", "b.json"]) == 2
    assert main(["baseline", "tests", "--output", "b.json", "--force"]) == 0
    assert (project / "b.json").read_text() == LISTED
    assert check(capsys, "--baseline", "b.json")[0] == 0


def test_without_an_environment_entries_about_others_are_not_stale(
    project: Path, capsys: Captured
) -> None:
    entries = [
        Entry("app/a.py", "LS101", "", "requests"),
        Entry("app/a.py", "LS102", "yaml", "gone"),
        Entry("app/a.py", "LS102", "app.db", "older"),
    ]
    (project / "b.json").write_text(render_baseline(entries))
    told = [line for line in check(capsys, "--baseline", "b.json")[1] if "LS902" in line]
    assert told == ["b.json:5:5: LS902 stale baseline entry: LS102 in app/a.py, 'older' of app.db"]
    python = project / "env"
    (python / "lib/python3.11/site-packages").mkdir(parents=True)
    (python / "pyvenv.cfg").touch()
    told = check(capsys, "--baseline", "b.json", "--python", "env")[1]
    assert len([line for line in told if "LS902" in line]) == 3


def test_suppressed_findings_are_not_listed_and_unused_comments_are(
    project: Path, capsys: Captured
) -> None:
    (project / "app/a.py").write_text("from app.db import gone  # linkstep: ignore\n")
    (project / "app/b.py").write_text("import app.db  # linkstep: ignore\n")
    assert main(["baseline", "app"]) == 0
    assert (project / "linkstep-baseline.json").read_text() == render_baseline(
        [Entry("app/b.py", "LS901", "", "any rule")]
    )
    assert check(capsys, "app", "--fail-on", "warning")[0] == 0
    (project / "app/b.py").write_text("import app.db\n")
    assert check(capsys, "app")[1][0] == (
        "linkstep-baseline.json:4:5: LS902 stale baseline entry: LS901 in app/b.py, any rule"
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["baseline", "--prune"],
            "linkstep: error: there is no baseline linkstep-baseline.json\n"
            "  hint:  `linkstep baseline` writes one\n",
        ),
        (
            ["baseline", "--prune", "--force"],
            "linkstep: error: --prune never adds anything, --force does\n"
            "  hint:  choose one of them\n",
        ),
        (
            ["baseline", "--output", "app"],
            "linkstep: error: cannot read the baseline app\n  why:   Is a directory\n",
        ),
        (
            ["check"],
            "linkstep: error: cannot read the baseline linkstep-baseline.json\n"
            "  why:   No such file or directory\n"
            "  hint:  `linkstep baseline` writes one\n",
        ),
        (
            ["check", "--baseline", "gone.json"],
            "linkstep: error: cannot read the baseline gone.json\n"
            "  why:   No such file or directory\n"
            "  hint:  `linkstep baseline` writes one\n",
        ),
        (
            ["check", "--baseline", "linkstep.toml"],
            "linkstep: error: the baseline is no JSON\n"
            "  where: linkstep.toml\n"
            "  why:   Expecting value: line 1 column 1 (char 0)\n"
            "  hint:  after a merge, resolve the conflict and run `linkstep baseline --prune`\n",
        ),
    ],
)
def test_refusals(project: Path, arguments: list[str], error: str, capsys: Captured) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == error


FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_tells_a_stale_entry(project: Path, style: str, capsys: Captured) -> None:
    main(["baseline", "-q"])
    (project / "app/a.py").write_text("")
    assert main(["check", "--format", style]) == 1
    told = capsys.readouterr().out
    assert "LS902" in told
    assert "linkstep-baseline.json" in told
    assert "LS102 in app/a.py" in " ".join(told.split())  # a long line is wrapped


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_has_nothing_to_fail_where_all_is_accepted(
    project: Path, style: str, capsys: Captured
) -> None:
    main(["baseline", "-q"])
    assert main(["check", "--format", style]) == 0
    told = capsys.readouterr().out
    assert ("app/a.py" in told) is (style == "sarif")  # where it is marked as suppressed
    if style != "gitlab":
        assert "4" in told


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_with_the_index(project: Path, capsys: Captured) -> None:
    """The baseline of the index counts, and its findings are those of the index."""
    main(["baseline", "-q"])
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    assert check(capsys, "--staged")[0] == 0
    (project / "app/a.py").write_text("")
    main(["baseline", "-q", "--prune"])
    assert (check(capsys)[0], check(capsys, "--staged")[0]) == (0, 0)
    git("add", "app/a.py")
    code, told = check(capsys, "--staged")
    assert (code, told[0]) == (
        1,
        "linkstep-baseline.json:4:5: LS902 stale baseline entry: LS102 in app/a.py, "
        "'gone' of app.db",
    )
    git("add", "linkstep-baseline.json")
    assert check(capsys, "--staged")[0] == 0


def test_with_since(project: Path, capsys: Captured) -> None:
    """What the baseline accepts is not told as caused; what the change repaired is stale."""
    main(["baseline", "-q"])
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (project / "app/a.py").write_text("from app.db import newer\n")
    code, told = check(capsys, "--since", "HEAD")
    assert code == 1
    assert told[:2] == [
        "app/a.py:1:20: LS102 cannot import name 'newer' from 'app.db'",
        "linkstep-baseline.json:4:5: LS902 stale baseline entry: LS102 in app/a.py, "
        "'gone' of app.db",
    ]
