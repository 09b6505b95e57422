"""What every engine is given: the same keys, values and order for the same seed.

Keys are 16 random bytes, so they arrive in random order. They stand in one string of bytes and are cut out of it while
the clock runs (0.05 µs each, for every engine alike): a million key objects would be counted as an engine's memory.
Values are incompressible; a pool of a few thousand of them is made beforehand and used over and over.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from struct import Struct
from typing import Final

from .peer import Pair, Room

MIB: Final = 2**20
KEY_SIZE: Final = 16
SIZES: Final = (100, 4096, 65536, MIB)
POOL_BYTES: Final = 16 * MIB
POOL_VALUES: Final = (4, 4096)
BATCH_VALUES: Final = 1000
BATCH_BYTES: Final = 4 * MIB
BATCH_MINIMUM: Final = 4
CUT: Final = Struct(f"{KEY_SIZE}s")

#: The disk that is overwritten holds at least so many values, in at least so many extents of at least this size.
VALUES_MINIMUM: Final = 16
EXTENTS: Final = 1024
EXTENTS_MINIMUM: Final = 64
EXTENT_BYTES_MINIMUM: Final = 65536
#: Up to this value size, so many bytes of framing and index stand beside each value and count as filled.
SMALL_MAXIMUM: Final = 1024
SMALL_FRAMING_BYTES: Final = 100
#: And the disk is filled so far only: merging an index that is a fifth of what is stored takes room of its own.
SMALL_FILL: Final = 0.5


@dataclass(frozen=True)
class Volume:
    """How much is done. value_bytes: of all values of one size; keys_minimum, keys_maximum: bounds of their number.

    gets: the least and the most; durable: the most puts of one thread (eight together do twice as many); reopens: how
    often a store is opened again; turnover_bytes: the disk that is overwritten; fill: the share of it that keys and
    values take; turnovers: how often its capacity is written again.
    """

    value_bytes: int
    keys_minimum: int
    keys_maximum: int
    gets: tuple[int, int]
    durable: int
    reopens: int
    turnover_bytes: int
    fill: float = 0.7
    turnovers: int = 4

    def key_count(self, size: int) -> int:
        """How many values of this size are put."""
        return max(self.keys_minimum, min(self.keys_maximum, self.value_bytes // size))

    def get_count(self, size: int) -> int:
        """How many are read at random."""
        low, high = self.gets
        return max(low, min(high, self.key_count(size)))

    def durable_count(self, size: int) -> int:
        """How many durable puts one thread makes."""
        return max(self.keys_minimum, min(self.durable, self.value_bytes // (4 * size)))

    def room(self, size: int, *, durable: bool = False) -> Room:
        """A disk with ample room for them."""
        needed = 2 * self.key_count(size) * (size + KEY_SIZE + SMALL_FRAMING_BYTES)
        return Room(needed + 128 * MIB, 4 * MIB, size, durable)

    def turnover_room(self, size: int) -> Room:
        """The disk that is overwritten: 1024 extents of 256 KiB, and an eighth of it for small values.

        A real disk has thousands of extents; with few of them the reserved ones would be a good part of the disk.
        """
        disk = self.turnover_bytes // 8 if size <= SMALL_MAXIMUM else self.turnover_bytes
        extent = max(disk // EXTENTS, min(size, disk // EXTENTS * 4), EXTENT_BYTES_MINIMUM)
        return Room(max(disk, EXTENTS_MINIMUM * extent, VALUES_MINIMUM * size), extent, size)

    def turnover_counts(self, size: int) -> tuple[int, int]:
        """How many keys are on that disk, and how many puts write its capacity so many times."""
        capacity = self.turnover_room(size).capacity_bytes
        is_small = size <= SMALL_MAXIMUM
        taken = size + KEY_SIZE + (SMALL_FRAMING_BYTES if is_small else 0)
        fill = min(self.fill, SMALL_FILL) if is_small else self.fill
        return int(fill * capacity / taken), self.turnovers * capacity // taken


FULL: Final = Volume(256 * MIB, 64, 200_000, (1024, 100_000), 240, 3, 256 * MIB)
#: A few milliseconds for each engine and operation.
QUICK: Final = Volume(MIB // 8, 4, 64, (8, 64), 8, 1, 4 * MIB, fill=0.2, turnovers=1)


def key_bytes(seed: int, count: int) -> bytes:
    """So many keys, one behind the other."""
    return random.Random(f"{seed} keys").randbytes(count * KEY_SIZE)


def key_at(keys: bytes, index: int) -> bytes:
    """One of the keys."""
    return keys[index * KEY_SIZE : (index + 1) * KEY_SIZE]


def cut(keys: bytes) -> Iterator[tuple[bytes]]:
    """Each key as a tuple of one."""
    return CUT.iter_unpack(keys)


def pool(seed: int, size: int, needed: int) -> list[bytes]:
    """The values of one size, not more than are needed."""
    draw = random.Random(f"{seed} values {size}")
    low, high = POOL_VALUES
    return [draw.randbytes(size) for _ in range(max(low, min(high, needed, POOL_BYTES // size)))]


def pairs(keys: bytes, values: list[bytes]) -> Iterator[Pair]:
    """Each key with its value: the pool over and over."""
    return ((key, value) for (key,), value in zip(cut(keys), cycle(values), strict=False))


def batch_size(size: int) -> int:
    """How many values of this size go into one batch."""
    return max(BATCH_MINIMUM, min(BATCH_VALUES, BATCH_BYTES // size))


def drawn(seed: int, purpose: str, count: int, draws: int) -> list[int]:
    """So many indexes below `count`, in random order."""
    return random.Random(f"{seed} {purpose}").choices(range(count), k=draws)


def chosen_keys(keys: bytes, indexes: list[int]) -> bytes:
    """The keys of these indexes, one behind the other."""
    return b"".join(key_at(keys, index) for index in indexes)
