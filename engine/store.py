"""The store: one disk, its parts put together, and the calls that users make.

All calls may be made from several threads. A put or delete takes effect at one moment between its call and its
return, and is seen by every `get` that begins after; it becomes persistent later, as its `Dependency` tells. Values
are never torn: a `get` answers with one value that was put, whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.crc64 import crc64nvme

from .chunks import KEPT_FOR_RUNS, KEY_MAXIMUM
from .dependency import Dependency
from .errors import CallRefused, ChecksumMismatch, EngineError, StoreFull, ValueChanged
from .locator import TOMBSTONE
from .maintenance import FROZEN_MAXIMUM
from .scrub import Scrub, ScrubReport
from .statistics import Statistics, statistics_of
from .store_reads import StoreReads
from .upgrade import Upgrade, UpgradeReport
from .value_checksum import checked_number, expect_checksum
from .values import Source, ViewSource, read_whole
from .victims import ReclaimReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .extents import Extent, Segment
    from .locator import Entry, Locator

#: Parts of one value: so many locators still fit into one page of a run, beside the longest key.
PARTS_MAXIMUM: Final = 3000
#: Puts of `put_many` that are made under one hold of the lock.
BATCH: Final = 128


class Pieces:
    """What there is of a value that is put piece by piece: chunks that nobody names yet.

    `pinned`: the extents that they are in, each as often as it was pinned; `checksum`: of the value so far, if chunks
    carry one, or somebody asks for it.
    """

    __slots__ = ("checksum", "locators", "pinned", "segments")

    def __init__(self) -> None:
        self.locators: list[Locator] = []
        self.segments: list[Segment] = []
        self.pinned: list[Extent] = []
        self.checksum = 0


class Store(StoreReads):
    """One store on one disk. Make one with `create` or `open`; it is a context manager that closes it."""

    # Writing.

    def put(
        self,
        key: bytes,
        value: bytes | bytearray | memoryview | Source,
        *,
        durable: bool = False,
        checksum: int | None = None,
    ) -> Dependency:
        """Store a value under a key; a source (a binary file) is read and stored piece by piece.

        Raises `CallRefused`, `StoreFull`, `DiskFailed`, `StorePoisoned`; the key keeps its former value then. durable:
        wait until it is persistent; when waiting fails, the key has the new value, and nobody knows if it will last.
        checksum: the CRC-64/NVME of the value, as the client knows it; `ChecksumMismatch` where another value came.
        """
        if type(key) is not bytes or not 0 < len(key) <= KEY_MAXIMUM:
            key = self._checked_key(key)
        if self._is_behind:
            self._relieve()
        if checksum is not None:
            checksum = checked_number(checksum)
            if isinstance(value, bytes | bytearray | memoryview):
                expect_checksum(key, checksum, crc64nvme(memoryview(value).cast("B")))
        if type(value) is bytes and len(key) + len(value) <= self.chunks.whole_maximum:
            dependency = self._put_whole(key, value)
        elif not isinstance(value, bytes | bytearray | memoryview):
            if not hasattr(value, "read"):
                raise CallRefused(f"value: expected bytes or a binary file, found {type(value).__name__}")
            dependency = self._put_pieces(key, value, checksum)
        elif len(key) + memoryview(value).nbytes > self.chunks.whole_maximum:
            dependency = self._put_pieces(key, ViewSource(value))
        else:
            dependency = self._put_whole(key, bytes(value))
        if self.index.active.is_full() or self.pool.is_full():
            self._relieve_or_later()
        if durable:
            self._wait(dependency)
        return dependency

    def _put_whole(self, key: bytes, value: bytes) -> Dependency:
        """Store a value that fits into an empty extent."""
        cause, attempt = None, 0
        while True:
            try:
                with self._lock:
                    if self._refusal is not None or self.writeback.refusal is not None:
                        self._refuse()
                    placed = self.chunks.append_value(key, value)
                    if placed is not None:
                        return self.index.insert(key, *placed)
            except StoreFull as error:
                cause = error
            self.maintenance.make_room(cause, attempt)
            attempt += 1

    def put_many(
        self,
        items: Iterable[tuple[bytes, bytes]],
        *,
        durable: bool = False,
        checksums: Iterable[int | None] | None = None,
    ) -> Dependency:
        """Store many values; what `put` promises holds for each of them, and the dependency is that of all.

        When it raises, the items before the one that failed are stored. checksums: one for each item, as for `put`.
        """
        dependency = Dependency()
        batch: list[tuple[bytes, bytes]] = []
        try:
            for item in items if checksums is None else verified(items, checksums):
                batch.append(item)
                if len(batch) == BATCH:
                    dependency = self._put_batch(batch, dependency)
                    batch.clear()
        except ChecksumMismatch:
            self._put_batch(batch, dependency)
            raise
        dependency = self._put_batch(batch, dependency)
        if durable:
            self._wait(dependency)
        return dependency

    def _put_batch(self, batch: list[tuple[bytes, bytes]], dependency: Dependency) -> Dependency:
        """Store a few values under one hold of the lock; what does not fit in so simply goes one by one."""
        done = 0
        limit = self.chunks.whole_maximum
        index, append = self.index, self.chunks.append_value
        last: Dependency | None = None
        with self._lock:
            if self._refusal is not None or self.writeback.refusal is not None:
                self._refuse()
            memtable = index.active
            entries = memtable.entries
            for key, value in batch:
                if type(key) is not bytes or not 0 < len(key) <= KEY_MAXIMUM or type(value) is not bytes:
                    break
                if len(key) + len(value) > limit or (placed := append(key, value)) is None:
                    break
                last = index.insert(key, *placed)
                done += 1
                if len(entries) >= memtable.maximum:
                    break
            is_full = index.active.is_full()
        if last is not None and last.nodes != dependency.nodes:
            dependency = dependency & last
        if is_full or self.pool.is_full():
            self._relieve_or_later()
        if done == len(batch):
            return dependency
        rest = batch[done:]
        if is_full:
            return self._put_batch(rest, dependency)
        return self._put_batch(rest[1:], dependency & self.put(*rest[0]))

    def _put_pieces(self, key: bytes, source: Source, checksum: int | None = None) -> Dependency:
        """Store a large value chunk by chunk; it is visible once it is whole, and has the checksum that is expected."""
        pieces = Pieces()
        try:
            self._append_pieces(self._checked_key(key), source, pieces, checksum)
            with self._lock:
                self._refuse()
                return self.index.insert(key, tuple(pieces.locators), tuple(pieces.segments))
        finally:
            self._unpin(pieces)

    def _append_pieces(self, key: bytes, source: Source, pieces: Pieces, checksum: int | None = None) -> None:
        """Append the value of a source as chunks that nobody names yet; nobody reclaims them until they are unpinned.

        `pieces`: empty, and whatever becomes of it, for the caller to unpin.
        """
        size = self.chunks.capacity(len(key))
        while (piece := read_whole(source, size)) or not pieces.locators:
            if len(pieces.locators) >= PARTS_MAXIMUM:
                raise CallRefused(
                    f"the value of {key[:40]!r} has more than {PARTS_MAXIMUM} parts of {size} bytes; "
                    "use a store with larger extents"
                )
            before = pieces.checksum
            self._append_piece(key, piece, pieces)
            if checksum is not None and not self.chunks.is_summing:
                pieces.checksum = crc64nvme(piece, before)
            if self.pool.is_full():
                self._relieve()
        if checksum is not None:
            expect_checksum(key, checksum, pieces.checksum)

    def _unpin(self, pieces: Pieces) -> None:
        """The value is named, or never will be."""
        with self._lock:
            for extent in pieces.pinned:
                extent.pins -= 1

    def _append_piece(self, key: bytes, piece: bytes, pieces: Pieces) -> None:
        """Append a piece to what there is of a value."""
        cause, attempt = None, 0
        while True:
            try:
                with self._lock:
                    self._refuse()
                    placed = self.chunks.append_piece(key, piece, len(pieces.locators), pieces.checksum)
                    if placed is not None:
                        locators, segments, pieces.checksum = placed
                        for locator in locators:
                            extent = self.extents.all[locator[0]]
                            extent.pins += 1
                            pieces.pinned.append(extent)
                        pieces.locators += locators
                        pieces.segments += segments
                        return
            except StoreFull as error:
                cause = error
            self.maintenance.make_room(cause, attempt)
            attempt += 1

    def rewrite(self, key: bytes) -> bool:
        """Write a value anew, in the version in which chunks are written now; whether it was.

        It was not where the key has none, or another one by now, which is new anyway. Raises what `get` and `put` do.
        """
        key = self._checked_key(key)
        while entry := self.index.find(key):
            pieces = Pieces()
            try:
                self._append_pieces(key, self._reader_of(key, entry), pieces)
                is_done = self._replace(key, entry, tuple(pieces.locators), tuple(pieces.segments))
            except ValueChanged:
                return False
            finally:
                self._unpin(pieces)
            if is_done:
                if self.index.active.is_full() or self.pool.is_full():
                    self._relieve_or_later()
                return True
        return False

    def _replace(self, key: bytes, entry: Entry, locators: Entry, segments: tuple[Segment, ...]) -> bool:
        """Let the key have another entry if it still has this one."""
        while True:
            runs = self.index.runs
            found = self.index.find(key)
            with self._lock:
                self._refuse()
                if self.index.runs is runs:
                    newest = self.index.newest_in_memory(key)
                    if (found if newest is None else newest) != entry:
                        return False
                    self.index.insert(key, locators, segments)
                    return True

    def delete(self, key: bytes, *, durable: bool = False) -> Dependency:
        """Delete a key; that there is none is no error. Also a full store deletes, as long as it has room to say so."""
        key = self._checked_key(key)
        if len(self.extents.free) <= KEPT_FOR_RUNS:
            self.maintenance.make_room_for_runs()
        with self._lock:
            self._refuse()
            dependency = self.index.insert(key, TOMBSTONE, ())
            is_full = self.index.active.is_full()
        if is_full:
            self._relieve_or_later()
        if durable:
            self._wait(dependency)
        return dependency

    def _wait(self, dependency: Dependency) -> None:
        """Wait for a durable change; without background work, do what many small runs ask for."""
        dependency.wait()
        if not self.limits.background:
            self.maintenance.wait_idle()

    def _relieve_or_later(self) -> None:
        """What fails here is for the next call to report: this one has taken effect."""
        try:
            self._relieve()
        except EngineError:
            self._is_behind = True

    def _relieve(self) -> None:
        """The memtable or the buffer pool is full: let background work do its part, or do it here."""
        self._is_behind = False
        with self._lock:
            if self.index.active.is_full():
                self.index.freeze()
            self.maintenance.wake()
            behind = len(self.index.frozen) > (FROZEN_MAXIMUM if self.limits.background else 0)
        if behind:
            self.index.write_frozen()
        if not self.limits.background:
            self.maintenance.wait_idle()
        while self.pool.is_full() and self.writeback.step():
            pass

    # By hand.

    def flush(self) -> Dependency:
        """Turn the memtable into a sorted run; the dependency is that of everything accepted so far."""
        with self._lock:
            self._refuse()
        self.index.flush()
        with self._lock:
            return Dependency(self.index.barrier())

    def drain(self) -> None:
        """Hand every accepted byte to the disk and wait until background work is done; nothing is synced for it."""
        with self._lock:
            self._refuse()
            self.writeback.issue_all()
        self.maintenance.wait_idle()

    def compact(self) -> Dependency:
        """Merge all sorted runs into one."""
        with self._lock:
            self._refuse()
        return self.maintenance.compact_all()

    def reclaim(self, extents: int | None = None) -> ReclaimReport:
        """Evacuate and reset so many extents, those with the fewest live bytes first, or all that hold dead ones."""
        with self._lock:
            self._refuse()
        return self.maintenance.reclaim_by_hand(extents)

    def upgrade(self, progress: Callable[[int], None] | None = None) -> UpgradeReport:
        """Write all that is of an older version than `Limits` asks for anew, at once and not as upkeep comes by.

        Raises `CallRefused` where nothing but version 1 is asked for, `StoreFull` where there is no room for the copies
        (what was done stays done). `progress` is told the number of keys so far.
        """
        with self._lock:
            self._refuse()
        return Upgrade(self).run(progress)

    def scrub(self, progress: Callable[[int], None] | None = None) -> ScrubReport:
        """Verify everything that is named; see `ScrubReport`. `progress` is told the number of keys so far."""
        if self._is_closed:
            raise self._closed()
        known = self.root_damage if self.is_read_only else ()
        return Scrub(self.extents, self.chunks, self.index, (self.superblock, self.metadata)).run(known, progress)

    def stats(self) -> Statistics:
        """Figures of the store as it is now."""
        with self._lock:
            return statistics_of(self)


def verified(items: Iterable[tuple[bytes, bytes]], checksums: Iterable[int | None]) -> Iterator[tuple[bytes, bytes]]:
    """The items, each after its checksum was compared; `ChecksumMismatch` where one is another value."""
    for (key, value), checksum in zip(items, checksums, strict=True):
        if checksum is not None and isinstance(value, bytes | bytearray | memoryview):
            expect_checksum(key, checked_number(checksum), crc64nvme(memoryview(value).cast("B")))
        yield key, value
