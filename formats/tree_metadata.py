"""`tree_metadata` record: which sorted runs make up the LSM tree, and where their chunks are.

A *full* record states the whole tree, a *delta* the runs added and removed. A run lies in one or more chunks;
`chunk_ends` cuts the chunk columns into runs; a chunk is its extent, the generation of that extent, the frame's offset
there, and length and CRC32C of the payload. A delta is applied to the tree before it, a full record to an empty one:
first `removed`, then `added`. So a run whose chunks moved is in both.

A record is a *root*: nothing on disk refers to it, so it is written twice, at the same offset of the two extents of a
pair, each copy sealed with its own place. The pairs of tree metadata are extents (4, 5) and (6, 7). In each extent
records follow one another without a gap from the end of the extent header on; the first is a full one, and each
sequence is one above that before it. The newest sequence wins.

<!-- layout: tree_metadata -->

    Numbers are little-endian.

    offset  size               field             type          constraint
         0  2                  magic             bytes         d3 d0
         2  1                  kind              u8            4
         3  1                  version           u8            1
         4  1                  record            u8            full=1, delta=2
         5  3                  reserved_1        zeros         zero
         8  8                  sequence          u64           1..2^64 - 1
        16  4                  next_run          u32           1..2^32 - 1
        20  4                  added_count       u32           0..4096, number of changes.added
        24  4                  chunk_count       u32           0..65536, number of changes.extents
        28  4                  removed_count     u32           0..4096, number of changes.removed
        32  4                  changes_length    u32           0..1363968, length of changes in
                                                               bytes
        36  4                  changes_checksum  u32           CRC32C of changes
        40  20                 reserved_2        zeros         zero
        60  4                  seal              u32           CRC32C of the 60 bytes before it,
                                                               continued from the place (disk,
                                                               extent, generation, offset)
        64  changes_length     changes           region
        64  4 * added_count      added           array of u32  strictly ascending
      then  added_count          levels          array of u8
      then  4 * added_count      chunk_ends      array of u32  strictly ascending, the last is
                                                               chunk_count
      then  4 * chunk_count      extents         array of u32
      then  4 * chunk_count      generations     array of u32
      then  4 * chunk_count      offsets         array of u32
      then  4 * chunk_count      lengths         array of u32
      then  4 * chunk_count      checksums       array of u32
      then  4 * removed_count    removed         array of u32  strictly ascending

<!-- end of layout -->
"""

from __future__ import annotations

from typing import Final

from construct import Int8ul, Int32ul, Int64ul, Struct, this

from .lead import PHYSICAL_PLACE, TREE_METADATA, lead
from .primitives import Bounded, ClosedEnum, Column, Count, Crc32c, Frame, Length, Region, Reserved, Seal

#: Kinds of record. On disk: frozen.
RECORDS: Final = {"full": 1, "delta": 2}
RUN_COUNT_MAXIMUM: Final = 4096
CHUNK_COUNT_MAXIMUM: Final = 65536
#: A full record states every run, so no tree has more runs to remove than a record can add.
REMOVED_COUNT_MAXIMUM: Final = RUN_COUNT_MAXIMUM
RUN_SIZE: Final = 4 + 1 + 4
LOCATOR_SIZE: Final = 4 + 4 + 4 + 4 + 4
REMOVED_SIZE: Final = 4
CHANGES_LENGTH_MAXIMUM: Final = (
    RUN_COUNT_MAXIMUM * RUN_SIZE + CHUNK_COUNT_MAXIMUM * LOCATOR_SIZE + REMOVED_COUNT_MAXIMUM * REMOVED_SIZE
)
assert CHANGES_LENGTH_MAXIMUM == 36_864 + 1_310_720 + 16_384 == 1_363_968

TREE_METADATA_HEADER_SIZE: Final = 4 + 1 + 3 + 8 + 4 + 4 + 4 + 4 + 4 + 4 + 20 + 4

SCHEMA: Final = Frame(
    *lead(TREE_METADATA, version=1),
    "record" / ClosedEnum(Int8ul, **RECORDS),
    "reserved_1" / Reserved(3),
    "sequence" / Bounded(Int64ul, 1, 2**64 - 1),
    "next_run" / Bounded(Int32ul, 1, 2**32 - 1),
    "added_count" / Count(Int32ul, of="changes.added", maximum=RUN_COUNT_MAXIMUM),
    "chunk_count" / Count(Int32ul, of="changes.extents", maximum=CHUNK_COUNT_MAXIMUM),
    "removed_count" / Count(Int32ul, of="changes.removed", maximum=REMOVED_COUNT_MAXIMUM),
    "changes_length" / Length(Int32ul, of="changes", maximum=CHANGES_LENGTH_MAXIMUM),
    "changes_checksum" / Crc32c(covers="changes"),
    "reserved_2" / Reserved(20),
    "seal" / Seal(seed=PHYSICAL_PLACE),
    "changes"
    / Region(
        this.changes_length,
        Struct(
            "added" / Column(this._.added_count, Int32ul, order="strict"),
            "levels" / Column(this._.added_count, Int8ul),
            "chunk_ends" / Column(this._.added_count, Int32ul, order="strict", last=this._.chunk_count),
            "extents" / Column(this._.chunk_count, Int32ul),
            "generations" / Column(this._.chunk_count, Int32ul),
            "offsets" / Column(this._.chunk_count, Int32ul),
            "lengths" / Column(this._.chunk_count, Int32ul),
            "checksums" / Column(this._.chunk_count, Int32ul),
            "removed" / Column(this._.removed_count, Int32ul, order="strict"),
        ),
    ),
)
assert SCHEMA.header_size == TREE_METADATA_HEADER_SIZE == 64
