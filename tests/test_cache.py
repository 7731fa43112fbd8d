"""The cache never changes a result: warm equals cold, whatever happened in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from changing_projects import FILES, REQUESTS, SITE, ChangingProject, Stages
from linkstep.cli.main import main
from linkstep.incremental.cached_check import CachedCheck
from linkstep.incremental.cached_state import DECIDING
from linkstep.index.cache import Cache, StoredResult
from linkstep.index.summaries import Kept, Summaries
from linkstep.index.summarize import summarize
from linkstep.model.request import CheckRequest
from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target
from linkstep.pipeline import check
from linkstep.tree.disk import SETTLED, UNTRUSTED, settled
from linkstep.tree.journal import Journal

EDITS = 200 if os.environ.get("LINKSTEP_ALL") == "1" else 15
TARGET = Target((3, 11))


@pytest.mark.parametrize("hours", [0, 1], ids=["young", "settled"])
def test_warm_equals_cold_after_random_edits(tmp_path: Path, hours: int) -> None:
    project = ChangingProject(tmp_path, seed=hours, hours=hours)
    done = []
    for _ in range(EDITS):
        done.append(project.edit())
        asked = project.random.choice(REQUESTS)
        told, _ = project.warm(**asked)
        assert told == project.cold(**asked), (asked, done)


def test_nothing_is_linked_when_nothing_changed(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    for asked in REQUESTS:
        project.warm(**asked)
    assert [project.warm(**asked)[1] for asked in REQUESTS[-8:]] == [[]] * 8


@pytest.mark.parametrize("hours", [0, 1], ids=["young", "settled"])
def test_the_same_content_is_no_change(tmp_path: Path, hours: int) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=hours)
    project.warm()
    os.utime(project.root / "app" / "db.py")
    (project.root / "app" / "models.py").write_text(FILES["app/models.py"])
    (project.root / "app" / "README").write_text("no module")
    assert project.warm()[1] == ["reading 8 files", "linking 8 modules"]
    (project.root / "app" / "README").unlink()
    (project.root / "app" / "README").write_text("again")
    assert project.warm()[1] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app/db.py", "def close(): ...\n"),
        (f"{SITE}/dep/__init__.py", ""),
        ("pyproject.toml", FILES["pyproject.toml"] + "[tool.linkstep]\nignore = ['LS1']\n"),
        ("linkstep.toml", "ignore = ['LS102']\n"),
        (".gitignore", ".venv/\n"),
        (".git/info/exclude", "app/db.py\n"),
        (".venv/pyvenv.cfg", "home = /nowhere\nversion = 3.12.1\n"),
    ],
)
def test_each_input_counts(tmp_path: Path, name: str, content: str) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    before, _ = project.warm()
    (project.root / name).write_text(content)
    after, stages = project.warm()
    assert (after, bool(stages)) == (project.cold(), True)
    assert before != after or name in (".git/info/exclude", ".gitignore", ".venv/pyvenv.cfg")


def test_what_git_tracks_counts(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    before, _ = project.warm()
    subprocess.run(["git", "rm", "-q", "--cached", "app/db.py"], cwd=project.root, check=True)
    after, _ = project.warm()
    assert "LS401" not in before
    assert "LS401" in after
    assert after == project.cold()


def test_a_configured_directory_of_rules_counts(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    rules = project.root / "our-rules"
    rules.mkdir()
    page = (Path(__file__).parents[1] / "rules" / "LS102-undefined-name.md").read_text()
    ours = page.replace("LS102", "OUR102").replace("undefined-name", "our-name", 1)
    (project.root / "linkstep.toml").write_text('rules = ["our-rules"]\n')
    before, _ = project.warm()
    (rules / "OUR102-our-name.md").write_text(ours)
    after, _ = project.warm()
    assert before != after
    assert after == project.cold()


def test_a_baseline_and_a_configuration_by_path_count(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    (project.root / "app" / "db.py").write_text("")
    other = tmp_path / "other.toml"
    other.write_text("")
    before, _ = project.warm(configuration=str(other))
    other.write_text('ignore = ["LS102"]\n')
    after, _ = project.warm(configuration=str(other))
    assert ('"code": "LS102"' in before, '"code": "LS102"' in after) == (True, False)


def test_a_variable_that_decides_counts(tmp_path: Path) -> None:
    """All variables are read through the request: none that is not in the key is looked at."""
    asked: set[str] = set()

    class Environ(dict[str, str]):
        def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
            asked.add(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return super().__getitem__(name)

    project = ChangingProject(tmp_path, seed=0)
    request = CheckRequest(cwd=str(project.root), environ=Environ(project.request().environ))
    check(request, Stages())
    assert asked <= {*DECIDING}


def test_every_file_that_a_run_opens_is_an_input(tmp_path: Path) -> None:
    """Asked of the interpreter itself: a run must not read past its journal."""
    project = ChangingProject(tmp_path, seed=0)
    program = """
import os, sys
from linkstep.incremental.cached_check import CachedCheck
from linkstep.index.cache import Cache
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.tree.inputs import Inputs, paths_of
import linkstep.pipeline, msgspec
from pathlib import Path
root, directory = sys.argv[1:]
opened = set()
def hook(event, arguments):
    if event in ("open", "os.scandir", "os.listdir") and isinstance(arguments[0], str):
        opened.add(arguments[0])
sys.addaudithook(hook)
run = CachedCheck(Cache(Path(directory)), CheckRequest(cwd=root, environ=dict(os.environ)))
run.run(Unobserved())
seen = {path for path in opened if path.startswith(os.path.dirname(root))}
run.save()
cache = Cache(Path(directory))
inputs = msgspec.msgpack.decode(cache.latest(os.fsencode(root)).inputs, type=Inputs)
print(sorted(seen - set(paths_of(inputs)) - {directory + "/linkstep.sqlite3"}), len(seen) > 15)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(project.root), str(project.cache_directory)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("[] True\n", "")


def test_summaries_survive_the_cache(tmp_path: Path) -> None:
    """Over files of the standard library and of linkstep: what comes back equals what went in."""
    library = sorted(Path(os.__file__).parent.glob("*.py"))
    own = sorted((Path(__file__).parents[1] / "analyzer").rglob("*.py"))
    files = (library + own) if EDITS > 15 else (library + own)[::9]
    made, keys = Summaries(), {}
    for path in files:
        kind = ModuleKind.PACKAGE if path.name == "__init__.py" else ModuleKind.MODULE
        kept = Kept(summarize(path.read_bytes(), kind, TARGET), True)
        keys[made.key(str(path).encode(), kind, TARGET, "auto", shallow=False)] = kept
        made.put(made.key(str(path).encode(), kind, TARGET, "auto", shallow=False), kept)
    cache = Cache(tmp_path)
    cache.save(made.made())
    again = Summaries(Cache(tmp_path))
    again.fetch(keys)
    assert [key for key, kept in keys.items() if again.get(key) != kept] == []


def test_what_nests_too_deep_to_be_kept_is_made_again(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0)
    branches = "".join(f"elif X == {number}:\n    import b{number}\n" for number in range(2000))
    deep = f"import os\nX = os.environ.get('A')\nif X:\n    pass\n{branches}"
    (project.root / "app" / "deep.py").write_text(deep)
    told, _ = project.warm()
    (project.root / "app" / "db.py").write_text("")
    again, _ = project.warm()
    assert told != again
    assert again == project.cold()


def test_an_environment_is_shared_between_projects(tmp_path: Path) -> None:
    first = ChangingProject(tmp_path / "first", seed=0)
    second = ChangingProject(tmp_path / "second", seed=0)
    second.cache_directory = first.cache_directory
    first.warm()
    held = Cache(first.cache_directory).statistics().summaries
    second.warm()
    assert Cache(first.cache_directory).statistics().summaries == held


def test_results_that_are_not_asked_for_any_more_are_given_up(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(20):
        result = StoredResult(bytes([number]) * 16, b"/place", b"inputs", b"data")
        cache.save((), [result])
    assert cache.statistics().results == 8
    assert cache.latest(b"/place") == StoredResult(bytes([19]) * 16, b"/place", b"inputs", b"data")
    assert cache.result(bytes(16)) is None


def test_pruning_keeps_what_is_newest(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(64):
        cache.save([(number.to_bytes(16, "big"), os.urandom(50_000))])
    before = cache.statistics()
    cache.prune(largest=1_000_000)
    after = cache.statistics()
    assert (before.summaries, after.summaries) == (64, 10)
    assert before.size > 3_200_000
    assert after.size < 1_000_000
    assert list(cache.summaries([(63).to_bytes(16, "big")])) == [(63).to_bytes(16, "big")]


def test_the_commands_tell_and_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = ChangingProject(tmp_path, seed=0)
    monkeypatch.chdir(project.root)
    where = str(tmp_path / "kept")
    assert main(["check", "--cache-dir", where, "--format", "json"]) == 0
    first = capsys.readouterr()
    assert main(["check", "--cache-dir", where, "--format", "json"]) == 0
    assert capsys.readouterr() == first
    file = tmp_path / "kept" / "linkstep.sqlite3"
    assert main(["cache", "info", "--cache-dir", where]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"file:       {file}"
    assert lines[1] == f"size:       {file.stat().st_size / 1_000_000:.1f} MB"
    assert [line.split(":")[0] for line in lines] == ["file", "size", "summaries", "results"]
    assert lines[3] == "results:    1"
    assert main(["cache", "prune", "--cache-dir", where]) == 0
    assert capsys.readouterr().out.endswith(" MB left\n")
    assert main(["cache", "clear", "--cache-dir", where]) == 0
    assert capsys.readouterr().out == f"removed {file}\n"
    assert not file.exists()
    assert main(["cache", "clear", "--cache-dir", where]) == 0
    assert capsys.readouterr().out == f"there is no cache at {file}\n"
    file.write_text("a text of somebody else")
    assert main(["cache", "clear", "--cache-dir", where]) == 2
    refused = f"linkstep: error: this is no cache of linkstep\n  where: {file}\n"
    assert capsys.readouterr().err == refused
    assert file.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--format", "sarif"],
        ["check", "--format", "html", "--quiet"],
        ["check", "--format", "concise", "--quiet"],
        ["graph", "--format", "json"],
        ["health", "--format", "json"],
        ["why", "app.views", "app.db", "--format", "json"],
        ["why", "app.db:get_session", "--format", "json"],
        ["baseline", "--output", "-"],
    ],
    ids=" ".join,
)
def test_every_command_says_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    project = ChangingProject(tmp_path, seed=0)
    (project.root / "app" / "db.py").write_text("")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("LINKSTEP_CACHE_DIR", str(tmp_path / "kept"))
    said = []
    for further in (["--no-cache"], [], [], []):
        code = main([*arguments, *further])
        said.append((code, *capsys.readouterr()))
    assert said == [said[0]] * 4
    assert said[0][1] != ""


def test_no_cache_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = ChangingProject(tmp_path, seed=0)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("LINKSTEP_CACHE_DIR", str(tmp_path / "kept"))
    assert main(["check", "--no-cache"]) == 0
    assert not (tmp_path / "kept").exists()
    assert main(["check"]) == 0
    assert (tmp_path / "kept" / "linkstep.sqlite3").exists()


def test_a_young_signature_is_not_trusted() -> None:
    found = (10_000_000_000, 1, 2, 10_000_000_000)
    assert settled(found, 10_000_000_000 + SETTLED - 1) == UNTRUSTED
    assert settled(found, 10_000_000_000 + SETTLED) == found


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such file")
def test_what_fails_for_the_moment_is_not_kept() -> None:
    journal = Journal(0, {})
    with pytest.raises(IsADirectoryError):
        journal.read("/proc")
    with pytest.raises(FileNotFoundError):
        journal.read("/proc/nothing")
    assert journal.list("/proc/nothing/at/all") == ({}, frozenset())
    assert not journal.torn
    with pytest.raises(OSError, match="Input/output error"):
        journal.read("/proc/self/mem")
    assert journal.torn


def test_overview_and_view_are_made_when_asked_for(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0, hours=1)
    request = project.request()
    first = CachedCheck(Cache(project.cache_directory), request)
    one = first.run(Stages())
    first.save()
    stages = Stages()
    again = CachedCheck(Cache(project.cache_directory), request).run(stages)
    assert stages.names == []
    assert msgspec.to_builtins(again.overview()) == msgspec.to_builtins(one.overview())


def test_the_warm_answer_imports_no_stage(tmp_path: Path) -> None:
    project = ChangingProject(tmp_path, seed=0)
    program = (
        "import sys; from linkstep.cli.main import main; main(['check', '--format', 'json']); "
        "print(*sorted({'networkx', 'rich', 'libcst', 'yaml', 'pathspec', 'tree_sitter', "
        "'typeshed_client', 'multiprocessing', 'linkstep.pipeline', 'linkstep.index.recorder'}"
        " & set(sys.modules)), file=sys.stderr)"
    )

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=project.root,
            env={**os.environ, "LINKSTEP_CACHE_DIR": str(project.cache_directory)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )

    first, again = run(), run()
    assert first.stdout == again.stdout
    assert again.stderr == "\n"
