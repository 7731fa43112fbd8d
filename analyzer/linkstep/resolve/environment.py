"""Which environment the tree is linked against.

`--python`, else the activated one, else one in the project, else conda's; see
`find_environment`. Choosing is apart from reading (interpreter.py, pth.py), so that a
container image can be read by the same code.
"""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from linkstep.errors import LinkstepError
from linkstep.model.environment import Environment, Origin, PathEntry
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.distributions import closure, find_distributions
from linkstep.resolve.interpreter import Installation, find_installation, platform_of
from linkstep.resolve.paths import from_root, is_inside, join, kind
from linkstep.resolve.pth import read_pth_files

_NEUTRAL = frozenset({"pip", "setuptools", "wheel"})
_IN_PROJECT = (".venv", "venv", "env")


def find_environment(tree: Tree, settings: ResolveSettings) -> Environment:
    """Choose an environment and read it; `why` says which, or why there is none.

    In this order: `--python`, `VIRTUAL_ENV`, `.venv`, `venv` or `env` in the project,
    `CONDA_PREFIX`. An environment that holds linkstep and what linkstep requires, and
    nothing else, was made for the tool (pre-commit, pipx, uv tool): it says nothing about
    the project and is passed over.

    Raises LinkstepError when `--python` names no Python.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "/shop/.venv/pyvenv.cfg": "version = 3.12.1",
    ...     "/shop/.venv/lib/python3.12/site-packages/six.py": "",
    ... })
    >>> found = find_environment(tree, ResolveSettings("/shop"))
    >>> found.why, found.version, [entry.directory for entry in found.site]
    ('.venv in the project', (3, 12), ['/shop/.venv/lib/python3.12/site-packages'])
    """
    home = settings.environ.get("HOME")
    if settings.environ.get("PYTHONNOUSERSITE") or not home:
        home = None
    if settings.python is not None:
        installation = _required(tree, settings, home)
        return _read(tree, installation, f"--python {settings.python}", settings)
    passed_over = ""
    for path, why in _offers(settings):
        found = find_installation(tree, path)
        if found is None:
            continue
        if _is_for_the_tool(tree, found):
            passed_over = f" ({why} holds linkstep only)"
            continue
        return _read(tree, found, why, settings)
    return Environment(why=f"no environment found{passed_over}")


def with_standard_library(
    tree: Tree, environment: Environment, target: Target, settings: ResolveSettings
) -> Environment:
    """Fill in the standard library of the Python that runs linkstep, where that may stand in.

    It may when its version and platform are the target's and the environment has none
    that can be read, or has one of another version. `stdlib_exact` then is False, and so
    it is when the environment's own library was installed on another platform: only its
    Python files are the target's too, and what it leaves out may be there on the target.
    """
    if environment.stdlib and environment.version == target.version:
        built_for = platform_of(tree, tuple(entry.directory for entry in environment.stdlib))
        same = built_for is None or built_for == target.platform
        if same:
            return environment
        usable = tuple(e for e in environment.stdlib if not _holds_extensions(e.directory))
        return replace(environment, stdlib=usable, stdlib_exact=False)
    host = Target(settings.host_version, settings.host_platform)
    own = find_installation(tree, settings.own_prefix) if settings.own_prefix else None
    fits = own is not None and host == target and own.version in (None, target.version)
    directories = own.stdlib if own is not None and fits else ()
    entries = tuple(
        PathEntry(directory, Origin.STANDARD_LIBRARY, "standard library of linkstep's own Python")
        for directory in directories
    )
    return replace(environment, stdlib=entries, stdlib_exact=False)


def _holds_extensions(directory: str) -> bool:
    return posixpath.basename(directory) in ("lib-dynload", "DLLs")


def _offers(settings: ResolveSettings) -> list[tuple[str, str]]:
    offers = []
    active = settings.environ.get("VIRTUAL_ENV")
    if active:
        offers.append((join(settings.project_root, active), "VIRTUAL_ENV"))
    offers += [
        (join(settings.project_root, name), f"{name} in the project") for name in _IN_PROJECT
    ]
    conda = settings.environ.get("CONDA_PREFIX")
    if conda:
        offers.append((join(settings.project_root, conda), "CONDA_PREFIX"))
    return offers


def _required(tree: Tree, settings: ResolveSettings, home: str | None) -> Installation:
    path = join(settings.project_root, settings.python or "")
    found = find_installation(tree, path, home=home)
    if found is not None:
        return found
    there = kind(tree, path)
    if there is None:
        raise LinkstepError("no such interpreter or environment", where=f"--python {path}")
    what = "directory" if there is EntryKind.DIRECTORY else "file"
    raise LinkstepError(
        f"the {what} is no Python interpreter and no environment",
        where=f"--python {path}",
        why="there is no pyvenv.cfg and no lib/python3.X/os.py around it",
        hint="name the python file in an environment's bin directory, or that environment",
    )


def _is_for_the_tool(tree: Tree, installation: Installation) -> bool:
    installed = find_distributions(tree, installation.site)
    if "linkstep" not in installed:
        return False
    return installed.keys() <= closure(tree, "linkstep", installed) | _NEUTRAL


def _read(
    tree: Tree, installation: Installation, why: str, settings: ResolveSettings
) -> Environment:
    site: dict[str, PathEntry] = {}
    mappings: list[tuple[str, str]] = []
    opaque: list[str] = []
    for directory in installation.site:
        site.setdefault(
            directory, PathEntry(directory, Origin.THIRD_PARTY, f"site-packages: {why}")
        )
        additions = read_pth_files(tree, directory)
        for path, file in additions.directories:
            entry = _added(path, file, installation.prefix, settings.project_root)
            site.setdefault(entry.directory, entry)
        for name, path in additions.mappings:
            mappings.append((name, _place(path, installation.prefix, settings.project_root)))
        opaque += additions.opaque
    return Environment(
        site=tuple(site.values()),
        stdlib=tuple(
            PathEntry(directory, Origin.STANDARD_LIBRARY, f"standard library: {why}")
            for directory in installation.stdlib
        ),
        mappings=tuple(mappings),
        opaque_finders=tuple(opaque),
        found=True,
        why=why,
        version=installation.version,
        stdlib_exact=bool(installation.stdlib),
        prefix=installation.prefix,
    )


def _added(path: str, file: str, prefix: str, project_root: str) -> PathEntry:
    directory = _place(path, prefix, project_root)
    origin = Origin.THIRD_PARTY if directory.startswith("/") else Origin.FIRST_PARTY
    return PathEntry(directory, origin, f"added by {file}")


def _place(path: str, prefix: str, project_root: str) -> str:
    """Count a path from the project when it is the project's, not its environment's."""
    return path if is_inside(path, prefix) else from_root(path, project_root)
