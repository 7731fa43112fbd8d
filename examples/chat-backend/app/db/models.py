"""What the service keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (name TEXT PRIMARY KEY, topic TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL REFERENCES rooms (name),
    author TEXT NOT NULL,
    text TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Room:
    """A place to talk in."""

    name: str
    topic: str


@dataclass(frozen=True)
class Message:
    """Something that was said."""

    id: int
    room: str
    author: str
    text: str


def as_json(record: Room | Message) -> dict[str, object]:
    """Give a record as clients get it."""
    return asdict(record)
