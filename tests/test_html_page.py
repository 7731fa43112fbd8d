"""The HTML page: one file that needs nothing, drawn by Chromium, usable at 2,000 modules."""

from __future__ import annotations

import html
import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from facts import finding, reference
from hostile import HOSTILE, hostile_report
from linkstep.analyses.map_layout import lay_out
from linkstep.cli.main import main
from linkstep.model.facts import Runs
from linkstep.model.findings import Counts, Report
from linkstep.model.health import Component, Overview
from linkstep.model.import_map import ImportMap, MapEdge, MapNode
from linkstep.report.health_words import Invocation
from linkstep.report.html_page import render_html
from test_health import hostile_health

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
EXAMPLE = Path(__file__).parents[1] / "examples" / "chat-backend"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
DRAWN = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))"


def rendered(overview: Overview, report: Report) -> str:
    return render_html("linkstep health", report, overview, lambda path: [HOSTILE], Invocation())


def overview_of(shown: ImportMap, components: tuple[Component, ...] = ()) -> Overview:
    boxes, spots = lay_out(shown, components, {"app": ("app",)})
    return Overview(map=shown, boxes=boxes, spots=spots)


def many(count: int) -> ImportMap:
    """Give a large map that is the same each time, with breaks and a circle."""
    dice = random.Random(5)
    names = ["app"] + [
        f"app.part{number // 50:02}.module{number % 50:02}" for number in range(1, count)
    ]
    edges: dict[tuple[str, str], MapEdge] = {}
    for number, name in enumerate(names):
        for _ in range(5):
            other = names[min(count - 1, number + dice.randrange(1, 200))]
            runs = Runs.CALL if dice.random() < 0.2 else Runs.IMPORT
            broken = ("gone",) if dice.random() < 0.01 else ()
            if other != name:
                edges[name, other] = MapEdge(name, other, "a.py", 1, runs, broken)
    broken_in = {edge.importer for edge in edges.values() if edge.broken}
    nodes = tuple(MapNode(name, "a.py", int(name in broken_in)) for name in sorted(names))
    return ImportMap(nodes, tuple(sorted(edges.values())))


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page that may ask for nothing but files, and say nothing."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert said == []
    assert all(url.startswith("file:") for url in asked), asked


def show(page: playwright.Page, path: Path, text: str | None = None) -> None:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=20_000)


@pytest.fixture(scope="module")
def example_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("page")
    tree = shutil.copytree(EXAMPLE, directory / "chat")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tree)
        patch.delenv("VIRTUAL_ENV", raising=False)
        assert main(["health", "--format", "html", "--output", "../health.html"]) == 1
    return directory / "health.html"


def cells(page: playwright.Page, table: str) -> list[list[str]]:
    rows = page.locator(f"#{table} tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_a_page_is_one_file(example_page: Path) -> None:
    text = example_page.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(?!#)|@import|url\(|https?:", text)
    policy = re.search(r'Policy" content="([^"]*)"', text)
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; "
        r"base-uri 'none'; form-action 'none'",
        policy[1],
    )


def test_what_is_read_is_there_without_a_script(example_page: Path) -> None:
    text = html.unescape(re.sub(r"<script.*?</script>|<[^>]+>", "", example_page.read_text()))
    assert "cannot import name 'get_db_session_factory' from 'app.db.session'" in text
    assert "blocks chat message; reached from app.main:app (CMD in Dockerfile)" in text
    assert "python -m unittest tests/test_http.py tests/test_sockets.py" in text


def test_a_check_has_the_same_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert main(["check", "--format", "html", "--output", "check.html"]) == 1
    text = (tmp_path / "check.html").read_text()
    assert "<title>linkstep check</title>" in text
    assert "show on the map" in text


def test_findings_without_a_map_need_no_script() -> None:
    text = rendered(Overview(), Report((finding(),), Counts(files=1)))
    assert "<script" not in text
    assert "Import map" not in text
    assert "show on the map" not in text
    assert "1 error in 1 file: 0 references" in text


def test_a_map_is_drawn_the_same_each_time() -> None:
    shown = many(300)
    assert overview_of(shown) == overview_of(shown)
    boxes = overview_of(shown).boxes
    for one in boxes:  # no box lies on another
        for other in boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart


@BROWSER
def test_the_tables(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    assert [row[:2] for row in cells(page, "components")] == [
        ["HTTP API", "healthy"],
        ["WebSocket", "degraded"],
        ["Services", "healthy"],
        ["Database", "degraded"],
    ]
    assert cells(page, "paths")[2] == [
        "chat message",
        "blocked",
        "app/ws/manager.py:45, in ConnectionManager.post(), hidden by except Exception: "
        "cannot import name 'get_db_session_factory' from 'app.db.session'",
    ]


@BROWSER
def test_the_map_is_drawn(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    colours = page.evaluate(
        "() => { const c = document.getElementById('canvas'), seen = {};"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "for (let i = 0; i < d.length; i += 4) {"
        "  const k = [d[i], d[i + 1], d[i + 2]].join(); seen[k] = (seen[k] || 0) + 1; }"
        "return seen; }"
    )
    assert colours["179,38,30"] > 50  # the broken import is red
    assert colours["241,243,245"] > 5000  # boxes


@BROWSER
def test_searching_and_clicking(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    page.fill("#search", "db.ses")
    assert page.locator("#results button").all_inner_texts() == ["app.db.session"]
    page.keyboard.press("Enter")
    assert page.inner_text("#details h3") == "app.db.session"
    importers = page.locator("#details h4:has-text('Imported by') + ul li").all_inner_texts()
    assert "app.ws.manager line 45, broken: get_db_session_factory, deferred" in importers
    page.click("#details >> text=app.ws.manager")
    assert page.inner_text("#details .told strong") == "LS102 error, line 45"
    chain = page.locator("#details ol li").all_inner_texts()
    assert chain == ["app.main", "app.ws.routes", "app.ws.manager"]


@BROWSER
def test_clicking_on_the_map(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    page.click("#causes >> text=show on the map")
    assert page.inner_text("#details h3") == "app.ws.manager"
    page.locator("#details").evaluate("one => one.replaceChildren()")
    page.locator("#canvas").click()  # the chosen module is in the middle
    assert page.inner_text("#details h3") == "app.ws.manager"
    page.keyboard.press("Escape")
    assert page.inner_text("#details") == "No module is chosen."


@BROWSER
def test_zooming_and_moving(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)

    def scale() -> float:
        page.evaluate(DRAWN)
        return float(page.get_attribute("#canvas", "data-scale") or 0)

    first = scale()
    page.click("#closer")
    assert scale() == pytest.approx(first * 1.4, rel=0.01)
    page.focus("#canvas")
    page.keyboard.press("-")
    assert scale() == pytest.approx(first * 1.4 / 1.3, rel=0.01)
    page.keyboard.press("0")
    assert scale() == first
    page.locator("#canvas").hover()
    page.mouse.wheel(0, -300)
    assert scale() > first * 1.3
    page.keyboard.press("0")
    picture = page.locator("#canvas").screenshot()
    page.keyboard.press("ArrowRight")
    page.evaluate(DRAWN)
    assert page.locator("#canvas").screenshot() != picture


@BROWSER
def test_the_keyboard_is_enough(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    page.focus("#canvas")
    page.keyboard.press("n")
    assert page.inner_text("#details h3") == "app.ws.manager"
    page.keyboard.press("/")
    page.keyboard.type("app.main")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h3") == "app.main"


@BROWSER
def test_in_the_dark_and_in_print(example_page: Path, page: playwright.Page) -> None:
    show(page, example_page)
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == "rgb(20, 24, 29)"
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert not page.is_visible("#search")
    assert page.is_visible("#canvas")
    assert page.pdf(format="A4").startswith(b"%PDF")


@BROWSER
def test_two_thousand_modules(tmp_path: Path, page: playwright.Page) -> None:
    show(page, tmp_path / "many.html", rendered(overview_of(many(2000)), Report((), Counts())))
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert loaded < 5000  # some 300 on a machine that does nothing else
    for button in ("closer", "closer", "closer", "further"):
        took = page.evaluate(
            f"async () => {{ const start = performance.now();"
            f"document.getElementById('{button}').click(); await {DRAWN};"
            f"return performance.now() - start; }}"
        )
        assert took < 1000
    page.fill("#search", "part07.module11")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h3") == "app.part07.module11"


@BROWSER
def test_hostile_names_are_text(tmp_path: Path, page: playwright.Page) -> None:
    nodes = (MapNode("app", "a.py"), MapNode(HOSTILE, HOSTILE, 1))
    edge = MapEdge("app", HOSTILE, HOSTILE, 1, Runs.IMPORT, (HOSTILE,))
    shown = ImportMap(tuple(sorted(nodes)), (edge,))
    overview = overview_of(shown, (Component(HOSTILE, (HOSTILE,)),))
    health = hostile_health()
    whole = Overview(health, overview.map, overview.boxes, overview.spots)
    report = hostile_report()
    both = Report((*report.findings, finding(reference(importing=HOSTILE))), report.counts)
    text = rendered(whole, both)
    assert text.count("<script") == 2
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["names"][0].startswith("a\\x1b[2J")
    show(page, tmp_path / "hostile.html", text)
    page.fill("#search", "alert")
    page.keyboard.press("Enter")
    assert "<script>alert(1)</script>" in page.inner_text("#details h3")
    assert page.locator("script").count() == 2
    assert page.locator("img, a[href^=http]").count() == 0
