"""What an image starts, with which Python, on which path: each trap is one small image."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from binaries import AARCH64, elf
from layers import LIBRARY, LOADER, PYTHON, SH, Content, Member, docker_archive, layer
from linkstep.cli.main import main

SITE = f"{LIBRARY}/site-packages"
VENV = "opt/venv/lib/python3.11/site-packages"
APP: dict[str, Content] = {
    "srv/shop/__init__.py": "",
    "srv/shop/main.py": "import json\nfrom shop.db import connect\n\ndef app(): ...\n",
    "srv/shop/db.py": "def connect(): ...\n",
}
RUN = ["python", "-m", "shop.main"]
CONSOLE_SCRIPT = "#!/usr/local/bin/python\nimport sys\nfrom {} import {}\nsys.exit({}())\n"
VENV_FILES: dict[str, Content] = {
    "opt/venv/pyvenv.cfg": "home = /usr/local/bin\nversion = 3.11.4\n",
    "opt/venv/bin/python": "-> /usr/local/bin/python3",
    "opt/venv/bin/uvicorn": "#!/opt/venv/bin/python\nfrom uvicorn.main import main\nmain()\n",
    f"{VENV}/uvicorn/__init__.py": "",
    f"{VENV}/uvicorn/main.py": "def main(): ...\n",
}


class Image:
    """An image in the making, and what `linkstep image` says about it."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._path = tmp_path / "image.tar"
        self._capsys = capsys

    def check(
        self,
        files: Mapping[str, Content],
        *options: str,
        upper: Mapping[str, Content] | None = None,
        members: list[Member] | None = None,
        base: Mapping[str, Content] = PYTHON,
        **process: Any,
    ) -> tuple[int, list[str]]:
        """Give the exit code and what was said, without the lines of the summary."""
        layers = [layer({"etc/": "", **base, **files})]
        layers += [layer(upper)] if upper is not None else []
        layers += [layer(members)] if members is not None else []
        docker_archive(self._path, layers, **{"Cmd": RUN, **process})
        code = main(["image", str(self._path), "--quiet", "--format", "concise", *options])
        said = self._capsys.readouterr()
        return code, said.out.splitlines() + said.err.splitlines()


@pytest.fixture
def image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Image:
    return Image(tmp_path, capsys)


CLEAN: tuple[int, list[str]] = (0, [])


def missing(name: str, place: str = "shop/main.py:1:8") -> tuple[int, list[str]]:
    return 1, [f"{place}: LS101 No module named '{name}'"]


def test_a_good_image_is_clean(image: Image) -> None:
    assert image.check(APP) == CLEAN


# The command


@pytest.mark.parametrize(
    ("process", "code"),
    [
        ({"Cmd": ["python", "shop/main.py"]}, 1),  # sys.path[0] is /srv/shop
        ({"Cmd": ["python", "/srv/run.py"]}, 0),
        ({"Cmd": ["python", "-c", "from shop.main import app"]}, 0),
        ({"Cmd": ["python", "-m", "shop.main"], "WorkingDir": "/"}, 1),
        ({"Cmd": ["python", "-m", "shop.main"], "WorkingDir": "/", "Env": ["PYTHONPATH=srv"]}, 0),
        ({"Entrypoint": ["python"], "Cmd": ["-m", "shop.main"]}, 0),
        ({"Entrypoint": ["/usr/local/bin/python3.11", "-u", "-m", "shop.main"], "Cmd": None}, 0),
    ],
)
def test_what_comes_first_on_the_path_decides(
    image: Image, process: dict[str, Any], code: int
) -> None:
    files = {**APP, "srv/run.py": "import shop.main\n"}
    assert image.check(files, **process)[0] == code


def test_a_script_sees_its_own_directory_not_the_working_directory(image: Image) -> None:
    assert image.check(APP, Cmd=["python", "shop/main.py"]) == (
        1,
        ["shop/main.py:2:6: LS101 No module named 'shop'"],
    )


def test_shell_form_with_variables(image: Image) -> None:
    command = "exec ${RUNNER:-python} -m $MODULE --port ${PORT}"
    process = {"Cmd": ["/bin/sh", "-c", command], "Env": ["MODULE=shop.main"]}
    assert image.check({**SH, **APP}, **process) == CLEAN
    process["Env"] = ["MODULE=shop.mian"]
    assert image.check({**SH, **APP}, **process)[0] == 1


ENTRYPOINT = '#!/bin/sh\nset -e\ncd /srv\nexport PYTHONPATH=/srv/lib\nexec "$@"\n'


def test_a_wrapper_script_is_read(image: Image) -> None:
    files = {**SH, **APP, "srv/lib/extra.py": "", "entrypoint.sh": ENTRYPOINT}
    files["srv/shop/main.py"] = "import extra, shop.db, shop.none\n"
    process = {"Entrypoint": ["/entrypoint.sh"], "WorkingDir": "/"}
    assert image.check(files, **process) == missing("shop.none", "shop/main.py:1:24")


def test_wrappers_are_followed(image: Image) -> None:
    tini: dict[str, Content] = {"usr/bin/tini": elf(interpreter=LOADER)}
    assert image.check({**APP, **tini}, Entrypoint=["tini", "--"]) == CLEAN
    assert image.check(APP, Entrypoint=["tini", "--"]) == (
        1,
        [
            "image configuration:1:1: LS405 `tini -- python -m shop.main` cannot start: "
            "the program is not on PATH"
        ],
    )


def test_a_command_that_is_only_known_at_run_time_is_not_judged(image: Image) -> None:
    code, said = image.check({**SH, **APP}, Cmd=["sh", "-c", "exec $SERVER"])
    assert code == 2
    assert said[0].startswith("linkstep: error: the command of the image cannot be followed: ")
    assert said[-1].startswith("  hint:  name what it starts: --entry app.main:app")
    assert image.check({**SH, **APP}, "--entry", "shop.main", Cmd=["sh", "-c", "$X"]) == CLEAN


def test_a_command_without_python_is_not_judged(image: Image) -> None:
    files: dict[str, Content] = {**APP, "usr/bin/nginx": elf(interpreter=LOADER)}
    code, said = image.check(files, Cmd=["nginx", "-g", "daemon off;"])
    assert (code, said[0]) == (
        2,
        "linkstep: error: the command of the image starts no Python that could be followed",
    )


def test_an_image_without_python_is_not_judged(image: Image) -> None:
    code, said = image.check(APP, "--entry", "shop.main", base={})
    assert (code, said[0]) == (
        2,
        "linkstep: error: the image has no Python that its command could start",
    )
    code, said = image.check(APP, Cmd=None)
    assert (code, said[0]) == (2, "linkstep: error: the image has neither Entrypoint nor Cmd")


def test_an_entry_that_is_named_replaces_the_command(image: Image) -> None:
    assert image.check(APP, "--entry", "shop.main:app", Cmd=["nothing"]) == CLEAN
    code, said = image.check(APP, "--entry", "shop.main:nope", Cmd=["nothing"])
    assert (code, [line.partition(": ")[2][:5] for line in said]) == (1, ["LS202"])


# LS405: the program


def start_failure(image: Image, files: Mapping[str, Content], **process: Any) -> str:
    code, said = image.check(files, **process)
    [line] = said
    assert code == 1
    return line


def test_the_program_is_not_on_path(image: Image) -> None:
    line = start_failure(image, APP, Cmd=["uvicorn", "shop.main:app"])
    assert line == (
        "image configuration:1:1: LS405 `uvicorn shop.main:app` cannot start: "
        "the program is not on PATH"
    )


def test_an_empty_entrypoint(image: Image) -> None:
    line = start_failure(image, APP, Entrypoint=[""], Cmd=None)
    assert line.endswith("LS405 `''` cannot start: its first word is empty")


def test_a_virtual_environment_whose_python_was_not_copied(image: Image) -> None:
    files = {**APP, **VENV_FILES, "opt/venv/bin/python": "-> /root/.local/share/uv/python3.11"}
    path = "PATH=/opt/venv/bin"
    line = start_failure(image, files, Env=[path])
    assert line == (
        "/opt/venv/bin/python:1:1: LS405 `python -m shop.main` cannot start: "
        "the program is a link that leads nowhere"
    )
    line = start_failure(image, files, Env=[path], Cmd=["uvicorn", "shop.main:app"])
    assert line == (
        "/opt/venv/bin/uvicorn:1:1: LS405 `uvicorn shop.main:app` cannot start: "
        "the interpreter in the program's first line is not in the image"
    )


def test_a_link_across_layers_is_whole(image: Image) -> None:
    upper = {**VENV_FILES, **APP}
    process = {"Cmd": ["uvicorn", "shop.main:app"], "Env": ["PATH=/opt/venv/bin:/bin"]}
    assert image.check({}, upper=upper, **process) == CLEAN


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("#!/bin/bash\nexec python -m shop.main\n", "the interpreter in the program's first line"),
        ("#!/bin/sh\r\nexec python -m shop.main\r\n", "the interpreter in the program's first l"),
        ("#!/usr/bin/env python4\n", "the interpreter in the program's first line"),
        ("exec python -m shop.main\n", "the program is neither compiled nor has it a first line"),
    ],
)
def test_scripts_that_cannot_start(image: Image, script: str, problem: str) -> None:
    env: dict[str, Content] = {"usr/bin/env": elf(interpreter=LOADER)}
    files = {**SH, **env, **APP, "run.sh": script}
    assert problem in start_failure(image, files, Entrypoint=["/run.sh"], Cmd=None)


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (Member("run", "#!/bin/sh\n", mode=0o644), "the image's user may not execute the program"),
        (Member("run", elf(interpreter="/lib/ld-musl-x86_64.so.1"), mode=0o755), "another C lib"),
        (Member("run", elf(machine=AARCH64), mode=0o755), "built for another machine"),
        (Member("run", elf(["libx.so.1"]), mode=0o755), "needs a shared library that the image"),
        (Member("run/x", "", mode=0o755), "the program is a directory"),
        (Member("walk", "", mode=0o755), "the program is not in the image"),
    ],
)
def test_programs_that_cannot_start(image: Image, member: Member, problem: str) -> None:
    code, said = image.check({**SH, **APP}, members=[member], Entrypoint=["/run"])
    assert code == 1
    assert problem in said[0]


def test_a_merged_usr_that_a_layer_clobbered(image: Image) -> None:
    base = {key.replace("lib64/", "usr/lib64/"): text for key, text in PYTHON.items()}
    base["lib64"] = "-> usr/lib64"
    assert image.check(APP, base=base) == CLEAN
    line = start_failure(image, APP, base=base, upper={"lib64/": "", "lib64/x.so": ""})
    assert line.endswith("cannot start: the program was built for another C library")


# The interpreter and its path


def test_virtual_environments_and_their_base(image: Image) -> None:
    files = {**APP, **VENV_FILES, f"{VENV}/six.py": "", f"{SITE}/base_only.py": ""}
    files["srv/shop/main.py"] = "import six, base_only\n"
    env = ["PATH=/opt/venv/bin:/usr/local/bin"]
    assert image.check(files, Env=env) == missing("base_only", "shop/main.py:1:13")
    files["opt/venv/pyvenv.cfg"] = (
        "home = /usr/local/bin\ninclude-system-site-packages = true\nversion = 3.11.4\n"
    )
    assert image.check(files, Env=env) == CLEAN
    # VIRTUAL_ENV alone starts no other Python.
    env = ["VIRTUAL_ENV=/opt/venv", "PATH=/usr/local/bin"]
    assert image.check(files, Env=env) == missing("six")


def test_the_standard_library_is_the_one_in_the_image(image: Image) -> None:
    files = {**APP, "srv/shop/main.py": "import os, json, math, itertools, sqlite3\n"}
    assert image.check(files) == missing("sqlite3", "shop/main.py:1:35")


def test_what_is_compiled_in_is_told_by_the_interpreter(image: Image) -> None:
    files = {**APP, "srv/shop/main.py": "import _sqlite3, itertools\n"}
    assert image.check(files) == missing("_sqlite3")
    files["usr/local/bin/python3.11"] = elf(
        ["libpython3.11.so.1.0"], interpreter=LOADER, runpath="$ORIGIN/../lib"
    )
    names = ["_sqlite3", *(f"_m{n}" for n in range(10)), "itertools"]
    files["usr/local/lib/libpython3.11.so.1.0"] = elf(modules=names)
    assert image.check(files) == CLEAN


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fast.cpython-311-x86_64-linux-gnu.so", 0),
        ("fast.abi3.so", 0),
        ("fast.so", 0),
        ("fast.cpython-312-x86_64-linux-gnu.so", 1),
        ("fast.cpython-311-x86_64-linux-musl.so", 1),
        ("fast.cpython-311-aarch64-linux-gnu.so", 1),
        ("fast.pyc", 0),
        ("__pycache__/fast.cpython-311.pyc", 1),
    ],
)
def test_which_files_the_interpreter_takes_for_a_module(image: Image, name: str, code: int) -> None:
    files = {**APP, f"{SITE}/{name}": elf(), "srv/shop/main.py": "import fast\n"}
    assert image.check(files) == (missing("fast") if code else CLEAN)


def test_packages_of_another_minor_version_do_not_count(image: Image) -> None:
    files = {**APP, "usr/local/lib/python3.12/site-packages/six.py": ""}
    files["srv/shop/main.py"] = "import six\n"
    assert image.check(files) == missing("six")


def test_a_namespace_package_over_two_entries_of_the_path(image: Image) -> None:
    files = {**APP, f"{SITE}/ns/one.py": "", "srv/ns/two.py": ""}
    files["srv/shop/main.py"] = "import ns.one, ns.two, ns.three\n"
    assert image.check(files) == missing("ns.three", "shop/main.py:1:24")


def test_an_editable_install_of_a_path_that_was_not_copied(image: Image) -> None:
    files = {**APP, f"{SITE}/__editable__.lib.pth": "/build/lib/src\n"}
    files["srv/shop/main.py"] = "import lib\n"
    assert image.check(files) == missing("lib")
    files["build/lib/src/lib.py"] = ""
    assert image.check(files) == CLEAN


def test_debian_keeps_packages_in_dist_packages(image: Image) -> None:
    base = {key.replace("usr/local/", "usr/"): text for key, text in PYTHON.items()}
    base["usr/lib/python3/dist-packages/six.py"] = ""
    base["usr/local/lib/python3.11/dist-packages/more.py"] = ""
    files = {**APP, "srv/shop/main.py": "import six, more\n"}
    assert image.check(files, base=base) == CLEAN


def test_packages_of_a_user_belong_to_that_user(image: Image) -> None:
    passwd = "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n"
    files = {**APP, "etc/passwd": passwd, "srv/shop/main.py": "import six\n"}
    files["root/.local/lib/python3.11/site-packages/six.py"] = ""
    assert image.check(files) == CLEAN
    assert image.check(files, User="app") == missing("six")


def test_a_module_that_the_user_may_not_read(image: Image) -> None:
    closed = [Member("srv/shop/db.py", "def connect(): ...\n", mode=0o000)]
    assert image.check(APP, members=closed) == CLEAN
    code, said = image.check(APP, members=closed, User="1000")
    assert code == 1
    assert said[0].startswith("shop/db.py:1:1: LS111 ")


def test_an_installed_application(image: Image) -> None:
    script = CONSOLE_SCRIPT.format("shop.main", "app", "app")
    files: dict[str, Content] = {"usr/local/bin/shop": script, f"{SITE}/six.py": "import nothing\n"}
    files |= {path.replace("srv/", f"{SITE}/"): text for path, text in APP.items()}
    assert image.check(files, Cmd=["shop"], WorkingDir="/") == CLEAN
    files[f"{SITE}/shop/main.py"] = "from shop.db import conect\ndef app(): ...\n"
    assert image.check(files, Cmd=["shop"], WorkingDir="/") == (
        1,
        ["shop/main.py:1:21: LS102 cannot import name 'conect' from 'shop.db'"],
    )


def test_a_console_script_does_not_see_the_working_directory(image: Image) -> None:
    files = {**APP, "usr/local/bin/shop": CONSOLE_SCRIPT.format("shop.main", "app", "app")}
    code, said = image.check(files, Cmd=["shop"])
    assert (code, said[0].partition(": ")[2][:5]) == (1, "LS202")


def zipped(files: Mapping[str, Content], shebang: str = "") -> bytes:
    """Give an archive of files behind a first line, as zipapp, pex and shiv write it."""
    buffer = io.BytesIO(shebang.encode())
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ARCHIVED: dict[str, Content] = {
    "shop/__init__.py": "",
    "shop/main.py": "import six, nothing\nfrom shop.db import x\n",
    "shop/db.py": "",
}
NOT_IN_ARCHIVE = (
    1,
    [
        "shop/main.py:1:13: LS101 No module named 'nothing'",
        "shop/main.py:2:21: LS102 cannot import name 'x' from 'shop.db'",
    ],
)


def test_a_zipapp(image: Image) -> None:
    files = {"__main__.py": "import shop.main\n", "six.py": "", **ARCHIVED}
    archive = {"srv/app.pyz": zipped(files)}
    assert image.check(archive, Cmd=["python", "app.pyz"]) == NOT_IN_ARCHIVE


def test_a_pex_file(image: Image) -> None:
    files: dict[str, Content] = {
        "__main__.py": "from pex.pex_bootstrapper import bootstrap_pex\n",
        "PEX-INFO": '{"entry_point": "shop.main", "distributions": {}}',
        ".bootstrap/pex/pex_bootstrapper.py": "",
        ".deps/six-1.0-py3-none-any.whl/six.py": "",
    }
    wheel = ".deps/shop-1.0-py3-none-any.whl"
    files |= {f"{wheel}/{name}": text for name, text in ARCHIVED.items()}
    pex = {"bin/shop": zipped(files, "#!/usr/local/bin/python3.11\n")}
    assert image.check(pex, Cmd=["/bin/shop"], WorkingDir="/") == NOT_IN_ARCHIVE


def test_a_shiv_file(image: Image) -> None:
    files: dict[str, Content] = {
        "__main__.py": "import _bootstrap\n_bootstrap.bootstrap()\n",
        "_bootstrap/__init__.py": "",
        "environment.json": '{"entry_point": "shop.main:x"}',
        "site-packages/six.py": "",
    }
    files |= {f"site-packages/{name}": text for name, text in ARCHIVED.items()}
    shiv = {"srv/shop": zipped(files, "#!/usr/bin/env python\n")}
    assert image.check(shiv, Cmd=["python", "shop"]) == NOT_IN_ARCHIVE


def test_a_package_that_is_a_link(image: Image) -> None:
    files = {**APP, "srv/libs/common/__init__.py": "x = 1\n", "srv/common": "-> libs/common"}
    files["srv/shop/main.py"] = "from common import x, y\n"
    assert image.check(files) == (
        1,
        ["shop/main.py:1:23: LS102 cannot import name 'y' from 'common'"],
    )


def test_a_minimal_library(image: Image) -> None:
    base = {name: text for name, text in PYTHON.items() if "json" not in name}
    assert image.check(APP, base=base) == missing("json")


# LS406: shared libraries


DRIVER = f"{SITE}/driver/_driver.cpython-311-x86_64-linux-gnu.so"
LIBRARY_FILES: dict[str, Content] = {
    f"{SITE}/driver/__init__.py": "from driver.api import connect\n",
    f"{SITE}/driver/api.py": "from driver._driver import connect\n",
    DRIVER: elf(["libpq.so.5"]),
}
LACKS = "LS406 importing 'driver._driver' needs libpq.so.5, which the image lacks"


def test_a_library_that_an_import_needs(image: Image) -> None:
    files = {**APP, **LIBRARY_FILES, "srv/shop/db.py": "import driver\ndef connect(): ...\n"}
    assert image.check(files) == (1, [f"shop/db.py:1:8: {LACKS}"])
    files["usr/lib/x86_64-linux-gnu/libpq.so.5"] = elf()
    assert image.check(files) == CLEAN
    files["usr/lib/x86_64-linux-gnu/libpq.so.5"] = elf(["libldap.so.2"])
    assert image.check(files) == (
        1,
        [
            "shop/db.py:1:8: LS406 importing 'driver._driver' needs libldap.so.2, "
            "which the image lacks"
        ],
    )


@pytest.mark.parametrize(
    "found_by",
    [
        {DRIVER: elf(["libpq.so.5"], runpath="$ORIGIN/../libs"), f"{SITE}/libs/libpq.so.5": elf()},
        {DRIVER: elf(["libpq.so.5"], rpath="/opt/pg/lib"), "opt/pg/lib/libpq.so.5": elf()},
        {"etc/ld.so.conf": "include conf.d/*.conf\n", "etc/conf.d/a.conf": "/opt/pg\n"}
        | {"opt/pg/libpq.so.5": elf()},
        {f"{SITE}/driver.libs/libpq.so.5": elf()},
    ],
    ids=["RUNPATH", "RPATH", "ld.so.conf", "loaded by the package itself"],
)
def test_a_library_is_found_as_the_loader_finds_it(
    image: Image, found_by: dict[str, Content]
) -> None:
    files = {**APP, **LIBRARY_FILES, "srv/shop/db.py": "import driver\ndef connect(): ...\n"}
    assert image.check({**files, **found_by}) == CLEAN


def test_ld_library_path_and_machines(image: Image) -> None:
    files = {**APP, **LIBRARY_FILES, "srv/shop/db.py": "import driver\ndef connect(): ...\n"}
    files["opt/pg/libpq.so.5"] = elf()
    assert image.check(files, Env=["LD_LIBRARY_PATH=/opt/pg"]) == CLEAN
    files["opt/pg/libpq.so.5"] = elf(machine=AARCH64)
    assert image.check(files, Env=["LD_LIBRARY_PATH=/opt/pg"])[0] == 1


def test_a_library_that_nothing_needs_for_certain(image: Image) -> None:
    files = {**APP, **LIBRARY_FILES}
    assert image.check(files) == CLEAN
    files["srv/shop/db.py"] = (
        "try:\n    import driver\nexcept ImportError:\n    driver = None\ndef connect(): ...\n"
    )
    assert image.check(files) == CLEAN
    files["srv/shop/db.py"] = "import driver\ndef connect(): ...\n"
    files[f"{SITE}/driver/api.py"] = (
        "try:\n    from driver._driver import connect\nexcept ImportError:\n    connect = None\n"
    )
    assert image.check(files) == CLEAN


# Layers, sources


def test_the_report_names_the_layer(image: Image) -> None:
    upper: dict[str, Content] = {"srv/shop/.wh.db.py": ""}
    code, said = image.check(APP, "--format", "full", upper=upper)
    assert code == 1
    assert [line.strip() for line in said if "layer" in line] == [
        "layer:   layer 1/2 `COPY part1 /` had /srv/shop/db.py",
        "layer 2/2 `COPY part2 /` removed /srv/shop/db.py",
    ]


def test_the_image_is_compared_with_the_sources(image: Image, tmp_path: Path) -> None:
    sources = tmp_path / "checkout" / "src" / "shop"
    sources.mkdir(parents=True)
    (sources / "__init__.py").touch()
    (sources / "db.py").write_text("def connect(): ...\ndef close(): ...\n")
    (sources / "main.py").write_bytes(str(APP["srv/shop/main.py"]).replace("\n", "\r\n").encode())
    (sources / "extra.py").touch()
    files = {**APP, "srv/shop/web.py": "import shop.extra\n"}
    options = ("--tree", str(tmp_path / "checkout"))
    assert image.check(files, *options) == (
        1,
        [
            "shop/db.py:1:1: LS404 'shop.db' in the image is not the module of the source tree",
            "shop/web.py:1:8: LS101 No module named 'shop.extra'",
            "shop/web.py:1:8: LS404 'shop.extra' in the image is not the module of the source tree",
        ],
    )


def test_tests_that_nothing_reaches_are_left_out(image: Image) -> None:
    files = {**APP, "srv/tests/test_shop.py": "import pytest\n", "srv/tool.py": "import pytest\n"}
    assert image.check(files) == missing("pytest", "tool.py:1:8")


def test_explain(image: Image) -> None:
    files = {**SH, **APP, **VENV_FILES, "entrypoint.sh": ENTRYPOINT}
    process = {"Entrypoint": ["/entrypoint.sh"], "Cmd": ["uvicorn", "shop.main:app"]}
    env = ["PATH=/opt/venv/bin:/bin"]
    code, said = image.check(files, "--explain", Env=env, **process)
    assert code == 0
    assert said[1:] == [
        "platform: linux/amd64",
        "working directory: /srv",
        "user: root",
        "command: /entrypoint.sh uvicorn shop.main:app (Entrypoint and Cmd of the image)",
        "  /entrypoint.sh uvicorn shop.main:app: /entrypoint.sh",
        "  uvicorn shop.main:app: /opt/venv/bin/uvicorn",
        "entry points:",
        "  shop.main:app (entrypoint.sh, Entrypoint and Cmd of the image)",
        "application: /srv",
        "target: Python 3.11 on linux (the interpreter /opt/venv/bin/python)",
        "interpreter: /opt/venv/bin/python -> /usr/local/bin/python3.11",
        "sys.path:",
        "  /srv (the command: uvicorn)",
        "  /usr/local/lib/python3.11 (standard library: /opt/venv/bin/python)",
        "  /usr/local/lib/python3.11/lib-dynload (standard library: /opt/venv/bin/python)",
        "  /opt/venv/lib/python3.11/site-packages (site-packages: /opt/venv/bin/python)",
        "built-in modules: 31, from the interpreter's symbols",
        "layers: 1, 22 entries",
        said[-1],
    ]
