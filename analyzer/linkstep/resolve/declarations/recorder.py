"""Declarations are made here, with the line that a requirement stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name

from linkstep.model.declarations import Declaration, Kind
from linkstep.model.target import Target
from linkstep.resolve.declarations.markers import holds, name_in, parse

_ADDRESS = re.compile(r"#egg=([\w.-]+)")


class Recorder:
    """Collects the declarations of one file.

    TOML readers keep no lines, so the text is searched for the requirement as it is
    written, from the table it must be in on.
    """

    def __init__(self, path: str, text: str, target: Target) -> None:
        self.path = path
        self.found: list[Declaration] = []
        self._lines = text.splitlines()
        self._target = target

    def add(
        self,
        requirement: str,
        kind: Kind,
        group: str = "",
        *,
        below: str = "",
        line: int = 0,
        applies: bool = True,
    ) -> None:
        """Record a requirement of PEP 508, or an address that names its distribution."""
        line = line or self.line_of(requirement, below)
        parsed = parse(requirement)
        if parsed is None:
            address = _ADDRESS.search(requirement)
            written = address[1] if address is not None else name_in(requirement)
            if written is not None:
                name = canonicalize_name(written)
                local = address is not None
                self._record(name, written, kind, line, group, applies=applies, local=local)
            return
        holding = holds(parsed.marker, self._target) is True
        self._record(
            canonicalize_name(parsed.name),
            parsed.name,
            kind,
            line,
            group,
            specifier=str(parsed.specifier),
            extras=tuple(sorted(parsed.extras)),
            applies=applies and holding,
            local=parsed.url is not None,
        )

    def add_named(
        self,
        written: str,
        kind: Kind,
        group: str,
        below: str,
        *,
        specifier: str = "",
        extras: Iterable[str] = (),
        marker: str = "",
        local: bool = False,
    ) -> None:
        """Record an entry of a table by name, as poetry and pipenv have them."""
        try:
            holding = holds(Marker(marker) if marker else None, self._target) is True
        except InvalidMarker:
            holding = False
        self._record(
            canonicalize_name(written),
            written,
            kind,
            self.line_of(written, below),
            group,
            specifier=specifier,
            extras=tuple(sorted(extras)),
            applies=holding,
            local=local,
        )

    def line_of(self, text: str, below: str = "") -> int:
        """Give the first line with `text` as a value or key after a line with `below`; else 1.

        >>> toml = "[project]\\ndependencies = [\\n  'six>=1',\\n]\\n[x]\\nsix = '*'"
        >>> recorder = Recorder("pyproject.toml", toml, Target((3, 11)))
        >>> recorder.line_of("six>=1", "[project]"), recorder.line_of("six", "[x]")
        (3, 6)
        """
        start = next((i for i, line in enumerate(self._lines) if below and below in line), 0)
        quoted = re.compile(rf"""["']{re.escape(text)}["']|^\s*{re.escape(text)}\s*(?:[=;#,]|$)""")
        for number in range(start, len(self._lines)):
            if quoted.search(self._lines[number]):
                return number + 1
        return next((i + 1 for i in range(start, len(self._lines)) if text in self._lines[i]), 1)

    def _record(
        self,
        name: str,
        written: str,
        kind: Kind,
        line: int,
        group: str,
        *,
        specifier: str = "",
        extras: tuple[str, ...] = (),
        applies: bool = True,
        local: bool = False,
    ) -> None:
        self.found.append(
            Declaration(
                name, written, kind, self.path, line, specifier, group, extras, applies, local
            )
        )
