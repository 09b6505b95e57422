"""`superblock` record: who owns each extent, which life it is in and how far it is written.

A *full* record states every extent, a *delta* only those that changed since the record before. The feature masks are
the one place where unknown bits are legal: they say what a reader of another version may do (see the design, R6).

A record is a *root*: nothing on disk refers to it, so it is written twice, at the same offset of the two extents of a
pair, each copy sealed with its own place. The pairs of the superblock are extents (0, 1) and (2, 3). In each extent
records follow one another without a gap from the end of the extent header on; the first is a full one, and each
sequence is one above that before it. The newest sequence wins.

<!-- layout: superblock -->

    Numbers are little-endian.

    offset  size             field                 type          constraint
         0  2                magic                 bytes         d3 d0
         2  1                kind                  u8            3
         3  1                version               u8            1
         4  1                record                u8            full=1, delta=2
         5  1                flags                 u8            clean_close=0x1, no other bit
         6  2                reserved_1            zeros         zero
         8  8                sequence              u64           1..2^64 - 1
        16  8                compatible            u64
        24  8                read_only_compatible  u64
        32  8                incompatible          u64
        40  4                extent_count          u32           1..65536
        44  4                entry_count           u32           0..65536, number of entries.extents
        48  4                entries_length        u32           0..851968, length of entries in
                                                                 bytes
        52  4                entries_checksum      u32           CRC32C of entries
        56  4                reserved_2            zeros         zero
        60  4                seal                  u32           CRC32C of the 60 bytes before it,
                                                                 continued from the place (disk,
                                                                 extent, generation, offset)
        64  entries_length   entries               region
        64  4 * entry_count    extents             array of u32  strictly ascending
      then  4 * entry_count    generations         array of u32
      then  4 * entry_count    write_pointers      array of u32
      then  entry_count        owners              array of u8   each free=1, data=2, index=3,
                                                                 metadata=4, superblock=5

<!-- end of layout -->
"""

from __future__ import annotations

from typing import Final

from construct import Int8ul, Int32ul, Int64ul, Struct, this

from .lead import PHYSICAL_PLACE, SUPERBLOCK, lead
from .primitives import Bounded, ClosedEnum, ClosedFlags, Column, Count, Crc32c, Frame, Length, Region, Reserved, Seal

#: Kinds of record, and owners of extents. On disk: frozen.
RECORDS: Final = {"full": 1, "delta": 2}
OWNERS: Final = {"free": 1, "data": 2, "index": 3, "metadata": 4, "superblock": 5}
#: A full record states every extent, so a disk has no more extents than a record has entries.
EXTENT_COUNT_MAXIMUM: Final = 65536
ENTRY_COUNT_MAXIMUM: Final = EXTENT_COUNT_MAXIMUM
ENTRY_SIZE: Final = 4 + 4 + 4 + 1
ENTRIES_LENGTH_MAXIMUM: Final = ENTRY_COUNT_MAXIMUM * ENTRY_SIZE
assert ENTRIES_LENGTH_MAXIMUM == 851_968

SUPERBLOCK_HEADER_SIZE: Final = 4 + 1 + 1 + 2 + 8 + 3 * 8 + 4 + 4 + 4 + 4 + 4 + 4

SCHEMA: Final = Frame(
    *lead(SUPERBLOCK, version=1),
    "record" / ClosedEnum(Int8ul, **RECORDS),
    "flags" / ClosedFlags(Int8ul, clean_close=1),
    "reserved_1" / Reserved(2),
    "sequence" / Bounded(Int64ul, 1, 2**64 - 1),
    "compatible" / Int64ul,
    "read_only_compatible" / Int64ul,
    "incompatible" / Int64ul,
    "extent_count" / Bounded(Int32ul, 1, EXTENT_COUNT_MAXIMUM),
    "entry_count" / Count(Int32ul, of="entries.extents", maximum=ENTRY_COUNT_MAXIMUM),
    "entries_length" / Length(Int32ul, of="entries", maximum=ENTRIES_LENGTH_MAXIMUM),
    "entries_checksum" / Crc32c(covers="entries"),
    "reserved_2" / Reserved(4),
    "seal" / Seal(seed=PHYSICAL_PLACE),
    "entries"
    / Region(
        this.entries_length,
        Struct(
            "extents" / Column(this._.entry_count, Int32ul, order="strict"),
            "generations" / Column(this._.entry_count, Int32ul),
            "write_pointers" / Column(this._.entry_count, Int32ul),
            "owners" / Column(this._.entry_count, ClosedEnum(Int8ul, **OWNERS)),
        ),
    ),
)
assert SCHEMA.header_size == SUPERBLOCK_HEADER_SIZE == 64
