"""`linkstep upgrade`: two states linked, and the difference told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wheels import install, write_wheel


def upgrade(tree: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linkstep", "upgrade", "--python", "env", *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environ},
    )


def broken(tree: Path, *arguments: str) -> list[tuple[str, int, str, str]]:
    """Give place, code and exception or message of what an upgrade breaks."""
    done = upgrade(tree, *arguments, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    return sorted(
        (one["path"], one["line"], one["code"], one["exception"] or one["message"])
        for one in json.loads(done.stdout)["findings"]
    )


def write(tree: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with an environment of flask 2.2 and what it needs, in small."""
    old = write_wheel(
        tmp_path,
        "flask",
        "2.2.5",
        {
            "flask/__init__.py": "from markupsafe import Markup\nfrom .app import Flask\n",
            "flask/app.py": "from werkzeug.urls import url_quote\nclass Flask: ...\n",
        },
        "Requires-Dist: werkzeug<3\nRequires-Dist: markupsafe\n",
    )
    werkzeug = write_wheel(
        tmp_path,
        "werkzeug",
        "2.3.8",
        {"werkzeug/__init__.py": "", "werkzeug/urls.py": "def url_quote(text): ...\n"},
    )
    markupsafe = write_wheel(
        tmp_path,
        "markupsafe",
        "2.1.5",
        {"markupsafe/__init__.py": "class Markup(str): ...\ndef escape(text): ...\n"},
    )
    install(tmp_path / "env", old, werkzeug, markupsafe)
    write(
        tmp_path,
        {
            "requirements.txt": "flask>=2,<3\n",
            "app/__init__.py": "",
            "app/main.py": "from flask import Flask, Markup\n\napp = Flask()\n",
        },
    )
    return tmp_path


def test_a_name_that_moved_is_told_with_its_new_home(shop: Path) -> None:
    write_wheel(
        shop,
        "flask",
        "3.0.0",
        {"flask/__init__.py": "from .app import Flask\n", "flask/app.py": "class Flask: ...\n"},
        "Requires-Dist: markupsafe\n",
    )
    done = upgrade(shop, "flask-3.0.0-py3-none-any.whl")
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.splitlines()[:-2] == [
        "app/main.py:1:26: error[LS102] cannot import name 'Markup' from 'flask'",
        "  1 | from flask import Flask, Markup",
        "    |                          ^^^^^^",
        "  found:   site-packages/flask/__init__.py binds Flask",
        "  effect:  fails when app.main is imported",
        "  help:    markupsafe defines Markup",
        "",
        "requirements.txt:1:1: error[LS307] requirements.txt asks for flask<3,>=2, and the "
        "environment has 3.0.0",
        "  1 | flask>=2,<3",
        "    | ^",
        "  help:    install versions that fit, or change what is asked for",
        "",
    ]
    assert done.stdout.splitlines()[-1] == "note: flask 2.2.5 -> 3.0.0"


def test_other_distributions_break_too(shop: Path) -> None:
    write_wheel(
        shop,
        "werkzeug",
        "3.0.1",
        {"werkzeug/__init__.py": "", "werkzeug/urls.py": "def iri_to_uri(text): ...\n"},
    )
    assert broken(shop, "werkzeug-3.0.1-py3-none-any.whl") == [
        (
            "site-packages/flask-2.2.5.dist-info/METADATA",
            4,
            "LS307",
            "flask 2.2.5 asks for werkzeug<3, and the environment has 3.0.1",
        ),
        (
            "site-packages/flask/app.py",
            1,
            "LS102",
            "ImportError: cannot import name 'url_quote' from 'werkzeug.urls'",
        ),
    ]


def test_two_at_once_may_fit_where_one_does_not(shop: Path) -> None:
    write_wheel(shop, "werkzeug", "3.0.1", {"werkzeug/__init__.py": "", "werkzeug/urls.py": ""})
    write_wheel(
        shop,
        "flask",
        "2.9.0",
        {
            "flask/__init__.py": "from markupsafe import Markup\nclass Flask: ...\n",
        },
        "Requires-Dist: werkzeug>=3\nRequires-Dist: markupsafe\n",
    )
    wheels = ("werkzeug-3.0.1-py3-none-any.whl", "flask-2.9.0-py3-none-any.whl")
    assert broken(shop, *wheels) == []
    assert broken(shop, wheels[1]) == [
        (
            "site-packages/flask-2.9.0.dist-info/METADATA",
            4,
            "LS307",
            "flask 2.9.0 asks for werkzeug>=3, and the environment has 2.3.8",
        )
    ]


def test_a_name_that_getattr_refuses(tmp_path: Path) -> None:
    old = {"settings/__init__.py": "class Base: ...\nclass Moved: ...\n"}
    new = {
        "settings/__init__.py": (
            "from ._moved import getattr_of\n_table = {'Base': '.base'}\n"
            "_other = getattr_of(__name__)\n"
            "def __getattr__(name):\n"
            "    place = _table.get(name)\n"
            "    if place is None:\n        return _other(name)\n"
            "    return load(place, name)\n"
        ),
        "settings/_moved.py": (
            "class Gone(ImportError): ...\n"
            "def getattr_of(module):\n"
            "    def wrapper(name):\n"
            "        if f'{module}:{name}' == 'settings:Moved':\n"
            "            raise Gone(f'`{name}` has moved to settings-more {version()}')\n"
            "        return globals()[name]\n"
            "    return wrapper\n"
        ),
    }
    install(tmp_path / "env", write_wheel(tmp_path, "settings", "1.0", old))
    wheel = write_wheel(tmp_path, "settings", "2.0", new)
    write(tmp_path, {"app.py": "from settings import Base, Moved, Unknown\n"})
    assert broken(tmp_path, wheel.name) == [
        ("app.py", 1, "LS102", "Gone: `Moved` has moved to settings-more ...")
    ]


def test_a_module_that_is_gone_and_a_python_that_is_too_old(tmp_path: Path) -> None:
    old = {"pkg_resources/__init__.py": "", "setuptools/__init__.py": "def setup(): ...\n"}
    install(tmp_path / "env", write_wheel(tmp_path, "setuptools", "80.0", old))
    new = {"setuptools/__init__.py": "def setup(): ...\n"}
    wheel = write_wheel(tmp_path, "setuptools", "84.0", new, "Requires-Python: >=3.12\n")
    write(
        tmp_path,
        {
            "app.py": (
                "def version():\n    import pkg_resources\n    return pkg_resources.require('x')\n"
                "try:\n    import pkg_resources as found\nexcept ImportError:\n    found = None\n"
            )
        },
    )
    assert broken(tmp_path, wheel.name) == [
        ("app.py", 2, "LS101", "ModuleNotFoundError: No module named 'pkg_resources'"),
        (
            "site-packages/setuptools-84.0.dist-info/METADATA",
            4,
            "LS307",
            "setuptools 84.0 asks for Python >=3.12, and the environment has Python 3.11",
        ),
    ]


def test_what_links_the_same_is_said_so(shop: Path) -> None:
    same = {"markupsafe/__init__.py": "class Markup(str): ...\ndef escape(text): ...\n"}
    write_wheel(shop, "markupsafe", "2.2.0", same)
    done = upgrade(shop, "markupsafe-2.2.0-py3-none-any.whl")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no findings in 2 files: ")
    assert done.stdout.endswith("note: markupsafe 2.1.5 -> 2.2.0\n")


NO_INDEX = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": "/dev/null"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("flask-9-py3-none-any.whl",), "there is no file flask-9-py3-none-any.whl"),
        (("broken-1.0-py3-none-any.whl",), "cannot read the archive"),
        (("requirements.txt",), "the file is not named as a wheel"),
        (("not a requirement",), "'not a requirement' is neither DIST==VERSION nor a wheel"),
        (("numpy==2.0",), "numpy is not installed, so numpy==2.0 upgrades nothing"),
        (("flask==3.0.0",), "cannot get flask==3.0.0: the index cannot be reached"),
        ((), "name distributions, or ask for --outdated"),
        (("--outdated", "flask==3.0.0"), "name distributions, or ask for --outdated"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_error(
    shop: Path, arguments: tuple[str, ...], message: str
) -> None:
    write_wheel(shop, "broken", "0.1", {"broken.py": ""})
    install(shop / "env", shop / "broken-0.1-py3-none-any.whl")
    (shop / "broken-1.0-py3-none-any.whl").write_text("not a zip")
    done = upgrade(shop, *arguments, **NO_INDEX)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"linkstep: error: {message}"


def test_an_environment_is_needed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "linkstep", "upgrade", "flask==3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    what = "an upgrade is compared with what is installed, and there is no environment"
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, f"linkstep: error: {what}")


def from_wheels(shop: Path) -> dict[str, str]:
    """Give the environment variables that make pip take wheels from a directory alone."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(shop / "index"),
        "PIP_CONFIG_FILE": "/dev/null",
    }


def test_wheels_come_from_the_configured_index_with_what_they_need(shop: Path) -> None:
    index = shop / "index"
    index.mkdir()
    code = {"flask/__init__.py": "from blinker import signal\nfrom .app import Flask, Markup\n"}
    code["flask/app.py"] = "class Flask: ...\nclass Markup: ...\n"
    write_wheel(index, "flask", "2.9", code, "Requires-Dist: blinker\n")
    write_wheel(index, "blinker", "1.8", {"blinker/__init__.py": "def signal(): ...\n"})
    done = upgrade(shop, "flask==2.9", **from_wheels(shop))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "note: flask 2.2.5 -> 2.9, bringing blinker 1.8"
    done = upgrade(shop, "flask==8", **from_wheels(shop))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        "linkstep: error: the index has no wheel of flask==8 for Python 3.11 on linux"
    )


def test_outdated_tries_each_direct_dependency(shop: Path) -> None:
    index = shop / "index"
    index.mkdir()
    write_wheel(index, "flask", "3.0", {"flask/__init__.py": "class Flask: ...\n"})
    write_wheel(index, "markupsafe", "2.1.5", {"markupsafe/__init__.py": ""})
    write_wheel(index, "werkzeug", "2.4", {"werkzeug/urls.py": "def url_quote(text): ...\n"})
    write(shop, {"requirements.txt": "flask\nwerkzeug\nmarkupsafe\n"})
    done = upgrade(shop, "--outdated", **from_wheels(shop))
    assert (done.returncode, done.stderr) == (1, "")
    assert [line for line in done.stdout.splitlines() if line.startswith("note: ")] == [
        "note: flask 2.2.5 -> 3.0: breaks 1",
        "note: werkzeug 2.3.8 -> 2.4: safe to take, links the same",
        "note: 1 of 3 distributions are up to date",
    ]
