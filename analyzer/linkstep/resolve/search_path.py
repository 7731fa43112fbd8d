"""The search path, and the worlds in which an import may run.

The interpreter has one `sys.path`: the directory of the script or the working directory,
`PYTHONPATH`, the standard library, site-packages (library reference, "The initialization
of the sys.path module search path"). Which directory comes first is decided by whoever
starts the program. Where that is not declared it is implied: a script's own directory, the
directory that pytest's `prepend` mode inserts, the directory of one service of a
monorepo, all lie above the importing file. Each of them, put in front of the declared
path, is a *world*; a name is only missing when it is missing in all of them.
"""

from __future__ import annotations

import posixpath

from linkstep.model.environment import PathEntry, Project
from linkstep.resolve.listing import Listings
from linkstep.resolve.paths import is_inside


def search_path(project: Project) -> tuple[PathEntry, ...]:
    """Give the declared path in the interpreter's order, each directory once.

    >>> from linkstep.model.environment import Environment, Origin
    >>> from linkstep.model.target import Target
    >>> site = PathEntry("/venv/site-packages", Origin.THIRD_PARTY, "")
    >>> library = PathEntry("/usr/lib/python3.11", Origin.STANDARD_LIBRARY, "")
    >>> root = PathEntry("src", Origin.FIRST_PARTY, "")
    >>> environment = Environment(site=(site, root), stdlib=(library,), found=True)
    >>> project = Project((root,), environment, Target((3, 11)), "")
    >>> [entry.directory for entry in search_path(project)]
    ['src', '/usr/lib/python3.11', '/venv/site-packages']
    """
    entries: dict[str, PathEntry] = {}
    for entry in (*project.roots, *project.environment.stdlib, *project.environment.site):
        entries.setdefault(entry.directory, entry)
    return tuple(entries.values())


class Worlds:
    """Which directories may stand in front of the path, seen from an importing file.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"app/__init__.py": "", "app/db/__init__.py": "", "tools/ci/run.py": ""})
    >>> worlds = Worlds(Listings(tree, []), ("",))
    >>> worlds.of("app/db", "shop"), worlds.of("tools/ci", "shop")
    ((None,), ('tools/ci', None, 'tools'))

    A file that lies in `api/shop` most likely means its own `shop`:

    >>> worlds.of("api/shop/web", "shop")
    ('api', 'api/shop/web', None, 'api/shop')
    """

    def __init__(self, listings: Listings, roots: tuple[str, ...], *, exact: bool = False) -> None:
        """Take the declared roots; `exact` says that no program starts anywhere else."""
        self._exact = exact
        self._listings = listings
        self._roots = frozenset(roots)
        self._fronts: dict[str, tuple[str | None, ...]] = {}

    def of(self, directory: str | None, top: str) -> tuple[str | None, ...]:
        """Give the worlds for a file in `directory` that imports top-level name `top`.

        Each is the directory in front; None stands for the declared path alone. They are
        ordered by how likely the import means them.
        """
        if self._exact or directory is None or directory.startswith("/"):
            return (None,)
        fronts = self._fronts.get(directory)
        if fronts is None:
            fronts = self._fronts[directory] = self._of(directory)
        if f"/{top}/" in f"/{directory}/":
            own = self._above(directory, top)
            if own is not None and fronts[0] != own and not self._in_package(own):
                return (own, *[front for front in fronts if front != own])
        return fronts

    def _of(self, directory: str) -> tuple[str | None, ...]:
        script = self.script_directory(directory)
        named = script in self._roots
        ancestors: list[str] = []
        while directory:
            ancestors.append(directory)
            directory = posixpath.dirname(directory)
        ancestors.append("")
        # A directory inside a regular package is nobody's starting point: `import sibling`
        # there is Python 2's implicit relative import. A `src` folder on the way up is.
        behind: list[str] = []
        for ancestor in ancestors:
            if is_inside(script, ancestor):
                is_package = self._listings.package_file(ancestor) is not None
                behind += [ancestor] if ancestor != script and not is_package else []
                behind += [posixpath.join(ancestor, "src")] if self._has_source(ancestor) else []
        behind = [front for front in behind if front not in self._roots]
        if named:
            return (None, *behind)
        # What lies in a regular package is imported through it before it is started.
        return (None, script, *behind) if self._in_package(script) else (script, None, *behind)

    def _in_package(self, directory: str) -> bool:
        """Whether a directory above is a regular package: vendored code, data, templates."""
        while directory:
            directory = posixpath.dirname(directory)
            if directory and self._listings.package_file(directory) is not None:
                return True
        return False

    def _has_source(self, directory: str) -> bool:
        if "src" not in self._listings.of(directory).directories:
            return False
        return self._listings.package_file(posixpath.join(directory, "src")) is None

    def script_directory(self, directory: str) -> str:
        """Give the first directory upwards that is not a regular package.

        It is `sys.path[0]` of a script, and what pytest inserts for a test module.
        """
        while directory and self._listings.package_file(directory) is not None:
            directory = posixpath.dirname(directory)
        return directory

    def _above(self, directory: str, top: str) -> str | None:
        """Give the directory that holds the `top` which `directory` lies in, if not a root."""
        parts = directory.split("/")
        for depth in range(len(parts) - 1, -1, -1):
            parent = "/".join(parts[:depth])
            if parts[depth] == top and self._listings.package_file(parent) is None:
                return None if parent in self._roots else parent
        return None
