"""The strict vocabulary: Construct classes that refuse what no writer makes, and check in one order.

Together with Construct's plain integers, Bytes, Struct and Array they are all that our formats are written in.
"""

from .checksums import Crc32c, Seal, Tag
from .columns import Column, Ends, PrefixOf, Slices
from .frame import Count, Frame, Length, Region
from .scalars import Bounded, ClosedEnum, ClosedFlags, Kind, Magic, Reserved, Version
from .streams import Blocks, RecordsToEnd

__all__ = [
    "Blocks",
    "Bounded",
    "ClosedEnum",
    "ClosedFlags",
    "Column",
    "Count",
    "Crc32c",
    "Ends",
    "Frame",
    "Kind",
    "Length",
    "Magic",
    "PrefixOf",
    "RecordsToEnd",
    "Region",
    "Reserved",
    "Seal",
    "Slices",
    "Tag",
    "Version",
]
