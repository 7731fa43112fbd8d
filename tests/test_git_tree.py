"""The git index and revisions as trees: what git holds, whatever is on disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.git import GitTree, open_index, open_revision
from linkstep.tree.git_repository import Repository
from linkstep.tree.open import open_source
from repositories import ENVIRON, Checkout, said

FILE, DIRECTORY = EntryKind.FILE, EntryKind.DIRECTORY


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def index(checkout: Checkout, environ: Mapping[str, str] = ENVIRON) -> GitTree:
    return open_index(Repository(checkout.root, environ), environ)


def revision(checkout: Checkout, name: str) -> GitTree:
    return open_revision(Repository(checkout.root, ENVIRON), name, ENVIRON)


def state(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(directory).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_index_is_what_would_be_committed(checkout: Checkout) -> None:
    checkout.commit({"app/__init__.py": "", "app/a.py": "old = 1\n", "app/gone.py": ""})
    checkout.stage({"app/a.py": "staged = 1\n", "app/gone.py": None, "app/new.py": "\r\n"})
    checkout.write({"app/a.py": "disk = 1\n", "app/untracked.py": ""})
    before = state(checkout.root)
    tree = index(checkout)
    assert tree.files() == ("app/__init__.py", "app/a.py", "app/new.py")
    assert tree.read("app/a.py") == b"staged = 1\n"
    assert tree.read("app/new.py") == b"\r\n"
    assert tree.entries("app") == {"__init__.py": FILE, "a.py": FILE, "new.py": FILE}
    assert tree.entries("") == {"app": DIRECTORY}
    for missing in ("app/untracked.py", "app/gone.py", "app", "app/a.py/x"):
        with pytest.raises(FileNotFoundError):
            tree.read(missing)
    assert state(checkout.root) == before


def test_a_revision_is_read_without_a_checkout(checkout: Checkout) -> None:
    first = checkout.commit({"a.py": "one\n", "b/c.py": ""})
    checkout.commit({"a.py": "two\n", "b/c.py": None})
    checkout.git("tag", "-a", "v2", "-m", "tagged")
    before = state(checkout.root)
    old = revision(checkout, first)
    assert (old.files(), old.read("a.py")) == (("a.py", "b/c.py"), b"one\n")
    for name in ("v2", "HEAD", "main", "HEAD~0"):
        assert revision(checkout, name).read("a.py") == b"two\n"
    assert state(checkout.root) == before


def test_a_git_tree_lists_what_a_fresh_clone_has(checkout: Checkout, tmp_path: Path) -> None:
    files = {
        ".gitignore": "",
        "src/app/__init__.py": "",
        "src/app/stub.pyi": "",
        "src/app/data.json": "{}",
        "node_modules/x.py": "",
        "src/site-packages/y.py": "",
        "ünï/ß.py": "",
    }
    checkout.stage(files)
    for target, link in (
        ("app", "src/alias"),
        ("app/__init__.py", "src/one.py"),
        ("../..", "src/app/up"),
        ("nowhere", "src/dangling.py"),
        ("loop", "loop"),
    ):
        os.symlink(target, checkout.root / link)
    checkout.commit({})
    clone = tmp_path / "clone"
    checkout.git("clone", "--quiet", str(checkout.root), str(clone))
    disk, tree = DirectoryTree(clone), revision(checkout, "HEAD")
    assert tree.files() == disk.files()
    assert tree.files() == (*("src/app/__init__.py", "src/app/stub.pyi", "src/one.py", "ünï/ß.py"),)
    for directory in (
        "",
        "src",
        "src/app",
        "src/alias",
        "src/app/up",
        "loop",
        "none",
        "src/app/up/src",
    ):
        on_disk = dict(disk.entries(directory))
        on_disk.pop(".git", None)
        assert dict(tree.entries(directory)) == on_disk, directory
    assert tree.read("src/alias/data.json") == b"{}"
    assert tree.real_path("src/alias/stub.pyi") == str(checkout.root / "src/app/stub.pyi")
    with pytest.raises(OSError, match="symbolic links"):
        tree.read("loop")


def test_a_link_out_of_the_repository_is_followed_but_not_listed(
    checkout: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/m.py").write_text("x = 1\n")
    os.symlink("../outside", checkout.root / "relative")
    os.symlink(tmp_path / "outside/m.py", checkout.root / "absolute.py")
    checkout.commit({"a.py": ""})
    tree = revision(checkout, "HEAD")
    assert tree.files() == ("a.py",)
    assert dict(tree.entries("relative")) == {"m.py": FILE}
    assert tree.read("relative/m.py") == tree.read("absolute.py") == b"x = 1\n"


def test_absolute_paths_are_the_environment(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/six.py").write_text("on disk")
    checkout.commit({"src/app.py": "committed"})
    checkout.write({"src/app.py": "edited", ".venv/pyvenv.cfg": "home"})
    tree = revision(checkout, "HEAD")
    assert tree.read(str(tmp_path / "site/six.py")) == b"on disk"
    assert tree.read(str(checkout.root / ".venv/pyvenv.cfg")) == b"home"
    assert tree.read(str(checkout.root / "src/app.py")) == b"committed"  # an editable install
    assert dict(tree.entries(str(checkout.root / "src"))) == {"app.py": FILE}


def test_intent_to_add_is_not_part_of_a_commit(checkout: Checkout) -> None:
    checkout.commit({"app/__init__.py": ""})
    checkout.write({"later.py": "x = 1\n", "app/empty.py": ""})
    checkout.git("add", "--intent-to-add", "later.py", "app/empty.py")
    assert index(checkout).files() == ("app/__init__.py",)
    checkout.git("add", "app/empty.py")
    assert index(checkout).files() == ("app/__init__.py", "app/empty.py")


def test_a_conflict_is_said(checkout: Checkout) -> None:
    checkout.commit({"a.py": "1\n", "b.py": "1\n"})
    checkout.git("checkout", "--quiet", "-b", "other")
    checkout.commit({"a.py": "2\n", "b.py": "2\n"})
    checkout.git("checkout", "--quiet", "main")
    checkout.commit({"a.py": "3\n", "b.py": "3\n"})
    with pytest.raises(AssertionError):
        checkout.git("merge", "other")
    with pytest.raises(LinkstepError) as caught:
        index(checkout)
    assert (caught.value.what, caught.value.where) == (
        "the index holds files that are in conflict",
        "a.py and 1 more",
    )


def test_a_sparse_checkout_is_complete(checkout: Checkout) -> None:
    checkout.commit({"keep/a.py": "", "drop/b.py": "x = 1\n"})
    checkout.git("sparse-checkout", "set", "--sparse-index", "keep")
    assert not (checkout.root / "drop").exists()
    tree = index(checkout)
    assert tree.files() == ("drop/b.py", "keep/a.py")
    assert tree.read("drop/b.py") == b"x = 1\n"


def test_names_that_no_import_can_spell_are_left_out(checkout: Checkout) -> None:
    (checkout.root / "a.py").write_text("")
    for name in (b"\xff.py", b"new\nline.py"):
        with open(os.fsencode(checkout.root) + b"/" + name, "wb"):
            pass
    checkout.commit({})
    assert index(checkout).files() == revision(checkout, "HEAD").files() == ("a.py",)


def test_a_submodule_is_read_at_the_commit_that_is_named(
    checkout: Checkout, tmp_path: Path
) -> None:
    library = Checkout(tmp_path / "library")
    library.commit({"lib/__init__.py": "first = 1\n"})
    checkout.git(
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add"),
        *(str(library.root), "vendor"),
    )
    checkout.commit({"app.py": "from vendor.lib import first\n"})
    (checkout.root / "vendor/lib/__init__.py").write_text("second = 2\n")
    tree = revision(checkout, "HEAD")
    assert tree.files() == ("app.py", "vendor/lib/__init__.py")
    assert tree.read("vendor/lib/__init__.py") == b"first = 1\n"
    assert dict(tree.entries("vendor")) == {"lib": DIRECTORY}
    clone = tmp_path / "clone"
    checkout.git("clone", "--quiet", str(checkout.root), str(clone))
    bare = open_revision(Repository(clone, ENVIRON), "HEAD", ENVIRON)
    assert (bare.files(), dict(bare.entries("vendor"))) == (("app.py",), {})


def test_a_hook_sees_the_index_of_its_commit(checkout: Checkout, tmp_path: Path) -> None:
    """`git commit -a` and `git commit FILE` use a temporary index and name it by a variable."""
    checkout.commit({"a.py": "old\n", "b.py": "old\n"})
    checkout.write({"a.py": "all\n", "b.py": "all\n"})
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.write_text(
        f'#!/bin/sh\nenv -0 > "{tmp_path}/environ"\ncp "$GIT_INDEX_FILE" "{tmp_path}/index"\n'
    )
    hook.chmod(0o755)
    for arguments, b_is in ((["a.py"], b"old\n"), (["-a"], b"all\n")):
        checkout.git("commit", "--quiet", "-m", "x", *arguments)
        pairs = (tmp_path / "environ").read_text().split("\0")
        environ = dict(pair.partition("=")[::2] for pair in pairs if pair)
        environ["GIT_INDEX_FILE"] = str(tmp_path / "index")
        tree = index(checkout, environ)
        assert (tree.read("a.py"), tree.read("b.py")) == (b"all\n", b_is)


def test_git_runs_no_program_of_the_repository(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"a.py": "x = 1\n", ".gitattributes": "*.py filter=f diff=d\n"})
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/sprung"\n')
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "filter.f.smudge",
        "diff.d.textconv",
        "core.editor",
    ):
        checkout.git("config", key, str(trap))
    (checkout.root / ".git/hooks/post-index-change").symlink_to(trap)
    tree = index(checkout)
    assert (tree.read("a.py"), revision(checkout, "HEAD").read("a.py")) == (b"x = 1\n",) * 2
    assert not (tmp_path / "sprung").exists()


def test_before_the_first_commit_HEAD_is_empty(checkout: Checkout) -> None:
    checkout.stage({"a.py": ""})
    assert revision(checkout, "HEAD").files() == ()
    with pytest.raises(LinkstepError, match="there is no revision main"):
        revision(checkout, "main")


@pytest.mark.parametrize("name", ["nope", "--all", "-h", "", "HEAD:a.py", "HEAD~7"])
def test_a_revision_that_is_not_there_is_said(checkout: Checkout, name: str) -> None:
    checkout.commit({"a.py": ""})
    with pytest.raises(LinkstepError) as caught:
        revision(checkout, name)
    assert (caught.value.what, caught.value.hint) == (f"there is no revision {name}", "")


def test_a_shallow_clone_says_what_to_fetch(checkout: Checkout, tmp_path: Path) -> None:
    first = checkout.commit({"a.py": ""})
    checkout.commit({"b.py": ""})
    checkout.git("clone", "--quiet", "--depth=1", f"file://{checkout.root}", str(tmp_path / "c"))
    with pytest.raises(LinkstepError) as caught:
        open_revision(Repository(tmp_path / "c", ENVIRON), first, ENVIRON)
    assert caught.value.why == "the clone is shallow: it lacks older commits"


def test_a_missing_object_is_an_error_and_not_an_empty_file(checkout: Checkout) -> None:
    checkout.commit({"a.py": "x = 1\n"})
    name = checkout.git("rev-parse", "HEAD:a.py")
    (checkout.root / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(LinkstepError, match=f"the git object {name} is not in this clone"):
        revision(checkout, "HEAD").read("a.py")


def test_outside_of_a_checkout_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(LinkstepError) as caught:
        open_source(CheckRequest(str(tmp_path), dict(ENVIRON), staged=True))
    assert caught.value.what == "this is no git checkout"


def test_without_git_the_files_on_disk_are_left(checkout: Checkout, tmp_path: Path) -> None:
    with pytest.raises(LinkstepError) as caught:
        Repository(checkout.root, {"PATH": str(tmp_path)})
    assert caught.value.what == "git cannot be started"


def test_a_bare_repository_has_revisions(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"app/m.py": "import app.gone\n", "linkstep.toml": ""})
    bare = tmp_path / "bare.git"
    checkout.git("clone", "--quiet", "--bare", str(checkout.root), str(bare))
    source = open_source(CheckRequest(str(bare), dict(ENVIRON), rev="main"))
    assert source.tree.files() == ("app/m.py",)


def test_configuration_and_root_are_those_of_the_tree(checkout: Checkout) -> None:
    checkout.commit(
        {
            "service/linkstep.toml": 'ignore = ["LS101"]\n',
            "service/app/__init__.py": "",
            "service/app/m.py": "import app.gone\nfrom app import nope\n",
        }
    )
    checkout.write({"service/linkstep.toml": 'ignore = ["ALL"]\n'})
    expected = [("app/m.py", 2, "LS102", "cannot import name 'nope' from 'app'")]
    assert said(checkout.check(rev="HEAD", cwd="service")) == expected
    assert said(checkout.check(cwd="service")) == []
    assert said(checkout.check("service", rev="HEAD")) == expected
    assert said(checkout.check("service/app/__init__.py", rev="HEAD")) == []


def test_a_path_that_the_tree_lacks_is_said(checkout: Checkout) -> None:
    checkout.commit({"a.py": ""})
    checkout.write({"b.py": ""})
    with pytest.raises(LinkstepError, match=r"no file or directory b\.py in the index"):
        checkout.check("b.py", staged=True)
    with pytest.raises(LinkstepError, match="two different things"):
        checkout.check(staged=True, rev="HEAD")


def test_a_worktree_has_an_index_of_its_own(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"a.py": "main\n"})
    checkout.git("worktree", "add", "--quiet", str(tmp_path / "w"), "-b", "side")
    (tmp_path / "w/a.py").write_text("side\n")
    checkout.git("add", "a.py", cwd=tmp_path / "w")
    assert open_index(Repository(tmp_path / "w", ENVIRON), ENVIRON).read("a.py") == b"side\n"
    assert index(checkout).read("a.py") == b"main\n"


def test_the_process_that_reads_objects_ends(checkout: Checkout) -> None:
    checkout.commit({"b.py": "x = 1\n"})
    before = readers()
    tree = revision(checkout, "HEAD")
    assert readers() == before
    assert tree.read("b.py") == b"x = 1\n"
    assert readers() == before + 1
    del tree
    assert readers() == before


def readers() -> int:
    """Count the processes that this one has started to read objects."""
    command = ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "args="]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.count("cat-file")


def test_what_may_be_in_a_submodule_that_is_not_there_is_unknown(
    checkout: Checkout, tmp_path: Path
) -> None:
    modules = '[submodule "vendor"]\n\tpath = vendor\n\turl = ../vendor.git\n'
    text = "import vendor.lib\nfrom vendor import other\nimport anything\nimport app.gone\n"
    lone = tmp_path / "env"
    (lone / "lib/python3.11/site-packages").mkdir(parents=True)
    (lone / "pyvenv.cfg").write_text("version = 3.11\n")
    files = {".gitmodules": modules, "app/__init__.py": "", "main.py": text, "linkstep.toml": ""}
    checkout.commit(files)
    (checkout.root / "vendor").mkdir()
    expected = [("main.py", 4, "LS101", "No module named 'app.gone'")]
    for options in ({}, {"rev": "HEAD"}):
        assert said(checkout.check(python=str(lone), **options)) == expected
