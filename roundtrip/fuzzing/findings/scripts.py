"""Scripts: what was done to a valid frame to make a finding of it, told by fields, so that it can be done to another.

A script is a list of numbers that fields were given and at most one place where bytes were put in or left out. Which
checksums do not match belongs to it too. Done to the frame that it was taken from, it gives the finding again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from formats.layout import CountOf, Digest, EndsOf, LengthOf

from ...spots import Spot, leaves
from .staleness import Stale, sealed_except, stale_checksums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.catalog import Format
    from formats.errors import Path

#: A frame with more fields than this is not told by fields.
LEAVES_MAXIMUM: Final = 20_000


@dataclass(frozen=True)
class Edit:
    """The field at `path` holds another number: `number` itself, or where `relative` so much more than it should.

    A field of bytes counts as one number too, its first byte the least significant.
    """

    path: Path
    number: int
    relative: bool = False

    def applied(self, frame: bytes, spot: Spot) -> bytes:
        """The frame with that number in the field."""
        return spot.write(frame, spot.read(frame) + self.number if self.relative else self.number)

    def simpler(self, spot: Spot) -> Iterator[Edit]:
        """Edits that are easier to read, the easiest first."""
        forms = [
            Edit(self.path, 1, relative=True),
            Edit(self.path, -1, relative=True),
            Edit(self.path, 0),
            Edit(self.path, 1),
            Edit(self.path, (1 << spot.bits) - 1),
            Edit(self.path, 1 << spot.bits - 1),
        ]
        yield from forms[: forms.index(self)] if self in forms else forms


@dataclass(frozen=True)
class Gap:
    """`removed` bytes left out and `added` put in, `offset` bytes behind the start of the field at `path`."""

    path: Path
    offset: int
    removed: int = 0
    added: bytes = b""

    def applied(self, frame: bytes, spot: Spot) -> bytes:
        """The frame with the bytes put in and left out."""
        start = spot.start + min(self.offset, spot.size)
        return frame[:start] + self.added + frame[start + self.removed :]

    @property
    def size(self) -> int:
        """By how many bytes the frame becomes longer, or below 0 shorter."""
        return len(self.added) - self.removed

    def simpler(self) -> Iterator[Gap]:
        """Smaller gaps, the smallest first."""
        for removed in dict.fromkeys((1, self.removed // 2, self.removed - 1)):
            if 0 < removed < self.removed:
                yield replace(self, removed=removed)
        for size in dict.fromkeys((1, len(self.added) // 2, len(self.added) - 1)):
            if 0 < size < len(self.added):
                yield replace(self, added=self.added[:size])
        if any(self.added):
            yield replace(self, added=bytes(len(self.added)))


@dataclass(frozen=True)
class Script:
    """What is done to a frame; `stale`: the checksums that are wrong afterwards."""

    edits: tuple[Edit, ...] = ()
    gap: Gap | None = None
    stale: frozenset[Stale] = frozenset()

    def applied(self, entry: Format, frame: bytes, seed: int) -> bytes:
        """The frame with everything done to it; what it has no field for is left out."""
        if not self.edits and self.gap is None and not self.stale:
            return frame
        spots = {spot.path: spot for spot in leaves(entry, frame, seed)}
        data = frame
        for edit in self.edits:
            if edit.path in spots:
                data = edit.applied(data, spots[edit.path])
        if self.gap is not None and self.gap.path in spots:
            data = self.gap.applied(data, spots[self.gap.path])
        return sealed_except(entry.oracle, data, seed, self.stale)

    def simpler_gaps(self) -> Iterator[Script]:
        """The same with a smaller gap, or none; lengths that were changed by its size are changed by the new one."""
        if self.gap is None:
            return
        yield replace(self, gap=None)
        for gap in self.gap.simpler():
            old, new = self.gap.size, gap.size
            edits = tuple(
                replace(edit, number=new) if edit.relative and edit.number == old else edit for edit in self.edits
            )
            if edits != self.edits:
                yield replace(self, gap=gap, edits=edits)
            yield replace(self, gap=gap)

    def without(self, scope: Path, names: frozenset[str], first: int, count: int) -> Script:
        """The same where `count` elements from `first` on have gone from the arrays `names` of the struct `scope`."""

        def moved(path: Path) -> Path | None:
            depth = len(scope) + 1
            if path[: depth - 1] != scope or len(path) <= depth or path[depth - 1] not in names:
                return path
            index = path[depth]
            if not isinstance(index, int) or index < first:
                return path
            return None if index < first + count else (*path[:depth], index - count, *path[depth + 1 :])

        edits = tuple(
            replace(edit, path=path) for edit in self.edits for path in (moved(edit.path),) if path is not None
        )
        behind = None if self.gap is None else moved(self.gap.path)
        gap = None if self.gap is None or behind is None else replace(self.gap, path=behind)
        stale = frozenset(Stale(path, one.way) for one in self.stale if (path := moved(one.path)) is not None)
        return Script(edits, gap, stale)


def script_between(entry: Format, frame: bytes, data: bytes, seed: int) -> Script:
    """What was done to a valid frame to get these bytes; done to the frame, it may still give others."""
    found = leaves(entry, frame, seed)
    stale = stale_checksums(entry.oracle, data, seed)
    if len(found) > LEAVES_MAXIMUM:
        return Script(stale=stale)
    fixed = [spot for spot in found if not isinstance(spot.node, Digest)]
    at, size = gap_between(frame, data, fixed)
    gap = None
    if size:
        around = next((spot for spot in reversed(found) if spot.start <= at), found[-1])
        gap = Gap(around.path, at - around.start, max(0, -size), data[at : at + max(0, size)])
    aligned = data[:at] + (data[at + size :] if size > 0 else frame[at : at - size] + data[at:])
    edits = tuple(edit_of(spot, frame, aligned) for spot in fixed if spot.read(aligned) != spot.read(frame))
    return Script(edits, gap, stale)


def edit_of(spot: Spot, frame: bytes, data: bytes) -> Edit:
    """How a field is changed: what follows from the rest by so much, all else to what it holds then."""
    number = spot.read(data)
    if isinstance(spot.node, LengthOf | CountOf | EndsOf):
        return Edit(spot.path, number - spot.read(frame), relative=True)
    return Edit(spot.path, number)


def gap_between(frame: bytes, data: bytes, fixed: list[Spot]) -> tuple[int, int]:
    """Where in a frame the bytes were put in (a size above 0) or left out that make up the difference in length.

    It is where the fewest other bytes differ; bytes of checksums, which are in no spot of `fixed`, do not count.
    """
    size = len(data) - len(frame)
    if size == 0:
        return len(frame), 0
    counts = bytearray(len(frame))
    for spot in fixed:
        counts[spot.start : spot.end] = b"\1" * spot.size
    common = min(len(frame), len(data))
    skipped = max(0, -size)
    # Differences before each place, counted from the front, and behind it, counted from the end.
    front = [0, *accumulate(counts[index] & (frame[index] != data[index]) for index in range(common))]
    back = [0, *accumulate(counts[-index] & (frame[-index] != data[-index]) for index in range(1, common + 1))]
    places = range(len(frame) - skipped + 1)
    # Of equally good places the last one: most often something was appended, or cut off.
    at = min(places, key=lambda place: (front[place] + back[len(frame) - skipped - place], -place))
    return at, size
