"""The roots: the project's own directories from which module names are counted.

A declared root counts for every file and comes before the standard library, as the
working directory and `PYTHONPATH` do. An implied root is where a part of the tree is
probably started from (an image's working directory, a folder of packages); it is asked
only for a name that is found nowhere else, so that its `types.py` shadows nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from linkstep.errors import LinkstepError
from linkstep.model.environment import Origin, PathEntry
from linkstep.model.settings import ResolveSettings
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.build_backend import declared_roots
from linkstep.resolve.dockerfile import Dockerfile
from linkstep.resolve.manifests import Manifest, only_strings, read_ini
from linkstep.resolve.paths import from_root, holds_python, is_directory, is_file, join, read_text

# Folders that hold packages for somebody else to look at, or to be tested with.
_NOT_STARTED_FROM = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "fixtures"}
    | {"vendor", "third_party", "node_modules", "build", "dist"}
)


def find_roots(
    tree: Tree, settings: ResolveSettings, manifests: Iterable[Manifest]
) -> tuple[PathEntry, ...]:
    """Give the declared roots, in the order in which they are searched.

    From configuration, and then no others; else from the build files of the project and
    of its workspace members, pytest's `pythonpath`, `PYTHONPATH`, `src/`, and last the
    project root, which is the working directory of `python -m` and of pytest.

    Raises LinkstepError when configuration names a directory that is not there.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"src/shop/__init__.py": "", "tests/pytest.ini": ""})
    >>> [(e.directory, e.why) for e in find_roots(tree, ResolveSettings("/w"), [])]
    [('src', 'layout: src/ holds Python'), ('', 'the project root')]
    """
    if settings.roots is not None:
        return _configured(tree, settings.roots)
    found: dict[str, str] = {}
    by_place = {manifest.directory: manifest for manifest in manifests}
    own = by_place.get("", Manifest(""))
    for manifest in (own, *_members(own, by_place)):
        for directory, why in declared_roots(manifest):
            root = join(manifest.directory, directory)
            place = posixpath.join(manifest.directory, "pyproject.toml")
            found.setdefault(root, f"{why} in {place}" if manifest.directory else why)
        source = join(manifest.directory, "src")
        if _is_source_folder(tree, source):
            found.setdefault(source, f"layout: {source}/ holds Python")
        if manifest.directory:
            found.setdefault(manifest.directory, "a member of the workspace")
    for directory in _pytest_path(tree, own):
        found.setdefault(directory, "pytest pythonpath")
    for entry in settings.environ.get("PYTHONPATH", "").split(":"):
        root = from_root(join(settings.project_root, entry), settings.project_root)
        if entry and not root.startswith("/"):
            found.setdefault(root, "PYTHONPATH")
    found.pop("", None)
    found[""] = "the project root"
    return tuple(
        PathEntry(directory, Origin.FIRST_PARTY, why)
        for directory, why in found.items()
        if is_directory(tree, directory)
    )


def find_implied_roots(
    tree: Tree, roots: Iterable[PathEntry], dockerfiles: Iterable[Dockerfile]
) -> tuple[PathEntry, ...]:
    """Give the directories that are probably on the path of some program of the tree.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"backend/shop/__init__.py": "", "tests/fake/__init__.py": ""})
    >>> [(e.directory, e.why) for e in find_implied_roots(tree, [], [])]
    [('backend', 'layout: backend/ holds packages')]
    """
    found: dict[str, str] = {}
    for dockerfile in dockerfiles:
        for root in dockerfile.roots:
            found.setdefault(root, f"on the path in the image of {dockerfile.path}")
    for name, kind in sorted(tree.entries("").items()):
        if kind is EntryKind.DIRECTORY and _holds_packages(tree, name):
            found.setdefault(name, f"layout: {name}/ holds packages")
    declared = {entry.directory for entry in roots}
    return tuple(
        PathEntry(directory, Origin.FIRST_PARTY, why)
        for directory, why in found.items()
        if directory not in declared
    )


def project_name(manifest: Manifest) -> str | None:
    """Give the project's own distribution name, as its build files write it."""
    names = (
        manifest.value("project", "name"),
        manifest.value("tool", "poetry", "name"),
        manifest.option("metadata", "name"),
        manifest.setup_py.get("name"),
    )
    return next((name for name in names if isinstance(name, str) and name), None)


def _configured(tree: Tree, roots: tuple[str, ...]) -> tuple[PathEntry, ...]:
    entries: dict[str, PathEntry] = {}
    for root in roots:
        directory = join("", root)
        if not is_directory(tree, directory):
            raise LinkstepError(
                f"the root '{root}' is not a directory",
                where="roots",
                hint="roots are counted from the project root",
            )
        entries.setdefault(directory, PathEntry(directory, Origin.FIRST_PARTY, "configuration"))
    return tuple(entries.values())


def _members(own: Manifest, by_place: dict[str, Manifest]) -> list[Manifest]:
    """Give the workspace members and path dependencies: all are installed side by side."""
    patterns = own.strings("tool", "uv", "workspace", "members")
    excluded = own.strings("tool", "uv", "workspace", "exclude")
    sources = [
        *own.table("tool", "uv", "sources").values(),
        *own.table("tool", "poetry", "dependencies").values(),
        *own.table("tool", "poetry", "group", "dev", "dependencies").values(),
    ]
    paths = [source.get("path") for source in sources if isinstance(source, dict)]
    patterns += [posixpath.normpath(path) for path in only_strings(paths)]
    return [
        manifest
        for place, manifest in sorted(by_place.items())
        if place
        and any(_matches(place, pattern) for pattern in patterns)
        and not any(_matches(place, pattern) for pattern in excluded)
    ]


def _matches(place: str, pattern: str) -> bool:
    parts, wanted = place.split("/"), pattern.strip("/").removeprefix("./").split("/")
    if "**" in wanted:
        cut = wanted.index("**")
        return parts[:cut] == wanted[:cut]
    return len(parts) == len(wanted) and all(
        _matches_part(part, one) for part, one in zip(parts, wanted, strict=True)
    )


def _matches_part(part: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    return part == pattern if not star else part.startswith(head) and part.endswith(tail)


def _pytest_path(tree: Tree, own: Manifest) -> list[str]:
    """Read `pythonpath` where pytest does: the first file that configures it (pytest docs)."""
    configured: list[str] = []
    for file, section in (("pytest.ini", "pytest"), (".pytest.ini", "pytest")):
        if is_file(tree, file):
            options = read_ini(read_text(tree, file) or "").get(section, {})
            return [join("", path) for path in options.get("pythonpath", "").split()]
    for keys in (("tool", "pytest", "ini_options"), ("tool", "pytest")):
        for paths in own.strings(*keys, "pythonpath"):
            configured += paths.split()
    tox = read_ini(read_text(tree, "tox.ini") or "") if is_file(tree, "tox.ini") else {}
    configured = configured or tox.get("pytest", {}).get("pythonpath", "").split()
    configured = configured or own.option("tool:pytest", "pythonpath").split()
    return [join("", path) for path in configured]


def _is_source_folder(tree: Tree, directory: str) -> bool:
    """Say whether `src` holds modules and is no package itself."""
    entries = tree.entries(directory)
    if "__init__.py" in entries or not entries:
        return False
    return any(
        name.endswith(".py")
        if kind is EntryKind.FILE
        else name.isidentifier() and holds_python(tree, posixpath.join(directory, name))
        for name, kind in entries.items()
    )


def _holds_packages(tree: Tree, directory: str) -> bool:
    entries = tree.entries(directory)
    if directory in _NOT_STARTED_FROM or directory.startswith(".") or "__init__.py" in entries:
        return False
    if not holds_python(tree, directory):
        return False
    return any(
        kind is EntryKind.DIRECTORY
        and name.isidentifier()
        and "__init__.py" in tree.entries(posixpath.join(directory, name))
        for name, kind in entries.items()
    )
