"""Talks to the application as a server does (ASGI), without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from app.main import app


def request(method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    """Send one request and give status and answer."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(app({**scope, "query_string": b""}, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def talk(path: str, token: str, frames: Iterable[Any]) -> list[Any]:
    """Connect, send some frames, disconnect; give what was answered, or the close code."""
    events = [{"type": "websocket.connect"}]
    events += [{"type": "websocket.receive", "text": json.dumps(frame)} for frame in frames]
    events += [{"type": "websocket.disconnect"}]
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            answers.append(json.loads(event["text"]))
        elif event["type"] == "websocket.close":
            answers.append(event["code"])

    scope = {"type": "websocket", "path": path, "query_string": f"token={token}".encode()}
    asyncio.run(app(scope, receive, send))
    return answers


class Running:
    """The application between start-up and shutdown: `with Running(): ...`."""

    def __enter__(self) -> Running:
        for action in app.startup:
            action()
        return self

    def __exit__(self, *_: object) -> None:
        for action in app.shutdown:
            action()
