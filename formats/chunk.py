"""`chunk`: the frame around every payload in the store (shard data and sorted runs).

ShardStore's published frame (magic, UUID, length, payload, UUID) stays visible; the header adds its own seal, the
owner for reverse lookup, and plain checksums of key and payload that move along with the chunk unchanged.

`part` counts the chunks of one value, or of one run, from 0. The key of a shard is the one it was put under, that of a
run is the run number as 4 bytes, little-endian. The header has no reserved bytes: every value pays for them.

Version 2 adds `value_checksum`: the CRC-64/NVME of the value, or of the run, up to the end of this part: of the
payloads of all parts from the first to this one, in their order. So the last part carries that of the whole value, and
each part tells that what is before it is all there, in order and of one put, and not only that every part is whole. A
value can be written part by part while nobody knows yet how long it will be. One frame alone cannot tell: it holds the
number under its seal, and who reads the value compares. All else lies where it lay in version 1, up to the seal.

CRC-64/NVME: 64 bits, polynomial 0xad93d23594c93659, initial value and final xor 2^64 - 1, input and output reflected.
Of the nine bytes "123456789" it is 0xae8b14860a799888, of no bytes 0. From the NVM Command Set Specification of NVM
Express; Amazon S3 keeps it of every object by default.

<!-- layout: chunk -->

    Numbers are little-endian.

    offset  size            field             type   constraint
         0  2               magic             bytes  d3 d0
         2  1               kind              u8     2
         3  1               version           u8     1
         4  1               owner             u8     shard=1, run=2
         5  2               key_length        u16    1..4096, length of key in bytes
         7  2               part              u16
         9  16              uuid              bytes
        25  4               payload_length    u32    0..2^28 - 4096, length of payload in bytes
        29  4               key_checksum      u32    CRC32C of key
        33  4               payload_checksum  u32    CRC32C of payload
        37  4               seal              u32    CRC32C of the 37 bytes before it, continued
                                                     from the place (disk, extent, generation,
                                                     offset)
        41  key_length      key               bytes
      then  payload_length  payload           bytes
      then  8               tag               bytes  the first 8 bytes of uuid

<!-- end of layout -->

<!-- layout: chunk@2 -->

    Numbers are little-endian.

    offset  size            field             type   constraint
         0  2               magic             bytes  d3 d0
         2  1               kind              u8     2
         3  1               version           u8     2
         4  1               owner             u8     shard=1, run=2
         5  2               key_length        u16    1..4096, length of key in bytes
         7  2               part              u16
         9  16              uuid              bytes
        25  4               payload_length    u32    0..2^28 - 4096, length of payload in bytes
        29  4               key_checksum      u32    CRC32C of key
        33  4               payload_checksum  u32    CRC32C of payload
        37  8               value_checksum    u64
        45  4               seal              u32    CRC32C of the 45 bytes before it, continued
                                                     from the place (disk, extent, generation,
                                                     offset)
        49  key_length      key               bytes
      then  payload_length  payload           bytes
      then  8               tag               bytes  the first 8 bytes of uuid

<!-- end of layout -->
"""

from __future__ import annotations

from typing import Final

from construct import Bytes, Int8ul, Int16ul, Int32ul, Int64ul, this

from .lead import CHUNK, PHYSICAL_PLACE, lead
from .primitives import ClosedEnum, Crc32c, Frame, Length, Seal, Tag

#: Who owns a chunk. On disk: frozen.
OWNERS: Final = {"shard": 1, "run": 2}
KEY_SIZE_MAXIMUM: Final = 4096
#: 256 MiB less one page: CRC32C tells every change of three bits apart up to 2^31 - 33 bits.
PAYLOAD_SIZE_MAXIMUM: Final = 2**28 - 4096
assert PAYLOAD_SIZE_MAXIMUM * 8 <= 2**31 - 33
TAG_SIZE: Final = 8

CHUNK_HEADER_SIZE: Final = 4 + 1 + 2 + 2 + 16 + 4 + 4 + 4 + 4

SCHEMA: Final = Frame(
    *lead(CHUNK, version=1),
    "owner" / ClosedEnum(Int8ul, **OWNERS),
    "key_length" / Length(Int16ul, of="key", minimum=1, maximum=KEY_SIZE_MAXIMUM),
    "part" / Int16ul,
    "uuid" / Bytes(16),
    "payload_length" / Length(Int32ul, of="payload", maximum=PAYLOAD_SIZE_MAXIMUM),
    "key_checksum" / Crc32c(covers="key"),
    "payload_checksum" / Crc32c(covers="payload"),
    "seal" / Seal(seed=PHYSICAL_PLACE),
    "key" / Bytes(this.key_length),
    "payload" / Bytes(this.payload_length),
    "tag" / Tag(of="uuid", size=TAG_SIZE),
)
assert SCHEMA.header_size == CHUNK_HEADER_SIZE == 41

VALUE_CHECKSUM_SIZE: Final = 8

SCHEMA_V2: Final = Frame(
    *lead(CHUNK, version=2),
    "owner" / ClosedEnum(Int8ul, **OWNERS),
    "key_length" / Length(Int16ul, of="key", minimum=1, maximum=KEY_SIZE_MAXIMUM),
    "part" / Int16ul,
    "uuid" / Bytes(16),
    "payload_length" / Length(Int32ul, of="payload", maximum=PAYLOAD_SIZE_MAXIMUM),
    "key_checksum" / Crc32c(covers="key"),
    "payload_checksum" / Crc32c(covers="payload"),
    "value_checksum" / Int64ul,
    "seal" / Seal(seed=PHYSICAL_PLACE),
    "key" / Bytes(this.key_length),
    "payload" / Bytes(this.payload_length),
    "tag" / Tag(of="uuid", size=TAG_SIZE),
)
assert SCHEMA_V2.header_size == CHUNK_HEADER_SIZE + VALUE_CHECKSUM_SIZE == 49
