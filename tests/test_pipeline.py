"""What only a whole run shows: partial checks, bad input, notes, and determinism."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.findings import Report
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check


def lay(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def run(root: Path, *paths: str, **options: object) -> Report:
    request = CheckRequest(cwd=str(root), environ={}, paths=paths, **options)  # type: ignore[arg-type]
    return check(request, Unobserved()).report


def said(report: Report) -> list[tuple[str, int, str, str]]:
    return [(f.fact.path, f.fact.span.line, f.code, f.message) for f in report.findings]


def test_files_that_are_not_checked_bear_witness(tmp_path: Path) -> None:
    files = {
        "linkstep.toml": "",
        "settings.py": "",
        "start.py": "import settings\nsettings.DEBUG = True\n",
        "main.py": "import start, settings\nprint(settings.DEBUG, settings.GONE)\n",
    }
    lay(tmp_path, files)
    expected = [("main.py", 2, "LS103", "module 'settings' has no attribute 'GONE'")]
    assert said(run(tmp_path, "main.py")) == expected
    assert said(run(tmp_path)) == expected


def test_compiled_code_may_put_names_into_the_modules_it_speaks_of(tmp_path: Path) -> None:
    site = "env/lib/python3.11/site-packages"
    files = {
        "env/pyvenv.cfg": "version = 3.11.4\n",
        f"{site}/driver/__init__.py": "",
        f"{site}/driver/errors.py": "",
        f"{site}/driver/pool.py": "",
        f"{site}/driver/_c.cpython-311-x86_64-linux-gnu.so": b"\x7fELF\0driver.errors\0",
        f"{site}/driver/_cy.cpython-311-x86_64-linux-gnu.so": b"cython_runtime\0driver.pool\0",
        "app.py": "from driver.errors import Locked\nfrom driver.pool import Pool\n",
    }
    lay(tmp_path, files)
    assert said(run(tmp_path, "app.py", python="env")) == [
        ("app.py", 2, "LS102", "cannot import name 'Pool' from 'driver.pool'")
    ]


def test_a_test_that_patches_a_module_proves_nothing_for_others(tmp_path: Path) -> None:
    files = {
        "linkstep.toml": "",
        "settings.py": "",
        "tests/test_it.py": "import settings\nsettings.DEBUG = True\n",
        "main.py": "import settings\nprint(settings.DEBUG)\n",
    }
    lay(tmp_path, files)
    assert said(run(tmp_path, "main.py")) == [
        ("main.py", 2, "LS103", "module 'settings' has no attribute 'DEBUG'")
    ]


def test_an_entry_point_that_is_not_there_is_said(tmp_path: Path) -> None:
    lay(tmp_path, {"linkstep.toml": 'entry-points = ["app.mian:app"]', "app/main.py": "app = 1\n"})
    report = run(tmp_path)
    assert report.findings == ()
    assert "entry point app.mian:app: the project has no such module" in report.notes


def test_python_is_counted_from_where_the_user_stands(tmp_path: Path) -> None:
    site = "env/lib/python3.11/site-packages/installed.py"
    files = {"env/pyvenv.cfg": "version = 3.11.7\n", site: "x = 1\n", "sub/linkstep.toml": ""}
    lay(tmp_path, {**files, "sub/main.py": "from installed import x, y\n"})
    assert said(run(tmp_path, "sub", python="env")) == [
        ("main.py", 1, "LS102", "cannot import name 'y' from 'installed'")
    ]


BROKEN = {
    "nul.py": (b"import os\0\n", "source code string cannot contain null bytes"),
    "encoding.py": (b"# -*- coding: nope -*-\nx = 1\n", "unknown encoding: nope"),
    "brackets.py": (b"x = " + b"(" * 2000 + b"1" + b")" * 2000, "too many nested parentheses"),
    "syntax.py": (b"def f(:\n", "invalid syntax"),
}


@pytest.mark.parametrize("reader", ["auto", "libcst"])
@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_file_that_cannot_be_read_is_a_finding(name: str, reader: str, tmp_path: Path) -> None:
    source, reason = BROKEN[name]
    good = "import os\nos.path.join\n"
    lay(tmp_path, {"linkstep.toml": "", name: source, "good.py": good})
    report = run(tmp_path, reader=reader, target_version="3.11")
    [(path, _, code, message)] = said(report)
    assert (path, code) == (name, "LS111")
    # CPython words it by its own version; the case files hold the words of 3.11.
    assert sys.version_info[:2] != (3, 11) or reason in message
    assert report.counts.files == 2


def test_a_wrong_byte_is_a_finding(tmp_path: Path) -> None:
    lay(tmp_path, {"linkstep.toml": "", "latin.py": b'x = "\xe9"\n'})
    [(path, line, code, _)] = said(run(tmp_path))
    assert (path, line, code) == ("latin.py", 1, "LS111")


def test_a_megabyte_on_one_line_is_read(tmp_path: Path) -> None:
    text = 'x = "' + "a" * 1_000_000 + '"; from good import gone\n'
    lay(tmp_path, {"linkstep.toml": "", "long.py": text, "good.py": ""})
    assert said(run(tmp_path)) == [("long.py", 1, "LS102", "cannot import name 'gone' from 'good'")]


def test_links_that_lead_in_circles_or_out_end_somewhere(tmp_path: Path) -> None:
    lay(tmp_path, {"project/linkstep.toml": "", "project/p/a.py": "import os\n", "out/b.py": "("})
    os.symlink("../p", tmp_path / "project/p/again")
    os.symlink(tmp_path / "out", tmp_path / "project/p/away")
    os.symlink("nowhere.py", tmp_path / "project/p/dangling.py")
    assert said(run(tmp_path / "project")) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_a_finding(tmp_path: Path) -> None:
    lay(tmp_path, {"linkstep.toml": "", "secret.py": "x = 1\n"})
    (tmp_path / "secret.py").chmod(0)
    [(path, _, code, _)] = said(run(tmp_path))
    assert (path, code) == ("secret.py", "LS111")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LinkstepError, match="there is no file or directory nowhere"):
        run(tmp_path, "nowhere")


def test_the_order_of_files_on_disk_does_not_matter(tmp_path: Path) -> None:
    files = {
        "linkstep.toml": "",
        "a.py": "from b import *\nfrom c import gone\n",
        "b.py": "from a import x\nfrom c import *\n__all__ = ['q']\n",
        "c.py": "import a, b\nb.missing\nx = 1\n",
    }
    reports = []
    for number, names in enumerate((sorted(files), sorted(files, reverse=True))):
        root = tmp_path / str(number)
        lay(root, {name: files[name] for name in names})
        reports.append(run(root))
    assert reports[0] == reports[1]
    assert reports[0].findings != ()
