"""Modules that are not in the tree because a build makes them, and what the project requires.

Both keep an absence from being called a mistake: a version file that setuptools_scm
writes, an extension module, a distribution that is asked for but cannot be looked into.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.build_backend import renamed_packages
from linkstep.resolve.manifests import Manifest, only_strings
from linkstep.resolve.paths import join, read_text

_MESON_MODULE = re.compile(r"\bextension_module\(\s*'([\w.]+)'")
_CMAKE_MODULE = re.compile(
    r"\b(?:pybind11_add_module|nanobind_add_module|python_add_library|Python3?_add_library"
    r"|add_cython_target|python_extension_module)\s*\(\s*([\w.]+)",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*\w)?)\s*(?:[\[<>=!~;@(#,]|\s--|$)")
_EXTENSION = re.compile(
    r"\b(?:Pybind11|Rust|Cpp|CUDA|Cython)?Extension"
    r"\(\s*(?:name\s*=\s*|target\s*=\s*)?[\"']([\w.]+)[\"']"
)


def built_modules(tree: Tree, manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Give the modules that a build creates, as `Project.built` describes.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({".gitignore": "*.pyc\\nsrc/shop/_version.py\\n_local.py\\n"})
    >>> built_modules(tree, [Manifest("", {"tool": {"maturin": {"module-name": "shop._fast"}}})])
    ('*/_local', './src/shop/_version', 'shop._fast')
    """
    found: set[str] = set()
    for manifest in manifests:
        found.update(_version_files(manifest))
        found.update(_compiled(tree, manifest))
        found.update(renamed_packages(manifest))
        found.update(_ignored_modules(tree, manifest.directory))
    found.update(_ignored_modules(tree, ""))
    return tuple(sorted(found))


def required_distributions(tree: Tree, manifests: Iterable[Manifest]) -> frozenset[str]:
    """Give the normalized names of the distributions that the project asks for anywhere.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"requirements.txt": "Flask>=2 # web\\n-r more.txt\\ngit+https://x\\n"})
    >>> manifest = Manifest("", {"project": {"dependencies": ["PyYAML[x]; python_version>'3'"]}})
    >>> sorted(required_distributions(tree, [manifest]))
    ['flask', 'pyyaml']
    """
    lines: list[str] = []
    places = {""}
    for manifest in manifests:
        places.add(manifest.directory)
        lines += _manifest_requirements(manifest)
    for place in sorted(places):
        for directory in (place, posixpath.join(place, "requirements")):
            for name, kind in tree.entries(directory).items():
                inside = directory.endswith("requirements")
                is_list = name.endswith((".txt", ".in")) and (inside or "requirements" in name)
                if is_list and kind is EntryKind.FILE:
                    lines += (read_text(tree, posixpath.join(directory, name)) or "").splitlines()
    return frozenset(filter(None, map(_requirement_name, lines)))


def _manifest_requirements(manifest: Manifest) -> list[str]:
    lines = manifest.strings("project", "dependencies")
    groups = [
        *manifest.table("project", "optional-dependencies").values(),
        *manifest.table("dependency-groups").values(),
        manifest.setup_py.get("install_requires"),
    ]
    extras = manifest.setup_py.get("extras_require")
    groups += extras.values() if isinstance(extras, dict) else []
    for group in groups:
        lines += only_strings(group)
    poetry = manifest.table("tool", "poetry")
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    named = poetry.get("group")
    tables += [g.get("dependencies") for g in (named or {}).values() if isinstance(g, dict)]
    for table in tables:
        lines += list(table) if isinstance(table, dict) else []
    lines += manifest.option("options", "install_requires").splitlines()
    for value in manifest.setup_cfg.get("options.extras_require", {}).values():
        lines += value.splitlines()
    return lines


def _requirement_name(line: str) -> str | None:
    # Not by `packaging`: what pip would refuse for its version still names a distribution.
    match = _REQUIREMENT.match(line)
    return canonicalize_name(match[1]) if match is not None else None


def _version_files(manifest: Manifest) -> Iterator[str]:
    tool = ("tool",)
    scm = [*tool, "setuptools_scm"], [*tool, "setuptools-scm"]
    files = [
        *(manifest.value(*keys, option) for keys in scm for option in ("version_file", "write_to")),
        manifest.value("tool", "hatch", "build", "hooks", "vcs", "version-file"),
        manifest.value("tool", "hatch", "build", "hooks", "version", "path"),
        manifest.value("tool", "pdm", "version", "write_to"),
        manifest.value("tool", "versioningit", "write", "file"),
        manifest.value("tool", "versioneer", "versionfile_build"),
        manifest.value("tool", "versioneer", "versionfile_source"),
    ]
    use_scm = manifest.setup_py.get("use_scm_version")
    if isinstance(use_scm, dict):
        files += [use_scm.get("write_to"), use_scm.get("version_file")]
    for file in only_strings(files):
        yield _stem(manifest.directory, file)
    generated = manifest.value("tool", "scikit-build", "generate")
    for entry in generated if isinstance(generated, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            yield "*/" + posixpath.basename(entry["path"]).removesuffix(".py")


def _stem(directory: str, file: str) -> str:
    path = join(directory, file.lstrip("/")).removesuffix(".py")
    return f"./{path}"


def _compiled(tree: Tree, manifest: Manifest) -> Iterator[str]:
    yield from manifest.strings("tool", "maturin", "module-name")
    if manifest.value("build-system", "build-backend") == "maturin":
        name = manifest.value("project", "name")
        if isinstance(name, str):
            yield name.replace("-", "_")
    modules = manifest.value("tool", "setuptools", "ext-modules")
    for module in modules if isinstance(modules, list) else []:
        if isinstance(module, dict) and isinstance(module.get("name"), str):
            yield module["name"]
    for name, pattern in (
        ("setup.py", _EXTENSION),
        ("build.py", _EXTENSION),
        ("meson.build", _MESON_MODULE),
        ("CMakeLists.txt", _CMAKE_MODULE),
    ):
        path = posixpath.join(manifest.directory, name)
        if tree.entries(manifest.directory).get(name) is EntryKind.FILE:
            for found in pattern.findall(read_text(tree, path) or ""):
                # meson and CMake name the module only; the package comes from elsewhere.
                yield found if pattern is _EXTENSION else f"*/{found.rpartition('.')[2]}"


def _ignored_modules(tree: Tree, directory: str) -> Iterator[str]:
    """Read the Python files that a `.gitignore` names: they exist where they are made."""
    path = posixpath.join(directory, ".gitignore")
    if tree.entries(directory).get(".gitignore") is not EntryKind.FILE:
        return
    for line in (read_text(tree, path) or "").splitlines():
        pattern = line.strip().replace("**/", "*/")
        if pattern.endswith(".py") and not pattern.startswith(("#", "!")):
            stem = pattern.removesuffix(".py")
            if stem.startswith("*/") or "/" not in stem:
                yield "*/" + stem.rpartition("/")[2]
            else:
                yield _stem(directory, pattern)
        elif pattern.endswith("/") and "/" in pattern.strip("/") and "*" not in pattern:
            yield _stem(directory, pattern.rstrip("/"))
