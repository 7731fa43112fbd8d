"""Every declaration of a tree: which files are read, and which of them count for what."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from linkstep.model.declarations import Declaration, Declarations, Kind
from linkstep.model.target import Target
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.declarations.kinds import KindPatterns
from linkstep.resolve.declarations.lock_files import find_locks, read_lock
from linkstep.resolve.declarations.other_files import read_pipfile
from linkstep.resolve.declarations.poetry_tables import read_poetry
from linkstep.resolve.declarations.pyproject_tables import local_sources, read_project_tables
from linkstep.resolve.declarations.recorder import Recorder
from linkstep.resolve.declarations.requirements_files import RequirementsFiles, is_compiled
from linkstep.resolve.declarations.setuptools_files import read_setup_cfg, read_setup_py
from linkstep.resolve.manifests import Manifest, only_strings
from linkstep.resolve.paths import join, read_text

_FOLDERS = ("requirements", "reqs", "deps", "requires")
_NOT_JUDGED = frozenset({"tests", "test", "examples", "example", "docs", "doc", "fixtures"})


def read_declarations(
    tree: Tree,
    manifests: Sequence[Manifest],
    directories: Iterable[str],
    target: Target,
    patterns: KindPatterns,
    *,
    with_locks: bool,
) -> Declarations:
    """Give everything that the files in some directories of a tree declare.

    `with_locks` reads lock files too; they are refused if their format is not known. Raises
    LinkstepError for files and groups that include themselves.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"requirements.txt": "six", "requirements-dev.txt": "pytest\\n-r x.txt"})
    >>> found = read_declarations(tree, [], [""], Target((3, 11)), KindPatterns(), with_locks=False)
    >>> [(one.name, one.kind.value, one.path) for one in found.declared]
    [('pytest', 'development', 'requirements-dev.txt'), ('six', 'production', 'requirements.txt')]
    """
    reading = _Reading(tree, target, patterns)
    for manifest in manifests:
        reading.manifest(manifest)
    places = sorted(set(directories))
    for directory in places:
        reading.pipfile(directory)
    reading.requirements(places)
    declared = tuple(dict.fromkeys((*reading.found, *reading.files.found)))
    own = frozenset(reading.own)
    unclear = tuple(reading.unclear)
    if not with_locks:
        return Declarations(declared, unclear, own, _places(declared, reading.members))
    locks = find_locks(tree, ("",))
    locked = dict(reading.compiled)
    for path in locks:
        locked |= read_lock(tree, path)
    places_judged = _places(declared, reading.members)
    return Declarations(declared, unclear, own, places_judged, locked, locks)


class _Reading:
    """What has been found so far, and in which words."""

    def __init__(self, tree: Tree, target: Target, patterns: KindPatterns) -> None:
        self.files = RequirementsFiles(tree, target, patterns)
        self.found: list[Declaration] = []
        self.unclear: list[tuple[str, str]] = []
        self.own: set[str] = set()
        self.members: set[str] = set()
        self.compiled: dict[str, str] = {}
        self._tree = tree
        self._target = target
        self._patterns = patterns

    def manifest(self, manifest: Manifest) -> None:
        """Read the build files of one directory."""
        self._pyproject(manifest)
        cfg = self._recorder(manifest, "setup.cfg")
        for name in read_setup_cfg(manifest, cfg, self._patterns):
            self.files.read(join(manifest.directory, name), Kind.PRODUCTION)
        self.found += cfg.found
        setup = self._recorder(manifest, "setup.py")
        source = read_text(self._tree, setup.path) or ""
        listed = read_setup_py(self._tree, manifest, source, setup, self._patterns)
        for path in listed.files:
            self.files.read(path)
        if listed.unclear:
            self.unclear.append((setup.path, listed.unclear))
        self.found += setup.found
        names = (
            manifest.value("project", "name"),
            manifest.value("tool", "poetry", "name"),
            manifest.option("metadata", "name"),
            manifest.setup_py.get("name"),
            *local_sources(manifest),
        )
        self.own.update(canonicalize_name(name) for name in only_strings(names) if name)
        if manifest.strings("tool", "uv", "workspace", "members"):
            self.members.add(manifest.directory)

    def pipfile(self, directory: str) -> None:
        """Read the `Pipfile` of a directory."""
        if self._tree.entries(directory).get("Pipfile") is EntryKind.FILE:
            path = posixpath.join(directory, "Pipfile")
            text = read_text(self._tree, path) or ""
            recorder = Recorder(path, text, self._target)
            read_pipfile(text, recorder, self._patterns)
            self.found += recorder.found

    def requirements(self, directories: Iterable[str]) -> None:
        """Read the requirements files; what a tool compiled is a lock, if others declare."""
        paths = [path for place in directories for path in self._requirement_files(place)]
        compiled = []
        for path in dict.fromkeys(paths):
            stem = posixpath.splitext(path)[0]
            if path.endswith(".txt") and (
                f"{stem}.in" in paths or is_compiled(read_text(self._tree, path) or "")
            ):
                compiled.append(path)
            else:
                self.files.read(path)
        declared = any(one.kind is Kind.PRODUCTION for one in (*self.found, *self.files.found))
        for path in compiled:
            if not declared:
                self.files.read(path)
                continue
            locked = RequirementsFiles(self._tree, self._target, self._patterns)
            locked.read(path)
            for one in locked.found:
                self.compiled.setdefault(one.name, one.specifier.removeprefix("=="))

    def _requirement_files(self, directory: str) -> list[str]:
        found = []
        for place in (directory, *(posixpath.join(directory, name) for name in _FOLDERS)):
            inside = posixpath.basename(place) in _FOLDERS
            entries = self._tree.entries(place)
            for name in sorted(name for name in entries if name.endswith((".txt", ".in"))):
                named = inside or "requirements" in name or name.startswith("reqs")
                if named and "constraint" not in name and entries[name] is EntryKind.FILE:
                    found.append(posixpath.join(place, name))
        return found

    def _recorder(self, manifest: Manifest, name: str) -> Recorder:
        path = posixpath.join(manifest.directory, name)
        text = ""
        if self._tree.entries(manifest.directory).get(name) is EntryKind.FILE:
            text = read_text(self._tree, path) or ""
        return Recorder(path, text, self._target)

    def _pyproject(self, manifest: Manifest) -> None:
        recorder = self._recorder(manifest, "pyproject.toml")
        if manifest.pyproject and "pyproject.toml" not in self._tree.entries(manifest.directory):
            listed = self._tree.entries(manifest.directory)  # the metadata of a wheel
            info = next((name for name in listed if name.endswith(".dist-info")), "")
            recorder = self._recorder(Manifest(info), "METADATA")
        read_project_tables(manifest, recorder, self._patterns)
        read_poetry(manifest, recorder, self._patterns)
        self.found += recorder.found
        dynamic = set(manifest.strings("project", "dynamic"))
        if "dependencies" not in dynamic:
            return
        files = [
            *manifest.strings("tool", "setuptools", "dynamic", "dependencies", "file"),
            *manifest.strings("tool", "hatch", "metadata", "hooks", "requirements_txt", "files"),
        ]
        for name in files:
            self.files.read(join(manifest.directory, name), Kind.PRODUCTION)
        elsewhere = manifest.setup_py or manifest.option("options", "install_requires")
        if not files and not elsewhere and not manifest.table("tool", "poetry"):
            why = "`dynamic` leaves the list of dependencies to the build backend"
            self.unclear.append((recorder.path, why))


def _places(declared: Iterable[Declaration], members: set[str]) -> frozenset[str]:
    """Give the directories whose declarations the environment has to meet.

    The project root; with a workspace there the members as well, which share its
    environment; where the root declares nothing, the one directory that does.
    """
    directories = {_directory_of(one.path) for one in declared if one.kind is Kind.PRODUCTION}
    judged = {place for place in directories if _NOT_JUDGED.isdisjoint(place.split("/"))}
    if "" in members:
        return frozenset(judged)
    if "" in judged:
        return frozenset({""})
    return frozenset(judged) if len(judged) == 1 else frozenset()


def _directory_of(path: str) -> str:
    directory = posixpath.dirname(path)
    inside = posixpath.basename(directory) in _FOLDERS or directory.endswith(".dist-info")
    return posixpath.dirname(directory) if inside else directory
