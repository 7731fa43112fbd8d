"""Layers laid over each other: what is there afterwards, and what the layers did to it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from layers import Member, Members, docker_archive, layer
from linkstep.errors import LinkstepError
from linkstep.model.observer import Unobserved
from linkstep.tree.image import ImageTree
from linkstep.tree.open_image import open_image

DIRECTORY, LINK, HARD_LINK = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def merged(tmp_path: Path, *layers: Members, user: str = "") -> ImageTree:
    """Give the file tree of an image with these layers."""
    path = docker_archive(tmp_path / "image.tar", [layer(one) for one in layers], User=user)
    return open_image(str(path), io.BytesIO(), Unobserved()).tree


def content(tree: ImageTree) -> dict[str, str]:
    """Give all Python files of a tree by path, with their texts; links are followed."""
    found: dict[str, str] = {}
    pending = ["/"]
    while pending:
        directory = pending.pop()
        for name, kind in tree.entries(directory).items():
            path = f"{directory.rstrip('/')}/{name}"
            if kind.value == "directory":
                pending.append(path)
            else:
                found[path] = tree.read(path).decode()
    return found


def test_an_upper_layer_replaces_a_file(tmp_path: Path) -> None:
    tree = merged(tmp_path, {"srv/a.py": "old", "srv/b.py": "b"}, {"srv/a.py": "new"})
    assert content(tree) == {"/srv/a.py": "new", "/srv/b.py": "b"}
    assert (tree.layer_of("/srv/a.py"), tree.layer_of("/srv/b.py")) == (2, 1)
    [before] = tree.versions("/srv/a.py")
    assert (before.written_by, before.ended_by, before.replaced, before.content) == (
        1,
        2,
        True,
        b"old",
    )


def test_a_whiteout_removes_what_lower_layers_have(tmp_path: Path) -> None:
    tree = merged(
        tmp_path,
        {"srv/shop/a.py": "a", "srv/shop/b.py": "b", "srv/old/c.py": "c"},
        {"srv/shop/.wh.a.py": "", "srv/.wh.old": "", "srv/.wh.never": ""},
    )
    assert content(tree) == {"/srv/shop/b.py": "b"}
    [before] = tree.versions("/srv/old/c.py")
    assert (before.written_by, before.ended_by, before.replaced) == (1, 2, False)


def test_what_was_removed_can_come_back(tmp_path: Path) -> None:
    tree = merged(tmp_path, {"a.py": "1"}, {".wh.a.py": ""}, {"a.py": "3"})
    assert content(tree) == {"/a.py": "3"}
    assert tree.layer_of("/a.py") == 3


@pytest.mark.parametrize("order", ["marker last", "marker first"])
def test_an_opaque_directory_hides_lower_layers_only(tmp_path: Path, order: str) -> None:
    members = [Member("srv/shop/new.py", "new"), Member("srv/shop/.wh..wh..opq")]
    members += [Member("srv/shop/sub/x.py", "x")]
    if order == "marker first":
        members.reverse()
    below = {"srv/shop/old.py": "old", "srv/shop/sub/y.py": "y", "srv/other.py": "other"}
    assert content(merged(tmp_path, below, members)) == {
        "/srv/shop/new.py": "new",
        "/srv/shop/sub/x.py": "x",
        "/srv/other.py": "other",
    }


def test_a_whiteout_spares_what_its_own_layer_wrote(tmp_path: Path) -> None:
    members = [Member("srv/shop/new.py", "new"), Member("srv/.wh.shop")]
    tree = merged(tmp_path, {"srv/shop/old.py": "old"}, members)
    assert content(tree) == {"/srv/shop/new.py": "new"}


def test_a_hard_link_keeps_what_it_links_to(tmp_path: Path) -> None:
    tree = merged(tmp_path, {"a.py": "a"}, {"srv/b.py": "=> a.py"}, {".wh.a.py": ""})
    assert content(tree) == {"/srv/b.py": "a"}


def test_a_hard_link_to_nothing_is_a_damaged_layer(tmp_path: Path) -> None:
    with pytest.raises(LinkstepError, match="a layer is damaged") as caught:
        merged(tmp_path, {"srv/b.py": "=> a.py"})
    assert caught.value.why == "'srv/b.py' is a hard link to 'a.py', which is not there"


def test_links_lead_across_layers_and_never_out_of_the_image(tmp_path: Path) -> None:
    tree = merged(
        tmp_path,
        {"usr/local/lib/pkg/a.py": "a", "opt/": ""},
        {"opt/pkg": "-> /usr/local/lib/pkg", "srv/up": "-> ../../../../../../usr"},
        {"loop": "-> loop", "circle/a": "-> ../circle/b", "circle/b": "-> a", "gone": "-> /no"},
    )
    assert tree.read("/opt/pkg/a.py") == b"a"
    assert tree.real_path("/srv/up/local") == "/usr/local"
    assert sorted(tree.entries("/")) == ["circle", "opt", "srv", "usr"]
    assert tree.entries("/circle") == {}
    assert tree.entries("/loop/x") == {}


def test_members_are_written_through_links_of_lower_layers(tmp_path: Path) -> None:
    tree = merged(tmp_path, {"usr/lib/": "", "lib": "-> usr/lib"}, {"lib/x.py": "x"})
    assert content(tree) == {"/usr/lib/x.py": "x", "/lib/x.py": "x"}
    assert tree.link("/lib") == "usr/lib"


def test_a_directory_replaces_a_link(tmp_path: Path) -> None:
    below = {"usr/lib/x.py": "x", "lib": "-> usr/lib"}
    tree = merged(tmp_path, below, {"lib/": "", "lib/y.py": "y"})
    assert content(tree) == {"/usr/lib/x.py": "x", "/lib/y.py": "y"}


def test_a_module_replaces_a_package_and_the_reverse(tmp_path: Path) -> None:
    below = {"db/__init__.py": "", "db/x.py": "x", "web": "module"}
    tree = merged(tmp_path, below, {"db": "module", "web/__init__.py": "package"})
    assert content(tree) == {"/db": "module", "/web/__init__.py": "package"}


def test_later_members_of_a_layer_win(tmp_path: Path) -> None:
    members = [Member("a.py", "first"), Member("./a.py", "second"), Member("/a.py", "third")]
    assert content(merged(tmp_path, members)) == {"/a.py": "third"}


def test_names_cannot_leave_the_root(tmp_path: Path) -> None:
    members = [Member("../../etc/a.py", "a"), Member("/abs/b.py", "b"), Member("x/../../c.py", "c")]
    assert content(merged(tmp_path, members)) == {"/etc/a.py": "a", "/abs/b.py": "b", "/c.py": "c"}


def test_long_names_and_names_that_are_no_text(tmp_path: Path) -> None:
    long = "d" * 120 + "/" + "m" * 130 + ".py"
    tree = merged(tmp_path, {long: "long", "schön.py": "umlaut", b"\xff.py".decode("latin-1"): "y"})
    assert tree.read(f"/{long}") == b"long"
    assert tree.read("/schön.py") == b"umlaut"


def test_aufs_bookkeeping_is_no_content(tmp_path: Path) -> None:
    tree = merged(tmp_path, {"a.py": "a"}, {".wh..wh.aufs": "", "b.py": "b"})
    assert sorted(content(tree)) == ["/a.py", "/b.py"]


def test_what_the_user_may_not_read_is_not_there_for_it(tmp_path: Path) -> None:
    members = [
        Member("etc/passwd", "app:x:1000:1000::/home/app:/bin/sh\n"),
        Member("srv/open.py", "open"),
        Member("srv/closed.py", "closed", mode=0o600),
        Member("srv/own.py", "own", mode=0o400, owner=1000),
        Member("root/", mode=0o700, kind=DIRECTORY),
        Member("root/site/x.py", "x"),
    ]
    tree = merged(tmp_path, members, user="app")
    assert sorted(tree.entries("/srv")) == ["closed.py", "open.py", "own.py"]
    assert tree.read("/srv/own.py") == b"own"
    with pytest.raises(PermissionError):
        tree.read("/srv/closed.py")
    assert tree.entries("/root/site") == {}
    assert content(merged(tmp_path, members))["/root/site/x.py"] == "x"


def test_the_files_of_an_application_leave_its_environment_out(tmp_path: Path) -> None:
    tree = merged(
        tmp_path,
        {
            "srv/shop/a.py": "",
            "srv/.venv/lib/x.py": "",
            "srv/env/pyvenv.cfg": "",
            "srv/env/lib/y.py": "",
            "srv/shop/__pycache__/a.cpython-311.pyc": "",
            "srv/linked.py": "-> shop/a.py",
            "usr/lib/z.py": "",
        },
    )
    assert tree.seen_from("/srv").files() == ("linked.py", "shop/a.py")
    assert tree.seen_from("/").files() == ("srv/linked.py", "srv/shop/a.py")
    assert tree.seen_from("/srv", frozenset({"linked.py"})).files() == ("linked.py",)


def test_a_zip_archive_is_a_directory_on_the_path(tmp_path: Path) -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("__main__.py", "import shop")
        archive.writestr("shop/__init__.py", "x = 1")
        archive.writestr("../out.py", "")
    tree = merged(tmp_path, [Member("srv/app.pyz", b"#!/usr/bin/python3\n" + buffer.getvalue())])
    assert sorted(tree.entries("/srv/app.pyz")) == ["__main__.py", "shop"]
    assert tree.read("/srv/app.pyz/shop/__init__.py") == b"x = 1"
    with pytest.raises(FileNotFoundError):
        tree.read("/srv/app.pyz/shop/none.py")
