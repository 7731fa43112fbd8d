"""Database sessions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from app.db.models import SCHEMA

_factory: Callable[[], sqlite3.Connection] | None = None
_keeper: sqlite3.Connection | None = None  # a database in memory lives as long as this


@contextmanager
def get_session() -> Iterator[sqlite3.Connection]:
    """Give a session to read with; what it writes is not kept."""
    with closing(_connect()) as session:
        yield session


@contextmanager
def get_session_from_factory() -> Iterator[sqlite3.Connection]:
    """Give a session to write with; it is committed when the block ends well."""
    with closing(_connect()) as session, session:
        yield session


def init_database(url: str) -> None:
    """Open the database and create what is not there."""
    global _factory, _keeper
    _factory = lambda: sqlite3.connect(url, uri=True)  # noqa: E731
    _keeper = _factory()
    _keeper.executescript(SCHEMA)


def close_database() -> None:
    """Close the database."""
    global _factory, _keeper
    if _keeper is not None:
        _keeper.close()
    _factory = _keeper = None


def is_database_ready() -> bool:
    """Whether `init_database` has been called."""
    return _factory is not None


def _connect() -> sqlite3.Connection:
    if _factory is None:
        raise RuntimeError("the database is not open")
    return _factory()
