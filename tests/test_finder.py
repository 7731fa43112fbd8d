"""The finder against the interpreter: what it says, `import` does."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from linkstep.model.environment import (
    Environment,
    Found,
    Missing,
    Namespace,
    Opaque,
    Origin,
    PathEntry,
    Project,
    Resolution,
)
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target
from linkstep.resolve.finder import Finder
from linkstep.resolve.project import resolve_project
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.memory import MemoryTree

FIRST, THIRD, LIBRARY = Origin.FIRST_PARTY, Origin.THIRD_PARTY, Origin.STANDARD_LIBRARY
LINUX = Target((3, 11), "linux")
SITE = "/venv/lib/python3.11/site-packages"
STDLIB = "/usr/lib/python3.11"


def finder(files: dict[str, str], *roots: str, target: Target = LINUX, **project: object) -> Finder:
    """A finder over files in memory; relative roots, a site directory and a library."""
    environment = Environment(
        site=(PathEntry(SITE, THIRD, ""),),
        stdlib=(PathEntry(STDLIB, LIBRARY, ""), PathEntry(f"{STDLIB}/lib-dynload", LIBRARY, "")),
        found=True,
        version=(3, 11),
        stdlib_exact=True,
    )
    entries = tuple(PathEntry(root, FIRST, "") for root in roots or ("",))
    values = {"environment": environment, "target": target, "target_why": ""} | project
    return Finder(MemoryTree(files), Project(roots=entries, **values))  # type: ignore[arg-type]


def run_python(code: str, *arguments: str, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


# Against PathFinder, over random trees

ASK_PATHFINDER = """
import json, sys
from importlib.machinery import PathFinder
from types import SimpleNamespace

def specs(path, depth, prefix=""):
    # A namespace spec asks the parent module for its path.
    sys.modules[prefix.rstrip(".") or "-"] = SimpleNamespace(__path__=path)
    for tail in "abA":
        name = prefix + tail
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            yield name, None, None
            continue
        places = spec.submodule_search_locations
        places = list(getattr(places, "_path", places)) if places is not None else None
        yield name, spec.origin, places
        if places is not None and depth:
            yield from specs(places, depth - 1, name + ".")

for line in sys.stdin if len(sys.argv) < 2 else open(sys.argv[1]):
    print(json.dumps(list(specs(json.loads(line), 2))))
"""

TAG = ".cpython-311-x86_64-linux-gnu.so"
MODULE_FORMS = ("{}.py", "{}.pyc", "{}.pyi", "{}.so", "{}.abi3.so", "{}.cpython-39-darwin.so")
PACKAGE_FORMS = ("__init__.py", "__init__.pyc", "__init__.pyi", "__init__.so", "data.json")


def random_tree(seed: int) -> set[str]:
    choose = random.Random(seed)
    files: set[str] = set()

    def fill(directory: str, depth: int) -> None:
        for name in ("a", "b", "A"):
            for form in MODULE_FORMS:
                if choose.random() < 0.12:
                    files.add(directory + form.format(name))
            if depth and choose.random() < 0.55:
                for form in PACKAGE_FORMS:
                    if choose.random() < 0.3:
                        files.add(f"{directory}{name}/{form}")
                fill(f"{directory}{name}/", depth - 1)

    for entry in ("one/", "two/", "three/"):
        fill(entry, 2)
    return files


def as_the_interpreter_says(answer: Resolution) -> tuple[str | None, list[str] | None]:
    if isinstance(answer, Namespace):
        return None, list(answer.portions)
    if isinstance(answer, Missing):
        return None, None
    places = [os.path.dirname(answer.path)] if answer.is_package else None
    return answer.path, places


def test_random_trees_are_searched_as_path_finder_does(tmp_path: Path) -> None:
    asked = []
    for seed in range(150):
        base = tmp_path / str(seed)
        for file in random_tree(seed):
            (base / file).parent.mkdir(parents=True, exist_ok=True)
            (base / file).write_bytes(b"")
        asked.append([str(base / entry) for entry in ("one", "two", "three")])
    questions = tmp_path / "questions"
    questions.write_text("\n".join(json.dumps(path) for path in asked))
    answers = run_python(ASK_PATHFINDER, str(questions), cwd=tmp_path).splitlines()
    compared = 0
    for path, line in zip(asked, answers, strict=True):
        site = tuple(PathEntry(directory, THIRD, "") for directory in path)
        target = Target(sys.version_info[:2], sys.platform)
        project = Project((), Environment(site=site, found=True), target, "")
        model = Finder(DirectoryTree(tmp_path), project)
        for name, origin, places in json.loads(line):
            found, portions = as_the_interpreter_says(model.find(name))
            if origin and origin.endswith(".so") and found and found.endswith(".py"):
                # An extension module is described by the `.py` beside it.
                assert found.removesuffix(".py") == origin.split(".")[0]
                found = origin
            assert (name, found, portions) == (name, origin, places)
            compared += 1
    assert compared > 2000


# Against the interpreter itself, over what is really installed

ASK_INTERPRETER = """
import importlib.util, json, os, sys, warnings
warnings.simplefilter("ignore")

def spec_of(name, path):
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec

names = set(sys.stdlib_module_names) | set(sys.builtin_module_names)
for directory in filter(os.path.isdir, sys.path[1:]):
    names.update(entry.split(".")[0] for entry in os.listdir(directory))
answers = {}
pending = [(name, None, 3) for name in names if name.isidentifier()]
while pending:
    name, path, depth = pending.pop()
    if name.split(".")[0] in ("__main__", "distutils"):
        continue
    try:
        spec = spec_of(name, path)
    except KeyError:  # a namespace portion in a package that was not imported
        spec = None
    if spec is None or spec.loader is None or spec.origin is None:
        answers[name] = None
        continue
    answers[name] = spec.origin
    for directory in (spec.submodule_search_locations or []) if depth else []:
        if os.path.isdir(directory):
            tails = {entry.split(".")[0] for entry in os.listdir(directory)}
            pending += [
                (name + "." + tail, [directory], depth - 1)
                for tail in tails
                if tail.isidentifier() and tail not in ("__init__", "__pycache__")
            ]
print(json.dumps(answers))
"""


def test_what_is_installed_is_found_as_the_interpreter_finds_it(tmp_path: Path) -> None:
    answers = json.loads(run_python(ASK_INTERPRETER, cwd=tmp_path))
    settings = ResolveSettings(
        str(tmp_path),
        python=sys.executable,
        environ={"HOME": os.environ.get("HOME", "")},
        own_prefix=sys.prefix,
        host_version=sys.version_info[:2],
        host_platform=sys.platform,
    )
    tree = DirectoryTree(tmp_path)
    model = Finder(tree, resolve_project(tree, settings))
    different = {}
    for name, origin in answers.items():
        answer = model.find(name)
        if isinstance(answer, Found | Opaque):
            same = answer.path == origin or origin == "frozen" or answer.path == "built-in"
            same = same or (origin or "").split(".")[0] == answer.path.split(".")[0]
        elif isinstance(answer, Missing) and name.startswith("xx"):
            same = answer.doubt is not None  # built in where CPython tests itself
        else:
            same = origin is None
        if not same:
            different[name] = (origin, answer)
    assert different == {}
    assert len(answers) > 1000


def test_every_name_of_the_standard_library_is_found_or_doubted(tmp_path: Path) -> None:
    target = Target(sys.version_info[:2], sys.platform)
    by_stub = Finder(MemoryTree({}), Project((), Environment(), target, ""))
    absent = set()
    for name in sys.stdlib_module_names:
        answer = by_stub.find(name)
        if isinstance(answer, Missing) and answer.doubt is None:
            absent.add(name)
    code = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if u.find_spec(n)))"
    assert run_python(code, *absent, cwd=tmp_path).split() == []


# One entry


def test_a_package_wins_over_a_module_and_both_over_a_namespace_portion() -> None:
    files = {"one/p.py": "", "two/p/__init__.py": "", "two/p.py": "", "three/p/x.py": ""}
    assert finder(files, "three", "two").find("p") == Found("p", "two/p/__init__.py", FIRST, True)
    assert finder(files, "three", "one").find("p") == Found("p", "one/p.py", FIRST, False)
    assert finder(files, "three").find("p") == Namespace("p", ("three/p",), FIRST)


def test_portions_of_all_entries_make_one_namespace_package() -> None:
    files = {"one/ns/a.py": "", f"{SITE}/ns/b.py": "", "two/ns/b.py": ""}
    model = finder(files, "one", "two")
    assert model.find("ns") == Namespace("ns", ("one/ns", "two/ns", f"{SITE}/ns"), FIRST)
    assert model.find("ns.b") == Found("ns.b", "two/ns/b.py", FIRST, False)
    assert model.find("ns.c") == Missing("ns.c", "ns", FIRST)


def test_a_regular_package_hides_later_portions() -> None:
    model = finder({"one/ns/__init__.py": "", "two/ns/b.py": ""}, "one", "two")
    assert model.find("ns.b", "one/ns") == Missing("ns.b", "ns", FIRST)


def test_packages_that_extend_their_path_reach_later_entries() -> None:
    extend = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"
    files = {
        "one/ns/__init__.py": extend,
        "one/ns/in/__init__.py": extend,
        f"{SITE}/ns/__init__.py": extend,
        f"{SITE}/ns/in/b.py": "",
    }
    assert finder(files, "one").find("ns.in.b") == Found(
        "ns.in.b", f"{SITE}/ns/in/b.py", THIRD, False
    )


def test_extension_modules_are_opaque_and_described_by_the_stub_beside_them() -> None:
    files = {
        f"{SITE}/p/__init__.py": "",
        f"{SITE}/p/_fast{TAG}": "",
        f"{SITE}/p/_fast.pyi": "",
        f"{SITE}/p/_old.cpython-39-x86_64-linux-gnu.so": "",
        f"{SITE}/q/__init__{TAG}": "",
        f"{SITE}/q/x.py": "",
        f"{SITE}/r.pyc": "",
    }
    model = finder(files)
    why = "an extension module"
    assert model.find("p._fast") == Opaque(
        "p._fast", f"{SITE}/p/_fast{TAG}", THIRD, why, f"{SITE}/p/_fast.pyi"
    )
    assert model.find("p._old") == Missing("p._old", "p", THIRD)
    assert model.find("q") == Opaque("q", f"{SITE}/q/__init__{TAG}", THIRD, why, is_package=True)
    assert model.find("q.x") == Found("q.x", f"{SITE}/q/x.py", THIRD, False)
    assert model.find("q.y") == Missing(
        "q.y", "q", THIRD, doubt="q is an extension module and may add modules"
    )
    assert model.find("r") == Opaque("r", f"{SITE}/r.pyc", THIRD, "bytecode without source")


def test_source_beside_an_extension_module_describes_it() -> None:
    files = {
        f"{SITE}/m/__init__.py": "",
        f"{SITE}/m/__init__{TAG}": "",
        f"{SITE}/m/a.py": "x = 1",
        f"{SITE}/m/a{TAG}": "",
        f"{SITE}/egg.py": "def __bootstrap__(): ...",
        f"{SITE}/egg.so": "",
    }
    model = finder(files)
    assert model.find("m.a") == Found("m.a", f"{SITE}/m/a.py", THIRD, False, compiled=True)
    assert model.find("egg") == Opaque("egg", f"{SITE}/egg.so", THIRD, "an extension module")


def test_a_stub_is_nothing_at_run_time() -> None:
    model = finder({"p.pyi": "x: int", f"{SITE}/yaml-stubs/__init__.pyi": ""})
    assert model.find("p") == Missing("p", "", FIRST, stub="p.pyi")
    assert model.find("yaml") == Missing("yaml", "", THIRD)


def test_a_module_has_no_submodules() -> None:
    model = finder({"a.py": "", "a/b.py": ""})
    assert model.find("a.b") == Missing("a.b", "a", FIRST)


def test_names_that_differ_in_case_only_are_missing() -> None:
    model = finder({"shop/__init__.py": "", "shop/Models.py": "", "Config.py": ""})
    assert model.find("shop.models") == Missing(
        "shop.models", "shop", FIRST, other_case="shop/Models.py"
    )
    assert model.find("config") == Missing("config", "", FIRST, other_case="Config.py")


# The standard library

LIBRARY_FILES = {
    f"{STDLIB}/os.py": "",
    f"{STDLIB}/posixpath.py": "",
    f"{STDLIB}/json/__init__.py": "",
    f"{STDLIB}/queue.py": "",
    f"{STDLIB}/xml/__init__.py": "",
    f"{STDLIB}/lib-dynload/_csv{TAG}": "",
}


def test_first_party_files_shadow_the_library_but_not_what_is_loaded_already() -> None:
    shadows = {"queue.py": "", "os.py": "", "sys.py": "", "time/__init__.py": ""}
    model = finder(LIBRARY_FILES | shadows)
    assert model.find("queue") == Found("queue", "queue.py", FIRST, False)
    assert model.find("os") == Found("os", f"{STDLIB}/os.py", LIBRARY, False)
    assert [model.find(name).path for name in ("sys", "time")] == ["built-in"] * 2  # type: ignore


def test_shadowing_is_what_the_interpreter_does(tmp_path: Path) -> None:
    for name in ("queue", "os", "sys", "time", "posixpath"):
        (tmp_path / f"{name}.py").write_text("MINE = True\n")
    code = "import queue, os, sys, time, posixpath; print(*(hasattr(m, 'MINE') for m in "
    code += "(queue, os, sys, time, posixpath)))"
    assert run_python(code, cwd=tmp_path).split() == ["True"] + ["False"] * 4


def test_c_modules_are_in_lib_dynload_or_built_in() -> None:
    model = finder(LIBRARY_FILES)
    csv = model.find("_csv")
    assert isinstance(csv, Opaque)
    assert (csv.path, Path(csv.stub or "").name) == (
        f"{STDLIB}/lib-dynload/_csv{TAG}",
        "_csv.pyi",
    )
    assert model.find("_opcode") == Opaque(
        "_opcode", "built-in", LIBRARY, "built into the interpreter"
    )
    assert model.find("_sqlite3") == Missing(
        "_sqlite3", "", LIBRARY, doubt="it may be built into the interpreter"
    )
    assert model.find("_testcapi") == Missing(
        "_testcapi", "", LIBRARY, doubt="only a full installation of Python has it"
    )


def test_what_the_library_of_the_environment_lacks_is_missing() -> None:
    model = finder(LIBRARY_FILES)
    assert model.find("tkinter") == Missing("tkinter", "", LIBRARY)
    assert model.find("json.nope") == Missing("json.nope", "json", LIBRARY)
    assert model.find("os.path") == Found("os.path", f"{STDLIB}/posixpath.py", LIBRARY, False)
    assert model.find("os.nope") == Missing("os.nope", "os", LIBRARY)


@pytest.mark.parametrize(
    ("name", "target", "doubt"),
    [
        ("tomllib", Target((3, 10)), None),
        ("asyncore", Target((3, 12)), None),
        ("winreg", LINUX, None),
        ("fcntl", Target((3, 11), "win32"), None),
        ("asyncio.taskgroups", Target((3, 10)), None),
        ("distutils", Target((3, 12)), "setuptools may provide it, and no environment was found"),
        ("test.support", LINUX, "only a full installation of Python has it"),
        ("idlelib.pyshell", LINUX, "no stub of the standard library describes it"),
    ],
)
def test_without_sources_of_the_library_its_names_are_known(
    name: str, target: Target, doubt: str | None
) -> None:
    answer = finder({}, target=target, environment=Environment()).find(name)
    assert isinstance(answer, Missing)
    assert (answer.doubt or "")[: len(doubt or "")] == (doubt or "")
    assert (answer.doubt is None) == (doubt is None)


def test_a_stub_stands_for_a_library_module_whose_source_is_not_at_hand() -> None:
    answer = finder({}, environment=Environment()).find("json.decoder")
    assert isinstance(answer, Opaque)
    assert answer.why == "known by its stub only"
    assert answer.stub is not None
    assert answer.stub.endswith("typeshed/json/decoder.pyi")


# Worlds: where a program may be started


def test_a_script_finds_its_neighbours_first() -> None:
    files = {"tools/run.py": "", "tools/colors.py": "", f"{SITE}/colors.py": ""}
    model = finder(files)
    assert model.find("colors") == Found("colors", f"{SITE}/colors.py", THIRD, False)
    assert model.find("colors", "tools") == Found("colors", "tools/colors.py", FIRST, False)
    assert model.candidates("colors", "tools") == (
        Found("colors", "tools/colors.py", FIRST, False),
        Found("colors", f"{SITE}/colors.py", THIRD, False),
    )


def test_a_script_is_not_the_installed_module_that_it_imports() -> None:
    model = finder({"tools/websocket.py": "", f"{SITE}/websocket/__init__.py": ""})
    assert model.find("websocket", "tools", "tools/websocket.py") == Found(
        "websocket", f"{SITE}/websocket/__init__.py", THIRD, True
    )


def test_a_package_below_a_root_has_no_directory_of_its_own_on_the_path() -> None:
    files = {"p/__init__.py": "", "p/a.py": "", "p/sibling.py": ""}
    assert finder(files).find("sibling", "p") == Missing(
        "sibling", "", THIRD, elsewhere="p/sibling"
    )


def test_python_2_relative_imports_fail(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for name in ("__init__", "a", "sibling"):
        (tmp_path / "p" / f"{name}.py").write_text("import sibling\n" if name == "a" else "")
    code = "\ntry:\n    import p.a\nexcept ImportError as error:\n    print(error)"
    assert run_python(code, cwd=tmp_path) == "No module named 'sibling'\n"


def test_a_service_of_a_monorepo_is_started_from_its_own_directory() -> None:
    files = {
        "services/api/app/__init__.py": "",
        "services/api/app/db.py": "",
        "services/api/app/web/__init__.py": "",
        "services/jobs/app/__init__.py": "",
        "services/jobs/app/queue.py": "",
        "services/api/tests/test_db.py": "",
    }
    model = finder(files)
    db = Found("app.db", "services/api/app/db.py", FIRST, False)
    assert model.find("app.db", "services/api/app/web") == db
    assert model.find("app.db", "services/api/tests") == db
    absent = model.find("app.queue", "services/api/tests")
    assert isinstance(absent, Missing)
    assert (absent.found_up_to, absent.doubt) == (
        "app",
        "services/jobs/app/queue is in a directory that may be put on the path",
    )


def test_namespace_packages_of_a_service_are_found_by_their_own_files() -> None:
    files = {"api/shop/web/routes.py": "", "api/shop/db.py": "", "shop/readme.txt": ""}
    assert finder(files).find("shop.db", "api/shop/web") == Found(
        "shop.db", "api/shop/db.py", FIRST, False
    )


def test_src_of_an_inner_project_is_seen_from_its_tests() -> None:
    files = {"libs/money/src/money/__init__.py": "", "libs/money/tests/test_it.py": ""}
    assert finder(files).find("money", "libs/money/tests") == Found(
        "money", "libs/money/src/money/__init__.py", FIRST, True
    )


# Doubts


def missing(model: Finder, name: str, importer_directory: str | None = None) -> Missing:
    answer = model.find(name, importer_directory)
    assert isinstance(answer, Missing), answer
    return answer


def test_without_an_environment_only_other_peoples_names_are_doubted() -> None:
    model = finder({"shop/__init__.py": ""}, environment=Environment())
    assert missing(model, "requests").doubt == "no environment found"
    assert missing(model, "requests.sessions").doubt == "no environment found"
    assert missing(model, "shop.nope").doubt is None


def test_an_unreadable_finder_may_provide_any_top_level_name() -> None:
    environment = Environment(found=True, opaque_finders=("/site/x.pth",))
    model = finder({"shop/__init__.py": ""}, environment=environment)
    assert missing(model, "requests").doubt == "/site/x.pth may provide it"
    assert missing(model, "shop.nope").doubt is None


@pytest.mark.parametrize(
    ("name", "files", "built", "doubt"),
    [
        ("shop._fast", {}, ("shop._fast",), "a build creates it"),
        ("shop._fast.inner", {}, ("shop._fast",), "a build creates it"),
        ("shop._version", {}, ("./shop/_version",), "a build creates it"),
        ("shop._version", {}, ("*/_version",), "a build creates it"),
        ("shop.gen.api", {}, ("./shop/gen",), "a build creates it"),
        ("shop._fast", {"shop/_fast.pyx": ""}, (), "a build makes it from shop/_fast.pyx"),
        ("shop.api_pb2", {}, (), "a build step generates it with protoc"),
        ("shop.other", {"shop/_fast.pyx": ""}, ("./shop/_version", "shop._fast"), None),
    ],
)
def test_what_a_build_makes_is_doubted(
    name: str, files: dict[str, str], built: tuple[str, ...], doubt: str | None
) -> None:
    model = finder({"shop/__init__.py": ""} | files, built=built)
    assert missing(model, name, "shop").doubt == doubt


def test_a_module_anywhere_in_the_tree_may_be_put_on_the_path() -> None:
    files = {"shop/__init__.py": "", "plugins/extra/helper.py": "", "scripts/x.py": ""}
    model = finder(files)
    assert missing(model, "helper", "scripts").doubt == (
        "plugins/extra/helper is in a directory that may be put on the path"
    )
    assert missing(model, "helper2", "scripts").doubt is None


def test_a_directory_without_python_is_no_evidence_of_a_namespace_package() -> None:
    files = {"redis/redis.conf": "", "docker/check.py": "", "parts/a.py": ""}
    unknown = finder(files, environment=Environment(), requires=frozenset({"docker"}))
    answers = [unknown.find(name) for name in ("redis", "docker", "parts")]
    assert [answer.doubt for answer in answers if isinstance(answer, Namespace)] == [
        "no environment was found, and redis/ holds no Python",
        "docker is required, and no environment was found to look into",
        None,
    ]
    known = finder(files)
    assert known.find("redis") == Namespace("redis", ("redis",), FIRST)


# Editable installs


def test_mappings_of_editable_finders_come_after_the_path() -> None:
    files = {
        "lib/shop/__init__.py": "",
        "lib/shop/db.py": "",
        "other/tool.py": "",
        f"{SITE}/taken.py": "",
    }
    mappings = (("shop", "lib/shop"), ("tool", "other/tool.py"), ("taken", "lib/shop"))
    environment = Environment(
        site=(PathEntry(SITE, THIRD, ""),), mappings=mappings, found=True, stdlib_exact=True
    )
    model = finder(files, "nothing", environment=environment)
    assert model.find("shop.db") == Found("shop.db", "lib/shop/db.py", FIRST, False)
    assert model.find("tool") == Found("tool", "other/tool.py", FIRST, False)
    assert model.find("taken") == Found("taken", f"{SITE}/taken.py", THIRD, False)


def test_a_name_with_thousands_of_parts_is_an_answer() -> None:
    name = ".".join(["a"] * 5000)
    assert missing(finder({"a/__init__.py": ""}), name).found_up_to == "a"


def test_a_module_of_the_library_that_is_at_hand_has_no_submodules_but_its_own() -> None:
    library = (PathEntry(STDLIB, LIBRARY, ""),)
    for exact in (True, False):
        environment = Environment(stdlib=library, stdlib_exact=exact)
        model = finder(LIBRARY_FILES, environment=environment)
        assert missing(model, "queue.Queue") == Missing("queue.Queue", "queue", LIBRARY)
        assert missing(model, "json.nope") == Missing("json.nope", "json", LIBRARY)
        assert missing(model, "sys.nope") == Missing("sys.nope", "sys", LIBRARY)
