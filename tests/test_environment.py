"""Environments: which one is chosen, and that reading one gives what running it would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from linkstep.errors import LinkstepError
from linkstep.link.failures import ALWAYS_IMPORTABLE
from linkstep.model.environment import Environment, Found, Origin, PathEntry, Project
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target
from linkstep.resolve.distributions import closure, find_distributions, providers
from linkstep.resolve.environment import find_environment, with_standard_library
from linkstep.resolve.finder import Finder
from linkstep.resolve.interpreter import Installation, find_installation
from linkstep.resolve.pth import Additions, read_pth_files
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.memory import MemoryTree

ROOT = "/work/shop"
SITE = "lib/python3.11/site-packages"


def environment_files(prefix: str, *distributions: str, **files: str) -> dict[str, str]:
    contents = {f"{prefix}/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.2\n"}
    for distribution in distributions:
        name, _, requires = distribution.partition(" needs ")
        metadata = "".join(f"Requires-Dist: {one}\n" for one in requires.split())
        contents[f"{prefix}/{SITE}/{name}-1.0.dist-info/METADATA"] = f"Name: {name}\n{metadata}"
    return contents | {f"{prefix}/{SITE}/{name}": text for name, text in files.items()}


def choose(files: Mapping[str, str], *, python: str | None = None, **environ: str) -> Environment:
    settings = ResolveSettings(ROOT, python=python, environ=environ)
    return find_environment(MemoryTree(files), settings)


# Choosing


def test_the_activated_environment_wins_over_one_in_the_project() -> None:
    files = environment_files("/active", "six") | environment_files(f"{ROOT}/.venv", "six")
    files |= environment_files("/conda", "six")
    chosen = [
        choose(files, VIRTUAL_ENV="/active", CONDA_PREFIX="/conda"),
        choose(files, VIRTUAL_ENV="/gone", CONDA_PREFIX="/conda"),
        choose(environment_files("/conda", "six"), CONDA_PREFIX="/conda"),
        choose({}),
    ]
    assert [(one.prefix, one.why, one.found) for one in chosen] == [
        ("/active", "VIRTUAL_ENV", True),
        (f"{ROOT}/.venv", ".venv in the project", True),
        ("/conda", "CONDA_PREFIX", True),
        (None, "no environment found", False),
    ]


@pytest.mark.parametrize(
    ("installed", "used"),
    [
        (["linkstep needs rich click", "rich needs pygments", "click", "pygments", "pip"], False),
        (["linkstep needs rich", "rich", "setuptools", "wheel"], False),
        (["linkstep needs rich", "rich", "flask"], True),
        (["flask"], True),
    ],
)
def test_an_environment_made_for_linkstep_alone_is_not_the_projects(
    installed: list[str], used: bool
) -> None:
    found = choose(environment_files("/tool", *installed), VIRTUAL_ENV="/tool")
    why = "VIRTUAL_ENV" if used else "no environment found (VIRTUAL_ENV holds linkstep only)"
    assert (found.found, found.why) == (used, why)


def test_an_interpreter_that_was_asked_for_must_be_one() -> None:
    files = environment_files("/v", "six") | {"/v/bin/python": "", "/etc/passwd": "", "/d/": ""}
    assert choose(files, python="/v/bin/python").prefix == "/v"
    assert choose(files, python="/v").why == "--python /v"
    assert choose({f"{ROOT}/{p[3:]}": t for p, t in files.items()}, python="bin/python").prefix
    said = []
    for path in ("/nowhere", "/etc/passwd", "/d"):
        with pytest.raises(LinkstepError) as caught:
            choose(files, python=path)
        said.append((caught.value.what, caught.value.where))
    assert said == [
        ("no such interpreter or environment", "--python /nowhere"),
        ("the file is no Python interpreter and no environment", "--python /etc/passwd"),
        ("the directory is no Python interpreter and no environment", "--python /d"),
    ]


def test_the_library_of_linksteps_own_python_stands_in_when_it_is_the_targets() -> None:
    files = {"/own/lib/python3.11/os.py": ""}
    settings = ResolveSettings(ROOT, own_prefix="/own", host_version=(3, 11))
    tree = MemoryTree(files)
    library = [
        [entry.directory for entry in with_standard_library(tree, env, target, settings).stdlib]
        for env, target in [
            (Environment(), Target((3, 11))),
            (Environment(), Target((3, 12))),
            (Environment(), Target((3, 11), "win32")),
        ]
    ]
    assert library == [["/own/lib/python3.11"], [], []]


# Layouts


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        (
            {
                "/w/pyvenv.cfg": "home = C:/Python311\nversion_info = 3.11.4",
                "/w/Lib/site-packages/": "",
            }
            | {"C:/Python311/Lib/os.py": "", "/w/Scripts/python.exe": ""},
            "/w/Scripts/python.exe",
            Installation(
                "/w", (3, 11), ("C:/Python311/Lib",), ("/w/Lib/site-packages",), "C:/Python311"
            ),
        ),
        (
            {"/py/python.exe": "", "/py/Lib/os.py": "", "/py/DLLs/_ssl.pyd": ""}
            | {"/py/Lib/site-packages/six.py": ""},
            "/py/python.exe",
            Installation("/py", None, ("/py/Lib", "/py/DLLs"), ("/py/Lib/site-packages",)),
        ),
        (
            {"/usr/bin/python3.11": "", "/usr/lib/python3.11/os.py": ""}
            | {"/usr/lib/python3.11/lib-dynload/": "", "/usr/lib/python3.9/os.py": ""}
            | {"/usr/lib/python3/dist-packages/six.py": ""}
            | {"/usr/local/lib/python3.11/dist-packages/flask.py": ""},
            "/usr/bin/python3.11",
            Installation(
                "/usr",
                (3, 11),
                ("/usr/lib/python3.11", "/usr/lib/python3.11/lib-dynload"),
                ("/usr/local/lib/python3.11/dist-packages", "/usr/lib/python3/dist-packages"),
            ),
        ),
        (
            {"/c/conda-meta/history": "", "/c/lib/python3.12/os.py": ""}
            | {"/c/lib/python3.12/site-packages/": ""},
            "/c",
            Installation(
                "/c", (3, 12), ("/c/lib/python3.12",), ("/c/lib/python3.12/site-packages",)
            ),
        ),
        ({"/v/bin/ruby": ""}, "/v/bin/ruby", None),
        ({"/v/bin/": ""}, "/v", None),
    ],
)
def test_layouts(files: dict[str, str], path: str, expected: Installation | None) -> None:
    assert find_installation(MemoryTree(files), path) == expected


def test_system_site_packages_are_added_when_the_environment_says_so() -> None:
    files = environment_files("/v", "six") | {
        "/usr/lib/python3.11/os.py": "",
        "/usr/lib/python3.11/site-packages/flask.py": "",
    }
    alone = find_installation(MemoryTree(files), "/v")
    files["/v/pyvenv.cfg"] += "include-system-site-packages = TRUE\n"
    together = find_installation(MemoryTree(files), "/v")
    assert alone is not None
    assert together is not None
    assert (alone.site, together.site) == (
        (f"/v/{SITE}",),
        (f"/v/{SITE}", "/usr/lib/python3.11/site-packages"),
    )


# .pth files


def test_import_lines_are_understood_or_opaque_but_never_run() -> None:
    harmless = {
        "_virtualenv.pth": "import _virtualenv",
        "zope-nspkg.pth": "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = 1",
        "a1_coverage.pth": "import sys; exec('raise SystemExit')",
        "easy-install.pth": "import sys; sys.__plen = len(sys.path)\n./egg\n",
        "distutils-precedence.pth": "import os; enabled and __import__('_distutils_hack')",
    }
    files = {f"/s/{name}": text for name, text in harmless.items()}
    files |= {"/s/egg/x.py": "", "/s/setuptools/_distutils/__init__.py": "", "/s/.hidden.pth": "/s"}
    assert read_pth_files(MemoryTree(files), "/s") == Additions(
        (("/s/egg", "easy-install.pth"),), (("distutils", "/s/setuptools/_distutils"),), ()
    )
    files["/s/odd.pth"] = "import odd"
    files["/s/z.pth"] = "thing.egg"
    files["/s/thing.egg"] = "PK"
    assert read_pth_files(MemoryTree(files), "/s").opaque == ("/s/odd.pth", "/s/thing.egg")


@pytest.mark.parametrize(
    ("source", "mappings"),
    [
        ("MAPPING = {'a': '/x/a', 'b': '/x/b.py'}", (("a", "/x/a"), ("b", "/x/b.py"))),
        ("MAPPING = {}\nNAMESPACES = {'n': ['/x/n', '/y/n']}", (("n", "/x/n"), ("n", "/y/n"))),
        ("install({'p': '/x/p/__init__.py'}, {}, None)", (("p", "/x/p"),)),
        ("MAPPING = make()", None),
        ("MAPPING = {'a': 1}", None),
        ("hooks.install()", None),
        ("def broken(", None),
    ],
)
def test_editable_finders_are_read_as_literals(
    source: str, mappings: tuple[tuple[str, str], ...] | None
) -> None:
    module = "__editable___shop_1_0_finder"
    files = {
        "/s/__editable__.shop-1.0.pth": f"import {module}; {module}.install()",
        f"/s/{module}.py": source,
    }
    opaque = ("/s/__editable__.shop-1.0.pth",) if mappings is None else ()
    assert read_pth_files(MemoryTree(files), "/s") == Additions((), mappings or (), opaque)


def test_editable_installs_of_the_project_are_first_party() -> None:
    finder = "__editable___shop_finder"
    files = environment_files(
        f"{ROOT}/.venv",
        **{
            "a.pth": f"{ROOT}/src\n/elsewhere/lib\n",
            "b.pth": f"import {finder}; {finder}.install()",
            f"{finder}.py": f"MAPPING = {{'tool': '{ROOT}/tools/tool', 'x': '/elsewhere/x'}}",
        },
    )
    files |= {f"{ROOT}/src/shop.py": "", "/elsewhere/lib/y.py": ""}
    found = choose(files)
    assert [(entry.directory, entry.origin, entry.why) for entry in found.site] == [
        (f"{ROOT}/.venv/{SITE}", Origin.THIRD_PARTY, "site-packages: .venv in the project"),
        ("src", Origin.FIRST_PARTY, "added by a.pth"),
        ("/elsewhere/lib", Origin.THIRD_PARTY, "added by a.pth"),
    ]
    assert found.mappings == (("tool", "tools/tool"), ("x", "/elsewhere/x"))


# Against a real environment

EDITABLE_FINDER = """
import sys
from importlib.util import spec_from_file_location
from pathlib import Path
MAPPING = {mapping!r}
NAMESPACES = {{}}
class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        for package, place in MAPPING.items():
            if fullname == package or fullname.startswith(package + "."):
                inside = Path(place, *fullname[len(package) :].strip(".").split("."))
                for file in (inside / "__init__.py", inside.with_suffix(".py")):
                    if file.exists():
                        return spec_from_file_location(fullname, file)
def install():
    sys.meta_path.append(_EditableFinder)
"""


@pytest.fixture(scope="module")
def real_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("real")
    venv.create(base / "env", with_pip=False, symlinks=os.name != "nt")
    site = next((base / "env").glob("[Ll]ib*/**/site-packages"))
    for file, text in {
        "work/one/first.py": "",
        "work/two/second.py": "",
        "work/mapped/__init__.py": "",
        "work/mapped/inner.py": "",
        "work/plain.py": "",
    }.items():
        (base / file).parent.mkdir(parents=True, exist_ok=True)
        (base / file).write_text(text)
    mapping = {"mapped": f"{base}/work/mapped", "plain": f"{base}/work/plain"}
    (site / "b.pth").write_text(f"# paths\n\n{base}/work/two\n{base}/gone\n{base}/work/one\n")
    (site / "a.pth").write_text("../site-packages/inner\n")
    (site / "inner").mkdir()
    (site / "inner" / "deep.py").write_text("")
    (site / "__editable__.x.pth").write_text("import __editable___x; __editable___x.install()\n")
    (site / "__editable___x.py").write_text(EDITABLE_FINDER.format(mapping=mapping))
    return base


def test_a_real_environment_is_read_as_its_interpreter_sees_it(real_environment: Path) -> None:
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = next((real_environment / "env" / scripts).glob("python*"))
    code = "import json, sys, importlib.util as u; print(json.dumps([sys.path, {n: "
    code += "u.find_spec(n).origin for n in sys.argv[1:]}]))"
    names = ["first", "second", "deep", "mapped", "mapped.inner", "plain", "json", "queue"]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python, "-I", "-c", code, *names], capture_output=True, text=True, check=True, env=environ
    )
    path, origins = json.loads(done.stdout)
    tree = DirectoryTree(real_environment / "empty")
    settings = ResolveSettings(str(real_environment / "empty"), python=str(python))
    found = find_environment(tree, settings)
    read = [entry.directory for entry in (*found.stdlib, *found.site)]
    assert read == [os.path.normpath(p) for p in path if os.path.isdir(p)]
    assert found.version == sys.version_info[:2]
    assert found.opaque_finders == ()
    finder = Finder(tree, Project((), found, Target(sys.version_info[:2], sys.platform), ""))
    answers = {name: finder.find(name) for name in names}
    assert {n: a.path for n, a in answers.items() if isinstance(a, Found)} == origins


# Distributions


def test_distributions_by_name_and_by_what_they_provide() -> None:
    files = {
        "/s/Flask-3.0.dist-info/METADATA": (
            "Name: Flask\nRequires-Dist: Werkzeug>=3\nRequires-Dist: dotenv; extra == 'dotenv'\n"
            "Requires-Dist: not a requirement\n\nRequires-Dist: in the text\n"
        ),
        "/s/Flask-3.0.dist-info/RECORD": "flask/app.py,,\nflask/__pycache__/x.pyc,,\n",
        "/s/werkzeug-3.1.dist-info/top_level.txt": "werkzeug\n",
        "/s/old-0.1-py3.11.egg-info/PKG-INFO": "",
        "/s/old-0.1-py3.11.egg-info/top_level.txt": "old",
        "/t/flask-1.0.dist-info/METADATA": "",
    }
    tree = MemoryTree(files)
    installed = find_distributions(tree, ["/s", "/t"])
    assert {name: one.version for name, one in installed.items()} == {
        "flask": "3.0",
        "old": "0.1",
        "werkzeug": "3.1",
    }
    assert closure(tree, "flask", installed) == {"flask", "werkzeug"}
    assert providers(tree, installed.values()) == {
        "flask": ("flask",),
        "old": ("old",),
        "werkzeug": ("werkzeug",),
    }


def test_entries_of_the_path_say_why_they_are_there() -> None:
    found = choose(environment_files("/v", "six") | {"/usr/lib/python3.11/os.py": ""}, python="/v")
    assert found.stdlib == (
        PathEntry("/usr/lib/python3.11", Origin.STANDARD_LIBRARY, "standard library: --python /v"),
    )
    assert found.stdlib_exact


def test_the_library_is_always_importable_where_that_is_taken_for_granted() -> None:
    """Without the extension modules that builds of CPython leave out, too."""
    optional = "_bz2 _ctypes _curses _dbm _gdbm _lzma _sqlite3 _ssl _tkinter _uuid readline zlib"
    code = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({optional.split()!r}))\n"
        f"for name in {sorted(ALWAYS_IMPORTABLE)!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
