"""Requirements and their markers (PEP 508), decided for a target instead of for this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from linkstep.model.target import Target

# What the target leaves open is asked both ways: its micro version and its processor.
_MICROS = (0, 99)
_MACHINES = ("x86_64", "aarch64")
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*\w)?)\s*(?:[\[<>=!~;@(#,]|\s--|$)")


def holds(marker: Marker | None, target: Target, extras: Iterable[str] = ()) -> bool | None:
    """Say whether a marker holds for a target; None when that depends on the machine.

    >>> linux = Target((3, 11), "linux")
    >>> holds(Marker("sys_platform == 'win32'"), linux), holds(Marker("extra == 'x'"), linux, ["x"])
    (False, True)
    >>> holds(Marker("platform_machine == 'aarch64'"), linux) is None
    True
    """
    if marker is None:
        return True
    verdicts = {
        any(_evaluate(marker, _environment(target, micro, machine, e)) for e in ("", *extras))
        for micro in _MICROS
        for machine in _MACHINES
    }
    return verdicts.pop() if len(verdicts) == 1 else None


def parse(text: str) -> Requirement | None:
    """Read a requirement; None when it is none. Whoever only needs the name asks `name_in`."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def name_in(text: str) -> str | None:
    """Give the normalized name at the start of a requirement that pip may refuse for its rest.

    >>> name_in("PyYAML >=5.*"), name_in("git+https://example.org/x")
    ('pyyaml', None)
    """
    match = _NAME.match(text)
    return canonicalize_name(match[1]) if match is not None else None


def extra_of(marker: Marker | None) -> str:
    """Give the extra that a marker asks for, as wheels write it; empty for none.

    >>> extra_of(Marker("python_version > '3.8' and extra == 'test'"))
    'test'
    """
    match = re.search(r"""extra\s*==\s*["']([^"']+)["']""", str(marker or ""))
    return match[1] if match is not None else ""


def _evaluate(marker: Marker, environment: dict[str, str]) -> bool:
    try:
        return marker.evaluate(environment)
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def _environment(target: Target, micro: int, machine: str, extra: str) -> dict[str, str]:
    version = f"{target.version[0]}.{target.version[1]}"
    machines = {"win32": {"x86_64": "AMD64", "aarch64": "ARM64"}, "darwin": {"aarch64": "arm64"}}
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{version}.{micro}",
        "os_name": target.os_name,
        "platform_machine": machines.get(target.platform, {}).get(machine, machine),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": target.system,
        "platform_version": "",
        "python_full_version": f"{version}.{micro}",
        "python_version": version,
        "sys_platform": target.platform,
        "extra": extra,
    }
