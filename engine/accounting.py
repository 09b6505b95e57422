"""Live bytes by data extent: what reclamation picks its victim by.

They are not on disk. They are counted over the whole index when somebody first asks, and kept up to date from then on:
at a put (what came, and what it replaced in the memtable), and what entries replaced in older memtables and runs when
victims are chosen, or when the memtable becomes a run. Until then the replaced chunk counts as live, so the figure is
never too low.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .errors import ChunkRotten, DiskFailed

if TYPE_CHECKING:
    from .extents import Extents
    from .index import Index, Tables
    from .locator import Entry
    from .memtable import Memtable


#: What cannot be read counts as alive: too much is safe, and a flush must not fail for it.
UNREADABLE: Final = suppress(ChunkRotten, DiskFailed)


class LiveBytes:
    """Bytes of the frames that the index names, by extent. The store's lock guards it.

    overhead: what a frame adds to key and payload; where there are two versions, the longer one: never too low.
    """

    def __init__(self, extents: Extents, overhead: int) -> None:
        self._extents = extents.all
        self._overhead = overhead
        self._bytes: defaultdict[int, int] = defaultdict(int)

    def add(self, key_length: int, entry: Entry) -> None:
        """The index names these chunks from now on."""
        for extent, generation, _offset, length, _checksum in entry:
            if self._extents[extent].generation == generation:
                self._bytes[extent] += length + key_length + self._overhead

    def drop(self, key_length: int, entry: Entry) -> None:
        """The index names them no more."""
        for extent, generation, _offset, length, _checksum in entry:
            if self._extents[extent].generation == generation:
                self._bytes[extent] -= length + key_length + self._overhead

    def join(self, other: LiveBytes) -> None:
        """Add what was counted apart."""
        for extent, count in other._bytes.items():
            self._bytes[extent] += count

    def forget(self, extent: int) -> None:
        """The extent was reset."""
        self._bytes.pop(extent, None)

    def of(self, extent: int) -> int:
        """Live bytes of an extent, frames included; at most too many by what the memtable replaced."""
        return self._bytes.get(extent, 0)

    def total(self) -> int:
        """Live bytes of all extents."""
        return sum(self._bytes.values())


def count_live(index: Index) -> None:
    """Count the live bytes of all extents. The caller is alone with reclamation; raises what reading the index does."""
    lock = index.writeback.lock
    with index.flush_lock:
        with lock:
            index.freeze()
            live = index.live = LiveBytes(index.extents, index.chunks.overhead)
            tables: Tables = ({}, *index.tables[1:])
            for memtable in index.frozen:
                memtable.accounted = len(memtable.entries)
        counted = LiveBytes(index.extents, index.chunks.overhead)
        try:
            for keys, entries in index.batches(tables=tables):
                for key, entry in zip(keys, entries, strict=True):
                    counted.add(len(key), entry)
        except BaseException:
            with lock:
                index.live = None
            raise
        with lock:
            live.join(counted)


def account_all(index: Index) -> None:
    """Let the live bytes know what all memtables have replaced so far."""
    with index.flush_lock:
        with index.writeback.lock:
            memtables = (index.active, *index.frozen)
        for place, memtable in enumerate(memtables):
            account(index, memtable, memtables[place + 1 :])


def account(index: Index, memtable: Memtable, older: tuple[Memtable, ...]) -> None:
    """The same for one memtable; all that are older than these are runs already. The flush lock is held."""
    live = index.live
    if live is None:
        return
    with index.writeback.lock:
        keys = memtable.unaccounted()
    if not keys:
        return
    replaced = []
    for key in keys:
        entry = None
        for table in older:
            entry = table.entries.get(key)
            if entry is not None:
                break
        else:
            with UNREADABLE:
                entry = index.find_in_runs(key)
        if entry:
            replaced.append((len(key), entry))
    with index.writeback.lock:
        memtable.accounted += len(keys)
        for key_length, entry in replaced:
            live.drop(key_length, entry)
