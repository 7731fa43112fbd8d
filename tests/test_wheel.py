"""The wheel: what is in it, and that it works where nothing else of the project is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from linkstep import __version__
from test_example import EXAMPLE, FINDING

ROOT = Path(__file__).parents[1]
PAGE = ("page.html", "map.html", "page.css", "page.js")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with no environment variable that could lead back to the checkout."""
    return subprocess.run(
        command, cwd=cwd, env={}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without asking an index."""
    place = tmp_path_factory.mktemp("dist")
    options = ["--wheel", "--no-isolation", "--outdir", place]
    done = run(sys.executable, "-m", "build", *options, ROOT, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = place.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; dependencies are borrowed from this one."""
    place = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    python = place / "bin" / "python"
    install = ["install", "--no-deps", "--no-index", "--quiet", wheel]
    done = run(sys.executable, "-m", "pip", "--python", python, *install, cwd=place)
    assert done.returncode == 0, done.stderr
    # Path lines of a .pth file are not searched for .pth files, so the editable install
    # of the checkout stays out of reach.
    (site,) = place.glob("lib/python*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("".join(f"{path}\n" for path in sorted(borrowed)))
    return place


def test_its_only_top_level_name_is_linkstep(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"linkstep", f"linkstep-{__version__}.dist-info"}
    assert len(names) == len(set(names))


def test_it_holds_every_module_of_the_checkout(wheel: Path) -> None:
    modules = (ROOT / "analyzer" / "linkstep").rglob("*.py")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    assert inside == {path.relative_to(ROOT / "analyzer").as_posix() for path in modules}


def test_it_holds_the_rules_the_schemas_and_the_page(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    pages = {
        name.rpartition("/")[2]: archive.read(name)
        for name in archive.namelist()
        if name.startswith("linkstep/rules/")
    }
    assert pages == {path.name: path.read_bytes() for path in (ROOT / "rules").iterdir()}
    report = ROOT / "analyzer/linkstep/report"
    for name in (
        "schema.json",
        "health_schema.json",
        "why_schema.json",
        *(f"page/{part}" for part in PAGE),
    ):
        assert archive.read(f"linkstep/report/{name}") == (report / name).read_bytes()


def test_it_is_what_runs_in_its_environment(environment: Path, tmp_path: Path) -> None:
    program = "import linkstep; print(linkstep.__file__)"
    done = run(environment / "bin" / "python", "-c", program, cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(environment), done.stderr


def test_the_commands_work_there(environment: Path, tmp_path: Path) -> None:
    linkstep = environment / "bin" / "linkstep"
    version = run(linkstep, "--version", cwd=tmp_path)
    assert (version.stdout, version.stderr) == (f"linkstep {__version__}\n", "")
    rules = run(linkstep, "rules", cwd=tmp_path)
    assert (rules.returncode, rules.stderr) == (0, "")
    assert rules.stdout == run(sys.executable, "-m", "linkstep", "rules", cwd=tmp_path).stdout
    page = run(linkstep, "rule", "LS102", cwd=tmp_path)
    assert page.stdout.startswith("# LS102 undefined-name\n")


def test_the_example_is_checked_there(environment: Path, tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__")
    example = Path(shutil.copytree(EXAMPLE, tmp_path / "chat-backend", ignore=ignore))
    done = run(environment / "bin" / "linkstep", "check", cwd=example)
    said = re.sub(r"\(\d+\.\d\d s\)$", "(TIME)", done.stdout, flags=re.MULTILINE)
    assert (done.returncode, said, done.stderr) == (1, FINDING, "")
