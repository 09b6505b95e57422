"""Reads chunks: one by its locator, verified, or all frames of an extent in order.

1. What is read by a locator is verified in whole: header, key, payload, closing tag, and that it is what was meant.
2. Frames of version 2 are looked for where the store declares them, and cost nothing elsewhere.
3. A locator does not tell the version of its frame: where both may be, as much is read as the longer one has, and the
   header says which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from crc32c import crc32c

from formats.crc64 import crc64nvme
from formats.generated.chunk_v1 import probe_header
from formats.generated.chunk_v2 import HEADER_SIZE as NEWEST_HEADER_SIZE
from formats.generated.chunk_v2 import probe_header as probe_newest
from formats.seeds import offset_seed

from .errors import ChunkRotten, DiskFailed, rotten_frame
from .extents import HEADER_SIZE as EXTENT_HEADER_SIZE
from .extents import StalePlace, unreadable
from .frames import (
    CHUNK_HEADER_SIZE,
    EXTRA_SIZE,
    FRAME_OVERHEAD,
    TAG_SIZE,
    ChunkOwner,
    FrameHeader,
    probe_frame,
    rule_of_header,
)
from .value_checksum import wrong_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .extents import Extents
    from .locator import Locator
    from .versions import Versions
    from .window import Window

#: Payloads from this size on are read on their own, so that they need no copy.
READ_APART_SIZE: Final = 16384


class FoundChunk(NamedTuple):
    """A whole frame that a scan met. `offset` and `size` are bytes in the extent; `payload_at` is where it starts.

    `value_checksum`: None in version 1.
    """

    owner: ChunkOwner
    key: bytes
    part: int
    uuid: bytes
    locator: Locator
    size: int
    payload_at: int
    value_checksum: int | None


class ChunkReader:
    """Reads the chunks of one disk; no lock is needed."""

    def __init__(self, extents: Extents, versions: Versions) -> None:
        self.extents = extents
        self.versions = versions
        self.is_mixed = versions.mixed_chunks

    def read(self, locator: Locator, key: bytes, part: int = 0, owner: ChunkOwner = "shard") -> bytes:
        """The payload of a chunk, everything about it verified.

        Raises `StalePlace` where the extent has another life by now, `ChunkRotten`, `DiskFailed`.
        """
        if self.is_mixed:
            return self.read_part(locator, key, part, owner)[0]
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
        raise self._rotten(locator, key if owner == "shard" else None, frame, payload, header is not None)

    def read_part(
        self, locator: Locator, key: bytes, part: int = 0, owner: ChunkOwner = "shard"
    ) -> tuple[bytes, int | None]:
        """The same, with the checksum of the value up to the chunk's end, None in version 1.

        That of the first part is verified; that of a later one is for those to verify who know what is before it.
        """
        if not self.is_mixed:
            return self.read(locator, key, part, owner), None
        number, generation, offset, length, checksum = locator
        extent = self.extents.all[number]
        if extent.generation != generation:
            raise StalePlace
        key_length = len(key)
        front = NEWEST_HEADER_SIZE + key_length
        end = front + length
        if length < READ_APART_SIZE and offset + end + TAG_SIZE <= extent.issued:
            # The usual case, without a look to the left or right; whatever is not as it should be is found out below.
            try:
                frame = self.extents.disk.read(number, offset, end + TAG_SIZE)
            except OSError:
                frame = b""
            newest = probe_newest(frame, offset_seed(offset, extent.seed))
            if newest is not None:
                payload = frame[front:end]
                if (
                    crc32c(payload) == checksum == newest[6]
                    and newest[:3] == (owner, key_length, part)
                    and newest[4] == length
                    and frame[NEWEST_HEADER_SIZE:front] == key
                    and frame[end:] == newest[3][:TAG_SIZE]
                    and (part or newest[7] == crc64nvme(payload))
                ):
                    return payload, newest[7]
        header, frame, payload, tag = self._frame(locator, key_length)
        if (
            header is not None
            and crc32c(payload) == checksum
            and is_meant(header, frame, locator, key, part, owner)
            and header.uuid[:TAG_SIZE] == tag
        ):
            stored = header.value_checksum
            if part or stored is None or stored == crc64nvme(payload):
                return payload, stored
            if extent.generation != generation:
                raise StalePlace
            raise wrong_value(locator, key if owner == "shard" else None)
        raise self._rotten(locator, key if owner == "shard" else None, frame, payload, header is not None)

    def _frame(self, locator: Locator, key_length: int) -> tuple[FrameHeader | None, bytes, bytes, bytes]:
        """Header, the bytes from its start on, payload and closing tag of a frame of either version."""
        number, generation, offset, length, _checksum = locator
        extent = self.extents.all[number]
        front = CHUNK_HEADER_SIZE + key_length
        size = front + length + TAG_SIZE
        # Behind a frame of version 1 there may be nothing.
        longer = max(size, min(size + EXTRA_SIZE, extent.pointer - offset))
        read = self.extents.disk.read if offset + longer <= extent.issued else self._reader_of(generation)
        seed = offset_seed(offset, extent.seed)
        try:
            if length >= READ_APART_SIZE:
                frame = read(number, offset, front + EXTRA_SIZE)
                header = probe_frame(frame, seed)
                at = offset + (front if header is None else header.size + key_length)
                return header, frame, read(number, at, length), read(number, at + length, TAG_SIZE)
            try:
                frame = read(number, offset, longer)
            except (OSError, DiskFailed):
                # What cannot be read may lie behind the frame.
                frame = read(number, offset, size)
                header = probe_frame(frame, seed)
                if header is not None and header.size > CHUNK_HEADER_SIZE:
                    raise
        except OSError as error:
            raise unreadable(error, number, offset, size) from error
        header = probe_frame(frame, seed)
        at = front if header is None else header.size + key_length
        return header, frame, frame[at : at + length], frame[at + length : at + length + TAG_SIZE]

    def stored_checksum(self, locator: Locator, key: bytes, part: int, owner: ChunkOwner = "shard") -> int | None:
        """The checksum of the value up to the end of a chunk, from its header alone; None in version 1.

        Raises as `read` does; that the payload is whole, nobody looked.
        """
        if not self.is_mixed:
            return None
        number, generation, offset, _length, _checksum = locator
        size = CHUNK_HEADER_SIZE + EXTRA_SIZE + len(key)
        extent = self.extents.all[number]
        if extent.generation != generation:
            raise StalePlace
        # No frame is shorter than that: it has a tag, too.
        frame = self._reader_of(generation)(number, offset, size)
        header = probe_frame(frame, offset_seed(offset, extent.seed))
        if header is None or not is_meant(header, frame, locator, key, part, owner):
            raise self._rotten(locator, key if owner == "shard" else None, frame, b"", header is not None)
        return header.value_checksum

    def _rotten(
        self, locator: Locator, key: bytes | None, frame: bytes, payload: bytes, has_header: bool
    ) -> ChunkRotten | StalePlace:
        """Why a chunk is not what was meant: it was moved and its extent reset meanwhile, or it is damaged."""
        number, generation, offset, _length, checksum = locator
        if self.extents.all[number].generation != generation:
            return StalePlace()
        if not has_header:
            rule = rule_of_header(frame, is_mixed=self.is_mixed)
        else:
            rule = "checksum" if crc32c(payload) != checksum else "closing_tag"
        return rotten_frame("chunk", extent=number, generation=generation, offset=offset, key=key, rule=rule)

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
        # The shortest frame has one byte of key and a tag: of either version, that is more than any header.
        header = probe_frame(window.take(offset, CHUNK_HEADER_SIZE + EXTRA_SIZE), extent.place_seed(offset))
        if header is None or (header.value_checksum is not None and not self.is_mixed):
            return None
        owner, key_length, part, uuid, length, key_checksum, checksum, value_checksum, header_size = header
        key_at = offset + header_size
        payload_at = key_at + key_length
        end = payload_at + length + TAG_SIZE
        key = window.take(key_at, key_length)
        if end > window.end or crc32c(key) != key_checksum:
            return None
        locator = (extent.number, extent.generation, offset, length, checksum)
        return FoundChunk(owner, key, part, uuid, locator, end - offset, payload_at, value_checksum)

    def payload(self, window: Window, found: FoundChunk) -> bytes | None:
        """The payload of a frame that was found, or None where it or the closing tag is not what the header says."""
        _extent, _generation, _offset, length, checksum = found.locator
        payload = window.take(found.payload_at, length)
        tag = window.take(found.payload_at + length, TAG_SIZE)
        return payload if crc32c(payload) == checksum and tag == found.uuid[:TAG_SIZE] else None


def is_meant(header: FrameHeader, frame: bytes, locator: Locator, key: bytes, part: int, owner: ChunkOwner) -> bool:
    """Whether a whole header is that of the chunk that a locator names, as this part of this owner."""
    _extent, _generation, _offset, length, checksum = locator
    found = (header.owner, header.key_length, header.part, header.length, header.checksum)
    return found == (owner, len(key), part, length, checksum) and frame[header.size : header.size + len(key)] == key


assert FRAME_OVERHEAD + 1 >= CHUNK_HEADER_SIZE + EXTRA_SIZE, "the shortest frame is as long as the longest header"
