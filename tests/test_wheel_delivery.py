"""What a wheel gets of the sources: every verdict is compared with a wheel that is really built."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkstep.resolve.wheel_delivery import wheel_deliveries
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.ignored import last_match
from linkstep.tree.memory import MemoryTree
from repositories import ENVIRON, Checkout, said

BUILD = "import sys, importlib; importlib.import_module(sys.argv[1]).build_wheel(sys.argv[2])"

SHOP = (
    *("shop/__init__.py", "shop/main.py", "shop/api/__init__.py", "shop/api/http.py"),
    *("shop/plain/module.py", "shop/tests/__init__.py", "shop/tests/test_x.py"),
    *("shop/api/deep/er/x.py", "tests/__init__.py", "tests/test_y.py", "conf.py"),
    *("scripts/run.py", "other/__init__.py", "other/sub/__init__.py", "other/sub/y.py"),
)
FLAT = tuple(path for path in SHOP if not path.startswith("other/"))
SRC = tuple(f"src/{path}" if path.startswith(("shop/", "other/")) else path for path in SHOP)

SETUPTOOLS, HATCHLING, POETRY, FLIT, PDM, UV = (
    "setuptools.build_meta",
    "hatchling.build",
    "poetry.core.masonry.api",
    "flit_core.buildapi",
    "pdm.backend",
    "uv_build",
)


def pyproject(backend: str, extra: str = "", name: str = "shop") -> str:
    description = 'description = "d"\n' if backend == FLIT else ""
    return (
        f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\n{description}{extra}'
    )


PROJECTS: dict[str, tuple[str, tuple[str, ...], Mapping[str, str]]] = {
    "setuptools discovers a flat layout": (SETUPTOOLS, FLAT, {}),
    "setuptools discovers src": (SETUPTOOLS, SRC, {}),
    "setuptools lists packages": (
        SETUPTOOLS,
        SHOP,
        {
            "pyproject.toml": "[tool.setuptools]\n"
            'packages = ["shop", "other.sub"]\npy-modules = ["conf"]\n'
        },
    ),
    "setuptools finds with namespaces": (
        SETUPTOOLS,
        SHOP,
        {
            "pyproject.toml": '[tool.setuptools.packages.find]\ninclude = ["shop*"]\n'
            'exclude = ["*.tests", "*.tests.*"]\n'
        },
    ),
    "setuptools finds regular packages": (
        SETUPTOOLS,
        SRC,
        {
            "pyproject.toml": "[tool.setuptools.packages.find]\n"
            'where = ["src"]\nnamespaces = false\nexclude = ["shop.api"]\n'
        },
    ),
    "setuptools maps directories": (
        SETUPTOOLS,
        ("lib/__init__.py", "lib/a.py", "lib/b/__init__.py"),
        {
            "pyproject.toml": '[tool.setuptools]\npackages = ["shop"]\n'
            '[tool.setuptools.package-dir]\nshop = "lib"\n'
        },
    ),
    "setup.cfg finds": (
        SETUPTOOLS,
        SHOP,
        {
            "setup.cfg": "[options]\npackages = find:\n[options.packages.find]\nexclude =\n"
            "    tests*\n    *.tests\n"
        },
    ),
    "setup.py finds": (
        SETUPTOOLS,
        SHOP,
        {
            "setup.py": "from setuptools import find_packages, setup\n"
            "setup(packages=find_packages(exclude=['tests', 'shop.tests*']))\n"
        },
    ),
    "setup.py lists": (
        SETUPTOOLS,
        SHOP,
        {
            "setup.py": "from setuptools import setup\n"
            "setup(packages=['shop'], py_modules=['conf'])\n"
        },
    ),
    "hatchling by name": (HATCHLING, SHOP, {".gitignore": "http.py\n/dist\n"}),
    "hatchling in src": (HATCHLING, SRC, {}),
    "hatchling packages": (
        HATCHLING,
        SRC,
        {
            "pyproject.toml": "[tool.hatch.build.targets.wheel]\n"
            'packages = ["src/shop", "src/other"]\nexclude = ["tests", "src/other/sub/y.py"]\n'
        },
    ),
    "hatchling only-include and force-include": (
        HATCHLING,
        SHOP,
        {
            "pyproject.toml": "[tool.hatch.build.targets.wheel]\n"
            'only-include = ["shop/api", "conf.py"]\n'
            '[tool.hatch.build.targets.wheel.force-include]\n"other/sub" = "extra"\n'
        },
    ),
    "hatchling include and exclude": (
        HATCHLING,
        SHOP,
        {
            "pyproject.toml": '[tool.hatch.build]\ninclude = ["/shop", "other/**/*.py"]\n'
            'exclude = ["**/test_*.py", "!shop/tests/test_x.py"]\n'
        },
    ),
    "poetry by name": (POETRY, SHOP, {}),
    "poetry in src": (POETRY, SRC, {}),
    "poetry packages": (
        POETRY,
        SRC,
        {
            "pyproject.toml": "[tool.poetry]\npackages = [\n"
            '{ include = "shop", from = "src" }, { include = "other/**/*.py", from = "src" }]\n'
            'exclude = ["src/shop/**/test_*.py", "src/other/sub"]\n'
            'include = [{ path = "conf.py", format = ["sdist", "wheel"] }]\n'
        },
    ),
    "flit": (FLIT, SHOP, {}),
    "flit in src": (FLIT, SRC, {}),
    "flit module": (FLIT, SHOP, {"pyproject.toml": '[tool.flit.module]\nname = "other"\n'}),
    "pdm": (PDM, SHOP, {}),
    "pdm in src": (PDM, SRC, {}),
    "pdm includes": (
        PDM,
        SHOP,
        {
            "pyproject.toml": '[tool.pdm.build]\nincludes = ["shop", "conf.py"]\n'
            'excludes = ["shop/**/test_*.py", "shop/plain"]\n'
        },
    ),
    "uv": (UV, SRC, {}),
    "uv flat": (UV, SHOP, {"pyproject.toml": '[tool.uv.build-backend]\nmodule-root = ""\n'}),
    "uv other name": (
        UV,
        SRC,
        {"pyproject.toml": '[tool.uv.build-backend]\nmodule-name = ["shop", "other"]\n'},
    ),
}


def lay(root: Path, backend: str, files: tuple[str, ...], extra: Mapping[str, str]) -> None:
    """Write a project; each file says its own path, so that it is known again in the wheel."""
    contents = {path: f"PATH = {path!r}\n" for path in files}
    contents |= {key: text for key, text in extra.items() if key != "pyproject.toml"}
    contents["pyproject.toml"] = pyproject(backend, extra.get("pyproject.toml", ""))
    for path, text in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def built(root: Path, backend: str, out: Path) -> set[str]:
    """Build the wheel of a project; give the paths of the sources that are in it."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, backend, str(out)],
        env={**ENVIRON, "PATH": f"{Path(sys.executable).parent}:{ENVIRON['PATH']}"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")]
    return {text.partition("'")[2].rpartition("'")[0] for text in texts}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_wheel_has_what_the_rules_say(name: str, tmp_path: Path) -> None:
    backend, files, extra = PROJECTS[name]
    root, out = tmp_path / "project", tmp_path / "out"
    out.mkdir()
    Checkout(root)  # some backends ask git where the project ends
    lay(root, backend, files, extra)
    [delivery] = wheel_deliveries(DirectoryTree(root), last_match)
    verdicts = {path: (delivery.takes(path), delivery.lacks(path)) for path in files}
    assert all(takes is not lacks for takes, lacks in verdicts.values()), verdicts
    got = {path for path, (takes, _) in verdicts.items() if takes}
    assert got == built(root, backend, out)
    assert got
    for path, (_, lacks) in verdicts.items():
        assert bool(delivery.cause(path)) is lacks


UNJUDGED = {
    "no build system": {"pyproject.toml": '[project]\nname = "shop"\n'},
    "setup.py decides": {"setup.py": "from setuptools import setup\nsetup(packages=mine())\n"},
    "setup.py computes": {
        "setup.py": "from setuptools import *\nsetup(packages=find_packages(exclude=OLD))\n"
    },
    "two packages in a flat layout": {"pyproject.toml": pyproject(SETUPTOOLS), "b/__init__.py": ""},
    "a build hook": {"pyproject.toml": pyproject(HATCHLING, "[tool.hatch.build.hooks.custom]\n")},
    "nothing is named like the project": {"pyproject.toml": pyproject(HATCHLING, name="other")},
    "no package mode": {
        "pyproject.toml": pyproject(POETRY, "[tool.poetry]\npackage-mode = false\n")
    },
    "a build script": {"pyproject.toml": pyproject(PDM), "pdm_build.py": ""},
    "a backend of its own": {
        "pyproject.toml": '[build-system]\nbuild-backend = "flit_core.buildapi"\n'
        'backend-path = ["."]\n'
    },
    "an unknown backend": {"pyproject.toml": pyproject("maturin")},
}


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_cannot_be_known_is_not_judged(name: str) -> None:
    tree = MemoryTree({"shop/__init__.py": "", **UNJUDGED[name]})
    assert wheel_deliveries(tree, last_match) == ()


@pytest.mark.parametrize(
    ("extra", "path", "cause"),
    [
        (
            {
                "pyproject.toml": pyproject(
                    HATCHLING, '[tool.hatch.build.targets.wheel]\nexclude = ["data_*"]\n'
                )
            },
            "shop/data_x.py",
            "is not in the wheel: hatchling leaves `data_*` out (pyproject.toml:8)",
        ),
        (
            {"setup.py": "from setuptools import *\nsetup(packages=find_packages())\n"},
            "shop/plugins/csv.py",
            "is not in the wheel: setuptools finds no __init__.py in shop/plugins",
        ),
        (
            {
                "setup.cfg": "[options]\npackages = find:\n[options.packages.find]\n"
                "exclude =\n    shop.old*\n",
                "shop/old/__init__.py": "",
            },
            "shop/old/x.py",
            "is not in the wheel: setuptools leaves `shop.old*` out (setup.cfg:5)",
        ),
        (
            {"pyproject.toml": pyproject(SETUPTOOLS, '[tool.setuptools]\npackages = ["shop"]\n')},
            "shop/api/x.py",
            "is not in the wheel: setuptools is told to take the packages shop",
        ),
    ],
)
def test_the_cause_is_named(extra: dict[str, str], path: str, cause: str) -> None:
    tree = MemoryTree({"shop/__init__.py": "", path: "", **extra})
    [delivery] = wheel_deliveries(tree, last_match)
    assert delivery.cause(path) == cause


def test_data_files_of_a_package_may_be_modules() -> None:
    files = {"shop/__init__.py": "", "shop/templates/x.py": "", "MANIFEST.in": "graft shop\n"}
    setup = {"setup.py": "from setuptools import setup\nsetup(packages=['shop'])\n"}
    [delivery] = wheel_deliveries(MemoryTree(files | setup), last_match)
    path = "shop/templates/x.py"
    assert (delivery.takes(path), delivery.lacks(path)) == (False, False)


def test_a_program_that_an_image_takes_whole_needs_no_wheel(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "project")
    files = {
        "pyproject.toml": pyproject(SETUPTOOLS, '[tool.setuptools]\npackages = ["shop"]\n'),
        "shop/__init__.py": "",
        "shop/main.py": "import conf\n",
        "conf.py": "",
    }
    checkout.commit(files)
    expected = (
        "shop.main imports conf, but conf.py is not in the wheel: "
        "setuptools is told to take the packages shop"
    )
    assert said(checkout.check()) == [("shop/main.py", 1, "LS402", expected)]
    checkout.commit({"Dockerfile": "FROM python:3.12\nCOPY . /srv\n"})
    assert said(checkout.check()) == []
    checkout.commit({"Dockerfile": "FROM python:3.12\nCOPY nowhere /srv\n"})
    assert said(checkout.check()) == []
