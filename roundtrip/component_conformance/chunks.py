"""The chunk store beside its model: real chunks, extents, superblock and reclamation, and a model in the index's place.

1. What is named reads the same from both, whatever was reclaimed, persisted or lost in a crash.
2. What is named no more is refused, or still reads the same; it never reads other bytes.
3. No locator is given out twice, by either.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from engine import Limits, Shape, Store
from engine.errors import StoreFull
from engine.extents import StalePlace
from engine.locator import TOMBSTONE
from engine.memory_disk import MemoryDisk
from engine.reclamation import Reclamation
from engine.seams import Seams, SeededRandomness
from engine.victims import choose, room_for_copies

from ..models.chunks import ChunkStoreModel
from ..models.index import IndexModel
from ..models.mocks import IndexMock
from .trial import Trial, Verb, answer, disagree, equal, new_disk, payload, power_cut, survivors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.extents import Segment
    from engine.index import Index
    from engine.locator import Entry, Locator

SHAPE: Final = Shape(extent_count=24, extent_size_bytes=8192, page_size_bytes=512)
LIMITS: Final = Limits(buffer_pool_bytes=8192, write_bytes=2048, chunk_bytes=3000, background=False)
KEYS: Final = range(12)
#: Around nothing, the page less a frame, the page, and the largest chunk.
SIZES: Final = (0, 1, 100, 441, 442, 443, 444, 445, 463, 464, 465, 511, 512, 513, 1000, 2999, 3000, 3001, 7000)


class ChunkTrial(Trial):
    """Values under keys, each kept by both chunk stores."""

    alphabet = (
        Verb("get_as_other", 2, (KEYS,)),
        Verb("get_former", 4, (range(64),)),
        Verb("put", 12, (KEYS, SIZES)),
        Verb("forget", 3, (KEYS,)),
        Verb("step", 3),
        Verb("persist", 1),
        Verb("close_extent", 2),
        Verb("reclaim", 3, (range(1, 5), range(4))),
        Verb("reboot", 1),
        Verb("crash", 1, (range(8),)),
        Verb("crash_within", 1, (range(3), range(8))),
    )

    def __init__(self, seed: int) -> None:
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disk = new_disk(SHAPE, seed)
        self.store = Store.create_on(self.disk, SHAPE, LIMITS, self.seams)
        #: Where the real chunks are, and where those of the model.
        self.index = IndexMock(lambda: (self.store.superblock.next_record(),))
        self.model_index = IndexModel()
        self.model = ChunkStoreModel()
        self.reclamation = self._reclamation()
        #: Every locator that was ever given out: its key and part, and what it holds; and those named no more.
        self.contents: dict[Locator, tuple[bytes, int, bytes]] = {}
        self.former: list[Locator] = []
        self.places: set[tuple[int, ...]] = set()
        self.model_given: set[Locator] = set()
        self.puts = 0

    def _reclamation(self) -> Reclamation:
        parts = self.store
        return Reclamation(parts.extents, parts.chunks, cast("Index", self.index), parts.superblock, parts.writeback)

    # The operations.

    def get_as_other(self, key: int) -> None:
        """A chunk is refused to who takes it for another key's, part or owner. (`check` gets what is named.)"""
        name, read = b"key %d" % key, self.store.chunks.read
        for part, locator in enumerate(self.index.find(name) or ()):
            for other in ((name + b"!", part), (name, part + 1), (name, part, "run")):
                equal("refused: ChunkRotten", answer(read, locator, *other))

    def get_former(self, which: int) -> None:
        """A chunk that was named once."""
        if self.former:
            locator = self.former[which % len(self.former)]
            key, part, content = self.contents[locator]
            with suppress(StalePlace):
                equal(content, self.store.chunks.read(locator, key, part))

    def put(self, key: int, size: int) -> None:
        """A value, in as many chunks as each store likes."""
        self.puts += 1
        name, value = b"key %d" % key, payload(self.puts, size)
        placed = self._append(name, value)
        if placed is None:
            self.reclaim(8, 0)
            self.persist()
            placed = self._append(name, value)
            if placed is None:
                return
        locators, segments = placed
        start = 0
        for part, locator in enumerate(locators):
            self._learn(locator, name, part, value[start : start + locator[3]])
            start += locator[3]
        self.former += self.index.find(name) or ()
        dependency = self.index.insert(name, locators, segments)
        self.model_index.insert(name, (self._put_model(value),), dependency.nodes)

    def _append(self, key: bytes, value: bytes) -> tuple[Entry, tuple[Segment, ...]] | None:
        with self.store.writeback.lock:
            return self.store.chunks.append_value(key, value)

    def forget(self, key: int) -> None:
        """The key's chunks are named no more."""
        name = b"key %d" % key
        self.former += self.index.find(name) or ()
        dependency = self.index.insert(name, TOMBSTONE, ())
        self.model_index.insert(name, TOMBSTONE, dependency.nodes)

    def step(self) -> None:
        """One level of syncs."""
        self.store.writeback.step()

    def persist(self) -> None:
        """All levels: what was reclaimed is free."""
        self._persist()
        self.model.persist()
        equal(0, len(self.reclamation.resetting))

    def close_extent(self) -> None:
        """Puts go on in another extent, so that this one can be reclaimed."""
        with self.store.writeback.lock:
            self.store.chunks.streams["shard"].extent = None

    def reclaim(self, most: int, model_extent: int) -> None:
        """Reclaim a few extents of the one, and one of the other: no named chunk changes."""
        extents, chunks = self.store.extents, self.store.chunks
        victims = choose(
            self.reclamation.candidates(frozenset({"data"})), room_bytes=room_for_copies(extents, chunks), most=most
        )
        before = dict(self.index.entries)
        with suppress(StoreFull):
            self.reclamation.reclaim(victims)
        for key, entry in before.items():
            for part, (former, now) in enumerate(zip(entry, self.index.entries[key], strict=True)):
                if former != now:
                    self._learn(now, key, part, self.contents[former][2])
                    self.former.append(former)
        self._reclaim_model(model_extent)

    def _reclaim_model(self, which: int) -> None:
        occupied = sorted({locator[0] for locator in self.model.chunks})
        if not occupied:
            return
        moved = self.model.reclaim(occupied[which % len(occupied)], named(self.model_index))
        self._are_new(moved.values())
        for key, entry in list(self.model_index.entries.items()):
            if any(locator in moved for locator in entry):
                self.model_index.insert(key, tuple(moved.get(locator, locator) for locator in entry), ())

    def reboot(self) -> None:
        """Close cleanly and open: everything is persistent."""
        self.persist()
        self.store.close()
        self.index.settle()
        equal([], self.index.changes)
        self._open(self.disk.crash())

    def crash(self, fate: int) -> None:
        """Lose what is not synced, but for a part."""
        disk = self.disk.crash(survivors(self.disk, fate))
        self.store.abandon()
        self._open(disk)
        self.former.clear()

    def crash_within(self, sync: int, fate: int) -> None:
        """The power goes before the n-th sync is done."""
        disk = power_cut(self.disk, self._persist, sync, fate)
        self.store.abandon()
        self._open(disk)
        self.former.clear()

    def _persist(self) -> None:
        while self.store.writeback.step():
            pass

    def _open(self, disk: MemoryDisk) -> None:
        self.disk = disk
        self.store = Store.open_on(self.disk, LIMITS, self.seams)
        self.index.crash()
        self.model_index.crash()
        self.model.crash(named(self.model_index))
        self.reclamation = self._reclamation()

    # The comparisons.

    def check(self) -> None:
        """Every key has the same value in both."""
        for key in KEYS:
            name = b"key %d" % key
            equal(answer(self._model_value, name, refusals=(StalePlace,)), answer(self._value, name))

    def end(self) -> None:
        """Let go of the disk."""
        self.store.abandon()

    def _value(self, key: bytes) -> bytes | None:
        entry = self.index.find(key)
        read = self.store.chunks.read
        return b"".join(read(locator, key, part) for part, locator in enumerate(entry)) if entry else None

    def _model_value(self, key: bytes) -> bytes | None:
        entry = self.model_index.find(key)
        return b"".join(map(self.model.get, entry)) if entry else None

    def _put_model(self, value: bytes) -> Locator:
        locator = self.model.put(value)
        self._are_new([locator])
        return locator

    def _are_new(self, locators: Iterable[Locator]) -> None:
        """The model's locators (3)."""
        for locator in locators:
            if locator in self.model_given:
                disagree("a locator that never was", f"the model's locator {locator} again")
            self.model_given.add(locator)

    def _learn(self, locator: Locator, key: bytes, part: int, content: bytes) -> None:
        """A locator of the real store (3): no two chunks begin at one place in one life of an extent."""
        if locator[:3] in self.places:
            disagree("a locator that never was", f"locator {locator} again")
        self.places.add(locator[:3])
        self.contents[locator] = (key, part, content)


def named(index: IndexModel) -> set[Locator]:
    """Every locator that an index names."""
    return {locator for entry in index.entries.values() for locator in entry}
