"""The chunk store: `put(payload) -> locator`, `get(locator) -> payload`, and the scan that reclamation needs.

A chunk is a frame in an extent: header, key, payload, closing tag. Values and sorted runs are chunks alike. Appends go
to three streams, each with an open extent of its own: values as they come, values that reclamation moves, and runs.

1. A locator names one chunk for ever: its extent's generation is part of it.
2. The checksum of a payload is computed once, when it comes in; moving verifies it and carries it along.
3. A chunk with a checksum of the value is written as version 2, one without as version 1.
4. Puts leave the last `reserve` free extents to deletes, flushes and reclamation, and moved values leave the last two
   to runs: without a place for a run nothing becomes persistent, and so nothing can be reset.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from crc32c import crc32c

from formats.crc64 import crc64nvme
from formats.generated import chunk_v2
from formats.generated.chunk_v1 import encode_header
from formats.seeds import offset_seed, run_key

from .chunk_reader import ChunkReader
from .errors import DiskFailed, StoreFull
from .extents import HEADER_SIZE as EXTENT_HEADER_SIZE
from .frames import NEWEST, RUN_KEY_SIZE, TAG_SIZE, UUID_SIZE, ChunkOwner, overhead_of
from .versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Limits
    from .dependency import GraphNode
    from .extents import Extent, Extents, Segment, UsedOwner
    from .locator import Locator
    from .seams import Randomness

PAYLOAD_MAXIMUM: Final = 2**28 - 4096
KEY_MAXIMUM: Final = 4096
#: Payloads from this size on are handed to the disk as a buffer of their own, smaller ones are joined to their header.
WRITE_APART_SIZE: Final = 1024
#: Memtables that may wait to become runs: the active one, and those that are frozen.
MEMTABLES: Final = 4
UUIDS_AT_ONCE: Final = 64
#: What a file system says that has no room.
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
#: Free extents that only runs may take: one to write to, one for after a crash, when nothing open goes on.
KEPT_FOR_RUNS: Final = 2

StreamName: TypeAlias = Literal["shard", "moved", "run"]


class Stream:
    """Where appends of one kind go."""

    __slots__ = ("extent", "keeps_free", "owner")

    def __init__(self, owner: UsedOwner, *, keeps_free: int) -> None:
        self.owner: UsedOwner = owner
        #: Free extents that the stream leaves to the others.
        self.keeps_free = keeps_free
        self.extent: Extent | None = None


class ChunkStore(ChunkReader):
    """The chunks of one disk. The store's lock guards what appends; reads need none."""

    def __init__(
        self,
        extents: Extents,
        limits: Limits,
        randomness: Randomness,
        reserve: int,
        versions: Versions = Versions(),  # noqa: B008  # it is frozen
    ) -> None:
        super().__init__(extents, versions)
        self.limits = limits
        #: What a frame adds to key and payload, at most: of two versions, which a locator does not tell apart.
        self.overhead = overhead_of(NEWEST if versions.mixed_chunks else 1)
        #: Whether new chunks carry the checksum of their value.
        self.is_summing = versions.chunk == NEWEST
        self.reserve = reserve
        #: What an empty extent has for key and payload of one chunk, and the most payload that one may have.
        self._room = extents.size - EXTENT_HEADER_SIZE - self.overhead
        self._payload_maximum = min(PAYLOAD_MAXIMUM, limits.chunk_bytes)
        self._run_room = self._room - RUN_KEY_SIZE
        #: Free extents that puts leave to compaction, beyond the reserve.
        self.held_back = 0
        #: At most the bytes of the runs that the memtables become; the index says it. Puts leave room for them.
        self.pending_run_bytes: Callable[[], int] = int
        #: Bytes of the run that one memtable may become: a few of them fit into the reserve.
        self.memtable_bytes = self.run_bytes_of(max(1, reserve // MEMTABLES))
        self.streams: dict[StreamName, Stream] = {
            "shard": Stream("data", keeps_free=reserve),
            "moved": Stream("data", keeps_free=KEPT_FOR_RUNS),
            "run": Stream("index", keeps_free=0),
        }
        #: Key and value of at most so many bytes together fit into one chunk of an empty extent: a put that finds no
        #: room needs one more extent, and not several. Larger values are put piece by piece.
        self.whole_maximum = self.capacity(0)
        self._randomness = randomness
        self._uuids: list[bytes] = []

    def uuid(self) -> bytes:
        """A fresh UUID: 16 random bytes, fetched in blocks."""
        if not self._uuids:
            block = self._randomness.bytes(UUIDS_AT_ONCE * UUID_SIZE)
            self._uuids = [block[at : at + UUID_SIZE] for at in range(0, len(block), UUID_SIZE)]
        return self._uuids.pop()

    def capacity(self, key_length: int) -> int:
        """The largest payload that fits into an empty extent; 0 or less where the key alone is too long for it."""
        room = self._room - key_length
        return min(self._payload_maximum, room)

    def available(self, stream: Stream) -> int:
        """How many free extents the stream may still take."""
        held_back = 0
        if stream is self.streams["shard"]:
            # The reserve is what makes room while the memtables are written, so it is kept beside their runs.
            held_back = self.held_back + self.extents_for(self.pending_run_bytes())
        return max(0, len(self.extents.free) - stream.keeps_free - held_back)

    def extents_for(self, run_bytes: int) -> int:
        """How many extents so many bytes of runs fill."""
        return -(-run_bytes // self._run_room)

    def run_bytes_of(self, extents: int) -> int:
        """Bytes of runs that fit into so many empty extents."""
        return extents * self._run_room

    def append_value(self, key: bytes, value: bytes) -> tuple[tuple[Locator, ...], tuple[Segment, ...]] | None:
        """Append a value as one or more chunks; None where there is no room for all of it. The lock is held."""
        extent = self.streams["shard"].extent
        length = len(value)
        if (
            extent is not None
            and length <= self.limits.chunk_bytes
            and extent.pointer + self.overhead + len(key) + length <= self.extents.size
        ):
            number = crc64nvme(value) if self.is_summing else None
            locator, segment = self.append(extent, "shard", key, value, crc32c(value), 0, number)
            return (locator,), (segment,)
        placed = self.append_piece(key, value)
        return None if placed is None else placed[:2]

    def append_piece(
        self, key: bytes, piece: bytes, first_part: int = 0, before: int = 0
    ) -> tuple[tuple[Locator, ...], tuple[Segment, ...], int] | None:
        """The same with a piece of a value, and the checksum of the value up to the end of the piece.

        first_part, before: the parts that precede it, and the checksum of the value up to there. Where chunks carry
        none, it is 0.
        """
        stream = self.streams["shard"]
        length = len(piece)
        cuts = self._cut(stream, len(key), length)
        if cuts is None:
            return None
        locators, segments = [], []
        view = memoryview(piece)
        at, number = 0, before if self.is_summing else None
        for part, size in enumerate(cuts, first_part):
            payload = piece if size == length else bytes(view[at : at + size])
            extent = self.extent_for(stream, self.overhead + len(key) + size)
            if number is not None:
                number = crc64nvme(payload, number)
            locator, segment = self.append(extent, "shard", key, payload, crc32c(payload), part, number)
            locators.append(locator)
            segments.append(segment)
            at += size
        return tuple(locators), tuple(segments), number or 0

    def _cut(self, stream: Stream, key_length: int, length: int) -> list[int] | None:
        """The sizes of the parts of a value, or None where there is no room.

        The rest of the open extent is used, unless it is too small to be worth a part of its own.
        """
        assert self.capacity(key_length) > 0, "keys that no extent can hold are refused before"
        size, overhead = self.extents.size, self.overhead + key_length
        left = 0 if stream.extent is None else size - stream.extent.pointer
        available, rest = -1, length
        cuts: list[int] = []
        while rest or not cuts:
            room = left - overhead
            taken = min(rest, room, self._payload_maximum)
            if room < 0 or (taken == room and taken < rest and room <= size // 64 and left < size - EXTENT_HEADER_SIZE):
                if available < 0:
                    available = self.available(stream)
                if not available:
                    return None
                available -= 1
                left = size - EXTENT_HEADER_SIZE
                continue
            cuts.append(taken)
            rest -= taken
            left -= taken + overhead
        return cuts

    def extent_for(self, stream: Stream, size: int) -> Extent:
        """The stream's open extent, or the next one where a frame of this size does not fit.

        Raises `StoreFull` where there is none.
        """
        extent = stream.extent
        if extent is not None and extent.pointer + size <= self.extents.size:
            return extent
        taken = self._take(stream)
        if taken is None:
            raise StoreFull("no free extent is left")
        stream.extent = taken
        if extent is not None:
            # Nothing more comes: what it still holds may go out.
            self.extents.issue(extent)
        return taken

    def _take(self, stream: Stream) -> Extent | None:
        if not self.available(stream):
            return None
        try:
            return self.extents.take(stream.owner)
        except OSError as error:
            number = self.extents.free[0]
            if error.errno not in NO_ROOM:
                text = f"allocating extent {number}: {error.strerror or error}"
                raise DiskFailed(text, extent=number) from error
            raise StoreFull(
                f"the file system has no room for another extent: {error.strerror or error}; delete files, or shards "
                "and reclaim"
            ) from error

    def append(  # the fields of a frame
        self,
        extent: Extent,
        owner: ChunkOwner,
        key: bytes,
        payload: bytes,
        checksum: int,
        part: int = 0,
        value_checksum: int | None = None,
        *,
        after: tuple[GraphNode, ...] = (),
        uuid: bytes | None = None,
    ) -> tuple[Locator, Segment]:
        """Append a frame; the caller made sure that it fits. The lock is held.

        value_checksum: of the value up to the end of this part, in a chunk of version 2; None: it is of version 1.
        """
        if uuid is None:
            uuid = self._uuids.pop() if self._uuids else self.uuid()
        offset = extent.pointer
        length = len(payload)
        key_length = len(key)
        seed = offset_seed(offset, extent.seed)
        if value_checksum is None:
            header = encode_header(owner, key_length, part, uuid, length, crc32c(key), checksum, seed)
        else:
            header = chunk_v2.encode_header(
                owner, key_length, part, uuid, length, crc32c(key), checksum, value_checksum, seed
            )
        size = len(header) + key_length + length + TAG_SIZE
        buffers = (
            (header + key + payload + uuid[:TAG_SIZE],)
            if length < WRITE_APART_SIZE
            else (header + key, payload, uuid[:TAG_SIZE])
        )
        extents = self.extents
        segment = extents.append(extent, buffers, size, after)
        if segment.end - segment.start >= self.limits.write_bytes and not after:
            extents.issue(extent)
        return (extent.number, extent.generation, offset, length, checksum), segment

    def append_run(  # what is written, and after what
        self, number: int, data: bytes, after: tuple[GraphNode, ...], first_part: int = 0, before: int = 0
    ) -> tuple[tuple[Locator, ...], tuple[Segment, ...]]:
        """Append the bytes of a run as chunks; `StoreFull` where there is no room. The lock is held.

        first_part, before: parts that precede it, and the checksum of the run up to there.
        """
        key, stream = run_key(number), self.streams["run"]
        places, segments = [], []
        at, part = 0, first_part
        summed = before if self.is_summing else None
        overhead = self.overhead + len(key)
        while at < len(data):
            rest = len(data) - at
            room = 0 if stream.extent is None else self.extents.size - stream.extent.pointer - overhead
            size = min(rest, room, self.limits.chunk_bytes)
            if size < rest and room <= self.extents.size // 64:
                size = min(rest, self.capacity(len(key)))
            extent = self.extent_for(stream, overhead + size)
            payload = data if size == len(data) else data[at : at + size]
            if summed is not None:
                summed = crc64nvme(payload, summed)
            place, segment = self.append(extent, "run", key, payload, crc32c(payload), part, summed, after=after)
            places.append(place)
            segments.append(segment)
            at += size
            part += 1
        return tuple(places), tuple(segments)
