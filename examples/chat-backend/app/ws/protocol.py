"""The frames that clients and server exchange, as JSON."""

from __future__ import annotations

from typing import Any

from app.db.models import Message, as_json

UNKNOWN_FRAME = 1003
INTERNAL_ERROR = 1005


def welcome(room: str, user: str) -> dict[str, Any]:
    return {"type": "welcome", "room": room, "user": user}


def pong() -> dict[str, Any]:
    return {"type": "pong"}


def message(said: Message) -> dict[str, Any]:
    return {"type": "message", **as_json(said)}


def error(code: int, detail: object) -> dict[str, Any]:
    return {"type": "error", "code": code, "detail": str(detail)}
