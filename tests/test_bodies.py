"""A summary is the same when the bodies of which nothing is kept are never parsed."""

from __future__ import annotations

import ast
import os
import sysconfig
from pathlib import Path
from textwrap import dedent

import pytest

from linkstep.index.bodies import without_bodies
from linkstep.index.shallow import shallow_reading
from linkstep.index.summarize import summarize
from linkstep.model.environment import Environment, Origin, PathEntry, kind_of
from linkstep.model.summary import FileSummary, ModuleKind
from linkstep.model.target import Target
from linkstep.resolve.stdlib import certainly_compiles

TARGET = Target((3, 11), "linux")
STDLIB = Path(sysconfig.get_paths()["stdlib"])
WHOLE = os.environ.get("LINKSTEP_ALL") == "1"
HERE = Environment(
    stdlib=(PathEntry(STDLIB.as_posix(), Origin.STANDARD_LIBRARY, ""),), version=(3, 11)
)


def shallow(source: bytes, kind: ModuleKind, *, compiles: bool) -> FileSummary:
    return summarize(source, kind, TARGET, shallow=True, compiles=compiles)


def shortened(text: str) -> str | None:
    """Give the text that is parsed in place of one, None when that is the whole of it."""
    reading = shallow_reading(text)
    part = None if reading is None else without_bodies(text, reading.words)
    try:
        return None if part is None else part if ast.parse(part) else None
    except SyntaxError:
        return None


def test_the_standard_library_has_the_same_summaries() -> None:
    paths = sorted(STDLIB.rglob("*.py"))
    sure = [path for path in paths if certainly_compiles(path.as_posix(), TARGET, HERE)]
    assert len(sure) > 400
    sure = sure if WHOLE else sure[::4]
    different, in_part = [], 0
    for path in sure:
        source, kind = path.read_bytes(), kind_of(path.as_posix())
        if shallow(source, kind, compiles=True) != shallow(source, kind, compiles=False):
            different.append(path.relative_to(STDLIB).as_posix())
        in_part += source.isascii() and shortened(source.decode()) is not None
    assert different == []
    assert in_part > len(sure) // 3


KEPT_WHOLE = "def f(a):\n    import b\n    return b\n"
TRAPS = {
    "a docstring and comments": (
        'def f(a):\n    """Text.\n\ny = x\n    """\n    # note\n    return a\n# end\nx = 1\n',
        "def f(a):\n\n\n\n\n\n 0\n# end\nx = 1\n",
    ),
    "dedented lines in a string": (
        'def f(a):\n    b = """\nx = 1\n  def g(): pass\n"""\n    return b\n\nx = f("")\n',
        'def f(a):\n\n\n\n\n 0\n\nx = f("")\n',
    ),
    "dedented lines in brackets": ("def f(a):\n    b = (\n1, 2\n)\n    return b\n", None),
    "a bracket in a string and in a comment": (
        "def f(a):\n    b = '('  # (\n    return b\n\nx = ')'\n",
        "def f(a):\n\n 0\n\nx = ')'\n",
    ),
    "a string with quotes and backslashes": (
        "def f(a):\n    b = '\\'' \"'\\\\\" r'\\'#'\n    return b\nx = '''a\\''''\n",
        "def f(a):\n\n 0\nx = '''a\\''''\n",
    ),
    "a comment with a quote": (
        "def f(a):\n    b = 1  # it's\n    return b  # \"\"\"\nx = 'y'\n",
        "def f(a):\n\n 0  # \"\"\"\nx = 'y'\n",
    ),
    "comments to the left and trailing blank lines": (
        "def f(a):\n    b = 1\n# left\n    return b\n  \n\n    # trailing\nx = 1\n",
        "def f(a):\n\n\n 0\n  \n\n    # trailing\nx = 1\n",
    ),
    "a joined line": (
        "def f(a):\n    b = 1 + \\\n2\n    return b\nx = 1 + \\\n  2\n",
        "def f(a):\n\n\n 0\nx = 1 + \\\n  2\n",
    ),
    "a joined line that is empty": ("def f(a):\n    b = 1 \\\n\nx = 1\n", None),
    "decorators and defaults": (
        "@one\n@two(lambda: (1,\n 2))\ndef f(a=(1, (2, [3])), *, b: int) -> str:\n    a()\nf()\n",
        "@one\n@two(lambda: (1,\n 2))\ndef f(a=(1, (2, [3])), *, b: int) -> str:\n 0\nf()\n",
    ),
    "a head of several lines with type comments": (
        "def f(a,  # type: int\n      b):\n    # type: (...) -> int\n    return a\n",
        "def f(a,  # type: int\n      b):\n\n 0\n",
    ),
    "a head that is odd": ("def f(a: {1: 2} = ()) -> {1: 2}:\n    return a\n", None),
    "one line": ("def f(a): return a\nclass A:\n    x = 1\n    def g(self): self.x()\n", None),
    "methods": (
        "class A:\n    def f(self):\n        self.b()\n\n    x = 1\n    async def g(self):\n"
        "        await self.f()\n    class B:\n        def h(self):\n            pass\ny = A.x\n",
        "class A:\n    def f(self):\n     0\n\n    x = 1\n    async def g(self):\n"
        "     0\n    class B:\n        def h(self):\n         0\ny = A.x\n",
    ),
    "functions in functions": (
        "def f(a):\n    def g(b):\n        return b\n    return g\n" + KEPT_WHOLE,
        "def f(a):\n\n\n 0\n" + KEPT_WHOLE,
    ),
    "a function that is kept": (
        "def f(a):\n    def g(b):\n        return b\n    import c\n    return c.d\n", None
    ),
    "words that change a namespace": (
        "def f(a):\n    global x\n    x = a\ndef g(b):\n    h(__name__)\ndef i(c):\n    return c\n",
        "def f(a):\n    global x\n    x = a\ndef g(b):\n    h(__name__)\ndef i(c):\n 0\n",
    ),
    "a generator in a condition": (
        "import m\nif m.x:\n    def f(a):\n        if a:\n            yield\nelse:\n    f = m.y\n",
        "import m\nif m.x:\n    def f(a):\n\n     0\nelse:\n    f = m.y\n",
    ),
    "tabs": ("def f(a):\n\tb = 1\n\treturn b\n", None),
    "tabs in spaces": ("class A:\n    def f(a):\n    \treturn a\n    x = 1\n", None),
    "form feeds between functions": (
        "def f(a):\n    return a\n\f\ndef g(b):\n    b = 1\n\f\n    return b\n",
        "def f(a):\n 0\n\f\ndef g(b):\n\n\n 0\n",
    ),
    "a form feed in front of code": ("def f(a):\n    return a\n\fx = 1\n", None),
    "a form feed that ends the body": ("def f(a):\n    return a\n    \fx = 1\n", None),
    "no line end": ("x = 1\ndef f(a):\n    return a", "x = 1\ndef f(a):\n 0"),
    "ends of lines": (
        "def f(a):\r\n    b = '''\r\n'''\r\n    return b\r\nx = 1\r\n",
        "def f(a):\n\n\n 0\nx = 1\n",
    ),
    "other letters": (
        "def f(é):\n    ü = 'ß'\n    return é\nimport ö; ö.ä\n",
        "def f(é):\n\n 0\nimport ö; ö.ä\n",
    ),
    "an f-string": (
        "def f(a):\n    b = f'{a:{a}}#' f\"{a['x']}\"\n    return b\nx = 1\n",
        "def f(a):\n\n 0\nx = 1\n",
    ),
    "who serves names": (
        "table = {'a': 1}\ndef __getattr__(name):\n    return table[name]\n"
        "def f(a):\n    table.update(a)\n", None
    ),
    "who sets names": (
        "import m\nold = {'a': m.a}\nfor k, v in old.items():\n    setattr(m, k, v)\n"
        "def f(a):\n    old[a] = 1\n", None
    ),
    "a list of names": (
        "__all__ = []\ndef public(f):\n    __all__.append(f)\ndef g(a):\n    return a\n",
        "__all__ = []\ndef public(f):\n    __all__.append(f)\ndef g(a):\n 0\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_only_what_is_certainly_a_body_is_taken_out(trap: str) -> None:
    text, part = TRAPS[trap]
    assert shortened(text) == part
    kind = ModuleKind.MODULE
    whole = shallow(text.encode(), kind, compiles=False)
    assert whole.problem is None
    assert shallow(text.encode(), kind, compiles=True) == whole


def test_encodings_and_marks_are_read_as_the_compiler_does() -> None:
    body = "def f(a):\n    b = 'ß'\n    return b\nimport ö; ö.ä\n"
    for source in (
        b"\xef\xbb\xbf" + body.encode(),
        b"# coding: latin-1\n" + body.encode("latin-1"),
    ):
        whole = shallow(source, ModuleKind.MODULE, compiles=False)
        assert whole.problem is None
        assert shallow(source, ModuleKind.MODULE, compiles=True) == whole


def test_an_fstring_that_goes_on_behind_a_quote_leaves_the_file_whole() -> None:
    text = dedent("""\
        def f(a):
            b = f"{a["#"]}" + '''
        x = 1
            '''
            return b
    """)
    assert without_bodies(text, ["import"]) is None


def test_what_is_not_certain_to_compile_keeps_its_problem() -> None:
    source = b"def f(a):\n    return a b\n"
    problem = shallow(source, ModuleKind.MODULE, compiles=False).problem
    assert problem is not None
    for path in ("x.py", "site-packages/x.py", "test/x.py"):
        sure = certainly_compiles((STDLIB / path).as_posix(), Target((3, 10)), HERE)
        assert not sure
    assert not certainly_compiles("/elsewhere/x.py", TARGET, HERE)
