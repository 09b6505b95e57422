"""The frame of a chunk, in its two versions: header, key, payload, closing tag.

Version 2 has 8 bytes more before the seal of its header: the checksum of the value up to the end of the chunk. The
version stands at the same place in both. Locators do not tell it, so who reads a chunk asks its frame.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from formats.generated import chunk_v1, chunk_v2
from formats.seeds import run_key

ChunkOwner: TypeAlias = chunk_v1.ChunkOwner

CHUNK_HEADER_SIZE: Final = chunk_v1.HEADER_SIZE
#: Bytes that version 2 has more than version 1.
EXTRA_SIZE: Final = chunk_v2.HEADER_SIZE - chunk_v1.HEADER_SIZE
UUID_SIZE: Final = 16
TAG_SIZE: Final = 8
#: What a frame of version 1 adds to key and payload.
FRAME_OVERHEAD: Final = CHUNK_HEADER_SIZE + TAG_SIZE
#: The key of a run's chunks: its number.
RUN_KEY_SIZE: Final = len(run_key(0))
#: Where every header has its version, behind magic and kind.
VERSION_AT: Final = 3
NEWEST: Final = chunk_v2.VERSION

assert chunk_v1.LEAD[:VERSION_AT] == chunk_v2.LEAD[:VERSION_AT]
assert chunk_v2.Header._fields[:-1] == chunk_v1.Header._fields


class FrameHeader(NamedTuple):
    """What a whole header says. `value_checksum`: None in version 1; `size`: of the header itself, in bytes."""

    owner: ChunkOwner
    key_length: int
    part: int
    uuid: bytes
    length: int
    key_checksum: int
    checksum: int
    value_checksum: int | None
    size: int


def overhead_of(version: int) -> int:
    """What a frame of a version adds to key and payload, in bytes."""
    return FRAME_OVERHEAD + (EXTRA_SIZE if version == NEWEST else 0)


def version_of(data: bytes) -> int:
    """The version that a frame says it has, 0 where there is no such byte; it may be damaged."""
    return data[VERSION_AT] if len(data) > VERSION_AT else 0


def probe_frame(data: bytes, seed: int) -> FrameHeader | None:
    """The header of either version at the start of the bytes, None where none is whole."""
    if version_of(data) == NEWEST:
        second = chunk_v2.probe_header(data, seed)
        return None if second is None else FrameHeader(*second, chunk_v2.HEADER_SIZE)
    first = chunk_v1.probe_header(data, seed)
    return None if first is None else FrameHeader(*first, None, chunk_v1.HEADER_SIZE)


def rule_of_header(data: bytes, *, is_mixed: bool) -> str:
    """What is wrong with a header that is not whole, or not expected. is_mixed: version 2 is declared.

    `undeclared`: version 2 in a store that does not say that it holds any; `version`: one that this release does not
    know, in a store that declares no feature that it does not know.
    """
    version = version_of(data)
    if data[:VERSION_AT] == chunk_v1.LEAD[:VERSION_AT]:
        if version > NEWEST:
            return "version"
        if version == NEWEST and not is_mixed:
            return "undeclared"
    return "header_checksum"
