"""The distributions of an environment: who installed a file, and what each one needs.

Everything is read when it is asked for. Owners come from `RECORD`; a namespace package that
several distributions share is told apart by the files in it. What no record lists has no
owner, and nothing is said about it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from linkstep.model.declarations import Installed
from linkstep.model.environment import Environment
from linkstep.model.target import Target
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.declarations.markers import holds
from linkstep.resolve.distributions import (
    Distribution,
    find_distributions,
    requirements,
    top_level_names,
)
from linkstep.resolve.manifests import read_ini
from linkstep.resolve.paths import read_text

_SCRIPTS = frozenset({"console_scripts", "gui_scripts"})


class Needed(Struct, frozen=True):
    """Why a distribution is needed: the chain that leads to it, and its extras in use."""

    chain: tuple[str, ...]
    extras: frozenset[str]


class Installation:
    """What is installed in an environment.

    >>> from linkstep.model.environment import Origin, PathEntry
    >>> from linkstep.tree.memory import MemoryTree
    >>> site = (PathEntry("/site", Origin.THIRD_PARTY, ""),)
    >>> info = "/site/google_auth-2.0.dist-info"
    >>> tree = MemoryTree({f"{info}/RECORD": "google/auth/__init__.py,,\\n",
    ...     f"{info}/METADATA": "Name: google-auth\\nRequires-Dist: rsa<5\\n",
    ...     "/site/google/auth/__init__.py": ""})
    >>> installation = Installation(tree, Environment(site, found=True), Target((3, 11)))
    >>> installation.owners("/site/google/auth/__init__.py"), installation.needs("google-auth")
    (('google-auth',), ('rsa',))
    """

    def __init__(self, tree: Tree, environment: Environment, target: Target) -> None:
        self._tree = tree
        self._target = target
        self._sites = [entry.directory for entry in environment.site]
        self._sites = [place for place in self._sites if place.startswith("/")] or self._sites
        self.distributions = find_distributions(tree, self._sites)
        self._tops: dict[str, list[str]] | None = None
        self._files: dict[str, frozenset[str]] = {}
        self._listed: dict[tuple[str, bool], tuple[Requirement, ...]] = {}

    def owners(self, path: str) -> tuple[str, ...]:
        """Give the distributions that installed a file or, for a namespace, files below it."""
        site = next((s for s in self._sites if path.startswith(s + "/")), None)
        if site is None:
            return ()
        inner = path[len(site) + 1 :].rstrip("/")
        top = inner.partition("/")[0].partition(".")[0]
        candidates = [n for n in self.providers(top) if self.distributions[n].site == site]
        if len(candidates) < 2:
            return tuple(candidates)
        exact = [name for name in candidates if self._installed(name, inner)]
        return tuple(exact)

    def providers(self, top: str) -> tuple[str, ...]:
        """Give the distributions that install a top-level module."""
        if self._tops is None:
            self._tops = {}
            for name, distribution in self.distributions.items():
                for module in top_level_names(self._tree, distribution):
                    self._tops.setdefault(module, []).append(name)
        return tuple(self._tops.get(top, ()))

    def describe(self, name: str) -> Installed | None:
        """Give what is known of an installed distribution."""
        distribution = self.distributions.get(name)
        if distribution is None:
            return None
        sections = read_ini(self._read(distribution, "entry_points.txt"))
        programs = [key for kind in _SCRIPTS for key in sections.get(kind, {})]
        hooks = any(path.endswith(".pth") for path in self.files(name))
        return Installed(
            name,
            self._written(distribution),
            distribution.version,
            top_level_names(self._tree, distribution),
            tuple(sorted((*programs, *self._scripts(distribution)))),
            plugs_in=hooks or bool(sections.keys() - _SCRIPTS),
        )

    def requirements(self, name: str, extras: Iterable[str] = ()) -> tuple[Requirement, ...]:
        """Give what a distribution asks for on the target, with some of its extras."""
        distribution = self.distributions.get(name)
        if distribution is None:
            return ()
        wanted = tuple(extras)
        found = self._listed.get((name, bool(wanted)))
        if found is None:
            found = requirements(self._tree, distribution, with_extras=bool(wanted))
            self._listed[name, bool(wanted)] = found
        return tuple(one for one in found if holds(one.marker, self._target, wanted) is True)

    def needs(self, name: str) -> tuple[str, ...]:
        """Give the names of what a distribution always needs on the target."""
        return tuple(str(canonicalize_name(one.name)) for one in self.requirements(name))

    def optional_needs(self, name: str) -> frozenset[str]:
        """Give the names of all that a distribution can use, with any extra."""
        distribution = self.distributions.get(name)
        if distribution is None:
            return frozenset()
        listed = requirements(self._tree, distribution, with_extras=True)
        return frozenset(str(canonicalize_name(one.name)) for one in listed)

    def closure(self, starts: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Needed]:
        """Give all that some distributions, each with extras, need of what is installed.

        The chain of each is a shortest one.
        """
        found: dict[str, Needed] = {}
        pending: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
        pending = [(name, extras, (name,)) for name, extras in sorted(set(starts))]
        while pending:
            further: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
            for name, extras, chain in pending:
                known = found.get(name)
                if name not in self.distributions or (known and known.extras.issuperset(extras)):
                    continue
                wanted = known.extras.union(extras) if known else frozenset(extras)
                found[name] = Needed(known.chain if known else chain, wanted)
                for one in self.requirements(name, sorted(wanted)):
                    needed = str(canonicalize_name(one.name))
                    further.append((needed, tuple(sorted(one.extras)), (*chain, needed)))
            pending = further
        return found

    def files(self, name: str) -> frozenset[str]:
        """Give the paths of `RECORD`, relative to the site directory; none without one."""
        if name not in self._files:
            text = self._read(self.distributions[name], "RECORD")
            lines = (line.rpartition(",")[0].rpartition(",")[0] for line in text.splitlines())
            self._files[name] = frozenset(line.strip('"') for line in lines if line)
        return self._files[name]

    def written(self, name: str) -> str:
        """Give a distribution's name as it writes it itself."""
        distribution = self.distributions.get(name)
        return name if distribution is None else self._written(distribution)

    def metadata(self, name: str, field: str) -> list[str]:
        """Give the values of a field of `METADATA` or, for `Tag`, of `WHEEL`."""
        file = "WHEEL" if field == "Tag" else "METADATA"
        text = self._read(self.distributions[name], file)
        header = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
        pattern = rf"(?mi)^{re.escape(field)}:[ \t]*(.*?)\s*$"
        return re.findall(pattern, header)

    def place_of(self, name: str, requirement: str) -> tuple[str, int]:
        """Give the metadata file of a distribution, and the line that has a requirement."""
        distribution = self.distributions[str(canonicalize_name(name))]
        text = self._read(distribution, "METADATA")
        wanted = re.split(r"[^\w.-]", requirement)[0]
        lines = text.splitlines()
        dist = re.escape(f"Requires-Dist: {wanted}")
        asked = re.compile("Requires-Python:" if wanted == "Python" else rf"{dist}(?![\w.-])")
        line = next((i for i, one in enumerate(lines, 1) if asked.match(one)), 1)
        return posixpath.join(distribution.metadata, "METADATA"), line

    def _installed(self, name: str, inner: str) -> bool:
        files = self.files(name)
        if not files:
            return True  # nothing is known of its files
        return inner in files or any(path.startswith(inner + "/") for path in files)

    def _read(self, distribution: Distribution, file: str) -> str:
        if self._tree.entries(distribution.metadata).get(file) is not EntryKind.FILE:
            return ""
        return read_text(self._tree, posixpath.join(distribution.metadata, file)) or ""

    def _written(self, distribution: Distribution) -> str:
        values = self.metadata(distribution.name, "Name")
        return values[0] if values else distribution.name

    def _scripts(self, distribution: Distribution) -> Sequence[str]:
        """Give the programs that lie in the environment's `bin`, of whatever language."""
        paths = self.files(distribution.name)
        return [p.rpartition("/")[2] for p in paths if re.match(r"(?:\.\./)+(?:bin|Scripts)/", p)]
