"""The index: an LSM tree from key to the locators of its value.

    active memtable ─freeze→ frozen memtables ─flush→ runs of level 0 ─compaction→ one run on each level below

1. The newest entry of a key wins: active, then frozen, then level 0 from the newest run, then the levels downwards.
2. Readers take `tables` once: it is replaced as a whole, and what it refers to is never changed but the active
   memtable's dictionary.
3. A run is written after the chunks that its entries name, tree metadata after the run, each with the pointers.
4. Frozen memtables become runs in the order in which they were frozen.
5. A tombstone is dropped only by a compaction that has no older run beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from crc32c import crc32c

from . import accounting
from .cache import FoundEntries
from .dependency import Dependency, GraphNode, unpersisted
from .errors import ChunkRotten, StoreFull
from .extents import StalePlace
from .frames import RUN_KEY_SIZE
from .memtable import Memtable, memtable_batches
from .merging import merge
from .run_output import RunOutput, forged_tree, in_order
from .run_reader import Run
from .run_writer import RunWriter
from .tree_metadata import TreeUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .cache import PageCache
    from .chunks import ChunkStore
    from .compaction import Compaction
    from .config import Limits
    from .extents import Extents, Segment
    from .locator import Entry, Locator
    from .seams import Clock, Sync
    from .superblock import Superblock
    from .tree_metadata import TreeMetadata
    from .writeback import Writeback

#: active entries, frozen entries (newest first), runs (newest first), entries found in these runs
Tables: TypeAlias = tuple[dict[bytes, "Entry"], tuple[dict[bytes, "Entry"], ...], tuple[Run, ...], FoundEntries]
Batch: TypeAlias = tuple[list[bytes], list["Entry"]]


class Index:
    """The tree of one store. Methods say which lock they want; those that say nothing want none."""

    def __init__(  # the parts that it is made of
        self,
        extents: Extents,
        chunks: ChunkStore,
        superblock: Superblock,
        metadata: TreeMetadata,
        writeback: Writeback,
        cache: PageCache,
        limits: Limits,
        sync: Sync,
        clock: Clock,
    ) -> None:
        self.extents = extents
        self.chunks = chunks
        chunks.pending_run_bytes = self.pending_run_bytes
        self.superblock = superblock
        self.metadata = metadata
        self.writeback = writeback
        self.cache = cache
        self.limits = limits
        self.clock = clock
        self.live: accounting.LiveBytes | None = None
        self.rewritten_entries = 0
        #: Called when there is one run more and compaction may be due; the lock is held.
        self.when_grown: Callable[[], None] = nothing
        #: Called when a run finds no room; whether it freed an extent.
        self.when_full: Callable[[], bool] = bool
        self.flush_lock = sync.lock()
        self._lock = writeback.lock
        #: The updates of runs that are not persistent yet: what is made of such a run comes after them.
        self._updates: dict[int, TreeUpdate] = {}
        self.frozen: tuple[Memtable, ...] = ()
        self.runs: tuple[Run, ...] = ()
        self.active = self._new_memtable()
        self.tables: Tables = (self.active.entries, (), (), FoundEntries(limits.cache_bytes // 2))

    def open_runs(self) -> None:
        """Open the runs that tree metadata names, at recovery. `ChunkRotten` comes later, when one is needed."""
        table = self.metadata.table
        if not all(places for _, places in table.values()):
            raise forged_tree("names a run without chunks")
        try:
            self.runs = in_order(
                Run.open(self.extents.uuid, number, level, places, self.extents, self.chunks.versions)
                for number, (level, places) in table.items()
            )
        except StalePlace:
            raise forged_tree() from None
        self._publish()

    # Lookups.

    def find(self, key: bytes) -> Entry | None:
        """The newest entry of a key: a tombstone where it was deleted, None where it never was."""
        active, frozen, runs, found = self.tables
        entry = active.get(key)
        if entry is not None:
            return entry
        for table in frozen:
            entry = table.get(key)
            if entry is not None:
                return entry
        entry = found.get(key)
        if entry is None and runs:
            entry = self.find_in_runs(key)
            if entry is not None:
                found.add(key, entry)
        return entry

    def newest_in_memory(self, key: bytes) -> Entry | None:
        """The newest entry of a key that a memtable holds. The lock is held."""
        for memtable in (self.active, *self.frozen):
            entry = memtable.entries.get(key)
            if entry is not None:
                return entry
        return None

    def find_in_runs(self, key: bytes) -> Entry | None:
        """The newest entry that a run holds for a key."""
        hashed, cache = crc32c(key), self.cache
        while True:
            runs = self.runs
            try:
                for run in runs:
                    entry = run.get(key, hashed, cache)
                    if entry is not None:
                        return entry
            except StalePlace:
                if self.runs is runs:
                    raise forged_tree() from None
            except ChunkRotten as error:
                if not self.is_stale(error):
                    raise
            else:
                return None

    def is_stale(self, error: ChunkRotten) -> bool:
        """Whether the place was reset while it was read, so that nothing is rotten at all."""
        return error.extent >= 0 and self.extents.all[error.extent].generation != error.generation

    def batches(
        self, start: bytes = b"", tables: Tables | None = None, skipped: Callable[[ChunkRotten], None] | None = None
    ) -> Iterator[Batch]:
        """All keys from `start` on with their newest entries, in order; deleted keys are left out.

        What is put while the caller iterates may or may not come; nothing that was there all the time is left out.
        skipped: told of pages that cannot be read, which are then left out; without it they raise `ChunkRotten`.
        """
        while True:
            active, frozen, runs, _found = tables or self.tables
            memtables = [
                memtable_batches(dict(table) if table is active else table, start)
                for table in (active, *frozen)
                if table
            ]
            sources = [*memtables, *(run.batches(start, skipped) for run in runs)]
            try:
                for keys, entries in merge(sources, drop_tombstones=True):
                    yield keys, entries
                    start = keys[-1] + b"\0"
            except StalePlace:
                if self.runs is runs:
                    raise forged_tree() from None
            except ChunkRotten as error:
                if not self.is_stale(error):
                    raise
            else:
                return

    # Changes.

    def insert(self, key: bytes, entry: Entry, segments: tuple[Segment, ...]) -> Dependency:
        """The key's entry from now on. The lock is held."""
        memtable = self.active
        entries = memtable.entries
        if not entries:
            memtable.born = self.clock.now()
        if self.live is not None:
            replaced = entries.get(key)
            if replaced is not None:
                self.live.drop(len(key), replaced)
            self.live.add(len(key), entry)
        if len(key) > memtable.longest_key or len(entry) > 1:
            memtable.weigh(len(key), len(entry))
        entries[key] = entry
        for segment in segments:
            memtable.data[segment] = None
        return memtable.dependency

    def barrier(self) -> tuple[GraphNode, ...]:
        """What must be persistent for everything that the index says now to be so. The lock is held."""
        if self.active.entries:
            return (self.active.update,)
        if self.frozen:
            return (self.frozen[0].update,)
        return self.tree_barrier()

    def tree_barrier(self) -> tuple[GraphNode, ...]:
        """What must be persistent for the tree on disk to be the one in memory. The lock is held."""
        last = self.metadata.last
        return () if last is None or last.persistent else (last,)

    def pending_run_bytes(self) -> int:
        """At most the bytes of the runs that the memtables become."""
        active = self.active.run_bytes()
        return active + sum([memtable.run_bytes() for memtable in self.frozen]) if self.frozen else active

    def refuse_if_scarce(self, run_bytes: int) -> None:
        """`StoreFull` where so many more bytes of a compaction would take the room of the memtables' runs."""
        chunks = self.chunks
        if len(self.extents.free) < chunks.extents_for(run_bytes) + chunks.extents_for(self.pending_run_bytes()):
            raise StoreFull("no room: what is free is kept for what was put and is not in the index yet")

    def freeze(self) -> None:
        """The active memtable takes no more entries. The lock is held."""
        memtable = self.active
        if not memtable.entries:
            return
        memtable.number = self.metadata.take_run_number()
        self.frozen = (memtable, *self.frozen)
        self.active = self._new_memtable()
        self._publish()

    def flush(self) -> None:
        """Write all memtables as runs, and queue the changes of tree metadata; nothing is synced."""
        with self._lock:
            self.freeze()
        self.write_frozen()

    def write_frozen(self) -> None:
        """Write the frozen memtables as runs, oldest first (4)."""
        while self.frozen:
            try:
                with self.flush_lock:
                    if self.frozen:
                        self._write(self.frozen[-1])
            except StoreFull:
                if not self.when_full():
                    raise

    def _demand(self, memtable: Memtable) -> None:
        """Somebody waits for the memtable: write it."""
        with self._lock:
            self.writeback.refuse_if_unfit()
            if memtable is self.active:
                self.freeze()
        self.write_frozen()

    def _new_memtable(self) -> Memtable:
        update = TreeUpdate(self.writeback)
        memtable = Memtable(update, self.limits.memtable_entries, self.chunks.memtable_bytes)
        update.when_demanded = lambda: self._demand(memtable)
        return memtable

    def _publish(self) -> None:
        found = self.tables[3] if self.tables[2] is self.runs else FoundEntries(self.tables[3].limit_bytes)
        self.tables = (self.active.entries, tuple([memtable.entries for memtable in self.frozen]), self.runs, found)

    def _write(self, memtable: Memtable) -> None:
        """Write one memtable as a run of level 0."""
        number, entries = memtable.number, memtable.entries
        keys = sorted(entries)
        writer = RunWriter(self.extents.uuid, number, self.chunks.versions.page)
        pages = writer.add(keys, [entries[key] for key in keys])
        pages += writer.finish()
        accounting.account(self, memtable, ())
        with self._lock:
            after: tuple[GraphNode, ...] = unpersisted(memtable.data)
            if after or self.extents.changed:
                after = (*after, self.superblock.next_record())
            self.metadata.refuse_if_too_large(len(pages))
            places, segments = self.chunks.append_run(number, b"".join(pages), after)
            self._install(memtable.update, {number: (0, places)}, (), segments)
            run = self._built(number, 0, places, writer)
            self.frozen = self.frozen[:-1]
            # In order: it is the newest of level 0.
            self.runs = (run, *self.runs)
            self._publish()
            if len(self.runs) % self.limits.run_fanout == 0:
                self.when_grown()
            self.rewritten_entries += len(keys)

    def _install(
        self,
        update: TreeUpdate,
        added: dict[int, tuple[int, tuple[Locator, ...]]],
        removed: tuple[int, ...],
        segments: tuple[GraphNode, ...],
    ) -> None:
        """Queue a change of the tree, after the chunks that it names and their pointers. The lock is held."""
        update.added, update.removed = added, removed
        update.after = unpersisted(segments)
        if update.after or self.extents.changed:
            update.after = (*update.after, self.superblock.next_record())
        self.metadata.enqueue(update)
        for number in removed:
            self._updates.pop(number, None)
        for number in added:
            self._updates[number] = update

    # Compaction.

    def compact(self, compaction: Compaction, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Merge runs into one; False when it was told to stop.

        One at a time, and meanwhile no extent of runs is reclaimed: what is written here is named by nobody yet.
        """
        chosen = set(compaction.inputs)
        with self._lock:
            inputs = [run for run in self.runs if run.number in chosen]
            number = self.metadata.take_run_number()
            after = unpersisted([self._updates[run.number] for run in inputs if run.number in self._updates])
        output = RunOutput(self, number, after)
        writer = RunWriter(self.extents.uuid, number, self.chunks.versions.page)
        for keys, entries in merge([run.batches() for run in inputs], drop_tombstones=compaction.drop_tombstones):
            output.add(writer.add(keys, entries))
            self.rewritten_entries += len(keys)
            if not keep_going():
                return False
        if writer.entry_count:
            output.add(writer.finish())
            output.end()
        with self._lock:
            update = TreeUpdate(self.writeback)
            added = {number: (compaction.target_level, output.places)} if writer.entry_count else {}
            self._install(update, added, tuple(sorted(chosen)), (*output.segments, *after))
            runs = [run for run in self.runs if run.number not in chosen]
            if added:
                level, places = added[number]
                runs.append(self._built(number, level, places, writer))
            self.runs = in_order(runs)
            self._publish()
        return True

    def _built(self, number: int, level: int, places: tuple[Locator, ...], writer: RunWriter) -> Run:
        """A run that was written just now."""
        extents = self.extents
        return Run.from_built(extents.uuid, number, level, places, extents, writer, self.chunks.versions)

    def move_run(self, number: int, places: tuple[Locator, ...], segments: tuple[GraphNode, ...]) -> None:
        """The run's chunks are elsewhere now. The lock is held."""
        run = next(run for run in self.runs if run.number == number)
        former = self._updates.get(number)
        update = TreeUpdate(self.writeback)
        before = () if former is None or former.persistent else (former,)
        self._install(update, {number: (run.level, places)}, (number,), (*segments, *before))
        self.runs = in_order(run.moved(places) if other is run else other for other in self.runs)
        self._publish()

    # Live bytes.

    def count_live(self) -> None:
        """Count the live bytes of all extents, if nobody did. The caller is alone with reclamation."""
        if self.live is None:
            accounting.count_live(self)

    def account(self) -> None:
        """Let the live bytes know what the memtables have replaced so far; they learn it at a flush otherwise."""
        accounting.account_all(self)

    def let_go(self) -> None:
        """The store is closed: its parts name one another no more."""
        with self._lock:
            self.when_grown, self.when_full = nothing, bool
            self.chunks.pending_run_bytes = int
            self.superblock.resets = []
            for memtable in (self.active, *self.frozen):
                memtable.update.when_demanded = None
            self.writeback.let_go()

    def index_bytes(self) -> dict[int, int]:
        """Live bytes of the extents that hold runs, frames included."""
        totals: dict[int, int] = {}
        beside = self.chunks.overhead + RUN_KEY_SIZE
        for run in self.runs:
            for extent, _generation, _offset, length, _checksum in run.chunks:
                totals[extent] = totals.get(extent, 0) + length + beside
        return totals


def nothing() -> None:
    """What is done where nobody asked for anything."""
