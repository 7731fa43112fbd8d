"""The interpreter of an image: its environment, and what only its own files can tell.

Which modules are compiled in is read from the interpreter's symbols, and which extension
modules it takes from those of its own library, so that nothing depends on the Python
that runs linkstep.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter

from msgspec.structs import replace

from linkstep.errors import LinkstepError
from linkstep.model.environment import Environment, PathEntry
from linkstep.model.image import ImageFiles
from linkstep.model.settings import ResolveSettings
from linkstep.resolve.container.shared_libraries import Loader
from linkstep.resolve.environment import find_environment
from linkstep.resolve.interpreter import find_installation

# Initialised by name in `Python/pylifecycle.c`, without a `PyInit_` function that is exported.
_WITHOUT_SYMBOL = frozenset(
    {"sys", "builtins", "marshal", "_warnings", "_frozen_importlib", "_frozen_importlib_external"}
)
_FEWEST = 10
_TAGGED = re.compile(r"\.cpython-\d+[a-z]*-([\w-]+)\.so\Z")


def read_environment(
    files: ImageFiles, python: str, home: str, environ: dict[str, str], root: str
) -> Environment:
    """Give the environment of the interpreter that is started as `python`.

    `home` is the directory of the image's user, `root` the one that first-party paths are
    counted from. Raises LinkstepError when there is no library around the interpreter.
    """
    settings = ResolveSettings(
        project_root=root,
        python=python,
        environ={**environ, "HOME": environ.get("HOME", home)},
    )
    if find_installation(files, python) is None:
        raise LinkstepError(
            "the image's Python has no library",
            where=python,
            why="there is no pyvenv.cfg and no lib/python3.X/os.py around it",
            hint="name another interpreter of the image with --python",
        )
    environment = find_environment(files, settings)
    environment = replace(environment, sealed=True, why=python)
    if not environment.stdlib_exact:
        return environment
    return replace(
        environment,
        site=tuple(_said(entry, python) for entry in environment.site),
        stdlib=tuple(_said(entry, python) for entry in environment.stdlib),
        built_in=_built_in(files, python, environ),
        extension_platform=_extension_platform(files, environment),
    )


def _said(entry: PathEntry, python: str) -> PathEntry:
    return replace(entry, why=entry.why.replace(f"--python {python}", python))


def _built_in(files: ImageFiles, python: str, environ: dict[str, str]) -> frozenset[str] | None:
    """Give the modules compiled into an interpreter, None when it does not tell.

    They are in the executable, or in the `libpython` that it loads.
    """
    binary = files.binary(python)
    if binary is None:
        return None
    modules = binary.modules
    for name in binary.needed:
        if name.startswith("libpython"):
            library = Loader(files, environ, None).find(name, python)
            inside = files.binary(library) if library is not None else None
            modules += inside.modules if inside is not None else ()
    return frozenset(modules) | _WITHOUT_SYMBOL if len(modules) >= _FEWEST else None


def _extension_platform(files: ImageFiles, environment: Environment) -> str | None:
    """Give what most extension modules of the library have in their names."""
    found = Counter(
        match[1]
        for entry in environment.stdlib
        if posixpath.basename(entry.directory) == "lib-dynload"
        for name in files.entries(entry.directory)
        if (match := _TAGGED.search(name))
    )
    return found.most_common(1)[0][0] if found else None
