"""Rooms and their history over HTTP."""

from __future__ import annotations

from typing import Any

from app.api.login import require_user
from app.db.models import as_json
from app.db.session import get_session, get_session_from_factory
from app.services.messages import last_messages
from app.services.rooms import create_room, find_room, list_rooms
from app.web import HTTPError, Request, Router

router = Router("/rooms")


@router.get("")
async def index(request: Request) -> list[dict[str, Any]]:
    with get_session() as session:
        return [as_json(room) for room in list_rooms(session)]


@router.post("")
async def create(request: Request) -> dict[str, Any]:
    require_user(request.headers.get("authorization", "").removeprefix("Bearer "))
    wanted = request.json()
    with get_session_from_factory() as session:
        return as_json(create_room(session, wanted["name"], wanted.get("topic", "")))


@router.get("/{name}/messages")
async def history(request: Request, name: str) -> list[dict[str, Any]]:
    with get_session() as session:
        if find_room(session, name) is None:
            raise HTTPError(404, f"there is no room {name}")
        return [as_json(message) for message in last_messages(session, name)]
