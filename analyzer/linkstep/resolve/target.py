"""Which Python will run the code: the project's, not the one that runs linkstep."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from linkstep.model.environment import Environment
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target
from linkstep.model.tree import Tree
from linkstep.resolve.dockerfile import Dockerfile
from linkstep.resolve.manifests import Manifest
from linkstep.resolve.paths import is_file, read_text

_NEWEST_MINOR = 30


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
    """Write poetry's caret and tilde as PEP 440 does, as far as the lower bound needs it."""
    return re.sub(r"[\^~](?!=)\s*", ">=", text.partition("||")[0].strip())


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
        if any(admitted.contains(f"3.{minor}.{micro}") for micro in (0, 1, 99)):
            return 3, minor
    return None
