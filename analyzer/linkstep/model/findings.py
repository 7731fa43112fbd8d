"""Findings: facts seen through a rule, and the report that carries them."""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.facts import Fact


class Severity(enum.StrEnum):
    """How much a finding weighs; `off` rules report nothing."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


class Rule(Struct, frozen=True):
    """A page of rules/: which facts it selects and what it says about them.

    `fact` is the tag of a fact struct, `where` constants its fields must equal.
    `message` is a template over the fact's fields. `page` is the Markdown below the
    header, examples included.
    """

    code: str
    name: str
    severity: Severity
    since: str
    fact: str
    message: str
    page: str
    where: dict[str, str] = {}
    fix: str | None = None


class Finding(Struct, frozen=True):
    """What the user is told: a rule, a severity, one sentence, and the fact behind it."""

    code: str
    rule: str
    severity: Severity
    message: str
    fact: Fact


class Counts(Struct, frozen=True):
    """How many references there were and how they ended.

    `unresolved` includes those that a guard expects to fail (`optional`); `reasons`
    counts the unknown ones by reason. `files` are the files checked. `preexisting` are the
    findings that `--since` leaves out, because they were there before. `unreached` are the
    modules that no import leads to from an entry point (None: none is known), `unreachable` the
    findings in them that `--only-reachable` leaves out.
    """

    files: int = 0
    references: int = 0
    resolved: int = 0
    unresolved: int = 0
    unknown: int = 0
    optional: int = 0
    suppressed: int = 0
    reasons: dict[str, int] = {}
    preexisting: int = 0
    unreached: int | None = None
    unreachable: int = 0


class Report(Struct, frozen=True):
    """Everything a run of `check` has to say, in the order it is printed.

    `notes` are single sentences about the run itself, such as a missing environment.
    `baselined` are the findings that the baseline accepts; they are counted, not told.
    """

    findings: tuple[Finding, ...]
    counts: Counts
    notes: tuple[str, ...] = ()
    baselined: tuple[Finding, ...] = ()
