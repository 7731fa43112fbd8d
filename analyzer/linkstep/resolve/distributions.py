"""Installed distributions, read from their `.dist-info` (PEP 376, PEP 566)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from linkstep.model.tree import Tree
from linkstep.resolve.paths import read_text

_OF_AN_EXTRA = re.compile(r";(?!.*\bor\b).*\bextra\s*==")


class Distribution(Struct, frozen=True):
    """One installed distribution; `name` is normalized (PEP 503), `site` where it lies."""

    name: str
    version: str
    site: str
    metadata: str


def find_distributions(tree: Tree, site: Iterable[str]) -> dict[str, Distribution]:
    """Give the distributions of the site directories by name; the first of a name counts.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/site/Type_Stubs-1.2.dist-info/METADATA": ""})
    >>> find_distributions(tree, ["/site"])["type-stubs"].version
    '1.2'
    """
    found: dict[str, Distribution] = {}
    for directory in site:
        for entry in sorted(tree.entries(directory)):
            stem, dot, kind = entry.rpartition(".")
            if not dot or kind not in ("dist-info", "egg-info"):
                continue
            name, _, version = stem.partition("-")
            version = version.partition("-py")[0]
            metadata = posixpath.join(directory, entry)
            key = canonicalize_name(name)
            found.setdefault(key, Distribution(key, version, directory, metadata))
    return found


def requirements(
    tree: Tree, distribution: Distribution, *, with_extras: bool = True
) -> tuple[Requirement, ...]:
    """Give what a distribution requires; what is malformed is left out.

    Without extras, what only they need is left out unread.
    """
    from email.parser import HeaderParser  # without an environment nothing is required

    text = None
    for name in ("METADATA", "PKG-INFO"):
        text = text or read_text(tree, posixpath.join(distribution.metadata, name))
    header = re.split(r"\r?\n\r?\n", text or "", maxsplit=1)[0]
    found = []
    for line in HeaderParser().parsestr(header).get_all("Requires-Dist", []):
        if not with_extras and _OF_AN_EXTRA.search(line):
            continue
        try:
            found.append(Requirement(line))
        except InvalidRequirement:
            continue
    return tuple(found)


def closure(tree: Tree, name: str, installed: Mapping[str, Distribution]) -> frozenset[str]:
    """Give `name` and every installed distribution that it needs, directly or not.

    Markers and extras are not evaluated: what may be needed counts as needed.
    """
    needed: set[str] = set()
    pending = [canonicalize_name(name)]
    while pending:
        current = pending.pop()
        if current in needed or current not in installed:
            continue
        needed.add(current)
        pending += [canonicalize_name(r.name) for r in requirements(tree, installed[current])]
    return frozenset(needed)


def top_level_names(tree: Tree, distribution: Distribution) -> frozenset[str]:
    """Give the top-level module names that a distribution installs.

    From `RECORD`, which lists every file; `top_level.txt` where there is no `RECORD`.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/site/PyYAML-6.0.dist-info/RECORD":
    ...     "yaml/__init__.py,,\\n_yaml/__init__.py,,\\n../../bin/y,,\\nsix.py,,\\n"
    ...     "fast.cpython-311-darwin.so,,\\nPyYAML-6.0.dist-info/RECORD,,\\n"})
    >>> sorted(top_level_names(tree, find_distributions(tree, ["/site"])["pyyaml"]))
    ['_yaml', 'fast', 'six', 'yaml']
    """
    record = read_text(tree, posixpath.join(distribution.metadata, "RECORD"))
    if record is None:
        listed = read_text(tree, posixpath.join(distribution.metadata, "top_level.txt"))
        return frozenset((listed or "").split())
    return frozenset(_top_levels(record))


def _top_levels(record: str) -> Iterator[str]:
    for line in record.splitlines():
        path = line.partition(",")[0].strip('"')
        head, slash, _ = path.partition("/")
        name = head if slash else head.partition(".")[0]
        is_module = bool(slash) or path.endswith((".py", ".so", ".pyd"))
        if is_module and name.isidentifier() and name != "__pycache__":
            yield name


def providers(tree: Tree, installed: Iterable[Distribution]) -> dict[str, tuple[str, ...]]:
    """Give the distributions that provide each top-level name."""
    found: dict[str, list[str]] = {}
    for distribution in installed:
        for name in top_level_names(tree, distribution):
            found.setdefault(name, []).append(distribution.name)
    return {name: tuple(sorted(names)) for name, names in sorted(found.items())}
