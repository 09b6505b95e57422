"""`lsm_page`: the pages of a sorted run: data, index, filter and footer.

A run lies in the payload of chunks, and chunks move. So a page is sealed with its place in the run (disk, run number,
offset in the run), which moves along, and not with the place of the chunk. Entries are stored as columns of
fixed-width numbers and one heap of keys, so that a key is found by binary search in the bytes.

A key's locators name the chunks of its value in the order of their parts; a key without locators is a tombstone. A
locator is the chunk's extent, the generation of that extent, the frame's offset there, and length and CRC32C of the
payload. The index has one entry for each data page: where it is in the run, and its last key.

A run is the concatenation of its data pages in key order, then the index page, the filter page and, at the very end,
the footer (48 bytes). It is cut, at any byte, into the payloads of one or more chunks: their owner is `run`, their key
the run number as 4 bytes, little-endian, their parts are 0, 1, 2 and so on. So a page may straddle two chunks. Offsets
are bytes from the start of the run. Lengths of pages, in the index and in the footer, are those of whole pages, headers
included.

The filter says of a key that it is not in the run, or that it may be; tombstones are in the run. A key sets `probes`
bits of one word, where bit b has the value 2^b:

    h     = CRC32C of the key, an unsigned number of 32 bits
    word  = (h * word_count) >> 32
    d     = h & 4095
    first = d & 63
    step  = 2 * (d >> 6) + 1
    bits  = (first + i * step) & 63, for every i from 0 to probes - 1

A key any of whose bits is not set is not in the run.

Version 2 of the data page stores the longest common prefix of its keys once, and of every key what is behind it: a key
is looked up by comparing the prefix, then by binary search among the rest. What the page says is the same. The prefix
must be the longest (of one key it is the whole key), so that one value has one encoding. All keys of a page, each with
the prefix, have 65504 bytes at most, which is what they could have in version 1: without a bound a page of 53 KB could
stand for 33 MB of keys.

<!-- layout: lsm_page.data -->

    Numbers are little-endian.

    offset  size               field             type            constraint
         0  2                  magic             bytes           d3 d0
         2  1                  kind              u8              5
         3  1                  version           u8              1
         4  2                  entry_count       u16             1..8192, number of entries.keys
         6  2                  locator_count     u16             0..3274, number of entries.extents
         8  4                  entries_length    u32             0..65504, length of entries in
                                                                 bytes
        12  4                  entries_checksum  u32             CRC32C of entries
        16  12                 reserved          zeros           zero
        28  4                  seal              u32             CRC32C of the 28 bytes before it,
                                                                 continued from the place (disk,
                                                                 run, offset)
        32  entries_length     entries           region
        32  2 * entry_count      key_ends        array of u16    cumulative ends of entries.keys in
                                                                 bytes
      then  2 * entry_count      locator_ends    array of u16    ascending, the last is
                                                                 locator_count
      then  4 * locator_count    extents         array of u32
      then  4 * locator_count    generations     array of u32
      then  4 * locator_count    offsets         array of u32
      then  4 * locator_count    lengths         array of u32
      then  4 * locator_count    checksums       array of u32
      then  the rest             keys            array of bytes  each 1..4096 bytes, strictly
                                                                 ascending, cut by entries.key_ends

<!-- end of layout -->

<!-- layout: lsm_page.data@2 -->

    Numbers are little-endian.

    offset  size               field             type            constraint
         0  2                  magic             bytes           d3 d0
         2  1                  kind              u8              5
         3  1                  version           u8              2
         4  2                  entry_count       u16             1..8192, number of entries.keys
         6  2                  locator_count     u16             0..3274, number of entries.extents
         8  4                  entries_length    u32             0..65504, length of entries in
                                                                 bytes
        12  4                  entries_checksum  u32             CRC32C of entries
        16  2                  prefix_length     u16             0..4096, length of entries.prefix
                                                                 in bytes
        18  10                 reserved          zeros           zero
        28  4                  seal              u32             CRC32C of the 28 bytes before it,
                                                                 continued from the place (disk,
                                                                 run, offset)
        32  entries_length     entries           region
        32  2 * entry_count      key_ends        array of u16    cumulative ends of entries.keys
                                                                 without entries.prefix in bytes
      then  2 * entry_count      locator_ends    array of u16    ascending, the last is
                                                                 locator_count
      then  4 * locator_count    extents         array of u32
      then  4 * locator_count    generations     array of u32
      then  4 * locator_count    offsets         array of u32
      then  4 * locator_count    lengths         array of u32
      then  4 * locator_count    checksums       array of u32
      then  prefix_length        prefix          bytes           the longest common prefix of
                                                                 entries.keys
      then  the rest             keys            array of bytes  each 1..4096 bytes, strictly
                                                                 ascending, cut by entries.key_ends,
                                                                 stored without entries.prefix, with
                                                                 it at most 65504 bytes in all

<!-- end of layout -->

<!-- layout: lsm_page.index -->

    Numbers are little-endian.

    offset  size             field             type            constraint
         0  2                magic             bytes           d3 d0
         2  1                kind              u8              6
         3  1                version           u8              1
         4  4                entry_count       u32             1..65536, number of entries.keys
         8  4                entries_length    u32             0..2^24 - 32, length of entries in
                                                               bytes
        12  4                entries_checksum  u32             CRC32C of entries
        16  12               reserved          zeros           zero
        28  4                seal              u32             CRC32C of the 28 bytes before it,
                                                               continued from the place (disk, run,
                                                               offset)
        32  entries_length   entries           region
        32  4 * entry_count    key_ends        array of u32    cumulative ends of entries.keys in
                                                               bytes
      then  4 * entry_count    page_offsets    array of u32    strictly ascending
      then  4 * entry_count    page_lengths    array of u32
      then  the rest           keys            array of bytes  each 1..4096 bytes, strictly
                                                               ascending, cut by entries.key_ends

<!-- end of layout -->

<!-- layout: lsm_page.filter -->

    Numbers are little-endian.

    offset  size            field             type          constraint
         0  2               magic             bytes         d3 d0
         2  1               kind              u8            7
         3  1               version           u8            1
         4  4               word_count        u32           1..2^20, number of entries.words
         8  4               entries_length    u32           0..2^23, length of entries in bytes
        12  4               entries_checksum  u32           CRC32C of entries
        16  1               probes            u8            1..16
        17  11              reserved          zeros         zero
        28  4               seal              u32           CRC32C of the 28 bytes before it,
                                                            continued from the place (disk, run,
                                                            offset)
        32  entries_length  entries           region
        32  8 * word_count    words           array of u64

<!-- end of layout -->

<!-- layout: lsm_page.footer -->

    Numbers are little-endian.

    offset  size  field            type   constraint
         0  2     magic            bytes  d3 d0
         2  1     kind             u8     8
         3  1     version          u8     1
         4  4     run              u32    1..2^32 - 1
         8  8     entry_count      u64    1..2^64 - 1
        16  8     tombstone_count  u64
        24  4     index_offset     u32
        28  4     index_length     u32
        32  4     filter_offset    u32
        36  4     filter_length    u32
        40  4     reserved         zeros  zero
        44  4     seal             u32    CRC32C of the 44 bytes before it, continued from the place
                                          (disk, run, offset)

<!-- end of layout -->
"""

from __future__ import annotations

from typing import Any, Final

from construct import Int8ul, Int16ul, Int32ul, Int64ul, Struct, this

from .lead import LSM_DATA, LSM_FILTER, LSM_FOOTER, LSM_INDEX, RUN_PLACE, lead
from .primitives import Bounded, Column, Count, Crc32c, Ends, Frame, Length, PrefixOf, Region, Reserved, Seal, Slices

KEY_SIZE_MAXIMUM: Final = 4096
PAGE_HEADER_SIZE: Final = 4 + 4 + 4 + 4 + 12 + 4
FOOTER_SIZE: Final = 4 + 4 + 8 + 8 + 4 * 4 + 4 + 4

#: So many distinct keys have one byte, the next 65,536 two: the least that a heap of keys can be.
ONE_BYTE_KEYS: Final = 256

#: A data page aims at 4 KiB and may grow so far for a long key or a value of many chunks.
DATA_PAGE_SIZE_MAXIMUM: Final = 65536
DATA_LENGTH_MAXIMUM: Final = DATA_PAGE_SIZE_MAXIMUM - PAGE_HEADER_SIZE
DATA_ENTRY_SIZE: Final = 2 + 2
LOCATOR_SIZE: Final = 4 + 4 + 4 + 4 + 4
DATA_ENTRY_COUNT_MAXIMUM: Final = 8192
assert DATA_ENTRY_COUNT_MAXIMUM * (DATA_ENTRY_SIZE + 2) - ONE_BYTE_KEYS <= DATA_LENGTH_MAXIMUM
#: One key of one byte, and as many locators as fit beside it.
LOCATOR_COUNT_MAXIMUM: Final = (DATA_LENGTH_MAXIMUM - DATA_ENTRY_SIZE - 1) // LOCATOR_SIZE
assert LOCATOR_COUNT_MAXIMUM == 3274
#: A value of 5 GiB in chunks of 2 MiB or more fits under the longest key.
VALUE_LOCATOR_COUNT: Final = 5 * 2**30 // 2**21
assert DATA_ENTRY_SIZE + KEY_SIZE_MAXIMUM + VALUE_LOCATOR_COUNT * LOCATOR_SIZE <= DATA_LENGTH_MAXIMUM

INDEX_PAGE_SIZE_MAXIMUM: Final = 2**24
INDEX_LENGTH_MAXIMUM: Final = INDEX_PAGE_SIZE_MAXIMUM - PAGE_HEADER_SIZE
INDEX_ENTRY_SIZE: Final = 4 + 4 + 4
#: So many of the longest data pages are as much as an offset of 32 bits reaches.
INDEX_ENTRY_COUNT_MAXIMUM: Final = 65536
assert INDEX_ENTRY_COUNT_MAXIMUM * DATA_PAGE_SIZE_MAXIMUM == 2**32
assert INDEX_ENTRY_COUNT_MAXIMUM * (INDEX_ENTRY_SIZE + 2) - ONE_BYTE_KEYS <= INDEX_LENGTH_MAXIMUM

WORD_SIZE: Final = 8
WORD_COUNT_MAXIMUM: Final = 2**20
FILTER_LENGTH_MAXIMUM: Final = WORD_COUNT_MAXIMUM * WORD_SIZE
assert FILTER_LENGTH_MAXIMUM == 2**23


def keys() -> Any:
    """The key heap: keys of 1 to 4096 bytes, strictly ascending."""
    return Slices(ends="key_ends", minimum=1, maximum=KEY_SIZE_MAXIMUM, order="strict")


#: `locator_ends` cuts the locator columns into keys.
DATA: Final = Frame(
    *lead(LSM_DATA, version=1),
    "entry_count" / Count(Int16ul, of="entries.keys", minimum=1, maximum=DATA_ENTRY_COUNT_MAXIMUM),
    "locator_count" / Count(Int16ul, of="entries.extents", maximum=LOCATOR_COUNT_MAXIMUM),
    "entries_length" / Length(Int32ul, of="entries", maximum=DATA_LENGTH_MAXIMUM),
    "entries_checksum" / Crc32c(covers="entries"),
    "reserved" / Reserved(12),
    "seal" / Seal(seed=RUN_PLACE),
    "entries"
    / Region(
        this.entries_length,
        Struct(
            "key_ends" / Ends(this._.entry_count, Int16ul, of="keys"),
            "locator_ends" / Column(this._.entry_count, Int16ul, order="ascending", last=this._.locator_count),
            "extents" / Column(this._.locator_count, Int32ul),
            "generations" / Column(this._.locator_count, Int32ul),
            "offsets" / Column(this._.locator_count, Int32ul),
            "lengths" / Column(this._.locator_count, Int32ul),
            "checksums" / Column(this._.locator_count, Int32ul),
            "keys" / keys(),
        ),
    ),
)
assert DATA.header_size == PAGE_HEADER_SIZE == 32

PREFIX_LENGTH_SIZE: Final = 2
#: All keys of a page, the prefix counted for each.
DATA_KEYS_SIZE_MAXIMUM: Final = DATA_LENGTH_MAXIMUM

#: The same columns, of keys without their longest common prefix.
DATA_V2: Final = Frame(
    *lead(LSM_DATA, version=2),
    "entry_count" / Count(Int16ul, of="entries.keys", minimum=1, maximum=DATA_ENTRY_COUNT_MAXIMUM),
    "locator_count" / Count(Int16ul, of="entries.extents", maximum=LOCATOR_COUNT_MAXIMUM),
    "entries_length" / Length(Int32ul, of="entries", maximum=DATA_LENGTH_MAXIMUM),
    "entries_checksum" / Crc32c(covers="entries"),
    "prefix_length" / Length(Int16ul, of="entries.prefix", maximum=KEY_SIZE_MAXIMUM),
    "reserved" / Reserved(12 - PREFIX_LENGTH_SIZE),
    "seal" / Seal(seed=RUN_PLACE),
    "entries"
    / Region(
        this.entries_length,
        Struct(
            "key_ends" / Ends(this._.entry_count, Int16ul, of="keys", prefix="prefix"),
            "locator_ends" / Column(this._.entry_count, Int16ul, order="ascending", last=this._.locator_count),
            "extents" / Column(this._.locator_count, Int32ul),
            "generations" / Column(this._.locator_count, Int32ul),
            "offsets" / Column(this._.locator_count, Int32ul),
            "lengths" / Column(this._.locator_count, Int32ul),
            "checksums" / Column(this._.locator_count, Int32ul),
            "prefix" / PrefixOf(this._.prefix_length, of="keys"),
            "keys"
            / Slices(
                ends="key_ends",
                minimum=1,
                maximum=KEY_SIZE_MAXIMUM,
                order="strict",
                prefix="prefix",
                total=DATA_KEYS_SIZE_MAXIMUM,
            ),
        ),
    ),
)
assert DATA_V2.header_size == PAGE_HEADER_SIZE

INDEX: Final = Frame(
    *lead(LSM_INDEX, version=1),
    "entry_count" / Count(Int32ul, of="entries.keys", minimum=1, maximum=INDEX_ENTRY_COUNT_MAXIMUM),
    "entries_length" / Length(Int32ul, of="entries", maximum=INDEX_LENGTH_MAXIMUM),
    "entries_checksum" / Crc32c(covers="entries"),
    "reserved" / Reserved(12),
    "seal" / Seal(seed=RUN_PLACE),
    "entries"
    / Region(
        this.entries_length,
        Struct(
            "key_ends" / Ends(this._.entry_count, Int32ul, of="keys"),
            "page_offsets" / Column(this._.entry_count, Int32ul, order="strict"),
            "page_lengths" / Column(this._.entry_count, Int32ul),
            "keys" / keys(),
        ),
    ),
)
assert INDEX.header_size == PAGE_HEADER_SIZE

#: A blocked bloom filter. Which bits of which word a key sets is part of the format: see the docstring.
FILTER: Final = Frame(
    *lead(LSM_FILTER, version=1),
    "word_count" / Count(Int32ul, of="entries.words", minimum=1, maximum=WORD_COUNT_MAXIMUM),
    "entries_length" / Length(Int32ul, of="entries", maximum=FILTER_LENGTH_MAXIMUM),
    "entries_checksum" / Crc32c(covers="entries"),
    "probes" / Bounded(Int8ul, 1, 16),
    "reserved" / Reserved(11),
    "seal" / Seal(seed=RUN_PLACE),
    "entries" / Region(this.entries_length, Struct("words" / Column(this._.word_count, Int64ul))),
)
assert FILTER.header_size == PAGE_HEADER_SIZE

#: Of one size, so that a reader finds it at the end of the run.
FOOTER: Final = Frame(
    *lead(LSM_FOOTER, version=1),
    "run" / Bounded(Int32ul, 1, 2**32 - 1),
    "entry_count" / Bounded(Int64ul, 1, 2**64 - 1),
    "tombstone_count" / Int64ul,
    "index_offset" / Int32ul,
    "index_length" / Int32ul,
    "filter_offset" / Int32ul,
    "filter_length" / Int32ul,
    "reserved" / Reserved(4),
    "seal" / Seal(seed=RUN_PLACE),
)
assert FOOTER.sizeof() == FOOTER_SIZE == 48
