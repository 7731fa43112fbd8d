"""The native reader: what it gives is what Python gives, and nothing depends on it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest

from linkstep.index import native
from linkstep.index.reading import read, read_encoded
from linkstep.index.summarize import summarize
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target

ROOT = Path(__file__).parents[1]
STDLIB = Path(sysconfig.get_paths()["stdlib"])
SITE = Path(sysconfig.get_paths()["purelib"])
WHOLE = os.environ.get("LINKSTEP_ALL") == "1"
TARGETS = [Target((3, 8), "win32"), Target((3, 11)), Target((3, 14), "darwin")]
CIRCUMSTANCES = [(kind, shallow) for kind in ModuleKind for shallow in (False, True)]
DISTRIBUTIONS = [
    *("click", "rich", "networkx", "pathspec", "packaging", "pytest", "_pytest", "hypothesis"),
    *("jsonschema", "pygments", "typeshed_client", "libcst", "msgspec", "mypy", "pip"),
]
NAME = f"native-reader.{ {'win32': 'dll', 'darwin': 'dylib'}.get(sys.platform, 'so') }"

needs_native = pytest.mark.skipif(not native.available(), reason="no native reader was built")


def sample(files: list[Path], count: int) -> list[Path]:
    """Give all files when asked for, else a seeded choice of those that are not huge."""
    files = sorted(path for path in files if path.is_file())
    if WHOLE:
        return files
    smaller = [path for path in files if path.stat().st_size < 100_000]
    return random.Random(2026).sample(smaller, min(count, len(smaller)))


def compared(files: list[Path]) -> tuple[list[str], float]:
    """Give the files that the two read otherwise, and the share of the bytes that native reads."""
    different, all_bytes, bytes_read = set(), 0, 0
    for path in files:
        source = path.read_bytes()
        for number, (kind, shallow) in enumerate(CIRCUMSTANCES):
            target = TARGETS[number % len(TARGETS)]
            all_bytes += len(source)
            encoded = native.encoded(source, kind, target, shallow=shallow)
            if encoded is not None:
                bytes_read += len(source)
                found = msgspec.msgpack.decode(encoded, type=FileSummary)
                if found != summarize(source, kind, target, "ast", shallow=shallow):
                    different.add(f"{path} as {kind} for {target}{' shallow' * shallow}")
    return sorted(different), bytes_read / all_bytes


@needs_native
def test_the_standard_library_is_read_as_python_reads_it() -> None:
    files = [path for path in STDLIB.rglob("*.py") if "site-packages" not in path.parts]
    different, share = compared(sample(files, 120))
    assert different == []
    assert share > 0.6


@needs_native
def test_distributions_are_read_as_python_reads_them() -> None:
    files = [path for name in DISTRIBUTIONS for path in (SITE / name).rglob("*.py*")]
    different, share = compared(sample([p for p in files if p.suffix in (".py", ".pyi")], 120))
    assert different == []
    assert share > 0.6


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        "",
        "def f(a=m.x, /, *b: m.y, c, **d) -> m.z:\n    import q\n    return q.r.s\n",
        "try:\n    import a\nexcept (ImportError, os.error) as e:\n    raise\nelse:\n    a.b\n",
        "class K(m.B, metaclass=m.M):\n    import n\n    x: n.T = n.v\n",
        "if (n := m.f()) and m.g or not m.h: pass\n[m.i for j in m.k if m.l]\n",
        "with suppress(ImportError), m.open() as (a, *b): import x.y.z\n",
        "from __future__ import annotations\nx: m.T\ndef f(y: m.U): pass\n",
        "__all__ = ['a']\n__all__ += ['b']\n__all__.extend(c.__all__)\nfrom d import *\n",
    ],
)
def test_snippets_are_read_as_python_reads_them(source: str) -> None:
    for target in TARGETS:
        for kind, shallow in CIRCUMSTANCES:
            encoded = native.encoded(source.encode(), kind, target, shallow=shallow)
            assert encoded is not None
            found = msgspec.msgpack.decode(encoded, type=FileSummary)
            assert found == summarize(source.encode(), kind, target, "ast", shallow=shallow)


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        "import a\nfrom __future__ import division\n",
        "x = f'{a.b!r:>{w}}' + f\"{c!s}\"\nfrom a import (b as c, d)\n",
        "import sys\nsys.modules['app.x'] = y\ndef __getattr__(name): return globals()[name]\n",
        "def f(x, /): return (y := x)\n",
        "match a.b:\n    case c.D(): pass\n",
        "with (a.b as c, d.e): pass\n",
        "try: import a\nexcept* b.C: pass\n",
        "@a.b[0].c\ndef f(): pass\n",
        "def f[T](x: T): pass\n",
        "x[*a.b]\nasync def f(): return [await c.d async for c in e]\n",
    ],
)
def test_what_few_files_have_is_read_alike_or_declined(source: str) -> None:
    read_files = 0
    for target in TARGETS:
        encoded = native.encoded(source.encode(), ModuleKind.MODULE, target, shallow=False)
        if encoded is not None:
            read_files += 1
            found = msgspec.msgpack.decode(encoded, type=FileSummary)
            assert found == summarize(source.encode(), ModuleKind.MODULE, target, "ast")
    assert read_files in (0, len(TARGETS))


@pytest.mark.parametrize(
    "source",
    [b"def broken(:", b"\xff\xfe", b"x = '\0'", b"# coding: latin-1\nx = '\xe9'\n", b"(" * 10_000],
)
def test_what_it_declines_python_reads(source: bytes) -> None:
    target = Target((3, 11))
    assert native.encoded(source, ModuleKind.MODULE, target, shallow=False) is None
    found = read(source, ModuleKind.MODULE, target)
    assert found.summary == summarize(source, ModuleKind.MODULE, target)


@pytest.mark.parametrize("reader", ["auto", "ast", "libcst"])
def test_what_is_encoded_is_what_is_read(reader: str) -> None:
    source = b"from a import b\nclass C(b.D):\n    import e\n"
    for kind, shallow in CIRCUMSTANCES:
        encoded = read_encoded(source, kind, TARGETS[1], reader, shallow=shallow)
        assert encoded is not None
        found = msgspec.msgpack.decode(encoded, type=FileSummary)
        assert found == read(source, kind, TARGETS[1], reader, shallow=shallow).summary
        assert found == summarize(source, kind, TARGETS[1], reader, shallow=shallow)


def run(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize("tree", ["examples/chat-backend", "analyzer"])
def test_a_check_without_it_says_the_same(tree: str) -> None:
    command = ("-m", "linkstep", "check", "--no-cache", "--format", "json")
    without = run(*command, cwd=ROOT / tree, LINKSTEP_NATIVE="0")
    assert without.returncode in (0, 1), without.stderr
    found = run(*command, cwd=ROOT / tree, LINKSTEP_NATIVE="1")
    assert json.loads(found.stdout) == json.loads(without.stdout)
    assert (found.returncode, found.stderr) == (without.returncode, without.stderr)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a copy of linkstep that has no library."""
    place = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "native-reader.*")
    shutil.copytree(ROOT / "analyzer/linkstep", place / "linkstep", ignore=ignored)
    return place


SAY = "import linkstep.index.native as n; print(n.__file__, n.available())"


def said(package: Path, **variables: str) -> tuple[str, str]:
    """Give what a copy of linkstep says of its native reader, and on standard error."""
    done = run("-P", "-c", SAY, cwd=package, PYTHONPATH=str(package), **variables)
    return done.stdout, done.stderr


def says(package: Path, *, available: bool) -> tuple[str, str]:
    return f"{package / 'linkstep/index/native.py'} {available}\n", ""


def test_a_library_of_something_else_is_no_reader(package: Path) -> None:
    library = package / "linkstep/index" / NAME
    library.write_text("no library at all\n")
    assert said(package) == says(package, available=False)
    shutil.copyfile(msgspec._core.__file__, library)  # one that loads, and is another one
    assert said(package) == says(package, available=False)
    library.unlink()
    assert said(package) == says(package, available=False)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("interface", [0, 1, 2, 3])
def test_a_library_with_another_interface_is_no_reader(
    package: Path, tmp_path: Path, interface: int
) -> None:
    (tmp_path / "reader.c").write_text(
        f"unsigned linkstep_interface(void) {{ return {interface}; }}\n"
        "void *linkstep_summarize(void) { return 0; }\nvoid linkstep_release(void) {}\n"
        "void *linkstep_pool(void) { return 0; }\nvoid linkstep_pool_submit(void) {}\n"
        "void *linkstep_pool_take(void) { return 0; }\nvoid linkstep_pool_end(void) {}\n"
    )
    library = package / "linkstep/index" / NAME
    library.unlink(missing_ok=True)
    command = ["cc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "reader.c")]
    subprocess.run(command, check=True, timeout=60)
    assert said(package) == says(package, available=interface == 2)
    assert said(package, LINKSTEP_NATIVE="0") == says(package, available=False)


def test_the_version_does_not_load_it() -> None:
    program = (
        "import sys; from linkstep.cli.main import main; main(['--version']); "
        "print('ctypes' in sys.modules, 'linkstep.index.native' in sys.modules)"
    )
    assert run("-c", program).stdout.splitlines()[1:] == ["False False"]
