"""Which files hatchling, Poetry, Flit, PDM and uv put into a wheel.

Each reader follows its backend's documentation and code; the tests build real wheels with
real backends and compare.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from linkstep.model.tree import EntryKind
from linkstep.resolve.manifests import only_strings
from linkstep.resolve.roots import project_name
from linkstep.resolve.wheel_rules import (
    TAKEN,
    UNSURE,
    Match,
    Rules,
    Sources,
    Verdict,
    below,
    glob_hit,
    module_name,
)

_LEFT_OUT = "is not in the wheel"
_HARMLESS_HOOKS = frozenset({"vcs", "version"})


def hatchling_rules(sources: Sources, match: Match) -> Rules | None:
    """Give what hatchling takes; None with hooks, which may add anything."""
    manifest = sources.manifest
    build = manifest.table("tool", "hatch", "build")
    wheel = manifest.table("tool", "hatch", "build", "targets", "wheel")
    hooks = {**_table(build.get("hooks")), **_table(wheel.get("hooks"))}
    if hooks.keys() - _HARMLESS_HOOKS:
        return None

    def option(name: str) -> list[str]:
        return only_strings(wheel.get(name, build.get(name, [])))

    include, only = option("include"), option("only-include") or option("packages")
    if not include and not only:
        only = _default_packages(sources)
        if not only:
            return None
    forced = list({**_table(build.get("force-include")), **_table(wheel.get("force-include"))})
    settings = wheel.get("ignore-vcs", build.get("ignore-vcs", False))
    ignored = [] if settings else sources.text(".gitignore").splitlines()
    excluded, artifacts = option("exclude"), option("artifacts")

    def verdict(path: str) -> Verdict:
        if any(below(path, place) for place in forced) or path in only:
            return TAKEN
        if artifacts and match(artifacts, path):
            return UNSURE
        if only and not any(below(path, place) for place in only):
            some = ", ".join(only[:3])
            return f"{_LEFT_OUT}: hatchling takes {some} ({sources.place(some, 'pyproject.toml')})"
        if not only and match(include, path) is None:
            return f"{_LEFT_OUT}: no pattern of hatchling's `include` matches it"
        hit = match([*ignored, *excluded], path)
        if hit is None:
            return TAKEN
        place = sources.place(hit, "pyproject.toml", ".gitignore")
        return f"{_LEFT_OUT}: hatchling leaves `{hit}` out ({place})"

    return verdict


def _default_packages(sources: Sources) -> list[str]:
    """Give what hatchling takes when nothing is configured: what is named like the project."""
    raw = project_name(sources.manifest) or ""
    for name in (raw.replace("-", "_").replace(".", "_"), module_name(raw)):
        for place in (name, f"src/{name}"):
            if name and sources.is_file(f"{place}/__init__.py"):
                return [place]
        if name and sources.is_file(f"{name}.py"):
            return [f"{name}.py"]
        spaces = [
            directory
            for directory in sources.names("", EntryKind.DIRECTORY)
            if sources.is_file(f"{directory}/{name}/__init__.py")
        ]
        if len(spaces) == 1:
            return spaces
    return []


def poetry_rules(sources: Sources, match: Match) -> Rules | None:
    """Give what Poetry takes."""
    poetry = sources.manifest.table("tool", "poetry")
    if poetry.get("package-mode") is False:
        return None
    packages = list(_poetry_packages(sources, poetry.get("packages")))
    if not packages:
        return None
    included = poetry.get("include")
    extra = [
        (item, "") if isinstance(item, str) else (item.get("path"), str(item.get("format", "")))
        for item in (included if isinstance(included, list) else [])
        if isinstance(item, str | dict)
    ]
    excluded = only_strings(poetry.get("exclude", []))
    ignored = sources.text(".gitignore").splitlines()

    def verdict(path: str) -> Verdict:
        for pattern, form in extra:
            if isinstance(pattern, str) and glob_hit([pattern], path):
                return TAKEN if "wheel" in form else UNSURE
        if glob_hit(packages, path) is None:
            some = ", ".join(packages[:3])
            return f"{_LEFT_OUT}: Poetry takes {some}"
        hit = glob_hit(excluded, path)
        if hit is not None:
            return (
                f"{_LEFT_OUT}: Poetry leaves `{hit}` out ({sources.place(hit, 'pyproject.toml')})"
            )
        return UNSURE if match(ignored, path) else TAKEN

    return verdict


def _poetry_packages(sources: Sources, declared: Any) -> Iterator[str]:
    if isinstance(declared, list) and declared:
        for package in declared:
            forms = package.get("format", "wheel") if isinstance(package, dict) else ""
            if "wheel" in forms and isinstance(package.get("include"), str):
                yield posixpath.normpath(
                    posixpath.join(str(package.get("from", ".")), package["include"])
                )
        return
    name = module_name(project_name(sources.manifest) or "")
    for place in (name, f"src/{name}"):
        if name and sources.is_directory(place):
            yield place
            return
        if name and sources.is_file(f"{place}.py"):
            yield f"{place}.py"
            return


def flit_rules(sources: Sources, match: Match) -> Rules | None:
    """Give what Flit takes: one package with all that is in it, or one module."""
    manifest = sources.manifest
    name = manifest.value("tool", "flit", "module", "name") or manifest.value(
        "tool", "flit", "metadata", "module"
    )
    if not isinstance(name, str):
        name = (project_name(manifest) or "").replace("-", "_")
    place = name.replace(".", "/")
    found = [
        path
        for path in (place, f"src/{place}", f"{place}.py", f"src/{place}.py")
        if name and (sources.is_directory(path) or sources.is_file(path))
    ]
    if len(found) != 1:
        return None

    def verdict(path: str) -> Verdict:
        return TAKEN if below(path, found[0]) else f"{_LEFT_OUT}: Flit takes {found[0]} only"

    return verdict


def pdm_rules(sources: Sources, match: Match) -> Rules | None:
    """Give what pdm-backend takes."""
    manifest = sources.manifest
    build = manifest.table("tool", "pdm", "build")
    if build.get("custom-hook") or build.get("run-setuptools") or sources.is_file("pdm_build.py"):
        return None
    included = only_strings(build.get("includes", []))
    if not included:
        source = build.get("package-dir", "src" if sources.is_directory("src") else ".")
        tops = sources.names(str(source), EntryKind.DIRECTORY)
        places = [posixpath.normpath(posixpath.join(str(source), top)) for top in tops]
        included = [p for p in places if sources.is_file(f"{p}/__init__.py")]
        included = included or [posixpath.normpath(f"{source}/*.py")]
    sdist_only = only_strings(build.get("source-includes", [])) or ["tests"]
    excluded = [*only_strings(build.get("excludes", [])), *sdist_only]

    def verdict(path: str) -> Verdict:
        hit = glob_hit(excluded, path)
        named = glob_hit(included, path)
        if named is None:
            return f"{_LEFT_OUT}: PDM takes {', '.join(included[:3])}"
        if hit is None:
            return TAKEN
        if path in included and path != hit:
            return TAKEN  # a file that is named wins over what leaves out its directory
        if "*" in hit and any(glob_hit([hit], place) for place in included):
            return UNSURE  # the more exact pattern wins
        return f"{_LEFT_OUT}: PDM leaves `{hit}` out ({sources.place(hit, 'pyproject.toml')})"

    return verdict


def uv_rules(sources: Sources, match: Match) -> Rules | None:
    """Give what uv's own backend takes."""
    manifest = sources.manifest
    table = manifest.table("tool", "uv", "build-backend")
    root = table.get("module-root", "src")
    names = table.get("module-name", module_name(project_name(manifest) or ""))
    listed = [names] if isinstance(names, str) else only_strings(names)
    places = [
        posixpath.normpath(posixpath.join(str(root), name.replace(".", "/"))) for name in listed
    ]
    if not all(map(sources.is_directory, places)) or table.get("wheel-exclude"):
        return None

    def verdict(path: str) -> Verdict:
        if any(below(path, place) for place in places):
            return UNSURE if table.get("source-exclude") else TAKEN
        return f"{_LEFT_OUT}: uv takes {', '.join(places[:3])} only"

    return verdict


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
