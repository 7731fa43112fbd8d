"""Which files setuptools puts into a wheel.

The packages come from `pyproject.toml`, `setup.cfg` or `setup.py`: listed, found, or
discovered. Of each package every `.py` file of its own directory is taken, nothing of
directories below, which are packages of their own.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from linkstep.model.tree import EntryKind
from linkstep.resolve.manifests import Manifest, only_strings
from linkstep.resolve.wheel_rules import TAKEN, UNSURE, Rules, Sources, Verdict

_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
# What discovery takes for no part of the distribution (setuptools documentation, "flat-layout").
_NOT_DISCOVERED = (
    "ci bin doc docs documentation manpages news changelog test tests unit_test unit_tests example "
    "examples scripts tools util utils python build dist venv env requirements tasks fabfile "
    "site_scons benchmark benchmarks exercise exercises"
)
# What puts data files into the file list, and with them modules that no package holds.
_LISTERS = ("setuptools_scm", "setuptools-scm", "setuptools-git", "hatch-vcs", "pbr")


class Search(Struct, frozen=True):
    """The arguments of `find_packages`; `namespaces` for the finder that needs no `__init__.py`.

    `discovered` says that nobody asked for it: then single modules below `src` are taken too.
    """

    where: str = "."
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    namespaces: bool = False
    discovered: bool = False


def setuptools_rules(sources: Sources) -> Rules | None:
    """Give what setuptools takes; None when `setup.py` decides it by code."""
    manifest = sources.manifest
    packages = _packages(sources)
    if packages is None:
        return None
    names, search = packages
    mapping = _package_directories(manifest)
    modules = _modules(manifest)
    if search is not None and search.discovered and search.where != ".":
        mapping = {"": search.where}
        modules = [n.removesuffix(".py") for n in sources.names(search.where, EntryKind.FILE)]
    directories = {_directory(name, mapping) for name in names}
    singles = {f"{posixpath.join(mapping.get('', ''), module)}.py" for module in modules}
    open_ended = _takes_data(sources)

    def verdict(path: str) -> Verdict:
        directory = posixpath.dirname(path)
        if directory in directories or path in singles:
            return TAKEN
        if open_ended and any(directory.startswith(d + "/") for d in directories if d):
            return UNSURE  # as a data file of a package
        return _why(sources, search, directory, names)

    return verdict


def _packages(sources: Sources) -> tuple[set[str], Search | None] | None:
    """Give the packages by name, and the search that found them."""
    manifest = sources.manifest
    declared = manifest.value("tool", "setuptools", "packages")
    if isinstance(declared, list):
        return set(only_strings(declared)), None
    if isinstance(declared, dict):
        return _found(sources, _search_of(declared.get("find", {}), namespaces=True))
    option = manifest.option("options", "packages").strip()
    if option.startswith("find"):
        section = manifest.setup_cfg.get("options.packages.find", {})
        table = {key: value.split() for key, value in section.items()}
        if "where" in table:
            table["where"] = table["where"][:1]
        return _found(sources, _search_of(table, namespaces=option.startswith("find_namespace")))
    if option:
        return {
            line.strip() for line in option.replace(",", "\n").splitlines() if line.strip()
        }, None
    called = manifest.setup_py.get("packages")
    if isinstance(called, list):
        names = only_strings(called)
        return (set(names), None) if len(names) == len(called) else None
    if isinstance(called, tuple) and called[0] in ("find_packages", "find_namespace_packages"):
        search = _search_of_call(called)
        return None if search is None else _found(sources, search)
    if called is not None or "packages" in sources.text("setup.py"):
        return None
    return (
        None if _modules(manifest) and not sources.text("pyproject.toml") else _discovered(sources)
    )


def _search_of(table: Any, *, namespaces: bool) -> Search | None:
    if not isinstance(table, dict):
        return None
    where = table.get("where", ["."])
    places = [where] if isinstance(where, str) else only_strings(where)
    return Search(
        where=places[0] if len(places) == 1 else "",
        include=tuple(only_strings(table.get("include", ["*"]))) or ("*",),
        exclude=tuple(only_strings(table.get("exclude", []))),
        namespaces=bool(table.get("namespaces", namespaces)),
    )


def _search_of_call(called: tuple[str, Sequence[Any], dict[str, Any]]) -> Search | None:
    name, arguments, keywords = called
    given = dict(zip(("where", "exclude", "include"), arguments, strict=False)) | keywords
    if any(value is None for value in given.values()):
        return None
    lists = [given.get(key, []) for key in ("include", "exclude")]
    if not all(isinstance(v, list) and len(only_strings(v)) == len(v) for v in lists):
        return None
    return _search_of(given, namespaces=name == "find_namespace_packages")


def _found(sources: Sources, search: Search | None) -> tuple[set[str], Search | None] | None:
    if search is None or not search.where:
        return None
    return set(_find(sources, search, "")), search


def _find(sources: Sources, search: Search, package: str) -> Iterator[str]:
    """Walk as setuptools' finders do: into what is excluded too, unless all below is."""
    directory = posixpath.join(search.where, package.replace(".", "/"))
    for name in sources.names(directory, EntryKind.DIRECTORY):
        full = f"{package}.{name}" if package else name
        regular = sources.is_file(posixpath.join(directory, name, "__init__.py"))
        if "." in name or not (search.namespaces or regular):
            continue
        if _any(search.include, full) and not _any(search.exclude, full):
            yield full
        if not {f"{full}*", f"{full}.*"} & set(search.exclude):
            yield from _find(sources, search, full)


def _discovered(sources: Sources) -> tuple[set[str], Search | None] | None:
    """Discover packages; None where setuptools would refuse, or takes single modules."""
    if sources.is_directory("src"):
        search = Search("src", namespaces=True, discovered=True)
        return set(_find(sources, search, "")), search
    excluded = tuple(p for name in _NOT_DISCOVERED.split() for p in (name, f"{name}.*"))
    hidden = ("[._]*", "[._]*.*")
    search = Search(exclude=(*excluded, *hidden), namespaces=True, discovered=True)
    names = {
        name for name in _find(sources, search, "") if not _is_cache(name) and _holds(sources, name)
    }
    tops = {name.partition(".")[0] for name in names}
    return (names, search) if len(tops) == 1 else None


def _holds(sources: Sources, package: str) -> bool:
    """Whether a directory has Python at all; caches and data folders do not count as packages."""
    directory = package.replace(".", "/")
    if any(name.endswith(".py") for name in sources.names(directory, EntryKind.FILE)):
        return True
    below = sources.names(directory, EntryKind.DIRECTORY)
    return any(_holds(sources, f"{package}.{name}") for name in below if "." not in name)


def _is_cache(package: str) -> bool:
    return "__pycache__" in package or "node_modules" in package


def _package_directories(manifest: Manifest) -> dict[str, str]:
    for mapping in (
        manifest.table("tool", "setuptools", "package-dir"),
        manifest.setup_py.get("package_dir"),
    ):
        if isinstance(mapping, dict) and mapping:
            return {k: _plain(v) for k, v in mapping.items() if isinstance(v, str)}
    pairs = (line.partition("=") for line in manifest.option("options", "package_dir").splitlines())
    found = {name.strip(): _plain(value.strip()) for name, equals, value in pairs if equals}
    where = manifest.strings("tool", "setuptools", "packages", "find", "where")
    return found or ({"": _plain(where[0])} if where else {})


def _plain(directory: str) -> str:
    path = posixpath.normpath(directory)
    return "" if path == "." else path


def _directory(package: str, mapping: dict[str, str]) -> str:
    """Give the directory of a package, as distutils maps it: by the longest parent named."""
    parts = package.split(".")
    for cut in range(len(parts), 0, -1):
        base = mapping.get(".".join(parts[:cut]))
        if base is not None:
            return posixpath.join(base, *parts[cut:])
    return posixpath.join(mapping.get("", ""), *parts)


def _modules(manifest: Manifest) -> list[str]:
    listed = manifest.strings("tool", "setuptools", "py-modules")
    listed += only_strings(manifest.setup_py.get("py_modules"))
    listed += manifest.option("options", "py_modules").replace(",", " ").split()
    return [name.replace(".", "/") for name in listed]


def _takes_data(sources: Sources) -> bool:
    """Whether files of any kind may be taken as package data."""
    text = "\n".join(sources.text(file) for file in _FILES)
    listed = sources.is_file("MANIFEST.in") or any(name in text for name in _LISTERS)
    return listed or "package_data" in text or "package-data" in text


def _why(sources: Sources, search: Search | None, directory: str, names: set[str]) -> str:
    """Say which setting, or which missing file, leaves the modules of a directory out."""
    if search is None:
        some = ", ".join(sorted(names)[:3]) or "none"
        return f"is not in the wheel: setuptools is told to take the packages {some}"
    inner = posixpath.relpath(directory or ".", search.where)
    if inner.startswith("..") or inner == ".":
        return f"is not in the wheel: it is in no package below {search.where}"
    parts = inner.split("/")
    for depth in range(1, len(parts) + 1):
        place = posixpath.join(search.where, *parts[:depth])
        if not search.namespaces and not sources.is_file(posixpath.join(place, "__init__.py")):
            shown = posixpath.normpath(place)
            return f"is not in the wheel: setuptools finds no __init__.py in {shown}"
        name = ".".join(parts[:depth])
        hit = next((p for p in search.exclude if fnmatch.fnmatchcase(name, p)), None)
        if hit is not None and depth == len(parts):
            place = sources.place(hit, *_FILES)
            return f"is not in the wheel: setuptools leaves `{hit}` out ({place})"
    return "is not in the wheel: setuptools does not find its package"


def _any(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
