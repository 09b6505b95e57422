"""An image made ready for damage: its bytes to turn, who reads which of them, and what lies where."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from engine import Limits, Store
from engine.memory_disk import MemoryDisk

from ..faults.atlas import DEAD_FRAME, DEBRIS
from ..faults.places import Place, places_of
from ..reference.store import ground
from .medium import ImageDisk
from .questions import Questions
from .reading import seams
from .remembered import remembering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.images import KeptImage
    from engine.disk import Disk

    from .question import Question

#: Beside the keys that have a value, so many that have none are asked for.
ABSENT_MAXIMUM: Final = 24


class MapsDiffer(AssertionError):
    """The engine's map of named bytes is not the reference store's."""


class PreparedImage:
    """One kept image under damage.

    `disk`: its bytes; `used`: by extent how many bytes lie below the write pointer; `readers`: by extent where each
    stretch of bytes begins, and the questions that read it.
    """

    def __init__(self, kept: KeptImage) -> None:
        sidecar = kept.sidecar
        self.name = sidecar.name
        self.kept = kept
        self.limits = msgspec.structs.replace(msgspec.convert(sidecar.limits, Limits), cache_bytes=2**22)
        self.disk = ImageDisk(kept.data, sidecar.extent_size_bytes)
        known = [bytes.fromhex(key) for key in sidecar.engine.mapping]
        self.keys = (*known, *absent_keys(known))
        self.questions = Questions(self.disk, self.limits, self.keys)
        self.values = self.questions.values
        stretches = ground(self.disk.read_reference, self.questions.image)
        self.used = {extent: found[-1].end for extent, found in stretches.items()}
        self.places: list[Place] = places_of(MemoryDisk.from_image(kept.data, sidecar.extent_size_bytes), self.limits)
        self._place_at = self._places_by_byte()
        self._debris = [Place(extent, 0, 0, DEBRIS) for extent in range(self.disk.extent_count)]
        named = {
            (extent, at)
            for extent, found in stretches.items()
            for stretch in found
            if stretch.kind == "named"
            for at in range(stretch.start, stretch.end)
        }
        self._compare_maps(named)
        self.readers = {extent: self._readers_of(extent) for extent in range(self.disk.extent_count)}

    def _places_by_byte(self) -> dict[int, array[int]]:
        """By extent, for each byte the number of the place that it lies in, -1 for none; the first place counts."""
        found = {extent: array("i", [-1]) * self.disk.extent_size_bytes for extent in range(self.disk.extent_count)}
        for number in range(len(self.places) - 1, -1, -1):
            place = self.places[number]
            found[place.extent][place.start : place.end] = array("i", [number]) * (place.end - place.start)
        return found

    def _compare_maps(self, named: set[tuple[int, int]]) -> None:
        """Engine and reference store call the same bytes named."""
        mine = {
            (place.extent, at)
            for place in self.places
            if place.where != DEAD_FRAME
            for at in range(place.start, place.end)
        }
        if mine != named:
            raise MapsDiffer(f"named by one of the two readers alone: {sorted(mine ^ named)[:5]}")

    def _readers_of(self, extent: int) -> tuple[list[int], list[tuple[Question, ...]]]:
        """Where each stretch of an extent begins, and who reads it."""
        spans = {
            (start, end, number)
            for number, each in enumerate(self.questions.spans)
            for place, start, end in each
            if place == extent and start < end
        }
        borders = sorted({0, *(border for start, end, _ in spans for border in (start, end))})
        inside: dict[int, set[int]] = {border: set() for border in borders}
        for start, end, number in spans:
            for border in borders[bisect_right(borders, start) - 1 :]:
                if border >= end:
                    break
                inside[border].add(number)
        every = self.questions.every
        return borders, [tuple(every[number] for number in sorted(inside[border])) for border in borders]

    def readers_at(self, extent: int, offset: int) -> tuple[Question, ...]:
        """The questions that read a byte."""
        borders, questions = self.readers[extent]
        return questions[bisect_right(borders, offset) - 1]

    def place_at(self, extent: int, offset: int) -> Place:
        """What a byte belongs to; debris where it has no name."""
        number = self._place_at[extent][offset]
        return self._debris[extent] if number < 0 else self.places[number]

    def open(self, disk: Disk, *, read_only: bool) -> Store:
        """The store on a disk."""
        return Store.open_on(disk, self.limits, seams(), read_only=read_only)

    def copy(self) -> MemoryDisk:
        """A disk with the bytes as they are now, to write to."""
        return MemoryDisk.from_image(bytes(self.disk.data), self.disk.extent_size_bytes)


def absent_keys(known: list[bytes]) -> list[bytes]:
    """Some keys without a value: deleted ones among them, where they are numbered through."""
    taken = set(known)
    near = {key[:-1] + bytes([key[-1] ^ 1]) for key in known} - taken
    return sorted(near)[:ABSENT_MAXIMUM]


@contextmanager
def prepared(kept: KeptImage) -> Iterator[PreparedImage]:
    """An image made ready; while this lasts the reference store remembers what it said of the undamaged one."""
    with remembering() as stop_learning:
        image = PreparedImage(kept)
        stop_learning()
        yield image
