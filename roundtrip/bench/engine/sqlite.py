"""SQLite, by the standard library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .peer import Engine, Pair, Room

#: Up to this size values lie in the tree of keys itself, as SQLite's documentation advises.
INLINE_MAXIMUM: Final = 200
PUT: Final = "INSERT INTO pairs VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
GET: Final = "SELECT value FROM pairs WHERE key = ?"


class SQLite(Engine):
    """SQLite with a write-ahead log: one transaction for each put and batch.

    It does everything inside the calls, so `drain` has nothing to do; `flush` checkpoints the log with a sync; `settle`
    also rewrites the file in key order (VACUUM). It keeps no checksums.
    """

    name = "sqlite"
    note = "write-ahead log, one transaction for each put; no checksums"

    def __init__(self, folder: Path, room: Room) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # One connection for all threads: SQLite lets one writer in at a time anyway.
        self._store = sqlite3.connect(folder / "pairs.sqlite", isolation_level=None, check_same_thread=False)
        self._synchronous = "FULL" if room.durable else "OFF"
        self._run("PRAGMA journal_mode = WAL")
        self._run(f"PRAGMA synchronous = {self._synchronous}")
        rowid = " WITHOUT ROWID" if room.value_size <= INLINE_MAXIMUM else ""
        self._run(f"CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL){rowid}")
        self.put = self.put_durable = self._put
        self.get = self._get

    def _run(self, statement: str) -> None:
        self._store.execute(statement).fetchall()

    def _put(self, key: bytes, value: bytes) -> None:
        self._store.execute(PUT, (key, value))

    def _get(self, key: bytes) -> bytes | None:
        row = self._store.execute(GET, (key,)).fetchone()
        return None if row is None else row[0]

    def put_batch(self, pairs: list[Pair]) -> None:
        self._store.execute("BEGIN")
        self._store.executemany(PUT, pairs)
        self._store.execute("COMMIT")

    def keys(self) -> Iterator[bytes]:
        for (key,) in self._store.execute("SELECT key FROM pairs ORDER BY key"):
            yield key

    def items(self) -> Iterator[Pair]:
        return self._store.execute("SELECT key, value FROM pairs ORDER BY key")

    def drain(self) -> None:
        """Every commit has written its part of the log already."""

    def flush(self) -> None:
        self._run("PRAGMA synchronous = FULL")
        self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        self._run(f"PRAGMA synchronous = {self._synchronous}")

    def settle(self) -> None:
        self._run("VACUUM")
        self.flush()

    def close(self) -> None:
        self._store.close()
