"""Declarations of poetry: tables from name to constraint, in `[tool.poetry]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkstep.model.declarations import Kind
from linkstep.resolve.declarations.kinds import KindPatterns, kind_of_group
from linkstep.resolve.declarations.poetry_versions import to_specifier
from linkstep.resolve.declarations.recorder import Recorder
from linkstep.resolve.manifests import Manifest, only_strings

_LOCAL = frozenset({"path", "git", "url", "file"})


def read_poetry(manifest: Manifest, recorder: Recorder, patterns: KindPatterns) -> None:
    """Record what `[tool.poetry]` declares: main dependencies, extras and groups.

    An optional dependency belongs to the extras that name it.

    >>> from linkstep.model.target import Target
    >>> recorder = Recorder("pyproject.toml", "", Target((3, 11)))
    >>> read_poetry(Manifest("", {"tool": {"poetry": {
    ...     "dependencies": {"python": "^3.11", "six": "^1.16",
    ...                      "boto3": {"version": "*", "optional": True}},
    ...     "extras": {"s3": ["boto3"]},
    ...     "group": {"dev": {"dependencies": {"pytest": ">=8"}}},
    ... }}}), recorder, KindPatterns())
    >>> [(one.requirement, one.kind.value, one.group) for one in recorder.found]
    [('six>=1.16,<2', 'production', ''), ('boto3', 'optional', 's3'), \
('pytest>=8', 'development', 'dev')]
    """
    poetry = ("tool", "poetry")
    extras = manifest.table(*poetry, "extras")
    in_extra: dict[str, str] = {}
    for extra, names in extras.items():
        for name in only_strings(names):
            in_extra.setdefault(name.lower(), extra)
    for name, entry in _entries(manifest.table(*poetry, "dependencies")):
        optional = isinstance(entry, dict) and entry.get("optional") is True
        extra = in_extra.get(name.lower(), "") if optional else ""
        kind = Kind.PRODUCTION
        if optional:
            kind = kind_of_group(extra, recorder.path, patterns, otherwise=Kind.OPTIONAL)
        _record(recorder, name, entry, kind, extra, "[tool.poetry.dependencies]")
    for name, entry in _entries(manifest.table(*poetry, "dev-dependencies")):
        _record(recorder, name, entry, Kind.DEVELOPMENT, "dev", "[tool.poetry.dev-dependencies]")
    for group, table in manifest.table(*poetry, "group").items():
        kind = kind_of_group(group, recorder.path, patterns, otherwise=Kind.OPTIONAL)
        listed = table.get("dependencies") if isinstance(table, dict) else None
        for name, entry in _entries(listed):
            _record(recorder, name, entry, kind, group, f"[tool.poetry.group.{group}")


def _entries(table: Any) -> Iterator[tuple[str, Any]]:
    """Give the entries of a table, each constraint of a list by itself; Python is none."""
    for name, value in table.items() if isinstance(table, dict) else ():
        if name.lower() != "python":
            for entry in value if isinstance(value, list) else [value]:
                yield name, entry


def _record(recorder: Recorder, name: str, entry: Any, kind: Kind, group: str, below: str) -> None:
    """Record one entry: a constraint, or a table with one and with extras and markers."""
    table = entry if isinstance(entry, dict) else {"version": entry}
    version, marker = table.get("version"), table.get("markers")
    recorder.add_named(
        name,
        kind,
        group,
        below,
        specifier=(to_specifier(version) or "") if isinstance(version, str) else "",
        extras=only_strings(table.get("extras")),
        marker=_marker(marker, table.get("python"), table.get("platform")),
        local=not _LOCAL.isdisjoint(table),
    )


def _marker(marker: Any, python: Any, platform: Any) -> str:
    """Give the marker of an entry, with poetry's short forms written out."""
    parts = [f"({marker})"] if isinstance(marker, str) and marker else []
    if isinstance(python, str):
        specifier = to_specifier(python)
        for one in (specifier or "").split(",") if specifier else []:
            operator = one.rstrip("0123456789.*")
            parts.append(f"python_version {operator} '{one[len(operator) :]}'")
    if isinstance(platform, str):
        parts.append(f"sys_platform == '{platform}'")
    return " and ".join(parts)
