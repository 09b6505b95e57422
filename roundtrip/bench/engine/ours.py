"""Our own engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from engine import Shape, Store

from .peer import Engine, Pair, Room


class Ours(Engine):
    """A store with the limits that it comes with, on a disk of the size that the workload names.

    drain: every accepted byte is handed to the operating system and background work is idle. flush: the memtable
    becomes a run, and everything is synced. settle: all runs are merged into one.
    """

    name = "shardproof"
    note = (
        "default limits; a put that is not durable waits in this process, up to 1 MiB of them, for the next write: the "
        "others hand each put to the operating system"
    )

    def __init__(self, folder: Path, room: Room) -> None:
        if (folder / "disk").exists():
            self._store = Store.open(folder)
        else:
            count = -(-room.capacity_bytes // room.extent_size_bytes)
            self._store = Store.create(folder, Shape(extent_count=count, extent_size_bytes=room.extent_size_bytes))
        self.put = self._store.put
        self.put_durable = partial(self._store.put, durable=True)
        self.get = self._store.get

    def put_batch(self, pairs: list[Pair]) -> object:
        return self._store.put_many(pairs)

    def keys(self) -> Iterator[bytes]:
        return self._store.scan()

    def items(self) -> Iterator[Pair]:
        get = self._store.get
        for key in self._store.scan():
            value = get(key)
            assert value is not None  # nobody deletes
            yield key, value

    def drain(self) -> None:
        self._store.drain()

    def flush(self) -> None:
        self._store.flush().wait()

    def settle(self) -> None:
        self._store.flush()
        self._store.compact().wait()
        self._store.drain()

    def close(self) -> None:
        self._store.close()

    def levels(self) -> int | None:
        return self._store.stats().levels

    def facts(self) -> dict[str, float]:
        stats = self._store.stats()
        return {
            "reserve_share": stats.reserve_extents / stats.extent_count,
            "moved_bytes": stats.moved_bytes,
            "reclaimed_extents": stats.reclaimed_extents,
            "compactions": stats.compactions,
        }
