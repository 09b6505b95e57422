"""The index beside its model: memtable, runs, compaction and the reclamation of runs, and a dictionary.

Entries are made up: what an index keeps for a key is nothing to it.

1. Lookups and scans answer what the model answers, whatever was flushed, merged or moved.
2. A dependency is persistent no earlier than those before it; after a clean close all are.
3. After a crash the index is one that it once was, and no older than what was reported persistent.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine import Limits, Shape, Store
from engine.errors import StoreFull
from engine.locator import TOMBSTONE
from engine.maintenance import INDEX
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness
from engine.victims import choose, room_for_copies

from ..models.index import IndexModel
from .trial import Trial, Verb, disagree, equal, new_disk, power_cut, survivors

if TYPE_CHECKING:
    from engine import Dependency
    from engine.locator import Entry

SHAPE: Final = Shape(extent_count=40, extent_size_bytes=8192, page_size_bytes=512)
LIMITS: Final = Limits(
    memtable_entries=20,
    cache_bytes=4096,
    buffer_pool_bytes=8192,
    write_bytes=2048,
    chunk_bytes=3000,
    run_fanout=3,
    background=False,
)
KEYS: Final = range(60)
#: Every seventh key is so long that a few of them fill a page.
LONG_KEY: Final = b"long " * 60


class IndexTrial(Trial):
    """Entries under keys, each kept by both."""

    alphabet = (
        Verb("get", 20, (range(62),)),
        Verb("put", 40, (KEYS, (1, 1, 1, 2, 5))),
        Verb("delete", 12, (KEYS,)),
        Verb("scan", 3, (range(62), (1, 5, 1000))),
        Verb("flush", 4),
        Verb("compact", 1),
        Verb("reclaim", 1, (range(1, 9),)),
        Verb("evacuate", 2, (range(1, 9),)),
        Verb("step", 4),
        Verb("persist", 1),
        Verb("reboot", 1),
        Verb("crash", 1, (range(8),)),
        Verb("crash_within", 1, (range(4), range(6), range(8))),
    )

    def __init__(self, seed: int) -> None:
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disk = new_disk(SHAPE, seed)
        self.store = Store.create_on(self.disk, SHAPE, LIMITS, self.seams)
        self.model = IndexModel()
        self.puts = 0
        self.dependencies: list[tuple[Dependency, Dependency]] = []

    # The operations.

    def get(self, key: int) -> None:
        """One lookup; a key that was never put is like a deleted one, as compaction drops tombstones."""
        name = key_of(key)
        equal(self.model.find(name) or TOMBSTONE, self.store.index.find(name) or TOMBSTONE)

    def put(self, key: int, parts: int) -> None:
        """A new entry of so many locators."""
        self.puts += 1
        number = self.puts
        self._insert(key_of(key), tuple((8 + part, number, 64 * part, number + part, number) for part in range(parts)))

    def delete(self, key: int) -> None:
        """A tombstone, whether there is an entry or not."""
        self._insert(key_of(key), TOMBSTONE)

    def _insert(self, key: bytes, entry: Entry) -> None:
        index = self.store.index
        with self.store.writeback.lock:
            dependency = index.insert(key, entry, ())
        self.dependencies.append((self.model.insert(key, entry, dependency.nodes), dependency))
        if index.active.is_full():
            index.flush()
            self.store.maintenance.wait_idle()

    def scan(self, start: int, batches: int) -> None:
        """The first batches from a key on, flattened."""
        first = key_of(start)
        found = flattened(self.store, first, batches)
        expected = [pair for batch in self.model.batches(first) for pair in zip(*batch, strict=True)]
        equal(expected[: len(found) if found and batches < 1000 else None], found)

    def flush(self) -> None:
        """A run of the memtable; nothing is synced."""
        self.store.index.flush()
        self.model.flush()

    def compact(self) -> None:
        """One run of all; nothing is synced."""
        self.store.maintenance.compact_all()
        self.model.compact()

    def reclaim(self, most: int) -> None:
        """Runs move, and their extents are free again."""
        self.store.reclaim(most)

    def evacuate(self, most: int) -> None:
        """Runs move, and nobody waits for it: a crash may come in between."""
        store = self.store
        with store.writeback.lock:
            store.writeback.issue_all()
            store.chunks.streams["run"].extent = None
        candidates = store.reclamation.candidates(INDEX)
        with suppress(StoreFull):
            room = room_for_copies(store.extents, store.chunks)
            store.reclamation.reclaim(choose(candidates, room_bytes=room, most=most))

    def step(self) -> None:
        """One level of syncs."""
        self.store.writeback.step()

    def persist(self) -> None:
        """All levels, of what is in a memtable too."""
        self._persist()
        self._expect_all_persistent()

    def reboot(self) -> None:
        """Close cleanly and open: everything is persistent (2)."""
        self.store.close()
        self._expect_all_persistent()
        self._open(self.disk.crash())

    def crash(self, fate: int) -> None:
        """Lose what is not synced, but for a part (3)."""
        disk = self.disk.crash(survivors(self.disk, fate))
        self.store.abandon()
        self._open(disk)

    def crash_within(self, action: int, sync: int, fate: int) -> None:
        """The power goes before the n-th sync of a longer work is done."""
        store = self.store
        work = (store.close, store.compact, partial(store.reclaim, 8), self._persist)[action]
        disk = power_cut(self.disk, work, sync, fate)
        store.abandon()
        self._open(disk)

    def _persist(self) -> None:
        with self.store.writeback.lock:
            barrier = self.store.index.barrier()
        self.store.writeback.persist(barrier)

    def _open(self, disk: MemoryDisk) -> None:
        self.disk = disk
        self.store = Store.open_on(self.disk, LIMITS, self.seams)
        found = dict(flattened(self.store, b"", 1000))
        states = list(self.model.possible())
        for entries in reversed(states):
            if {key: entry for key, entry in entries.items() if entry} == found:
                self.model.crash(entries)
                break
        else:
            disagree(f"one of {len(states)} former states, the oldest {states[0]}", found)
        self.dependencies.clear()

    # The comparisons.

    def check(self) -> None:
        """The dependencies of both say the same (2), and every now and then all entries are compared (1)."""
        self.dependencies = [
            pair for pair in self.dependencies if not (pair[0].is_persistent() and pair[1].is_persistent())
        ]
        if self.dependencies:
            model, real = self.dependencies[0]
            equal(model.is_persistent(), real.is_persistent())
            model, real = self.dependencies[-1]
            equal(model.is_persistent(), real.is_persistent())
        if self.puts % 16 == 0:
            self.scan(0, 1000)

    def end(self) -> None:
        """Let go of the disk."""
        self.store.abandon()

    def _expect_all_persistent(self) -> None:
        equal([], [real for _, real in self.dependencies if not real.is_persistent()])
        self.model.settle()
        equal([], self.model.changes)


def key_of(number: int) -> bytes:
    """The key of a number; in the order of numbers for most of them."""
    return (LONG_KEY if number % 7 == 3 else b"key ") + b"%02d" % number


def flattened(store: Store, start: bytes, batches: int) -> list[tuple[bytes, Entry]]:
    """The first batches of a scan, as pairs."""
    return [pair for batch in islice(store.index.batches(start), batches) for pair in zip(*batch, strict=True)]
