"""`chunk`: the frame around every payload in the store (shard data and sorted runs).

ShardStore's published frame (magic, UUID, length, payload, UUID) stays visible; the header adds its own seal, the
owner for reverse lookup, and plain checksums of key and payload that move along with the chunk unchanged.

<!-- layout: chunk -->
"""

from __future__ import annotations

from typing import Final

from construct import Bytes, Int8ul, Int16ul, Int32ul, this

from .lead import CHUNK, PHYSICAL_PLACE, lead
from .primitives import Bounded, ClosedEnum, Crc32c, Frame, Length, Reserved, Seal, Tag

#: Who owns a chunk. On disk: frozen.
OWNERS: Final = {"shard": 1, "run": 2}
KEY_SIZE_MAXIMUM: Final = 4096
#: 256 MiB less one page: CRC32C tells every change of three bits apart up to 2^31 - 33 bits.
PAYLOAD_SIZE_MAXIMUM: Final = 2**28 - 4096
assert PAYLOAD_SIZE_MAXIMUM * 8 <= 2**31 - 33
TAG_SIZE: Final = 8

CHUNK_HEADER_SIZE: Final = 4 + 1 + 1 + 2 + 16 + 4 + 4 + 4 + 4 + 4 + 4

SCHEMA: Final = Frame(
    *lead(CHUNK, version=1),
    "owner" / ClosedEnum(Int8ul, **OWNERS),
    "reserved_1" / Reserved(1),
    "key_length" / Length(Int16ul, of="key", minimum=1, maximum=KEY_SIZE_MAXIMUM),
    "uuid" / Bytes(16),
    "payload_length" / Length(Int32ul, of="payload", maximum=PAYLOAD_SIZE_MAXIMUM),
    "key_checksum" / Crc32c(covers="key"),
    "payload_checksum" / Crc32c(covers="payload"),
    "part" / Bounded(Int32ul, 0, 65535),
    "reserved_2" / Reserved(4),
    "seal" / Seal(seed=PHYSICAL_PLACE),
    "key" / Bytes(this.key_length),
    "payload" / Bytes(this.payload_length),
    "tag" / Tag(of="uuid", size=TAG_SIZE),
)
assert SCHEMA.header_size == CHUNK_HEADER_SIZE == 48
