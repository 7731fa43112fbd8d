"""Whatever happens to the file of the cache, a check says the same and goes on."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from changing_projects import ChangingProject, Stages
from linkstep.incremental.cached_check import CachedCheck
from linkstep.index.cache import Cache
from linkstep.report.json_document import render_json

WHOLE = os.environ.get("LINKSTEP_ALL") == "1"
FILE = "linkstep.sqlite3"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "linkstep", "check", "--format", "json", *arguments]


def run(
    project: ChangingProject, *arguments: str, before: Callable[[], None] | None = None
) -> tuple[str, str, int]:
    """Check by the command line, with the project's cache."""
    done = subprocess.run(
        command("--cache-dir", str(project.cache_directory), *arguments),
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=before,
    )
    return done.stdout, done.stderr, done.returncode


def told(project: ChangingProject) -> tuple[str, tuple[str, ...]]:
    """Check in this process; give the report and what is noted about the cache."""
    cache = Cache(project.cache_directory)
    check = CachedCheck(cache, project.request())
    report = render_json(check.run(Stages()).report, "0")
    check.save()
    cache.close()
    return report, cache.notes()


@pytest.fixture
def project(tmp_path: Path) -> ChangingProject:
    made = ChangingProject(tmp_path, seed=0, hours=1)
    (made.root / "app" / "db.py").write_text("def get_sessions(): ...\n")
    return made


def test_eight_runs_at_once(project: ChangingProject) -> None:
    expected = run(project, "--no-cache")
    processes = [
        subprocess.Popen(
            command("--cache-dir", str(project.cache_directory)),
            cwd=project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    said = [(*process.communicate(timeout=120), process.returncode) for process in processes]
    assert said == [expected] * 8
    assert run(project) == expected
    assert Cache(project.cache_directory).statistics().results == 1


def test_a_run_that_is_killed_leaves_nothing_behind(project: ChangingProject) -> None:
    chance = random.Random(7)
    expected = run(project, "--no-cache")
    started = time.monotonic()
    run(project)
    longest = time.monotonic() - started
    for number in range(60 if WHOLE else 6):
        (project.cache_directory / FILE).unlink(missing_ok=True)
        process = subprocess.Popen(
            command("--cache-dir", str(project.cache_directory)),
            cwd=project.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # The last moments are those in which the cache is written.
        time.sleep(longest * chance.uniform(0.7 if number % 2 else 0.1, 1.05))
        process.kill()
        process.wait()
        assert run(project) == expected
        assert run(project) == expected


def test_a_transaction_that_is_killed_is_undone(project: ChangingProject) -> None:
    """Killed for certain while rows are half written, with the rollback journal on the disk."""
    expected, _ = told(project)
    program = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE results SET data = zeroblob(500000)")
connection.execute("UPDATE summaries SET data = zeroblob(50000)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    file = project.cache_directory / FILE
    subprocess.run([sys.executable, "-c", program, str(file)], check=False, timeout=60)
    assert Path(f"{file}-journal").exists()
    assert told(project) == (expected, ())


def test_a_full_disk(project: ChangingProject) -> None:
    expected = run(project, "--no-cache")
    note = f"linkstep: note: runs without the cache {project.cache_directory / FILE}: "
    for size in (0, 5_000, 40_000):

        def limit(size: int = size) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        (project.cache_directory / FILE).unlink(missing_ok=True)
        out, err, code = run(project, before=limit)
        assert (out, code) == (expected[0], expected[2])
        assert err.startswith(note)
        assert err.count("\n") == 1
        assert run(project) == expected


@pytest.mark.parametrize("place", ["/proc/linkstep", "file/cache"])
def test_a_directory_that_cannot_be_made(
    project: ChangingProject, place: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory")
    expected = run(project, "--no-cache")
    project.cache_directory = tmp_path / place
    out, err, code = run(project)
    assert (out, code) == (expected[0], expected[2])
    assert err.startswith(f"linkstep: note: runs without the cache {tmp_path / place / FILE}: ")
    assert run(project, "--quiet")[1:] == ("", expected[2])


def test_flipped_bytes_are_noticed(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    sound = file.read_bytes()
    chance = random.Random(3)
    damaged = f"the cache {file} was damaged and is made anew"
    noticed = 0
    for _ in range(300 if WHOLE else 30):
        broken = bytearray(sound)
        for _ in range(chance.choice((1, 20, 4000))):
            broken[chance.randrange(72, len(broken))] ^= chance.randrange(1, 256)
        file.write_bytes(broken)
        report, notes = told(project)
        assert report == expected
        assert notes in ((), (damaged,))
        noticed += bool(notes)
        if notes:
            assert told(project) == (expected, ())
    assert noticed > 5


@pytest.mark.parametrize("length", [73, 1_000, 4_096, 10_000, 50_000])
def test_a_truncated_file_is_made_anew(project: ChangingProject, length: int) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    file.write_bytes(file.read_bytes()[:length])
    report, notes = told(project)
    assert (report, len(notes)) == (expected, 1)
    assert told(project) == (expected, ())
    assert Cache(project.cache_directory).statistics().results == 1


def test_a_forged_row_is_not_taken(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE results SET data = substr(data, 2)")
        connection.execute("UPDATE summaries SET data = 'text', used = 'never'")
    connection.close()
    report, notes = told(project)
    assert (report, len(notes)) == (expected, 1)
    assert told(project) == (expected, ())


def test_a_file_of_somebody_else_is_left_alone(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE summaries (precious TEXT)")
    connection.close()
    for content in (file.read_bytes(), b"a text that somebody wrote\n" * 10, b"short"):
        file.write_bytes(content)
        note = f"{file} is no cache of linkstep, and is left alone"
        assert told(project) == (expected, (note,))
        assert not Cache(project.cache_directory).clear()
        Cache(project.cache_directory).prune()
        assert file.read_bytes() == content


def test_an_empty_file_is_used(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    file.write_bytes(b"")
    assert told(project) == (expected, ())
    assert Cache(project.cache_directory).statistics().results == 1


def test_a_file_of_another_version_is_made_anew(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("DROP TABLE pruned")
    connection.close()
    assert told(project) == (expected, ())
    assert Cache(project.cache_directory).statistics().results == 1


def test_a_file_in_use_is_not_waited_for_long(project: ChangingProject) -> None:
    expected, _ = told(project)
    file = project.cache_directory / FILE
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert told(project) == (expected, ())
    assert time.monotonic() - started < 30
    connection.execute("ROLLBACK")
    connection.close()
    assert told(project) == (expected, ())
