"""One chunk that something persistent names: the frame must be there, whole, and the one that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from . import chunk
from .context import seed_of
from .crc import crc32c
from .crc64 import crc64nvme
from .header import version_of
from .image import ExtentState, Frame, Locator, Read, Rotten
from .refusal import Refusal

#: Whose extents hold the chunks of whom.
EXTENT_OWNERS: Final = {"shard": "data", "run": "index"}
CHECKSUM_AT: Final = 33
#: The features of a store that must be announced before frames of version 2 may be named, as bits of `incompatible`.
CHUNK_2: Final = 1
PAGE_2: Final = 2
#: A frame refused by one of these does not say which version it has, whatever stands there.
HEADER_RULES: Final = frozenset({"magic", "kind", "version", "header_checksum"})
#: How much of a frame says which version it has.
LEAD_SIZE_BYTES: Final = 4


class Medium(NamedTuple):
    """Where chunks are read from: the disk, its UUID and shape, and what the superblock says of its extents.

    `features`: its incompatible ones, a mask.
    """

    read: Read
    disk: bytes
    extent_count: int
    extent_size_bytes: int
    extents: dict[int, ExtentState]
    features: int = 0


class NamedChunk(NamedTuple):
    """What was found at a named place. `payload` are the bytes where the payload should be, verified or not; None where
    the name leads nowhere. `fault` is None where all is well. `value_checksum` is None where the chunk is of version 1.
    `payload_at`: where the payload begins in the extent, in bytes. `other`: the payload as it is if the chunk is of the
    other version, where neither its header nor its checksum tells of which it is; None where that is known.
    """

    payload: bytes | None
    frame: Frame | None
    fault: Rotten | None
    value_checksum: int | None = None
    payload_at: int = 0
    other: bytes | None = None


def named_chunk(medium: Medium, locator: Locator, *, owner: str, key: bytes, part: int) -> NamedChunk:
    """Read the chunk that a locator names as part `part` of a key, or of a run."""
    extent, generation, offset, length, checksum = locator

    def rotten(rule: str) -> Rotten:
        return Rotten("chunk", extent, generation, offset, rule, key if owner == "shard" else None)

    state = medium.extents.get(extent) if extent < medium.extent_count else None
    if state is None or state.generation != generation:
        return NamedChunk(None, None, rotten("life"))
    if state.owner != EXTENT_OWNERS[owner]:
        return NamedChunk(None, None, rotten("owner"))
    end = min(state.pointer, medium.extent_size_bytes)
    if offset + LEAD_SIZE_BYTES > end:
        return NamedChunk(None, None, rotten("pointer"))
    version = version_of(medium.read(extent, offset, LEAD_SIZE_BYTES))
    if version == 2 and not medium.features & CHUNK_2:
        return NamedChunk(None, None, rotten("undeclared"))
    start = chunk.header_size_bytes(version) + len(key)
    size = start + length + chunk.TAG_SIZE_BYTES
    if offset + size > end:
        return NamedChunk(None, None, rotten("pointer"))
    data = medium.read(extent, offset, size)
    payload = data[start : start + length]
    frame = Frame("chunk", extent, offset, size)
    try:
        value, consumed = chunk.decode_any_prefix(
            data, seed_of(chunk.CONTEXT, medium.disk, extent, generation, offset, 0)
        )
    except Refusal as refusal:
        if refusal.rule in HEADER_RULES and medium.features & CHUNK_2 and crc32c(payload) != checksum:
            # Where the header is damaged, so may be its version: the payload's own checksum tells where it lies.
            header_size = chunk.HEADER_SIZE_BYTES + chunk.HEADER_2_SIZE_BYTES - chunk.header_size_bytes(version)
            place = offset + header_size + len(key)
            other = medium.read(extent, place, length) if place + length <= end else None
            if other is not None and crc32c(other) == checksum:
                return NamedChunk(other, frame, rotten(refusal.rule), payload_at=place)
            return NamedChunk(payload, frame, rotten(refusal.rule), payload_at=offset + start, other=other)
        return NamedChunk(payload, frame, rotten(refusal.rule), payload_at=offset + start)
    stored = int.from_bytes(data[CHECKSUM_AT : CHECKSUM_AT + 4], "little")
    is_meant = (value["owner"], value["key"], value["part"], stored, consumed) == (owner, key, part, checksum, size)
    fault = None if is_meant else rotten("identity")
    return NamedChunk(payload, frame, fault, value.get("value_checksum"), offset + start)


def wrong_value(parts: Sequence[NamedChunk], locators: Sequence[Locator], key: bytes | None) -> Rotten | None:
    """The first part of version 2 whose number is not the checksum of the payloads, all whole, up to its own end.

    Parts of version 1 have no number; where all are of version 1, there is nothing that could be wrong.
    """
    if all(part.value_checksum is None for part in parts):
        return None
    checksum = 0
    for part, (extent, generation, offset, _, _) in zip(parts, locators, strict=True):
        checksum = crc64nvme(part.payload or b"", checksum)
        if part.value_checksum not in (None, checksum):
            return Rotten("chunk", extent, generation, offset, "value_checksum", key)
    return None
