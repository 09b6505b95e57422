"""`superblock` record: who owns each extent, which life it is in and how far it is written.

A *full* record states every extent, a *delta* only those that changed since the record before. The feature masks are
the one place where unknown bits are legal: they say what a reader of another version may do (see the design, R6).

<!-- layout: superblock -->
"""

from __future__ import annotations

from typing import Final

from construct import Int8ul, Int32ul, Int64ul, Struct, this

from .lead import PHYSICAL_PLACE, SUPERBLOCK, lead
from .primitives import Bounded, ClosedEnum, ClosedFlags, Column, Count, Crc32c, Frame, Length, Region, Reserved, Seal

#: Kinds of record, and owners of extents. On disk: frozen.
RECORDS: Final = {"full": 1, "delta": 2}
OWNERS: Final = {"free": 1, "data": 2, "index": 3, "metadata": 4, "superblock": 5}
EXTENT_COUNT_MAXIMUM: Final = 2**20
ENTRY_COUNT_MAXIMUM: Final = 65536
ENTRY_SIZE: Final = 4 + 4 + 4 + 1
assert ENTRY_COUNT_MAXIMUM * ENTRY_SIZE <= 2**20

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
    "entries_length" / Length(Int32ul, of="entries", maximum=2**20),
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
