"""Which part of an image is the application, and on which path it runs.

The entry points say what is imported and which directories come first on `sys.path`; the
application is where that is found. Everything else on the path is its environment.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from linkstep.model.entry_points import EntryPoint
from linkstep.model.environment import Origin, PathEntry
from linkstep.model.image import ImageConfig, ImageFiles
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import from_root, is_directory, is_file, is_inside, kind

_SUFFIXES = ("py", "pyi", "so", "pyc")
_DIRECTORY = EntryKind.DIRECTORY


class Application(Struct, frozen=True):
    """The directory that is the project, and the entry points counted from it.

    `only` are the entries of `root` that belong to the application, None for all: an
    application that is installed shares site-packages with others. `path` are the
    directories before the standard library on `sys.path`, in order, its own counted from
    `root`. `exact` says that there are no others.
    """

    root: str
    only: frozenset[str] | None
    path: tuple[PathEntry, ...]
    entries: tuple[EntryPoint, ...]
    exact: bool


def find_application(
    entries: Sequence[EntryPoint],
    config: ImageConfig,
    files: ImageFiles,
    site: Sequence[str],
    exact: bool,
    root: str | None = None,
) -> Application:
    """Give the application that the entry points belong to.

    `site` are the directories of installed packages; `root` is the directory that the user
    named as the application's.

    >>> from linkstep.model.entry_points import EntryKind as Starts
    >>> from linkstep.model.facts import Location
    >>> from linkstep.model.summary import Span
    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/srv/shop/main.py": ""})
    >>> place = Location("image configuration", Span(1, 1, 1, 1))
    >>> entry = EntryPoint("", Starts.SERVER, place, "uvicorn", "shop.main", path=("/srv",))
    >>> found = find_application([entry], ImageConfig(working_dir="/srv"), tree, (), True)
    >>> found.root, [(e.directory, e.why) for e in found.path]
    ('/srv', [('', 'the command: uvicorn')])
    """
    places = [place for entry in entries for place in _places(entry, files, site)]
    installed = [place for place in places if any(place[0] == s for s in site)]
    own = [directory for directory, _ in places if directory not in site]
    only = None
    if root is None:
        if not own and installed:
            root = installed[0][0]
            only = frozenset(
                name
                for directory, top in installed
                if directory == root
                for name in _belonging(top, files.entries(root))
            )
        else:
            root = _common(own, entries, config, files)
    path = []
    for directory, why in _path(entries, config).items():
        inside = from_root(directory, root)
        is_own = not inside.startswith("/") and only is None
        if is_directory(files, directory) or is_file(files, directory):
            origin = Origin.FIRST_PARTY if is_own else Origin.THIRD_PARTY
            path.append(PathEntry(inside if is_own else directory, origin, why))
    if only is not None:
        path.append(PathEntry("", Origin.FIRST_PARTY, "the application is installed there"))
    return Application(
        root,
        only,
        tuple(path),
        tuple(_counted_from(entry, root) for entry in entries),
        exact and all(entry.certain for entry in entries),
    )


def _path(entries: Iterable[EntryPoint], config: ImageConfig) -> dict[str, str]:
    """Give the directories before the standard library, with the reason for each."""
    path: dict[str, str] = {}
    variable = [
        posixpath.normpath(posixpath.join(config.working_dir, part or "."))
        for part in config.environ.get("PYTHONPATH", "").split(":")
        if config.environ.get("PYTHONPATH")
    ]
    for entry in entries:
        for directory in entry.path:
            if directory.startswith("/"):
                why = f"the command: {entry.launcher or entry.why}"
                path.setdefault(directory, "PYTHONPATH" if directory in variable else why)
    for directory in variable:
        path.setdefault(directory, "PYTHONPATH")
    return path


def _places(entry: EntryPoint, files: Tree, site: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give the directory of the path, and the top-level name in it, where an entry is found."""
    if entry.script is not None:
        directory, name = posixpath.split(entry.script)
        if kind(files, entry.script) is not None and directory not in site:
            yield directory, name.partition(".")[0]
        return
    top = (entry.module or "").partition(".")[0]
    for directory in (*entry.path, *site):
        if top and any(_belonging(top, files.entries(directory))):
            yield directory, top
            return


def _belonging(top: str, entries: Mapping[str, EntryKind]) -> Iterator[str]:
    """Give the entries of a directory that are the module or package `top`."""
    for name, what in entries.items():
        stem, _, suffix = name.partition(".")
        if stem == top and (suffix.endswith(_SUFFIXES) if suffix else what is _DIRECTORY):
            yield name


def _common(
    own: Sequence[str], entries: Sequence[EntryPoint], config: ImageConfig, files: Tree
) -> str:
    """Give the working directory when it holds all that is started, else what is above it."""
    if own:
        if is_file(files, own[0]):
            return own[0]  # an archive that is run
        if config.working_dir != "/" and all(is_inside(d, config.working_dir) for d in own):
            return config.working_dir
        common = posixpath.commonpath(own)
        return common if common != "/" else own[0]
    if config.working_dir != "/" and is_directory(files, config.working_dir):
        return config.working_dir
    first = next((d for entry in entries for d in entry.path if is_directory(files, d)), None)
    return first or config.working_dir


def _counted_from(entry: EntryPoint, root: str) -> EntryPoint:
    script = None if entry.script is None else from_root(entry.script, root)
    return replace(
        entry,
        script=script,
        path=tuple(from_root(directory, root) for directory in entry.path),
    )
