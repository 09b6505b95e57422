"""RocksDB, by rocksdict in raw mode: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rocksdict import DBCompressionType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from .idle import wait_until_still
from .peer import Engine, Pair, Room

#: What is above zero while RocksDB works in the background, or is about to.
BUSY: Final = (
    "rocksdb.num-running-flushes",
    "rocksdb.num-running-compactions",
    "rocksdb.mem-table-flush-pending",
    "rocksdb.compaction-pending",
    "rocksdb.num-immutable-mem-table",
)


class RocksDB(Engine):
    """RocksDB with the options that it comes with (write buffer 64 MiB), but no compression.

    drain: its properties say that no flush and no compaction runs or waits. flush: the memtable becomes a table, which
    RocksDB syncs. settle: flush, then compact everything.
    """

    name = "rocksdb"
    note = (
        "write buffer 64 MiB (its default), no compression, no filter; gets verify checksums; rocksdict lets no other "
        "thread of Python run during a call, so threads cannot share a sync"
    )

    def __init__(self, folder: Path, room: Room) -> None:
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_compression_type(DBCompressionType.none())
        self._store: Any = Rdict(str(folder), options)
        reading = ReadOptions()
        reading.set_verify_checksums(True)
        self._store.set_read_options(reading)
        writing = WriteOptions()
        writing.sync = room.durable
        self._store.set_write_options(writing)
        self.put = self.put_durable = self._store.put
        self.get = self._store.get

    def put_batch(self, pairs: list[Pair]) -> None:
        batch = WriteBatch(raw_mode=True)
        put = batch.put
        for key, value in pairs:
            put(key, value)
        self._store.write(batch)

    def keys(self) -> Iterator[bytes]:
        return iter(self._store.keys())

    def items(self) -> Iterator[Pair]:
        return iter(self._store.items())

    def drain(self) -> None:
        wait_until_still(self._idle)

    def _idle(self) -> bool | None:
        ask = self._store.property_int_value
        return None if any(ask(name) for name in BUSY) else True

    def flush(self) -> None:
        self._store.flush(True)
        self.drain()

    def settle(self) -> None:
        self.flush()
        self._store.compact_range(None, None)
        self.drain()

    def close(self) -> None:
        self._store.close()
