"""Who is connected to which room, and what is said there."""

from __future__ import annotations

import logging
from typing import Any

from app.services.messages import add_message
from app.web import WebSocket
from app.ws import protocol

logger = logging.getLogger(__name__)


class ConnectionManager:
    """Takes frames from clients and passes messages on to everybody in the room."""

    def __init__(self) -> None:
        self._sockets: dict[str, set[WebSocket]] = {}

    async def connect(self, room: str, user: str, socket: WebSocket) -> None:
        """Let a client into a room."""
        await socket.accept()
        self._sockets.setdefault(room, set()).add(socket)
        await socket.send_json(protocol.welcome(room, user))

    def disconnect(self, room: str, socket: WebSocket) -> None:
        """Forget a client."""
        self._sockets[room].discard(socket)

    async def receive(self, room: str, user: str, socket: WebSocket, frame: Any) -> None:
        """Do what a frame asks for."""
        match frame:
            case {"type": "ping"}:
                await socket.send_json(protocol.pong())
            case {"type": "message", "text": str(text)}:
                await self.post(room, user, socket, text)
            case _:
                await socket.send_json(protocol.error(protocol.UNKNOWN_FRAME, "unknown frame"))

    async def post(self, room: str, user: str, socket: WebSocket, text: str) -> None:
        """Keep a message and tell everybody in the room."""
        try:
            # Imported here, since sockets are accepted before the database is open.
            from app.db.session import get_db_session_factory

            with get_db_session_factory() as session:
                said = add_message(session, room, user, text)
            for listener in self._sockets[room]:
                await listener.send_json(protocol.message(said))
        except Exception as error:
            logger.warning("a message in %s was not posted: %s", room, error)
            await socket.send_json(protocol.error(protocol.INTERNAL_ERROR, error))


manager = ConnectionManager()
