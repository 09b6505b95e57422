"""What the engine computes for every frame: the seeds of its own places in one call each, and the keys of runs.

The same numbers as those of `Place.seed`, which packs whatever fields a format names.
"""

from __future__ import annotations

import struct
from typing import Final

from crc32c import crc32c

_EXTENT_LIFE: Final = struct.Struct("<16sII")
_EXTENT_PLACE: Final = struct.Struct("<II")
_RUN: Final = struct.Struct("<16sI")
_NUMBER: Final = struct.Struct("<I")


def life_seed(disk: bytes, extent: int, generation: int) -> int:
    """The constant part of the seed of every frame in one life of an extent; `offset_seed` continues it."""
    return crc32c(_EXTENT_LIFE.pack(disk, extent, generation))


def run_seed(disk: bytes, run: int) -> int:
    """The constant part of the seed of every page of a run; `offset_seed` continues it."""
    return crc32c(_RUN.pack(disk, run))


def offset_seed(offset: int, seed: int) -> int:
    """The seed of a frame at an offset, from the constant part of its place."""
    return crc32c(_NUMBER.pack(offset), seed)


def extent_header_seed(extent: int) -> int:
    """The seed of an extent's header, which lies at offset 0."""
    return crc32c(_EXTENT_PLACE.pack(extent, 0))


def run_key(run: int) -> bytes:
    """The key of the chunks of a run: its number, 4 bytes."""
    return _NUMBER.pack(run)


def run_of_key(key: bytes) -> int:
    """The number of the run that a chunk's key names; -1 where it is no such key."""
    return int(_NUMBER.unpack(key)[0]) if len(key) == _NUMBER.size else -1
