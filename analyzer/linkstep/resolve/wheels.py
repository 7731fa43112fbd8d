"""What a wheel says it is, and where it would be installed."""

from __future__ import annotations

import posixpath
from pathlib import Path

from packaging.utils import (
    InvalidName,
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from linkstep.errors import LinkstepError
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.declarations.markers import parse
from linkstep.resolve.installed import Installation


def wheel_identity(path: Path) -> tuple[str, str]:
    """Give the normalized name and the version in the file name of a wheel.

    >>> wheel_identity(Path("dist/Flask_Login-0.6.3-py3-none-any.whl"))
    ('flask-login', '0.6.3')
    """
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except (InvalidWheelFilename, InvalidName, InvalidVersion, ValueError) as error:
        raise LinkstepError(
            "the file is not named as a wheel", where=str(path), why=str(error)
        ) from None
    return str(name), str(version)


def requested(text: str) -> str:
    """Give the normalized name of a requirement on the command line.

    Raises LinkstepError for what is neither a requirement nor a wheel.

    >>> requested("Flask==3.0.3")
    'flask'
    """
    requirement = parse(text)
    if requirement is None or requirement.url or requirement.marker:
        raise LinkstepError(
            f"{text!r} is neither DIST==VERSION nor a wheel",
            hint="for example: linkstep upgrade flask==3.0.3",
        )
    return str(canonicalize_name(requirement.name))


def is_newer(version: str, installed: str) -> bool:
    """Say whether a version comes after the one installed; False for what is no version.

    >>> is_newer("2.0", "1.10"), is_newer("2.0", "2.0.0"), is_newer("x", "1")
    (True, False, False)
    """
    try:
        return Version(version) > Version(installed)
    except InvalidVersion:
        return False


def installed_files(tree: Tree, installation: Installation, name: str) -> frozenset[str]:
    """Give the files of an installed distribution relative to its site directory.

    From `RECORD`; of a distribution without one, all that is below its top-level names.
    """
    files = {path for path in installation.files(name) if not path.startswith(("..", "/"))}
    distribution = installation.distributions[name]
    found = installation.describe(name)
    if not files and found is not None:
        for module in found.modules:
            files.update(_below(tree, distribution.site, module))
            files.update({f"{module}.py"})
    info = posixpath.basename(distribution.metadata)
    files.update(_below(tree, distribution.site, info))
    return frozenset(files)


def _below(tree: Tree, site: str, directory: str) -> list[str]:
    found = []
    for name, kind in tree.entries(posixpath.join(site, directory)).items():
        path = posixpath.join(directory, name)
        found += _below(tree, site, path) if kind is EntryKind.DIRECTORY else [path]
    return found
