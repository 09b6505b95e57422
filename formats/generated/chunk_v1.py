"""Codec of `chunk`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "chunk"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "extent", "generation", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 48

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, owner_number, reserved_1, key_length, uuid, payload_length, key_checksum,
# payload_checksum, part, reserved_2, seal
HEADER: Final = Struct("<4sBBH16sIIIIII")
# key_length, payload_length
LENGTHS: Final = Struct("<H16xI")
HEADER_PACK: Final = Struct("<4sB1xH16sIIII4x")
U32: Final = Struct("<I")

ChunkOwner: TypeAlias = Literal["shard", "run"]
OWNER_NAMES: Final[dict[int, ChunkOwner]] = {1: "shard", 2: "run"}
OWNER_NUMBERS: Final[dict[str, int]] = {"shard": 1, "run": 2}
LEAD: Final = b"\xd3\xd0\x02\x01"  # magic, kind, version


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """The value of a `chunk`."""

    owner: ChunkOwner
    uuid: bytes
    part: int
    key: bytes
    payload: bytes


ChunkTuple: TypeAlias = tuple[ChunkOwner, bytes, int, bytes, bytes]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    owner: ChunkOwner
    key_length: int
    uuid: bytes
    payload_length: int
    key_checksum: int
    payload_checksum: int
    part: int


def probe(data: Data, seed: int = 0) -> Chunk | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 48:
        return None
    (
        lead,
        owner_number,
        reserved_1,
        key_length,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        part,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:44], seed)
        or reserved_1
        or reserved_2
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
        or part > 65535
    ):
        return None

    key_end = 48 + key_length
    payload_end = key_end + payload_length
    if end != payload_end + 8:
        return None
    key = data[48:key_end]
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
    return Chunk(owner, uuid, part, key, payload)


def probe_tuple(data: Data, seed: int = 0) -> ChunkTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 48:
        return None
    (
        lead,
        owner_number,
        reserved_1,
        key_length,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        part,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:44], seed)
        or reserved_1
        or reserved_2
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
        or part > 65535
    ):
        return None

    key_end = 48 + key_length
    payload_end = key_end + payload_length
    if end != payload_end + 8:
        return None
    key = data[48:key_end]
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
    return (owner, uuid, part, key, payload)


def probe_prefix(data: Data, seed: int = 0) -> tuple[Chunk, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    if len(data) < 48:
        return None
    key_length, payload_length = LENGTHS.unpack_from(data, 6)
    size = 56 + key_length + payload_length
    record = probe(memoryview(data)[:size], seed)
    return None if record is None else (record, size)


def probe_header(data: Data, seed: int = 0) -> Header | None:
    """The fields of a valid header at the start of the bytes, or None."""
    if len(data) < 48:
        return None
    (
        lead,
        owner_number,
        reserved_1,
        key_length,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        part,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:44], seed)
        or reserved_1
        or reserved_2
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 1 <= key_length <= 4096
        or payload_length > 268431360
        or part > 65535
    ):
        return None
    return tuple.__new__(
        Header,
        (owner, key_length, uuid, payload_length, key_checksum, payload_checksum, part),
    )


def encode(value: Chunk, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    owner = value.owner
    uuid = value.uuid
    part = value.part
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
    if part > 65535:
        raise ValueError("part")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        uuid,
        payload_length,
        crc32c(key),
        crc32c(payload),
        part,
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), key, payload, uuid[:8]))


def encode_tuple(
    owner: ChunkOwner,
    uuid: bytes,
    part: int,
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
    if part > 65535:
        raise ValueError("part")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        uuid,
        payload_length,
        crc32c(key),
        crc32c(payload),
        part,
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), key, payload, uuid[:8]))


def encode_header(
    owner: ChunkOwner,
    key_length: int,
    uuid: bytes,
    payload_length: int,
    key_checksum: int,
    payload_checksum: int,
    part: int,
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
    if part > 65535:
        raise ValueError("part")

    header = HEADER_PACK.pack(
        LEAD,
        OWNER_NUMBERS[owner],
        key_length,
        uuid,
        payload_length,
        key_checksum,
        payload_checksum,
        part,
    )

    return header + U32.pack(crc32c(header, seed))
