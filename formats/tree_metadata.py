"""`tree_metadata` record: which sorted runs make up the LSM tree, and where their chunks are.

A *full* record states the whole tree, a *delta* the runs added and removed. A run lies in one or more chunks;
`chunk_ends` cuts the chunk columns into runs.

<!-- layout: tree_metadata -->
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
REMOVED_COUNT_MAXIMUM: Final = 65536

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
    "changes_length" / Length(Int32ul, of="changes", maximum=2**21),
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
