"""Which installed packages may fail to import, told without reading their modules.

Following what every installed module imports would mean to read most of an environment.
Few can fail: those that lack a shared library or a distribution that they require, those
that require one of these, and the library where files of it were removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from linkstep.model.environment import Environment
from linkstep.model.image import ImageFiles
from linkstep.model.target import Target
from linkstep.resolve import stdlib
from linkstep.resolve.distributions import find_distributions, requirements, top_level_names
from linkstep.resolve.listing import Listings

# Modules that images leave out, or that need another platform: their absence means nothing.
_OFTEN_LEFT_OUT = frozenset(
    {"antigravity", "curses", "dbm", "distutils", "ensurepip", "idlelib", "lib2to3", "msilib"}
    | {"nturl2path", "pydoc_data", "this", "tkinter", "turtle", "turtledemo", "venv", "xxlimited"}
    | {"_msi", "_osx_support", "_bootsubprocess", "_compat_pickle", "lzma", "bz2", "nis", "spwd"}
    | {"__main__", "_crypt", "_curses", "_curses_panel", "_dbm", "_gdbm", "_tkinter"}
    | {"ossaudiodev", "winsound", "msvcrt", "winreg", "sqlite3", "readline", "test", "crypt"}
)


def find_suspects(
    files: ImageFiles, environment: Environment, unloadable: Iterable[str]
) -> frozenset[str]:
    """Give the top-level names whose import may raise; the others are left to themselves.

    `unloadable` are the paths of compiled modules that lack a shared library.
    """
    places = tuple(entry.directory for entry in environment.site)
    installed = find_distributions(files, places)
    names = {name: top_level_names(files, one) for name, one in installed.items()}
    whole = {name for name, one in installed.items() if names[name] <= _there(files, one.site)}
    broken = {
        path[len(place) + 1 :].partition("/")[0].partition(".")[0]
        for path in unloadable
        for place in places
        if path.startswith(f"{place}/")
    }
    needs = {
        name: {
            canonicalize_name(requirement.name)
            for requirement in requirements(files, one)
            if _applies(requirement, environment)
        }
        for name, one in installed.items()
    }
    affected = {
        name
        for name, needed in needs.items()
        if not needed <= whole or not names[name].isdisjoint(broken)
    }
    while further := {n for n, needed in needs.items() if needed & affected} - affected:
        affected |= further
    return frozenset(broken).union(
        *(names[name] for name in affected), _of_library(files, environment, unloadable)
    )


def _there(files: ImageFiles, directory: str) -> frozenset[str]:
    """Give the names that a directory has, without suffixes."""
    return frozenset(name.partition(".")[0] for name in files.entries(directory))


def _applies(requirement: Requirement, environment: Environment) -> bool:
    """Say whether a requirement holds for this interpreter, without any extra."""
    if requirement.marker is None:
        return True
    major, minor = environment.version or (3, 11)
    target: Mapping[str, str] = {
        "python_version": f"{major}.{minor}",
        "python_full_version": f"{major}.{minor}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    return requirement.marker.evaluate(dict(target))


def _of_library(
    files: ImageFiles, environment: Environment, unloadable: Iterable[str]
) -> frozenset[str]:
    """Give all names of the standard library when a part of it is gone or cannot be loaded."""
    directories = tuple(entry.directory for entry in environment.stdlib)
    version = environment.version
    if version is None or not environment.stdlib_exact or environment.built_in is None:
        return frozenset()
    listings = Listings(files, {version}, environment.extension_platform)
    there = set(environment.built_in)
    for directory in directories:
        listing = listings.of(directory)
        there |= listing.modules.keys() | listing.directories
    broken = any(path.startswith(f"{place}/") for path in unloadable for place in directories)
    missing = stdlib.names_of(Target(version)) - there - _OFTEN_LEFT_OUT
    return frozenset(there) if broken or missing else frozenset()
