"""Lock files: the versions that an installation would have, where there is none to look into.

`pylock.toml` is PEP 751. The others have no specification, only a version of their format;
a version that is not known is refused, because a misread lock would be worse than none.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from packaging.utils import canonicalize_name

from linkstep.errors import LinkstepError
from linkstep.model.tree import EntryKind, Tree
from linkstep.pyproject import read_toml
from linkstep.resolve.paths import read_text

Versions = dict[str, str]


def find_locks(tree: Tree, directories: Iterable[str]) -> tuple[str, ...]:
    """Give the paths of the lock files in some directories."""
    return tuple(
        posixpath.join(directory, name)
        for directory in directories
        for name, kind in sorted(tree.entries(directory).items())
        if kind is EntryKind.FILE and _reader(name) is not None
    )


def read_lock(tree: Tree, path: str) -> Versions:
    """Give the locked versions by normalized name; a distribution without one has ''.

    Raises LinkstepError when the file is damaged, or of a format version that is not known.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = 'version = 1\\n[[package]]\\nname = "six"\\nversion = "1.16"'
    >>> read_lock(MemoryTree({"uv.lock": text}), "uv.lock")
    {'six': '1.16'}
    >>> read_lock(MemoryTree({"uv.lock": "version = 9"}), "uv.lock")
    Traceback (most recent call last):
    linkstep.errors.LinkstepError: the lock file has format version 9, which is not known
    """
    reader = _reader(posixpath.basename(path))
    text = read_text(tree, path)
    if reader is None or text is None:
        return {}
    versions: Versions = {}
    for name, version in reader(text, path):
        versions.setdefault(canonicalize_name(name), version)
    return versions


def _reader(name: str) -> Callable[[str, str], Iterator[tuple[str, str]]] | None:
    if name == "pylock.toml" or (name.startswith("pylock.") and name.endswith(".toml")):
        return _pylock
    return {
        "uv.lock": _uv,
        "poetry.lock": _poetry,
        "pdm.lock": _pdm,
        "Pipfile.lock": _pipfile,
    }.get(name)


def _uv(text: str, path: str) -> Iterator[tuple[str, str]]:
    tables = _toml(text, path)
    _demand(tables.get("version"), {"1"}, path)
    yield from _entries(tables.get("package"))


def _poetry(text: str, path: str) -> Iterator[tuple[str, str]]:
    tables = _toml(text, path)
    metadata = tables.get("metadata")
    version = metadata.get("lock-version") if isinstance(metadata, dict) else None
    _demand(version, {"1", "2"}, path)
    yield from _entries(tables.get("package"))


def _pdm(text: str, path: str) -> Iterator[tuple[str, str]]:
    tables = _toml(text, path)
    metadata = tables.get("metadata")
    version = metadata.get("lock_version") if isinstance(metadata, dict) else None
    _demand(version, {"4"}, path)
    yield from _entries(tables.get("package"))


def _pylock(text: str, path: str) -> Iterator[tuple[str, str]]:
    tables = _toml(text, path)
    version = tables.get("lock-version")
    _demand(version, {"1"}, path)
    yield from _entries(tables.get("packages"))


def _pipfile(text: str, path: str) -> Iterator[tuple[str, str]]:
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        raise LinkstepError("cannot read the lock file", where=path, why=str(error)) from None
    meta = document.get("_meta") if isinstance(document, dict) else None
    _demand(meta.get("pipfile-spec") if isinstance(meta, dict) else None, {"6"}, path)
    for category, entries in document.items():
        if category != "_meta" and isinstance(entries, dict):
            for name, entry in entries.items():
                version = entry.get("version", "") if isinstance(entry, dict) else ""
                yield name, str(version).removeprefix("==")


def _toml(text: str, path: str) -> dict[str, Any]:
    return read_toml(text.encode("utf-8", "replace"), path)


def _demand(version: Any, known: set[str], path: str) -> None:
    if str(version).partition(".")[0] not in known:
        what = "no format version" if version is None else f"format version {version}"
        raise LinkstepError(
            f"the lock file has {what}, which is not known",
            where=path,
            why=f"known are {', '.join(f'{one}.x' for one in sorted(known))}",
            hint="write it with an older version of its tool, or check with an environment",
        )


def _entries(packages: Any) -> Iterator[tuple[str, str]]:
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            version = package.get("version")
            yield package["name"], version if isinstance(version, str) else ""
