"""Where a build backend takes its packages from: the roots that a project declares.

Each backend has its own words for one thing, the directory from which module names are
counted. The readers below give that directory and the setting that named it, both
as in the file, so that a user finds it again.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from linkstep.resolve.manifests import Manifest, only_strings

Root = tuple[str, str]


def declared_roots(manifest: Manifest) -> list[Root]:
    """Give the (directory, why) pairs that a manifest declares, counted from its own place.

    >>> declared_roots(Manifest("", {"tool": {"setuptools": {"package-dir": {"": "src"}}}}))
    [('src', '[tool.setuptools] package-dir')]
    >>> declared_roots(Manifest("", {"tool": {"poetry": {"packages": [
    ...     {"include": "shop", "from": "lib"}]}}}))
    [('lib', '[tool.poetry] packages')]
    >>> declared_roots(Manifest("", setup_py={"packages": ("find_packages", ["src"], {})}))
    [('src', 'setup.py packages')]
    """
    roots: dict[str, str] = {}
    for reader in _READERS:
        for directory, why in reader(manifest):
            path = posixpath.normpath(directory)
            if not path.startswith(("..", "/")):
                roots.setdefault("" if path == "." else path, why)
    return list(roots.items())


def renamed_packages(manifest: Manifest) -> list[str]:
    """Give the packages whose directory has another name: only a build makes them importable."""
    return [
        name
        for name, directory in _package_directories(manifest)
        if name and name.replace(".", "/") != directory[-len(name) :]
    ]


def _package_directories(manifest: Manifest) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for mapping in (
        manifest.table("tool", "setuptools", "package-dir"),
        manifest.setup_py.get("package_dir"),
    ):
        if isinstance(mapping, dict):
            pairs += [(k, v) for k, v in mapping.items() if isinstance(v, str)]
    for line in manifest.option("options", "package_dir").splitlines():
        name, equals, directory = line.partition("=")
        if equals:
            pairs.append((name.strip(), directory.strip()))
    return pairs


def _above(name: str, directory: str) -> str | None:
    """Give the root that makes `directory` importable as `name`."""
    parts = directory.strip("/").split("/")
    wanted = name.split(".")
    if parts[-len(wanted) :] != wanted:
        return None
    return "/".join(parts[: -len(wanted)]) or "."


def _setuptools(manifest: Manifest) -> Iterator[Root]:
    table = manifest.table("tool", "setuptools", "package-dir")
    if table:
        why = "[tool.setuptools] package-dir"
    else:
        why = "setup.py package_dir" if manifest.setup_py else "setup.cfg package_dir"
    for name, directory in _package_directories(manifest):
        root = _above(name, directory) if name else directory
        if root is not None:
            yield root, why
    where = ("tool", "setuptools", "packages", "find", "where")
    for directory in manifest.strings(*where):
        yield directory, "[tool.setuptools.packages.find] where"
    for section in ("options.packages.find", "options.packages.find_namespace:"):
        for directory in manifest.option(section.rstrip(":"), "where").split():
            yield directory, f"setup.cfg [{section.rstrip(':')}] where"
    packages = manifest.setup_py.get("packages")
    if isinstance(packages, tuple) and packages[0] in ("find_packages", "find_namespace_packages"):
        _, arguments, keywords = packages
        for directory in only_strings([*arguments[:1], keywords.get("where")]):
            yield directory, "setup.py packages"


def _hatch(manifest: Manifest) -> Iterator[Root]:
    build = ("tool", "hatch", "build")
    for keys in (build, (*build, "targets", "wheel")):
        where = f"[{'.'.join(keys)}]"
        for directory in manifest.strings(*keys, "dev-mode-dirs"):
            yield directory, f"{where} dev-mode-dirs"
        for package in manifest.strings(*keys, "packages"):
            yield posixpath.dirname(package.strip("/")) or ".", f"{where} packages"
        sources = manifest.value(*keys, "sources")
        if isinstance(sources, dict):
            sources = [source for source, target in sources.items() if target == ""]
        for directory in only_strings(sources):
            yield directory, f"{where} sources"


def _poetry(manifest: Manifest) -> Iterator[Root]:
    packages = manifest.value("tool", "poetry", "packages")
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, dict):
            directory = package.get("from", ".")
            if isinstance(directory, str):
                yield directory, "[tool.poetry] packages"


def _pdm(manifest: Manifest) -> Iterator[Root]:
    for keys in (("tool", "pdm", "build"), ("tool", "pdm")):
        for directory in manifest.strings(*keys, "package-dir"):
            yield directory, f"[{'.'.join(keys)}] package-dir"


def _maturin(manifest: Manifest) -> Iterator[Root]:
    for directory in manifest.strings("tool", "maturin", "python-source"):
        yield directory, "[tool.maturin] python-source"


def _uv(manifest: Manifest) -> Iterator[Root]:
    table = ("tool", "uv", "build-backend")
    if manifest.value("build-system", "build-backend") == "uv_build" or manifest.table(*table):
        for directory in manifest.strings(*table, "module-root") or ["src"]:
            yield directory or ".", "[tool.uv.build-backend] module-root"


def _scikit_build(manifest: Manifest) -> Iterator[Root]:
    packages = manifest.value("tool", "scikit-build", "wheel", "packages")
    if isinstance(packages, dict):
        packages = list(packages.values())
    for package in only_strings(packages):
        yield posixpath.dirname(package.strip("/")) or ".", "[tool.scikit-build] wheel.packages"


_READERS: tuple[Callable[[Manifest], Iterator[Root]], ...] = (
    _setuptools,
    _hatch,
    _poetry,
    _pdm,
    _maturin,
    _uv,
    _scikit_build,
)
