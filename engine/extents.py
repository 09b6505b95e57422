"""Extents: appended to, read, reset, and nothing else.

Appends go to the extent's soft write pointer, in memory; the superblock persists the pointers. Appended bytes wait in
*segments*, neighbouring appends of one dependency in one segment, until writeback hands them to the disk, in order.

1. `generation` is the life of the extent; it is durable before the extent is used again.
2. `0 <= issued <= pointer <= size`; bytes below `issued` are with the disk, the others in `segments`, without a gap.
3. Bytes at or beyond the pointer are never read.
4. Segments of one extent are issued in order, so a disk with hard write pointers can follow.
5. A pinned extent is not reclaimed: some writer holds locators in it that no index names yet.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from formats.generated import extent_header_v1
from formats.seeds import extent_header_seed, life_seed, offset_seed

from .dependency import GraphNode
from .errors import DiskFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .buffers import BufferPool
    from .config import Shape
    from .disk import Buffer, Disk
    from .writeback import Writeback

Owner: TypeAlias = Literal["free", "data", "index", "metadata", "superblock"]
UsedOwner: TypeAlias = Literal["data", "index", "metadata", "superblock"]

#: Extents 0 to 7 belong to the roots: two pairs for the superblock, two for tree metadata.
SUPERBLOCK_PAIRS: Final = ((0, 1), (2, 3))
METADATA_PAIRS: Final = ((4, 5), (6, 7))
RESERVED_COUNT: Final = 8
HEADER_SIZE: Final = extent_header_v1.HEADER_SIZE
#: Where bytes that cannot be written are still read from the buffers; made once, as it is asked for often.
FAILED_WRITE: Final = suppress(DiskFailed)
#: The most buffers of one segment: what one gather write takes.
BUFFERS_MAXIMUM: Final = 1024

assert extent_header_v1.SEED_FIELDS == ("extent", "offset")


class StalePlace(Exception):
    """The extent has another generation than the locator: whoever held the locator looks it up again."""


class Segment(GraphNode):
    """Neighbouring appends to one extent, handed to the disk as one write. `start` and `end` are bytes."""

    __slots__ = ("buffers", "end", "extent", "start")

    def __init__(self, writeback: Writeback, extent: Extent, start: int, after: tuple[GraphNode, ...]) -> None:
        super().__init__(writeback, after)
        self.extent = extent
        self.start = start
        self.end = start
        self.buffers: list[Buffer] = []


class Extent:
    """One extent: who owns it, which life it is in, how far it is written."""

    __slots__ = ("generation", "issued", "number", "owner", "persisted", "pins", "pointer", "seed", "segments")

    def __init__(self, number: int) -> None:
        self.number = number
        self.owner: Owner = "free"
        self.generation = 1
        self.pointer = 0
        self.issued = 0
        #: The pointer that the newest superblock record states.
        self.persisted = 0
        self.pins = 0
        #: CRC32C of the constant part of every place in this life of the extent.
        self.seed = 0
        self.segments: list[Segment] = []

    def place_seed(self, offset: int) -> int:
        """What the header checksum of a frame at this offset continues from."""
        return offset_seed(offset, self.seed)


class Extents:
    """All extents of a disk. The store's lock guards every method but `read`."""

    def __init__(self, disk: Disk, uuid: bytes, shape: Shape, pool: BufferPool) -> None:
        self.disk = disk
        self.uuid = uuid
        self.shape = shape
        self.size = shape.extent_size_bytes
        self.pool = pool
        self.all = [Extent(number) for number in range(shape.extent_count)]
        self.free: deque[int] = deque()
        #: Extents with segments that were not handed to the disk yet.
        self.pending: dict[int, Extent] = {}
        #: Extents whose owner, generation or pointer changed since the last superblock record.
        self.changed: set[int] = set()
        #: Extents of tree metadata whose pointer changed: nobody needs it, so it rides with the next record, whenever.
        self.changed_metadata: set[int] = set()
        self.writeback: Writeback

    def begin_life(self, extent: Extent, generation: int) -> None:
        """Set the generation and what depends on it."""
        extent.generation = generation
        extent.seed = life_seed(self.uuid, extent.number, generation)

    def header(self, extent: Extent, owner: UsedOwner) -> bytes:
        """The bytes of the extent's header."""
        shape = self.shape
        return extent_header_v1.encode_tuple(
            owner,
            self.uuid,
            shape.extent_size_bytes,
            shape.page_size_bytes,
            extent.generation,
            seed=extent_header_seed(extent.number),
        )

    def take(self, owner: UsedOwner) -> Extent | None:
        """A free extent for this owner, its header appended; None where there is none.

        It stays free when that fails: `OSError` (ENOSPC) where the medium has no room, `DiskFailed` at its reset.
        """
        if not self.free:
            return None
        # Where the medium has no room for one, it may have had room for another before.
        for left in range(len(self.free) - 1, -1, -1):
            try:
                self.disk.allocate(self.free[0])
            except OSError:
                if not left:
                    raise
                self.free.rotate(-1)
            else:
                break
        extent = self.all[self.free[0]]
        try:
            self.disk.reset(extent.number)
        except OSError as error:
            place = f"extent {extent.number}"
            raise DiskFailed(f"reset of {place}: {error.strerror or error}", extent=extent.number) from error
        self.free.popleft()
        assert extent.pointer == 0, "a free extent is empty"
        assert not extent.segments, "a free extent has no pending bytes"
        extent.owner = owner
        extent.issued = 0
        header = self.header(extent, owner)
        self.append(extent, (header,), len(header))
        return extent

    def append(
        self, extent: Extent, buffers: Sequence[Buffer], size: int, after: tuple[GraphNode, ...] = ()
    ) -> Segment:
        """Append the buffers, `size` bytes in all, to be written after those nodes are persistent.

        Buffers are kept, not copied: the caller must not change them any more.
        """
        end = extent.pointer + size
        assert end <= self.size, "an append stays inside its extent"
        segments = extent.segments
        if segments and (segment := segments[-1]).after == after and len(segment.buffers) < BUFFERS_MAXIMUM - 4:
            pass
        else:
            segment = Segment(self.writeback, extent, extent.pointer, after)
            segments.append(segment)
            self.pending[extent.number] = extent
            self.changed.add(extent.number)
        segment.buffers += buffers
        segment.end = extent.pointer = end
        self.pool.used_bytes += size
        return segment

    def issue(self, extent: Extent) -> None:
        """Hand the segments that are ready to the disk, in order; `DiskFailed` leaves the rest pending."""
        segments = extent.segments
        while segments:
            segment = segments[0]
            if segment.after and not segment.is_ready():
                return
            try:
                self.disk.write(extent.number, segment.start, segment.buffers)
            except OSError as error:
                raise DiskFailed(
                    f"write of {segment.end - segment.start} bytes at extent {extent.number}, offset {segment.start}: "
                    f"{error.strerror or error}; the bytes are kept and written again at the next wait",
                    extent=extent.number,
                    offset=segment.start,
                ) from error
            del segments[0]
            segment.buffers = []
            extent.issued = segment.end
            self.pool.give(segment.end - segment.start)
            self.writeback.issued(segment)
        self.pending.pop(extent.number, None)

    def read(self, number: int, generation: int, offset: int, length: int) -> bytes:
        """So many bytes from a place in one life of an extent; the lock is not held.

        Raises `StalePlace` where the extent is in another life, `DiskFailed`, and `ValueError` beyond the pointer.
        """
        if not 0 <= number < len(self.all):
            raise ValueError(f"extent {number} of {len(self.all)}")
        extent = self.all[number]
        if extent.generation != generation:
            raise StalePlace
        if offset + length > extent.issued:
            with self.writeback.lock:
                if extent.generation != generation:
                    raise StalePlace
                if offset + length > extent.pointer:
                    raise ValueError(f"bytes {offset} to {offset + length} lie beyond the pointer {extent.pointer}")
                if extent.segments:
                    return self._read_pending(extent, offset, length)
        try:
            return self.disk.read(number, offset, length)
        except OSError as error:
            raise unreadable(error, number, offset, length) from error

    def read_issued(self, number: int, offset: int, length: int) -> bytes:
        """Bytes that the disk has; `DiskFailed` says where it refused."""
        try:
            return self.disk.read(number, offset, length)
        except OSError as error:
            raise unreadable(error, number, offset, length) from error

    def _read_pending(self, extent: Extent, offset: int, length: int) -> bytes:
        """Bytes of which some wait for writeback: handed over now if they may be, else read from the buffers."""
        with FAILED_WRITE:
            self.issue(extent)
        end = offset + length
        if end <= extent.issued:
            return self.read_issued(extent.number, offset, length)
        parts = []
        if offset < extent.issued:
            parts.append(self.read_issued(extent.number, offset, min(end, extent.issued) - offset))
        for segment in extent.segments:
            if segment.start < end and segment.end > offset:
                held = b"".join(segment.buffers)
                parts.append(held[max(offset - segment.start, 0) : end - segment.start])
        return b"".join(parts)

    def release(self, extent: Extent, generation: int) -> None:
        """A reset became durable: the extent is free, in a new life."""
        assert not extent.segments, "nothing is pending in an extent that is reset"
        self.begin_life(extent, generation)
        extent.owner = "free"
        extent.pointer = extent.issued = extent.persisted = 0
        self.free.append(extent.number)


def unreadable(error: OSError, number: int, offset: int, length: int) -> DiskFailed:
    """The error of a read that the disk refused."""
    return DiskFailed(
        f"read of {length} bytes at extent {number}, offset {offset}: {error.strerror or error}",
        extent=number,
        offset=offset,
    )
