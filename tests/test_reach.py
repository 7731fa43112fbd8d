"""What entry points reach: compared with the interpreter, and where only a part is checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from benchmarks.reach.__main__ import compare
from benchmarks.reach.environments import Place

from linkstep.analyses.graph import ImportGraph
from linkstep.cli.main import main
from linkstep.model.facts import Reach, Runs
from linkstep.model.links import Edge

STARTS = {
    "shop/__init__.py": "from shop import settings\n",
    "shop/settings.py": "",
    "shop/cli/__init__.py": "",
    "shop/cli/main.py": "from shop.cli.parts import deep\n\ndef run(): ...\n",
    "shop/cli/parts/__init__.py": "import shop.late\n",
    "shop/cli/parts/deep.py": "",
    "shop/late.py": "def f():\n    import shop.later\n",
    "shop/later.py": "",
}
ON_DEMAND = {
    "main.py": (
        "import importlib\nfrom lazy import first\nimport lazy\n\nlazy.second\n"
        "NAMES = ('plugins.one', 'plugins.two')\n"
        "for name in NAMES:\n    importlib.import_module(name)\n"
    ),
    "lazy/__init__.py": (
        "import importlib\n\n_FROM = {'first': '.a', 'second': '.b', 'third': '.c'}\n\n"
        "def __getattr__(name):\n"
        "    if name in _FROM:\n"
        "        return getattr(importlib.import_module(_FROM[name], __name__), name)\n"
        "    raise AttributeError(name)\n"
    ),
    "lazy/a.py": "first = 1\n",
    "lazy/b.py": "second = 2\n",
    "lazy/c.py": "third = 3\n",
    "plugins/__init__.py": "",
    "plugins/one.py": "",
    "plugins/two.py": "",
    "plugins/three.py": "",
}
HIDDEN = {
    "main.py": "import api\n",
    "api/__init__.py": "",
    "api.py": "import old\n",
    "old.py": "",
}
CAUGHT = {
    "main.py": "try:\n    import engine\nexcept ImportError:\n    engine = None\n",
    "engine.py": "import parts\nimport nowhere_at_all\nimport never\n",
    "parts.py": "",
    "never.py": "",
}


def written(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


@pytest.mark.parametrize(
    ("files", "entry", "both", "failed"),
    [
        (
            STARTS,
            "shop.cli.main:run",
            "shop shop.cli shop.cli.main shop.cli.parts shop.cli.parts.deep "
            "shop.late shop.settings",
            "",
        ),
        (ON_DEMAND, "main", "lazy lazy.a lazy.b main plugins plugins.one plugins.two", ""),
        (HIDDEN, "main", "api main", ""),
    ],
    ids=["packages", "on demand", "hidden"],
)
def test_reach_at_import_is_what_the_interpreter_imports(
    tmp_path: Path, files: Mapping[str, str], entry: str, both: str, failed: str
) -> None:
    found = compare("", entry, Place(written(tmp_path, files), Path(sys.executable)))
    assert sorted(found.both) == both.split()
    assert sorted(found.failed) == failed.split()
    assert (found.only_linkstep, found.only_python) == (frozenset(), frozenset())


def test_a_module_whose_import_failed_was_reached(tmp_path: Path) -> None:
    found = compare("", "main", Place(written(tmp_path, CAUGHT), Path(sys.executable)))
    assert (sorted(found.both), sorted(found.failed)) == (["engine", "main", "parts"], ["engine"])


def test_packages_are_in_a_chain_when_they_are_the_way() -> None:
    edges = [Edge("shop/__init__.py", "shop/db.py", 1, Runs.IMPORT)]
    names = {"shop/__init__.py": "shop", "shop/main.py": "shop.main", "shop/db.py": "shop.db"}
    assert ImportGraph(edges, names).reached_from("shop.db", ["shop.main:app"]) == (
        Reach("shop.main:app", ("shop.main", "shop", "shop.db"), deferred=False),
    )


SERVICE = {
    "app/__init__.py": "",
    "app/main.py": "from app import ws\n\napp = object()\n",
    "app/ws.py": "def send():\n    from app.db import gone\n",
    "app/db.py": "",
}


def chains(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, list[str]]]:
    """Give how each finding is reached."""
    assert main(["check", "--format", "json", *arguments]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    return [
        (f"{finding['path']}:{finding['line']}", [reach["entry"], *reach["chain"]])
        for finding in findings
        for reach in finding["reached_from"]
    ]


def test_entry_points_outside_of_what_is_checked_are_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {**SERVICE, "Procfile": "web: uvicorn app.main:app\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    expected = [("app/ws.py:2", ["app.main:app (web in Procfile)", "app.main", "app.ws"])]
    assert chains(capsys, "app/ws.py") == expected
    assert chains(capsys) == expected


@pytest.mark.parametrize("place", ["services/chat", "examples/chat"])
def test_an_entry_point_of_a_subdirectory_starts_the_module_there(
    place: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dockerfile = 'FROM python:3.11\nWORKDIR /srv\nCOPY app app\nCMD ["uvicorn", "app.main:app"]\n'
    files = {**SERVICE, "Dockerfile": dockerfile}
    written(tmp_path, {f"{place}/{name}": text for name, text in files.items()})
    written(tmp_path, {"tool.py": "", "services/other/app/main.py": "app = object()\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    module = place.replace("/", ".") + ".app"
    entry = f"app.main:app (CMD in {place}/Dockerfile)"
    assert chains(capsys) == [(f"{place}/app/ws.py:2", [entry, f"{module}.main", f"{module}.ws"])]
