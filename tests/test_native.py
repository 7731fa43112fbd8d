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
from linkstep.index.references import BUILTIN_NAMES
from linkstep.index.summarize import summarize
from linkstep.model import frameworks
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
        "def __getattr__(name):\n    if name == 'a' or 'b' != name: return 1\n    raise E\n",
        "def __getattr__(n):\n    if not n != 'a': 0\n    elif n == 'b': 0\n    else: raise\n",
        "def __getattr__(name): return moved(name)\nasync def __getattr__(name): raise\n",
        *("f'{m.a:{w}}{b:>{c:d}}{d:}'\nrf'\\{m.a}'\n", "'\\ud800'\nx = f(*a.b)\n"),
        "f(" + "a.b.c.d.e.f, " * 200 + ")\n",
    ],
)
def test_snippets_are_read_as_python_reads_them(source: str) -> None:
    for target in TARGETS:
        assert_read(source, target)


def assert_read(source: str, target: Target) -> None:
    """Assert that the two read a text alike, whatever it is."""
    for kind, shallow in CIRCUMSTANCES:
        encoded = native.encoded(source.encode(), kind, target, shallow=shallow)
        assert encoded is not None
        found = msgspec.msgpack.decode(encoded, type=FileSummary)
        assert found == summarize(source.encode(), kind, target, "ast", shallow=shallow)


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        # entries of the table of modules
        "import sys\ndef f(): sys.modules[name] = m\nf()\n'g.f'\ndef h(): f()\n",
        "def f(name):\n  if find_spec(name): sys.modules[name] = module_from_spec(s)\n",
        "sys.modules['a.' + x] = sys.modules[x]\n'words', f'of {it:>3} all'\n",
        "def f():\n  name = f'{m.a}.{b}'\n  sys.modules[name] = x\n",
        "name = m.__name__\nsys.modules[name] = m\nsys.modules[k.__name__] = k.x\n",
        "import sys\ndef f(): sys.modules[n] = x\ndef f(): f()\ndef g(): f(), eval('g')\n",
        # names that can be listed
        "@enum.global_enum\nclass C(Enum):\n  B = A = 1\n  C: int\n  import d, a\n",
        "class C(IntEnum):\n  'A'\n  A, B = 1, 2\nglobals().update(C.__members__)\n",
        "for k in ('a', 'b'): globals()[k] = 1\nfor k in T: vars()[k] = k\nT = ['c']\n",
        "for k in x:\n  if y and k.startswith('RLIM'): globals()[k] = 1\n",
        "import m\nold = {}\nold['a'] = getattr(m, 'a')\nfor k in old.keys(): setattr(m, k, 1)\n",
        "import m\nfor k, v in x.items(): setattr(m, k, v)\n",
        "def f(names): return names['a']\nf(globals())\ndef g(n): n.clear()\ng(vars())\n",
        # what is served on demand
        "T = {'a': '.x'}\nT['b'] = '.y'\ndef __getattr__(n):\n  if n not in T: raise E\n"
        "  return getattr(import_module(T[n], __name__), n)\n",
        "T = {'a': ('.x', 'y')}\ndef __getattr__(n):\n  try: m, k = T[n]\n"
        "  except KeyError: raise E\n  return getattr(import_module(f'p{m}'), k)\n",
        "def __getattr__(n):\n  T = ['a']\n  if (f := T.get(n)) or n in T: return 1\n  raise\n",
        "S = {'a.b': ['c']}\nR = {n: m for m, ns in S.items() for n in ns}\n"
        "def __getattr__(n):\n  return getattr(import_module('.' + R[n]), n)\n",
        "__getattr__, _, __all__ = attach(__name__, {'a'}, submod_attrs={'b': ['c', 'd']})\n",
        "__getattr__ = m.make(__name__)\nsys.modules[__name__] = L(S)\nS = {'a': ['b']}\n",
        # settings
        "INSTALLED_APPS = ['a.b', *c] + ['d']\nDEBUG: bool = True\nLOGGING = {'()': 'e.f'}\n",
    ],
)
def test_rare_ways_to_bind_names_are_read_as_python_reads_them(source: str) -> None:
    for target in TARGETS:
        assert_read(source, target)


PATTERNS = [
    *("a", "_", "a.b", "-1", "1 + 2j", "-1.5 - 2j", "'a' 'b'", "b'a'", "None", "(a)", "()", "[]"),
    *("{}", "*_,", "a, *b", "(a, *b)", "[*a, b.c,]", "(\n a)", "{'a': b, c.d: _, -1: e, **f}"),
    *("{**a,}", "A()", "a.b.C(d, e.f, g=h, _=i,)", "A(_=1)", "a | b.c | (d as e)", "a | b as c"),
    *("match", "case", "[{'k': [A(x=(b.c | d)), *e]}] as f", "a, if m.b", "a if (b := m.c)"),
]
REFUSED = [
    *("_()", "_.a", "a as _", "a as b.c", "*a", "(*a)", "[*a.b]", "{**_}", "{**a, 'b': c}"),
    *("{a: b}", "A(a=1, b)", "A(b, _=1)", "A(a.b=1)", "A(*a)", "A()()", "A().b", "1 + 2"),
    *("1j + 2j", "+1", "--1", "a if b, c", "...", "f'a'", "a[0]", "-a", "not a", "a := b", "(,)"),
    *("{,}", "A(,)", "'a'.b", "a b"),
]


@needs_native
def test_patterns_are_read_as_python_reads_them() -> None:
    kinds = "import m\nmatch m.x, *y:\n  case 1 if m.b: import q\n  case {}:\n    m.z\n"
    for pattern in PATTERNS:
        source = kinds.replace("{}", pattern, 1)
        for target in TARGETS[1:]:
            assert_read(source, target)
        assert native.encoded(source.encode(), ModuleKind.MODULE, TARGETS[0], shallow=False) is None
    for pattern in REFUSED:
        source = kinds.replace("{}", pattern, 1).encode()
        assert native.encoded(source, ModuleKind.MODULE, TARGETS[1], shallow=False) is None
    for statement in ["match(a.b)", "match[a]: b", "match = a", "match *a, b", "match.a: b = c"]:
        assert differs(f"import a\n{statement}\n{kinds.format('a')}") is None


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        "import m\ndef f(x):\n  match x:\n    case m.A(b): return m.c\n    case _: import d\n",
        "match __all__:\n  case [*__all__] if m: pass\n__all__ = []\nclass C: case = match = 1\n",
        "match x:\n" + "".join(f"  case {n}: a.b\n" for n in range(99)),
        "try: import a\nexcept* b.C: pass\nexcept* (d, e) as f: raise\n",
    ],
)
def test_newer_grammar_is_read_for_newer_targets(source: str) -> None:
    for target in TARGETS[1:]:
        assert_read(source, target)
    assert native.encoded(source.encode(), ModuleKind.MODULE, TARGETS[0], shallow=False) is None


@needs_native
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_give_what_one_call_gives(threads: int) -> None:
    texts = ["import a\n", "import (", "", *(f"x = {n * 'a.'}b\n" * n for n in range(60))]
    sources = [(text.encode(), ModuleKind.MODULE) for text in texts]
    expected = [native.encoded(*one, TARGETS[0], shallow=False) for one in sources]
    assert expected.count(None) == 1
    assert list(native.all_encoded(sources, TARGETS[0], threads, shallow=False)) == expected
    first = next(native.all_encoded(sources, TARGETS[0], threads, shallow=False))
    assert first == expected[0]  # nobody takes the others


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        "import a\nfrom __future__ import division\n",
        "x = f'{a.b!r:>{w}}' + f\"{c!s}\"\nfrom a import (b as c, d)\n",
        "import sys\nsys.modules['app.x'] = y\ndef __getattr__(name): return globals()[name]\n",
        "def f(x, /): return (y := x)\n",
        "with (a.b as c, d.e): pass\n",
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


def differs(source: str) -> str | None:
    """Give how the two read a text otherwise; None where they do not, or native declines it."""
    for number, (kind, shallow) in enumerate(CIRCUMSTANCES):
        target = TARGETS[number % len(TARGETS)]
        encoded = native.encoded(source.encode(), kind, target, shallow=shallow)
        if encoded is not None:
            found = msgspec.msgpack.decode(encoded, type=FileSummary)
            expected = summarize(source.encode(), kind, target, "ast", shallow=shallow)
            if found != expected or expected.problem is not None:
                return f"{source!r} as {kind}: {found} is not {expected}"
    return None


@needs_native
@pytest.mark.parametrize(
    "source",
    [
        "assert 0xB\nassert 0x0\nassert 0_0.0\nassert 1e-999\nassert '\\\n'\n",
        "x = sys._getframe(1).f_globals['__name__']; y.f_globals\n",
        "'\u00a0# sys._getframe'\n",
        "'\u00e9in sys.modules'\n",
        "def f(): m = sys.modules['a']\nsys.modules[__name__] = m\n'words'\n",
        "sys.modules[__name__] = sys.modules['x']; 'words'\n",
        "getattr(state, '\\N{DASH}')\nsetattr(app.state, '\\ud800', 1)\n",
        "globals()['''a\r\nb'''] = 1\r\nsetattr(sys.modules[__name__], '''a\r\nb''', 1)\r\n",
        "import m\n(m.q).r: int = m.s\n",
        "import m\nx = f'''\n{(lambda: m.x)()}{[m.y\n]}{(w := m.a)}''' f'{m.z=}'\n",
        "\ufeffimport m\nm.a; '\u00e9'; m.b\n",
        "import m\n'\u00e9'; m.a. b; (m\n.c).d; m.\\\n  e = m.f\n",
        "__all__ = ['a']\nx = {\n__all__.pop()\n:\n__all__.clear()}\n",
        "__all__ = []\ndef f(a=\n__all__.pop(), *, b:\n__all__.append(1)=\n__all__.clear()): 0\n",
        "for k in x: globals()['p' + k] = 1\nglobals().update({'a': 1, **b}, c=2)\n",
        "'''global a, \u00e9'''\na.x\n",
        "x = " + "9" * 4301 + "\n",
    ],
)
def test_what_was_once_read_otherwise_is_not(source: str) -> None:
    assert differs(source) is None


LONG = ["a" + " and a.b" * 50_000, "a" + "()" * 50_000, "[" * 60 + "a" + "|a" * 90 + "]" * 60]
TALL = [
    "if a: 0\n" + "elif a.b: a.c\n" * 5_000,
    "import m\n" + "@pytest.mark.skipif(m.a)\n" * 5_000 + "def f(): import x\n",
    "if a: 0\n" + "elif a.b: a.c\n" * 95 + "else: " + "a" + "()" * 95 + "\n",
    *("match a:\n case " + "[A(x=" * n + "b" + ")]" * n + ": 0\n" for n in (15, 20_000)),
    "match a:\n case " + "1 | a.b | " * 20_000 + "2: 0\n",
    *("match a:\n" + " case 1: b.c\n" * n for n in (99, 20_000)),
    "match (a)\n" * 20_000 + "match " + "(" * 20_000,
    "f(" + ("a" + ".b" * 90 + ", ") * 900 + ")\n" + "f(a, " * 30 + "a" + ".b" * 90 + ")" * 30,
]
WIDE = [
    "sys.modules[k] = v\n" * 5_000,
    "for k in x.items():\n" + "  setattr(m, k, 1), f(vars())\n" * 5_000,
    "L = [" + "'a', " * 19_000 + "]\nT = {" + "'a': L, " * 19_000 + "}\n"
    "sys.modules[__name__] = f(T)\n",
    "T = {" + "'a': 1, " * 900 + "}\ndef __getattr__(n):\n" + " if n in T: 0\n" * 9_000,
]


@needs_native
@pytest.mark.parametrize("source", LONG + TALL + WIDE)
def test_a_thread_with_a_small_stack_is_enough(source: str) -> None:
    program = (
        "import sys, threading\n"
        "from linkstep.index import native\n"
        "from linkstep.model.summary import ModuleKind\n"
        "from linkstep.model.target import Target\n"
        "given = sys.stdin.buffer.read(), ModuleKind.MODULE, Target((3, 11))\n"
        "native.available()\n"
        "threading.stack_size(400 * 1024)\n"
        "thread = threading.Thread(\n"
        "    target=lambda: print(type(native.encoded(*given, shallow=False)).__name__)\n"
        ")\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, input=source.encode(), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip() in (b"bytes", b"NoneType")


ATOMS = [
    *("m", "m.a", "m.a.b", "x", "y.z", "sys.modules['a']", "sys.modules[__name__]", "globals()"),
    *("vars()", "app.state.n", "__name__", "__all__", "'a.b'", "'\u00e9'", "0xB", "1.5", "None"),
    *("f'{m.a}\u00e9{x!r:>{m.w}}'", "f'''\n{m.b()}\n{(w := m.c)}'''", "[m for m in x.y if m.z]"),
    *("(lambda q=m.a: q.b)", "(y := m.a)", "sys.version_info[:2]", "m.\\\n a", "(m\n.b).c"),
]
FORMS = [
    *("({}).{n}", "f({}, {})", "{}[{}]", "({} and {})", "({} if {} else {})", "(not {})"),
    *("({} < {} is {})", "setattr({}, {}, 1)", "f(__name__, {n}={})", "import_module({}, {})"),
    *("patch({})", "({} + {})", "sys.path.insert(0, {})", "getattr({}, 'n')", "[{}, *{}]"),
]
PLAIN = [
    *("{}", "x = {}", "{n} = y = {}", "m.a.b = {}", "del x, m.a", "import m, a.b as x", "x += {}"),
    *("from m import *", "from ..m import (a as y,\n b)", "__all__ += [{}, 'q']", "raise E({})"),
    *("assert {}", "global x, m", "x: {} = {}", "f(__all__)", "sys.modules['q'] = {}", "pass"),
    *("sys.path += [{}]", "sys.exit({})", "globals()[{}] = 1", "__all__.append({})"),
]
BLOCKS = [
    *("if {}:", "for x in {}:", "while {}:", "with suppress({}) as y:", "class {n}({}):"),
    *("def {n}(a: {}, b={}, *, c={}):", "async def {n}():", "try:", "if {}:"),
    *("@pytest.mark.skipif({})\n@m\ndef {n}():", "@m.a\nclass {n}:"),
]


def filled(rng: random.Random, form: str, depth: int = 2) -> str:
    """Give a form with expressions in it."""
    inner = []
    for _ in range(form.count("{}")):
        is_atom = depth == 0 or rng.random() < 0.4
        inner.append(rng.choice(ATOMS) if is_atom else filled(rng, rng.choice(FORMS), depth - 1))
    return form.format(*inner, n=rng.choice(["m", "x", "f", "n", "state"]))


SUBPATTERNS = [
    *("{}", "[{}, {}]", "({}, *{n})", "({})", "{} | {}", "{} as {n}", "{{'k': {}, **{n}}}"),
    *("m.A({})", "A({}, {n}={})", "{{m.a: {}, -1: {}}}"),
]


def pattern(rng: random.Random, depth: int = 2) -> str:
    """Give a pattern; not all of them are valid."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(PATTERNS)
    form = rng.choice(SUBPATTERNS)
    inner = [pattern(rng, depth - 1) for _ in range(2)]
    return form.format(*inner, n=rng.choice(["m", "x", "_"]))


def match_statement(rng: random.Random, depth: int, indent: str) -> str:
    """Give a `match` statement with some cases."""
    made = f"{indent}{filled(rng, 'match {}:')}\n"
    for _ in range(rng.randint(1, 3)):
        head = f"case {pattern(rng)}" + rng.choice(["", filled(rng, " if {}", 1)])
        made += f"{indent} {head}:\n{block(rng, depth - 1, indent + '  ')}"
    return made


def block(rng: random.Random, depth: int, indent: str = "") -> str:
    """Give some statements."""
    made = ""
    for _ in range(rng.randint(1, 4)):
        if depth and rng.random() < 0.08:
            made += match_statement(rng, depth, indent)
        elif depth and rng.random() < 0.45:
            head = rng.choice(BLOCKS).replace("\n", f"\n{indent}")
            made += f"{indent}{filled(rng, head, 1)}\n{block(rng, depth - 1, indent + '  ')}"
            if head == "try:":
                made += f"{indent}except (E, {rng.choice(ATOMS)}) as e: pass\n"
        else:
            made += f"{indent}{filled(rng, rng.choice(PLAIN))}\n"
    return made


@needs_native
def test_made_files_are_read_as_python_reads_them() -> None:
    rng = random.Random(2026)
    made = [block(rng, 2) for _ in range(20_000 if WHOLE else 1_000)]
    assert [found for found in map(differs, made) if found is not None] == []
    target, kind = TARGETS[1], ModuleKind.MODULE
    read_files = [one for one in made if native.encoded(one.encode(), kind, target, shallow=False)]
    assert len(read_files) > len(made) / 5


@needs_native
def test_its_tables_are_those_of_the_reader_in_python() -> None:
    for name in [*sorted(BUILTIN_NAMES - {"None", "True", "False"}), "unicode", "long", "a"]:
        assert differs(f"from m import *\n{name}\nprint({name}.x)\n") is None
    shapes = ["'a.b'", "'a'", "'a:b'", "'.a'", "['a.b'] + ['c']", "{'class': 'a.b'}", "x, 'a.b'"]
    for call in [*frameworks.CALLS, frameworks.LOGGING]:
        words = [word for word in (call.keyword, *call.unless, "package", "other") if word]
        given = [*shapes, *(f"{call.first!r}, {shape}" for shape in shapes)]
        given += [f"{word}={shape}" for word in words for shape in shapes[:-1]]
        given += [f"{one}, {word}=1" for word in words for one in shapes]
        for function in call.functions:
            assert differs("".join(f"{function}({arguments})\n" for arguments in given)) is None
    for setting in [*(one.name for one in frameworks.SETTINGS), frameworks.LOGGING_SETTING]:
        for shape in shapes[:-1]:
            beside = "INSTALLED_APPS = []\nROOT_URLCONF = 'u'\nDEBUG = True\n"
            assert differs(f"{beside}{setting} = {shape}\n") is None
            assert differs(f"DEBUG = 'URLCONF CELERY_'\nCACHES = 1\n{setting} = {shape}\n") is None


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
    assert said(package) == says(package, available=interface == 3)
    assert said(package, LINKSTEP_NATIVE="0") == says(package, available=False)


def test_the_version_does_not_load_it() -> None:
    program = (
        "import sys; from linkstep.cli.main import main; main(['--version']); "
        "print('ctypes' in sys.modules, 'linkstep.index.native' in sys.modules)"
    )
    assert run("-c", program).stdout.splitlines()[1:] == ["False False"]
