"""What an exercise puts under load: shapes of stores, keys and values, and where the store lives.

Sizes are biased to where things change: nothing, one byte, the borders of pages and chunks, values of several chunks.
"""

from __future__ import annotations

from random import Random
from typing import Final, Protocol

import msgspec

from engine import Limits, Shape, Store
from engine.chunks import KEY_MAXIMUM
from engine.frames import FRAME_OVERHEAD
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness

KIB: Final = 2**10
MIB: Final = 2**20

#: Bytes that values are cut from.
INK_SIZE: Final = MIB
#: The number of the put, at the start of its value: no two values of 8 bytes or more are equal.
NUMBER_SIZE: Final = 8
#: Bytes that one operation moves on average for the sake of values around the size of a chunk and larger.
LARGE_BYTES_PER_OPERATION: Final = 2048


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A store and its load. `rare`: how often in 10,000 operations each costly one comes (a scrub, a reopen)."""

    shape: Shape
    limits: Limits
    keys: int
    rare: int


PRESETS: Final = {
    # Everything that is rare in a real store happens all the time.
    "tiny": Preset(
        shape=Shape(extent_count=64, extent_size_bytes=16 * KIB, page_size_bytes=512),
        limits=Limits(
            memtable_entries=24,
            cache_bytes=4 * KIB,
            buffer_pool_bytes=8 * KIB,
            write_bytes=2 * KIB,
            chunk_bytes=3000,
            run_fanout=3,
            cadence_seconds=0.05,
        ),
        keys=150,
        rare=30,
    ),
    "small": Preset(
        shape=Shape(extent_count=128, extent_size_bytes=256 * KIB),
        limits=Limits(
            memtable_entries=500,
            cache_bytes=64 * KIB,
            buffer_pool_bytes=256 * KIB,
            write_bytes=32 * KIB,
            chunk_bytes=32 * KIB,
            run_fanout=4,
            cadence_seconds=0.5,
        ),
        keys=2000,
        rare=6,
    ),
    "default": Preset(shape=Shape(extent_count=64), limits=Limits(), keys=20_000, rare=1),
}


class Value(msgspec.Struct, frozen=True):
    """A value that was put, by what it is made from. `number`: of the operation that put it."""

    number: int
    offset: int
    size: int


class Load:
    """The keys and values of one exercise, all from its seed."""

    def __init__(self, preset: Preset, key_count: int, seed: int) -> None:
        self._random = Random(f"load {seed}")
        self._ink = self._random.randbytes(INK_SIZE)
        self._page = preset.shape.page_size_bytes
        self._chunk = min(
            preset.limits.chunk_bytes, preset.shape.extent_size_bytes - KEY_MAXIMUM // 16 - FRAME_OVERHEAD - 64
        )
        self._large = min(0.05, LARGE_BYTES_PER_OPERATION / self._chunk)
        self.keys = sorted({key_of(number, preset.shape.extent_size_bytes) for number in range(key_count)})

    def value(self, number: int, key: bytes) -> Value:
        """A new value for a key."""
        size = self._size(len(key))
        return Value(number, self._random.randrange(INK_SIZE), size)

    def bytes_of(self, value: Value) -> bytes:
        """A value's bytes."""
        start = value.number.to_bytes(NUMBER_SIZE, "big")
        rest = max(0, value.size - NUMBER_SIZE)
        ink = self._ink[value.offset : value.offset + rest]
        if len(ink) < rest:
            ink += self._ink * (rest // INK_SIZE) + self._ink[: (rest - len(ink)) % INK_SIZE]
        return (start + ink)[: value.size] if value.size < NUMBER_SIZE else start + ink[:rest]

    def _size(self, key_length: int) -> int:
        draw = self._random.random()
        if draw < self._large:
            return max(0, self._chunk * self._random.choice((1, 1, 1, 2, 3)) + self._random.randint(-3, 3))
        if draw < 0.15:
            return self._random.choice((0, 1, 2, 7, 8, 9))
        if draw < 0.45:
            return self._random.randint(80, 120)
        if draw < 0.6:
            border = self._page * self._random.randint(1, 3) - FRAME_OVERHEAD - key_length
            return max(0, border + self._random.randint(-3, 3))
        if draw < 0.7:
            return min(4096, self._chunk)
        return self._random.randrange(self._page)


def key_of(number: int, extent_size_bytes: int) -> bytes:
    """The key with this number: short and long ones, with common beginnings, not all of them text."""
    kind = number % 16
    if kind == 3 and number < 4096:
        return bytes([number // 16])
    if kind == 5:
        return b"photographs/2024/summer/%d/original.raw" % (number % 1000) + b"/%d" % number
    if kind == 7:
        return b"\x00\xff%d\x80" % number
    if kind == 9 and number % 320 == 9:
        return b"%d/" % number + b"long" * ((min(KEY_MAXIMUM, extent_size_bytes // 16) - 12) // 4)
    return b"key-%d" % number


class Place(Protocol):
    """Where the store of an exercise lives."""

    def create(self) -> Store:
        """The new store."""
        ...

    def reopen(self, *, read_only: bool = False) -> Store:
        """The store again, after it was closed."""
        ...


class InMemory:
    """A store on a disk in memory, without threads: the same seed gives the same run, bit by bit."""

    def __init__(self, preset: Preset, seed: int, store_class: type[Store] = Store) -> None:
        self._preset = preset
        self._limits = msgspec.structs.replace(preset.limits, background=False)
        self._seams = Seams(randomness=SeededRandomness(seed))
        self._class = store_class
        shape = preset.shape
        self._disk = MemoryDisk(shape.extent_count, shape.extent_size_bytes)

    def create(self) -> Store:
        """See `Place`."""
        return self._class.create_on(self._disk, self._preset.shape, self._limits, self._seams)

    def reopen(self, *, read_only: bool = False) -> Store:
        """See `Place`."""
        self._disk = self._disk.fork()
        return self._class.open_on(self._disk, self._limits, self._seams, read_only=read_only)


class OnDisk:
    """A store in a directory, with its background thread."""

    def __init__(self, path: str, preset: Preset, store_class: type[Store] = Store) -> None:
        self._path = path
        self._preset = preset
        self._class = store_class

    def create(self) -> Store:
        """See `Place`."""
        return self._class.create(self._path, self._preset.shape, self._preset.limits)

    def reopen(self, *, read_only: bool = False) -> Store:
        """See `Place`."""
        return self._class.open(self._path, self._preset.limits, read_only=read_only)
