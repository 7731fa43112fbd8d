"""The code that is checked: distributions of the index, unpacked side by side."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

HERE = Path(__file__).parent


class Edit(Struct, frozen=True):
    """A further edit, by what it is: `find` becomes `put` in a file, or that is appended."""

    what: str
    path: str
    put: str
    find: str = ""


class Corpus(Struct, frozen=True):
    """Code by the distributions it is of, and where it is edited; `is_hook` asks for the hook,
    after `further` edits too.
    """

    name: str
    distributions: list[str]
    edited: str
    removed: str
    is_hook: bool = False
    further: list[Edit] = []


def corpora() -> list[Corpus]:
    """Give all corpora, the smallest first."""
    table = tomllib.loads((HERE / "corpora.toml").read_text())
    return msgspec.convert(table["corpus"], list[Corpus])


def unpack(corpus: Corpus, work: Path) -> Path:
    """Give the directory of a corpus; what is not there yet is fetched with pip."""
    place = work / "corpora" / corpus.name
    if place.is_dir():
        return place
    wheels = work / "wheels"
    coming = place.with_suffix(".coming")
    shutil.rmtree(coming, ignore_errors=True)
    for requirement in corpus.distributions:
        with zipfile.ZipFile(_downloaded(requirement, wheels)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py")]
            archive.extractall(coming, [name for name in names if ".data/" not in name])
    coming.rename(place)
    return place


def _downloaded(requirement: str, wheels: Path) -> Path:
    name = requirement.replace("==", "-")
    found = list(wheels.glob(f"{name}-*.whl"))
    if not found:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        fetch = [*pip, "download", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
        subprocess.run([*fetch, requirement], check=True)
        found = list(wheels.glob(f"{name}-*.whl"))
    return found[0]


def lines_in(place: Path) -> tuple[int, int]:
    """Give the number of Python files and of their lines."""
    texts = [path.read_bytes() for path in _files(place)]
    return len(texts), sum(text.count(b"\n") for text in texts)


def multiplied(place: Path, times: int, work: Path) -> Path:
    """Give a directory with the same code several times, each with names of its own."""
    directory = work / "corpora" / f"{place.name}-times-{times}"
    tops = [entry.name for entry in place.iterdir() if entry.is_dir()]
    word = re.compile(rb"\b(%s)\b" % b"|".join(top.encode() for top in tops))
    if not directory.is_dir():
        coming = directory.with_suffix(".coming")
        shutil.rmtree(coming, ignore_errors=True)
        for number in range(times):
            for path in _files(place):
                top, *rest = path.relative_to(place).parts
                copy = coming / f"{top}{number}" / Path(*rest)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(word.sub(rb"\g<1>%d" % number, path.read_bytes()))
        coming.rename(directory)
    return directory


def _files(place: Path) -> Iterator[Path]:
    return (path for path in sorted(place.rglob("*.py")) if path.is_file())
