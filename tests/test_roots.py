"""Roots, target and generated modules: what a project's own files say about itself."""

from __future__ import annotations

import random

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.environment import Environment, Found, Origin
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target
from linkstep.resolve.dockerfile import find_dockerfiles
from linkstep.resolve.finder import Finder
from linkstep.resolve.manifests import Manifest
from linkstep.resolve.project import resolve_project
from linkstep.resolve.target import find_target
from linkstep.tree.memory import MemoryTree

ROOT = "/work/shop"


def roots(files: dict[str, str], **settings: object) -> dict[str, str]:
    project = resolve_project(MemoryTree(files), ResolveSettings(ROOT, **settings))  # type: ignore
    assert all(entry.origin is Origin.FIRST_PARTY for entry in project.roots)
    return {entry.directory: entry.why for entry in project.roots}


# Declared roots

LAST = {"": "the project root"}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "pyproject.toml",
            "[tool.setuptools.package-dir]\n'' = 'lib'\n",
            {"lib": "[tool.setuptools] package-dir"},
        ),
        (
            "pyproject.toml",
            "[tool.setuptools.package-dir]\nshop = 'python/shop'\nother = 'python/x'\n",
            {"python": "[tool.setuptools] package-dir"},
        ),
        (
            "pyproject.toml",
            "[tool.setuptools.packages.find]\nwhere = ['lib', 'python']\n",
            {
                "lib": "[tool.setuptools.packages.find] where",
                "python": "[tool.setuptools.packages.find] where",
            },
        ),
        (
            "setup.cfg",
            "[options]\npackage_dir =\n    = lib\n[options.packages.find]\nwhere = python\n",
            {"lib": "setup.cfg package_dir", "python": "setup.cfg [options.packages.find] where"},
        ),
        (
            "setup.py",
            "import setuptools as s\ns.setup(package_dir={'': 'lib'}, packages=s.find_packages())",
            {"lib": "setup.py package_dir"},
        ),
        (
            "setup.py",
            "from setuptools import *\nD = 'lib'\nsetup(packages=find_packages(where=D))",
            {"lib": "setup.py packages"},
        ),
        ("setup.py", "raise SystemExit('never run')", {}),
        (
            "pyproject.toml",
            "[tool.hatch.build.targets.wheel]\npackages = ['lib/shop']\n",
            {"lib": "[tool.hatch.build.targets.wheel] packages"},
        ),
        (
            "pyproject.toml",
            "[tool.hatch.build]\nsources = ['lib']\ndev-mode-dirs = ['python']\n",
            {"python": "[tool.hatch.build] dev-mode-dirs", "lib": "[tool.hatch.build] sources"},
        ),
        (
            "pyproject.toml",
            "[tool.poetry]\npackages = [{include = 'shop', from = 'lib'}]\n",
            {"lib": "[tool.poetry] packages"},
        ),
        (
            "pyproject.toml",
            "[tool.pdm.build]\npackage-dir = 'lib'\n",
            {"lib": "[tool.pdm.build] package-dir"},
        ),
        (
            "pyproject.toml",
            "[tool.maturin]\npython-source = 'python'\n",
            {"python": "[tool.maturin] python-source"},
        ),
        (
            "pyproject.toml",
            "[tool.uv.build-backend]\nmodule-root = 'lib'\n",
            {"lib": "[tool.uv.build-backend] module-root"},
        ),
        (
            "pyproject.toml",
            "[tool.scikit-build]\nwheel.packages = ['lib/shop']\n",
            {"lib": "[tool.scikit-build] wheel.packages"},
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\npythonpath = ['lib', 'nowhere']\n",
            {"lib": "pytest pythonpath"},
        ),
        ("pytest.ini", "[pytest]\npythonpath = lib python\n", dict.fromkeys(["lib", "python"])),
        ("tox.ini", "[pytest]\npythonpath = lib\n", {"lib": "pytest pythonpath"}),
        ("setup.cfg", "[tool:pytest]\npythonpath = lib\n", {"lib": "pytest pythonpath"}),
        ("pyproject.toml", "[tool.hatch.build]\nsources = '../up'\npackages = 3\n", {}),
        ("pyproject.toml", "broken = [", {}),
    ],
)
def test_roots_that_a_build_or_pytest_declares(
    file: str, text: str, expected: dict[str, str | None]
) -> None:
    files = {"lib/shop/a.py": "", "python/shop/b.py": "", file: text}
    wanted = {name: why or "pytest pythonpath" for name, why in expected.items()}
    found = roots(files)
    assert found == wanted | LAST
    assert list(found)[-1] == ""


def test_src_is_a_root_unless_it_is_a_package() -> None:
    assert roots({"src/shop/a.py": ""}) == {"src": "layout: src/ holds Python"} | LAST
    assert roots({"src/__init__.py": "", "src/a.py": ""}) == LAST
    assert roots({"src/main.rs": ""}) == LAST


def test_members_of_a_workspace_are_installed_side_by_side() -> None:
    workspace = (
        "[tool.uv.workspace]\nmembers = ['packages/*', 'apps/api']\nexclude = ['packages/old']"
    )
    files = {
        "pyproject.toml": workspace,
        "packages/money/pyproject.toml": "[tool.hatch.build]\nsources = ['python']",
        "packages/money/python/money/a.py": "",
        "packages/old/pyproject.toml": "",
        "packages/old/a.py": "",
        "apps/api/setup.py": "",
        "apps/api/src/api/a.py": "",
    }
    assert (
        roots(files)
        == {
            "apps/api/src": "layout: apps/api/src/ holds Python",
            "apps/api": "a member of the workspace",
            "packages/money/python": "[tool.hatch.build] sources in packages/money/pyproject.toml",
            "packages/money": "a member of the workspace",
        }
        | LAST
    )


def test_configuration_says_all_there_is_to_say() -> None:
    files = {"src/a.py": "", "lib/b.py": "", "backend/app/__init__.py": ""}
    assert roots(files, roots=("lib", "./lib/", ".")) == {
        "lib": "configuration",
        "": "configuration",
    }
    project = resolve_project(MemoryTree(files), ResolveSettings(ROOT, roots=("lib",)))
    assert project.implied == ()
    with pytest.raises(LinkstepError, match="the root 'nowhere' is not a directory"):
        roots(files, roots=("nowhere",))


def test_pythonpath_counts_where_it_is_inside_the_project() -> None:
    environ = {"PYTHONPATH": f"{ROOT}/lib:/elsewhere:tools:"}
    assert (
        roots({"lib/a.py": "", "tools/b.py": ""}, environ=environ)
        == {
            "lib": "PYTHONPATH",
            "tools": "PYTHONPATH",
        }
        | LAST
    )


# Implied roots


def implied(files: dict[str, str]) -> dict[str, str]:
    project = resolve_project(MemoryTree(files), ResolveSettings(ROOT))
    return {entry.directory: entry.why for entry in project.implied}


@pytest.mark.parametrize(
    ("path", "dockerfile", "expected"),
    [
        ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .", [""]),
        ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY backend/ /app", ["backend"]),
        ("Dockerfile", "FROM x\nWORKDIR /srv\nCOPY backend/app ./app", ["backend"]),
        ("Dockerfile", "FROM x\nCOPY . /code\nENV PYTHONPATH=/code/backend:/x", ["backend"]),
        ("Dockerfile", "FROM x\nARG D=/a\nCOPY . ${D}\nWORKDIR $D/backend", ["backend"]),
        ("Dockerfile", 'FROM x\nWORKDIR /app\nCOPY ["backend", "/app/"]', ["backend"]),
        ("Dockerfile", "FROM x\nWORKDIR \\\n  /app\n# no\nADD backend .", ["backend"]),
        ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY --from=build /w /app", []),
        ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY ../.. /app", []),
        ("backend/Dockerfile", "FROM x\nWORKDIR /app\nCOPY app app", ["backend"]),
        ("backend/Dockerfile", "FROM x\nWORKDIR /app\nCOPY backend/app app", ["backend"]),
        ("docker/api.Dockerfile", "FROM x\nWORKDIR /app\nCOPY backend .", ["backend"]),
    ],
)
def test_the_working_directory_of_an_image_is_translated(
    path: str, dockerfile: str, expected: list[str]
) -> None:
    tree = MemoryTree({"backend/app/main.py": "", path: dockerfile})
    (found,) = find_dockerfiles(tree, ("", "backend", "docker"))
    assert list(found.roots) == expected


def test_a_folder_of_packages_is_searched_last_and_shadows_nothing() -> None:
    files = {
        "backend/app/__init__.py": "",
        "backend/queue.py": "",
        "tests/test_app.py": "",
        "tests/fake/__init__.py": "",
        "docs/ext/__init__.py": "",
    }
    assert implied(files) == {"backend": "layout: backend/ holds packages"}
    tree = MemoryTree(files)
    finder = Finder(tree, resolve_project(tree, ResolveSettings(ROOT)))
    assert finder.find("app", "tests") == Found(
        "app", "backend/app/__init__.py", Origin.FIRST_PARTY, True
    )
    assert getattr(finder.find("queue", "tests"), "origin", None) is Origin.STANDARD_LIBRARY


def test_two_folders_with_the_same_package_decide_nothing() -> None:
    files = {"api/app/__init__.py": "", "jobs/app/__init__.py": "", "tests/t.py": ""}
    tree = MemoryTree(files)
    finder = Finder(tree, resolve_project(tree, ResolveSettings(ROOT)))
    answer = finder.find("app", "tests")
    assert getattr(answer, "doubt", None) == (
        "api/app/__init__.py and jobs/app/__init__.py both have the name"
    )
    assert finder.find("app", "jobs/app") == Found(
        "app", "jobs/app/__init__.py", Origin.FIRST_PARTY, True
    )


# Generated modules, requirements, name


@pytest.mark.parametrize(
    ("files", "built"),
    [
        ({"pyproject.toml": "[tool.setuptools_scm]\nwrite_to='a/_v.py'"}, ["./a/_v"]),
        ({"pyproject.toml": "[tool.setuptools_scm]\nversion_file='src/a/_v.py'"}, ["./src/a/_v"]),
        ({"pyproject.toml": "[tool.hatch.build.hooks.vcs]\nversion-file='a/v.py'"}, ["./a/v"]),
        ({"pyproject.toml": "[tool.maturin]\nmodule-name='a._a'"}, ["a._a"]),
        ({"setup.py": "setup(use_scm_version={'write_to': 'a/_v.py'})"}, ["./a/_v"]),
        (
            {"setup.py": "E = [Extension('a.fast', ['x.c']), Extension(\n name='a.b')]"},
            ["a.b", "a.fast"],
        ),
        ({"setup.py": "setup(rust_extensions=[RustExtension('a._r', binding=P)])"}, ["a._r"]),
        ({"pyproject.toml": "", "meson.build": "py.extension_module('_x',\n 'x.c')"}, ["*/_x"]),
        ({"pyproject.toml": "", "CMakeLists.txt": "pybind11_add_module(_y MODULE a.cc)"}, ["*/_y"]),
        ({"setup.py": "setup(package_dir={'a': 'source', 'b': 'lib/b'})"}, ["a"]),
        (
            {".gitignore": "*.pyc\n!keep.py\n# x.py\n*_gen.py\n/a/_v.py\na/out/\nbuild/\n"},
            ["*/*_gen", "./a/_v", "./a/out"],
        ),
        ({"lib/x/pyproject.toml": "[tool.setuptools_scm]\nwrite_to='y/_v.py'"}, ["./lib/x/y/_v"]),
    ],
)
def test_what_a_build_makes_is_known(files: dict[str, str], built: list[str]) -> None:
    tree = MemoryTree({"a/m.py": "", "lib/x/n.py": ""} | files)
    assert resolve_project(tree, ResolveSettings(ROOT)).built == tuple(built)


def test_requirements_are_collected_from_everywhere() -> None:
    files = {
        "pyproject.toml": (
            "[project]\nname='shop'\ndependencies=['Flask>=2']\n[project.optional-dependencies]\n"
            "x=['ruamel.yaml']\n[dependency-groups]\ndev=['pytest', {include-group='x'}]\n"
            "[tool.poetry.dependencies]\npython='^3.9'\nDjango='*'\n"
            "[tool.poetry.group.t.dependencies]\nmoto={version='1'}\n"
        ),
        "requirements-dev.txt": "black==1 --hash=sha256:0\n-e .\n\n./wheels/x.whl\n",
        "requirements/base.in": "celery[redis]~=5 ; python_version < '4'\n",
        "requirements.in.d/none.txt": "ignored",
        "api/setup.cfg": "[options]\ninstall_requires =\n  gunicorn\n",
        "api/a.py": "",
    }
    project = resolve_project(MemoryTree(files), ResolveSettings(ROOT))
    assert sorted(project.requires) == (
        [
            "black",
            "celery",
            "django",
            "flask",
            "gunicorn",
            "moto",
            "pytest",
            "ruamel-yaml",
        ]
    )
    assert project.declared == "shop"


# Target


def target(
    files: dict[str, str], environment: Environment | None = None, **settings: object
) -> str:
    project = resolve_project(MemoryTree(files), ResolveSettings(ROOT, **settings))  # type: ignore
    return f"{project.target}: {project.target_why}"


def test_the_target_is_the_projects_python() -> None:
    host = {"host_version": (3, 13), "host_platform": "darwin"}
    files = {
        "setup.cfg": "[options]\npython_requires = >=3.9, <4\n",
        "api/Dockerfile": "FROM --platform=linux/amd64 python:3.11-slim AS a\nFROM node:20\n",
        "jobs/Dockerfile": "ARG V=3.10\nFROM docker.io/library/python:${V}-alpine\n",
        "api/a.py": "",
        "jobs/b.py": "",
        ".python-version": "3.12.4\n",
        f"{ROOT}/.venv/pyvenv.cfg": "version = 3.8.1",
    }
    said = [target(files, target_version=(3, 14), platform="win32", **host), target(files, **host)]
    for gone in (f"{ROOT}/.venv/pyvenv.cfg", ".python-version", "jobs/Dockerfile"):
        del files[gone]
        said.append(target(files, **host))
    for gone in ("api/Dockerfile", "setup.cfg"):
        del files[gone]
        said.append(target(files, **host))
    assert said == [
        "Python 3.14 on win32: configuration",
        "Python 3.8 on darwin: the environment: .venv in the project",
        "Python 3.12 on darwin: .python-version",
        "Python 3.10 on linux: FROM docker.io/library/python:3.10-alpine in jobs/Dockerfile, "
        "the lowest of 2 Dockerfiles",
        "Python 3.11 on linux: FROM python:3.11-slim in api/Dockerfile",
        "Python 3.9 on darwin: requires-python >=3.9, <4",
        "Python 3.13 on darwin: the Python that runs linkstep",
    ]


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("^3.9", (3, 9)), ("~3.10", (3, 10)), (">=3.8.2,<3.12 || ^3.13", (3, 8)), ("*", (3, 11))],
)
def test_poetry_writes_python_versions_its_own_way(
    specifier: str, version: tuple[int, int]
) -> None:
    manifest = Manifest("", {"tool": {"poetry": {"dependencies": {"python": specifier}}}})
    found, _ = find_target(MemoryTree({}), ResolveSettings(ROOT), Environment(), manifest)
    assert found == Target(version)


# Hostile input


def test_files_of_any_content_give_no_hint_and_no_error() -> None:
    choose = random.Random(7)
    names = """
        pyproject.toml setup.cfg setup.py pytest.ini tox.ini Dockerfile .gitignore
        .python-version requirements.txt meson.build CMakeLists.txt
    """
    words = """
        [tool.poetry] [project] [options] = name packages find_packages( where='' { } [ ] '' "
        FROM python:3. COPY WORKDIR ENV PYTHONPATH=/ .. * ** / \\ ${ ${V:-x} setup( \0
    """
    for _ in range(300):
        files: dict[str, str | bytes] = {"a.py": ""}
        for name in names.split():
            text = " ".join(choose.choices([*words.split(), "\n"], k=choose.randrange(12)))
            files[name] = text.encode() + choose.randbytes(3)
        resolve_project(MemoryTree(files), ResolveSettings(ROOT))


@pytest.mark.parametrize(
    "text",
    [
        "tool = 1",
        "[tool]\npoetry = 1\nhatch = []\nsetuptools = 'x'",
        "[tool.poetry]\npackages = [1, {from = 2}]\ndependencies = 3\ngroup = {a = 1}",
        "[project]\nname = 1\ndependencies = [1]\nrequires-python = 3\noptional-dependencies = []",
        "[dependency-groups]\na = 1\n[tool.uv]\nsources = 1\nworkspace = 2",
        "[tool.poetry.group]\ndev = 3\n[tool.hatch.build]\npackages = 1\nsources = {a = 1}",
        "[tool.maturin]\nmodule-name = 1\n[tool.scikit-build]\ngenerate = [1]\nwheel = 1",
    ],
)
def test_values_of_the_wrong_type_give_no_hint(text: str) -> None:
    assert roots({"a.py": "", "pyproject.toml": text}) == LAST
