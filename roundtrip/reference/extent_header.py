"""extent_header, kind 1: the first frame of an extent, 64 bytes.

Bound to (extent, offset).

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 4 | magic, kind, version | D3 D0, 1, 1 |
| 4 | 1 | owner | data=2, index=3, metadata=4, superblock=5 |
| 5 | 3 | reserved | zero |
| 8 | 16 | disk | any: the UUID of the disk |
| 24 | 4 | extent_size | 4096..2^31 bytes |
| 28 | 4 | page_size | 512..65536 bytes |
| 32 | 4 | generation | 1..2^32-1 |
| 36 | 24 | reserved | zero |
| 60 | 4 | seal | CRC32C of bytes 0..59, seeded |
"""

from __future__ import annotations

from typing import Any

from .header import Buffer, open_header

CONTEXT = ("extent", "offset")
SIZE_BYTES = 64
OWNERS = {2: "data", 3: "index", 4: "metadata", 5: "superblock"}


def decode_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the extent header that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=SIZE_BYTES, kind=1, seed=seed)
    extent_size = header.bounded("extent_size", 24, 4, 4096, 2**31)
    page_size = header.bounded("page_size", 28, 4, 512, 65536)
    generation = header.bounded("generation", 32, 4, 1, 2**32 - 1)

    owner = header.member("owner", 4, OWNERS)
    header.reserved(5, 3)
    header.reserved(36, 24)
    value = {
        "owner": owner,
        "disk": header.raw(8, 16),
        "extent_size": extent_size,
        "page_size": page_size,
        "generation": generation,
    }
    return value, SIZE_BYTES
