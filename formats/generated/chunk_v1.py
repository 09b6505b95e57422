"""Codec of `chunk`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they refuse, without
a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, Literal, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "chunk"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "extent", "generation", "offset")

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, owner_number, reserved_1, key_length, uuid, payload_length, key_checksum, payload_checksum, part, reserved_2, seal
HEADER: Final = Struct("<4sBBH16sIIIIII")
# tag
HEADER_2: Final = Struct("<8s")
HEADER_PACK: Final = Struct("<4sB1xH16sIIII4x")
U32: Final = Struct("<I")

ChunkOwner: TypeAlias = Literal["shard", "run"]
OWNER_NAMES: Final[dict[int, ChunkOwner]] = {1: "shard", 2: "run"}
OWNER_NUMBERS: Final[dict[str, int]] = {"shard": 1, "run": 2}
LEAD: Final = b"\xd3\xd0\x02\x01"  # magic, kind, version


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """"""

    owner: ChunkOwner
    uuid: bytes
    part: int
    key: bytes
    payload: bytes


ChunkTuple: TypeAlias = tuple[ChunkOwner, bytes, int, bytes, bytes]


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
    if type(data) is not bytes:
        data = bytes(data)
    key = data[48:key_end]
    if key_checksum != crc32c(key):
        return None
    payload = data[key_end:payload_end]
    if payload_checksum != crc32c(payload):
        return None
    (tag,) = HEADER_2.unpack_from(data, payload_end)
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
    if type(data) is not bytes:
        data = bytes(data)
    key = data[48:key_end]
    if key_checksum != crc32c(key):
        return None
    payload = data[key_end:payload_end]
    if payload_checksum != crc32c(payload):
        return None
    (tag,) = HEADER_2.unpack_from(data, payload_end)
    if tag != uuid[:8]:
        return None
    return (owner, uuid, part, key, payload)


def probe_prefix(data: Data, seed: int = 0) -> tuple[Chunk, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
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
    if end < payload_end + 8:
        return None
    key = bytes(data[48:key_end])
    if key_checksum != crc32c(key):
        return None
    payload = bytes(data[key_end:payload_end])
    if payload_checksum != crc32c(payload):
        return None
    (tag,) = HEADER_2.unpack_from(data, payload_end)
    if tag != uuid[:8]:
        return None
    return Chunk(owner, uuid, part, key, payload), payload_end + 8


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
        b"\xd3\xd0\x02\x01",
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
        b"\xd3\xd0\x02\x01",
        OWNER_NUMBERS[owner],
        key_length,
        uuid,
        payload_length,
        crc32c(key),
        crc32c(payload),
        part,
    )
    return b"".join((header, U32.pack(crc32c(header, seed)), key, payload, uuid[:8]))
