"""tree_metadata, kind 4: one record of changes to the set of sorted runs.

Bound to (disk, extent, generation, offset).

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 4 | magic, kind, version | D3 D0, 4, 1 |
| 4 | 1 | record | full=1, delta=2 |
| 5 | 3 | reserved | zero |
| 8 | 8 | sequence | 1..2^64-1 |
| 16 | 4 | next_run | 1..2^32-1 |
| 20 | 4 | added_count | 0..4096 |
| 24 | 4 | chunk_count | 0..65536 |
| 28 | 4 | removed_count | 0..4096 |
| 32 | 4 | changes_length | 0..1363968 bytes, which is 4096 * 9 + 65536 * 20 + 4096 * 4 |
| 36 | 4 | changes_checksum | plain CRC32C of changes |
| 40 | 20 | reserved | zero |
| 60 | 4 | seal | CRC32C of bytes 0..59, seeded |
| 64 | changes_length | changes | columns, a = added_count, c = chunk_count, r = removed_count |

changes: added u32[a] strictly ascending; levels u8[a]; chunk_ends u32[a] strictly ascending, the last is c
(and c is 0 when a is 0); extents, generations, offsets, lengths, checksums u32[c] each;
removed u32[r] strictly ascending. removed is applied first, then added, to the tree before a delta, or to
an empty tree for a full record.
"""

from __future__ import annotations

from typing import Any

from .body import Body, Columns
from .header import Buffer, open_header

CONTEXT = ("disk", "extent", "generation", "offset")
HEADER_SIZE_BYTES = 64
RECORDS = {1: "full", 2: "delta"}


def decode_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the record that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=4, seed=seed)
    sequence = header.bounded("sequence", 8, 8, 1, 2**64 - 1)
    next_run = header.bounded("next_run", 16, 4, 1, 2**32 - 1)
    added_count = header.bounded("added_count", 20, 4, 0, 4096)
    chunk_count = header.bounded("chunk_count", 24, 4, 0, 65536)
    removed_count = header.bounded("removed_count", 28, 4, 0, 4096)
    changes_length = header.bounded("changes_length", 32, 4, 0, 1363968)

    body = Body(data, HEADER_SIZE_BYTES)
    changes = body.take_summed("changes", changes_length, header.integer(36, 4))

    record = header.member("record", 4, RECORDS)
    header.reserved(5, 3)
    header.reserved(40, 20)
    columns = Columns(changes, HEADER_SIZE_BYTES)
    value = {
        "record": record,
        "sequence": sequence,
        "next_run": next_run,
        "changes": _changes(columns, added_count, chunk_count, removed_count),
    }
    return value, body.position


def _changes(columns: Columns, added_count: int, chunk_count: int, removed_count: int) -> dict[str, Any]:
    added = columns.strictly_ascending("added", added_count, 4)
    levels = columns.integers("levels", added_count, 1)
    chunk_ends = columns.strictly_ascending("chunk_ends", added_count, 4)
    columns.last_must_be("chunk_ends", chunk_ends, 4, chunk_count)
    extents = columns.integers("extents", chunk_count, 4)
    generations = columns.integers("generations", chunk_count, 4)
    offsets = columns.integers("offsets", chunk_count, 4)
    lengths = columns.integers("lengths", chunk_count, 4)
    checksums = columns.integers("checksums", chunk_count, 4)
    removed = columns.strictly_ascending("removed", removed_count, 4)
    columns.finish()
    return {
        "added": added,
        "levels": levels,
        "chunk_ends": chunk_ends,
        "extents": extents,
        "generations": generations,
        "offsets": offsets,
        "lengths": lengths,
        "checksums": checksums,
        "removed": removed,
    }
