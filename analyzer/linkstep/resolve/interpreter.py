"""An interpreter or virtual environment, read by its layout; nothing is executed.

`site` and `getpath` of the standard library say where things are: `lib/pythonX.Y` below
the prefix, `Lib` and `DLLs` on Windows, `pyvenv.cfg` in a virtual environment with the
`home` of the interpreter it was made from, Debian's `dist-packages`.
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import is_directory, is_file, join, read_text

_Version = tuple[int, int]
_LIBRARY_DIRECTORY = re.compile(r"(?:python|pypy)3\.(\d+)t?\Z")
_INTERPRETER = re.compile(r"(?:python|pypy)(?:3(?:\.(\d+))?t?)?(?:\.exe)?\Z")


class Installation(Struct, frozen=True):
    """A Python below `prefix`: its version, library and site-packages directories.

    `base` is the prefix of the interpreter that a virtual environment was made from.
    """

    prefix: str
    version: _Version | None
    stdlib: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    base: str | None = None


def find_installation(tree: Tree, path: str, *, home: str | None = None) -> Installation | None:
    """Read the Python at `path`: an interpreter, or the directory of an environment.

    None when there is nothing of the kind. `home` is the user's directory, whose
    site-packages an interpreter outside of virtual environments looks into as well.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "/venv/pyvenv.cfg": "home = /usr/bin\\nversion = 3.11.2\\n",
    ...     "/venv/lib/python3.11/site-packages/six.py": "",
    ...     "/usr/lib/python3.11/os.py": "",
    ... })
    >>> find_installation(tree, "/venv")  # doctest: +NORMALIZE_WHITESPACE
    Installation(prefix='/venv', version=(3, 11), stdlib=('/usr/lib/python3.11',),
                 site=('/venv/lib/python3.11/site-packages',), base='/usr')
    """
    for prefix, version in _possible_prefixes(tree, path):
        settings = read_text(tree, posixpath.join(prefix, "pyvenv.cfg"))
        if settings is not None:
            return _virtual_environment(tree, prefix, _parse(settings), home)
        installation = _system(tree, prefix, version, home)
        if installation is not None:
            return installation
    return None


def platform_of(tree: Tree, stdlib: tuple[str, ...]) -> str | None:
    """Say which `sys.platform` an installed standard library was built for, None if unknown.

    Unix builds hold a file of their build variables, named after the platform; Windows keeps
    the library in `Lib`.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/py/lib/python3.12/_sysconfigdata__darwin_darwin.py": ""})
    >>> platform_of(tree, ("/py/lib/python3.12",)), platform_of(tree, ("C:/Python312/Lib",))
    ('darwin', 'win32')
    """
    for directory in stdlib:
        if posixpath.basename(directory) in ("Lib", "DLLs"):
            return "win32"
        for name in tree.entries(directory):
            if name.startswith("_sysconfigdata_"):
                known = (word for word in ("linux", "darwin") if word in name)
                return next(known, None)
    return None


def _possible_prefixes(tree: Tree, path: str) -> list[tuple[str, _Version | None]]:
    """Give the directories that may be the prefix, with the version a file name tells.

    `pyvenv.cfg` is looked for beside the interpreter's link before the link is followed.
    """
    if is_directory(tree, path):
        return [(path, None)]
    if not is_file(tree, path):
        return []
    prefixes = []
    for file in dict.fromkeys((path, tree.real_path(path))):
        directory, name = posixpath.split(file)
        match = _INTERPRETER.match(name)
        if match is None:
            continue
        version = (3, int(match[1])) if match[1] else None
        # Windows keeps python.exe in the prefix itself, its environments in Scripts.
        prefixes += [(posixpath.dirname(directory), version), (directory, version)]
    versions = [version for _, version in prefixes if version]
    return [(prefix, version or next(iter(versions), None)) for prefix, version in prefixes]


def _parse(text: str) -> dict[str, str]:
    """Read `pyvenv.cfg`: `key = value`, keys in any case (PEP 405)."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _virtual_environment(
    tree: Tree, prefix: str, settings: dict[str, str], home: str | None
) -> Installation:
    version = _version(settings.get("version") or settings.get("version_info") or "")
    base = settings.get("base-prefix")
    if base is None and "home" in settings:
        where = settings["home"].replace("\\", "/").rstrip("/")
        base = posixpath.dirname(where) if posixpath.basename(where) == "bin" else where
    system = None
    if base is not None:
        system = _system(tree, base, version, home)
        if system is None and "home" in settings:
            system = _behind_links(tree, settings["home"], version, home)
    site = _directories(tree, prefix, version, "site-packages")
    if version is None and site:
        version = _version(site[0])
    if system is not None and settings.get("include-system-site-packages", "").lower() == "true":
        site += tuple(directory for directory in system.site if directory not in site)
    if system is None:
        return Installation(prefix, version, (), site, base)
    return Installation(prefix, version or system.version, system.stdlib, site, system.prefix)


def _behind_links(
    tree: Tree, directory: str, version: _Version | None, home: str | None
) -> Installation | None:
    """Follow `home/pythonX.Y` where that directory holds links only (Homebrew, uv)."""
    names = ["python3", "python"]
    if version is not None:
        names.insert(0, f"python{version[0]}.{version[1]}")
    for name in names:
        real = tree.real_path(posixpath.join(directory, name))
        found = _system(tree, posixpath.dirname(posixpath.dirname(real)), version, home)
        if found is not None:
            return found
    return None


def _system(
    tree: Tree, prefix: str, version: _Version | None, home: str | None
) -> Installation | None:
    """Read an installation that is no virtual environment; None when it has no library."""
    libraries = [
        directory
        for directory in _directories(tree, prefix, version, "")
        if is_file(tree, posixpath.join(directory, "os.py"))
        or is_file(tree, posixpath.join(directory, "os.pyc"))
    ]
    if not libraries:
        return None
    # Several versions share a prefix such as /usr: the newest stands for `python3`.
    library = libraries[-1]
    version = version or _version(library)
    extensions = [posixpath.join(library, "lib-dynload"), posixpath.join(prefix, "DLLs")]
    stdlib = (library, *(directory for directory in extensions if is_directory(tree, directory)))
    site = _directories(tree, prefix, version, "site-packages")
    if prefix == "/usr":
        local = _directories(tree, "/usr/local", version, "dist-packages")
        debian = posixpath.join(prefix, "lib/python3/dist-packages")
        site = (*local, *site, *((debian,) if is_directory(tree, debian) else ()))
    if home is not None:
        site = (*_directories(tree, join(home, ".local"), version, "site-packages"), *site)
    return Installation(prefix, version, stdlib, site)


def _directories(tree: Tree, prefix: str, version: _Version | None, inner: str) -> tuple[str, ...]:
    """Give `lib/pythonX.Y/inner` of the version, or of all versions in order; or `Lib/inner`."""
    found: dict[tuple[int, str], str] = {}
    entries = tree.entries(prefix)
    for library in ("lib", "lib64", "Lib"):
        if entries.get(library) is not EntryKind.DIRECTORY:
            continue
        above = posixpath.join(prefix, library)
        if library == "Lib":
            windows = posixpath.join(above, inner) if inner else above
            if is_directory(tree, windows):
                found[99, library] = windows
            continue
        for name in tree.entries(above):
            match = _LIBRARY_DIRECTORY.match(name)
            if match is None or (version is not None and int(match[1]) != version[1]):
                continue
            directory = posixpath.join(above, name, inner).rstrip("/")
            # lib64 is mostly a link to lib: what is there already is not taken twice.
            if is_directory(tree, directory) and (int(match[1]), name) not in found:
                found[int(match[1]), name] = directory
    return tuple(found[key] for key in sorted(found))


def _version(text: str) -> _Version | None:
    match = re.search(r"(?<![\d.])3\.(\d+)", text)
    return (3, int(match[1])) if match else None
