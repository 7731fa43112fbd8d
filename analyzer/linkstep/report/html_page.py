"""The HTML page: health, findings and the import map in one file that needs no network.

What is read is written here, so that it is there without a script: in print, in a mail, in a
viewer that runs none. The script draws the map. It is the page's own, and the page's
policy names it by its hash, as it names the style: whatever an analysed tree manages to
have written into the page is never executed.

The page itself is in `page/`. Data goes into it as JSON in which no character can end
the element that holds it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from linkstep.model.facts import BrokenReference, Runs
from linkstep.model.findings import Finding, Report
from linkstep.model.health import Health, Overview, RootCause, Status
from linkstep.model.import_map import MapEdge
from linkstep.report.blocks import Block, also
from linkstep.report.excerpt import excerpt
from linkstep.report.health_words import (
    Invocation,
    blocked_at,
    detail,
    headline,
    hits,
    impact,
    next_commands,
    what_is_missing,
)
from linkstep.report.summary import plural, summary_line
from linkstep.report.terminal import Lines
from linkstep.report.visible import visible
from linkstep.report.words import effect, place_of, rows

_LATE, _BROKEN, _CIRCLE = 1, 2, 4  # as page.js has them
_START, _UNREACHED = -1, -2  # in place of the module before the first
_DRAWING = '<script type="application/json" id="data">{}</script>\n<script>{}</script>'
_CODE = re.compile(r"`([^`\n]+)`")


def render_html(
    title: str,
    report: Report,
    overview: Overview,
    lines: Lines,
    invocation: Invocation,
    closing: Sequence[str] = (),
) -> str:
    """Give the page; the arguments are those of the other formats of health."""
    health, drawn = overview.health, bool(overview.map.nodes)
    script, style = _part("page.js") if drawn else "", _part("page.css")
    told = summary_line(report)
    values = {
        "title": _text(title),
        "policy": f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "headline": _prose(f"{headline(health)}. {told}." if health.components else f"{told}."),
        "navigation": _navigation(health, report, drawn),
        "tables": "\n".join(_tables(health)),
        "map": _part("map.html") if drawn else "",
        "causes": "\n".join(_causes(health, lines, invocation)),
        "findings": "\n".join(_findings(report, drawn)),
        "closing": "".join(f"<p>{_prose(visible(sentence))}</p>" for sentence in closing),
        "drawing": _DRAWING.format(embedded(_data(overview, report)), script) if drawn else "",
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], _part("page.html"))


def embedded(value: object) -> str:
    r"""Give a value as JSON that stands safely in a script element.

    >>> print(embedded("</script><!--"))
    "\u003c/script\u003e\u003c!--"
    """
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _part(name: str) -> str:
    return files("linkstep.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Give the source of a content security policy that allows exactly this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(text: str) -> str:
    return html.escape(text)


def _prose(text: str) -> str:
    """Give a sentence as HTML; what stands in backticks becomes code."""
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _status(status: Status) -> str:
    return f'<span class="status {status.value}">{status.value}</span>'


def _navigation(health: Health, report: Report, drawn: bool) -> str:
    there = (
        ("components", "Components", bool(health.components)),
        ("paths", "Golden paths", bool(health.paths)),
        ("map", "Import map", drawn),
        ("causes", "Root causes", bool(health.causes)),
        ("findings", "Findings", bool(report.findings)),
    )
    return "".join(f'<a href="#{name}">{title}</a>' for name, title, shown in there if shown)


def _tables(health: Health) -> Iterator[str]:
    if health.components:
        yield _table(
            "components",
            "Components",
            ("component", "status", "detail", "impact"),
            (
                (visible(one.name), one.status, (detail(one), impact(one, health.paths)))
                for one in health.components
            ),
        )
    if health.paths:
        yield _table(
            "paths",
            "Golden paths",
            ("golden path", "status", "blocked at, weakened at, or way"),
            ((visible(one.name), one.status, (blocked_at(one),)) for one in health.paths),
        )


def _table(
    name: str,
    title: str,
    headings: Sequence[str],
    told: Iterable[tuple[str, Status, Sequence[str]]],
) -> str:
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(
        f'<tr><th scope="row">{_text(label)}</th><td>{_status(status)}</td>'
        + "".join(f"<td>{_prose(cell)}</td>" for cell in cells)
        + "</tr>"
        for label, status, cells in told
    )
    return (
        f'<section id="{name}"><h2>{title}</h2>\n<table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></section>"
    )


def _causes(health: Health, lines: Lines, invocation: Invocation) -> Iterator[str]:
    if health.causes:
        yield '<section id="causes"><h2>Root causes</h2>'
        yield from (_cause(cause, lines) for cause in health.causes)
        commands = "\n".join(_text(command) for command in next_commands(health, invocation))
        yield f"<h3>Run after the fix</h3><pre>{commands}</pre></section>"


def _cause(cause: RootCause, lines: Lines) -> str:
    first, *others = cause.findings
    fact = first.fact
    source = lines(fact.path)
    code = ""
    if 0 < fact.span.line <= len(source):
        shown = "\n".join(excerpt(source[fact.span.line - 1], fact.span))
        code = f"<pre>{_text(shown)}</pre>"
    told = [("hits", hits(cause)), *rows(fact)]
    told += [("also", sentence) for sentence in also(Block(first, tuple(others)))]
    terms = "".join(
        f"<dt>{label if label != before else ''}</dt><dd>{_prose(sentence)}</dd>"
        for (before, _), (label, sentence) in zip([("", ""), *told], told, strict=False)
    )
    place = place_of(fact.path, fact.span.line, fact.span.column)
    return (
        f"<article><h3>{_prose(what_is_missing(cause))}</h3>"
        f'<p>{_label(first)} <span class="place">{_text(place)}</span> '
        f"{_text(visible(first.message))} {_shown_in_map(first)}</p>"
        f"{code}<dl>{terms}</dl></article>"
    )


def _label(finding: Finding) -> str:
    level = finding.severity.value
    return f'<span class="status {level}">{_text(finding.code)} {level}</span>'


def _shown_in_map(finding: Finding) -> str:
    module = _module(finding)
    if not module:
        return ""
    name = html.escape(visible(module))
    return f'<button type="button" class="link" data-module="{name}">show on the map</button>'


def _module(finding: Finding) -> str:
    return getattr(finding.fact, "importing", "") or getattr(finding.fact, "module", "")


def _findings(report: Report, drawn: bool) -> Iterator[str]:
    if not report.findings:
        return
    count = plural(len(report.findings), "finding")
    yield f'<section id="findings"><h2>Findings</h2><details open><summary>{count}</summary>'
    titles = ("rule", "place", "message", *(["map"] if drawn else []))
    heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for finding in report.findings:
        span = finding.fact.span
        place = place_of(finding.fact.path, span.line, span.column)
        said = _text(visible(finding.message))
        if more := _effect(finding):
            said += f'<br><span class="faint">{_prose(more)}</span>'
        shown = f"<td>{_shown_in_map(finding)}</td>" if drawn else ""
        yield (
            f'<tr><td>{_label(finding)}</td><td class="place">{_text(place)}</td>'
            f"<td>{said}</td>{shown}</tr>"
        )
    yield "</tbody></table></details></section>"


def _effect(finding: Finding) -> str:
    return effect(finding.fact) if isinstance(finding.fact, BrokenReference) else ""


def _data(overview: Overview, report: Report) -> dict[str, object]:
    """Give what the script draws: columns by module, since rows would repeat every key."""
    nodes, spots = overview.map.nodes, overview.spots
    number = {node.name: count for count, node in enumerate(nodes)}
    components = sorted({box.component for box in overview.boxes} - {""})
    owners = {name: count for count, name in enumerate(components)}
    findings: dict[int, list[tuple[object, ...]]] = {}
    for finding in report.findings:
        place = number.get(_module(finding))
        if place is not None:
            message = visible(finding.message)
            told = (finding.code, finding.severity.value, finding.fact.span.line, message)
            findings.setdefault(place, []).append((*told, _effect(finding)))
    return {
        "names": [visible(node.name) for node in nodes],
        "label": _labels(overview),
        "paths": [visible(node.path or "") for node in nodes],
        "missing": [int(node.missing) for node in nodes],
        "x": [spot.x for spot in spots],
        "y": [spot.y for spot in spots],
        "box": [spot.box for spot in spots],
        "came": [_before(spot.came, number) for spot in spots],
        "component": [owners.get(overview.boxes[spot.box].component, -1) for spot in spots],
        "components": [visible(name) for name in components],
        "boxes": [
            (visible(box.name), owners.get(box.component, -1), box.x, box.y, box.width, box.height)
            for box in overview.boxes
        ],
        "edges": [
            (number[edge.importer], number[edge.imported], _marks(edge), edge.line,
             visible(", ".join(edge.broken)))
            for edge in overview.map.edges
        ],
        "findings": findings,
    }  # fmt: skip


def _before(came: str | None, number: dict[str, int]) -> int:
    if came is None:
        return _UNREACHED
    return number.get(came, _START)


def _marks(edge: MapEdge) -> int:
    late = _LATE if edge.runs is Runs.CALL else 0
    return late | (_BROKEN if edge.broken else 0) | (_CIRCLE if edge.circle else 0)


def _labels(overview: Overview) -> list[str]:
    """Give what is written on each module: its last part, with the one before where need be."""
    tails = [
        (spot.box, node.name.rpartition(".")[2])
        for node, spot in zip(overview.map.nodes, overview.spots, strict=True)
    ]
    times = Counter(tails)
    return [
        visible(".".join(node.name.split(".")[-2:]) if times[tail] > 1 else tail[1])
        for node, tail in zip(overview.map.nodes, tails, strict=True)
    ]
