"""Whether an absence proves anything.

A name that no world has is missing in what can be seen. Before that becomes an error
the question is what cannot be seen: an environment that is not there, a finder that is
code, a directory that somebody puts on `sys.path`, a file that a build writes. Each of
these is a *doubt*, and a reference with a doubt is counted as unknown.
"""

from __future__ import annotations

import fnmatch
import posixpath

from msgspec.structs import replace

from linkstep.model.environment import Missing, Namespace, Origin, Project
from linkstep.model.tree import Tree
from linkstep.resolve import stdlib
from linkstep.resolve.listing import Listings
from linkstep.resolve.paths import is_inside

# Sources that a build turns into the module of the same name.
_BUILT_FROM = (".pyx", ".c", ".cc", ".cpp", ".cxx", ".rs", ".pyx.in", ".py.in", ".proto", ".f90")
_GENERATED_BY_PROTOC = ("_pb2", "_pb2_grpc")

# Distributions that bring back modules which a later Python removed.
_BACKPORTS = {
    "distutils": {"setuptools"},
    "imp": {"zombie-imp"},
    "asyncore": {"pyasyncore", "standard-asyncore"},
    "asynchat": {"pyasynchat", "standard-asynchat"},
    "audioop": {"audioop-lts"},
    "cgi": {"legacy-cgi"},
    "cgitb": {"legacy-cgi"},
}


class Doubts:
    """Finds the reason why a missing name may exist all the same."""

    def __init__(
        self, tree: Tree, project: Project, listings: Listings, roots: tuple[str, ...]
    ) -> None:
        self._tree = tree
        self._project = project
        self._listings = listings
        self._roots = roots
        self._built_names = frozenset(name for name in project.built if "/" not in name)
        self._built_paths = tuple(path.removeprefix("./") for path in project.built if "/" in path)
        self._modules: dict[str, list[str]] | None = None
        self._places: dict[str, list[str]] = {}

    def of_missing(self, missing: Missing, importer_directory: str | None) -> Missing:
        """Give `missing` with its doubt, or as it is when the absence is proven."""
        if missing.doubt is not None:
            return missing
        doubt = self._of_build(missing, importer_directory)
        if doubt is None and self._may_be_elsewhere(missing, importer_directory):
            for path in self._places_of(missing.name):
                above = path[: -len(missing.name)].rstrip("/")
                if self._was_searched(above, importer_directory) or self._loses(missing, above):
                    continue
                if self._listings.package_file(above) is None:
                    doubt = f"{path} is in a directory that may be put on the path"
                    break
                if missing.elsewhere is None or posixpath.dirname(path) == importer_directory:
                    missing = replace(missing, elsewhere=path)
        if doubt is not None:
            first_party = Origin.FIRST_PARTY if not missing.found_up_to else missing.origin
            return replace(missing, doubt=doubt, origin=first_party)
        if not missing.found_up_to:
            return replace(missing, doubt=self._of_top_level(missing.name))
        if self._project.environment.sealed:
            return missing
        if stdlib.is_of_cpython_itself(missing.name) and missing.origin is Origin.STANDARD_LIBRARY:
            return replace(missing, doubt="only a full installation of Python has it")
        return missing

    def _loses(self, missing: Missing, above: str) -> bool:
        """Say whether what `above` has is a namespace portion and a package was found.

        A regular package wins over portions wherever on the path they are (PEP 420), so
        putting the directory on the path changes nothing.
        """
        top, dot, _ = missing.name.partition(".")
        if not dot or not missing.found_up_to:
            return False
        candidate = posixpath.join(above, top)
        return self._listings.package_file(candidate) is None and any(
            self._listings.package_file(posixpath.join(root, top)) for root in self._roots
        )

    def of_namespace(self, namespace: Namespace, front: str | None) -> Namespace:
        """Give `namespace` with the reason why something else may take its name."""
        environment = self._project.environment
        top = namespace.name.partition(".")[0]
        if namespace.doubt is not None or namespace.origin is not Origin.FIRST_PARTY:
            return namespace
        if environment.opaque_finders:
            doubt = f"{environment.opaque_finders[0]} may provide {top}"
        elif environment.found:
            return namespace
        elif _normalized(top) in self._project.requires:
            doubt = f"{top} is required, and no environment was found to look into"
        elif not any(self._holds_python(portion) for portion in namespace.portions):
            doubt = f"no environment was found, and {namespace.portions[0]}/ holds no Python"
        else:
            return namespace
        return replace(namespace, doubt=doubt)

    def _of_top_level(self, name: str) -> str | None:
        environment = self._project.environment
        top = name.partition(".")[0]
        if stdlib.is_stdlib_name(top):
            wanted = _BACKPORTS.get(top, {f"standard-{top}"})
            # An environment that was looked for may hold setuptools by chance. One of another
            # version that the project admits (project.py) has what the project asks for.
            by_chance = top == "distutils" and environment.version is None
            if not environment.found and (
                by_chance or not wanted.isdisjoint(self._project.requires)
            ):
                return f"{min(wanted)} may provide it, and no environment was found to look into"
            return self._of_library(name)
        if environment.opaque_finders:
            return f"{environment.opaque_finders[0]} may provide it"
        if not environment.found:
            return environment.why
        return None

    def _of_library(self, name: str) -> str | None:
        target = self._project.target
        top = name.partition(".")[0]
        presence = stdlib.is_stdlib(name, target)
        environment = self._project.environment
        if presence is stdlib.Presence.ABSENT:
            return None
        if environment.sealed and environment.stdlib_exact and environment.built_in is not None:
            return None
        if stdlib.is_of_cpython_itself(name):
            return "only a full installation of Python has it"
        if stdlib.may_be_in_c(name, target):
            return "it may be built into the interpreter"
        if self._project.environment.stdlib_exact:
            return None
        if top == name and presence is stdlib.Presence.UNKNOWN:
            return f"it is not certain whether {target} has it"
        return "the standard library of the target was not at hand"

    def _of_build(self, missing: Missing, importer_directory: str | None) -> str | None:
        """Find what a build would make the module from, or who says that it makes it."""
        if self._project.environment.sealed:
            return None
        name = missing.name
        head = name[len(missing.found_up_to) :].lstrip(".").partition(".")[0]
        reached = f"{missing.found_up_to}.{head}" if missing.found_up_to else head
        if reached in self._built_names or name in self._built_names:
            return "a build creates it"
        if missing.origin is not Origin.FIRST_PARTY and missing.found_up_to:
            return None
        if head.endswith(_GENERATED_BY_PROTOC):
            return "a build step generates it with protoc"
        if self._project.absent and not missing.found_up_to:
            return f"the submodule {self._project.absent[0]} is not checked out"
        for directory in self._directories_of(missing.found_up_to, importer_directory):
            path = posixpath.join(directory, head)
            if any(is_inside(path, submodule) for submodule in self._project.absent):
                return "it may be in a submodule that is not checked out"
            for pattern in self._built_paths:
                anywhere = pattern.startswith("*/")
                tested, wanted = (head, pattern[2:]) if anywhere else (path, pattern)
                if fnmatch.fnmatchcase(tested, wanted):
                    return "a build creates it"
            entries = self._tree.entries(directory)
            source = next((head + end for end in _BUILT_FROM if head + end in entries), None)
            if source is not None:
                return f"a build makes it from {posixpath.join(directory, source)}"
        return None

    def _directories_of(self, package: str, importer_directory: str | None) -> list[str]:
        """Give the tree's directories where a submodule of `package` would be."""
        inner = package.replace(".", "/")
        bases = list(self._roots)
        while importer_directory and not importer_directory.startswith("/"):
            bases.append(importer_directory)
            importer_directory = posixpath.dirname(importer_directory)
        return [posixpath.join(base, inner) if inner else base for base in dict.fromkeys(bases)]

    def _may_be_elsewhere(self, missing: Missing, importer_directory: str | None) -> bool:
        """Say whether another directory of the tree could answer.

        Not for a file inside the very package that lacks the name, nor where an
        installed package or the standard library has the first part of it.
        """
        if self._project.exact:
            return False
        if not missing.found_up_to:
            return True
        if missing.origin is not Origin.FIRST_PARTY:
            return False
        top = missing.name.partition(".")[0]
        own = [posixpath.join(root, top) for root in self._roots]
        return importer_directory is None or not any(
            is_inside(importer_directory, directory) for directory in own
        )

    def _places_of(self, name: str) -> list[str]:
        """Give the modules of the tree whose path ends like `name`, without suffix."""
        places = self._places.get(name)
        if places is None:
            wanted = name.replace(".", "/")
            last = wanted.rpartition("/")[2]
            places = self._places[name] = [
                path
                for path in self._known_modules().get(last, ())
                if path == wanted or path.endswith("/" + wanted)
            ]
        return places

    def _was_searched(self, directory: str, importer_directory: str | None) -> bool:
        """Say whether a world had this directory on its path already."""
        if directory in self._roots:
            return True
        inside_package = self._listings.package_file(directory) is not None
        above = importer_directory is not None and is_inside(importer_directory, directory)
        return above and not inside_package

    def _known_modules(self) -> dict[str, list[str]]:
        """Give every module and every directory with Python, without suffix, by last part."""
        if self._modules is None:
            known: set[str] = set()
            for path in self._tree.files():
                if path.endswith(".pyi"):
                    continue
                path = path.removesuffix(".py").removesuffix("/__init__")
                while path and path not in known:
                    known.add(path)
                    path = posixpath.dirname(path)
            self._modules = {}
            for path in sorted(known):
                self._modules.setdefault(posixpath.basename(path), []).append(path)
        return self._modules

    def _holds_python(self, directory: str) -> bool:
        return directory in self._known_modules().get(posixpath.basename(directory), ())


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
