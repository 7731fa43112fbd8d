"""Whatever the bytes: linkstep ends in time, never raises, and both readers agree."""

from __future__ import annotations

import random
import sysconfig
import time
import warnings
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from linkstep.index.summaries import Summaries
from linkstep.index.summarize import summarize
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target
from linkstep.pipeline import check

TARGET = Target((3, 11), "linux")
ROOT = Path(__file__).parents[1]
STDLIB = Path(sysconfig.get_paths()["stdlib"])
LIMIT = 20.0  # seconds, for what takes one or two; a machine may be busy

SEEDED = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
COOKIES = (
    *("utf-8", "latin-1", "cp1252", "utf-7", "utf-16", "utf-16-le", "utf-32", "rot13", "idna"),
    *("punycode", "undefined", "unknown-x", "ascii", "koi8-r", "shift_jis", "gbk", "hex", "zlib"),
    *("raw_unicode_escape", "unicode_escape", "utf-8-sig", "cp037", "charmap", "\x88tf-8", "str"),
)
TOKENS = (
    *(b"__all__", b"globals()", b"__getattr__", b"import ", b"from . import *\n", b"lambda: "),
    *(b"try:\n    ", b"except ImportError:\n    pass\n", b"f'{x!r:>{y}}'", b"t'{x}'", b"\x0c"),
    *(
        b"match x:\n case ",
        b"\r",
        b"\\\n",
        b"\\\r",
        b"\0",
        b"\xef\xbb\xbf",
        b"\xff",
        b":=",
        b"0777",
    ),
    *(b"async ", b"await ", b"yield ", b"'''", b'"""', b"rb'\\'", b"\xe2\x80\xa8", b"\xc2\x85"),
    *(b"\x0b", b"\x1c", b"\x1a", b"type X = int\n", b"lazy import a\n", b"del ", b"global x\n"),
    *(
        b"class A[T]: pass\n",
        b"'\\N{DIGIT ONE}'",
        b"'\\ud800'",
        b"\xf0\x9d\x94\xb8",
        b"1if 1else 2",
    ),
    *(b"{", b"}", b"(", b")", b"[", b"]", b"#", b"\t", b"  ", b";", b"...", b"print 1\n", b"<>"),
    *(b"sys.path.insert(0, '.')\n", b"sys.modules[__name__]", b"from __future__ import braces\n"),
)


def read(source: bytes) -> tuple[FileSummary, FileSummary]:
    """Summarise with both readers; a warning about the code would be output of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast = summarize(source, ModuleKind.MODULE, TARGET, "ast")
        reference = summarize(source, ModuleKind.MODULE, TARGET, "libcst")
    return fast, reference


def agree(source: bytes) -> bool:
    """Whether both readers give the same summary, both refuse, or one of them gives up."""
    fast, reference = read(source)
    problems = [found.problem for found in (fast, reference)]
    if any(problem is not None and not problem.certain for problem in problems):
        return True
    refused = [problem is not None for problem in problems]
    return fast == reference if not any(refused) else all(refused)


# What a longer run found. The first of each kind is the smallest.
@given(st.binary(max_size=300))
@example(b"# coding=\x88tf-8-sig\r# co")
@example(b'""t\'{x}\'"a"\n')
@example(b"t'{x}'\n")
@example(b"x = 1if 1else 2\n'\\d'\n")
@example(b"if 'a' in __debug__: pass\nimport sys\nif sys.hexversion in 3: import q\n")
@settings(SEEDED, max_examples=300)
def test_any_bytes(source: bytes) -> None:
    read(source)


@given(
    st.sampled_from(COOKIES),
    st.sampled_from(
        ["# -*- coding: {} -*-", "#!x\n# vim: set fileencoding={} :", "# coding: {}\r"]
    ),
    st.sampled_from(["x = 'é'\n", "import é\n", "a = 1\n", "", "import é; é.b  # \x0c\r\n"]),
    st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-7"]),
    st.booleans(),
)
@settings(SEEDED, max_examples=250)
def test_any_encoding(cookie: str, comment: str, text: str, encoding: str, mark: bool) -> None:
    head = comment.format(cookie).encode("latin-1") + b"\n"
    read((b"\xef\xbb\xbf" if mark else b"") + head + text.encode(encoding, "replace"))


def test_halves_of_characters_are_no_part_of_what_is_kept(tmp_path: Path) -> None:
    """Strings of Python may hold them, text that is written down may not."""
    setting = r'import sys; setattr(sys, "\ud800", 1); sys.modules["\udcff"] = sys.modules["a"]'
    exports = r'__all__ = ["\uDBFF"]; globals()["\U0000dfff"] = 1; raise ImportError("\ud800")'
    for number, text in enumerate((setting, exports)):
        summary = summarize(text.encode(), ModuleKind.MODULE, TARGET)
        encoded = msgspec.msgpack.encode(summary)
        assert msgspec.msgpack.decode(encoded, type=FileSummary) == summary
        (tmp_path / f"m{number}.py").write_text(text, encoding="utf-8")
    cache = Summaries()
    check(CheckRequest(cwd=str(tmp_path), environ={}), Unobserved(), cache)
    assert len(list(cache.made())) >= 2


def test_a_lone_carriage_return_ends_the_line_of_a_cookie() -> None:
    assert agree(b"# a\r# b\r# the coding: str\rimport a\n")


def mutated(source: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, slices, tokens or line ends of a file."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        start = chance.randrange(len(source) + 1)
        end = min(len(source), start + chance.choice([1, 2, 20, 200, 2000]))
        slice_ = source[start:end]
        source = chance.choice(
            [
                source[:start] + bytes([chance.randrange(256)]) + source[start + 1 :],
                source[:start] + source[end:],
                source[:end] + slice_ * 3 + source[end:],
                source[:start],
                source[start:],
                source[:start] + chance.choice(TOKENS) + source[start:],
                source[:start] + chance.choice(TOKENS) + source[start:],
                source.replace(b"\n", chance.choice([b"\r", b"\r\n", b"\n\x0c"])),
            ]
        )
    return source


def test_mutated_files() -> None:
    chance = random.Random(2026)
    own = sorted((ROOT / "analyzer").rglob("*.py"))
    files = [path for path in (*own, *sorted(STDLIB.glob("*.py"))) if path.stat().st_size < 9_000]
    for path in chance.sample(files, 60):
        read(mutated(path.read_bytes(), chance))


NAMES = st.sampled_from(["a", "b", "é", "_c", "sys", "TYPE_CHECKING"])
SIMPLE = st.one_of(
    st.builds("{0} = {1}.x\n".format, NAMES, NAMES),
    st.builds("import {0}.{1} as c, {1}\n".format, NAMES, NAMES),
    st.builds("from .{0} import {1}, {0} as {1}\n".format, NAMES, NAMES),
    st.builds("from {0} import *\n".format, NAMES),
    st.builds("__all__ = ['{0}', *{1}.__all__] + {0}\n".format, NAMES, NAMES),
    st.builds(
        "print(f'{{{0}.y!r:>{{{1}.z}}}}', lambda {0}: {1}.u, [{0} for {0} in {1}])\n".format,
        NAMES,
        NAMES,
    ),
    st.builds("del {0}\n".format, NAMES),
    st.just("raise ImportError\n"),
)


def block(statements: list[str]) -> str:
    """Indent statements."""
    return "".join(f" {line}\n" for line in "".join(statements).splitlines())


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Put statements into blocks."""
    blocks = st.lists(inner, min_size=1, max_size=3).map(block)
    return st.one_of(
        st.builds("if {0}.w and not {0}:\n{1}else:\n{2}".format, NAMES, blocks, blocks),
        st.builds("try:\n{0}except ImportError:\n{1}finally:\n{2}".format, blocks, blocks, blocks),
        st.builds("def {0}({0}={0}.d):\n{1}".format, NAMES, blocks),
        st.builds("class {0}({0}.B):\n{1}".format, NAMES, blocks),
        st.builds("for {0} in {0}.i:\n{1}else:\n{2}".format, NAMES, blocks, blocks),
        st.builds("with {0}.o() as {0}:\n{1}".format, NAMES, blocks),
        st.builds(
            "match {0}:\n case {0}.P(q={0}): pass\n case _:\n{1}".format,
            NAMES,
            blocks.map(lambda text: block([text])),
        ),
    )


PROGRAMS = st.lists(st.recursive(SIMPLE, compound, max_leaves=8), max_size=6).map("".join)


@given(PROGRAMS)
@settings(SEEDED, max_examples=60)
def test_valid_programs_are_read_the_same_way(program: str) -> None:
    assert agree(program.encode())


def link(tmp_path: Path, files: dict[str, str]) -> CheckResult:
    """Check a tree, in time."""
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    request = CheckRequest(
        cwd=str(tmp_path), environ={}, target_version="3.11", platform="linux", roots=(".",)
    )
    started = time.monotonic()
    result = check(request, Unobserved())
    assert time.monotonic() - started < LIMIT
    counts = result.report.counts
    assert counts.references == counts.resolved + counts.unresolved + counts.unknown
    return result


@given(st.lists(PROGRAMS, min_size=4, max_size=4))
@settings(SEEDED, max_examples=12)
def test_programs_are_linked(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    paths = ("p/__init__.py", "p/a.py", "p/b.py", "main.py")
    link(tmp_path_factory.mktemp("tree"), dict(zip(paths, texts, strict=True)))


def nested(count: int, opening: str) -> str:
    return "".join(" " * n + opening + "\n" for n in range(count)) + " " * count + "pass\n"


# Each of these once took minutes, or overflowed the stack.
SLOW = {
    "values that would fill the memory": {
        "a.py": "x = 'a' * 10**9\ny = 1 << 10**9\n__all__ = ['x'] * 10**9\n"
        "if 'a' * 10**9 == (1 << 10**9): import q\nz = " + "9" * 4000 + "\n"
    },
    "flags made of flags": {
        "a.py": "import b\nF0 = b.x\n"
        + "".join(f"F{n + 1} = [F{n}, F{n}, F{n}, F{n}]\nif F{n}: import q\n" for n in range(100)),
        "b.py": "import os\nx = os.environ\n",
    },
    "strings that double": {
        "a.py": "F0 = 'abcdefgh'\n"
        + "".join(f"F{n + 1} = F{n} + F{n}\n" for n in range(60))
        + "import importlib\nimportlib.import_module(F60)\n"
    },
    "__all__ that doubles": {
        "m0.py": "__all__ = ['x']\nx = 1\n",
        **{f"m{n + 1}.py": f"import m{n} as m\nx = 1\n__all__ = m.__all__ + m.__all__\n"
           for n in range(40)},
    },
    "__all__ in a circle": {
        "a.py": "import b\n__all__ = b.__all__ + ['x']\nx = 1\n",
        "b.py": "import a\n__all__ = a.__all__ + ['y']\ny = 1\n",
        "c.py": "from a import *\nfrom b import *\nprint(x, y, z)\n",
    },
    "many elif": {"a.py": "if a:\n    import m\n" + "".join(
        f"elif c{n}:\n    import m{n}\n" for n in range(600))},
    "many cases": {"a.py": "match a:\n" + "".join(f" case {n}: import m{n}\n" for n in range(600))},
    "a long condition": {
        "a.py": "import b\nif " + " or ".join(f"b.y{n}" for n in range(600)) + ": import q\n",
        "b.py": "",
    },
    "a chain of aliases": {"a.py": "import a as a0\n" + "".join(
        f"a{n + 1} = a{n}\n" for n in range(900)) + "a900.zz\n"},
    "a name bound again and again": {
        "a.py": "".join(f"if f({n}):\n    from b import x\n" for n in range(900)) + "x.z\n" * 900,
        "b.py": "x = 1\n",
    },
    "a long chain of imports": {
        **{f"m{n}.py": f"from m{n + 1} import x, y\n" for n in range(300)}, "m300.py": "x = 1\n"},
    "a circle of imports": {
        f"m{n}.py": f"from m{(n + 1) % 150} import x\nfrom m{(n * 3 + 1) % 150} import y\n"
        for n in range(150)
    },
    "a circle of guarded imports": {
        f"m{n}.py": f"try:\n    from m{(n + 1) % 60} import x\nexcept ImportError:\n"
        f"    from m{(n * 3 + 1) % 60} import x\n"
        for n in range(60)
    },
    "star imports in a circle": {
        f"m{n}.py": f"from m{(n + 1) % 40} import *\nfrom m{(n * 7 + 3) % 40} import *\nx{n} = 1\n"
        for n in range(40)
    },
    "many classes with imports": {
        "a.py": "".join(f"class C{n}:\n    import b as q\n    z = q.y\n" for n in range(1500)),
        "b.py": "",
    },
    "sys.path many times": {
        "a.py": "import sys\n" + "".join(f"sys.path.insert(0, 'd{n}')\n" for n in range(400))
        + "".join(f"import z{n}\n" for n in range(400))
    },
    "sys.modules many times": {
        "a.py": "import sys\n" + "".join(f"sys.modules['x.y{n}'] = sys\n" for n in range(400)),
        "c.py": "".join(f"import x.z{n}\n" for n in range(400)),
    },
    "names of a function made of each other": {
        "a.py": "import b\ndef f(p):\n    from b import y as n0\n" + "".join(
            f"    if p: n{n + 1} = n{n}\n    else: n{n + 1} = n{n}\n" for n in range(60)
        ) + "    n60.z\nf(1)\n",
        "b.py": "import a\ny = object()\n",
    },
    "deep blocks": {"a.py": nested(90, "if f():") + nested(18, "for i in f():")},
    "a very long line": {"a.py": "x = '" + "é" * 500_000 + "'; import b; b.z\n", "b.py": ""},
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_nothing_takes_forever(name: str, tmp_path: Path) -> None:
    link(tmp_path, SLOW[name])
