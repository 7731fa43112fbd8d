"""What earlier runs found out, in one SQLite file: summaries by content, and whole results.

Nothing in here ever decides a result. A row is what a run would compute again, with a checksum
over key and content; when one is wrong it is not taken, and the file is made anew. Where the
file cannot be read or written (it is in use, the disk is full, the directory is read-only) a
run goes on as if there were none.

All of a run is written in one transaction at its end. The rollback journal of SQLite is enough
for that, and unlike its write-ahead log it also works on network file systems. A process that is
killed in the middle leaves the journal, by which the next one undoes what was half written.
Nothing is forced to the disk: after a loss of power, checksums tell what did not get there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from zlib import crc32

from msgspec import Struct

from linkstep.index.cache_file import CacheFile

NAME = "linkstep.sqlite3"
LARGEST = 512 << 20  # bytes of summaries and results that are kept
UNUSED = 30  # days after which a row is given up
_AT_ONCE = 500  # keys in a query
_RESULTS = 8  # of one place


class StoredResult(Struct, frozen=True):
    """A result, and the inputs it was made of; `place` is where the run was started.

    `links` are large and have a row of their own, which is written when there are some.
    """

    key: bytes
    place: bytes
    inputs: bytes
    data: bytes
    links: bytes = b""

    def checksum(self) -> bytes:
        """Give what tells that a row was not altered."""
        return _checksum(self.key, self.place, self.inputs, self.data)


class Statistics(Struct, frozen=True):
    """What a cache holds: rows of both kinds, and the size of the file in bytes."""

    summaries: int = 0
    results: int = 0
    size: int = 0


class Cache:
    """The cache in a directory, which need not be there."""

    def __init__(self, directory: Path) -> None:
        self._file = CacheFile(directory / NAME)
        self._today = int(time.time() // 86_400)
        self._touched: list[bytes] = []

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def notes(self) -> tuple[str, ...]:
        """Give what the user has to be told about the file."""
        return tuple(self._file.notes)

    def is_foreign(self) -> bool:
        """Whether there is a file that linkstep has not made: it is never touched."""
        return self._file.is_foreign()

    def summaries(self, keys: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """Give the encoded summaries that there are for some keys."""
        found: dict[bytes, bytes] = {}
        rest = iter(keys)
        while some := list(islice(rest, _AT_ONCE)):
            marks = ",".join("?" * len(some))
            query = f"SELECT key, used, data, checksum FROM summaries WHERE key IN ({marks})"
            for key, used, data, checksum in self._file.rows(query, some):
                parts = [part for part in (key, data) if isinstance(part, bytes)]
                if len(parts) < 2 or checksum != _checksum(*parts):
                    self._file.damaged()
                    continue
                found[parts[0]] = parts[1]
                if not isinstance(used, int) or used < self._today - UNUSED // 4:
                    self._touched.append(parts[0])
        return found

    def result(self, key: bytes) -> StoredResult | None:
        """Give the result of a request, to be compared with its inputs."""
        query = "SELECT place, inputs, data, checksum FROM results WHERE key = ?"
        for place, inputs, data, checksum in self._file.rows(query, [key]):
            if isinstance(place, bytes) and isinstance(inputs, bytes) and isinstance(data, bytes):
                result = StoredResult(key, place, inputs, data)
                if checksum == result.checksum():
                    return result
            self._file.damaged()
        return None

    def links(self, key: bytes) -> bytes | None:
        """Give the links that were kept with a result, or with one before it."""
        query = "SELECT data, checksum FROM links WHERE key = ?"
        for data, checksum in self._file.rows(query, [key]):
            if isinstance(data, bytes) and checksum == _checksum(key, data):
                return data
            self._file.damaged()
        return None

    def latest(self, place: bytes) -> StoredResult | None:
        """Give the newest result of whatever was asked at a place."""
        query = "SELECT key FROM results WHERE place = ? ORDER BY rowid DESC LIMIT 1"
        for (key,) in self._file.rows(query, [place]):
            return self.result(key) if isinstance(key, bytes) else None
        return None

    def save(
        self, summaries: Iterable[tuple[bytes, bytes]] = (), results: Sequence[StoredResult] = ()
    ) -> None:
        """Write what a run found out; what cannot be written is not kept."""
        made = [(key, self._today, data, _checksum(key, data)) for key, data in summaries]
        if not made and not results and not self._touched:
            return

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?)", made)
            connection.executemany(
                "UPDATE summaries SET used = ? WHERE key = ?",
                [(self._today, key) for key in self._touched],
            )
            for result in results:
                _put(connection, result, self._today)
            [last] = connection.execute("SELECT max(day) FROM pruned").fetchone()
            if last != self._today or _bytes_in(connection) > LARGEST:
                _prune(connection, self._today, LARGEST)

        self._file.write(work)
        self._touched = []

    def prune(self, largest: int = LARGEST) -> None:
        """Give up what was not used for long, and the oldest of what is too much."""
        if self.path.exists() and self._file.write(
            lambda connection: _prune(connection, self._today, largest)
        ):
            self._file.compact()

    def clear(self) -> bool:
        """Remove the file, and say whether there was one of linkstep's."""
        if not self.path.exists() or self._file.is_foreign():
            return False
        self._file.remove()
        return not self.path.exists()

    def statistics(self) -> Statistics:
        """Count what there is."""

        def count(table: str) -> int:
            rows = self._file.rows(f"SELECT count(*) FROM {table}")
            return int(str(rows[0][0])) if rows else 0

        size = self.path.stat().st_size if self.path.exists() else 0
        return Statistics(count("summaries"), count("results"), size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _put(connection: sqlite3.Connection, result: StoredResult, today: int) -> None:
    values = (result.key, today, result.data, result.checksum(), result.place, result.inputs)
    # SQLite writes only the pages that differ into a row that stays as long as it was.
    renewed = connection.execute(
        "UPDATE results SET used = ?2, data = ?3, checksum = ?4, place = ?5, inputs = ?6"
        " WHERE key = ?1 AND rowid = (SELECT max(rowid) FROM results)",
        values,
    )
    if not renewed.rowcount:
        connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)", values)
        connection.execute(
            "DELETE FROM results WHERE place = ?1 AND rowid NOT IN"
            " (SELECT rowid FROM results WHERE place = ?1 ORDER BY rowid DESC LIMIT ?2)",
            (result.place, _RESULTS),
        )
    if result.links:
        row = (result.key, today, result.links, _checksum(result.key, result.links))
        connection.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", row)
        connection.execute("DELETE FROM links WHERE key NOT IN (SELECT key FROM results)")


def _prune(connection: sqlite3.Connection, today: int, largest: int) -> None:
    """Delete what was not used for long; and the oldest, until there is room for some time."""
    for table in ("summaries", "results", "links"):
        connection.execute(f"DELETE FROM {table} WHERE used < ?", (today - UNUSED,))
    if _bytes_in(connection) > largest:
        shares = (
            ("results", "inputs", largest // 8),
            ("links", "data", largest // 8),
            ("summaries", "data", largest // 2),
        )
        for table, column, share in shares:
            connection.execute(
                f"DELETE FROM {table} WHERE rowid IN (SELECT number FROM"
                f" (SELECT rowid AS number, sum(length({column})) OVER"
                f" (ORDER BY used DESC, rowid DESC) AS total FROM {table}) WHERE total > ?)",
                (share,),
            )
    connection.execute("DELETE FROM pruned")
    connection.execute("INSERT INTO pruned VALUES (?)", (today,))


def _bytes_in(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _checksum(*parts: bytes) -> bytes:
    """Give 4 bytes that tell whether a row is as it was written, whatever a disk did to it."""
    found = 0
    for part in parts:
        found = crc32(part, crc32(len(part).to_bytes(8, "big"), found))
    return found.to_bytes(4, "big")
