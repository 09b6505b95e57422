"""lsm_page, kinds 5 to 8: the pages of a sorted run, each bound to (disk, run, offset).

data, kind 5, index, kind 6, and filter, kind 7, have a header of 32 bytes, then entries; footer, kind 8, is
48 bytes alone.
Each starts with magic D3 D0, kind, version 1, and its header ends with the seal. The other bytes are:

| page | offset | size | field | constraint |
|---|---|---|---|---|
| data | 4 | 2 | entry_count | 1..8192 |
| | 6 | 2 | locator_count | 0..3274 |
| | 8 | 4 | entries_length | 0..65504 bytes, a page of 65536 |
| | 12 | 4 | entries_checksum | plain CRC32C of entries |
| | 16 | 12 | reserved | zero |
| index | 4 | 4 | entry_count | 1..65536 |
| | 8 | 4 | entries_length | 0..16777184 bytes, a page of 2^24 |
| | 12 | 4 | entries_checksum | plain CRC32C of entries |
| | 16 | 12 | reserved | zero |
| filter | 4 | 4 | word_count | 1..2^20 |
| | 8 | 4 | entries_length | 0..2^23 bytes |
| | 12 | 4 | entries_checksum | plain CRC32C of entries |
| | 16 | 1 | probes | 1..16, the bits set per key in its one word |
| | 17 | 11 | reserved | zero |
| footer | 4 | 4 | run | 1..2^32-1 |
| | 8 | 8 | entry_count | 1..2^64-1 |
| | 16 | 8 | tombstone_count | any |
| | 24 | 16 | index_offset, index_length, filter_offset, filter_length | any, 4 bytes each |
| | 40 | 4 | reserved | zero |

Entries are columns; n is the number of entries or words, m the number of locators:

data: key_ends u16[n]; locator_ends u16[n] ascending, perhaps equal, the last is m; extents, generations,
offsets, lengths, checksums u32[m] each; keys. A key without locators is a tombstone.
index: key_ends u32[n]; page_offsets u32[n] strictly ascending; page_lengths u32[n]; keys, the last of each
page.
filter: words u64[n].

keys are all that is left of the region, cut at key_ends, 1..4096 bytes each, strictly ascending.

A data page of version 2 has prefix_length at offset 16, 2 bytes, 0..4096; reserved are the 10 bytes behind it. After
checksums come the prefix, of that length, then the keys without it, which key_ends cut. With it each has 1..4096 bytes
and all have 65504 at most. It is the longest that they have in common; a key alone is all prefix.

A run is its data pages in key order, then index, filter and footer, cut at any byte into the payloads of chunks;
offsets count from its start, and page_lengths, index_length and filter_length are those of whole pages.
"""

from __future__ import annotations

from typing import Any

from .body import Body, Columns
from .crc import crc32c
from .header import Buffer, open_header, version_of

CONTEXT = ("disk", "run", "offset")
HEADER_SIZE_BYTES = 32
FOOTER_SIZE_BYTES = 48
KEYS_SIZE_MAXIMUM_BYTES = 65504


def decode_data_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the data page of version 1 that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=5, seed=seed)
    entry_count = header.bounded("entry_count", 4, 2, 1, 8192)
    locator_count = header.bounded("locator_count", 6, 2, 0, 3274)
    entries_length = header.bounded("entries_length", 8, 4, 0, 65504)

    body = Body(data, HEADER_SIZE_BYTES)
    entries = body.take_summed("entries", entries_length, header.integer(12, 4))

    header.reserved(16, 12)
    columns = Columns(entries, HEADER_SIZE_BYTES)
    return {"entries": _data_entries(columns, entry_count, locator_count, None)}, body.position


def decode_data_2_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the data page of version 2 that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=5, seed=seed, version=2)
    entry_count = header.bounded("entry_count", 4, 2, 1, 8192)
    locator_count = header.bounded("locator_count", 6, 2, 0, 3274)
    entries_length = header.bounded("entries_length", 8, 4, 0, 65504)
    prefix_length = header.bounded("prefix_length", 16, 2, 0, 4096)

    body = Body(data, HEADER_SIZE_BYTES)
    entries = body.take_summed("entries", entries_length, header.integer(12, 4))

    header.reserved(18, 10)
    columns = Columns(entries, HEADER_SIZE_BYTES)
    return {"entries": _data_entries(columns, entry_count, locator_count, prefix_length)}, body.position


def decode_any_data_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The same of a data page of either version."""
    return (decode_data_2_prefix if version_of(data) == 2 else decode_data_prefix)(data, seed)


def _data_entries(columns: Columns, entry_count: int, locator_count: int, prefix_length: int | None) -> dict[str, Any]:
    """The columns of a data page; a prefix of so many bytes stands before its keys, None in version 1."""
    key_ends = columns.integers("key_ends", entry_count, 2)
    locator_ends = columns.ascending("locator_ends", entry_count, 2)
    columns.last_must_be("locator_ends", locator_ends, 2, locator_count)
    extents = columns.integers("extents", locator_count, 4)
    generations = columns.integers("generations", locator_count, 4)
    offsets = columns.integers("offsets", locator_count, 4)
    lengths = columns.integers("lengths", locator_count, 4)
    checksums = columns.integers("checksums", locator_count, 4)
    if prefix_length is None:
        keys = columns.keys(key_ends)
    else:
        keys = columns.keys_behind(columns.raw("prefix", prefix_length), key_ends, KEYS_SIZE_MAXIMUM_BYTES)
    columns.finish()
    return {
        "locator_ends": locator_ends,
        "extents": extents,
        "generations": generations,
        "offsets": offsets,
        "lengths": lengths,
        "checksums": checksums,
        "keys": keys,
    }


def decode_index_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the index page that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=6, seed=seed)
    entry_count = header.bounded("entry_count", 4, 4, 1, 65536)
    entries_length = header.bounded("entries_length", 8, 4, 0, 16777184)

    body = Body(data, HEADER_SIZE_BYTES)
    entries = body.take_summed("entries", entries_length, header.integer(12, 4))

    header.reserved(16, 12)
    columns = Columns(entries, HEADER_SIZE_BYTES)
    key_ends = columns.integers("key_ends", entry_count, 4)
    page_offsets = columns.strictly_ascending("page_offsets", entry_count, 4)
    page_lengths = columns.integers("page_lengths", entry_count, 4)
    keys = columns.keys(key_ends)
    columns.finish()
    value = {"entries": {"page_offsets": page_offsets, "page_lengths": page_lengths, "keys": keys}}
    return value, body.position


def decode_filter_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the filter page that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=7, seed=seed)
    word_count = header.bounded("word_count", 4, 4, 1, 2**20)
    entries_length = header.bounded("entries_length", 8, 4, 0, 2**23)
    probes = header.bounded("probes", 16, 1, 1, 16)

    body = Body(data, HEADER_SIZE_BYTES)
    entries = body.take_summed("entries", entries_length, header.integer(12, 4))

    header.reserved(17, 11)
    columns = Columns(entries, HEADER_SIZE_BYTES)
    words = columns.integers("words", word_count, 8)
    columns.finish()
    return {"probes": probes, "entries": {"words": words}}, body.position


def filter_may_hold(value: dict[str, Any], key: bytes) -> bool:
    """False where a filter, as decoded, says that the key is not in the run."""
    words = value["entries"]["words"]
    hashed = crc32c(key)
    word = words[(hashed * len(words)) >> 32]
    low = hashed & 4095
    first, step = low & 63, 2 * (low >> 6) + 1
    return all(word >> ((first + turn * step) & 63) & 1 for turn in range(value["probes"]))


def decode_footer_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the footer that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=FOOTER_SIZE_BYTES, kind=8, seed=seed)
    run = header.bounded("run", 4, 4, 1, 2**32 - 1)
    entry_count = header.bounded("entry_count", 8, 8, 1, 2**64 - 1)
    header.reserved(40, 4)
    value = {
        "run": run,
        "entry_count": entry_count,
        "tombstone_count": header.integer(16, 8),
        "index_offset": header.integer(24, 4),
        "index_length": header.integer(28, 4),
        "filter_offset": header.integer(32, 4),
        "filter_length": header.integer(36, 4),
    }
    return value, FOOTER_SIZE_BYTES
