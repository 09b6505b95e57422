"""`extent_header`: what opens an extent and says whose it is and which life it is in.

It is sealed with the extent's number and the offset only, because whoever reads it does not know the disk's UUID and
the extent's generation yet: it carries both in clear.

<!-- layout: extent_header -->

    Numbers are little-endian.

    offset  size  field        type   constraint
         0  2     magic        bytes  d3 d0
         2  1     kind         u8     1
         3  1     version      u8     1
         4  1     owner        u8     data=2, index=3, metadata=4, superblock=5
         5  3     reserved_1   zeros  zero
         8  16    disk         bytes
        24  4     extent_size  u32    4096..2^31
        28  4     page_size    u32    512..65536
        32  4     generation   u32    1..2^32 - 1
        36  24    reserved_2   zeros  zero
        60  4     seal         u32    CRC32C of the 60 bytes before it, continued from the place
                                      (extent, offset)

<!-- end of layout -->
"""

from __future__ import annotations

from typing import Final

from construct import Bytes, Int8ul, Int32ul

from .lead import EXTENT_HEADER, EXTENT_PLACE, lead
from .primitives import Bounded, ClosedEnum, Frame, Reserved, Seal

#: Who an extent belongs to. On disk: frozen.
OWNERS: Final = {"data": 2, "index": 3, "metadata": 4, "superblock": 5}
EXTENT_SIZE_MINIMUM: Final = 4096
EXTENT_SIZE_MAXIMUM: Final = 2**31
PAGE_SIZE_MINIMUM: Final = 512
PAGE_SIZE_MAXIMUM: Final = 65536

EXTENT_HEADER_SIZE: Final = 4 + 1 + 3 + 16 + 4 + 4 + 4 + 24 + 4

SCHEMA: Final = Frame(
    *lead(EXTENT_HEADER, version=1),
    "owner" / ClosedEnum(Int8ul, **OWNERS),
    "reserved_1" / Reserved(3),
    "disk" / Bytes(16),
    "extent_size" / Bounded(Int32ul, EXTENT_SIZE_MINIMUM, EXTENT_SIZE_MAXIMUM),
    "page_size" / Bounded(Int32ul, PAGE_SIZE_MINIMUM, PAGE_SIZE_MAXIMUM),
    "generation" / Bounded(Int32ul, 1, 2**32 - 1),
    "reserved_2" / Reserved(24),
    "seal" / Seal(seed=EXTENT_PLACE),
)
assert SCHEMA.sizeof() == EXTENT_HEADER_SIZE == 64
