"""What is known about the distributions of a project, with an environment and without one.

With an environment its metadata answers. Without one only well-known names, declarations and
lock files do, and what they leave open stays open.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import cached_property

from packaging.utils import canonicalize_name

from linkstep.model.declarations import Conflict, Declaration, Installed, Kind
from linkstep.model.environment import Found, Opaque, Project, Resolution
from linkstep.model.settings import DependencySettings
from linkstep.model.tree import Tree
from linkstep.resolve.compatibility import find_conflicts, unmet_declarations
from linkstep.resolve.declarations.known_names import brought_along, known_providers
from linkstep.resolve.installed import Installation, Needed
from linkstep.resolve.mentions import Mentions
from linkstep.resolve.stdlib import is_stdlib_name

_NEEDED = frozenset({Kind.PRODUCTION, Kind.OPTIONAL, Kind.DEVELOPMENT})


class Knowledge:
    """Answers as `model.declarations.Distributions` promises."""

    def __init__(
        self,
        tree: Tree,
        project: Project,
        settings: DependencySettings,
        find: Callable[[str], Resolution],
    ) -> None:
        self._tree = tree
        self._project = project
        self._declarations = project.declarations
        self._find = find
        self._provided = {
            str(canonicalize_name(name)): frozenset(modules)
            for name, modules in settings.provides.items()
        }
        self._by_module = {module: n for n, mods in self._provided.items() for module in mods}
        paths = (one.path for one in self._declarations.declared)
        self._mentions = Mentions(tree, paths)
        self._closures: dict[frozenset[Kind], dict[str, Needed]] = {}

    @cached_property
    def _installation(self) -> Installation:
        return Installation(self._tree, self._project.environment, self._project.target)

    def found(self) -> bool:
        """Whether there is an environment to ask."""
        return self._project.environment.found

    def providers(self, module: str, path: str | None) -> tuple[str, ...]:
        """Give the distributions that a module is certainly from; none where it is not certain."""
        top = module.partition(".")[0]
        if path is not None:
            return self._installation.owners(path)
        if self.found():
            return ()
        if top in self._by_module:
            return (self._by_module[top],)
        known = known_providers().get(top)
        if known is None:
            name = str(canonicalize_name(top))
            return (name,) if name in self._declarations.names else ()
        return tuple(sorted(known, key=lambda name: (name not in self._declarations.names, name)))

    def declared_provider(self, module: str) -> str | None:
        """Give the declared distribution that would install a module, if one does."""
        top = module.partition(".")[0]
        offers = known_providers().get(top, frozenset()) | {str(canonicalize_name(top))}
        if top in self._by_module:
            offers = frozenset({self._by_module[top]})
        applying = {one.name for one in self._declarations.declared if one.applies}
        return next(iter(sorted(offers & applying)), None)

    def describe(self, name: str) -> Installed | None:
        """Give what is known of an installed distribution."""
        return self._installation.describe(name) if self.found() else None

    def written(self, name: str) -> str:
        """Give a distribution's name as people write it."""
        if self.found() and name in self._installation.distributions:
            return self._installation.written(name)
        declared = (one.written for one in self._declarations.declared if one.name == name)
        return next(declared, name)

    def chain(self, name: str, kinds: frozenset[Kind]) -> tuple[str, ...]:
        """Give who needs a distribution, from one that is declared so on; empty for nobody."""
        if self.found():
            needed = self._closure(kinds).get(name)
            return () if needed is None else tuple(map(self.written, needed.chain))
        for one in self._declarations.declared:
            if one.kind in kinds and name in brought_along(one.name):
                return (one.written, name)
        return (name,) if name in self._declarations.locked else ()

    def conflicts(self) -> tuple[Conflict, ...]:
        """Give what does not fit, among the distributions that the project needs."""
        if not self.found():
            return ()
        needed = self._closure(frozenset({Kind.PRODUCTION}))
        return find_conflicts(self._installation, needed, self._project.target)

    def unmet(self) -> dict[Declaration, str]:
        """Give the declarations that the installed version does not meet, with that version."""
        if not self.found():
            return {}
        return unmet_declarations(self._installation, self._judged())

    def lacking(self) -> tuple[Declaration, ...]:
        """Give the declarations for production of which the environment has nothing.

        None at all where it has nothing of any of them: it was not made for this project.
        """
        if not self.found():
            return ()
        judged = [one for one in self._judged() if one.applies]
        installed = self._installation.distributions
        lacking = [one for one in judged if one.name not in installed and not one.local]
        if len(lacking) == len(judged):
            return ()
        return tuple(one for one in lacking if not self._is_there(one.name))

    def is_mentioned(self, words: frozenset[str]) -> bool:
        """Whether the tree's files, besides declarations and locks, have one of these words."""
        return self._mentions.anywhere(words)

    def is_installed_elsewhere(self, name: str) -> bool:
        """Whether a script, workflow or image of the tree names a distribution it installs."""
        return self._mentions.where_installing([name])

    def is_used_by_installed(self, installed: Installed, imported: frozenset[str]) -> bool:
        """Whether what is installed needs a distribution, or may import it by its name.

        Asked are those that the project declares or imports, with what they need.
        """
        needed = {*self._closure(_NEEDED), *self._installation.closure((n, ()) for n in imported)}
        others = [name for name in needed if name != installed.name]
        if any(installed.name in self._installation.optional_needs(name) for name in others):
            return True
        if any(installed.name in brought_along(name) for name in self._declarations.names):
            return True  # of what is not installed, such as an extra
        names = "|".join(sorted(map(re.escape, installed.modules))).encode()
        imports = re.compile(rb"(?:\bimport|\bfrom|import_module\(|[\"'])\s*[\"']?(?:%b)\b" % names)
        return any(imports.search(text) for name in others for text in self._sources(name))

    def _sources(self, name: str) -> Iterator[bytes]:
        site = self._installation.distributions[name].site
        for path in sorted(self._installation.files(name)):
            if path.endswith(".py") and not path.startswith(".."):
                with contextlib.suppress(OSError):
                    yield self._tree.read(f"{site}/{path}")

    def _judged(self) -> list[Declaration]:
        """Give the declarations for production that this environment has to meet."""
        own = self._declarations.own
        places = self._declarations.places
        return [
            one
            for one in self._declarations.declared
            if one.kind is Kind.PRODUCTION
            and one.name not in own
            and any(_belongs(one.path, place) for place in places)
        ]

    def _is_there(self, name: str) -> bool:
        """Whether a module of a distribution can be found though no metadata says so."""
        modules = {name.replace("-", "_"), *self._provided.get(name, ())}
        modules |= {module for module, names in known_providers().items() if name in names}
        return any(
            isinstance(self._find(module), Found | Opaque) or is_stdlib_name(module)
            for module in modules
        )

    def _closure(self, kinds: frozenset[Kind]) -> dict[str, Needed]:
        if kinds not in self._closures:
            starts = [
                (one.name, one.extras) for one in self._declarations.declared if one.kind in kinds
            ]
            self._closures[kinds] = self._installation.closure(starts)
        return self._closures[kinds]


def _belongs(path: str, place: str) -> bool:
    """Whether a file declares for a directory: it is in it, or in its folder of requirements."""
    directory = path.rpartition("/")[0]
    inner = directory[len(place) :].strip("/") if directory.startswith(place) else "?"
    return (
        inner == ""
        or inner in ("requirements", "reqs", "deps", "requires")
        or (inner.endswith(".dist-info") and not place)
    )
