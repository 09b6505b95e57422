"""What a crash can leave of each extent; an image is one variant of every extent.

Writes that no sync has made durable survive in any combination, each whole, cut to a prefix, or without one sector. On
a disk with hard write pointers the writes of one zone survive in order, the last of them perhaps cut. Between extents
there is no order. Images are enumerated with at most one torn write each: every subset of whole writes, and for each
write of it every tear beside every subset of the others.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING, Any

from engine.crash_choice import Kept, Unsynced, tears
from engine.zoned_disk import ZonedDisk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.memory_disk import MemoryDisk

#: Bytes of the hash that tells images apart.
HASH_BYTES = 8


class Variant:
    """One content of one extent. `hashed` is of extent number and bytes; `kept` what survived of unsynced writes.

    `answers` keeps what readers learned from it, `results` what their decoders made of it.
    """

    __slots__ = ("answers", "data", "hashed", "kept", "results")

    def __init__(self, extent: int, data: bytes, kept: tuple[Kept, ...] = ()) -> None:
        self.data = data
        self.kept = kept
        self.answers: dict[Any, Any] = {}
        self.results: dict[Any, Any] = {}
        digest = blake2b(data, digest_size=HASH_BYTES, salt=extent.to_bytes(8, "little"))
        self.hashed = int.from_bytes(digest.digest(), "little")


class Variants:
    """The variants of one extent: `whole` have no torn write, `torn` exactly one; they differ from `start` to `end`."""

    __slots__ = ("end", "start", "torn", "whole")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.whole: list[Variant] = []
        self.torn: list[Variant] = []


def variants_of(disk: MemoryDisk, durable: Sequence[Variant], *, sectors_only: bool = False) -> dict[int, Variants]:
    """For each extent that unsynced writes touch, what a crash can leave of it.

    durable: every extent's variant without any unsynced write; sectors_only: prefixes end at sectors' ends only.
    """
    by_extent: defaultdict[int, list[tuple[int, Unsynced]]] = defaultdict(list)
    for index, write in enumerate(disk.unsynced):
        by_extent[write.extent].append((index, write))
    choices = zoned_choices if isinstance(disk, ZonedDisk) else free_choices
    found: dict[int, Variants] = {}
    for extent, writes in by_extent.items():
        variants = found[extent] = Variants(*touched(writes, disk.extent_size_bytes))
        seen: dict[bytes, None] = {}
        unsynced = dict(writes)
        for is_torn, kept in choices(writes, sectors_only=sectors_only):
            data = content(durable[extent].data, unsynced, kept)
            if data not in seen:
                seen[data] = None
                (variants.torn if is_torn else variants.whole).append(Variant(extent, data, kept))
    return found


def touched(writes: Sequence[tuple[int, Unsynced]], extent_size_bytes: int) -> tuple[int, int]:
    """From where to where in the extent these writes can make a difference, in bytes."""
    if any(write.is_reset for _, write in writes):
        return 0, extent_size_bytes
    return min(write.offset for _, write in writes), max(write.offset + len(write.data) for _, write in writes)


def content(durable: bytes, unsynced: dict[int, Unsynced], kept: Sequence[Kept]) -> bytes:
    """The bytes of an extent of which these writes survived."""
    data = bytearray(durable)
    for one in kept:
        write = unsynced[one.index]
        if write.is_reset:
            data = bytearray(len(durable))
        for offset, piece in one.pieces(write):
            data[offset : offset + len(piece)] = piece
    return bytes(data)


def free_choices(
    writes: Sequence[tuple[int, Unsynced]], *, sectors_only: bool
) -> Iterator[tuple[bool, tuple[Kept, ...]]]:
    """Every subset of the writes, then each with one of them torn in every way."""
    for chosen in product((False, True), repeat=len(writes)):
        yield False, tuple(Kept(index) for (index, _), is_kept in zip(writes, chosen, strict=True) if is_kept)
    for place, (index, write) in enumerate(writes):
        others = [other for other in range(len(writes)) if other != place]
        for tear in tears_of(index, write, sectors_only=sectors_only):
            for chosen in product((False, True), repeat=len(others)):
                kept = [Kept(writes[at][0]) for at, is_kept in zip(others, chosen, strict=True) if is_kept]
                yield True, tuple(sorted([*kept, tear], key=lambda one: one.index))


def zoned_choices(
    writes: Sequence[tuple[int, Unsynced]], *, sectors_only: bool
) -> Iterator[tuple[bool, tuple[Kept, ...]]]:
    """The first writes of the zone, as many as one likes, then each such row with a prefix of the next one."""
    for count in range(len(writes) + 1):
        yield False, tuple(Kept(index) for index, _ in writes[:count])
    for count, (index, write) in enumerate(writes):
        before = tuple(Kept(other) for other, _ in writes[:count])
        for tear in tears_of(index, write, sectors_only=sectors_only):
            if tear.length is not None:
                yield True, (*before, tear)


def tears_of(index: int, write: Unsynced, *, sectors_only: bool) -> Iterator[Kept]:
    """Every way in which one write can survive in part."""
    for tear in tears(index, write):
        if not sectors_only or tear.length is None or (write.offset + tear.length) % 512 == 0:
            yield tear


def images_of(found: dict[int, Variants]) -> Iterator[tuple[Variant, ...]]:
    """Every image: a variant for each touched extent, in the order of `found`, at most one of them torn."""
    wholes = [variants.whole for variants in found.values()]
    yield from product(*wholes)
    for place, variants in enumerate(found.values()):
        if variants.torn:
            yield from product(*wholes[:place], variants.torn, *wholes[place + 1 :])


def kept_of(chosen: Sequence[Variant]) -> tuple[Kept, ...]:
    """What survived in an image, for `MemoryDisk.crash`."""
    return tuple(sorted((kept for variant in chosen for kept in variant.kept), key=lambda kept: kept.index))


class DurableVariants:
    """Extents without any unsynced write. The same content is the same variant, so that its answers are kept."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bytes], Variant] = {}

    def of(self, disk: MemoryDisk) -> list[Variant]:
        """Every extent of a disk as it is durable."""
        lost, size = disk.crash(), disk.extent_size_bytes
        variants = []
        for number in range(disk.extent_count):
            data = lost.read(number, 0, size)
            variant = self._known.get((number, data))
            if variant is None:
                variant = self._known[number, data] = Variant(number, data)
            variants.append(variant)
        return variants
