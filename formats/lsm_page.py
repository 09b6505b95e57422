"""`lsm_page`: the pages of a sorted run: data, index, filter and footer.

A run lies in the payload of chunks, and chunks move. So a page is sealed with its place in the run (disk, run number,
offset in the run), which moves along, and not with the place of the chunk. Entries are stored as columns of
fixed-width numbers and one heap of keys, so that a key is found by binary search in the bytes.

<!-- layout: lsm_page.data -->

    Numbers are little-endian.

    offset  size               field             type            constraint
         0  2                  magic             bytes           d3 d0
         2  1                  kind              u8              5
         3  1                  version           u8              1
         4  2                  entry_count       u16             1..8192, number of entries.keys
         6  2                  locator_count     u16             0..16384, number of entries.extents
         8  4                  entries_length    u32             0..65536, length of entries in
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

<!-- layout: lsm_page.index -->

    Numbers are little-endian.

    offset  size             field             type            constraint
         0  2                magic             bytes           d3 d0
         2  1                kind              u8              6
         3  1                version           u8              1
         4  4                entry_count       u32             1..65536, number of entries.keys
         8  4                entries_length    u32             0..2^24, length of entries in bytes
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
from .primitives import Bounded, Column, Count, Crc32c, Ends, Frame, Length, Region, Reserved, Seal, Slices

KEY_SIZE_MAXIMUM: Final = 4096
PAGE_HEADER_SIZE: Final = 4 + 4 + 4 + 4 + 12 + 4
FOOTER_SIZE: Final = 4 + 4 + 8 + 8 + 4 * 4 + 4 + 4


def keys() -> Any:
    """The key heap: keys of 1 to 4096 bytes, strictly ascending."""
    return Slices(ends="key_ends", minimum=1, maximum=KEY_SIZE_MAXIMUM, order="strict")


#: A key with no locators is a tombstone. `locator_ends` cuts the locator columns into keys.
DATA: Final = Frame(
    *lead(LSM_DATA, version=1),
    "entry_count" / Count(Int16ul, of="entries.keys", minimum=1, maximum=8192),
    "locator_count" / Count(Int16ul, of="entries.extents", maximum=16384),
    "entries_length" / Length(Int32ul, of="entries", maximum=65536),
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

#: One entry per data page: where it is in the run, and its last key.
INDEX: Final = Frame(
    *lead(LSM_INDEX, version=1),
    "entry_count" / Count(Int32ul, of="entries.keys", minimum=1, maximum=65536),
    "entries_length" / Length(Int32ul, of="entries", maximum=2**24),
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

#: A blocked bloom filter: each key sets `probes` bits of one 64-bit word.
FILTER: Final = Frame(
    *lead(LSM_FILTER, version=1),
    "word_count" / Count(Int32ul, of="entries.words", minimum=1, maximum=2**20),
    "entries_length" / Length(Int32ul, of="entries", maximum=2**23),
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
