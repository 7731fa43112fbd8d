"""Which definitions leave the namespaces of others alone."""

from __future__ import annotations

import pytest

from linkstep.index.summarize import harmless_in, summarize
from linkstep.model.expressions import Ref
from linkstep.model.summary import Harmless, ModuleKind
from linkstep.model.target import Target

HEAD = "import sys\nfrom m import f, g\n\ndef bind(key): sys._getframe(1).f_globals[key] = 1\n\n"


ASKS = "x in sys.modules"
NAMED = "f = sys._getframe(1).f_globals.get(\n\n    '__name__')"


@pytest.mark.parametrize(
    ("text", "touches"),
    [
        (ASKS, False),
        ("\n".join([ASKS] * 200), False),
        ("\n".join([*[ASKS] * 200, "sys.modules[x] = y"]), True),
        (f"{ASKS}; sys.modules[x] = y", True),
        (f"({ASKS}\n\n.values())", True),
        ("    \n# sys._getframe", False),
        ("x = 1  # sys._getframe", True),
        (NAMED, False),
        (NAMED.replace("name", "main"), True),
        ("@f(sys.modules)\ndef a(): ...\nv = sys.modules[x].__version__", True),
        ("@f\ndef a(): ...\nv = sys.modules[x].__version__", False),
    ],
)
def test_which_files_touch_the_namespaces_of_others(text: str, touches: bool) -> None:
    summary = summarize(f"import sys\n{text}\n".encode(), ModuleKind.MODULE, Target((3, 11)))
    assert summary.reflective is touches


def read(text: str) -> dict[str, Harmless]:
    return harmless_in((HEAD + text).encode(), Target((3, 11)))


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("def a(x): return x", ["a"]),
        ("def a(x): bind(x)", []),
        ("def a(x): return [bind for bind in x]", ["a"]),
        ("def a(x): return x.bind", []),
        ("def a(x): return getattr(x, 'bind')", []),
        ("def a(x): return 'bind it'", ["a"]),
        ("def a(x=bind): return x", []),
        ("def a(x): return sys.modules", []),
        ("def a(x): return x in sys.modules", ["a"]),
        ("def a(x): return 'sys.modules[0]'", ["a"]),
        ("def a(x): frame = sys._getframe(1); return frame", []),
        ("def a(x): frame = sys._getframe(1); return frame.f_back.f_globals['x']", ["a"]),
        ("def a(x): return x\ndef a(y): return y", ["a"]),
        ("def a(x): return x\nif sys.x:\n    a = bind", []),
        ("class a(dict): ...\nclass b(a): ...", ["a", "b"]),
        ("class a(dict): ...\na.b = bind", []),
        ("class a: ...\nsetattr(a, 'b', bind)", []),
        ("class a(b): ...\nclass b(metaclass=c): ...\nclass c(type): x = bind", []),
        ("def a(): return t\nt = []\ndef b(x): t.append(x)\n@b\ndef c(): bind(1)", []),
        ("class a: t = []\ndef b(x): a.t.append(x)\n@b\ndef c(): bind(1)", []),
        ("def a(): return t\nt = 'x'\ndef b(x): return t, bind", ["a", "t"]),
        ("def a(x): return x\n__all__ = ['a', 'bind']", ["a"]),
        ("def a(x): return x\nexec('a = bind')", []),
        ("def a(x): return x\nfrom m import *", []),
        ("def a(x): return x\ndef b(): sys.modules[__name__].a = bind", []),
    ],
)
def test_harmless_definitions(text: str, harmless: list[str]) -> None:
    assert sorted(read(text)) == harmless


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("def a(x): return f.b(x), isinstance(x, g)", Harmless((Ref("f", ("b",)),), (), True, ())),
        ("@f\ndef a(x): ...", Harmless((), (), False, ())),
        ("class a(f): ...", Harmless((Ref("f"),), (), False, ())),
        ("class a(metaclass=f): ...", Harmless((Ref("f"),), (), False, ())),
        ("a = f(g)", Harmless((Ref("g"),), (), False, ())),
        (
            "def a(x): sys._getframe(1).f_locals['x'] = f",
            Harmless((Ref("f"), Ref("sys", ("_getframe",))), (), True, ("x",)),
        ),
    ],
)
def test_what_is_said_of_a_definition(text: str, described: Harmless) -> None:
    assert read(text)["a"] == described


def test_a_file_without_the_words_is_not_asked() -> None:
    assert harmless_in(b"def a(x): return x", Target((3, 11))) == {}
    assert harmless_in(b"def a(x): return sys._getframe(1", Target((3, 11))) == {}
