"""Codec of `chunk`, version 2: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "chunk"
VERSION: Final = 2
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "extent", "generation", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 49

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, owner_number, key_length, part, uuid, payload_length, key_checksum, payload_checksum,
# value_checksum, seal
HEADER: Final = Struct("<4sBHH16sIIIQI")
# key_length, payload_length
LENGTHS: Final = Struct("<H18xI")
HEADER_PACK: Final = Struct("<4sBHH16sIIIQ")
U32: Final = Struct("<I")

ChunkOwner: TypeAlias = Literal["shard", "run"]
OWNER_NAMES: Final[dict[int, ChunkOwner]] = {1: "shard", 2: "run"}
OWNER_NUMBERS: Final[dict[str, int]] = {"shard": 1, "run": 2}
LEAD: Final = b"\xd3\xd0\x02\x02"  # magic, kind, version


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """The value of a `chunk`."""

    owner: ChunkOwner
    part: int
    uuid: bytes
    value_checksum: int
    key: bytes
    payload: bytes


ChunkTuple: TypeAlias = tuple[ChunkOwner, int, bytes, int, bytes, bytes]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    owner: ChunkOwner
    key_length: int
    part: int
    uuid: bytes
    payload_length: int
    key_checksum: int
    payload_checksum: int
    value_checksum: int


HeaderTuple: TypeAlias = tuple[ChunkOwner, int, int, bytes, int, int, int, int]


def probe(data: Data, seed: int = 0) -> Chunk | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 49:
        return None
    (
        lead,
        owner_number,
        key_length,
        part,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        value_checksum,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:45], seed)
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
    ):
        return None

    key_end = 49 + key_length
    payload_end = key_end + payload_length
    if end != payload_end + 8:
        return None
    key = data[49:key_end]
    if type(key) is not bytes:
        key = bytes(key)
    if key_checksum != crc32c(key):
        return None
    payload = data[key_end:payload_end]
    if type(payload) is not bytes:
        payload = bytes(payload)
    if payload_checksum != crc32c(payload):
        return None
    tag = data[payload_end:payload_end + 8]
    if tag != uuid[:8]:
        return None
    return Chunk(owner, part, uuid, value_checksum, key, payload)


def probe_tuple(data: Data, seed: int = 0) -> ChunkTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 49:
        return None
    (
        lead,
        owner_number,
        key_length,
        part,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        value_checksum,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:45], seed)
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
    ):
        return None

    key_end = 49 + key_length
    payload_end = key_end + payload_length
    if end != payload_end + 8:
        return None
    key = data[49:key_end]
    if type(key) is not bytes:
        key = bytes(key)
    if key_checksum != crc32c(key):
        return None
    payload = data[key_end:payload_end]
    if type(payload) is not bytes:
        payload = bytes(payload)
    if payload_checksum != crc32c(payload):
        return None
    tag = data[payload_end:payload_end + 8]
    if tag != uuid[:8]:
        return None
    return (owner, part, uuid, value_checksum, key, payload)


def probe_prefix(data: Data, seed: int = 0) -> tuple[Chunk, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    if len(data) < 49:
        return None
    key_length, payload_length = LENGTHS.unpack_from(data, 5)
    size = 57 + key_length + payload_length
    record = probe(memoryview(data)[:size], seed)
    return None if record is None else (record, size)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 49:
        return None
    (
        lead,
        owner_number,
        key_length,
        part,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        value_checksum,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:45], seed)
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
    ):
        return None
    return (owner, key_length, part, uuid, payload_length, key_checksum, payload_checksum, value_checksum)


def encode(value: Chunk, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    owner = value.owner
    part = value.part
    uuid = value.uuid
    value_checksum = value.value_checksum
    key = value.key
    payload = value.payload
    if type(key) is not bytes:
        raise TypeError("key")
    key_length = len(key)
    if not 1 <= key_length <= 4096:
        raise ValueError("key_length")
    if type(uuid) is not bytes:
        raise TypeError("uuid")
    if len(uuid) != 16:
        raise ValueError("uuid")
    if type(payload) is not bytes:
        raise TypeError("payload")
    payload_length = len(payload)
    if payload_length > 268431360:
        raise ValueError("payload_length")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        part,
        uuid,
        payload_length,
        crc32c(key),
        crc32c(payload),
        value_checksum,
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), key, payload, uuid[:8]))


def encode_tuple(
    owner: ChunkOwner,
    part: int,
    uuid: bytes,
    value_checksum: int,
    key: bytes,
    payload: bytes,
    seed: int = 0,
) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(key) is not bytes:
        raise TypeError("key")
    key_length = len(key)
    if not 1 <= key_length <= 4096:
        raise ValueError("key_length")
    if type(uuid) is not bytes:
        raise TypeError("uuid")
    if len(uuid) != 16:
        raise ValueError("uuid")
    if type(payload) is not bytes:
        raise TypeError("payload")
    payload_length = len(payload)
    if payload_length > 268431360:
        raise ValueError("payload_length")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        part,
        uuid,
        payload_length,
        crc32c(key),
        crc32c(payload),
        value_checksum,
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), key, payload, uuid[:8]))


def encode_header(
    owner: ChunkOwner,
    key_length: int,
    part: int,
    uuid: bytes,
    payload_length: int,
    key_checksum: int,
    payload_checksum: int,
    value_checksum: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if not 1 <= key_length <= 4096:
        raise ValueError("key_length")
    if type(uuid) is not bytes:
        raise TypeError("uuid")
    if len(uuid) != 16:
        raise ValueError("uuid")
    if payload_length > 268431360:
        raise ValueError("payload_length")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        part,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        value_checksum,
    )

    return header + U32.pack(crc32c(header, seed))
