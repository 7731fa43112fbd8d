"""The `full` format: whole outputs, at every width, with and without colour."""

# ruff: noqa: E501

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from facts import LINE, finding, reference
from linkstep.model.environment import Origin
from linkstep.model.facts import (
    BrokenFile,
    Guard,
    GuardKind,
    Location,
    Problem,
    Reach,
    Runs,
    ShadowedModule,
    UnusedSuppression,
)
from linkstep.model.findings import Counts, Finding, Report, Severity
from linkstep.model.summary import Span
from linkstep.report.terminal import render_full

COUNTS = Counts(files=120, references=5234, resolved=5180, unresolved=6, unknown=48)


def lines(path: str) -> list[str]:
    return ["", "", "", LINE] if path == "app/ws/manager.py" else []


def render(*findings: Finding, width: int = 120, **options: bool) -> str:
    return render_full(Report(findings, COUNTS), lines, width, **options)


def body(*findings: Finding, width: int = 120) -> str:
    return render(*findings, width=width, quiet=True)


AT_120 = """\
app/ws/manager.py:4:40: error[LS102] cannot import name 'get_db_session_factory' from 'app.db.session'
  4 |             from app.db.session import get_db_session_factory
    |                                        ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds get_session, get_session_from_factory, init_database and 4 more
  effect:  fails when check_health() is called; `except Exception` at line 11 hides it, so the program starts
  reached: app.main:app -> app.ws.routes -> app.ws.manager
  help:    get_session_from_factory is the closest name there

1 error in 120 files: 5,234 references, 5,180 resolved, 6 unresolved, 48 unknown
"""

AT_80 = """\
app/ws/manager.py:4:40: error[LS102] cannot import name 'get_db_session_factory'
  from 'app.db.session'
  4 |             from app.db.session import get_db_session_factory
    |                                        ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds get_session, get_session_from_factory,
           init_database and 4 more
  effect:  fails when check_health() is called; `except Exception` at line 11
           hides it, so the program starts
  reached: app.main:app -> app.ws.routes -> app.ws.manager
  help:    get_session_from_factory is the closest name there

1 error in 120 files: 5,234 references, 5,180 resolved, 6 unresolved, 48 unknown
"""

AT_60 = """\
app/ws/manager.py:4:40: error[LS102] cannot import name
  'get_db_session_factory' from 'app.db.session'
  4 | from app.db.session import get_db_session_factory
    |                            ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds get_session,
           get_session_from_factory, init_database and 4
           more
  effect:  fails when check_health() is called; `except
           Exception` at line 11 hides it, so the program
           starts
  reached: app.main:app -> app.ws.routes -> app.ws.manager
  help:    get_session_from_factory is the closest name
           there

1 error in 120 files: 5,234 references, 5,180 resolved, 6
  unresolved, 48 unknown
"""

AT_40 = """\
app/ws/manager.py:4:40: error[LS102]
  cannot import name
  'get_db_session_factory' from
  'app.db.session'
  4 | ...n import get_db_session_factory
    |             ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds
           get_session,
           get_session_from_factory,
           init_database and 4 more
  effect:  fails when check_health() is
           called; `except Exception` at
           line 11 hides it, so the
           program starts
  reached: app.main:app -> app.ws.routes
           -> app.ws.manager
  help:    get_session_from_factory is
           the closest name there

1 error in 120 files: 5,234 references,
  5,180 resolved, 6 unresolved, 48
  unknown
"""


@pytest.mark.parametrize(
    ("width", "expected"), [(120, AT_120), (80, AT_80), (60, AT_60), (40, AT_40)]
)
def test_the_incident_at_every_width(width: int, expected: str) -> None:
    assert render(finding(), width=width) == expected


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_colour_changes_no_character(width: int) -> None:
    coloured = render(finding(), width=width, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(finding(), width=width)


def test_what_is_coloured() -> None:
    error = finding(reference(offered_by=None, offers=(), suggestion=None, reached_from=()))
    assert render(error, colour=True, width=200) == (
        "\x1b[1mapp/ws/manager.py:4:40\x1b[0m: \x1b[1;31merror[LS102]\x1b[0m "
        "cannot import name 'get_db_session_factory' from 'app.db.session'\n"
        f"\x1b[2m  4 | \x1b[0m{LINE}\n"
        "\x1b[2m    | \x1b[0m" + " " * 39 + "\x1b[1;31m" + "^" * 22 + "\x1b[0m\n"
        "\x1b[36m  effect:  \x1b[0mfails when check_health() is called; "
        "`except Exception` at line 11 hides it, so the program starts\n"
        "\n"
        "\x1b[1m1 error in 120 files: 5,234 references, 5,180 resolved, 6 unresolved, "
        "48 unknown\x1b[0m\n"
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_only_a_single_word_may_be_wider_than_the_terminal(width: int) -> None:
    wide = finding(reference(offers=("名前" * 9, "b" * 30, "c"), function="é" * 20))
    for line in render(wide, width=width).splitlines():
        assert cell_len(line) <= width or len(line.split()) == 1


def test_a_symbol_has_one_block() -> None:
    places = tuple(Location(f"app/x{n}.py", Span(n, 1, n, 2)) for n in range(1, 6))
    first = finding(reference(used_by=places, offered_by=None, suggestion=None, offers=()))
    at_import = reference(
        path="app/api.py",
        span=Span(3, 5, 3, 9),
        importing="app.api",
        function=None,
        runs=Runs.IMPORT,
        guard=Guard(),
        used_by=places[:1],
    )
    other = finding(reference(path="z.py", name="other", guard=Guard(), reached_from=(), offers=()))
    warned = finding(at_import, severity=Severity.WARNING)
    assert body(first, other, warned) == (
        "app/ws/manager.py:4:40: error[LS102] cannot import name 'get_db_session_factory' "
        "from 'app.db.session'\n"
        f"  4 | {LINE}\n"
        "    |                                        ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  effect:  fails when check_health() is called; `except Exception` at line 11 hides it, "
        "so the program starts\n"
        "  reached: app.main:app -> app.ws.routes -> app.ws.manager\n"
        "  also:    app/api.py:3:5 warning, fails when app.api is imported\n"
        "           app/x1.py:1:1 fails because of it\n"
        "           app/x2.py:2:1 fails because of it\n"
        "           app/x3.py:3:1 fails because of it\n"
        "           and 2 more\n"
        "\n"
        "z.py:4:40: error[LS102] cannot import name 'get_db_session_factory' "
        "from 'app.db.session'\n"
        "  found:   app/db/session.py binds no public name\n"
        "  effect:  fails when check_health() is called\n"
        "  help:    get_session_from_factory is the closest name there\n"
    )


def test_places_are_told_apart_when_they_are_wrapped() -> None:
    others = [finding(reference(path=f"app/x{n}.py", function="a_long_name")) for n in (1, 2)]
    assert body(finding(), *others, width=60).partition("  also:    ")[2] == (
        "app/x1.py:4:40 fails when a_long_name() is\n"
        "             called; `except Exception` at line 11 hides it,\n"
        "             so the program starts\n"
        "           app/x2.py:4:40 fails when a_long_name() is\n"
        "             called; `except Exception` at line 11 hides it,\n"
        "             so the program starts\n"
    )


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        (
            {"runs": Runs.IMPORT, "guard": Guard()},
            "fails when app.ws.manager is imported",
        ),
        (
            {"runs": Runs.IMPORT, "guard": Guard(GuardKind.SWALLOWED, "", 7)},
            "fails when app.ws.manager is imported; `except` at line 7 hides it, "
            "so the program starts",
        ),
        (
            {"guard": Guard(GuardKind.FALLBACK, "ImportError, OSError", 7)},
            "fails when check_health() is called; `except ImportError, OSError` at line 7 "
            "catches it, so what follows there always runs",
        ),
        (
            {"function": "__main__", "guard": Guard()},
            "fails when app/ws/manager.py is run as a script",
        ),
        (
            {"function": None, "guard": Guard()},
            "fails when the code around it is called, not at start",
        ),
        (
            {"guard": Guard(GuardKind.LAZY)},
            "fails when the lazily imported name is first used in app.ws.manager",
        ),
        (
            {"guard": Guard(GuardKind.EXPECTED, "ImportError", 7)},
            "fails when check_health() is called; line 7 expects it to",
        ),
    ],
)
def test_effects(changes: dict[str, object], effect: str) -> None:
    text = body(finding(reference(**changes)), width=300)
    assert f"  effect:  {effect}\n" in text


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        (
            {"condition": "os.environ.get('X')"},
            "  found:   app/db/session.py binds it only when `os.environ.get('X')`\n",
        ),
        (
            {"via": "ImportError: no"},
            "  found:   app.db.session fails while it is imported: ImportError: no\n",
        ),
        (
            {"problem": Problem.MISSING_MODULE, "offers": ("session", "models")},
            "  found:   app/db/session.py holds session and models\n",
        ),
        (
            {"problem": Problem.MISSING_MODULE},
            "  help:    app.db.session.get_session_from_factory is the closest module\n",
        ),
        ({"suggestion": "app.other.name"}, "  help:    app.other.name is the closest name\n"),
        (
            {"suggestion": "app.a.get_db_session_factory", "elsewhere": ("app.a", "app.b")},
            "  help:    app.a and app.b define get_db_session_factory\n",
        ),
        (
            {"suggestion": None, "elsewhere": ("app.a",)},
            "  help:    app.a defines get_db_session_factory\n",
        ),
        (
            {"elsewhere": ("a", "b", "c", "d")},
            "  help:    get_session_from_factory is the closest name there\n"
            "           a, b, c and 1 more define get_db_session_factory\n",
        ),
        (
            {"reached_from": (), "imported_by": ("a", "b")},
            "  reached: imported by a and b\n",
        ),
        (
            {"reached_from": tuple(Reach(f"e{n}", ("m",)) for n in range(5))},
            "  reached: e0 -> m\n"
            "           e1 -> m\n"
            "           e2 -> m\n"
            "           and from 2 more entry points\n",
        ),
    ],
)
def test_rows(changes: dict[str, object], row: str) -> None:
    assert row in body(finding(reference(**changes)))


def test_other_facts() -> None:
    broken = BrokenFile(
        "a.py",
        Span(1, 1, 1, 2),
        "a",
        "invalid syntax",
        "SyntaxError: invalid syntax",
        "Python 3.11 on linux",
        imported_by=("b",),
    )
    shadowed = ShadowedModule(
        "queue.py", Span(1, 1, 1, 1), "queue", Origin.STANDARD_LIBRARY, "queue.py", "lib/queue.py"
    )
    unused = UnusedSuppression("c.py", Span(1, 9, 1, 20), ("LS102",))
    findings = [
        Finding("LS111", "syntax-error", Severity.ERROR, "cannot be compiled", broken),
        Finding("LS110", "shadowed-module", Severity.WARNING, "taken twice", shadowed),
        Finding("LS901", "unused-suppression", Severity.WARNING, "ignores nothing", unused),
    ]
    assert body(*findings) == (
        "a.py:1:1: error[LS111] cannot be compiled\n"
        "  effect:  fails when a is imported by Python 3.11 on linux\n"
        "  reached: imported by b\n"
        "\n"
        "queue.py:1:1: warning[LS110] taken twice\n"
        "  effect:  `import queue` loads queue.py, never lib/queue.py\n"
        "  help:    rename one of the two\n"
        "\n"
        "c.py:1:9: warning[LS901] ignores nothing\n"
        "  help:    remove the comment, or the codes without effect\n"
    )


HOSTILE = "\x1b[2J\x07\u202e\u2028\x9b\udcff[red]:boom:"


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    fact = reference(
        path=f"a{HOSTILE}.py",
        span=Span(1, 1, 1, 4),
        module=HOSTILE,
        name=HOSTILE,
        importing=HOSTILE,
        function=HOSTILE,
        guard=Guard(GuardKind.SWALLOWED, HOSTILE, 3),
        offered_by=HOSTILE,
        offers=(HOSTILE,),
        suggestion=HOSTILE,
        elsewhere=(HOSTILE,),
        used_by=(Location(HOSTILE, Span(1, 1, 1, 1)),),
        reached_from=(Reach(HOSTILE, (HOSTILE,)),),
    )
    counts = Counts(reasons={HOSTILE: 3})
    report = Report((finding(fact, message=HOSTILE),), counts, (HOSTILE,))
    for colour in (False, True):
        text = render_full(report, lambda _: [f"x{HOSTILE}"], 80, colour)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text) if colour else text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", plain)
        assert plain.count(r"\x1b[2J\x07\u202e\u2028\x9b\udcff[red]:boom:") >= 12


@pytest.mark.parametrize(
    ("line", "span", "width", "shown"),
    [
        ("\timport a", Span(1, 9, 1, 10), 80, ["  1 |     import a", "    |            ^"]),
        ("é名 = x.y", Span(1, 6, 1, 9), 80, ["  1 | é名 = x.y", "    |       ^^^"]),
        ("a\x00b", Span(1, 3, 1, 4), 80, [r"  1 | a\x00b", "    |      ^"]),
        ("import a", Span(1, 1, 3, 2), 80, ["  1 | import a", "    | ^^^^^^^^"]),
        ("import a", Span(1, 99, 1, 120), 80, ["  1 | import a", "    |         ^"]),
        ("", Span(1, 1, 1, 1), 80, ["  1 | ", "    | ^"]),
        (
            "import aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            Span(1, 1, 1, 7),
            30,
            ["  1 | import aaaaaaaaaaaaaa...", "    | ^^^^^^"],
        ),
        (
            "x" * 50 + " gone " + "y" * 50,
            Span(1, 52, 1, 56),
            40,
            ["  1 | ...xxxxxxxxxxxxxxxxxxxxxxx gone...", "    |                            ^^^^"],
        ),
        (
            "a" * 100,
            Span(1, 41, 1, 91),
            30,
            ["  1 | ...aaaaaaaaaaaaaaaaaa...", "    |    ^^^^^^^^^^^^^^^^^^"],
        ),
    ],
)
def test_the_code_and_its_mark(line: str, span: Span, width: int, shown: list[str]) -> None:
    fact = UnusedSuppression("a.py", span, ())
    found = Finding("LS901", "unused-suppression", Severity.WARNING, "m", fact)
    text = render_full(Report((found,), Counts()), lambda _: [line], width)
    assert text.splitlines()[1:3] == shown


def test_a_line_of_a_megabyte() -> None:
    line = "x = 1; " * 150_000 + "import gone" + "; y = 2" * 10
    column = line.index("gone") + 1
    fact = UnusedSuppression("a.py", Span(1, column, 1, column + 4), ())
    found = Finding("LS901", "unused-suppression", Severity.WARNING, "m", fact)
    text = render_full(Report((found,), Counts()), lambda _: [line], 40)
    assert text.splitlines()[1:3] == [
        "  1 | ...1; x = 1; x = 1; import gone...",
        "    |                            ^^^^",
    ]


def test_a_clean_run_is_one_line() -> None:
    report = Report((), Counts(files=1, references=3, resolved=2, unresolved=1, optional=1))
    assert render_full(report, lines, 120, elapsed=0.8449) == (
        "no findings in 1 file: 3 references, 2 resolved, 1 unresolved (1 optional), "
        "0 unknown (0.84 s)\n"
    )
    assert render_full(report, lines, 120, quiet=True) == ""


def test_notes_follow_the_summary() -> None:
    reasons = {"computed name": 7, "no environment": 30, "exec": 7, "extension": 2, "stub": 2}
    report = Report((), Counts(unknown=48, suppressed=1, reasons=reasons), ("no environment",))
    assert render_full(report, lines, 60).splitlines()[2:] == [
        "note: no environment",
        "note: unknown: 30 no environment, 7 computed name, 7 exec",
        "      and 4 more",
        "note: 1 finding is suppressed by comments",
    ]
