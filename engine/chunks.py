"""The chunk store: `put(payload) -> locator`, `get(locator) -> payload`, and the scan that reclamation needs.

A chunk is a frame in an extent: header, key, payload, closing tag. Values and sorted runs are chunks alike. Appends go
to three streams, each with an open extent of its own: values as they come, values that reclamation moves, and runs.

1. A locator names one chunk for ever: its extent's generation is part of it.
2. The checksum of a payload is computed once, when it comes in; moving verifies it and carries it along.
3. Puts leave the last `reserve` free extents to deletes, flushes and reclamation, and moved values leave the last two
   to runs: without a place for a run nothing becomes persistent, and so nothing can be reset.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from crc32c import crc32c

from formats.generated import chunk_v1
from formats.generated.chunk_v1 import encode_header, probe_header
from formats.place import offset_seed, run_key

from .errors import ChunkRotten, DiskFailed, StoreFull
from .extents import HEADER_SIZE as EXTENT_HEADER_SIZE
from .extents import StalePlace, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .config import Limits
    from .dependency import GraphNode
    from .extents import Extent, Extents, Segment, UsedOwner
    from .locator import Locator
    from .seams import Randomness
    from .window import Window

CHUNK_HEADER_SIZE: Final = chunk_v1.HEADER_SIZE
UUID_SIZE: Final = 16
TAG_SIZE: Final = 8
#: What a frame adds to key and payload.
FRAME_OVERHEAD: Final = CHUNK_HEADER_SIZE + TAG_SIZE
#: The key of a run's chunks: its number.
RUN_KEY_SIZE: Final = len(run_key(0))
PAYLOAD_MAXIMUM: Final = 2**28 - 4096
KEY_MAXIMUM: Final = 4096
#: Payloads from this size on are read on their own, so that they need no copy.
READ_APART_SIZE: Final = 16384
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
ChunkOwner: TypeAlias = chunk_v1.ChunkOwner


class Stream:
    """Where appends of one kind go."""

    __slots__ = ("extent", "keeps_free", "owner")

    def __init__(self, owner: UsedOwner, *, keeps_free: int) -> None:
        self.owner: UsedOwner = owner
        #: Free extents that the stream leaves to the others.
        self.keeps_free = keeps_free
        self.extent: Extent | None = None


class FoundChunk(NamedTuple):
    """A whole frame that a scan met. `offset` and `size` are bytes in the extent; `payload_at` is where it starts."""

    owner: ChunkOwner
    key: bytes
    part: int
    uuid: bytes
    locator: Locator
    size: int
    payload_at: int


class ChunkStore:
    """The chunks of one disk. The store's lock guards what appends; reads need none."""

    def __init__(self, extents: Extents, limits: Limits, randomness: Randomness, reserve: int) -> None:
        self.extents = extents
        self.limits = limits
        self.reserve = reserve
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
        room = self.extents.size - EXTENT_HEADER_SIZE - FRAME_OVERHEAD - key_length
        return min(room, PAYLOAD_MAXIMUM, self.limits.chunk_bytes)

    def available(self, stream: Stream) -> int:
        """How many free extents the stream may still take."""
        held_back = 0
        if stream is self.streams["shard"]:
            # The reserve is what makes room while the memtables are written, so it is kept beside their runs.
            held_back = self.held_back + self.extents_for(self.pending_run_bytes())
        return max(0, len(self.extents.free) - stream.keeps_free - held_back)

    def extents_for(self, run_bytes: int) -> int:
        """How many extents so many bytes of runs fill."""
        return -(-run_bytes // self.run_bytes_of(1))

    def run_bytes_of(self, extents: int) -> int:
        """Bytes of runs that fit into so many empty extents."""
        return extents * (self.extents.size - EXTENT_HEADER_SIZE - FRAME_OVERHEAD - RUN_KEY_SIZE)

    def append_value(
        self, key: bytes, value: bytes, first_part: int = 0
    ) -> tuple[tuple[Locator, ...], tuple[Segment, ...]] | None:
        """Append a value as one or more chunks; None where there is no room for all of it. The lock is held."""
        stream = self.streams["shard"]
        extent = stream.extent
        length = len(value)
        limit = self.limits.chunk_bytes
        if (
            extent is not None
            and length <= limit
            and extent.pointer + FRAME_OVERHEAD + len(key) + length <= self.extents.size
        ):
            locator, segment = self.append(extent, "shard", key, value, crc32c(value), first_part)
            return (locator,), (segment,)
        cuts = self._cut(stream, len(key), length)
        if cuts is None:
            return None
        locators, segments = [], []
        view = memoryview(value)
        at = 0
        for part, size in enumerate(cuts, first_part):
            payload = value if size == length else bytes(view[at : at + size])
            extent = self.extent_for(stream, len(key), size)
            locator, segment = self.append(extent, "shard", key, payload, crc32c(payload), part)
            locators.append(locator)
            segments.append(segment)
            at += size
        return tuple(locators), tuple(segments)

    def _cut(self, stream: Stream, key_length: int, length: int) -> list[int] | None:
        """The sizes of the parts of a value, or None where there is no room.

        The rest of the open extent is used, unless it is too small to be worth a part of its own.
        """
        assert self.capacity(key_length) > 0, "keys that no extent can hold are refused before"
        size, overhead = self.extents.size, FRAME_OVERHEAD + key_length
        left = 0 if stream.extent is None else size - stream.extent.pointer
        available, rest = self.available(stream), length
        cuts: list[int] = []
        while rest or not cuts:
            room = left - overhead
            taken = min(rest, room, self.limits.chunk_bytes, PAYLOAD_MAXIMUM)
            if room < 0 or (taken == room and taken < rest and room <= size // 64 and left < size - EXTENT_HEADER_SIZE):
                if not available:
                    return None
                available -= 1
                left = size - EXTENT_HEADER_SIZE
                continue
            cuts.append(taken)
            rest -= taken
            left -= taken + overhead
        return cuts

    def extent_for(self, stream: Stream, key_length: int, size: int) -> Extent:
        """The stream's open extent, or the next one where this size does not fit. `StoreFull` where there is none."""
        extent = stream.extent
        if extent is not None and extent.pointer + FRAME_OVERHEAD + key_length + size <= self.extents.size:
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
        *,
        after: tuple[GraphNode, ...] = (),
        uuid: bytes | None = None,
    ) -> tuple[Locator, Segment]:
        """Append a frame; the caller made sure that it fits. The lock is held."""
        if uuid is None:
            uuid = self._uuids.pop() if self._uuids else self.uuid()
        offset = extent.pointer
        length = len(payload)
        key_length = len(key)
        header = encode_header(
            owner,
            key_length,
            part,
            uuid,
            length,
            crc32c(key),
            checksum,
            offset_seed(offset, extent.seed),
        )
        size = FRAME_OVERHEAD + key_length + length
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

    def append_run(
        self, number: int, data: bytes, after: tuple[GraphNode, ...], first_part: int = 0
    ) -> tuple[tuple[Locator, ...], tuple[Segment, ...]]:
        """Append the bytes of a run as chunks; `StoreFull` where there is no room. The lock is held."""
        key, stream = run_key(number), self.streams["run"]
        places, segments = [], []
        at, part = 0, first_part
        overhead = FRAME_OVERHEAD + len(key)
        while at < len(data):
            rest = len(data) - at
            room = 0 if stream.extent is None else self.extents.size - stream.extent.pointer - overhead
            size = min(rest, room, self.limits.chunk_bytes)
            if size < rest and room <= self.extents.size // 64:
                size = min(rest, self.capacity(len(key)))
            extent = self.extent_for(stream, len(key), size)
            payload = data if size == len(data) else data[at : at + size]
            place, segment = self.append(extent, "run", key, payload, crc32c(payload), part, after=after)
            places.append(place)
            segments.append(segment)
            at += size
            part += 1
        return tuple(places), tuple(segments)

    def read(self, locator: Locator, key: bytes, part: int = 0, owner: ChunkOwner = "shard") -> bytes:
        """The payload of a chunk, everything about it verified.

        Raises `StalePlace` where the extent has another life by now, `ChunkRotten`, `DiskFailed`.
        """
        number, generation, offset, length, checksum = locator
        extent = self.extents.all[number]
        if extent.generation != generation:
            raise StalePlace
        key_length = len(key)
        front = CHUNK_HEADER_SIZE + key_length
        end = front + length
        extents = self.extents
        read = extents.disk.read if offset + end + TAG_SIZE <= extent.issued else self._reader_of(generation)
        try:
            if length < READ_APART_SIZE:
                frame = read(number, offset, end + TAG_SIZE)
                payload = frame[front:end]
                tag = frame[end:]
            else:
                frame = read(number, offset, front)
                payload = read(number, offset + front, length)
                tag = read(number, offset + end, TAG_SIZE)
        except OSError as error:
            raise unreadable(error, number, offset, end + TAG_SIZE) from error
        header = probe_header(frame, offset_seed(offset, extent.seed))
        if header is not None:
            found_owner, found_key_length, found_part, uuid, found_length, _key_checksum, found_checksum = header
            if (
                crc32c(payload) == checksum == found_checksum
                and found_length == length
                and found_key_length == key_length
                and found_part == part
                and found_owner == owner
                and frame[CHUNK_HEADER_SIZE:front] == key
                and uuid[:TAG_SIZE] == tag
            ):
                return payload
        if extent.generation != generation:
            raise StalePlace
        whose = key if owner == "shard" else None
        rule = "header_checksum" if header is None else "checksum" if crc32c(payload) != checksum else "closing_tag"
        raise ChunkRotten("chunk", extent=number, generation=generation, offset=offset, key=whose, rule=rule)

    def _reader_of(self, generation: int) -> Callable[[int, int, int], bytes]:
        """The slow reader: some of the bytes wait for writeback."""

        def read(number: int, offset: int, length: int) -> bytes:
            try:
                return self.extents.read(number, generation, offset, length)
            except ValueError:
                # The locator points beyond the write pointer: whatever named the chunk is right, so the bytes are lost.
                raise ChunkRotten("chunk", extent=number, generation=generation, offset=offset) from None

        return read

    def scan(self, window: Window) -> Iterator[FoundChunk | int]:
        """The frames of an extent, in order, payloads not verified.

        Where no frame begins comes the number of bytes up to the next page border, and the scan goes on there.
        """
        offset, page = EXTENT_HEADER_SIZE, self.extents.shape.page_size_bytes
        while offset < window.end:
            found = self.chunk_at(window, offset)
            if found is not None:
                yield found
                offset += found.size
            else:
                border = min(offset - offset % page + page, window.end)
                yield border - offset
                offset = border

    def chunk_at(self, window: Window, offset: int) -> FoundChunk | None:
        """The frame at an offset of an extent, its payload not verified; None where none is."""
        extent = window.extent
        header = probe_header(window.take(offset, CHUNK_HEADER_SIZE), extent.place_seed(offset))
        if header is None:
            return None
        owner, key_length, part, uuid, length, key_checksum, checksum = header
        key_at = offset + CHUNK_HEADER_SIZE
        payload_at = key_at + key_length
        end = payload_at + length + TAG_SIZE
        key = window.take(key_at, key_length)
        if end > window.end or crc32c(key) != key_checksum:
            return None
        locator = (extent.number, extent.generation, offset, length, checksum)
        return FoundChunk(owner, key, part, uuid, locator, end - offset, payload_at)

    def payload(self, window: Window, found: FoundChunk) -> bytes | None:
        """The payload of a frame that was found, or None where it or the closing tag is not what the header says."""
        _extent, _generation, _offset, length, checksum = found.locator
        payload = window.take(found.payload_at, length)
        tag = window.take(found.payload_at + length, TAG_SIZE)
        return payload if crc32c(payload) == checksum and tag == found.uuid[:TAG_SIZE] else None
