"""The import map as text that others draw: Graphviz and Mermaid.

Broken edges and modules that do not exist are red and say so in words too; the edges of a
circle are orange; deferred imports are dashed.
"""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.model.facts import Runs
from linkstep.model.import_map import ImportMap, MapEdge, MapNode
from linkstep.report.visible import visible

_BROKEN, _CIRCLE = "#c0392b", "#d68910"


def render_dot(shown: ImportMap) -> str:
    r"""Give a Graphviz document.

    >>> print(render_dot(ImportMap((MapNode('a"b', findings=1),))), end="")
    digraph imports {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="Helvetica"];
      edge [fontname="Helvetica", fontsize=10];
      "a\"b" [label="a\"b\n1 broken", color="#c0392b"];
    }
    """
    lines = [
        "digraph imports {",
        "  rankdir=LR;",
        '  node [shape=box, style=rounded, fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
        *(f"  {_quoted(node.name)}{_dot_node(node)};" for node in shown.nodes),
        *(
            f"  {_quoted(edge.importer)} -> {_quoted(edge.imported)}{_dot_edge(edge)};"
            for edge in shown.edges
        ),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def render_mermaid(shown: ImportMap) -> str:
    """Give a Mermaid flowchart; nodes are numbered, since names may hold anything.

    >>> print(render_mermaid(ImportMap((MapNode("app.db"),))), end="")
    flowchart LR
      m0["app.db"]
    """
    number = {node.name: f"m{count}" for count, node in enumerate(shown.nodes)}
    lines = ["flowchart LR"]
    for node in shown.nodes:
        label = "<br/>".join((_escaped(node.name), *_remarks(node)))
        lines.append(f'  {number[node.name]}["{label}"]')
    for edge in shown.edges:
        arrow = "-.->" if edge.runs is Runs.CALL else "-->"
        text = f'|"{_escaped(_missing(edge))}"|' if edge.broken else ""
        lines.append(f"  {number[edge.importer]} {arrow}{text} {number[edge.imported]}")
    lines += _mermaid_styles(shown, number)
    return "".join(f"{line}\n" for line in lines)


def _mermaid_styles(shown: ImportMap, number: dict[str, str]) -> Iterator[str]:
    bad = [number[node.name] for node in shown.nodes if node.missing or node.findings]
    if bad:
        yield f"  classDef broken stroke:{_BROKEN},stroke-width:2px"
        yield f"  class {','.join(bad)} broken"
    for colour, chosen in (
        (_BROKEN, [n for n, edge in enumerate(shown.edges) if edge.broken]),
        (_CIRCLE, [n for n, edge in enumerate(shown.edges) if edge.circle and not edge.broken]),
    ):
        if chosen:
            yield f"  linkStyle {','.join(map(str, chosen))} stroke:{colour},stroke-width:2px"


def _dot_node(node: MapNode) -> str:
    remarks = list(_remarks(node))
    if not remarks:
        return ""
    label = "\\n".join((_quoted(node.name)[1:-1], *remarks))
    style = ', style="rounded,dashed"' if node.missing else ""
    return f' [label="{label}", color="{_BROKEN}"{style}]'


def _dot_edge(edge: MapEdge) -> str:
    attributes = []
    if edge.broken:
        attributes += [f"label={_quoted(_missing(edge))}", f'color="{_BROKEN}"', "penwidth=2"]
    elif edge.circle:
        attributes.append(f'color="{_CIRCLE}"')
    if edge.runs is Runs.CALL:
        attributes.append("style=dashed")
    return f" [{', '.join(attributes)}]" if attributes else ""


def _remarks(node: MapNode) -> Iterator[str]:
    if node.missing:
        yield "does not exist"
    if node.findings:
        yield f"{node.findings} broken"


def _missing(edge: MapEdge) -> str:
    first, *others = edge.broken
    return f"no {first}" + (f" and {len(others)} more" if others else "")


def _quoted(text: str) -> str:
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    """Write a text so that Mermaid takes no character of it for its own (`#quot;`)."""
    marks = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "#": "#35;"}
    return "".join(marks.get(character, character) for character in visible(text))
