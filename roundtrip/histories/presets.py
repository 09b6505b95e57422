"""Presets: stores so small that every path runs within a few dozen operations, and what histories do to them.

The shapes are chosen so that memtables hold a handful of keys, pages a few entries, extents a few chunks, and the
caches next to nothing: a cache that holds everything hides the paths behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine import Limits, Shape
from engine.extents import HEADER_SIZE
from engine.frames import overhead_of
from engine.memory_disk import MemoryDisk
from engine.zoned_disk import ZonedDisk
from formats.errors import ShardproofError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How far around a border sizes are chosen.
BORDER: Final = 3


class UnknownPreset(ShardproofError):
    """No preset has this name."""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of store, and the keys and sizes of its histories.

    `keys`: in the order of their numbers, those that are used most first; `sizes`: in bytes, the simple ones first,
    then those for which a frame ends within `BORDER` bytes of a page's or an extent's end; `later_limits`: of the
    openings after the first, in turn with it.
    """

    name: str
    summary: str
    shape: Shape
    limits: Limits
    keys: tuple[bytes, ...]
    sizes: tuple[int, ...]
    is_zoned: bool = False
    later_limits: tuple[Limits, ...] = ()

    def limits_at(self, opening: int) -> Limits:
        """The limits with which a store is opened for the so many-th time; 0: with which it is created."""
        each = (self.limits, *self.later_limits)
        return each[opening % len(each)]

    def new_disk(self) -> MemoryDisk:
        """An empty disk of this shape."""
        kind = ZonedDisk if self.is_zoned else MemoryDisk
        return kind(self.shape.extent_count, self.shape.extent_size_bytes)


def border_sizes(shape: Shape, limits: Limits, key_length: int) -> tuple[int, ...]:
    """Payload sizes for which the first frame of an extent ends at a page border or the extent's end, ± `BORDER`."""
    before = HEADER_SIZE + overhead_of(limits.chunk_version) + key_length
    around = [
        shape.page_size_bytes - before,
        2 * shape.page_size_bytes - before,
        limits.chunk_bytes,
        shape.extent_size_bytes - before,
    ]
    sizes = {middle + step for middle in around for step in range(-BORDER, BORDER + 1)}
    return tuple(sorted(size for size in sizes if size >= 0))


SIMPLE_SIZES: Final = (1, 0, 2, 10, 40, 100)
SHORT_KEYS: Final = tuple(b"%x" % number for number in range(12))
LONG_KEYS: Final = (*SHORT_KEYS[:6], b"long" * 20, b"long" * 20 + b"!", b"z" * 300, b"z" * 511)


def page_sizes(shape: Shape, key_length: int) -> tuple[int, ...]:
    """Payload sizes for which a frame behind up to three of one byte ends within `BORDER` bytes of a page's end.

    The first page of an extent is shorter than the others, by the extent's header.
    """
    small = overhead_of(1) + key_length + 1
    whole = shape.page_size_bytes - overhead_of(1) - key_length
    ends = [page - small * before for page in (whole - HEADER_SIZE, whole) for before in range(4)]
    simple = (1, 1, 1, ends[1] + 2, ends[0] + 2, whole)
    assert len(simple) == len(SIMPLE_SIZES)
    return (*simple, *(end + step for end in ends for step in range(-BORDER, BORDER + 1)))


def preset(  # what a preset is made of
    name: str,
    summary: str,
    shape: Shape,
    limits: Limits,
    keys: Sequence[bytes] = SHORT_KEYS,
    sizes: tuple[int, ...] = (),
    *,
    is_zoned: bool = False,
    later_limits: tuple[Limits, ...] = (),
) -> Preset:
    """A preset whose sizes follow from its shape."""
    sizes = sizes or (*SIMPLE_SIZES, *border_sizes(shape, limits, len(keys[0])))
    return Preset(
        name=name,
        summary=summary,
        shape=shape,
        limits=limits,
        keys=tuple(keys),
        sizes=sizes,
        is_zoned=is_zoned,
        later_limits=later_limits,
    )


def written(limits: Limits, *, chunk: int, page: int) -> Limits:
    """The same limits with other versions of what is written."""
    return msgspec.structs.replace(limits, chunk_version=chunk, page_version=page)


TINY_SHAPE: Final = Shape(extent_count=28, extent_size_bytes=4096, page_size_bytes=512)
TINY_LIMITS: Final = Limits(
    memtable_entries=5,
    cache_bytes=1024,
    buffer_pool_bytes=8192,
    write_bytes=1024,
    chunk_bytes=1400,
    run_fanout=2,
    reserve_extents=4,
    background=False,
)
#: Fewer extents, so that full records of the superblock are short.
ENUMERATED_SHAPE: Final = msgspec.structs.replace(TINY_SHAPE, extent_count=20)
ENUMERATED_LIMITS: Final = msgspec.structs.replace(TINY_LIMITS, reserve_extents=3)
#: What the caches hold stays in them.
CACHED_LIMITS: Final = msgspec.structs.replace(TINY_LIMITS, memtable_entries=3, cache_bytes=65536)
CROWDED_SHAPE: Final = msgspec.structs.replace(TINY_SHAPE, extent_count=22)
CROWDED_SIZES: Final = (1000, 700, 1400, 2000, 3000, 100, 1800, 3500, 3900)
LARGER_SHAPE: Final = Shape(extent_count=40, extent_size_bytes=16384, page_size_bytes=512)
LARGER_LIMITS: Final = msgspec.structs.replace(
    TINY_LIMITS, memtable_entries=20, cache_bytes=4096, write_bytes=2048, chunk_bytes=3000, run_fanout=3
)
#: Keys that begin alike, as those of pages of version 2 do; some are so long that few fit into a page.
SHARED_KEYS: Final = (*(b"shared/%x" % number for number in range(8)), b"s", b"shared/" * 40, b"shared/" * 40 + b"!")
TINY_V2: Final = written(TINY_LIMITS, chunk=2, page=2)
#: What each opening writes: all of version 1 first, then both, and each version of the one beside each of the other.
ALTERNATING: Final = tuple(
    written(TINY_LIMITS, chunk=chunk, page=page) for chunk, page in ((2, 2), (1, 1), (2, 1), (1, 2))
)

PRESETS: Final = {
    each.name: each
    for each in (
        preset("tiny", "28 extents of 4 KiB, a memtable of 5 keys", TINY_SHAPE, TINY_LIMITS),
        preset(
            "pages", "the same, with frames that end at pages", TINY_SHAPE, TINY_LIMITS, sizes=page_sizes(TINY_SHAPE, 1)
        ),
        preset("zoned", "the same on a disk with hard write pointers", TINY_SHAPE, TINY_LIMITS, is_zoned=True),
        preset("long-keys", "the same with keys of up to 511 bytes", TINY_SHAPE, TINY_LIMITS, LONG_KEYS),
        preset(
            "enumerated", "20 extents of 4 KiB, whose crash states are enumerated", ENUMERATED_SHAPE, ENUMERATED_LIMITS
        ),
        preset(
            "enumerated-zoned",
            "the same on a disk with hard write pointers",
            ENUMERATED_SHAPE,
            ENUMERATED_LIMITS,
            is_zoned=True,
        ),
        preset("cached", "the same with a memtable of 3 keys and caches that hold all", TINY_SHAPE, CACHED_LIMITS),
        preset(
            "crowded", "the same with extents for 12 values at most", CROWDED_SHAPE, TINY_LIMITS, sizes=CROWDED_SIZES
        ),
        preset("v2", "as tiny, with chunks and pages of version 2", TINY_SHAPE, TINY_V2, SHARED_KEYS),
        preset(
            "mixed",
            "the same, each opening with other versions",
            TINY_SHAPE,
            TINY_LIMITS,
            SHARED_KEYS,
            later_limits=ALTERNATING,
        ),
        preset(
            "enumerated-v2",
            "as enumerated, with chunks and pages of version 2",
            ENUMERATED_SHAPE,
            written(ENUMERATED_LIMITS, chunk=2, page=2),
        ),
        preset("small", "40 extents of 16 KiB, a memtable of 20 keys", LARGER_SHAPE, LARGER_LIMITS),
    )
}


def preset_named(name: str) -> Preset:
    """The preset of this name. Raises `UnknownPreset`."""
    if name not in PRESETS:
        raise UnknownPreset(f"preset: expected one of {', '.join(PRESETS)}, found {name[:40]!r}")
    return PRESETS[name]
