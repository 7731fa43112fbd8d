"""The libcst reader: Python source in, a tree of `ast` nodes out, whatever Python runs linkstep.

It gives what `ast.parse` gives, positions included, for files of Python 3.0 to 3.15. libcst parses;
the modules `libcst_*` beside this one lower its tree to that of ast:

    libcst_source       decodes the bytes
    libcst_limits       refuses what nests too deep for a recursive parser
    libcst_cursor       walks the text in step with the tree, and knows where each node stands
    libcst_leaves       names, operators
    libcst_literals     the values of numbers and strings
    libcst_strings      strings side by side, f-strings, t-strings
    libcst_displays     lists, dicts, tuples, comprehensions
    libcst_parameters   parameters and type parameters
    libcst_expressions  all other expressions
    libcst_patterns     match patterns
    libcst_statements   simple statements
    libcst_blocks       compound statements

Type comments are not read, as `ast.parse` does not read them by default. Positions within f-strings
are those of Python 3.12 and later, which are exact.
"""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings
from collections.abc import Callable

import libcst as cst

from linkstep.index.libcst_blocks import lower_statements
from linkstep.index.libcst_cursor import Cursor
from linkstep.index.libcst_limits import measure_depth
from linkstep.index.libcst_source import check_marks, decode_source, undecodable
from linkstep.index.syntax_nodes import ReaderError, TooDeeplyNested

#: Up to this depth libcst takes less than a megabyte of stack.
_SHALLOW = 50
#: At the greatest depth that `libcst_limits` admits it takes 20 megabytes; what is not used of
#: this is only an address.
_ROOMY_STACK = 128 * 1024 * 1024
#: How deep the lowering calls itself, at most, for a level of the file.
_FRAMES_A_LEVEL = 8

_REFUSAL = re.compile(r"parser error: error at (\d+):(\d+): expected (.*)", re.DOTALL)
_LAST_TOKEN = re.compile(r"(?:\"[^\"]*\"|'[^']*'|\w+|[^\w\s])\s*$")

# The stack size of new threads and the recursion limit belong to the process.
_one_deep_file_at_a_time = threading.Lock()


def parse_with_libcst(source: bytes) -> ast.Module:
    """Give the syntax tree of a file as `ast.parse(source)` gives it, by a grammar of its own.

    SyntaxError, with line and offset from 1, says that the file is refused, that its bytes are
    no text in its encoding (PEP 263), or that it contains null bytes. ReaderError, a kind of
    SyntaxError, says that only this reader gave up.

    >>> tree = parse_with_libcst(b"type Pair[T] = tuple[T, T]")
    >>> tree.body[0].name.id, tree.body[0].type_params[0].name
    ('Pair', 'T')
    >>> parse_with_libcst(b"x = 1\\nimport json json")
    Traceback (most recent call last):
    ...
      File "<unknown>", line 2
        import json json
                    ^^^^
    SyntaxError: invalid syntax
    """
    text, mark = decode_source(source)
    encoded = text.encode()
    depth = measure_depth(encoded)
    if depth <= _SHALLOW:
        return _parse(text, encoded, mark)
    return _with_room_for(depth, lambda: _parse(text, encoded, mark))


def _parse(text: str, encoded: bytes, mark: str) -> ast.Module:
    try:
        module = cst.parse_module(text)
        if mark:
            check_marks(module, text, mark)
        return ast.Module(lower_statements(Cursor(encoded), module.body), [])
    except cst.ParserSyntaxError as error:
        raise (undecodable(text, mark) if mark else _refusal(error, text)) from None
    except RecursionError:
        raise TooDeeplyNested("too many nested expressions", ("<unknown>", 1, 1, None)) from None
    except (cst.CSTLogicError, cst.CSTValidationError) as error:
        message = f"libcst cannot read this: {error}"
        raise ReaderError(message, ("<unknown>", 1, 1, None)) from None


def _with_room_for(depth: int, parse: Callable[[], ast.Module]) -> ast.Module:
    """Run `parse` where a tree of that depth overflows neither stack nor recursion limit."""
    outcomes: list[ast.Module | BaseException] = []

    def run() -> None:
        try:
            outcomes.append(parse())
        except BaseException as error:
            outcomes.append(error)

    with _one_deep_file_at_a_time:
        limit = sys.getrecursionlimit()
        stack = threading.stack_size(_ROOMY_STACK)
        try:
            sys.setrecursionlimit(limit + depth * _FRAMES_A_LEVEL)
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack)
            sys.setrecursionlimit(limit)
    outcome = outcomes[0]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


# ---- where and why libcst refuses


def _refusal(error: cst.ParserSyntaxError, text: str) -> SyntaxError:
    """Give libcst's refusal the form of CPython's: the message, and the token it is about.

    libcst 1.9 refuses some valid files, with `(x): int` for one, so this Python is asked too.
    """
    of_host = _place_refused_by_host(text)
    if of_host is None:
        return ReaderError(f"libcst cannot read this: {error.message}", ("<unknown>", 1, 1, None))
    lines = text.split("\n")
    found = _REFUSAL.match(error.message)
    if found is None:  # a token that is none: libcst does not say where, CPython looks at all
        message = error.message.removeprefix("tokenizer error: ")
        line, offset = min(of_host[0], len(lines)), of_host[1]
    else:
        message = f"expected {found[3]}"
        if found[3].startswith("one of"):
            message = "invalid syntax"
        line, offset = _refused_place(int(found[1]), int(found[2]), lines)
    return SyntaxError(message, ("<unknown>", line, offset, lines[line - 1]))


def _refused_place(line: int, column: int, lines: list[str]) -> tuple[int, int]:
    """Give the token that libcst refused: it looks back at it from behind the following blanks."""
    if column == 0:  # it refused the end of a line or of the file
        line = min(max(line - 1, 1), len(lines))
        return line, len(lines[line - 1].rstrip()) + 1
    token = _LAST_TOKEN.search(lines[line - 1][:column])
    return line, token.start() + 1 if token else 1


def _place_refused_by_host(text: str) -> tuple[int, int] | None:
    """Give line and offset of what this Python refuses in the text, or None if it reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError as error:
            return error.lineno or 1, error.offset or 1
        except (ValueError, RecursionError, MemoryError):
            return 1, 1
    return None
