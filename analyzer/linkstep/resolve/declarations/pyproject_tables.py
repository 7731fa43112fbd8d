"""Declarations of `pyproject.toml`: the standard tables, and those of pdm, hatch, uv and flit.

Poetry has a language of its own and a module of its own (poetry_tables.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkstep.errors import LinkstepError
from linkstep.model.declarations import Kind
from linkstep.resolve.declarations.kinds import KindPatterns, kind_of_group
from linkstep.resolve.declarations.markers import extra_of, parse
from linkstep.resolve.declarations.recorder import Recorder
from linkstep.resolve.manifests import Manifest, only_strings


def read_project_tables(manifest: Manifest, recorder: Recorder, patterns: KindPatterns) -> None:
    """Record what the tables of a `pyproject.toml` declare.

    >>> from linkstep.model.target import Target
    >>> recorder = Recorder("pyproject.toml", "", Target((3, 11)))
    >>> read_project_tables(Manifest("", {
    ...     "project": {"dependencies": ["six"], "optional-dependencies": {"s3": ["boto3"]}},
    ...     "dependency-groups": {"test": ["pytest"], "dev": [{"include-group": "test"}]},
    ... }), recorder, KindPatterns())
    >>> [(one.name, one.kind.value, one.group) for one in recorder.found]
    [('six', 'production', ''), ('boto3', 'optional', 's3'), ('pytest', 'development', 'test'), \
('pytest', 'development', 'dev')]
    """
    for text in manifest.strings("project", "dependencies"):
        requirement = parse(text)
        extra = extra_of(requirement.marker) if requirement is not None else ""
        if extra:  # of a wheel, which has one list for all
            kind = kind_of_group(extra, recorder.path, patterns, otherwise=Kind.OPTIONAL)
            recorder.add(text, kind, extra, applies=False)
        else:
            recorder.add(text, Kind.PRODUCTION, below="[project]")
    extras = ("project", "optional-dependencies")
    _lists(manifest, extras, recorder, patterns)
    _groups(manifest, recorder, patterns)
    for text in manifest.strings("build-system", "requires"):
        recorder.add(text, Kind.BUILD, below="[build-system]")
    for keys in (("tool", "pdm", "dev-dependencies"), ("tool", "flit", "metadata", "dev")):
        for group, texts in manifest.table(*keys).items():
            for text in only_strings(texts):
                recorder.add(_without_option(text), Kind.DEVELOPMENT, group)
    for text in manifest.strings("tool", "uv", "dev-dependencies"):
        recorder.add(text, Kind.DEVELOPMENT, "dev", below="[tool.uv]")
    _flit(manifest, recorder, patterns)
    _hatch(manifest, recorder)


def local_sources(manifest: Manifest) -> Iterator[str]:
    """Give the distributions that uv takes from the workspace or from a directory of the tree."""
    for name, source in manifest.table("tool", "uv", "sources").items():
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict) and (one.get("workspace") is True or "path" in one):
                yield name


def _lists(
    manifest: Manifest, keys: tuple[str, ...], recorder: Recorder, patterns: KindPatterns
) -> None:
    for group, texts in manifest.table(*keys).items():
        kind = kind_of_group(group, recorder.path, patterns, otherwise=Kind.OPTIONAL)
        for text in only_strings(texts):
            recorder.add(text, kind, group, below=keys[-1])


def _groups(manifest: Manifest, recorder: Recorder, patterns: KindPatterns) -> None:
    """Record PEP 735 groups; one that includes itself is refused, as the PEP demands."""
    groups = manifest.table("dependency-groups")
    by_name = {_normal(name): (name, entries) for name, entries in groups.items()}
    for normal, (name, _) in by_name.items():
        kind = kind_of_group(name, recorder.path, patterns, otherwise=Kind.OPTIONAL)
        for text in _included(normal, by_name, (), recorder.path):
            recorder.add(text, kind, name, below="[dependency-groups]")


def _included(
    group: str, by_name: dict[str, tuple[str, Any]], path: tuple[str, ...], where: str
) -> Iterator[str]:
    if group in path:
        chain = " -> ".join((*path, group))
        raise LinkstepError(
            "a dependency group includes itself", where=where, why=f"include-group: {chain}"
        )
    entries = by_name[group][1] if group in by_name else []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            yield from _included(_normal(entry["include-group"]), by_name, (*path, group), where)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _without_option(text: str) -> str:
    """Give what pdm's `-e file:///...#egg=name` declares."""
    return text.removeprefix("-e").strip()


def _flit(manifest: Manifest, recorder: Recorder, patterns: KindPatterns) -> None:
    for text in manifest.strings("tool", "flit", "metadata", "requires"):
        recorder.add(text, Kind.PRODUCTION)
    _lists(manifest, ("tool", "flit", "metadata", "requires-extra"), recorder, patterns)


def _hatch(manifest: Manifest, recorder: Recorder) -> None:
    """Record the environments of hatch: they are what developers and CI work in."""
    for name, environment in manifest.table("tool", "hatch", "envs").items():
        if isinstance(environment, dict):
            for key in ("dependencies", "extra-dependencies"):
                for text in only_strings(environment.get(key)):
                    recorder.add(text, Kind.DEVELOPMENT, name, below=f"envs.{name}")
