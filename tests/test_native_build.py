"""How the native reader gets into wheels and checkouts, and what they are without cargo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from linkstep import __version__
from test_native import NAME, SAY

ROOT = Path(__file__).parents[1]
PURE = f"linkstep-{__version__}-py3-none-any.whl"

posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for cargo")


def build(
    hook: str, tree: Path, place: Path, **variables: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Build as an installer does; give the process, and the names of the wheels."""
    program = f"import hatchling.build, sys; hatchling.build.{hook}(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", program, str(place)],
        cwd=tree,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done, sorted(path.name for path in place.glob("*.whl"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a build needs, in a directory of its own."""
    place = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "native-reader.*", "target")
    for name in ("analyzer", "rules", "native"):
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, place / name)
    return place


def cargo(tmp_path: Path, script: str) -> str:
    """Give a PATH whose cargo is a shell script."""
    program = tmp_path / "bin/cargo"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def building(tmp_path: Path) -> str:
    """Give a PATH whose cargo builds a library of six bytes."""
    library = tmp_path / f"built{Path(NAME).suffix}"
    library.write_bytes(b"native")
    message = {"reason": "compiler-artifact", "filenames": [str(library)]}
    return cargo(tmp_path, f"echo '{json.dumps(message)}'")


@posix
def test_a_wheel_with_the_library_is_for_its_platform(checkout: Path, tmp_path: Path) -> None:
    (checkout / "analyzer/linkstep/index" / NAME).write_text("one of other sources")
    path = building(tmp_path)
    done, [name] = build("build_wheel", checkout, tmp_path / "dist", PATH=path)
    assert done.returncode == 0, done.stderr
    assert name.startswith(f"linkstep-{__version__}-py3-none-")
    assert not name.endswith("-any.whl")
    wheel = zipfile.ZipFile(tmp_path / "dist" / name)
    assert wheel.read(f"linkstep/index/{NAME}") == b"native"
    said = wheel.read(f"linkstep-{__version__}.dist-info/WHEEL").decode().splitlines()
    assert "Root-Is-Purelib: false" in said
    tag = name.removesuffix(".whl").removeprefix(f"linkstep-{__version__}-")
    assert f"Tag: {tag}" in said


@posix
@pytest.mark.parametrize("script", ["exit 1", "exit 0"])
def test_where_nothing_is_built_the_wheel_is_pure(
    checkout: Path, tmp_path: Path, script: str
) -> None:
    (checkout / "analyzer/linkstep/index" / NAME).write_text("one of other sources")
    path = cargo(tmp_path, script)
    done, names = build("build_wheel", checkout, tmp_path / "dist", PATH=path)
    assert (done.returncode, names) == (0, [PURE])
    assert "linkstep is built without its native reader: " in done.stderr + done.stdout
    members = zipfile.ZipFile(tmp_path / "dist" / PURE).namelist()
    assert [member for member in members if "native-reader" in member] == []
    variables = {"PATH": path, "LINKSTEP_NATIVE": "require"}
    done, names = build("build_wheel", checkout, tmp_path / "required", **variables)
    assert (done.returncode, names) == (1, [])


@posix
def test_it_is_not_built_when_it_is_switched_off(checkout: Path, tmp_path: Path) -> None:
    variables = {"PATH": building(tmp_path), "LINKSTEP_NATIVE": "0"}
    done, names = build("build_wheel", checkout, tmp_path / "dist", **variables)
    assert (done.returncode, names, done.stderr) == (0, [PURE], "")


@posix
def test_an_editable_installation_has_it_in_the_checkout(checkout: Path, tmp_path: Path) -> None:
    pytest.importorskip("editables")
    library = checkout / "analyzer/linkstep/index" / NAME
    variables = {"PATH": building(tmp_path)}
    done, names = build("build_editable", checkout, tmp_path / "dist", **variables)
    assert (done.returncode, names) == (0, [PURE])
    assert library.read_bytes() == b"native"
    # What other sources gave does not stay when these give nothing.
    variables["LINKSTEP_NATIVE"] = "0"
    build("build_editable", checkout, tmp_path / "dist", **variables)
    assert not library.exists()


@pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no cargo")
def test_what_cargo_builds_is_loaded(tmp_path: Path) -> None:
    done, [name] = build("build_wheel", ROOT, tmp_path / "dist", LINKSTEP_NATIVE="require")
    assert done.returncode == 0, done.stderr
    zipfile.ZipFile(tmp_path / "dist" / name).extractall(tmp_path / "site")
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", SAY],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "LINKSTEP_NATIVE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    place = tmp_path / "site/linkstep/index/native.py"
    assert (loaded.stdout, loaded.stderr) == (f"{place} True\n", "")


def test_the_sources_are_in_the_sdist(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    program = "import hatchling.build, sys; print(hatchling.build.build_sdist(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path / "dist")]
    subprocess.run(command, cwd=checkout, check=True, timeout=120, capture_output=True)
    [archive] = (tmp_path / "dist").iterdir()
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    [tree] = (tmp_path / "unpacked").iterdir()
    files = [path for path in (ROOT / "native").rglob("*") if path.suffix in (".rs", ".toml")]
    expected = {path.relative_to(ROOT) for path in files if "target" not in path.parts}
    assert expected <= {path.relative_to(tree) for path in tree.rglob("*")}
    assert (tree / "hatch_build.py").is_file()
