"""`linkstep graph`: the map, its parts, and the languages it is written in."""

from __future__ import annotations

import io
import json
from pathlib import Path

import networkx as nx
import pytest

from linkstep.analyses.graph_algorithms import graphml, node_link
from linkstep.cli.main import main
from linkstep.model.facts import Runs
from linkstep.model.import_map import ImportMap, MapEdge, MapNode
from linkstep.report.map_text import render_dot, render_mermaid

FILES = {
    "app/__init__.py": "",
    "app/main.py": "import app.api\n",
    "app/api.py": "from app.db.session import connect, lost\n\ndef f():\n    import app.late\n",
    "app/late.py": "import app.nowhere\n",
    "app/db/__init__.py": "from app.db import session\n",
    "app/db/session.py": "from app.db import pool\n\ndef connect(): ...\n",
    "app/db/pool.py": "import app.db.session\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return tmp_path


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Give what `linkstep graph` writes."""
    assert main(["graph", *arguments]) == 0
    return capsys.readouterr().out


def linked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[object, ...]]:
    """Give the edges of the JSON form, with what is special about them."""
    document = json.loads(drawn(capsys, "--format", "json", *arguments))
    return [
        (edge["source"], edge["target"], edge["runs"], edge["circle"], *edge["broken"])
        for edge in document["links"]
    ]


def test_the_whole_map(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linked(capsys) == [
        ("app.api", "app.db.session", "import", 0, "lost"),
        ("app.api", "app.late", "call", 0),
        ("app.db", "app.db.session", "import", 1),
        ("app.db.pool", "app.db.session", "import", 1),
        ("app.db.session", "app.db", "import", 1),
        ("app.db.session", "app.db.pool", "import", 1),
        ("app.late", "app.nowhere", "import", 0, "app.nowhere"),
        ("app.main", "app.api", "import", 0),
    ]


def test_a_focus_and_what_is_around_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linked(capsys, "--focus", "app.late", "--depth", "1") == [
        ("app.api", "app.late", "call", 0),
        ("app.late", "app.nowhere", "import", 0, "app.nowhere"),
    ]
    assert linked(capsys, "--focus", "*.main", "--depth", "1") == [
        ("app.main", "app.api", "import", 0)
    ]


def test_packages_stand_for_their_modules(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert linked(capsys, "--levels", "2") == [
        ("app.api", "app.db", "import", 0, "lost"),
        ("app.api", "app.late", "call", 0),
        ("app.late", "app.nowhere", "import", 0, "app.nowhere"),
        ("app.main", "app.api", "import", 0),
    ]


def test_circles_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges = linked(capsys, "--cycles", "--import-time")
    assert {edge[:2] for edge in edges} == {
        ("app.db", "app.db.session"),
        ("app.db.pool", "app.db.session"),
        ("app.db.session", "app.db"),
        ("app.db.session", "app.db.pool"),
    }


def test_dot(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn(capsys, "--broken") == (
        "digraph imports {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, style=rounded, fontname="Helvetica"];\n'
        '  edge [fontname="Helvetica", fontsize=10];\n'
        '  "app.api" [label="app.api\\n1 broken", color="#c0392b"];\n'
        '  "app.db.session";\n'
        '  "app.late" [label="app.late\\n1 broken", color="#c0392b"];\n'
        '  "app.nowhere" [label="app.nowhere\\ndoes not exist", color="#c0392b",'
        ' style="rounded,dashed"];\n'
        '  "app.api" -> "app.db.session" [label="no lost", color="#c0392b", penwidth=2];\n'
        '  "app.late" -> "app.nowhere" [label="no app.nowhere", color="#c0392b", penwidth=2];\n'
        "}\n"
    )


def test_mermaid(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn(capsys, "--format", "mermaid", "--focus", "app.api", "--depth", "1") == (
        "flowchart LR\n"
        '  m0["app.api<br/>1 broken"]\n'
        '  m1["app.db.session"]\n'
        '  m2["app.late<br/>1 broken"]\n'
        '  m3["app.main"]\n'
        '  m0 -->|"no lost"| m1\n'
        "  m0 -.-> m2\n"
        "  m3 --> m0\n"
        "  classDef broken stroke:#c0392b,stroke-width:2px\n"
        "  class m0,m2 broken\n"
        "  linkStyle 0 stroke:#c0392b,stroke-width:2px\n"
    )


HOSTILE = ImportMap(
    (MapNode('a"];\n<b>&#', "a.py", 1), MapNode("b\x00\x1b[31m`", missing=True)),
    (MapEdge('a"];\n<b>&#', "b\x00\x1b[31m`", "a.py", 1, Runs.CALL, ('x"|',)),),
)


def test_names_may_hold_anything() -> None:
    assert render_dot(HOSTILE).splitlines()[4:-1] == [
        r'  "a\"];\\x0a<b>&#" [label="a\"];\\x0a<b>&#\n1 broken", color="#c0392b"];',
        r'  "b\\x00\\x1b[31m`" [label="b\\x00\\x1b[31m`\ndoes not exist", color="#c0392b",'
        r' style="rounded,dashed"];',
        r'  "a\"];\\x0a<b>&#" -> "b\\x00\\x1b[31m`" [label="no x\"|", color="#c0392b",'
        " penwidth=2, style=dashed];",
    ]
    assert render_mermaid(HOSTILE).splitlines()[1:4] == [
        r'  m0["a#quot;];\x0a#lt;b#gt;#amp;#35;<br/>1 broken"]',
        r'  m1["b\x00\x1b[31m#96;<br/>does not exist"]',
        '  m0 -.->|"no x#quot;|"| m1',
    ]


def test_other_tools_read_it_back() -> None:
    read = nx.read_graphml(io.BytesIO("\n".join(graphml(HOSTILE)).encode()))
    assert sorted(read.nodes(data="missing")) == [
        ('a"];\\x0a<b>&#', False),
        ("b\\x00\\x1b[31m`", True),
    ]
    again = nx.node_link_graph(json.loads(json.dumps(node_link(HOSTILE))), edges="links")
    assert list(again.edges(data="broken")) == [('a"];\n<b>&#', "b\x00\x1b[31m`", ['x"|'])]


def test_an_unknown_format_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--format", "png"]) == 2
    assert "'png' is not one of" in capsys.readouterr().err
