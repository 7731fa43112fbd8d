"""Whether what is installed fits together, and fits the interpreter.

What `pip check` asks, for the distributions that the project needs: is each requirement
there, in a version it admits. And what it does not ask: does the Python of the environment
meet `Requires-Python`, and was the wheel built for this Python and platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import InvalidTag, parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from linkstep.model.declarations import Conflict, ConflictKind, Declaration
from linkstep.model.target import Target
from linkstep.resolve.declarations.markers import name_in
from linkstep.resolve.installed import Installation, Needed

_MICROS = range(31)
_PLATFORMS = {"linux": ("linux", "manylinux", "musllinux"), "darwin": ("macosx",)}


def find_conflicts(
    installation: Installation, needed: dict[str, Needed], target: Target
) -> tuple[Conflict, ...]:
    """Give what does not fit, among the distributions that are needed.

    >>> from linkstep.model.environment import Environment, Origin, PathEntry
    >>> from linkstep.tree.memory import MemoryTree
    >>> site = Environment((PathEntry("/s", Origin.THIRD_PARTY, ""),), found=True)
    >>> tree = MemoryTree({"/s/a-1.dist-info/METADATA": "Requires-Dist: b<2\\n",
    ...     "/s/b-2.0.dist-info/METADATA": "Requires-Python: >=3.13\\n"})
    >>> installation = Installation(tree, site, Target((3, 11)))
    >>> found = find_conflicts(installation, installation.closure([("a", ())]), Target((3, 11)))
    >>> [(one.distribution, one.requirement, one.found, one.chain) for one in found]
    [('a', 'b<2', '2.0', ('a',)), ('b', 'Python >=3.13', 'Python 3.11', ('a', 'b'))]
    """
    found = []
    for name, why in sorted(needed.items()):
        version = installation.distributions[name].version
        for kind, requirement, there in (
            *_unmet(installation, installation.requirements(name, sorted(why.extras))),
            *_wrong_python(installation.metadata(name, "Requires-Python"), target),
            *_wrong_platform(installation.metadata(name, "Tag"), target),
        ):
            written = installation.written(name)
            lacks = (name_in(requirement) or "") if kind is ConflictKind.MISSING else ""
            found.append(Conflict(written, version, kind, requirement, there, why.chain, lacks))
    return tuple(found)


def unmet_declarations(
    installation: Installation, declared: Iterable[Declaration]
) -> dict[Declaration, str]:
    """Give the declarations that an installed version does not meet, with that version."""
    found = {}
    for one in declared:
        there = installation.distributions.get(one.name)
        if there is not None and one.applies and admits(one.specifier, there.version) is False:
            found[one] = there.version
    return found


def admits(specifier: str, version: str) -> bool | None:
    """Say whether a version meets a specifier; None when one of them cannot be read.

    >>> admits(">=2,<3", "2.5"), admits(">=2", "1.9"), admits(">=2", "2.0rc1"), admits("^2", "2")
    (True, False, False, None)
    """
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def runs_on(specifier: str, target: Target) -> bool:
    """Say whether `Requires-Python` admits some micro version of the target.

    >>> runs_on(">=3.11.4", Target((3, 11))), runs_on(">=3.12", Target((3, 11)))
    (True, False)
    """
    major, minor = target.version
    return any(admits(specifier, f"{major}.{minor}.{micro}") is not False for micro in _MICROS)


def built_for(tag: str, target: Target) -> bool:
    """Say whether a wheel's tag may fit the target; the processor and libc are not known.

    >>> linux = Target((3, 11), "linux")
    >>> [built_for(tag, linux) for tag in ("py3-none-any", "cp310-cp310-manylinux_2_17_x86_64",
    ...     "cp38-abi3-manylinux2014_x86_64", "cp311-cp311-win_amd64")]
    [True, False, True, False]
    """
    try:
        tags = parse_tag(tag)
    except (InvalidTag, ValueError):
        return True
    return any(
        _fits_python(one.interpreter, one.abi, target) and _fits_platform(one.platform, target)
        for one in tags
    )


def _unmet(
    installation: Installation, listed: Iterable[Requirement]
) -> Iterator[tuple[ConflictKind, str, str]]:
    for one in listed:
        there = installation.distributions.get(str(canonicalize_name(one.name)))
        text = f"{one.name}{one.specifier}"
        if there is None:
            yield ConflictKind.MISSING, text, ""
        elif admits(str(one.specifier), there.version) is False:
            yield ConflictKind.VERSION, text, there.version


def _wrong_python(values: Iterable[str], target: Target) -> Iterator[tuple[ConflictKind, str, str]]:
    for value in values:
        if not runs_on(value, target):
            there = f"Python {target.version[0]}.{target.version[1]}"
            yield ConflictKind.PYTHON, f"Python {value}", there


def _wrong_platform(tags: list[str], target: Target) -> Iterator[tuple[ConflictKind, str, str]]:
    if tags and not any(built_for(tag, target) for tag in tags):
        yield ConflictKind.PLATFORM, f"a Python for {tags[0]}", str(target)


def _fits_python(interpreter: str, abi: str, target: Target) -> bool:
    match = re.fullmatch(r"(py|cp)(\d)(\d*)", interpreter)
    if match is None:
        return False
    if int(match[2]) != target.version[0]:
        return False
    if not match[3]:
        return True
    minor = int(match[3])
    if match[1] == "py" or abi == "abi3":
        return minor <= target.version[1]
    return minor == target.version[1]


def _fits_platform(platform: str, target: Target) -> bool:
    if platform == "any":
        return True
    known = _PLATFORMS.get(target.platform, (target.platform,))
    return platform.startswith(("win",) if target.platform == "win32" else known)
