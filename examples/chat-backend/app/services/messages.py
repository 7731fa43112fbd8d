"""Messages: what is said in a room."""

from __future__ import annotations

import sqlite3

from app.core.config import get_settings
from app.db.models import Message


def add_message(session: sqlite3.Connection, room: str, author: str, text: str) -> Message:
    """Keep a message."""
    text = text.strip()[: get_settings().longest_message]
    query = "INSERT INTO messages (room, author, text) VALUES (?, ?, ?)"
    number = session.execute(query, (room, author, text)).lastrowid
    return Message(number or 0, room, author, text)


def last_messages(session: sqlite3.Connection, room: str, count: int = 50) -> list[Message]:
    """Give the last messages of a room, oldest first."""
    query = "SELECT id, room, author, text FROM messages WHERE room = ? ORDER BY id DESC LIMIT ?"
    rows = session.execute(query, (room, count)).fetchall()
    return [Message(*row) for row in reversed(rows)]
