"""The libcst reader gives what `ast.parse` gives, and more than the running Python can parse."""

from __future__ import annotations

import ast
import os
import random
import sysconfig
import warnings
from pathlib import Path

import pytest

from linkstep.index.libcst_reader import parse_with_libcst
from linkstep.index.syntax_nodes import ReaderError
from syntax_trees import difference, outline

SYNTAX = Path(__file__).parent / "fixtures" / "syntax"
STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SAMPLE_SIZE = 100

#: Valid files that libcst 1.9 refuses: they annotate a name in parentheses, `(x): int`.
REFUSED_BY_LIBCST = {"test_grammar.py", "ann_module.py"}


# ---- grammar newer than the running Python


def new_grammar() -> list[list[str]]:
    cases = (SYNTAX / "new_grammar.txt").read_text("utf-8").split("===\n")[1:]
    return [case.split("\n---\n") for case in cases]


@pytest.mark.parametrize(("source", "tree"), new_grammar())
def test_new_grammar(source: str, tree: str) -> None:
    (statement,) = parse_with_libcst(source.encode()).body
    assert outline(statement) == tree


@pytest.mark.parametrize("source", ["t'a' t'b'", "(x): int", "for x in*y: pass"])
def test_valid_but_beyond_libcst(source: str) -> None:
    with pytest.raises(ReaderError, match="libcst cannot read this"):
        parse_with_libcst(source.encode())


# ---- the grammar of the running Python

SNIPPETS = (SYNTAX / "snippets.py").read_text("utf-8")


def statements_of(text: str) -> list[str]:
    """Cut the snippets at lines that begin a statement."""
    lines = text.strip("\n").split("\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text.strip("\n"))
    starts = [
        min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        for node in tree.body
    ]
    starts = sorted(set(starts))
    return [
        "\n".join(lines[start:end]) + "\n"
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


@pytest.mark.filterwarnings("ignore:invalid")
@pytest.mark.parametrize("source", statements_of(SNIPPETS))
def test_snippet(source: str) -> None:
    encoded = source.encode()
    assert difference(parse_with_libcst(encoded), ast.parse(encoded)) is None


@pytest.mark.filterwarnings("ignore:invalid")
def test_all_snippets_in_one_file() -> None:
    body = SNIPPETS.strip("\n")
    for text in (body, body + "\n", "\n\n" + body):
        assert difference(parse_with_libcst(text.encode()), ast.parse(text)) is None


# ---- text: encodings, line ends, blanks

TEXTS = {
    "empty": b"",
    "one line end": b"\n",
    "blanks": b"  \t\n\n   ",
    "comments": b"# a\n  # b\n",
    "comment, no line end": b"# a",
    "no line end": b"x = 1",
    "no line end after a block": b"if x:\n    y",
    "blanks at the end": b"if x:\n    y\n    ",
    "comment after a block": b"if x:\n    y\n# z\n  # w\n",
    "line ends of Windows": b"if x:\r\n    '''a\r\n  b'''\r\n\r\ny\r\n",
    "line ends of old Macs": b"if x:\r    y = '''a\rb'''\rz\r",
    "mixed line ends": b"a\r\nb\rc\n'''\r\n\r'''\n",
    "tabs": b"if x:\n\ty\n\tif z:\n\t\tw\n",
    "tabs and spaces": b"if x:\n    y\nif z:\n\tw\n",
    "form feeds": b"\x0cx = 1\n\x0c\n\x0cif y:\n\x0c    z\n",
    "line continuations": b"x = 1 + \\\n  2\nif a and \\\n   b: \\\n  pass\n'a' \\\n 'b'\n",
    "byte order mark": b"\xef\xbb\xbfx = '\xc3\xa9'; y\n",
    "byte order mark and cookie": b"\xef\xbb\xbf# coding: utf-8\nx\n",
    "latin-1": b"# -*- coding: latin-1 -*-\nx = '\xe9'; y\n",
    "koi8-r": b"#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\nx = '\xf0\xd9'; y\n",
    "columns count bytes": "é = 'ü' + '😀'; f(ñ='ж', *日本)  # ü\nx = é.ü[ñ]; y\n".encode(),
    "identifiers in NFKC": "ﬁ = ª.ﬁ; from ﬁ.ª import ﬁ as ª; f(ﬁ=1); global ﬁ".encode(),
    "f-string in a line that is not ASCII": "'é'; f'é{x}'; y".encode(),
    "not UTF-8 in a comment": b"x = 1  # caf\xe9\ny  # \xff\n",
    "not UTF-8 in the first comment": b"# caf\xe9\nx = '\xef\xbf\xbd'\n",
    "long line": b"x = [" + b"1, " * 5000 + b"]\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str) -> None:
    assert difference(parse_with_libcst(TEXTS[name]), ast.parse(TEXTS[name])) is None


BLOCKS = "".join(" " * depth + "if a:\n" for depth in range(500))

REFUSED = {
    "null byte": (b"x = 1\ny = '\0'\n", 2, None, "source code cannot contain null bytes"),
    "not UTF-8": (b"x = 1\ny = 'caf\xe9'\n", 2, None, "(unicode error) the file is not UTF-8"),
    "unknown encoding": (b"# coding: nonsense\nx\n", 1, None, None),
    "not a text encoding": (b"# coding: hex\nx\n", 1, None, None),
    "cookie against byte order mark": (b"\xef\xbb\xbf# coding: latin-1\nx\n", 1, None, None),
    "not in the encoding": (b"# coding: ascii\nx = '\xe9'\n", 1, None, None),
    "two names": (b"x = 1\naaaa bbbb cccc\n", 2, 6, "invalid syntax"),
    "two names after characters": ("x = 'é' y\n".encode(), 1, 9, "invalid syntax"),
    "missing keyword": (b"for x on y: pass\n", 1, 7, "expected in"),
    "open bracket": (b"x = [1,\n  2,\n", 2, 5, "invalid syntax"),
    "missing value": (b"class A:\n    x =\n", 2, 8, "invalid syntax"),
    "Python 2": (b"import os\nprint 'a b'\n", 2, 7, "invalid syntax"),
    "unexpected indent": (b"a\n  b\n", 2, None, None),
    "dedent": (b"if a:\n        b\n    c\n", 3, None, "no matching outer block for dedent"),
    "stray character": (b"x = 1\ny = $\n", 2, 5, "'$' is not a valid character in this position"),
    "open string": (b"x = 1\ny = 'a\n", 2, 5, "unterminated string literal"),
    "open long string": (b"x\ny = '''a\n", 2, 5, "unterminated triple-quoted string literal"),
    "bytes that are not ASCII": ("x\ny = b'é'\n".encode(), 2, 5, None),
    "bytes and text": (b"x = 'a' b'b'\n", 1, None, None),
    "escape": (rb"x = '\x4'", 1, 5, r"malformed \x escape in a string literal"),
    "escape in an f-string": (rb"x = f'{a}\u12'", 1, 10, None),
    "name of a character": (rb"x = '\N{NO SUCH}'", 1, 5, "unknown Unicode character name: NO SUCH"),
    "long number": (b"x = " + b"1" * 5000, 1, 5, None),
    "too many blocks": (BLOCKS.encode(), 101, None, "too many indentation levels"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    source, line, offset, message = REFUSED[name]
    with pytest.raises(SyntaxError) as caught:
        parse_with_libcst(source)
    error = caught.value
    assert (error.lineno, error.offset if offset else None) == (line, offset)
    assert message is None or error.msg == message


# ---- real files


def standard_library() -> list[Path]:
    files = sorted(
        path for path in STANDARD_LIBRARY.rglob("*.py") if "site-packages" not in path.parts
    )
    if os.environ.get("LINKSTEP_ALL"):
        return files
    return random.Random(8).sample(files, min(SAMPLE_SIZE, len(files)))


def test_standard_library() -> None:
    """Run with LINKSTEP_ALL=1 for the whole of it: some two minutes."""
    files, compared, wrong = standard_library(), 0, []
    for path in files:
        source = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = ast.parse(source)
            except (SyntaxError, ValueError):
                with pytest.raises(SyntaxError):
                    parse_with_libcst(source)
                continue
            try:
                found = difference(parse_with_libcst(source), expected)
            except SyntaxError as error:
                known = isinstance(error, ReaderError) and path.name in REFUSED_BY_LIBCST
                found = None if known else f"refused: {error}"
        compared += 1
        if found is not None:
            wrong.append(f"{path}: {found}")
    assert wrong == []
    assert compared > len(files) * 0.9
