"""LevelDB, by plyvel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import plyvel

from .idle import wait_until_threads_sleep
from .peer import Engine, Pair, Room

WRITE_BUFFER_BYTES: Final = 64 * 2**20
#: Behind every key of 16 bytes, so that compacting this range only writes out the memtable.
BEHIND: Final = (b"\xff" * 17, b"\xff" * 18)


class LevelDB(Engine):
    """LevelDB with a write buffer of 64 MiB (with the 4 MiB of its default it compacts all the time).

    drain: LevelDB cannot be asked whether it compacts; it is idle when its thread sleeps (`idle`). flush: the memtable
    becomes a table, which LevelDB syncs; a manual compaction of an empty range does no more than this.
    """

    name = "leveldb"
    note = (
        "write buffer 64 MiB, no compression, no filter; gets verify checksums, which is not its default; memory of "
        "gets includes the tables that it maps"
    )

    def __init__(self, folder: Path, room: Room) -> None:
        del room  # it needs to know nothing beforehand
        self._store = plyvel.DB(
            str(folder), create_if_missing=True, compression=None, write_buffer_size=WRITE_BUFFER_BYTES
        )
        self.put = self._store.put
        self.put_durable = partial(self._store.put, sync=True)
        self.get = partial(self._store.get, verify_checksums=True)

    def put_batch(self, pairs: list[Pair]) -> None:
        with self._store.write_batch() as batch:
            put = batch.put
            for key, value in pairs:
                put(key, value)

    def keys(self) -> Iterator[bytes]:
        return iter(self._store.iterator(include_value=False, verify_checksums=True))

    def items(self) -> Iterator[Pair]:
        return iter(self._store.iterator(verify_checksums=True))

    def drain(self) -> None:
        wait_until_threads_sleep()

    def flush(self) -> None:
        self._store.compact_range(start=BEHIND[0], stop=BEHIND[1])
        self.drain()

    def settle(self) -> None:
        self._store.compact_range()
        self.drain()

    def close(self) -> None:
        self._store.close()
