"""Where bytes were written: the context that seeds a format's header checksum.

A frame is valid in one place and one life only, because its header CRC32C continues from the CRC32C of the packed
place. Every numeric field is 32 bits wide, so a change of one of them alone is a burst of at most 32 bits, which
CRC32C detects with certainty.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec
from crc32c import crc32c

#: Every context field a format may be seeded with, and its struct code.
CONTEXT_FIELDS: Final[dict[str, str]] = {"disk": "16s", "extent": "I", "generation": "I", "offset": "I", "run": "I"}


class Place(msgspec.Struct, frozen=True):
    """A place on a disk, or inside a sorted run.

    disk: the disk's UUID, 16 bytes; extent: number of the extent; generation: its life, counted by resets;
    offset: bytes from the start of the extent (of the run, for LSM pages); run: number of the sorted run.
    """

    disk: bytes = b"\0" * 16
    extent: int = 0
    generation: int = 0
    offset: int = 0
    run: int = 0

    def seed(self, fields: tuple[str, ...]) -> int:
        """The CRC32C of the named fields, packed little-endian in this order; 0 for no field."""
        return seed_of(fields, self)


def seed_format(fields: tuple[str, ...]) -> str:
    """The struct format in which the named context fields are packed, e.g. `<16sIII`."""
    return "<" + "".join(CONTEXT_FIELDS[name] for name in fields)


def seed_of(fields: tuple[str, ...], place: Place) -> int:
    """The CRC32C of the named fields of a place; `ValueError` where one does not fit its width."""
    if not fields:
        return 0
    if "disk" in fields and len(place.disk) != 16:
        raise ValueError(f"disk: expected 16 bytes, found {len(place.disk)}")
    try:
        packed = struct.pack(seed_format(fields), *(getattr(place, name) for name in fields))
    except struct.error as error:
        raise ValueError(f"place {place}: {error}") from None
    return crc32c(packed)
