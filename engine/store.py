"""The store: one disk, its parts put together, and the calls that users make.

All calls may be made from several threads. A put or delete takes effect at one moment between its call and its
return, and is seen by every `get` that begins after; it becomes persistent later, as its `Dependency` tells. Values
are never torn: a `get` answers with one value that was put, whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .assembly import StoreParts
from .chunks import KEPT_FOR_RUNS, KEY_MAXIMUM
from .dependency import Dependency
from .errors import (
    CallRefused,
    ChunkRotten,
    EngineError,
    StoreFull,
    ValueChanged,
)
from .extents import StalePlace
from .locator import TOMBSTONE
from .maintenance import FROZEN_MAXIMUM
from .reclamation import ReclaimReport
from .scrub import Scrub, ScrubReport
from .statistics import Statistics, statistics_of
from .values import Source, ValueReader, ViewSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .extents import Extent, Segment
    from .locator import Entry, Locator

#: Parts of one value: so many locators still fit into one page of a run, beside the longest key.
PARTS_MAXIMUM: Final = 3000
#: Puts of `put_many` that are made under one hold of the lock.
BATCH: Final = 128


class Store(StoreParts):
    """One store on one disk. Make one with `create` or `open`; it is a context manager that closes it."""

    # Reading.

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, verified; None where there is none.

        Raises `ChunkRotten` where the value is damaged, `DiskFailed` where it cannot be read.
        """
        if type(key) is not bytes or not 0 < len(key) <= KEY_MAXIMUM:
            key = self._checked_key(key)
        if self._is_closed:
            raise self._closed()
        while True:
            entry = self._find(key)
            if not entry:
                return None
            try:
                if len(entry) == 1:
                    return self._read(entry[0], key)
                return b"".join([self._read(locator, key, part) for part, locator in enumerate(entry)])
            except StalePlace:
                # Reclamation moved it between the two looks; the index knows where to.
                if self._find(key) == entry:
                    raise self._forged(key, entry) from None

    def open_value(self, key: bytes) -> ValueReader | None:
        """The value of a key as a stream that holds one chunk at a time; None where there is none."""
        key = self._checked_key(key)
        entry = self.index.find(key)
        if not entry:
            return None

        def read_part(part: int, entry: Entry) -> tuple[bytes, Entry]:
            while True:
                try:
                    return self.chunks.read(entry[part], key, part), entry
                except StalePlace:
                    newest = self.index.find(key) or ()
                    if newest == entry:
                        raise self._forged(key, entry) from None
                    # The same value elsewhere has the same lengths and checksums.
                    if [locator[3:] for locator in newest] != [locator[3:] for locator in entry]:
                        raise ValueChanged(f"the value of {key[:40]!r} was replaced while it was read") from None
                    entry = newest

        return ValueReader(entry, read_part)

    def size_of(self, key: bytes) -> int | None:
        """The size of a key's value in bytes, without reading it; None where there is none."""
        entry = self.index.find(self._checked_key(key))
        return sum(locator[3] for locator in entry) if entry else None

    def contains(self, key: bytes) -> bool:
        """Whether the key has a value."""
        return bool(self.index.find(self._checked_key(key)))

    __contains__ = contains

    def scan(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[bytes]:
        """The keys from `start` up to but without `end`, and with the prefix, in order.

        A key that is there all the while comes once; one that is put or deleted meanwhile may come or not.
        """
        for key, _ in self.items(start, end, prefix):
            yield key

    def items(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Keys as in `scan`, each with the size of its value in bytes."""
        for keys, entries in self.index.batches(max(start, prefix)):
            for key, entry in zip(keys, entries, strict=True):
                if (end is not None and key >= end) or not key.startswith(prefix):
                    return
                yield key, sum(locator[3] for locator in entry)
            if self._is_closed:
                raise self._closed()

    # Writing.

    def put(self, key: bytes, value: bytes | bytearray | memoryview | Source, *, durable: bool = False) -> Dependency:
        """Store a value under a key; a source (a binary file) is read and stored piece by piece.

        Raises `CallRefused`, `StoreFull`, `DiskFailed`, `StorePoisoned`; the key keeps its former value then. durable:
        wait until it is persistent; when waiting fails, the key has the new value, and nobody knows if it will last.
        """
        if type(key) is not bytes or not 0 < len(key) <= KEY_MAXIMUM:
            key = self._checked_key(key)
        if self._is_behind:
            self._relieve()
        if type(value) is bytes and len(key) + len(value) <= self.chunks.whole_maximum:
            dependency = self._put_whole(key, value)
        elif not isinstance(value, bytes | bytearray | memoryview):
            if not hasattr(value, "read"):
                raise CallRefused(f"value: expected bytes or a binary file, found {type(value).__name__}")
            dependency = self._put_pieces(key, value)
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

    def put_many(self, items: Iterable[tuple[bytes, bytes]], *, durable: bool = False) -> Dependency:
        """Store many values; what `put` promises holds for each of them, and the dependency is that of all.

        When it raises, the items before the one that failed are stored.
        """
        dependency = Dependency()
        batch: list[tuple[bytes, bytes]] = []
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                dependency = self._put_batch(batch, dependency)
                batch.clear()
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

    def _put_pieces(self, key: bytes, source: Source) -> Dependency:
        """Store a large value chunk by chunk; it is visible once it is whole."""
        key = self._checked_key(key)
        locators: list[Locator] = []
        segments: list[Segment] = []
        pinned: list[Extent] = []
        size = self.chunks.capacity(len(key))
        try:
            while (piece := read_whole(source, size)) or not locators:
                if len(locators) >= PARTS_MAXIMUM:
                    raise CallRefused(
                        f"the value of {key[:40]!r} has more than {PARTS_MAXIMUM} parts of {size} bytes; "
                        "use a store with larger extents"
                    )
                self._append_piece(key, piece, locators, segments, pinned)
                if self.pool.is_full():
                    self._relieve()
            with self._lock:
                self._refuse()
                return self.index.insert(key, tuple(locators), tuple(segments))
        finally:
            with self._lock:
                for extent in pinned:
                    extent.pins -= 1

    def _append_piece(
        self, key: bytes, piece: bytes, locators: list[Locator], segments: list[Segment], pinned: list[Extent]
    ) -> None:
        cause, attempt = None, 0
        while True:
            try:
                with self._lock:
                    self._refuse()
                    placed = self.chunks.append_value(key, piece, len(locators))
                    if placed is not None:
                        for locator in placed[0]:
                            extent = self.extents.all[locator[0]]
                            extent.pins += 1
                            pinned.append(extent)
                        locators += placed[0]
                        segments += placed[1]
                        return
            except StoreFull as error:
                cause = error
            self.maintenance.make_room(cause, attempt)
            attempt += 1

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

    def _checked_key(self, key: bytes) -> bytes:
        """The key as bytes; `CallRefused` where it is none."""
        if isinstance(key, bytearray | memoryview):
            key = bytes(key)
        if not isinstance(key, bytes):
            raise CallRefused(f"key: expected bytes, found {type(key).__name__}")
        if not 0 < len(key) <= KEY_MAXIMUM:
            raise CallRefused(f"key: expected 1 to {KEY_MAXIMUM} bytes, found {len(key)}")
        if self.chunks.capacity(len(key)) <= 0:
            raise CallRefused(f"key: {len(key)} bytes do not fit into an extent of {self.extents.size} bytes")
        if self._is_closed:
            raise self._closed()
        return key

    def _forged(self, key: bytes, entry: Entry) -> ChunkRotten:
        """The index names a former life of an extent: no crash of ours leaves that behind."""
        extent, generation, offset, _length, _checksum = entry[0]
        return ChunkRotten(
            "lsm_page.data",
            extent=extent,
            generation=generation,
            offset=offset,
            key=key,
            rule="names a former life of an extent",
        )


def read_whole(source: Source, size: int) -> bytes:
    """So many bytes from a source, fewer only at its end."""
    piece = source.read(size)
    if not isinstance(piece, bytes | bytearray | memoryview):
        raise CallRefused(f"value: expected a binary file, found one that reads {type(piece).__name__}")
    if not piece or len(piece) == size:
        return bytes(piece)
    pieces = [bytes(piece)]
    missing = size - len(piece)
    while missing and (piece := source.read(missing)):
        pieces.append(bytes(piece))
        missing -= len(piece)
    return b"".join(pieces)
