"""One chunk that something persistent names: the frame must be there, whole, and the one that is meant."""

from __future__ import annotations

from typing import Final, NamedTuple

from . import chunk
from .context import seed_of
from .image import ExtentState, Frame, Locator, Read, Rotten
from .refusal import Refusal

#: Whose extents hold the chunks of whom.
EXTENT_OWNERS: Final = {"shard": "data", "run": "index"}
CHECKSUM_AT: Final = 33


class Medium(NamedTuple):
    """Where chunks are read from: the disk, its UUID and shape, and what the superblock says of its extents."""

    read: Read
    disk: bytes
    extent_count: int
    extent_size_bytes: int
    extents: dict[int, ExtentState]


class NamedChunk(NamedTuple):
    """What was found at a named place. `payload` are the bytes where the payload should be, verified or not; None where
    the name leads nowhere. `fault` is None where all is well.
    """

    payload: bytes | None
    frame: Frame | None
    fault: Rotten | None


def named_chunk(medium: Medium, locator: Locator, *, owner: str, key: bytes, part: int) -> NamedChunk:
    """Read the chunk that a locator names as part `part` of a key, or of a run."""
    extent, generation, offset, length, checksum = locator
    start = chunk.HEADER_SIZE_BYTES + len(key)
    size = start + length + chunk.TAG_SIZE_BYTES

    def rotten(rule: str) -> Rotten:
        return Rotten("chunk", extent, generation, offset, rule, key if owner == "shard" else None)

    state = medium.extents.get(extent) if extent < medium.extent_count else None
    if state is None or state.generation != generation:
        return NamedChunk(None, None, rotten("life"))
    if state.owner != EXTENT_OWNERS[owner]:
        return NamedChunk(None, None, rotten("owner"))
    if offset + size > min(state.pointer, medium.extent_size_bytes):
        return NamedChunk(None, None, rotten("pointer"))
    data = medium.read(extent, offset, size)
    payload = data[start : start + length]
    frame = Frame("chunk", extent, offset, size)
    try:
        value, consumed = chunk.decode_prefix(data, seed_of(chunk.CONTEXT, medium.disk, extent, generation, offset, 0))
    except Refusal as refusal:
        return NamedChunk(payload, frame, rotten(refusal.rule))
    stored = int.from_bytes(data[CHECKSUM_AT : CHECKSUM_AT + 4], "little")
    is_meant = (value["owner"], value["key"], value["part"], stored, consumed) == (owner, key, part, checksum, size)
    return NamedChunk(payload, frame, None if is_meant else rotten("identity"))
