"""`/ws/{room}`: the WebSocket that clients talk through."""

from __future__ import annotations

from app.api.login import require_user
from app.web import Router, WebSocket
from app.ws.manager import manager

router = Router("/ws")


@router.websocket("/{room}")
async def talk(socket: WebSocket, room: str) -> None:
    user = require_user(socket.query.get("token", ""))
    await manager.connect(room, user, socket)
    try:
        while True:
            await manager.receive(room, user, socket, await socket.receive_json())
    finally:
        manager.disconnect(room, socket)
