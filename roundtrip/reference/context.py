"""The context of a frame: where it belongs, packed and summed into the seed of its seal.

| field | size | content |
|---|---|---|
| disk | 16 | the UUID of the disk, raw |
| extent, generation, offset, run | 4 each | u32 little-endian |

Each format names the fields it is bound to; they are packed in the order named.
"""

from __future__ import annotations

from .crc import crc32c

DISK_SIZE_BYTES = 16


def seed_of(fields: tuple[str, ...], disk: bytes, extent: int, generation: int, offset: int, run: int) -> int:
    """The CRC32C of the named context fields; ValueError for a name or a value that no context has."""
    if "disk" in fields and len(disk) != DISK_SIZE_BYTES:
        raise ValueError(f"a disk is {DISK_SIZE_BYTES} bytes, not {len(disk)}")
    numbers = {"extent": extent, "generation": generation, "offset": offset, "run": run}
    packed = b""
    for field in fields:
        if field == "disk":
            packed += disk
        elif field not in numbers:
            raise ValueError(f"no context field is called {field!r}")
        elif not 0 <= numbers[field] <= 0xFFFFFFFF:
            raise ValueError(f"{field} {numbers[field]} does not fit in 32 bits")
        else:
            packed += numbers[field].to_bytes(4, "little")
    return crc32c(packed)
