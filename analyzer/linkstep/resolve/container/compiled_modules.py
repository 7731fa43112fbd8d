"""Compiled modules that an image cannot load, since a shared library is not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from linkstep.model.image import ImageFiles
from linkstep.model.tree import EntryKind
from linkstep.resolve.container.shared_libraries import Loader, MissingLibrary

_MOST_DIRECTORIES = 200_000


def unloadable_modules(
    files: ImageFiles, loader: Loader, directories: Iterable[str]
) -> dict[str, MissingLibrary]:
    """Give the compiled modules below `directories` that lack a library, by path.

    A library that lies somewhere below these directories does not count as missing: a
    package may load it by its path before it imports the module that needs it.
    """
    modules, present = [], set[str]()
    for directory, name in _shared_objects(files, directories):
        present.add(name)
        modules.append(posixpath.join(directory, name))
    found = {}
    for path in sorted(modules):
        missing = loader.missing(path)
        if missing is not None and missing.name not in present:
            found[path] = missing
    return found


def exception_of(missing: MissingLibrary) -> str:
    """Give what importing a module raises for want of a library (dlopen(3), glibc's words).

    >>> exception_of(MissingLibrary("libpq.so.5", "/x.so"))
    'ImportError: libpq.so.5: cannot open shared object file: No such file or directory'
    """
    return f"ImportError: {missing.name}: cannot open shared object file: No such file or directory"


def _shared_objects(files: ImageFiles, directories: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give directory and name of every shared object; links to directories are not followed."""
    pending = list(dict.fromkeys(directories))
    seen: set[str] = set()
    while pending and len(seen) < _MOST_DIRECTORIES:
        directory = pending.pop()
        if directory in seen:
            continue
        seen.add(directory)
        for name, kind in files.entries(directory).items():
            path = posixpath.join(directory, name)
            if kind is EntryKind.DIRECTORY:
                if files.link(path) is None:
                    pending.append(path)
            elif ".so" in name:
                yield directory, name
