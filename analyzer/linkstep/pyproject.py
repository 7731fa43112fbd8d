"""TOML, read in one place.

Everything linkstep reads as TOML goes through `read_toml`, so that a broken file is
reported alike wherever it is: with the file, the line and the column.
"""

from __future__ import annotations

from typing import Any

from linkstep.errors import LinkstepError


def read_toml(data: bytes, where: str) -> dict[str, Any]:
    """Parse a TOML document that was read from the path `where`.

    Raises LinkstepError when it is not UTF-8 or not TOML; `where` then holds the path
    with line and column, `why` what the parser expected there.

    >>> read_toml(b"[tool.linkstep]\\nroots = ['src']", "pyproject.toml")
    {'tool': {'linkstep': {'roots': ['src']}}}
    >>> try:
    ...     read_toml(b"a = 1\\nb = ]", "pyproject.toml")
    ... except LinkstepError as error:
    ...     print(error.where, "|", error.why)
    pyproject.toml:2:5 | Invalid value
    """
    import tomli  # most runs read no TOML

    try:
        return tomli.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise LinkstepError(
            "cannot read TOML", where=f"{where}:{line}:{column}", why="the text is not UTF-8"
        ) from None
    except tomli.TOMLDecodeError as error:
        raise LinkstepError(
            "cannot read TOML", where=f"{where}:{error.lineno}:{error.colno}", why=error.msg
        ) from None
    except RecursionError:
        raise LinkstepError("cannot read TOML", where=where, why="it nests too deeply") from None
