"""Wheels, sdists, zip files and zipapps as trees; hostile ones too."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipapp
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.findings import Report
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind
from linkstep.pipeline import check, explain
from linkstep.tree.archive import is_archive, open_archive
from linkstep.tree.archive_members import open_members
from repositories import said

GONE = "from shop.db import gone\n"
MESSAGE = "cannot import name 'gone' from 'shop.db'"
METADATA = "Metadata-Version: 2.1\nName: shop\nVersion: 1.0\nRequires-Python: >=3.10\n"

Files = Mapping[str, str | bytes]


def zipped(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: Files) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def run(path: Path, **options: object) -> Report:
    request = CheckRequest(str(path.parent), {}, (path.name,), **options)  # type: ignore[arg-type]
    return check(request, Unobserved()).report


def test_a_wheel(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/db.py").write_text("gone = 1\n")  # the sources have it, the wheel has not
    wheel = zipped(
        tmp_path / "shop-1.0-py3-none-any.whl",
        {
            "shop/__init__.py": "",
            "shop/db.py": "",
            "shop/main.py": GONE + "import shop.left_out\nimport six\n",
            "shop-1.0.dist-info/METADATA": METADATA + "Requires-Dist: six (>=1) ; extra == 'x'\n",
            "shop-1.0.dist-info/WHEEL": "Tag: py3-none-any\n",
            "shop-1.0.dist-info/RECORD": "",
        },
    )
    report = run(wheel)
    assert said(report) == [
        ("shop/main.py", 1, "LS102", MESSAGE),
        ("shop/main.py", 2, "LS101", "No module named 'shop.left_out'"),
    ]
    assert (report.counts.files, report.counts.unknown) == (3, 1)
    project = explain(CheckRequest(str(tmp_path), {}, (wheel.name,))).project
    assert (project.declared, project.requires) == ("shop", {"six"})
    assert project.target_why == "requires-python >=3.10"


def test_a_wheel_installs_what_is_in_its_data_directory(tmp_path: Path) -> None:
    wheel = zipped(
        tmp_path / "shop-1.0-cp312-cp312-linux_x86_64.whl",
        {
            "shop/__init__.py": "",
            "shop/main.py": "from shop import extra, nope\nimport lone\n",
            "shop-1.0.data/platlib/shop/extra.py": "def f():\n    import shop.gone\n",
            "shop-1.0.data/purelib/lone.py": "from shop.extra import x\n",
            "shop-1.0.data/scripts/tool.py": "import what.ever\n",
            "shop-1.0.data/headers/h.py": "import what.ever\n",
            "shop-1.0.dist-info/WHEEL": "Tag: cp312-cp312-linux_x86_64\n",
            "shop-1.0.dist-info/METADATA": METADATA,
        },
    )
    assert said(run(wheel)) == [
        ("shop-1.0.data/purelib/lone.py", 1, "LS102", "cannot import name 'x' from 'shop.extra'"),
        ("shop/main.py", 1, "LS102", "cannot import name 'nope' from 'shop'"),
        ("shop-1.0.data/platlib/shop/extra.py", 2, "LS101", "No module named 'shop.gone'"),
    ]
    target = explain(CheckRequest(str(tmp_path), {}, (wheel.name,))).project.target
    assert target.version == (3, 12)


def test_what_the_project_configures_counts_for_its_wheel_but_for_directories(
    tmp_path: Path,
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "linkstep.toml").write_text(
        'roots = ["src"]\ninclude = ["src"]\nignore = ["LS101"]\n'
    )
    files = {"shop/__init__.py": "", "shop/db.py": "", "shop/m.py": GONE + "import shop.x\n"}
    wheel = zipped(tmp_path / "shop-1.0-py3-none-any.whl", files)
    assert said(run(wheel)) == [("shop/m.py", 1, "LS102", MESSAGE)]


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_sdist_is_the_project_in_its_one_directory(kind: str, tmp_path: Path) -> None:
    files = {
        "shop-1.0/PKG-INFO": METADATA,
        "shop-1.0/pyproject.toml": '[tool.linkstep]\nignore = ["LS101"]\n',
        "shop-1.0/src/shop/__init__.py": "",
        "shop-1.0/src/shop/db.py": "",
        "shop-1.0/src/shop/main.py": GONE + "import shop.ignored\n",
    }
    make = tarred if kind == "tar.gz" else zipped
    sdist = make(tmp_path / f"shop-1.0.{kind}", files)
    assert said(run(sdist)) == [("src/shop/main.py", 1, "LS102", MESSAGE)]


def test_a_zipapp_runs_and_is_read(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "shop").mkdir(parents=True)
    (source / "__main__.py").write_text("import shop.db\nfrom shop.db import gone\n")
    (source / "shop/__init__.py").write_text("")
    (source / "shop/db.py").write_text("")
    for name in ("shop.pyz", "shop"):
        target = tmp_path / "out" / name
        target.parent.mkdir(exist_ok=True)
        zipapp.create_archive(source, target, interpreter="/usr/bin/env python3")
        assert said(run(target)) == [("__main__.py", 2, "LS102", MESSAGE)]
    done = subprocess.run(
        [sys.executable, str(target)], capture_output=True, text=True, check=False
    )
    assert MESSAGE in done.stderr


def test_a_pex_is_linked_with_what_it_packs(tmp_path: Path) -> None:
    app, six = ".deps/shop-1.0-py3-none-any.whl", ".deps/six-1-py3-none-any.whl"
    pex = zipped(
        tmp_path / "shop.pex",
        {
            "PEX-INFO": '{"entry_point": "shop.main:run"}',
            "__main__.py": "import pex_internal.missing\n",
            ".bootstrap/pex/__init__.py": "import pex.missing\n",
            f"{app}/shop/__init__.py": "",
            f"{app}/shop/db.py": "",
            f"{app}/shop/main.py": GONE + "from six import moves, nope\n",
            f"{six}/six.py": "moves = 1\ndef f():\n    import six.broken\n",
        },
    )
    assert said(run(pex)) == [
        (f"{app}/shop/main.py", 1, "LS102", MESSAGE),
        (f"{app}/shop/main.py", 2, "LS102", "cannot import name 'nope' from 'six'"),
    ]


def test_a_shiv_is_linked_with_what_it_packs(tmp_path: Path) -> None:
    site = "site-packages"
    shiv = zipped(
        tmp_path / "shop.pyz",
        {
            "environment.json": '{"entry_point": "shop.main:run"}',
            "__main__.py": "import _bootstrap.missing\n",
            "_bootstrap/__init__.py": "import _bootstrap.missing\n",
            f"{site}/shop/__init__.py": "",
            f"{site}/shop/db.py": "",
            f"{site}/shop/main.py": GONE + "from six import moves, nope\n",
            f"{site}/shop-1.0.dist-info/RECORD": "shop/__init__.py,,\nshop/main.py,,\n",
            f"{site}/six.py": "moves = 1\ndef f():\n    import six.broken\n",
            f"{site}/six-1.dist-info/RECORD": "six.py,,\nsix-1.dist-info/RECORD,,\n",
        },
    )
    assert said(run(shiv)) == [
        (f"{site}/shop/main.py", 1, "LS102", MESSAGE),
        (f"{site}/shop/main.py", 2, "LS102", "cannot import name 'nope' from 'six'"),
    ]


def test_an_environment_is_linked_too(tmp_path: Path) -> None:
    site = tmp_path / ".venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (tmp_path / ".venv/pyvenv.cfg").write_text("version = 3.11\n")
    (site / "six.py").write_text("")
    files = {"shop/__init__.py": "from six import nope\nimport yaml\n"}
    wheel = zipped(tmp_path / "shop-1.0-py3-none-any.whl", files)
    assert said(run(wheel)) == [
        ("shop/__init__.py", 1, "LS102", "cannot import name 'nope' from 'six'"),
        ("shop/__init__.py", 2, "LS101", "No module named 'yaml'"),
    ]


def test_which_files_are_archives(tmp_path: Path) -> None:
    good = zipped(tmp_path / "x.whl", {"a.py": ""}).read_bytes()
    verdicts = {}
    for name in ("a.whl", "a.tar.gz", "a.py", "plain", "zipped", "a.txt", "no.whl"):
        content = good if name in ("zipped", "a.py", "a.txt") else b"x"
        if name != "no.whl":
            (tmp_path / name).write_bytes(content)
        verdicts[name] = is_archive(tmp_path / name)
    assert verdicts == {
        "a.whl": True,
        "a.tar.gz": True,
        "zipped": True,
        "a.py": False,
        "plain": False,
        "a.txt": False,
        "no.whl": False,
    }


def test_an_archive_is_checked_alone(tmp_path: Path) -> None:
    zipped(tmp_path / "a.whl", {"a.py": ""})
    for paths, options, message in (
        (("a.whl", "."), {}, "a.whl has to be checked alone"),
        (("a.whl",), {"since": "HEAD"}, "a.whl is an archive; git does not know an earlier state"),
        (("a.whl",), {"staged": True}, "a.whl is an archive"),
    ):
        with pytest.raises(LinkstepError, match=message.replace(".", r"\.")):
            check(CheckRequest(str(tmp_path), {}, paths, **options), Unobserved())


# Hostile archives


ESCAPES = {
    "good.py": "x = 1\n",
    "/absolute.py": "",
    "../above.py": "",
    "a/../../b.py": "",
    "C:/drive.py": "",
    "new\nline.py": "",
    "./dot//normal.py": "",
}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_members_that_leave_the_archive_do_not_exist(make: object, tmp_path: Path) -> None:
    suffix = "whl" if make is zipped else "tar.gz"
    assert callable(make)
    tree = open_archive(make(tmp_path / f"x.{suffix}", ESCAPES), tmp_path)
    assert tree.files() == ("dot/normal.py", "good.py")
    assert tree.entries("") == {"dot": EntryKind.DIRECTORY, "good.py": EntryKind.FILE}
    for path in ("../above.py", "a/../../b.py", "absent.py", "dot"):
        with pytest.raises(FileNotFoundError):
            tree.read(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"x.{suffix}"]


def test_the_last_member_of_a_name_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("a.py", "first"), ("./a.py", "second"), (".//a.py", "third")):
            archive.writestr(name, text)
    assert open_archive(path, tmp_path).read("a.py") == b"third"
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        for text in (b"first", b"second"):
            member = tarfile.TarInfo("a.py")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    assert open_archive(tmp_path / "x.tar.gz", tmp_path).read("a.py") == b"second"


def test_links_and_devices_in_an_archive_are_no_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo(f"{kind!r}.py".replace("\\", ""))
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    assert open_archive(tmp_path / "x.tar.gz", tmp_path).files() == ()
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        info = zipfile.ZipInfo("link.py")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert open_archive(tmp_path / "x.whl", tmp_path).files() == ()


def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    zeros = b"\0" * (1 << 20)
    bomb = tmp_path / "bomb.whl"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(80):
            archive.writestr(f"{number}.py", zeros)
    tar = tmp_path / "bomb.tar.gz"
    with tarfile.open(tar, "w:gz") as made:
        member = tarfile.TarInfo("zeros.bin")
        member.size = 80 << 20
        made.addfile(member, _Zeros(member.size))
    tracemalloc.start()
    try:
        for path in (bomb, tar):
            with pytest.raises(LinkstepError) as caught:
                open_members(path)
            assert caught.value.why == "it grows to more than 200 times its size"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


class _Zeros(io.RawIOBase):
    """As many zero bytes as are asked for."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"\0" * size


def test_a_member_that_lies_about_its_size_is_an_unreadable_file(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.whl", {"a.py": "x = 1\n" * 1000, "b.py": "import a.b\n"})
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, directory + 24, 3)  # the size after decompression
    path.write_bytes(data)
    found = {(place, code) for place, _, code, _ in said(run(path))}
    assert ("a.py", "LS111") in found


def test_a_directory_that_fills_the_memory_is_not_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.whl", {"a.py": ""})
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.index(b"PK\x05\x06") + 12, 0x7FFFFFFF)
    path.write_bytes(data)
    with pytest.raises(LinkstepError) as caught:
        open_members(path)
    assert caught.value.why == "its directory is too long"


@pytest.mark.parametrize("name", ["x.whl", "x.tar.gz", "x.zip"])
@pytest.mark.parametrize("cut", [0, 1, 10, 60, -30, -5])
def test_a_truncated_archive_is_an_error(name: str, cut: int, tmp_path: Path) -> None:
    make = tarred if name.endswith("gz") else zipped
    path = make(tmp_path / name, {f"{n}.py": f"x = {n}\n" for n in range(50)})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(LinkstepError, match="cannot read the archive"):
        run(path)
