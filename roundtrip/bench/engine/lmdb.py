"""LMDB, by the lmdb package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import lmdb

from .peer import Engine, Pair, Room

#: How much larger than its values the map may grow; address space only.
MAP_FACTOR: Final = 8
MAP_MINIMUM_BYTES: Final = 2**30


class LMDB(Engine):
    """LMDB: one transaction for each put, batch and get, as a caller of single operations needs them.

    It writes at every commit and has nothing in the background, so `drain` has nothing to do; `flush` syncs. It cannot
    compact in place; a `settle` only syncs. It keeps no checksums.
    """

    name = "lmdb"
    note = "one transaction for each put or get; no checksums; memory includes the pages that it maps"

    def __init__(self, folder: Path, room: Room) -> None:
        size = max(MAP_MINIMUM_BYTES, MAP_FACTOR * room.capacity_bytes)
        self._store = lmdb.open(str(folder), map_size=size, sync=room.durable, metasync=room.durable)
        self.put = self.put_durable = self._put
        self.get = self._get

    def _put(self, key: bytes, value: bytes) -> None:
        with self._store.begin(write=True) as transaction:
            transaction.put(key, value)

    def _get(self, key: bytes) -> bytes | None:
        with self._store.begin() as transaction:
            return transaction.get(key)

    def put_batch(self, pairs: list[Pair]) -> None:
        with self._store.begin(write=True) as transaction, transaction.cursor() as cursor:
            cursor.putmulti(pairs)

    def keys(self) -> Iterator[bytes]:
        with self._store.begin() as transaction, transaction.cursor() as cursor:
            yield from cursor.iternext(keys=True, values=False)

    def items(self) -> Iterator[Pair]:
        with self._store.begin() as transaction, transaction.cursor() as cursor:
            yield from cursor.iternext(keys=True, values=True)

    def drain(self) -> None:
        """Every commit has handed over its pages already."""

    def flush(self) -> None:
        self._store.sync(True)

    def settle(self) -> None:
        self.flush()

    def close(self) -> None:
        self._store.close()
