"""Declarations of a `Pipfile`, and of the header of a script (PEP 723)."""

from __future__ import annotations

import re
from typing import Any

from linkstep.errors import LinkstepError
from linkstep.model.declarations import Declaration, Kind
from linkstep.model.target import Target
from linkstep.pyproject import read_toml
from linkstep.resolve.declarations.kinds import KindPatterns, kind_of_group
from linkstep.resolve.declarations.poetry_versions import to_specifier
from linkstep.resolve.declarations.recorder import Recorder
from linkstep.resolve.manifests import only_strings

_NO_CATEGORIES = frozenset({"source", "requires", "scripts", "pipenv"})
# The regular expression of the specification "Inline script metadata".
_HEADER = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def read_pipfile(text: str, recorder: Recorder, patterns: KindPatterns) -> None:
    """Record what a `Pipfile` declares; raises LinkstepError when it is no TOML.

    >>> recorder = Recorder("Pipfile", "", Target((3, 11)))
    >>> read_pipfile('[packages]\\nsix="*"\\n[dev-packages]\\npytest={version="==8.0"}', recorder,
    ...     KindPatterns())
    >>> [(one.requirement, one.kind.value) for one in recorder.found]
    [('six', 'production'), ('pytest==8.0', 'development')]
    """
    tables: dict[str, Any] = read_toml(text.encode("utf-8", "replace"), recorder.path)
    for category, entries in tables.items():
        if category in _NO_CATEGORIES or not isinstance(entries, dict):
            continue
        kinds = {"packages": Kind.PRODUCTION, "dev-packages": Kind.DEVELOPMENT}
        kind = kinds.get(category) or kind_of_group(
            category, recorder.path, patterns, otherwise=Kind.OPTIONAL
        )
        for name, entry in entries.items():
            table = entry if isinstance(entry, dict) else {"version": entry}
            version, marker = table.get("version"), table.get("markers")
            recorder.add_named(
                name,
                kind,
                "" if category == "packages" else category,
                f"[{category}]",
                specifier=(to_specifier(version) or "") if isinstance(version, str) else "",
                extras=only_strings(table.get("extras")),
                marker=marker if isinstance(marker, str) else "",
                local=not {"path", "git", "file", "ref"}.isdisjoint(table),
            )


def read_script_header(path: str, text: str, target: Target) -> tuple[Declaration, ...] | None:
    """Give what a script declares in its header (PEP 723); None when it has no header.

    >>> header = "# /// script\\n# dependencies = [\\n#   'rich',\\n# ]\\n# ///\\nimport rich\\n"
    >>> [(one.name, one.line) for one in read_script_header("a.py", header, Target((3, 11))) or ()]
    [('rich', 3)]
    >>> read_script_header("b.py", "import rich", Target((3, 11))) is None
    True
    """
    headers = [match for match in _HEADER.finditer(text) if match["type"] == "script"]
    if len(headers) != 1:
        return None
    lines = headers[0]["content"].splitlines()
    content = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    try:
        dependencies = read_toml(content.encode(), path).get("dependencies")
    except LinkstepError:
        return None
    recorder = Recorder(path, text, target)
    for requirement in only_strings(dependencies):
        recorder.add(requirement, Kind.PRODUCTION, below="# /// script")
    return tuple(recorder.found)
