"""What an import statement would find: the import system as a model.

Names are resolved part by part, as the interpreter does (language reference 5.3 to 5.5):
built-in and frozen modules first, then the entries of the path; a submodule only in the
directories of its parent. The answers for one world (see search_path.py) are memoised, and
directories are listed, never probed file by file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from msgspec.structs import replace

from linkstep.model.environment import (
    Found,
    Missing,
    Namespace,
    Opaque,
    Origin,
    PathEntry,
    Project,
    Resolution,
)
from linkstep.model.trace import TextQuestion, WordForm
from linkstep.model.tree import Tree
from linkstep.resolve import library, stdlib
from linkstep.resolve.doubt import Doubts
from linkstep.resolve.listing import Form, Listings, ModuleFile
from linkstep.resolve.search_path import Worlds, search_path

_Directories = tuple[tuple[str, Origin], ...]


class Finder:
    """Resolves module names of a project; every answer is computed once.

    >>> from linkstep.model.environment import Environment
    >>> from linkstep.model.target import Target
    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"shop/__init__.py": "", "shop/db.py": ""})
    >>> root = PathEntry("", Origin.FIRST_PARTY, "the project root")
    >>> environment = Environment(found=True)
    >>> finder = Finder(tree, Project((root,), environment, Target((3, 11)), ""))
    >>> finder.find("shop.db")
    Found(name='shop.db', path='shop/db.py', origin=<Origin.FIRST_PARTY: 'first-party'>, \
is_package=False)
    >>> missing = finder.find("shop.dbb.models")
    >>> missing.found_up_to, missing.doubt
    ('shop', None)
    """

    def __init__(self, tree: Tree, project: Project) -> None:
        environment = project.environment
        path = search_path(project)
        self._tree = tree
        self._target = project.target
        self._environment = environment
        self._listings = Listings(
            tree,
            {project.target.version, environment.version or project.target.version},
            environment.extension_platform,
        )
        # The library stands between what comes before it and site-packages, so that
        # what is built in can be asked about in its place.
        library = [i for i, entry in enumerate(path) if entry.origin is Origin.STANDARD_LIBRARY]
        cut = library[-1] + 1 if library else _first_site(path)
        self._before: _Directories = tuple((e.directory, e.origin) for e in path[:cut])
        self._after: _Directories = tuple((e.directory, e.origin) for e in path[cut:])
        self._library: _Directories = tuple(
            (e.directory, e.origin) for e in path if e.origin is Origin.STANDARD_LIBRARY
        )
        roots = tuple(e.directory for e in path if e.origin is Origin.FIRST_PARTY)
        self._worlds = Worlds(self._listings, roots, exact=project.exact)
        self._doubts = Doubts(tree, project, self._listings, roots)
        self._implied = tuple(entry.directory for entry in project.implied)
        self._searched: dict[tuple[str, str | None], Resolution] = {}
        self._answers: dict[tuple[str, str | None], Resolution] = {}
        self._mappings: dict[str, list[str]] = {}
        for name, place in environment.mappings:
            self._mappings.setdefault(name, []).append(place)
            # A mapped `ns.shop` needs `ns`, even when the finder lists no place for it.
            while (name := name.rpartition(".")[0]) and (place := posixpath.dirname(place)):
                self._mappings.setdefault(name, []).append(place)

    def find(
        self, name: str, importer_directory: str | None = None, importer: str | None = None
    ) -> Resolution:
        """Say what `import name` finds in a file of `importer_directory`.

        The most likely world that has the name answers. `importer`, the path of the
        importing file, keeps a script from being taken for the installed module that it
        imports (`import websocket` in `tools/websocket.py`).
        """
        key = (name, importer_directory)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._find(name, importer_directory, None)
        if (
            importer is not None
            and isinstance(answer, Found)
            and answer.path == importer
            and not answer.is_package
            and "." not in name
        ):
            return self._find(name, importer_directory, importer)
        return answer

    def find_from(self, name: str, directories: Iterable[str]) -> Resolution:
        """Say what `import name` finds where these directories are in front of the path.

        What only another world has is found as well: who starts a program in a directory
        may have put more on its path.
        """
        directories = tuple(directories)
        for directory in directories:
            answer = self._search(name, directory)
            if not isinstance(answer, Missing):
                return answer
        first = next(iter(directories), None)
        return self.find(name, first)

    def candidates(
        self, name: str, importer_directory: str | None = None
    ) -> tuple[Resolution, ...]:
        """Give what every world finds, most likely first, each once; empty when none does.

        Where they differ, a reference is broken only if it is broken against all of them.
        """
        found: dict[Resolution, None] = {}
        for front in self._worlds.of(importer_directory, name.partition(".")[0]):
            answer = self._search(name, front)
            if not isinstance(answer, Missing):
                found.setdefault(answer)
        return tuple(found)

    def hidden(self, name: str) -> Resolution | None:
        """Give the standard or installed module that a first-party one of this name hides.

        None when there is no other, and for what the interpreter loads before it looks
        into any directory.
        """
        if stdlib.is_built_in(name, self._target) or stdlib.is_loaded_first(name, self._target):
            return None
        behind = tuple(
            place for place in (*self._before, *self._after) if place[1] is not Origin.FIRST_PARTY
        )
        return self._lookup(name, name, behind, []) or self._without_file(name)

    def _find(self, name: str, directory: str | None, excluded: str | None) -> Resolution:
        missing: Missing | None = None
        namespace: Namespace | None = None
        for front in self._worlds.of(directory, name.partition(".")[0]):
            answer = self._search(name, front)
            if isinstance(answer, Missing):
                if missing is None or len(answer.found_up_to) > len(missing.found_up_to):
                    missing = answer
            elif isinstance(answer, Namespace):
                if front is None or not _contains(answer, directory):
                    namespace = namespace or self._doubts.of_namespace(answer, front)
            elif not isinstance(answer, Found) or answer.path != excluded:
                return answer
        if namespace is not None:
            return namespace
        implied = {self._search(name, front): None for front in self._implied}
        hits = [answer for answer in implied if isinstance(answer, Found | Opaque)]
        if len(hits) == 1:
            return hits[0]
        missing = missing or self._absent(name, None)
        if hits:
            several = " and ".join(sorted(answer.path for answer in hits)[:2])
            return replace(missing, doubt=f"{several} both have the name")
        if missing.doubt is None and missing.found_up_to:
            parent = self.find(missing.found_up_to, directory)
            if isinstance(parent, Namespace) and parent.doubt is not None:
                return replace(missing, doubt=parent.doubt)
        return self._doubts.of_missing(missing, directory)

    def _search(self, name: str, front: str | None) -> Resolution:
        """Resolve `name` in one world, from its longest prefix that is known already."""
        pending = []
        while (answer := self._searched.get((name, front))) is None:
            pending.append(name)
            if "." not in name:
                break
            name = name.rpartition(".")[0]
        for name in reversed(pending):
            tail = name.rpartition(".")[2]
            if answer is None:
                answer = self._top(name, front)
            else:
                answer = self._child(answer, name, tail, front)
            self._searched[name, front] = answer
        assert answer is not None
        return answer

    def _top(self, name: str, front: str | None) -> Resolution:
        compiled_in = self._environment.built_in or ()
        if stdlib.is_built_in(name, self._target) or name in compiled_in:
            return library.built_in(name, self._target)
        if stdlib.is_loaded_first(name, self._target):
            loaded = self._lookup(name, name, self._library, [])
            if loaded is not None:
                return loaded
        # `_distutils_hack` puts its finder in front of all others.
        if name == "distutils" and (shim := self._mapped(name)) is not None:
            return shim
        before = self._before if front is None else ((front, Origin.FIRST_PARTY), *self._before)
        portions: list[tuple[str, Origin]] = []
        answer = (
            self._lookup(name, name, before, portions)
            or self._without_file(name)
            or self._lookup(name, name, self._after, portions)
        )
        if answer is None and portions:
            answer = _namespace(name, portions)
        return answer or self._mapped(name) or self._absent(name, front)

    def _child(self, parent: Resolution, name: str, tail: str, front: str | None) -> Resolution:
        if isinstance(parent, Missing):
            return replace(parent, name=name, stub=None)
        special = self._registered(name)
        if special is not None:
            return special
        directories = self._directories(parent)
        portions: list[tuple[str, Origin]] = []
        answer = self._lookup(name, tail, directories, portions)
        if answer is None and isinstance(parent, Found) and parent.is_package:
            more = self._further_portions(parent, front)
            directories += more
            answer = self._lookup(name, tail, more, portions)
        if answer is None and portions:
            answer = _namespace(name, portions)
        if answer is None:
            answer = self._mapped(name)
        if answer is None and isinstance(parent, Opaque):
            return self._in_opaque(parent, name, tail, directories)
        return answer or self._absent_in(parent, name, tail, directories)

    def _lookup(
        self,
        name: str,
        tail: str,
        directories: Iterable[tuple[str, Origin]],
        portions: list[tuple[str, Origin]],
    ) -> Resolution | None:
        """Take the first directory that has a package or module; collect portions."""
        for directory, origin in directories:
            listing = self._listings.of(directory)
            inside = None
            if tail in listing.directories:
                inside = f"{directory}/{tail}" if directory else tail
                init = self._listings.package_file(inside)
                if init is not None:
                    return self._module(name, inside, init, origin)
            file = listing.modules.get(tail)
            if file is not None:
                return self._module(name, directory, file, origin)
            if inside is not None:
                portions.append((inside, origin))
        return None

    def _module(self, name: str, directory: str, file: ModuleFile, origin: Origin) -> Resolution:
        path = posixpath.join(directory, file.name)
        stem = file.name.partition(".")[0]
        is_package = stem == "__init__"
        if file.form is Form.SOURCE:
            return Found(name, path, origin, is_package)
        # mypyc and Cython compile the `.py` beside the extension module: it says exactly
        # what the module has. Not so the loader stubs that `bdist_egg` once wrote.
        if file.source is not None:
            source = posixpath.join(directory, file.source)
            if not self._mentions(source, b"__bootstrap__"):
                return Found(name, source, origin, is_package, compiled=True)
        described = self._stub_of(directory, stem)
        if origin is Origin.STANDARD_LIBRARY and described is None:
            described = stdlib.stdlib_stub(name, self._target)
        why = "an extension module" if file.form is Form.EXTENSION else "bytecode without source"
        fails = self._environment.unloadable.get(path)
        return Opaque(name, path, origin, why, described, is_package, fails)

    def _stub_of(self, directory: str, stem: str) -> str | None:
        """Give the stub of an extension module: beside it, or in a directory of stubs."""
        stub = self._listings.of(directory).stubs.get(stem)
        if stub is None and stem in self._listings.of(directory).directories:
            directory = posixpath.join(directory, stem)
            stub = self._listings.of(directory).stubs.get("__init__")
        return posixpath.join(directory, stub) if stub else None

    def _directories(self, parent: Resolution) -> _Directories:
        """Give where submodules of `parent` are searched: its `__path__`."""
        if isinstance(parent, Namespace):
            return tuple((portion, parent.origin) for portion in parent.portions)
        if isinstance(parent, Opaque) and parent.path == parent.stub:
            return ()  # beside a stub are stubs, and directories that are no packages
        if isinstance(parent, Found | Opaque) and parent.is_package:
            return ((posixpath.dirname(parent.path), parent.origin),)
        return ()

    def _further_portions(self, package: Found, front: str | None) -> _Directories:
        """Give the further directories of a package that extends its own `__path__`.

        That is how namespace packages were made before PEP 420: `pkgutil.extend_path`
        and `pkg_resources.declare_namespace` in every `__init__.py`.
        """
        if not self._mentions(package.path, b"extend_path", b"declare_namespace"):
            return ()
        parent, _, tail = package.name.rpartition(".")
        above: _Directories
        if parent:
            outer = self._search(parent, front)
            above = self._directories(outer)
            if isinstance(outer, Found):
                above += self._further_portions(outer, front)
        else:
            above = (*self._before, *self._after)
            above = above if front is None else ((front, Origin.FIRST_PARTY), *above)
        own = posixpath.dirname(package.path)
        return tuple(
            (inside, origin)
            for directory, origin in above
            if tail in self._listings.of(directory).directories
            and (inside := posixpath.join(directory, tail)) != own
        )

    def _mentions(self, path: str, *words: bytes) -> bool:
        try:
            source = self._tree.source(path)
        except OSError:
            return False
        answer = any(word in source for word in words)
        written = tuple(word.decode() for word in words)
        self._tree.asked(TextQuestion(written, WordForm.WRITTEN, answer, path))
        return answer

    def _mapped(self, name: str) -> Resolution | None:
        """Answer as an editable install's finder does; it comes after the path."""
        portions = []
        for place in self._mappings.get(name, ()):
            origin = Origin.THIRD_PARTY if place.startswith("/") else Origin.FIRST_PARTY
            init = self._listings.package_file(place)
            if init is not None:
                return self._module(name, place, init, origin)
            directory, file_name = posixpath.split(place)
            file = self._listings.of(directory).modules.get(file_name.partition(".")[0])
            if file is not None:
                return self._module(name, directory, file, origin)
            if file_name in self._listings.of(directory).directories:
                portions.append((place, origin))
        return _namespace(name, portions) if portions else None

    def _without_file(self, name: str) -> Opaque | None:
        if self._environment.built_in is not None and self._environment.stdlib_exact:
            return None  # what is compiled in was answered first
        exact = bool(self._library) and self._environment.stdlib_exact
        return library.without_file(name, self._target, exact)

    def _registered(self, name: str) -> Resolution | None:
        if name == "os.path":
            real = "ntpath" if self._target.platform == "win32" else "posixpath"
            return replace(self._search(real, None), name=name)
        return library.registered(name, self._target)

    def _in_opaque(
        self, parent: Opaque, name: str, tail: str, directories: _Directories
    ) -> Resolution:
        """Answer for what was not found below a module that cannot be read."""
        absent = self._absent_in(parent, name, tail, directories)
        if parent.origin is not Origin.STANDARD_LIBRARY:
            return replace(absent, doubt=f"{parent.name} is {parent.why} and may add modules")
        presence = stdlib.is_stdlib(name, self._target)
        if presence is stdlib.Presence.PRESENT:
            return library.by_stub(name, self._target)
        if presence is stdlib.Presence.ABSENT or stdlib.is_in_c(parent.name, self._target):
            return absent
        return replace(absent, doubt="no stub of the standard library describes it")

    def _absent_in(
        self, parent: Resolution, name: str, tail: str, directories: _Directories
    ) -> Missing:
        missing = Missing(name, parent.name, parent.origin)
        if isinstance(parent, Namespace):
            missing = replace(missing, doubt=parent.doubt)
        return self._described(missing, tail, directories)

    def _absent(self, name: str, front: str | None) -> Missing:
        known = stdlib.is_stdlib_name(name)
        origin = Origin.STANDARD_LIBRARY if known else Origin.THIRD_PARTY
        directories = (*self._before, *self._after)
        if front is not None:
            directories = ((front, Origin.FIRST_PARTY), *directories)
        tail = name.rpartition(".")[2]
        return self._described(Missing(name, "", origin), tail, directories)

    def _described(self, missing: Missing, tail: str, directories: _Directories) -> Missing:
        """Add what is there instead: a stub, or an entry in another case."""
        for directory, origin in directories:
            listing = self._listings.of(directory)
            stub = listing.stubs.get(tail)
            other = self._listings.other_case(directory, tail)
            if stub is None and other is None:
                continue
            if missing.origin is Origin.THIRD_PARTY:
                missing = replace(missing, origin=origin)
            if stub is not None and missing.stub is None:
                missing = replace(missing, stub=posixpath.join(directory, stub))
            if other is not None and missing.other_case is None:
                missing = replace(missing, other_case=posixpath.join(directory, other))
        return missing


def _first_site(path: tuple[PathEntry, ...]) -> int:
    site = [i for i, entry in enumerate(path) if entry.origin is Origin.THIRD_PARTY]
    return site[0] if site else len(path)


def _contains(namespace: Namespace, directory: str | None) -> bool:
    """Whether an implied namespace is only the directory that the importing file is in."""
    return directory is not None and any(
        directory == portion or directory.startswith(portion + "/")
        for portion in namespace.portions
    )


def _namespace(name: str, portions: list[tuple[str, Origin]]) -> Namespace:
    return Namespace(name, tuple(dict.fromkeys(p for p, _ in portions)), portions[0][1])
