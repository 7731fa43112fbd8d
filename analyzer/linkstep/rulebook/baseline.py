"""The baseline: findings that were there before, so that only new ones fail a check.

    {
      "schema": 1,
      "entries": [
        {"path": "app/ws.py", "code": "LS102", "module": "app.db", "name": "gone", "count": 2}
      ]
    }

An entry is the identity of a finding (model/identity.py) and how often it occurs. Lines
are not in it, so that edits elsewhere in the file change nothing. A `note` may say why
the entry is accepted; it is kept when the file is written again. One entry is one line,
and entries are sorted: two branches that repair different findings merge.

A baseline only shrinks. What is listed and no longer occurs is a finding itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from linkstep.errors import LinkstepError
from linkstep.model.facts import StaleEntry
from linkstep.model.findings import Finding
from linkstep.model.identity import Key, in_order, key_of
from linkstep.model.summary import Span

SCHEMA = 1
MAKE = "`linkstep baseline` writes one"


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the file."""

    path: str
    code: str
    module: str = ""
    name: str = ""
    count: Annotated[int, Meta(ge=1)] = 1
    note: str = ""

    @property
    def key(self) -> Key:
        """The identity of the findings that this entry accepts."""
        return Key(self.path, self.code, self.module, self.name)


class Baseline(Struct, frozen=True):
    """The accepted findings; `path` is the file, `lines` where each entry stands in it."""

    path: str
    entries: dict[Key, Entry]
    lines: dict[Key, Span]

    @property
    def rows(self) -> tuple[tuple[Entry, Span], ...]:
        """The entries with their places, in the order of their keys."""
        return tuple((self.entries[key], self.lines[key]) for key in sorted(self.entries))


class Divided(Struct, frozen=True):
    """Findings told apart by a baseline, and the entries that accept too much."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[StaleEntry, ...]


def parse_baseline(data: bytes, path: str) -> Baseline:
    """Read a baseline file; `path` is how findings and errors name it.

    Raises LinkstepError for what is not a baseline, or is one of another schema.

    >>> parse_baseline(b'{"schema": 1, "entries": []}', "b.json").entries
    {}
    >>> parse_baseline(b'{"schema": 2}', "b.json")
    Traceback (most recent call last):
    linkstep.errors.LinkstepError: this linkstep cannot read baselines of schema 2
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        why = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        hint = "after a merge, resolve the conflict and run `linkstep baseline --prune`"
        raise LinkstepError("the baseline is no JSON", where=path, why=why, hint=hint) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is not int:
        raise LinkstepError("this file is no baseline", where=path, hint=MAKE)
    if schema != SCHEMA:
        raise LinkstepError(
            f"this linkstep cannot read baselines of schema {schema}",
            where=path,
            why=f"it knows schema {SCHEMA}",
            hint="use the version of linkstep that wrote it",
        )
    try:
        listed = msgspec.convert(document.get("entries"), list[Entry])
    except msgspec.ValidationError as error:
        raise LinkstepError("the baseline is broken", where=path, why=str(error)) from None
    entries: dict[Key, Entry] = {}
    for entry in listed:
        if entry.key in entries:
            raise LinkstepError(
                "the baseline lists a finding twice",
                where=path,
                why=words_of(entry.key),
                hint="keep one of the two entries; `count` says how often it occurs",
            )
        entries[entry.key] = entry
    return Baseline(path, entries, _lines(data, entries))


def render_baseline(entries: Iterable[Entry]) -> str:
    """Give the text of a baseline file, one sorted entry a line, in ASCII.

    >>> print(render_baseline([Entry("a.py", "LS102", "m", "gone")]), end="")
    {
      "schema": 1,
      "entries": [
        {"path": "a.py", "code": "LS102", "module": "m", "name": "gone", "count": 1}
      ]
    }
    """
    lines = []
    for entry in sorted(entries, key=lambda entry: entry.key):
        members = msgspec.structs.asdict(entry)
        if not entry.note:
            del members["note"]
        lines.append(f"    {json.dumps(members)}")
    body = ",\n".join(lines)
    inner = f"[\n{body}\n  ]" if lines else "[]"
    return f'{{\n  "schema": {SCHEMA},\n  "entries": {inner}\n}}\n'


def divide(
    findings: Iterable[Finding], baseline: Baseline, in_view: Callable[[Key], bool]
) -> Divided:
    """Tell new findings from those that the baseline accepts.

    Of more findings than an entry accepts, the last ones in the file are new. An entry
    is stale when fewer occur; `in_view` says of which entries this run could have found
    the findings.
    """
    left = {key: entry.count for key, entry in baseline.entries.items()}
    new, known = [], []
    for finding in in_order(findings):
        key = key_of(finding)
        if left.get(key):
            left[key] -= 1
            known.append(finding)
        else:
            new.append(finding)
    stale = tuple(
        StaleEntry(baseline.path, baseline.lines.get(key, Span(1, 1, 1, 1)), words_of(key), surplus)
        for key, surplus in left.items()
        if surplus and in_view(key)
    )
    return Divided(tuple(new), tuple(known), stale)


def entries_for(
    findings: Iterable[Finding], old: Mapping[Key, Entry], in_view: Callable[[Key], bool]
) -> dict[Key, Entry]:
    """Give the entries that accept the findings of a run.

    Notes of old entries are kept, and so are old entries that are not in view.
    """
    counts = Counter(map(key_of, findings))
    entries = {key: entry for key, entry in old.items() if not in_view(key)}
    for key, count in counts.items():
        note = old[key].note if key in old else ""
        entries[key] = Entry(key.path, key.code, key.module, key.name, count, note)
    return entries


def pruned(old: Mapping[Key, Entry], wanted: Mapping[Key, Entry]) -> dict[Key, Entry]:
    """Give the old entries as far as they are still wanted; nothing is added."""
    return {
        key: msgspec.structs.replace(entry, count=min(entry.count, wanted[key].count))
        for key, entry in old.items()
        if key in wanted
    }


def added(old: Mapping[Key, Entry], wanted: Mapping[Key, Entry]) -> list[Key]:
    """Give the keys that are wanted more often than the old entries accept them, sorted."""
    return sorted(
        key for key, entry in wanted.items() if key not in old or entry.count > old[key].count
    )


def words_of(key: Key) -> str:
    """Give an identity in words.

    >>> words_of(Key("app/ws.py", "LS102", "app.db", "gone"))
    "LS102 in app/ws.py, 'gone' of app.db"
    """
    subject = f"{key.name!r} of {key.module}" if key.name and key.module else key.name or key.module
    return f"{key.code} in {key.path}" + (f", {subject}" if subject else "")


def _lines(data: bytes, entries: Mapping[Key, Entry]) -> dict[Key, Span]:
    """Give the place of each entry that has a line of its own, as they are written."""
    spans: dict[Key, Span] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        text = line.strip().rstrip(",")
        try:
            entry = msgspec.convert(json.loads(text), Entry) if text[:1] == "{" else None
        except (ValueError, RecursionError):  # a part of an entry, since somebody reformatted it
            continue
        if entry is not None and entry.key in entries:
            column = len(line) - len(line.lstrip()) + 1
            spans[entry.key] = Span(number, column, number, column + len(text))
    return spans
