"""Reclamation: make extents that hold little that is alive free again.

    pick a victim → read it → look every frame up in reverse → copy the live ones → repoint → reset

1. A frame is live when the index (or, for a run, the tree) names exactly its place.
2. Repointing is a compare-and-set on the old place: a put or delete that came in between wins.
3. The reset waits for every copy with its index entry and pointer, and for every put, delete and compaction that made
   a dropped frame dead: until those are persistent, the old frame is the last durable copy.
4. A pinned extent, or one that is still appended to, is no victim.
5. Where no frame begins, the scan goes on at the next page border. Live frames may lie in between, so unless all live
   bytes were found, the places that the index names in the extent decide, one by one. A named frame that is not whole,
   or a read that fails, aborts the reclaim, and the extent stays.
6. Where version 2 is written, a chunk of version 1 is copied as one: its checksum of the value is found by reading the
   parts before it. Where one of those cannot be read, or the longer frame fits into no extent, it stays version 1. A
   chunk of version 2 stays one, with the number that it has.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from formats.crc64 import crc64nvme
from formats.seeds import run_key, run_of_key

from .chunk_reader import FoundChunk
from .dependency import Dependency, GraphNode
from .errors import ChunkRotten, StoreFull
from .extents import HEADER_SIZE, RESERVED_COUNT
from .frames import overhead_of
from .value_checksum import VALUE_CHECKSUM, checksum_before
from .victims import Candidate, ReclaimReport
from .window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .chunks import ChunkStore
    from .extents import Extent, Extents
    from .index import Index
    from .locator import Entry, Locator
    from .superblock import Reset, Superblock
    from .writeback import Writeback


#: An unwritten rest of this share of an extent is worth having back, once nobody appends to it.
WASTE_SHARE: Final = 8


class Reclamation:
    """Reclaims extents of one store. One at a time; extents of runs only while no compaction goes on."""

    def __init__(
        self, extents: Extents, chunks: ChunkStore, index: Index, superblock: Superblock, writeback: Writeback
    ) -> None:
        self.extents = extents
        self.chunks = chunks
        self.index = index
        self.superblock = superblock
        self.writeback = writeback
        self.moved_bytes = 0
        self.reclaimed_extents = 0
        #: Extents whose reset is queued and not persistent yet.
        self.resetting: set[int] = set()
        #: Extents with a rotten chunk, and their live bytes when it was found.
        self._spoiled: dict[int, int] = {}
        self._entry: Entry = ()
        #: Called with a title after each stage of a reclaim; pictures listen here.
        self.observer: Callable[[str], None] | None = None

    def candidates(self, owners: frozenset[str], *, leave_rotten: bool = False) -> list[Candidate]:
        """Extents of these owners that may be reclaimed now (4).

        leave_rotten: without those in which a rotten chunk was found, until something more in them is dead.
        """
        if "data" in owners:
            self.index.count_live()
            self.index.account()
        with self.writeback.lock:
            return [
                self._candidate(extent)
                for extent in self.extents.all[RESERVED_COUNT:]
                if extent.owner in owners
                and self._may_go(extent)
                and not (leave_rotten and self._spoiled.get(extent.number) == self.live_bytes(extent))
            ]

    def _may_go(self, extent: Extent) -> bool:
        """Whether nobody appends to the extent or is about to name what is in it. The lock is held."""
        if extent.owner == "free" or extent.pins or extent.number in self.resetting:
            return False
        for stream in self.chunks.streams.values():
            if stream.extent is extent:
                return False
        return not extent.segments or all(segment.is_ready() for segment in extent.segments)

    def _candidate(self, extent: Extent) -> Candidate:
        rest = self.extents.size - extent.pointer
        unused = rest if rest >= self.extents.size // WASTE_SHARE else 0
        return Candidate(extent.number, self.live_bytes(extent), extent.pointer - HEADER_SIZE, unused)

    def reclaim(self, victims: list[int], *, leave_rotten: bool = False) -> tuple[ReclaimReport, Dependency]:
        """Evacuate and reset these extents; they are free once the dependency is persistent.

        leave_rotten: an extent with a rotten chunk stays as it is, and nothing is raised: the others can still go.

        Raises `ChunkRotten` and `DiskFailed` (the extent stays as it is), and `StoreFull` where there is no room for
        the copies of the first; later ones are left out then.
        """
        moved_chunks = moved_bytes = dropped = 0
        nodes: list[GraphNode] = []
        done: list[int] = []
        for number in victims:
            extent = self.extents.all[number]
            with self.writeback.lock:
                may_go = self._may_go(extent)
                if may_go:
                    self.extents.issue(extent)
            if not may_go:
                continue
            self._observe(f"extent {number} is chosen")
            try:
                count, size = self._evacuate(extent)
            except StoreFull:
                # What was copied is where the index says; the extent stays, and what it lost is dead.
                if not done:
                    raise
                break
            except ChunkRotten as error:
                if not leave_rotten or error.extent != number:
                    raise
                self._spoiled[number] = self.live_bytes(extent)
                continue
            self._observe(f"live chunks of extent {number} are copied and repointed")
            moved_chunks += count
            moved_bytes += size
            with self.writeback.lock:
                # Copies of a newer version are longer.
                dropped += max(0, extent.pointer - HEADER_SIZE - size)
                self.resetting.add(number)
                # What made a chunk of a run dead is a change of the tree; no memtable has a part in it.
                after = self.index.tree_barrier() if extent.owner == "index" else self.index.barrier()
                nodes.append(self.superblock.reset(extent, after, self._freed))
            done.append(number)
            if self.index.active.is_full():
                # Where there is no room yet, the resets that are queued will make it.
                with suppress(StoreFull):
                    self.index.flush()
        self.moved_bytes += moved_bytes
        return ReclaimReport(tuple(done), moved_chunks, moved_bytes, dropped), Dependency(tuple(nodes))

    def _freed(self, reset: Reset) -> None:
        """The reset is durable: nothing may remember the former life. The lock is held."""
        extent = reset.extent
        self.index.cache.drain(extent.number)
        if self.index.live is not None:
            self.index.live.forget(extent.number)
        self.extents.release(extent, reset.generation)
        self.resetting.discard(extent.number)
        self.reclaimed_extents += 1

    def _observe(self, title: str) -> None:
        if self.observer is not None:
            self.observer(title)

    def _evacuate(self, extent: Extent) -> tuple[int, int]:
        """Copy what is alive and repoint to it; the number of chunks and bytes that moved."""
        window = Window(self.extents, extent)
        expected = self.live_bytes(extent)
        sizes = [self._move(window, found) for found in self.chunks.scan(window) if isinstance(found, FoundChunk)]
        if sum(sizes) < expected:
            # Live frames may lie where no frame was found: the places that the index names decide (5).
            sizes += [self._move(window, chunk) for chunk in list(self._named(window))]
        return sum(size > 0 for size in sizes), sum(sizes)

    def live_bytes(self, extent: Extent) -> int:
        """At least the bytes that are alive in the extent."""
        if extent.owner == "index":
            return self.index.index_bytes().get(extent.number, 0)
        assert self.index.live is not None, "live bytes are counted before victims are chosen"
        return self.index.live.of(extent.number)

    def _move(self, window: Window, chunk: FoundChunk) -> int:
        """Copy one chunk if it is alive, and repoint to the copy (2); the bytes that moved."""
        index = self.index
        while True:
            runs = index.runs
            if chunk.locator not in self._owner_entry(chunk):
                return 0
            payload = self.chunks.payload(window, chunk)
            if payload is None:
                raise rotten(chunk)
            number = self._value_checksum(chunk, payload)
            with self.writeback.lock:
                self.writeback.refuse_if_unfit()
                if index.runs is runs:
                    entry = self._owner_entry(chunk) if chunk.owner == "run" else index.newest_in_memory(chunk.key)
                    if entry is None:
                        # No memtable has the key, and the runs are those that were asked before the lock was taken.
                        entry = self._entry
                    if chunk.locator not in entry:
                        return 0
                    self._repoint(chunk, entry, payload, number, window.extent)
                    # As live bytes are counted, so that the two can be compared.
                    return len(chunk.key) + len(payload) + self.chunks.overhead

    def _value_checksum(self, chunk: FoundChunk, payload: bytes) -> int | None:
        """What the copy says of the value up to its end; None where it is to be of version 1 (6)."""
        number = chunk.value_checksum
        if number is not None:
            if not chunk.part and number != crc64nvme(payload):
                raise rotten(chunk, VALUE_CHECKSUM)
            return number
        size = overhead_of(2) + len(chunk.key) + len(payload)
        if not self.chunks.is_summing or size > self.extents.size - HEADER_SIZE:
            return None
        entry = self._owner_entry(chunk)
        if entry[chunk.part : chunk.part + 1] != (chunk.locator,):
            return None  # it is dead by now
        before = checksum_before(self.chunks, chunk.key, entry, chunk.part, chunk.owner)
        return None if before is None else crc64nvme(payload, before)

    def _repoint(self, chunk: FoundChunk, entry: Entry, payload: bytes, number: int | None, source: Extent) -> None:
        """Append the copy and let the owner's entry name it. The lock is held."""
        stream = self.chunks.streams["moved" if chunk.owner == "shard" else "run"]
        version = 1 if number is None else 2
        target = self.chunks.extent_for(stream, overhead_of(version) + len(chunk.key) + len(payload))
        assert target is not source, "nothing is evacuated into its own extent"
        place, segment = self.chunks.append(
            target, chunk.owner, chunk.key, payload, chunk.locator[4], chunk.part, number, uuid=chunk.uuid
        )
        moved = tuple(place if locator == chunk.locator else locator for locator in entry)
        if chunk.owner == "shard":
            self.index.insert(chunk.key, moved, (segment,))
        else:
            self.index.move_run(run_of_key(chunk.key), moved, (segment,))

    def _owner_entry(self, chunk: FoundChunk) -> Entry:
        """Reverse lookup: where the owner of a chunk says that its chunks are."""
        if chunk.owner == "shard":
            self._entry = self.index.find(chunk.key) or ()
            return self._entry
        number = run_of_key(chunk.key)
        return next((run.chunks for run in self.index.runs if run.number == number), ())

    def _named(self, window: Window) -> Iterator[FoundChunk]:
        """Every chunk that the index or the tree names in the extent; `ChunkRotten` where one is not whole."""
        extent = window.extent
        for run in self.index.runs:
            for part, locator in enumerate(run.chunks):
                if locator[:2] == (extent.number, extent.generation):
                    yield self._checked(window, run_key(run.number), part, locator)
        for keys, entries in self.index.batches():
            for key, entry in zip(keys, entries, strict=True):
                for part, locator in enumerate(entry):
                    if locator[:2] == (extent.number, extent.generation):
                        yield self._checked(window, key, part, locator)

    def _checked(self, window: Window, key: bytes, part: int, locator: Locator) -> FoundChunk:
        """The frame that something names."""
        found = self.chunks.chunk_at(window, locator[2])
        if found is None or (found.locator, found.key, found.part) != (locator, key, part):
            extent, generation, offset, _length, _checksum = locator
            raise ChunkRotten("chunk", extent=extent, generation=generation, offset=offset, key=key)
        return found


def rotten(chunk: FoundChunk, rule: str = "") -> ChunkRotten:
    """A named frame whose payload is not what its header says."""
    extent, generation, offset, _length, _checksum = chunk.locator
    return ChunkRotten("chunk", extent=extent, generation=generation, offset=offset, key=chunk.key, rule=rule)
