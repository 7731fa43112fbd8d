"""The SQLite file of the cache: opened, written in one transaction, and made anew when damaged.

Whatever goes wrong with it is no failure of a run: a question then has no answer, and what was
to be written is not kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

VERSION = 2  # of the tables
_OURS = 0x6C6E6B73  # the application_id in the header of the file: "lnks"
_HEADER = 72
_PATIENCE = 2.0  # seconds to wait for another process
_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
# What the machine refuses; any other failure lies in the file.
_REFUSED = _IN_USE | {
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH),
}
# Python's own are for what SQLite gives out of a damaged file: text that is none, and the like.
_FAILURES = (sqlite3.Error, OSError, ValueError, OverflowError, MemoryError)
_TABLES = (
    "CREATE TABLE summaries (key BLOB PRIMARY KEY, used INTEGER NOT NULL, data BLOB NOT NULL,"
    " checksum BLOB NOT NULL)",
    "CREATE TABLE results (key BLOB PRIMARY KEY, used INTEGER NOT NULL, data BLOB NOT NULL,"
    " checksum BLOB NOT NULL, place BLOB NOT NULL, inputs BLOB NOT NULL)",
    "CREATE TABLE links (key BLOB PRIMARY KEY, used INTEGER NOT NULL, data BLOB NOT NULL,"
    " checksum BLOB NOT NULL)",
    "CREATE TABLE pruned (day INTEGER NOT NULL)",
)

Row = tuple[object, ...]


class CacheFile:
    """The file at `path`, there or not; `notes` are what the user has to be told about it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._connection: sqlite3.Connection | None = None
        self._is_open = False
        self._is_damaged = False
        self._is_off = False

    def rows(self, query: str, values: Iterable[object] = ()) -> list[Row]:
        """Give the answer to a query; none when there is no file of this version."""
        connection = self._open()
        if connection is None:
            return []
        try:
            return connection.execute(query, tuple(values)).fetchall()
        except _FAILURES as error:
            self._failed(error)
            return []

    def write(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Do something in one transaction, and say whether it was done."""
        self._open()
        if self._is_damaged:
            self.remove()
        elif self._write(work):
            return True
        elif self._is_damaged:  # which nobody had noticed before
            self.remove()
        return self._write(work)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        if self._is_off:
            return False
        try:
            connection = self._connection or self._make()
            connection.execute("PRAGMA synchronous = OFF")  # checksums tell what got lost
            connection.execute("BEGIN IMMEDIATE")
            _prepare(connection)
            work(connection)
            connection.execute("COMMIT")
        except _FAILURES as error:
            self.close()
            self._failed(error)
            return False
        return True

    def compact(self) -> None:
        """Give room that rows have left back to the disk."""
        if self._connection is not None:
            try:
                self._connection.execute("VACUUM")
            except _FAILURES as error:
                self._failed(error)

    def damaged(self) -> None:
        """Take the file for damaged: the next time something is written, it is made anew."""
        if not self._is_damaged:
            self._is_damaged = True
            self.notes.append(f"the cache {self.path} was damaged and is made anew")

    def remove(self) -> None:
        """Remove the file. One that is not ours stays."""
        self.close()
        if not self.is_foreign():
            for place in (self.path, Path(f"{self.path}-journal")):
                with suppress(OSError):
                    place.unlink()

    def is_foreign(self) -> bool:
        """Whether there is a file, and linkstep has not made it."""
        try:
            with self.path.open("rb") as file:
                header = file.read(_HEADER)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return bool(header) and header[68:] != _OURS.to_bytes(4, "big")

    def close(self) -> None:
        """Let go of the file; a transaction that has not ended is undone."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
        self._is_open = False

    def _open(self) -> sqlite3.Connection | None:
        """Open what there is; None when there is nothing of this version to be read."""
        if self._is_open or self._is_off:
            return self._connection
        self._is_open = True
        try:
            if not self.path.exists():
                return None
            if self.is_foreign():
                self._is_off = True
                self.notes.append(f"{self.path} is no cache of linkstep, and is left alone")
                return None
            connection = self._connect()
            if _number(connection, "user_version") == VERSION:
                self._connection = connection
            else:
                connection.close()
        except _FAILURES as error:
            self._failed(error)
        return self._connection

    def _make(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = self._connect()
        self._is_open = True
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)

    def _failed(self, error: Exception) -> None:
        """Go on without the file; for this time, or until it was made anew."""
        code = getattr(error, "sqlite_errorcode", None)
        basic = None if code is None else code & 0xFF
        if basic not in _REFUSED and not isinstance(error, OSError):
            self.damaged()
            self.close()
            self._is_open = True  # there is nothing more to be read of it
            return
        self._is_off = True
        if basic not in _IN_USE:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.notes.append(f"runs without the cache {self.path}: {why}")


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file, or in one of another version."""
    if _number(connection, "user_version") == VERSION:
        return
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in tables:
        connection.execute(f'DROP TABLE "{name}"')
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_OURS}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
