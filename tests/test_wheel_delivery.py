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
            "pyproject.toml": '[tool.setuptools]\npackages = ["shop", "other.sub"]\npy-modules = ["conf"]\n'
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
            "pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["src"]\nnamespaces = false\n'
            'exclude = ["shop.api"]\n'
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
            "setup.py": "from setuptools import setup\nsetup(packages=['shop'], py_modules=['conf'])\n"
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
            "pyproject.toml": '[tool.hatch.build.targets.wheel]\nonly-include = ["shop/api", "conf.py"]\n'
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
