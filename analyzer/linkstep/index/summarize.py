"""From the bytes of one file to its summary.

`summarize` is pure: the same bytes, kind, target and reader give the same summary on any
machine, so summaries can be cached by content and made in any process.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable

from linkstep.index.getattr_makers import makers_in
from linkstep.index.local_calls import only_called
from linkstep.index.positions import Positions
from linkstep.index.recorder import Recorder
from linkstep.index.reflection import harmless_definitions, is_reflective
from linkstep.index.shallow import shallow_reading
from linkstep.index.syntax_nodes import ReaderError
from linkstep.index.walking import nodes
from linkstep.model.steps import all_steps
from linkstep.model.summary import FileSummary, Harmless, ModuleAlias, ModuleKind, SyntaxProblem
from linkstep.model.target import Target

_DEEPEST_WALK = 12_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAY_HOLD_HALVES = re.compile(rb"\\(?:u|U0000)[dD][89a-fA-F]")


def summarize(
    source: bytes,
    kind: ModuleKind,
    target: Target,
    reader: str = "auto",
    *,
    shallow: bool = False,
) -> FileSummary:
    """Give the symbol table of one file; a file that cannot be read gives one with a problem.

    `reader` is `ast` (CPython's parser, the fast lane), `libcst` (a grammar that does not
    depend on the interpreter) or `auto`: the fast lane, and libcst where its grammar ends.
    `shallow` keeps of function bodies only the imports, and those that may change a namespace
    (index/shallow.py): that is all that others can see of them.

    >>> found = summarize(b"from .db import connect", ModuleKind.PACKAGE, Target((3, 11)))
    >>> found.body[0].module, found.body[0].names[0].name
    ('db', 'connect')
    >>> summarize(b"def broken(:", ModuleKind.MODULE, Target((3, 11))).problem.message
    'invalid syntax'
    """
    tree, problem, by_old_host = _parse(source, target, reader)
    if tree is None:
        return FileSummary(kind, (), (), problem=problem)
    if _MAY_HOLD_HALVES.search(source):
        _take_out_surrogates(tree)
    positions = Positions(_text(source))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST_WALK))
    try:
        reading = shallow_reading(positions.text) if shallow else None
        recorder = Recorder(tree, positions, target, stub=kind.is_stub, shallow=reading)
        if not by_old_host:
            recorder.check_strings()
        body = recorder.record()
    except RecursionError:
        return _unreadable(kind, "the file is nested too deeply to be read")
    finally:
        sys.setrecursionlimit(limit)
    newest = recorder.grammar.newest
    if problem is None:
        problem = recorder.grammar.problem
    if problem is None and newest is not None and newest[:2] > target.version:
        problem = _too_new(newest, target)
    return FileSummary(
        kind,
        body,
        tuple(recorder.scopes),
        lazy=recorder.lazy,
        opens=tuple(recorder.opens),
        prefixes=recorder.prefixes if len(recorder.prefixes) == len(recorder.opens) else (),
        opens_path=recorder.opens_path,
        hands_over=tuple(recorder.hands_over),
        reflective=is_reflective(source, tree),
        words=frozenset(recorder.words),
        only_called=only_called(tree)
        if recorder.reaches_itself and b"sys.modules[" in source and _enters_modules(recorder)
        else frozenset(),
        hooks=b"meta_path" in source or b"path_hooks" in source,
        rebound_globals=frozenset(recorder.rebound_globals),
        problem=problem,
        needs=newest,
        makers=makers_in(tree) if b"__getattr__" in source else {},
    )


def harmless_in(source: bytes, target: Target, reader: str = "auto") -> dict[str, Harmless]:
    """Give the definitions of a reflective file that leave the namespaces of others alone.

    This takes longer than all of a summary, and few files are ever asked.
    """
    tree = _parse(source, target, reader)[0]
    return harmless_definitions(tree) if tree is not None and is_reflective(source, tree) else {}


def _enters_modules(recorder: Recorder) -> bool:
    """Whether a function of the file enters modules in `sys.modules`."""
    steps = (step for scope in recorder.scopes for step in all_steps(scope.steps))
    return any(isinstance(step, ModuleAlias) for step in steps)


def _parse(
    source: bytes, target: Target, reader: str
) -> tuple[ast.Module | None, SyntaxProblem | None, bool]:
    """Parse with the readers that `reader` admits, in order.

    The last says that a grammar of before PEP 701 has read the file, f-strings included.
    """
    problem: SyntaxProblem | None = None
    if reader != "libcst":
        tree, problem = _attempt(ast.parse, source)
        if tree is not None or reader == "ast":
            return tree, problem, sys.version_info < (3, 12)
        if problem is not None and _settles(problem, target):
            return None, problem, False
    from linkstep.index.libcst_reader import parse_with_libcst

    tree, second = _attempt(parse_with_libcst, source)
    if tree is None:
        if problem is None:  # CPython's words say more than libcst's, when it refuses too
            problem = _attempt(ast.parse, source)[1]
        return None, problem or second, False
    if problem is not None and target.version <= sys.version_info[:2]:
        return None, problem, False
    return tree, None, False


def _settles(problem: SyntaxProblem, target: Target) -> bool:
    """Whether this interpreter's refusal is the target's: no newer grammar could differ."""
    return not problem.certain or target.version == sys.version_info[:2]


def _attempt(
    parse: Callable[[bytes], ast.Module], source: bytes
) -> tuple[ast.Module | None, SyntaxProblem | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the code is warned of is not our output
            return parse(source), None
    except ReaderError as error:  # only the reader gives up: that says nothing of CPython
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        return None, SyntaxProblem(str(error.msg), line, column, certain=False)
    except SyntaxError as error:
        message = error.msg or "invalid syntax"
        return None, SyntaxProblem(message, max(error.lineno or 1, 1), max(error.offset or 1, 1))
    except ValueError as error:  # null bytes, before CPython 3.12
        return None, SyntaxProblem(str(error), 1, 1)
    except (RecursionError, MemoryError):
        message = "the file is nested too deeply to be read"
        return None, SyntaxProblem(message, 1, 1, certain=False)


def _take_out_surrogates(tree: ast.Module) -> None:
    """Put a character that no name has in the place of each half of a character.

    A string may hold such halves (language reference, 2.4.1.1), and text that is kept may not.
    """
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = _SURROGATE.sub("\0", node.value)


def _too_new(newest: tuple[int, int, int, str], target: Target) -> SyntaxProblem:
    major, minor, line, what = newest
    have = f"{target.version[0]}.{target.version[1]}"
    return SyntaxProblem(f"{what} needs Python {major}.{minor}, the target is {have}", line, 1)


def _unreadable(kind: ModuleKind, message: str) -> FileSummary:
    return FileSummary(kind, (), (), problem=SyntaxProblem(message, 1, 1, certain=False))


def _text(source: bytes) -> str:
    """Decode as the compiler does (PEP 263); the parse has shown that it can be.

    `tokenize` is stricter than the compiler about what is no UTF-8 in the comments at the top.
    """
    if source.isascii():
        return source.decode("ascii")
    import io
    import tokenize

    try:
        lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(lines).readline)
    except SyntaxError:
        encoding = "utf-8"
    return source.decode(encoding, "replace").removeprefix("\ufeff")
