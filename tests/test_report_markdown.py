"""Markdown: compared whole, and read by a Markdown parser as it was meant."""

# ruff: noqa: E501

from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt

from facts import LINE, finding, reference
from hostile import HOSTILE, hostile_report
from linkstep.model.facts import Location
from linkstep.model.findings import Counts, Report, Severity
from linkstep.model.summary import Span
from linkstep.report.markdown import code, prose, render_markdown

COUNTS = Counts(files=120, references=5234, resolved=5180, unresolved=6, unknown=48)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def lines(path: str) -> list[str]:
    return ["", "", "", LINE] if path == "app/ws/manager.py" else []


INCIDENT = """\
### linkstep: 1 error, 1 warning

1 error, 1 warning in 120 files: 5,234 references, 5,180 resolved, 6 unresolved, 48 unknown

#### LS102 `cannot import name 'get_db_session_factory' from 'app.db.session'`

`app/ws/manager.py:4:40` (error)

```text
from app.db.session import get_db_session_factory
                           ^^^^^^^^^^^^^^^^^^^^^^
```

- **found**: app/db/session.py binds get_session, get_session_from_factory, init_database and 4 more
- **effect**: fails when check_health() is called; `except Exception` at line 11 hides it, so the program starts
- **reached**: app.main:app -> app.ws.routes -> app.ws.manager
- **help**: get_session_from_factory is the closest name there

also:

- app/api.py:3:5 warning, fails when check_health() is called; `except Exception` at line 11 hides it, so the program starts
- app/x1.py:1:1 fails because of it

- no environment
- 1 finding is accepted by the baseline
"""


def test_the_incident() -> None:
    first = finding(reference(used_by=(Location("app/x1.py", Span(1, 1, 1, 2)),)))
    warned = finding(reference(path="app/api.py", span=Span(3, 5, 3, 9)), severity=Severity.WARNING)
    report = Report((first, warned), COUNTS, ("no environment",), (finding(),))
    assert render_markdown(report, lines) == INCIDENT


def test_a_clean_run() -> None:
    report = Report((), Counts(files=1))
    assert render_markdown(report, lines) == (
        "### linkstep: no findings\n\n"
        "no findings in 1 file: 0 references, 0 resolved, 0 unresolved, 0 unknown\n"
    )
    assert render_markdown(report, lines, quiet=True) == "### linkstep: no findings\n"


def test_many_places_are_folded() -> None:
    told = [finding(reference(path=f"app/x{n}.py", span=Span(n, 1, n, 2))) for n in range(1, 9)]
    text = render_markdown(Report(tuple(told), COUNTS), lines, quiet=True)
    folded = "\n".join(
        f"- app/x{n}.py:{n}:1 fails when check_health() is called; `except Exception` at line 11 hides it, so the program starts"
        for n in range(2, 9)
    )
    assert text.endswith(
        f"<details><summary>also in 7 places</summary>\n\n{folded}\n\n</details>\n"
    )


def test_many_symbols_are_told_in_a_line_each() -> None:
    told = [
        finding(reference(name=f"n{number}"), message=f"no n{number}") for number in range(1, 121)
    ]
    twice = finding(reference(name="n11", path="b.py"), message="no n11")
    text = render_markdown(Report((*told, twice), COUNTS), lines, quiet=True)
    assert text.count("#### LS102") == 10
    head, _, rest = text.partition("<details><summary>110 symbols more</summary>\n\n")
    assert head.count("\n```text\n") == 10
    listed = rest.removesuffix("\n\n</details>\n").split("\n")
    assert listed[:2] == [
        "- LS102 `no n11` in `app/ws/manager.py:4:40` and 1 further place",
        "- LS102 `no n12` in `app/ws/manager.py:4:40`",
    ]
    assert listed[99:] == ["- LS102 `no n110` in `app/ws/manager.py:4:40`", "- and 10 symbols more"]


def plain(text: str) -> str:
    """Give the text that a reader of rendered Markdown sees."""
    return html.unescape(re.sub(r"<!--.*?-->|<[^>]*>", "", PARSER.render(text))).strip()


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "- no item",
        "+ no item",
        "1. no number",
        "2) no number",
        "> no quotation",
        "=== no line",
        "--- no line",
        "__init__ and *args, **kwargs",
        "a <b> & &lt; [x](y) ![i](u) ~~s~~ | c |",
        "C:\\path\\*",
        "http://e.vil www.e.vil :boom: $x$",
        "from @you and @org/team, #1, !2, a@b.c",
        "one_word and _another_",
        "a `code` b ` c",
    ],
)
def test_prose_is_shown_as_it_is(text: str) -> None:
    for before in ("", "- **found**: "):
        rendered = PARSER.render(before + prose(text))
        shown = plain(before + prose(text)).removeprefix("found: ")
        assert shown == text.replace("`code`", "code")
        allowed = {
            "p",
            "/p",
            "ul",
            "/ul",
            "li",
            "/li",
            "strong",
            "/strong",
            "code",
            "/code",
            "!----",
        }
        assert {
            tag[1:-1].strip().replace(" ", "") for tag in re.findall(r"<[^>]*>", rendered)
        } <= allowed


def test_what_services_would_take_for_a_reference_is_parted() -> None:
    assert prose("@you #12 !34 http://x :boom: www.x") == (
        "@<!-- -->you #<!-- -->12 !<!-- -->34 http\\://x \\:boom: www\\.x"
    )


@pytest.mark.parametrize("text", ["a", "a`b", "``", "`a", " a ", "<b>", "a``b`c", "\\"])
def test_code_is_shown_as_it_is(text: str) -> None:
    assert html.unescape(PARSER.render(code(text))) == f"<p><code>{text}</code></p>\n"


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    text = render_markdown(hostile_report(), lambda _: [f"```\n{HOSTILE}```"])
    assert all(line.isprintable() for line in text.split("\n"))
    tokens = [token for each in PARSER.parse(text) for token in (each, *(each.children or ()))]
    kinds = {token.type for token in tokens}
    assert kinds.isdisjoint({"link_open", "image", "em_open", "s_open", "table_open", "hr"})
    written = {token.content.strip() for token in tokens if token.type.startswith("html_")}
    assert written <= {
        "<!-- -->",
        "<br>",
        "<details><summary>also in 4 places</summary>",
        "</details>",
    }
    assert {token.content for token in tokens if token.type == "text"} & {"found", "effect"}
