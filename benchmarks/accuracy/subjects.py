"""The code that is measured: a distribution's own files, copied to a project of their own.

The copy stands first on the path, as a checkout of the distribution would. Everything else,
compiled modules of it included, is found as in production.
"""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

from benchmarks.accuracy.catalogue import Distribution, normal
from benchmarks.accuracy.environments import STAMP, site_packages

REPOSITORY = Path(__file__).parents[2]

# Names are counted from the top of the copy, whatever its directories look like.
CONFIGURATION = 'roots = ["."]\n'


def copy_distribution(distribution: Distribution, environment: Path, target: Path) -> Path:
    """Copy what the distribution installed, as its RECORD lists it; give the new directory."""
    shutil.rmtree(target, ignore_errors=True)
    if distribution.source:
        return Path(shutil.copytree(REPOSITORY / distribution.source, target))
    site = site_packages(environment)
    for path in recorded(site, distribution):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / path, place)
    (target / "linkstep.toml").write_text(CONFIGURATION)
    return target


def recorded(site: Path, distribution: Distribution) -> list[str]:
    """Give the installed files of a distribution that can be imported or read by its code."""
    if distribution.source:
        return []
    wanted = normal(distribution.name)
    record = next(
        found / "RECORD"
        for found in site.glob("*.dist-info")
        if normal(found.name.partition("-")[0]) == wanted
    )
    with record.open(encoding="utf-8", newline="") as file:
        paths = [row[0] for row in csv.reader(file) if row]
    return [path for path in paths if is_code(path) and (site / path).is_file()]


def is_code(path: str) -> bool:
    """Say whether a recorded file belongs to the packages.

    >>> [is_code(path) for path in ("shop/db.py", "../../bin/shop", "shop-1.dist-info/RECORD")]
    [True, False, False]
    """
    top, _, rest = path.partition("/")
    return (
        not path.startswith(("..", "/"))
        and not top.endswith((".dist-info", ".pth"))
        and "__pycache__" not in rest
    )


def module_name(path: str) -> str:
    """Give the module that a file of a copy is imported as.

    >>> module_name("shop/db/__init__.py"), module_name("shop/db/session.py")
    ('shop.db', 'shop.db.session')
    """
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def source_files(project: Path) -> list[str]:
    """Give the Python files of a copy that have a name to be imported by, sorted."""
    paths = (path.relative_to(project) for path in project.rglob("*.py"))
    return sorted(
        path.as_posix()
        for path in paths
        if all(part.isidentifier() for part in path.with_suffix("").parts)
    )


def environment_without(distribution: Distribution, environment: Path, target: Path) -> Path:
    """Give an environment that has everything but the code of one distribution.

    Its code is in the project, as in a checkout: what is removed from there must not be
    found again in site-packages. The metadata stays. All of it is links.
    """
    made_of = environment / STAMP
    stamp = made_of.read_text() if made_of.is_file() else ""
    if (target / STAMP).is_file() and (target / STAMP).read_text() == stamp:
        return target
    made = target.with_name(f"{target.name}.{os.getpid()}")
    site = site_packages(environment)
    place = made / site.relative_to(environment)
    place.mkdir(parents=True)
    (made / "bin").mkdir()
    (made / "bin" / "python").symlink_to(environment / "bin" / "python")
    shutil.copyfile(environment / "pyvenv.cfg", made / "pyvenv.cfg")
    own = {site / path for path in recorded(site, distribution)}
    holding = {parent for path in own for parent in path.parents}
    link_all_but(own, holding, site, place)
    (made / STAMP).write_text(stamp)
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)
    return target


def link_all_but(own: set[Path], holding: set[Path], source: Path, target: Path) -> None:
    """Link the entries of a directory, and go into those that hold some of `own`."""
    for entry in source.iterdir():
        if entry in holding:
            below = target / entry.name
            below.mkdir()
            link_all_but(own, holding, entry, below)
            if not any(below.iterdir()):
                below.rmdir()
        elif entry not in own and entry.name != "__pycache__":
            (target / entry.name).symlink_to(entry)
