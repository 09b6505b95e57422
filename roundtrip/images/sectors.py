"""Every sector of an image, free extents included, in five kinds of decay; each is examined in full.

    zero       all zeros, as a drive gives what it has lost
    ones       all 0xFF, as erased flash reads
    random     bytes of the seed
    stale      what the sector held before: of a former life of its extent, or before its last change
    swapped    this sector and one that is drawn have changed places

A swap is two faults. In its roots a store takes one at a time, so of two swapped sectors at most one lies there.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from engine.crash_choice import SECTOR_SIZE
from engine.extents import RESERVED_COUNT

from .examining import Examiner
from .flips import FINDINGS_MAXIMUM, UPKEEP_EVERY, Wrong

if TYPE_CHECKING:
    from ..faults.places import Place
    from .prepared import PreparedImage

KINDS: Final = ("zero", "ones", "random", "stale", "swapped")


class SectorCounts(msgspec.Struct):
    """How many sectors were damaged. `same`: where the damage is what was there already; `hit`: where a named byte
    changed; `sectors`: all that were looked at, each kind counted."""

    sectors: int = 0
    same: int = 0
    examined: int = 0
    hit: int = 0
    wrong: int = 0


class SectorDamager:
    """Damages the sectors of one image."""

    def __init__(self, image: PreparedImage, *, seed: int) -> None:
        self.image = image
        self.seed = seed
        self.counts = {kind: SectorCounts() for kind in KINDS}
        self.wrong: list[Wrong] = []
        self._examiner = Examiner(image)

    @property
    def total(self) -> int:
        """Sectors of the image."""
        return len(self.image.disk.data) // SECTOR_SIZE

    def damage(self, number: int, kind: str) -> None:
        """One sector in one kind of decay."""
        counts, data = self.counts[kind], self.image.disk.data
        counts.sectors += 1
        former: dict[int, bytes] = {}
        for sector, content in self.changed(number, kind).items():
            start = sector * SECTOR_SIZE
            before = bytes(data[start : start + SECTOR_SIZE])
            if content != before:
                former[sector] = before
                data[start : start + SECTOR_SIZE] = content
        if not former:
            counts.same += 1
            return
        try:
            hit = self._hit(former)
            counts.examined += 1
            counts.hit += any(place.start < place.end for place in hit)
            is_kept_up = not counts.examined % (8 * UPKEEP_EVERY)
            problem = self._examiner.problem(hit, with_repair=True, with_upkeep=is_kept_up)
        finally:
            for sector, before in former.items():
                data[sector * SECTOR_SIZE : (sector + 1) * SECTOR_SIZE] = before
        if problem:
            counts.wrong += 1
            if len(self.wrong) < FINDINGS_MAXIMUM:
                extent, offset = divmod(number * SECTOR_SIZE, self.image.disk.extent_size_bytes)
                self.wrong.append(Wrong(extent, offset, f"{kind} sector", hit[0].where, problem))

    def changed(self, number: int, kind: str) -> dict[int, bytes]:
        """What which sectors hold after the damage."""
        if kind == "zero":
            return {number: bytes(SECTOR_SIZE)}
        if kind == "ones":
            return {number: b"\xff" * SECTOR_SIZE}
        drawn = Random(f"{self.seed} {kind} {number}")
        if kind == "random":
            return {number: drawn.randbytes(SECTOR_SIZE)}
        if kind == "stale":
            earlier = self.image.kept.earlier or self.image.kept.data
            return {number: earlier[number * SECTOR_SIZE : (number + 1) * SECTOR_SIZE]}
        data = self.image.disk.data
        other = drawn.randrange(self.total)
        while other == number or self._are_roots(number, other):
            other = drawn.randrange(self.total)
        one, two = (bytes(data[each * SECTOR_SIZE : (each + 1) * SECTOR_SIZE]) for each in (number, other))
        return {number: two, other: one}

    def _are_roots(self, *sectors: int) -> bool:
        """Whether all of these sectors lie in the roots."""
        each = self.image.disk.extent_size_bytes // SECTOR_SIZE
        return all(sector < RESERVED_COUNT * each for sector in sectors)

    def _hit(self, former: dict[int, bytes]) -> list[Place]:
        """The places of the bytes that differ from what was there."""
        image, size = self.image, self.image.disk.extent_size_bytes
        found: dict[Place, None] = {}
        for sector, before in former.items():
            extent, offset = divmod(sector * SECTOR_SIZE, size)
            now = image.disk.data[sector * SECTOR_SIZE : (sector + 1) * SECTOR_SIZE]
            for index, (old, new) in enumerate(zip(before, now, strict=True)):
                if old != new:
                    found[image.place_at(extent, offset + index)] = None
        return list(found)
