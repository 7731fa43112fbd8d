"""Modules that are not in the tree because a build makes them, or git does not bring them.

They keep an absence from being called a mistake: a version file that setuptools_scm
writes, an extension module, a submodule that is not checked out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.build_backend import renamed_packages
from linkstep.resolve.manifests import Manifest, only_strings, read_ini
from linkstep.resolve.paths import join, read_text

_MESON_MODULE = re.compile(r"\bextension_module\(\s*'([\w.]+)'")
_CMAKE_MODULE = re.compile(
    r"\b(?:pybind11_add_module|nanobind_add_module|python_add_library|Python3?_add_library"
    r"|add_cython_target|python_extension_module)\s*\(\s*([\w.]+)",
    re.IGNORECASE,
)
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


def absent_submodules(tree: Tree) -> tuple[str, ...]:
    """Give the submodules of git (gitmodules(5)) whose directory is empty.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = '[submodule "a"]\\n\\tpath = vendor/a\\n\\turl = ../a.git\\n'
    >>> absent_submodules(MemoryTree({".gitmodules": text}))
    ('vendor/a',)
    """
    if tree.entries("").get(".gitmodules") is not EntryKind.FILE:
        return ()
    sections = read_ini(read_text(tree, ".gitmodules") or "")
    paths = [join("", section["path"]) for section in sections.values() if section.get("path")]
    return tuple(sorted(path for path in paths if not tree.entries(path)))


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
