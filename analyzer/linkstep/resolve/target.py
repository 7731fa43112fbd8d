"""Which Python will run the code: the project's, not the one that runs linkstep."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from linkstep.model.environment import Environment
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target, Version
from linkstep.model.tree import Tree
from linkstep.resolve.dockerfile import Dockerfile
from linkstep.resolve.manifests import Manifest
from linkstep.resolve.paths import is_file, read_text

_NEWEST_MINOR = 30
# The versions whose standard library is known by name: see stdlib.py.
_OLDEST_KNOWN, _NEWEST_KNOWN = 8, 15


def find_target(
    tree: Tree,
    settings: ResolveSettings,
    environment: Environment,
    manifest: Manifest,
    dockerfiles: Iterable[Dockerfile] = (),
) -> tuple[Target, str]:
    """Give the target and why: the first of these that says something.

    Configuration; the environment's interpreter; `.python-version`; the Python image of a
    Dockerfile, the lowest where several disagree, since code must run on all of them;
    the lowest version that `requires-python` admits; the Python that runs linkstep.
    The platform is configured, or the one linkstep runs on; an image is Linux.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({".python-version": "3.12.1\\n"})
    >>> target, why = find_target(tree, ResolveSettings("/w"), Environment(), Manifest(""))
    >>> str(target), why
    ('Python 3.12 on linux', '.python-version')
    """
    images = [file for file in dockerfiles if file.version is not None]
    platform = settings.platform or settings.host_platform
    if settings.target_version is not None:
        return Target(settings.target_version, platform), "configuration"
    if environment.version is not None:
        return Target(environment.version, platform), f"the environment: {environment.why}"
    pinned = _pinned(read_text(tree, ".python-version") or "") if _is_pinned(tree) else None
    if pinned is not None:
        return Target(pinned, platform), ".python-version"
    if images:
        lowest = min(images, key=lambda file: (file.version, file.path))
        why = f"FROM {lowest.image} in {lowest.path}"
        if len({file.version for file in images}) > 1:
            why += f", the lowest of {len(images)} Dockerfiles"
        return Target(lowest.version or settings.host_version, settings.platform or "linux"), why
    required = _lowest(_requires_python(manifest))
    if required is not None:
        return Target(required, platform), f"requires-python {_requires_python(manifest)}"
    return Target(settings.host_version, platform), "the Python that runs linkstep"


def admitted_versions(manifest: Manifest) -> tuple[tuple[Version, ...], str]:
    """Give the minor versions that `requires-python` admits, in order, and how it is written.

    None when it names no lowest version. Of versions that nobody knows yet nothing is said.

    >>> admitted_versions(Manifest("", {"project": {"requires-python": ">=3.12,<3.14"}}))
    (((3, 12), (3, 13)), 'requires-python >=3.12,<3.14')
    >>> admitted_versions(Manifest(""))
    ((), '')
    """
    text = _requires_python(manifest)
    if _lowest(text) is None:
        return (), ""
    admitted = SpecifierSet(text)
    known = range(_OLDEST_KNOWN, _NEWEST_KNOWN + 1)
    versions = tuple((3, minor) for minor in known if _admits(admitted, minor))
    return versions, f"requires-python {text}"


def _admits(admitted: SpecifierSet, minor: int) -> bool:
    return any(admitted.contains(f"3.{minor}.{micro}") for micro in (0, 1, 99))


def _is_pinned(tree: Tree) -> bool:
    return is_file(tree, ".python-version")


def _pinned(text: str) -> tuple[int, int] | None:
    """Read the first version of `.python-version` (pyenv, uv).

    >>> _pinned("# ours\\ncpython-3.11.4\\n3.12\\n"), _pinned("system\\n")
    ((3, 11), None)
    """
    for line in text.splitlines():
        match = re.search(r"(?<![\d.])3\.(\d+)", line.partition("#")[0])
        if match is not None:
            return 3, int(match[1])
    return None


def _requires_python(manifest: Manifest) -> str:
    values = (
        manifest.value("project", "requires-python"),
        manifest.option("options", "python_requires"),
        manifest.setup_py.get("python_requires"),
    )
    value = next((value for value in values if isinstance(value, str) and value), None)
    if value is None:
        poetry = manifest.value("tool", "poetry", "dependencies", "python")
        value = _from_poetry(poetry) if isinstance(poetry, str) else ""
    return value


def _from_poetry(text: str) -> str:
    """Write poetry's caret and tilde as PEP 440 does; alternatives (`||`) as their first.

    >>> _from_poetry("^3.9"), _from_poetry("~3.9.2"), _from_poetry("~3.11 || ^3.13")
    ('>=3.9,<4', '>=3.9.2,<3.10', '>=3.11,<3.12')
    """
    text = re.sub(r"\^\s*(\d+)([\d.]*)", _caret, text.partition("||")[0].strip())
    return re.sub(r"~(?!=)\s*(\d+)\.(\d+)([\d.]*)", _tilde, text)


def _caret(found: re.Match[str]) -> str:
    return f">={found[1]}{found[2]},<{int(found[1]) + 1}"


def _tilde(found: re.Match[str]) -> str:
    return f">={found[1]}.{found[2]}{found[3]},<{found[1]}.{int(found[2]) + 1}"


def _lowest(specifier: str) -> tuple[int, int] | None:
    """Give the lowest minor version of Python 3 that a specifier admits.

    >>> _lowest(">=3.10,<4"), _lowest("!=3.0.*,>=3.8.1"), _lowest(""), _lowest("<3.8")
    ((3, 10), (3, 8), None, None)
    """
    try:
        admitted = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    if not any(one.operator in (">=", ">", "~=", "==", "===") for one in admitted):
        return None
    for minor in range(_NEWEST_MINOR):
        if _admits(admitted, minor):
            return 3, minor
    return None
