"""Reads the rule pages: Markdown files whose fenced `toml` header is the rule.

    LS102-undefined-name.md
        ```toml
        code = "LS102"
        name = "undefined-name"
        severity = "error"
        since = "0.1.0"
        fact = "broken-reference"
        where = { problem = "undefined-name" }
        message = "cannot import name '{name}' from '{module}'"
        ```
        # LS102 undefined-name
        ...

A page that would never fire, or would break while a message is made, is refused here:
facts and fields are those of `model.facts`, and `where` compares with constants only.
"""

from __future__ import annotations

import enum
import re
import string
import typing
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from linkstep.closest import suggestion
from linkstep.errors import LinkstepError
from linkstep.model.facts import Fact
from linkstep.model.findings import Rule, Severity
from linkstep.pyproject import read_toml

FACTS: dict[str, type[Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in typing.get_args(Fact)
}
REQUIRED = ("code", "name", "severity", "since", "fact", "message")
OPTIONAL = ("where", "fix")

HEADER = re.compile(r"\A\s*```toml\n(.*?)^```[ \t]*\n", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"[A-Z]{2,6}\d{3}")
NAME = re.compile(r"[a-z]+(-[a-z]+)*")


class RulePage(Struct, frozen=True):
    """The text of a rule page and the path that errors name."""

    path: str
    text: str


def load_rules(directories: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """Give linkstep's own rules and those of further directories, by code.

    A code or a name that two pages claim is a LinkstepError, and so is a directory
    that is not there: a rule that is believed to run has to run.
    """
    pages = list(bundled_pages())
    for directory in directories:
        pages.extend(directory_pages(directory))
    return parse_pages(pages)


def bundled_pages() -> Iterator[RulePage]:
    """Give the pages that come with linkstep.

    They are package data of an installed wheel. In a checkout, an editable install
    too, they are the folder `rules/` at its root, so that an edit shows at once.
    """
    from importlib.resources import files  # costs a tenth of the start-up, not always needed

    packed = files("linkstep") / "rules"
    if not packed.is_dir():
        packed = Path(__file__).parents[3] / "rules"
    for page in sorted(packed.iterdir(), key=lambda page: page.name):
        if page.name.endswith(".md"):
            yield RulePage(f"rules/{page.name}", page.read_text(encoding="utf-8"))


def directory_pages(directory: Path) -> Iterator[RulePage]:
    """Give the `.md` pages of a directory the user configured, by name."""
    if not directory.is_dir():
        raise LinkstepError(f"there is no directory {directory}", where="rules")
    for path in sorted(directory.glob("*.md")):
        try:
            yield RulePage(str(path), path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise LinkstepError(f"cannot read {path}", where="rules", why=str(error)) from error


def parse_pages(pages: Iterable[RulePage]) -> tuple[Rule, ...]:
    """Give the rules of some pages, by code; no two may share a code or a name."""
    rules: list[Rule] = []
    taken: dict[str, str] = {}
    for page in pages:
        rule = parse_page(page)
        for word in (rule.code, rule.name):
            if word in taken:
                raise LinkstepError(
                    f"two rules are called {word}", where=page.path, why=f"{taken[word]} has it too"
                )
            taken[word] = page.path
        rules.append(rule)
    return tuple(sorted(rules, key=lambda rule: rule.code))


def parse_page(page: RulePage) -> Rule:
    """Give the rule of one page, or say what is wrong with its header.

    >>> parse_page(RulePage("LS102-undefined-name.md", "# no header"))
    Traceback (most recent call last):
    linkstep.errors.LinkstepError: the page does not begin with a fenced toml header
    """
    match = HEADER.match(page.text.replace("\r\n", "\n"))
    if match is None:
        raise LinkstepError("the page does not begin with a fenced toml header", where=page.path)
    above = match.string[: match.start(1)].count("\n")  # so that errors name the page's lines
    header = read_toml(b"\n" * above + match[1].encode(), page.path)
    _check_keys(header, page.path)
    _check_words(header, page.path)
    rule = msgspec.convert(
        header | {"page": match.string[match.end() :].lstrip("\n")}, Rule, strict=True
    )
    kind = FACTS.get(rule.fact)
    if kind is None:
        hint = suggestion(rule.fact, FACTS, f"known facts are {', '.join(FACTS)}")
        raise LinkstepError(f"unknown fact {rule.fact!r}", where=page.path, hint=hint)
    _check_where(rule, kind, page.path)
    _check_message(rule, kind, page.path)
    return rule


def says(rule: Rule) -> str:
    """Give what a rule says in short: the first sentence of its page."""
    for paragraph in rule.page.split("\n\n"):
        if paragraph.strip() and not paragraph.lstrip().startswith("#"):
            return re.sub(r"(?<=\.) .*", "", " ".join(paragraph.split()))
    return ""


def _check_keys(header: dict[str, object], where: str) -> None:
    """Refuse unknown and missing keys, and values of a wrong type."""
    for key, value in header.items():
        if key not in REQUIRED + OPTIONAL:
            hint = suggestion(key, REQUIRED + OPTIONAL)
            raise LinkstepError(f"unknown key {key!r} in the header", where=where, hint=hint)
        if key == "where":
            if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
                raise LinkstepError("where must be a table of strings", where=where)
        elif not isinstance(value, str):
            raise LinkstepError(f"{key} must be a string", where=where)
    for key in REQUIRED:
        if key not in header:
            raise LinkstepError(f"the header has no {key}", where=where)


def _check_words(header: dict[str, object], where: str) -> None:
    """Refuse a code, name, severity or file name that users could not refer to."""
    code, name, severity = (str(header[key]) for key in ("code", "name", "severity"))
    if not CODE.fullmatch(code):
        raise LinkstepError(f"{code!r} is no rule code such as LS102", where=where)
    if not NAME.fullmatch(name):
        raise LinkstepError(f"{name!r} is no rule name such as undefined-name", where=where)
    if severity not in tuple(Severity):
        levels = ", ".join(Severity)
        raise LinkstepError(f"severity {severity!r} is none of {levels}", where=where)
    expected = f"{code}-{name}.md"
    if Path(where).name != expected:
        raise LinkstepError(f"the page of {code} has to be called {expected}", where=where)


def _check_where(rule: Rule, kind: type[Struct], where: str) -> None:
    """Refuse a condition on a field that is not there, or on a value it never has."""
    types = _types_of_fields(kind) if rule.where else {}
    for field, constant in rule.where.items():
        _check_field(field, kind.__struct_fields__, f"{where}: where")
        if types[field] is not str and not issubclass(types[field], enum.StrEnum):
            raise LinkstepError(f"field {field!r} cannot be compared", where=f"{where}: where")
        if issubclass(types[field], enum.StrEnum) and constant not in tuple(types[field]):
            values = ", ".join(types[field])
            hint = suggestion(constant, types[field], f"its values are {values}")
            raise LinkstepError(
                f"{field} is never {constant!r}", where=f"{where}: where", hint=hint
            )


@cache
def _types_of_fields(kind: type[Struct]) -> dict[str, typing.Any]:
    return typing.get_type_hints(kind)  # slow, and many rules are about one kind


def _check_message(rule: Rule, kind: type[Struct], where: str) -> None:
    """Refuse a message that cannot be formatted with the fields of the fact."""
    fields = kind.__struct_fields__
    if "exception" in fields:
        fields = (*fields, "exception_text")
    try:
        parts = list(string.Formatter().parse(rule.message))
    except ValueError as error:
        raise LinkstepError(
            "message is no format string", where=f"{where}: message", why=str(error)
        ) from error
    for _, field, specification, conversion in parts:
        if field is not None:
            _check_field(field, fields, f"{where}: message")
            if specification or conversion:
                raise LinkstepError(f"write {{{field}}} plainly", where=f"{where}: message")


def _check_field(field: str, fields: Sequence[str], where: str) -> None:
    if field not in fields:
        hint = suggestion(field, fields, f"its fields are {', '.join(fields)}")
        raise LinkstepError(f"the fact has no field {field!r}", where=where, hint=hint)
