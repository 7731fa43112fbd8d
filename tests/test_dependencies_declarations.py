"""Declarations: every file that can ask for a distribution, read as it is."""

from __future__ import annotations

import pytest

from linkstep.errors import LinkstepError
from linkstep.model.declarations import Declaration
from linkstep.model.settings import DependencySettings, ResolveSettings
from linkstep.resolve.project import resolve_project
from linkstep.tree.memory import MemoryTree


def declared(files: dict[str, str], **settings: tuple[str, ...]) -> tuple[Declaration, ...]:
    """Give the declarations of a tree of files, for Python 3.11 on Linux."""
    configured = ResolveSettings(
        "/shop",
        target_version=(3, 11),
        platform="linux",
        dependencies=DependencySettings(**settings),  # type: ignore[arg-type]
    )
    return resolve_project(MemoryTree(files), configured).declarations.declared


def told(found: tuple[Declaration, ...]) -> list[str]:
    """Give a line for each: what it asks for, what for, and where it stands."""
    lines = []
    for one in found:
        group = f" {one.group}" if one.group else ""
        marks = " (not here)" * (not one.applies) + " (local)" * one.local
        lines.append(f"{one.requirement} {one.kind.value}{group} {one.path}:{one.line}{marks}")
    return lines


def test_the_standard_tables_of_pyproject() -> None:
    text = """\
[build-system]
requires = ["hatchling>=1.27"]

[project]
name = "shop"
dependencies = [
  "Flask>=3,<4",
  "tomli; python_version < '3.11'",
  "uvicorn[standard]",
  "acme @ https://example.org/acme.zip",
]

[project.optional-dependencies]
s3 = ["boto3"]
test = ["pytest"]

[dependency-groups]
lint = ["ruff"]
dev = ["mypy", {include-group = "Lint"}]
"""
    assert told(declared({"pyproject.toml": text})) == [
        "Flask<4,>=3 production pyproject.toml:7",
        "tomli production pyproject.toml:8 (not here)",
        "uvicorn[standard] production pyproject.toml:9",
        "acme production pyproject.toml:10 (local)",
        "boto3 optional s3 pyproject.toml:14",
        "pytest development test pyproject.toml:15",
        "ruff development lint pyproject.toml:18",
        "mypy development dev pyproject.toml:19",
        "ruff development dev pyproject.toml:18",
        "hatchling>=1.27 build pyproject.toml:2",
    ]


def test_poetry() -> None:
    text = """\
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.11"
django = "^5.0"
redis = {version = "~5.0", extras = ["hiredis"]}
boto3 = {version = "*", optional = true}
ours = {path = "../ours"}
numpy = [
  {version = "^1.26", python = "<3.12"},
  {version = "^2.0", python = ">=3.12"},
]

[tool.poetry.extras]
s3 = ["boto3"]

[tool.poetry.group.dev.dependencies]
black = ">=24"

[tool.poetry.dev-dependencies]
pytest = "8.0"
"""
    assert told(declared({"pyproject.toml": text})) == [
        "django>=5.0,<6 production pyproject.toml:6",
        "redis[hiredis]>=5.0,<5.1 production pyproject.toml:7",
        "boto3 optional s3 pyproject.toml:8",
        "ours production pyproject.toml:9 (local)",
        "numpy>=1.26,<2 production pyproject.toml:10",
        "numpy>=2.0,<3 production pyproject.toml:10 (not here)",
        "pytest==8.0 development dev pyproject.toml:22",
        "black>=24 development dev pyproject.toml:19",
    ]


def test_pdm_hatch_uv_and_flit() -> None:
    text = """\
[tool.pdm.dev-dependencies]
test = ["pytest", "-e file:///${PROJECT_ROOT}/sub#egg=sub"]

[tool.hatch.envs.docs]
dependencies = ["sphinx"]
extra-dependencies = ["furo"]

[tool.uv]
dev-dependencies = ["ruff"]

[tool.flit.metadata]
requires = ["six"]

[tool.flit.metadata.requires-extra]
fast = ["orjson"]
"""
    assert told(declared({"pyproject.toml": text})) == [
        "pytest development test pyproject.toml:2",
        "sub development test pyproject.toml:2 (local)",
        "ruff development dev pyproject.toml:9",
        "six production pyproject.toml:12",
        "orjson optional fast pyproject.toml:15",
        "sphinx development docs pyproject.toml:5",
        "furo development docs pyproject.toml:6",
    ]


def test_requirements_files() -> None:
    files = {
        "requirements.txt": (
            "# ours\n-r requirements/base.txt\n-c constraints.txt\n--index-url https://x.example\n"
            "celery[redis]>=5 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1  # why\n"
            "-e git+https://example.org/x#egg=acme\nhttps://example.org/y.whl#egg=other\n"
            "pywin32; sys_platform == 'win32'\n"
        ),
        "requirements/base.txt": "Django>=5\n",
        "requirements-dev.txt": "-r requirements.txt\npytest\n",
        "constraints.txt": "six==1\n",
    }
    assert told(declared(files)) == [
        "Django>=5 development base requirements/base.txt:1",
        "Django>=5 production base requirements/base.txt:1",
        "celery[redis]>=5 development requirements requirements.txt:5",
        "acme development requirements requirements.txt:8 (local)",
        "other development requirements requirements.txt:9 (local)",
        "pywin32 development requirements requirements.txt:10 (not here)",
        "celery[redis]>=5 production requirements requirements.txt:5",
        "acme production requirements requirements.txt:8 (local)",
        "other production requirements requirements.txt:9 (local)",
        "pywin32 production requirements requirements.txt:10 (not here)",
        "pytest development requirements-dev requirements-dev.txt:2",
    ]


def test_a_compiled_file_is_a_lock_where_others_declare() -> None:
    files = {
        "requirements.in": "flask\n",
        "requirements.txt": "flask==3.0.0\nwerkzeug==3.0.1\n    # via flask\n",
    }
    project = resolve_project(MemoryTree(files), ResolveSettings("/shop"))
    assert told(project.declarations.declared) == [
        "flask production requirements requirements.in:1"
    ]
    assert project.declarations.locked == {"flask": "3.0.0", "werkzeug": "3.0.1"}


def test_setup_cfg_and_setup_py() -> None:
    files = {
        "setup.cfg": (
            "[options]\ninstall_requires =\n  six>=1  # why\n  yarl\n"
            "[options.extras_require]\ntest =\n  pytest\n"
        ),
        "api/setup.py": (
            "from setuptools import setup\nBASE = ['attrs']\n"
            "setup(name='api', install_requires=BASE, extras_require={'s3': ['boto3']})\n"
        ),
    }
    assert told(declared(files)) == [
        "six>=1 production setup.cfg:3",
        "yarl production setup.cfg:4",
        "pytest development test setup.cfg:7",
        "attrs production api/setup.py:2",
        "boto3 optional s3 api/setup.py:3",
    ]


@pytest.mark.parametrize(
    ("files", "unclear"),
    [
        (
            {"setup.py": "setup(install_requires=read())"},
            (("setup.py", "the list of install_requires is made by code"),),
        ),
        (
            {
                "setup.py": "setup(install_requires=open('requirements.txt'))",
                "requirements.txt": "a",
            },
            (),
        ),
        (
            {"pyproject.toml": "[project]\nname='a'\ndynamic=['dependencies']"},
            (
                (
                    "pyproject.toml",
                    "`dynamic` leaves the list of dependencies to the build backend",
                ),
            ),
        ),
        (
            {
                "pyproject.toml": (
                    "[project]\ndynamic=['dependencies']\n"
                    "[tool.setuptools.dynamic]\ndependencies={file=['reqs.txt']}"
                ),
                "reqs.txt": "six",
            },
            (),
        ),
    ],
)
def test_a_list_that_code_makes_is_unclear(
    files: dict[str, str], unclear: tuple[tuple[str, str], ...]
) -> None:
    project = resolve_project(MemoryTree(files), ResolveSettings("/shop"))
    assert project.declarations.unclear == unclear


def test_a_pipfile() -> None:
    text = '[packages]\nflask = "*"\nacme = {git = "https://x"}\n[dev-packages]\npytest = "~=8.0"\n'
    assert told(declared({"Pipfile": text})) == [
        "flask production Pipfile:2",
        "acme production Pipfile:3 (local)",
        "pytest~=8.0 development dev-packages Pipfile:5",
    ]


def test_a_workspace_of_uv() -> None:
    files = {
        "pyproject.toml": (
            "[project]\nname='top'\ndependencies=['core']\n"
            "[tool.uv.workspace]\nmembers=['libs/*']\n[tool.uv.sources]\ncore={workspace=true}\n"
        ),
        "libs/core/pyproject.toml": "[project]\nname='core'\ndependencies=['six']\n",
        "libs/core/core.py": "",
    }
    declarations = resolve_project(MemoryTree(files), ResolveSettings("/shop")).declarations
    assert declarations.own == {"top", "core"}
    assert declarations.places == {"", "libs/core"}
    assert sorted(declarations.names) == ["core", "six"]


def test_what_is_for_development_can_be_configured() -> None:
    files = {"pyproject.toml": "[dependency-groups]\nml=['torch']\ndev=['rich']\n"}
    found = declared(files, production=("dev",), development=("ml*",))
    assert told(found) == [
        "torch development ml pyproject.toml:2",
        "rich production dev pyproject.toml:3",
    ]


LOCKS = {
    "uv.lock": 'version = 1\nrevision = 3\n[[package]]\nname = "Six"\nversion = "1.16.0"\n',
    "poetry.lock": (
        '[[package]]\nname = "six"\nversion = "1.16.0"\n[metadata]\nlock-version = "2.1"\n'
    ),
    "pdm.lock": (
        '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "six"\nversion = "1.16.0"\n'
    ),
    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "six"\nversion = "1.16.0"\n',
    "Pipfile.lock": '{"_meta": {"pipfile-spec": 6}, "default": {"six": {"version": "==1.16.0"}}}',
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_is_read_where_there_is_no_environment(name: str) -> None:
    project = resolve_project(MemoryTree({name: LOCKS[name]}), ResolveSettings("/shop"))
    assert project.declarations.locked == {"six": "1.16.0"}
    assert project.declarations.locks == (name,)


@pytest.mark.parametrize(
    ("files", "what", "why"),
    [
        (
            {"requirements.txt": "-r a.txt\n", "a.txt": "-r requirements.txt\n"},
            "requirements files include each other in a circle",
            "-r: requirements.txt -> a.txt -> requirements.txt",
        ),
        (
            {"pyproject.toml": "[dependency-groups]\na=[{include-group='a'}]"},
            "a dependency group includes itself",
            "include-group: a -> a",
        ),
        (
            {"uv.lock": "version = 2\n"},
            "the lock file has format version 2, which is not known",
            "known are 1.x",
        ),
        (
            {"poetry.lock": "[metadata]\nlock-version = '3.0'\n"},
            "the lock file has format version 3.0, which is not known",
            "known are 1.x, 2.x",
        ),
        (
            {"pdm.lock": ""},
            "the lock file has no format version, which is not known",
            "known are 4.x",
        ),
        ({"Pipfile": "[packages\n"}, "cannot read TOML", "Expected ']' at the end of a table"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(files: dict[str, str], what: str, why: str) -> None:
    with pytest.raises(LinkstepError) as caught:
        declared(files)
    assert (caught.value.what, caught.value.why[: len(why)]) == (what, why)
