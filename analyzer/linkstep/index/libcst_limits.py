"""How deep a file nests, found before a recursive parser sees it.

libcst's native parser has no limit of its own: a file of open brackets overflows its stack and
kills the process, a long chain of operators takes it quadratic time, deep match patterns and
targets of `del` exponential time. So the tokens are counted first. The count is an upper bound:
each open bracket is a level, and so is each link of a chain, because `not not x`, `a + b + c`,
`a.b.c` and `"a" "b"` nest as well. Chains in one another add up, chains beside one another do not:
the depth of `a.b + c.d + e.f` is two sums and one dot.

The limits are those of CPython, which refuses more than 200 brackets and, up to 3.12, gives up at
about 3,000 levels of anything else. Only the limit on what libcst backtracks is not CPython's.
"""

from __future__ import annotations

import re

from linkstep.index.syntax_nodes import TooDeeplyNested

MOST_BRACKETS = 200
MOST_LEVELS = 3_000
MOST_BRACKETS_BACKTRACKED = 8  # in a line with `case` or `del`
MOST_ELIFS = 10_000  # in a file; each is an If in the one before it

_WORD_ENDS = rb"(?![\w\x80-\xff])"
_NESTING_WORD = rb"(?:and|del|else|for|if|lambda|not|or)" + _WORD_ENDS
_CASE = rb"[ \t\f]*+case" + _WORD_ENDS + rb"(?![ \t]*+[=.,:;)\]])"
_FORMATTED = rb"(?:[fFtT][rR]?+|[rR][fFtT])(?:\"\"\"|'''|\"|')"
_STRING = (
    rb"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    rb"|\"(?!\"\")(?:[^\"\\\n]|\\.)*+\"|'(?!'')(?:[^'\\\n]|\\.)*+'"
)


def _shallow_line() -> bytes:
    """Give the pattern for a line that needs no counting, as most do not.

    It is a statement of its own, short, and has at most four brackets in one another.
    """
    plain = rb"[^\n\\\"'#()\[\]{}]++"
    string = rb"(?<![fFtT])(?<![fFtT][rR])(?:\"(?!\"\")[^\"\\\n]*+\"|'(?!'')[^'\\\n]*+')"
    part = rb"(?:" + plain + rb"|" + string + rb")"
    for _ in range(4):
        part = rb"(?:" + plain + rb"|" + string + rb"|[(\[{]" + part + rb"*+[)\]}])"
    return rb"(?=[^\n]{0,100}\n)(?!" + _CASE + rb")" + part + rb"*+(?:#[^\n]*+)?+\n"


def _code_pattern(blank: bytes, line: bytes) -> re.Pattern[bytes]:
    """Give the pattern that passes by what does not nest, and stops behind one event."""
    passed_by = (
        rb"(?:[" + blank + rb"]++|\\\n|#[^\n]*+|[0-9]\w*+"
        rb"|(?!" + _NESTING_WORD + rb"|" + _FORMATTED + rb")[A-Za-z_\x80-\xff][\w\x80-\xff]*+)*+"
    )
    event = (
        rb"(?P<dots>[.*/%@]++)|(?P<sums>[+\-&|^~]++)|(?P<open>[(\[{])|(?P<close>[)\]}])"
        rb"|(?P<comma>[,;])" + line + rb"|(?P<colon>:)|(?P<string>" + _STRING + rb")"
        rb"|(?P<formatted>" + _FORMATTED + rb")|(?P<word>" + _NESTING_WORD + rb")|(?P<other>.)|\Z"
    )
    return re.compile(passed_by + rb"(?:" + event + rb")", re.DOTALL)


def _text_pattern(quote: bytes, plain: bytes) -> re.Pattern[bytes]:
    """Give the pattern for an f-string's text, of `plain` characters, up to `quote` or a field."""
    passed_by = rb"(?:" + plain + rb"|\{\{|\\[^{}]|\\(?=[{}]))*+"
    return re.compile(passed_by + rb"(?:(?P<field>\{)|(?P<end>" + quote + rb"|.)|\Z)", re.DOTALL)


_IN_BRACKETS = _code_pattern(rb" \t\f\n", rb"")
_LINES = rb"|(?P<line>\n(?:" + _shallow_line() + rb")*+(?:" + _CASE + rb")?+)"

#: What the text may be at a place; a replacement field `{value:format}` has two parts.
_PATTERNS = {
    "module": _code_pattern(rb" \t\f", _LINES),
    "brackets": _IN_BRACKETS,
    "value": _IN_BRACKETS,
    "format": re.compile(rb"[^{}]*+(?:(?P<field>\{)|(?P<end>\})|\Z)"),
    '"""': _text_pattern(b'"""', rb'[^{\\"]|"(?!"")'),
    "'''": _text_pattern(b"'''", rb"[^{\\']|'(?!'')"),
    '"': _text_pattern(b'"', rb'[^{\\"\n]'),
    "'": _text_pattern(b"'", rb"[^{\\'\n]"),
}
_CODE_MODES = ("module", "brackets", "value")


def measure_depth(text: bytes) -> int:
    """Say how many levels `text` nests at most, or raise TooDeeplyNested.

    Short lines are not looked into: up to 50 levels or so the answer may be too small. Only
    tokens are read; where they stop making sense a parser stops too, so what is counted behind
    that place does not matter.

    >>> measure_depth(b"not " * 300 + b"x")
    300
    >>> measure_depth(b"(" * 201)
    Traceback (most recent call last):
    ...
    linkstep.index.syntax_nodes.TooDeeplyNested: too many nested parentheses
    """
    elifs = text.count(b"elif")
    if elifs > MOST_ELIFS:
        raise TooDeeplyNested("too many elif branches", (None, 1, 1, None))
    text = b"\n" + text  # so that all lines begin alike
    nesting = _Nesting()
    position = 0
    try:
        while (match := nesting.pattern.match(text, position)) and (event := match.lastgroup):
            position = match.end()
            nesting.step(event, match[event])
    except TooDeeplyNested as error:
        error.lineno, error.offset = text.count(b"\n", 0, position), 1
        raise
    return max(nesting.deepest, elifs // 10)  # ten take as much stack as one bracket


class _Bracket:
    """An open bracket, or the file: what is nested in it up to some place.

    Its chains are counted since the last comma: words around sums, sums around dots, dots
    around the tallest brackets that closed.
    """

    __slots__ = (
        "_closed",
        "_dots",
        "_longest_dots",
        "_longest_sums",
        "_sums",
        "_tallest",
        "_words",
        "lambdas",
        "mode",
        "outside",
    )

    def __init__(self, mode: str, outside: int) -> None:
        self.mode = mode
        self.outside = outside
        self.lambdas = 0  # whose colon is still to come: their commas part parameters
        self._tallest = 0
        self._start_chains()

    def _start_chains(self) -> None:
        self._words = self._sums = self._longest_sums = 0
        self._dots = self._longest_dots = self._closed = 0

    def restart(self) -> None:
        """Note a comma, or the end of a line: all chains end."""
        self._tallest = self.height()
        self._start_chains()

    def add_word(self) -> None:
        """Note `not`, `if`, `lambda` and the like, which are around sums."""
        self._words += 1
        self._longest_sums = max(self._longest_sums, self._sums)
        self._sums = 0
        self._end_dots()

    def add_sums(self, count: int) -> None:
        """Note operators like `+`, which are around what binds tighter."""
        self._sums += count
        self._end_dots()

    def add_dots(self, count: int) -> None:
        """Note what binds tighter: `.`, `*`, a call, a string beside another."""
        self._dots += count

    def add_closed(self, inner: _Bracket) -> None:
        """Note a bracket that was closed in this one."""
        self._closed = max(self._closed, inner.height() + 1)

    def chain(self) -> int:
        """Give how deep it is in this bracket where the text is now."""
        sums = max(self._sums, self._longest_sums)
        return self._words + sums + max(self._dots, self._longest_dots)

    def height(self) -> int:
        """Give the depth of what is in this bracket so far."""
        return max(self._tallest, self.chain() + self._closed)

    def _end_dots(self) -> None:
        self._longest_dots = max(self._longest_dots, self._dots)
        self._dots = 0


class _Nesting:
    """What is open at a place in the text, and how deep the text was up to there."""

    def __init__(self) -> None:
        self.deepest = 0
        self._open: list[_Bracket] = [_Bracket("module", 0)]
        self._most_open = MOST_BRACKETS

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The pattern for the text that comes next."""
        return _PATTERNS[self._open[-1].mode]

    def step(self, event: str, token: bytes) -> None:
        """Take notice of one event that the pattern found."""
        bracket = self._open[-1]
        if event == "dots":
            bracket.add_dots(len(token))
        elif event == "sums":
            bracket.add_sums(len(token))
        elif event == "string":
            bracket.add_dots(1)
        elif event == "word":
            bracket.add_word()
            bracket.lambdas += token == b"lambda"
            if token == b"del":
                self._most_open = MOST_BRACKETS_BACKTRACKED
        elif event == "comma":
            if not bracket.lambdas:
                bracket.restart()
            return
        elif event == "open":
            self._enter("brackets")
        elif event == "formatted":
            self._enter(token.lstrip(b"fFrRtT").decode())
        elif event == "field":
            self._enter("value")
        elif event in ("close", "end"):
            self._leave(token)
        else:
            self._step_aside(event, token)
            return
        self._check()

    def _step_aside(self, event: str, token: bytes) -> None:
        """Take notice of what nests nothing, but ends something or begins a part."""
        bracket = self._open[-1]
        if event == "line":
            is_case = token.endswith(b"case")
            self._most_open = MOST_BRACKETS_BACKTRACKED if is_case else MOST_BRACKETS
            self._open = [_Bracket("module", 0)]
        elif event == "colon":
            bracket.lambdas = max(bracket.lambdas - 1, 0)
            if bracket.mode == "value":
                bracket.restart()
                bracket.mode = "format"

    def _enter(self, mode: str) -> None:
        if len(self._open) > self._most_open:
            raise TooDeeplyNested("too many nested parentheses")
        outer = self._open[-1]
        self._open.append(_Bracket(mode, outer.outside + outer.chain() + 1))

    def _leave(self, token: bytes) -> None:
        inner = self._open[-1]
        if len(self._open) == 1 or (inner.mode == "value" and token != b"}"):
            return  # a bracket too many: no parser goes on behind it
        self._open.pop()
        outer = self._open[-1]
        outer.add_closed(inner)
        if outer.mode in _CODE_MODES:
            outer.add_dots(1)  # `a()()`, `a[0][0]` and f"" f"" nest

    def _check(self) -> None:
        bracket = self._open[-1]
        depth = bracket.outside + bracket.height()
        if depth > self.deepest:
            self.deepest = depth
            if depth > MOST_LEVELS:
                raise TooDeeplyNested("too many nested expressions")
