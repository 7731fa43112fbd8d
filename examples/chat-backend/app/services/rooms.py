"""Rooms: create, list, find."""

from __future__ import annotations

import sqlite3

from app.db.models import Room


def create_room(session: sqlite3.Connection, name: str, topic: str) -> Room:
    """Create a room; an existing one gets the topic."""
    session.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?)", (name, topic))
    return Room(name, topic)


def list_rooms(session: sqlite3.Connection) -> list[Room]:
    """Give all rooms by name."""
    rows = session.execute("SELECT name, topic FROM rooms ORDER BY name")
    return [Room(*row) for row in rows]


def find_room(session: sqlite3.Connection, name: str) -> Room | None:
    """Give a room, None when there is none of that name."""
    row = session.execute("SELECT name, topic FROM rooms WHERE name = ?", (name,)).fetchone()
    return Room(*row) if row else None
