"""Extents beside their model: taken, appended to, read at any place and of any life, reset.

1. Number, owner, generation and pointer of every extent are those of the model, and so is the order of the free ones.
2. A read gives the model's bytes, wherever the real ones wait at the moment, or is refused as the model refuses it.
3. Of each extent `issued <= pointer <= size`, and the buffer pool counts what is in between.
4. The disk gets no byte before what it was said to come after is persistent.
"""

from __future__ import annotations

from typing import Final

from engine import Limits, Shape, Store
from engine.dependency import GraphNode, unpersisted
from engine.extents import HEADER_SIZE, RESERVED_COUNT, Extent, StalePlace, UsedOwner
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness

from ..models.extents import ExtentsModel
from ..models.superblock import SuperblockModel
from .trial import Trial, Verb, answer, disagree, equal, new_disk, payload

#: Extents so small that the superblock's records fill theirs after a few dozen.
SHAPE: Final = Shape(extent_count=20, extent_size_bytes=4096, page_size_bytes=512)
LIMITS: Final = Limits(background=False)
OWNERS: Final[tuple[UsedOwner, ...]] = ("data", "index")
SIZES: Final = (0, 1, 100, 464, 465, 511, 512, 513, 1500, 4096)
#: What a write or a reset may come after: nothing, the newest write, the next superblock record, or both.
AFTER: Final = (0, 0, 1, 2, 3)
PLACES: Final = (-4096, -513, -512, -1, 0, 1, 512, 4096)


class ExtentTrial(Trial):
    """Extents, and the superblock that persists their states."""

    alphabet: tuple[Verb, ...] = (
        Verb("take", 4, (range(2),)),
        Verb("append", 12, (range(12), SIZES, AFTER)),
        Verb("read", 10, (range(20), (0, 0, 0, 0, 1, 2), range(0, 4200, 3), SIZES)),
        Verb("read_end", 12, (range(12), PLACES, SIZES)),
        Verb("issue", 4, (range(12),)),
        Verb("step", 3),
        Verb("reset", 2, (range(12), AFTER)),
        Verb("reboot", 1),
    )

    def __init__(self, seed: int) -> None:
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disk = new_disk(SHAPE, seed)
        self.store = Store.create_on(self.disk, SHAPE, LIMITS, self.seams)
        self.model = ExtentsModel(SHAPE.extent_count, SHAPE.extent_size_bytes)
        self.superblock = SuperblockModel(self.model)
        #: The newest write, and the extents that are given up.
        self.newest: tuple[GraphNode, ...] = ()
        self.resetting: set[int] = set()
        #: Writes that come after something: where they end, and after what.
        self.waiting: list[tuple[Extent, int, tuple[GraphNode, ...]]] = []
        self.appends = 0

    # The operations.

    def take(self, owner: int) -> None:
        """A free extent."""
        with self.store.writeback.lock:
            found = self.store.extents.take(OWNERS[owner])
        expected = self.model.take(OWNERS[owner])
        equal(expected and expected.number, found and found.number)

    def append(self, which: int, size: int, after: int) -> None:
        """Bytes at the end of an extent, as many as fit; one buffer, two, or none."""
        extent = self._used(which)
        if extent is None or extent.pointer == SHAPE.extent_size_bytes:
            return
        self.appends += 1
        data = payload(self.appends, min(size, SHAPE.extent_size_bytes - extent.pointer))
        middle = len(data) // 3
        buffers = (data,) if self.appends % 2 else (data[:middle], data[middle:])
        nodes = self._inputs(after)
        with self.store.writeback.lock:
            self.newest = (self.store.extents.append(extent, buffers, len(data), nodes),)
        self.model.append(self.model.all[extent.number], buffers, len(data))
        if nodes and data:
            self.waiting.append((extent, extent.pointer, nodes))

    def read(self, number: int, life: int, offset: int, length: int) -> None:
        """A place anywhere in this life of an extent (0), the one before (1) or the next one (2)."""
        generation = self.model.all[number].generation + (0, -1, 1)[life]
        if number >= RESERVED_COUNT:
            # The model has no headers.
            self._compare_read(number, generation, max(offset, HEADER_SIZE), length)

    def read_end(self, which: int, distance: int, length: int) -> None:
        """A place that ends near the write pointer."""
        extent = self._used(which)
        if extent is not None:
            offset = max(HEADER_SIZE, extent.pointer + distance - length)
            self._compare_read(extent.number, extent.generation, offset, length)

    def _compare_read(self, number: int, generation: int, offset: int, length: int) -> None:
        place, refusals = (number, generation, offset, length), (StalePlace, ValueError)
        expected = answer(self.model.read, *place, refusals=refusals)
        equal(expected, answer(self.store.extents.read, *place, refusals=refusals))

    def issue(self, which: int) -> None:
        """Hand what is ready to the disk."""
        extent = self._used(which)
        if extent is not None:
            with self.store.writeback.lock:
                self.store.extents.issue(extent)

    def step(self) -> None:
        """One level of syncs; every one has a record."""
        with self.store.writeback.lock:
            self.store.superblock.next_record()
        self.superblock.write_record()
        self.store.writeback.step()
        self.resetting &= {number for number, state in self.model.states().items() if state.owner != "free"}

    def reset(self, which: int, after: int) -> None:
        """Give an extent up, after its own bytes and what else is said."""
        extent = self._used(which)
        if extent is None:
            return
        extents, superblock = self.store.extents, self.store.superblock
        nodes = unpersisted((*extent.segments, *self._inputs(after)))
        self.resetting.add(extent.number)
        with self.store.writeback.lock:
            superblock.reset(extent, nodes, lambda reset: extents.release(reset.extent, reset.generation))
        self.superblock.reset(self.model.all[extent.number], nodes)

    def reboot(self) -> None:
        """Close cleanly and open: everything is as it was, but that appends go on at a page border."""
        while self.superblock.resets:
            self.step()
        self.store.close()
        self.superblock.write_record()
        self._open(self.disk.crash(), clean=True)

    def _open(self, disk: MemoryDisk, *, clean: bool) -> None:
        self.disk = disk
        self.newest, self.resetting, self.waiting = (), set(), []
        self.store = Store.open_on(self.disk, LIMITS, self.seams)
        self.superblock.reopen(clean=clean)
        for stream in self.store.chunks.streams.values():
            if stream.extent is not None:
                model = self.model.all[stream.extent.number]
                gap = -model.pointer % SHAPE.page_size_bytes
                self.model.append(model, (bytes(gap),), gap)

    # The comparisons.

    def check(self) -> None:
        """Every extent is as the model has it (1), and nothing is counted wrong (3)."""
        extents = self.store.extents
        found = {
            extent.number: (extent.generation, extent.pointer, extent.owner) for extent in extents.all[RESERVED_COUNT:]
        }
        if found != self.model.states():
            for number, state in self.model.states().items():
                equal(f"extent {number}: {tuple(state)}", f"extent {number}: {found[number]}")
        equal(self.model.free, list(extents.free))
        pending = sum(extent.pointer - extent.issued for extent in extents.all[RESERVED_COUNT:])
        equal(f"{pending} bytes in the pool", f"{extents.pool.used_bytes} bytes in the pool")
        if any(extent.issued > extent.pointer for extent in extents.all):
            disagree("no byte issued beyond its pointer", "some")
        self.waiting = [one for one in self.waiting if unpersisted(one[2])]
        for extent, end, _ in self.waiting:
            if extent.issued >= end:
                disagree(
                    "a write that waits for another", f"extent {extent.number}, bytes up to {end} are with the disk"
                )

    def end(self) -> None:
        """Let go of the disk."""
        self.store.abandon()

    def _used(self, which: int) -> Extent | None:
        """One of the extents that are taken and not given up."""
        used = [
            extent
            for extent in self.store.extents.all[RESERVED_COUNT:]
            if extent.owner != "free" and extent.number not in self.resetting
        ]
        return used[which % len(used)] if used else None

    def _inputs(self, after: int) -> tuple[GraphNode, ...]:
        record = (self.store.superblock.next_record(),) if after & 2 else ()
        return unpersisted((*(self.newest if after & 1 else ()), *record))
