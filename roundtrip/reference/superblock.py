"""superblock, kind 3: one record of extent states.

Bound to (disk, extent, generation, offset).

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 4 | magic, kind, version | D3 D0, 3, 1 |
| 4 | 1 | record | full=1, delta=2 |
| 5 | 1 | flags | bit mask, clean_close=1 |
| 6 | 2 | reserved | zero |
| 8 | 8 | sequence | 1..2^64-1 |
| 16 | 8 | compatible | any: a mask of features |
| 24 | 8 | read_only_compatible | any |
| 32 | 8 | incompatible | any |
| 40 | 4 | extent_count | 1..65536 |
| 44 | 4 | entry_count | 0..65536 |
| 48 | 4 | entries_length | 0..851968 bytes, which is 65536 * 13 |
| 52 | 4 | entries_checksum | plain CRC32C of entries |
| 56 | 4 | reserved | zero |
| 60 | 4 | seal | CRC32C of bytes 0..59, seeded |
| 64 | entries_length | entries | columns, n = entry_count |

entries: extents u32[n] strictly ascending; generations u32[n]; write_pointers u32[n];
owners u8[n], free=1, data=2, index=3, metadata=4, superblock=5.
"""

from __future__ import annotations

from typing import Any

from .body import Body, Columns
from .header import Buffer, open_header

CONTEXT = ("disk", "extent", "generation", "offset")
HEADER_SIZE_BYTES = 64
RECORDS = {1: "full", 2: "delta"}
CLEAN_CLOSE = 1
OWNERS = {1: "free", 2: "data", 3: "index", 4: "metadata", 5: "superblock"}


def decode_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the superblock record that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=3, seed=seed)
    sequence = header.bounded("sequence", 8, 8, 1, 2**64 - 1)
    extent_count = header.bounded("extent_count", 40, 4, 1, 65536)
    entry_count = header.bounded("entry_count", 44, 4, 0, 65536)
    entries_length = header.bounded("entries_length", 48, 4, 0, 851968)

    body = Body(data, HEADER_SIZE_BYTES)
    entries = body.take_summed("entries", entries_length, header.integer(52, 4))

    record = header.member("record", 4, RECORDS)
    flags = header.flags("flags", 5, CLEAN_CLOSE)
    header.reserved(6, 2)
    header.reserved(56, 4)
    value = {
        "record": record,
        "flags": flags,
        "sequence": sequence,
        "compatible": header.integer(16, 8),
        "read_only_compatible": header.integer(24, 8),
        "incompatible": header.integer(32, 8),
        "extent_count": extent_count,
        "entries": _entries(Columns(entries, HEADER_SIZE_BYTES), entry_count),
    }
    return value, body.position


def _entries(columns: Columns, count: int) -> dict[str, Any]:
    extents = columns.strictly_ascending("extents", count, 4)
    generations = columns.integers("generations", count, 4)
    write_pointers = columns.integers("write_pointers", count, 4)
    owners = columns.members("owners", count, OWNERS)
    columns.finish()
    return {
        "extents": extents,
        "generations": generations,
        "write_pointers": write_pointers,
        "owners": owners,
    }
