"""Comments that silence findings, and those of them that silence nothing.

    from app.db import gone  # linkstep: ignore[LS102]
    from app.db import gone  # linkstep: ignore[undefined-name]
    from app.db import gone  # linkstep: ignore
    from app.db import gone  # noqa: LS102

A comment counts for the statement it stands in, on any of its lines; for a compound
statement that is its header. Between the first and the last line of a parenthesised
from-import every line speaks for itself, so that one alias can be silenced alone.

A parser tells a comment from a string that looks like one, and a statement from its
lines: CPython's own for what this interpreter can parse (comments.py), libcst, far
slower, for newer grammar. In a file that the target cannot compile nothing is silenced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from linkstep.model.facts import BrokenFile, UnusedSuppression
from linkstep.model.findings import Finding, Rule
from linkstep.model.summary import Span
from linkstep.rulebook.comment_words import COMMENTS, lines_saying, may_be_unused
from linkstep.rulebook.comments import Comment, Extent, read_comments

OWN = re.compile(r"#\s*linkstep:\s*ignore(?![\w-])(?:\s*\[([^\]]*)\])?")
NOQA = re.compile(r"#\s*noqa(?![\w-])(\s*:)?\s*([A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?", re.IGNORECASE)
SAYING = re.compile(rf"{OWN.pattern}|{NOQA.pattern}", re.IGNORECASE)

EVERY_RULE = "any rule"
UNUSED = {"LS901", "unused-suppression"}  # a comment with one of these is meant to stay


class Suppression(Struct, frozen=True):
    """One comment: the lines it covers and the words in it; no words mean every rule.

    `own` is whether it speaks to linkstep alone, so that linkstep may call it unused.
    """

    span: Span
    first_line: int
    last_line: int
    words: tuple[str, ...]
    own: bool


class Suppressed(Struct, frozen=True):
    """What is left: findings, how many were silenced, and comments without effect."""

    findings: tuple[Finding, ...]
    count: int
    unused: tuple[UnusedSuppression, ...]


def suppress(
    findings: Sequence[Finding],
    rules: Iterable[Rule],
    read: Callable[[str], bytes | None],
    files: Iterable[str] = (),
) -> Suppressed:
    """Leave out the findings that a comment in their file silences.

    To be called before findings are selected by configuration: a comment for a rule
    that is not selected today is in use all the same. `files` are further files to be
    looked through for comments that silence nothing; `read` gives None for a file that
    cannot be read.
    """
    codes = {rule.code for rule in rules}
    by_path: dict[str, list[Finding]] = {path: [] for path in files}
    for finding in findings:
        by_path.setdefault(finding.fact.path, []).append(finding)
    silenced: set[Finding] = set()
    unused: list[UnusedSuppression] = []
    for path, here in sorted(by_path.items()):
        if any(isinstance(finding.fact, BrokenFile) for finding in here):
            continue
        source = read(path)
        if source is None or not (here or may_be_unused(source)):
            continue
        if not _may_matter(source, codes, silences=bool(here)):
            continue
        for comment in read_suppressions(source):
            used: set[str] = set()
            for finding in here:
                words = _hits(comment, finding)
                used.update(words)
                if words:
                    silenced.add(finding)
            unused.extend(_unused(path, comment, used, codes))
    left = tuple(finding for finding in findings if finding not in silenced)
    return Suppressed(left, len(findings) - len(left), tuple(unused))


def _may_matter(source: bytes, codes: set[str], *, silences: bool) -> bool:
    """Whether some comment may speak of linkstep's rules, told from its line without a parser.

    Most comments name rules of other linters. One that names none can only silence.
    """
    for line in lines_saying(COMMENTS, source):
        for said in _parse(Comment(0, 0, line.decode("utf-8", "replace"), (0, 0))):
            if said.own or not codes.isdisjoint(said.words) or (silences and not said.words):
                return True
    return False


def read_suppressions(source: bytes) -> tuple[Suppression, ...]:
    """Give the comments of a file that silence something, in order.

    >>> [found] = read_suppressions(b"from app import (\\n  gone,\\n)  # noqa: LS102, F401\\n")
    >>> found.first_line, found.last_line, found.words
    (1, 3, ('LS102', 'F401'))
    """
    comments = read_comments(source, SAYING)
    if comments is None:
        comments = comments_by_libcst(source)
    return tuple(found for comment in comments for found in _parse(comment))


def comments_by_libcst(source: bytes) -> list[Comment]:
    """Give all comments of a file, whichever Python it is written for; none if broken."""
    import libcst  # only for files that this interpreter cannot parse
    from libcst.metadata import MetadataWrapper, PositionProvider

    if _too_deep(source):
        return []
    try:
        wrapper = MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True)
        positions = wrapper.resolve(PositionProvider)
    except (libcst.ParserSyntaxError, SyntaxError, ValueError, LookupError, RecursionError):
        return []
    extents: dict[int, Extent] = {}
    for node, place in positions.items():
        first, last = place.start.line, place.end.line
        if isinstance(node, libcst.SimpleStatementLine):
            for line in range(first, last + 1):
                extents.setdefault(line, (first, last))
        elif isinstance(node, libcst.ImportFrom) and node.lpar is not None:
            extents.update((line, (line, line)) for line in range(first + 1, last))
        elif isinstance(body := getattr(node, "body", None), libcst.BaseSuite):
            # The header ends where the comment after its colon stands.
            is_block = isinstance(body, libcst.IndentedBlock)
            end = positions[getattr(body, "header" if is_block else "trailing_whitespace")]
            for decorator in getattr(node, "decorators", ()):
                first = min(first, positions[decorator].start.line)
            for line in range(first, end.start.line + 1):
                extents[line] = (first, end.start.line)
    return sorted(
        Comment(at.line, at.column + 1, node.value, extents.get(at.line, (at.line, at.line)))
        for node, place in positions.items()
        if isinstance(node, libcst.Comment)
        for at in (place.start,)
    )


def _too_deep(source: bytes) -> bool:
    """Whether libcst's native parser could run out of stack, which no handler catches.

    CPython gives up at 200 nested brackets and at 6000 levels of its own parser, so what
    is refused here hardly compiles; brackets in strings are counted too, hence the slack.
    """
    depth = deepest = 0
    for bracket in re.findall(rb"[()\[\]{}]", source):
        depth = depth + 1 if bracket in b"([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    operators = re.search(rb"(?:[-+~]\s*|not\s+|lambda:\s*){3000}", source)
    return deepest > 1000 or operators is not None


def _parse(comment: Comment) -> Iterator[Suppression]:
    """Give what one comment says; `noqa:` without a code silences nothing."""
    for match in OWN.finditer(comment.text):
        listed = match[1]
        words = tuple(re.findall(r"[^\s,]+", listed or ""))
        if listed is not None and not words:
            words = ("[]",)
        yield _suppression(comment, match, words, own=True)
    for match in NOQA.finditer(comment.text):
        words = (
            tuple(word.upper() for word in re.findall(r"\w+", match[2] or "")) if match[1] else ()
        )
        if words or not match[1]:
            yield _suppression(comment, match, words, own=False)


def _suppression(
    comment: Comment, match: re.Match[str], words: tuple[str, ...], own: bool
) -> Suppression:
    start, end = comment.column + match.start(), comment.column + match.end()
    return Suppression(Span(comment.line, start, comment.line, end), *comment.extent, words, own)


def _hits(comment: Suppression, finding: Finding) -> tuple[str, ...]:
    """Give the words of a comment that silence a finding."""
    if not comment.first_line <= finding.fact.span.line <= comment.last_line:
        return ()
    if not comment.words:
        return (EVERY_RULE,)
    meant = (finding.code, finding.rule) if comment.own else (finding.code,)
    return tuple(word for word in comment.words if word in meant)


def _unused(
    path: str, comment: Suppression, used: set[str], codes: set[str]
) -> Iterator[UnusedSuppression]:
    """Give the fact about words that silenced nothing; `noqa` may be meant for others."""
    if not comment.own:
        idle = tuple(word for word in comment.words if word in codes - used)
    elif UNUSED.intersection(comment.words):
        idle = ()
    else:
        idle = tuple(word for word in comment.words or (EVERY_RULE,) if word not in used)
    if idle:
        yield UnusedSuppression(path=path, span=comment.span, codes=idle)
