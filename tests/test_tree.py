"""Trees: which files a project has, and what a hostile or odd disk does to that."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.tree import EntryKind
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.memory import MemoryTree
from linkstep.tree.open import find_project_root, open_tree


def write(root: Path, *files: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return root


def files(root: Path) -> tuple[str, ...]:
    return DirectoryTree(root).files()


def test_python_files_are_listed_sorted_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/x.pyi", "a/y.py", "a/data.json", "c.pyc", ".github/run.py")
    assert files(tmp_path) == (".github/run.py", "a/x.pyi", "a/y.py", "b.py")


def test_environments_and_caches_are_left_out(tmp_path: Path) -> None:
    skipped = (".git", ".venv", "node_modules", "__pycache__", ".tox", ".nox", "site-packages")
    write(tmp_path, "a.py", *(f"x/{name}/m.py" for name in skipped))
    write(tmp_path, "my-env/pyvenv.cfg", "my-env/lib/m.py")
    write(tmp_path, "conda/conda-meta/history", "conda/m.py")
    write(tmp_path, "venv/m.py")
    assert files(tmp_path) == ("a.py", "venv/m.py")


def test_entries_hide_nothing(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", ".gitignore", "node_modules/m.py", "a.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    tree = DirectoryTree(tmp_path)
    assert dict(tree.entries("")) == {
        ".git": EntryKind.DIRECTORY,
        ".gitignore": EntryKind.FILE,
        "node_modules": EntryKind.DIRECTORY,
        "a.py": EntryKind.FILE,
    }
    assert tree.files() == ()
    assert dict(tree.entries(str(tmp_path / "node_modules"))) == {"m.py": EntryKind.FILE}
    assert dict(tree.entries("a.py")) == dict(tree.entries("nowhere")) == {}


# Ignored files

IGNORE_FILES = {
    ".gitignore": (
        "# build output\nbuild/\n*.gen.py\n/only_top.py\n!keep.gen.py\ndocs/*.py\n"
        "**/deep/*.py\n\\#odd.py\nname with space.py\n[ab]x.py\nvendor/**/inner.py\n"
    ),
    "pkg/.gitignore": "local.py\n!only_top.py\n*.tmp.py\n!/sub/build/\n",
    "pkg/sub/.gitignore": "*\n!kept.py\n",
    ".git/info/exclude": "excluded.py\n",
}
CANDIDATES = [
    "a.py",
    "x.gen.py",
    "keep.gen.py",
    "only_top.py",
    "pkg/only_top.py",
    "build/a.py",
    "pkg/build/b.py",
    "docs/a.py",
    "docs/in/b.py",
    "one/deep/a.py",
    "one/deep/two/b.py",
    "#odd.py",
    "ax.py",
    "cx.py",
    "excluded.py",
    "pkg/local.py",
    "local.py",
    "pkg/in/local.py",
    "pkg/y.tmp.py",
    "pkg/sub/kept.py",
    "pkg/sub/lost.py",
    "pkg/sub/build/kept.py",
    "vendor/a/b/inner.py",
    "vendor/inner.py",
    "vendor/outer.py",
    "pkg/excluded.py",
]


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
def test_ignored_files_are_those_that_git_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, *CANDIDATES, "name with space.py")
    for file, text in IGNORE_FILES.items():
        (tmp_path / file).write_text(text)
    for root in (tmp_path, tmp_path / "pkg", tmp_path / "pkg" / "sub"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--others", "--exclude-standard", "*.py"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        assert files(root) == tuple(sorted(filter(None, listed.stdout.split("\0"))))


def test_ignore_files_count_inside_a_checkout_only(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("b.py\n")
    assert files(tmp_path) == ("a.py", "b.py")
    (tmp_path / ".git").mkdir()
    assert files(tmp_path) == ("a.py",)


def test_a_root_that_is_ignored_itself_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "build/out/a.py", "build/out/b.py")
    (tmp_path / ".gitignore").write_text("build/\n*b.py\n")
    assert files(tmp_path / "build") == ("out/a.py", "out/b.py")


def test_exclude_of_a_worktree_is_in_the_main_checkout(tmp_path: Path) -> None:
    write(tmp_path, "main/.git/info/exclude", "main/.git/worktrees/w/commondir", "w/a.py", "w/b.py")
    (tmp_path / "main/.git/info/exclude").write_text("b.py\n")
    (tmp_path / "main/.git/worktrees/w/commondir").write_text("../..\n")
    (tmp_path / "w/.git").write_text(f"gitdir: {tmp_path}/main/.git/worktrees/w\n")
    assert files(tmp_path / "w") == ("a.py",)


# Links, and files that are none


def test_a_linked_directory_is_listed_once_under_its_real_path(tmp_path: Path) -> None:
    write(tmp_path, "real/m.py", "real/in/n.py")
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "real/in/up").symlink_to("..")
    (tmp_path / "real/self").symlink_to(".")
    tree = DirectoryTree(tmp_path)
    assert tree.files() == ("real/in/n.py", "real/m.py")
    assert tree.entries("alias")["m.py"] is EntryKind.FILE
    assert tree.entries("real/self/self/in/up")["m.py"] is EntryKind.FILE


def test_links_out_of_the_root_are_not_listed(tmp_path: Path) -> None:
    write(tmp_path, "outside/m.py", "root/a.py")
    root = tmp_path / "root"
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "stolen.py").symlink_to(tmp_path / "outside" / "m.py")
    (root / "same.py").symlink_to("a.py")
    (root / "gone.py").symlink_to("nowhere.py")
    assert files(root) == ("a.py", "same.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_or_socket_is_absent_and_never_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)  # the path of a socket is short
        server.bind("socket.py")
    finally:
        os.chdir(here)
        server.close()
    tree = DirectoryTree(tmp_path)
    assert tree.files() == ("a.py",)
    assert set(tree.entries("")) == {"a.py"}
    for name in ("pipe.py", "socket.py", "/dev/null"):
        with pytest.raises(OSError, match=r"."):
            tree.read(name)


@pytest.mark.parametrize("path", ["nowhere.py", "directory", "a\0b.py", "a.py/b.py", ""])
def test_what_is_no_file_cannot_be_read(tmp_path: Path, path: str) -> None:
    write(tmp_path, "a.py", "directory/x.py")
    with pytest.raises(OSError, match=r"."):
        DirectoryTree(tmp_path).read(path)


def test_names_that_no_import_can_spell_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "grün/ß.py")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py"))).write_text("")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (tmp_path / "line\nbreak.py").write_text("")
    tree = DirectoryTree(tmp_path)
    assert tree.files() == ("a.py", "grün/ß.py")
    assert set(tree.entries("")) == {"a.py", "grün"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_directories_are_empty(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "secret/b.py")
    (tmp_path / "secret").chmod(0)
    try:
        assert files(tmp_path) == ("a.py",)
    finally:
        (tmp_path / "secret").chmod(0o700)


def test_bytes_are_read_by_relative_and_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = '\xff'\r\n")
    tree = DirectoryTree(tmp_path)
    assert tree.read("a.py") == tree.read(str(tmp_path / "a.py")) == b"x = '\xff'\r\n"


# Opening


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    (tmp_path / "dangling").symlink_to("nowhere")
    said = []
    for name in ("nowhere", "a.py", "dangling"):
        with pytest.raises(LinkstepError) as caught:
            open_tree(tmp_path / name)
        said.append((caught.value.what, caught.value.why))
    assert said == [
        ("no such directory", ""),
        ("not a directory", ""),
        ("no such directory", "it is a link that leads nowhere"),
    ]
    assert open_tree(tmp_path).files() == ("a.py",)


@pytest.mark.parametrize(
    ("present", "start", "root"),
    [
        ({}, "a/b", "a/b"),
        ({}, "a/b/m.py", "a/b"),
        ({"a/pyproject.toml": "", "setup.py": ""}, "a/b", "a"),
        ({"setup.cfg": ""}, "a/b", ""),
        ({".git/HEAD": "", "a/pyproject.toml": ""}, "a/b", ""),
        ({".git/HEAD": "", "a/linkstep.toml": "", "pyproject.toml": ""}, "a/b", "a"),
        ({".git/HEAD": "", "a/pyproject.toml": "[tool.linkstep]"}, "a/b", "a"),
        ({".git/HEAD": "", "a/pyproject.toml": "[tool.linkstep"}, "a/b", ""),
        ({"linkstep.toml": "", "a/.git": "gitdir: /x"}, "a/b", "a"),
    ],
)
def test_the_project_root_is_where_its_configuration_or_checkout_is(
    tmp_path: Path, present: dict[str, str], start: str, root: str
) -> None:
    base = write(tmp_path / "base", "a/b/m.py")
    for file, text in present.items():
        (base / file).parent.mkdir(exist_ok=True)
        (base / file).write_text(text)
    assert find_project_root(base / start) == base / root


# Memory


def test_a_tree_in_memory_lists_what_a_directory_would(tmp_path: Path) -> None:
    contents = {"a.py": "x", "p/q/b.py": "y", "p/c.txt": "", "/site/d.py": "", "empty/": ""}
    memory = MemoryTree(contents)
    for file, text in contents.items():
        if not file.startswith("/"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            if file.endswith("/"):
                (tmp_path / file).mkdir()
            else:
                (tmp_path / file).write_text(text)
    disk = DirectoryTree(tmp_path)
    assert memory.files() == disk.files() == ("a.py", "p/q/b.py")
    for directory in ("", "p", "p/q", "empty", "a.py", "none"):
        assert dict(memory.entries(directory)) == dict(disk.entries(directory))
    assert dict(memory.entries("/")) == {"site": EntryKind.DIRECTORY}
    assert memory.read("p/q/b.py") == disk.read("p/q/b.py") == b"y"
    with pytest.raises(FileNotFoundError):
        memory.read("p")
