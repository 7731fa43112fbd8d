"""JSON as every JSON format writes it: indented, with a line end, valid UTF-8 always."""

from __future__ import annotations

import msgspec


def json_text(value: object) -> str:
    r"""Give a value as indented JSON.

    Lone surrogates, which names of files can have and UTF-8 cannot, become escapes.

    >>> print(json_text({"path": "a\udcff.py"}), end="")
    {
      "path": "a\\udcff.py"
    }
    """
    encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(value)))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _encodable(value: object) -> object:
    """Escape what UTF-8 cannot hold, in keys too."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
