"""Compares two files part by part: frames back to back, aligned by their values, so that an inserted frame is one.

Only outlines of the frames are kept in memory; what differs is read again. Of each file at most `PARTS_MAXIMUM` parts
are looked at, unless everything is asked for; what lies behind them is compared as bytes, and that is said.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..commands.exits import USAGE, CommandError
from ..inspection import Stretch
from .alignment import align, stretches
from .comparing import features_of
from .frames import FrameDifference, Verdict, compare_frames
from .pairing import Features, pair_alike
from .payload import Hunk, common_start, hunks
from .reading import FramePart, Part, Source, digest, read_part, recognised

#: Frames and stretches of one file that are compared without `--all`.
PARTS_MAXIMUM: Final = 4096
#: Frames that are kept as they were read take this many bytes of their files together.
KEPT_SIZE_MAXIMUM: Final = 2**25
#: Frames have this much in common before they are called the same frame, changed.
LIKENESS_LEAST: Final = 1 / 3

#: moved: the same value, written to another place.
PartKind = Literal["same", "moved", "changed", "added", "removed"]
KINDS: Final[Mapping[Verdict, PartKind]] = {"same": "same", "place": "moved"}


@dataclass(frozen=True)
class Outline:
    """What is kept of a part: where it is, what it is, a hash of its content, and what that is made of."""

    start: int
    end: int
    name: str
    content: Hashable
    features: Features
    damaged: bool
    kept: Part | None

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start


@dataclass(frozen=True)
class PartDifference:
    """A part of each file, or of one of them; of frames that are the same byte by byte neither.

    frames: how two frames differ; hunks: how two stretches do.
    """

    kind: PartKind
    old: Part | None
    new: Part | None
    frames: FrameDifference | None = None
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class Beyond:
    """What was not looked at part by part: bytes from old_start and new_start on. differs_at: the first that differ."""

    old_start: int
    new_start: int
    differs_at: tuple[int, int] | None


class FileComparison:
    """Two files, outlined and aligned; `differences` reads again what differs."""

    def __init__(self, old: Source, new: Source, *, everything: bool = False) -> None:
        self.everything = everything
        self.kept_size = 0
        self.shared = common_start(old.data, new.data)
        self.one_place = old.known.context == new.known.context
        self.is_same = self.shared == len(old.data) == len(new.data) and self.one_place
        self.sources = recognised(old, new, are_same=self.is_same)
        old, new = self.sources
        self.old_parts, self.old_more = self.outlines(old, {})
        twins = {outline.start: outline for outline in self.old_parts if self.is_twin(outline)}
        self.new_parts, self.new_more = self.outlines(new, twins)
        refuse_strangers(old, new, self.old_parts, self.new_parts)

    def is_twin(self, outline: Outline) -> bool:
        """Whether a part of the old file is one of the new file, too, because it is among the bytes that both begin
        with and does not depend on what follows."""
        inside = outline.end <= self.shared and outline.end < len(self.sources[0].data)
        return self.one_place and (self.is_same or (inside and not outline.damaged))

    def outlines(self, source: Source, twins: Mapping[int, Outline]) -> tuple[list[Outline], int | None]:
        """The parts of a file, and where the first one begins that was left out; `twins`: those that are known."""
        found: list[Outline] = []
        position = 0
        while position < len(source.data):
            if len(found) == PARTS_MAXIMUM and not self.everything:
                return found, position
            if self.is_same and found and not self.everything:
                return found, None
            outline = twins.get(position) or self.outline(source, read_part(source, position))
            found.append(outline)
            position = max(outline.end, position + 1)
        return found, None

    def outline(self, source: Source, part: Part) -> Outline:
        """What to keep of a part."""
        size = part.end - part.start
        kept = part if isinstance(part, Stretch) or self.kept_size + size <= KEPT_SIZE_MAXIMUM else None
        if isinstance(part, Stretch):
            return Outline(part.start, part.end, "", digest(source.data, part.start, part.end), frozenset(), True, kept)
        self.kept_size += size if kept is not None else 0
        content = hash(part.content) if part.verdict != "damaged" else digest(source.data, part.start, part.end)
        features, damaged = features_of(part.tree), part.verdict == "damaged"
        return Outline(part.start, part.end, part.entry.name, (part.entry.name, content), features, damaged, kept)

    def part(self, side: int, outline: Outline) -> Part:
        """The part of an outline, of the old file (0) or the new one (1)."""
        if outline.kept is not None:
            return outline.kept
        return read_part(self.sources[side], outline.start)

    def differences(self) -> Iterator[PartDifference]:
        """Every part of the files, in their order, with what differs."""
        old, new = self.old_parts, self.new_parts
        found = align([one.content for one in old], [one.content for one in new])
        for stretch in stretches(found, len(old), len(new)):
            olds = range(stretch.old_start, stretch.old_end)
            news = range(stretch.new_start, stretch.new_end)
            pairs = list(zip(olds, news, strict=True)) if stretch.equal else alike(old, new, olds, news)
            left, right = stretch.old_start, stretch.new_start
            for one, other in (*pairs, (stretch.old_end, stretch.new_end)):
                for index in range(left, one):
                    yield PartDifference("removed", self.part(0, old[index]), None)
                for index in range(right, other):
                    yield PartDifference("added", None, self.part(1, new[index]))
                if one < stretch.old_end and other < stretch.new_end:
                    yield self.compared(old[one], new[other])
                left, right = one + 1, other + 1

    def compared(self, old: Outline, new: Outline) -> PartDifference:
        """Two parts that stand for the same one."""
        data = self.sources[0].data, self.sources[1].data
        if not self.everything and not old.damaged and is_equal(data, old, new):
            return PartDifference("same", None, None, FrameDifference("same"))
        one, other = self.part(0, old), self.part(1, new)
        if isinstance(one, FramePart) and isinstance(other, FramePart):
            found = compare_frames(one, other, data, everything=self.everything)
            return PartDifference(KINDS.get(found.verdict, "changed"), one, other, found)
        pieces = hunks(data[0][old.start : old.end], data[1][new.start : new.end])
        return PartDifference("changed" if pieces else "same", one, other, hunks=pieces)

    def beyond(self) -> Beyond | None:
        """What was left out of the outlines, compared as bytes; None where nothing was."""
        old, new = self.sources
        if self.old_more is None and self.new_more is None:
            return None
        starts = [
            len(source.data) if more is None else more
            for source, more in zip(self.sources, (self.old_more, self.new_more), strict=True)
        ]
        rest = old.data[starts[0] :], new.data[starts[1] :]
        at = common_start(*rest)
        differs = None if at == len(rest[0]) == len(rest[1]) else (starts[0] + at, starts[1] + at)
        return Beyond(starts[0], starts[1], differs)


def is_equal(data: tuple[memoryview, memoryview], old: Outline, new: Outline) -> bool:
    """Whether two parts are the same, byte by byte."""
    return old.size == new.size == common_start(data[0][old.start : old.end], data[1][new.start : new.end])


def alike(old: Sequence[Outline], new: Sequence[Outline], olds: range, news: range) -> list[tuple[int, int]]:
    """Parts of a replaced stretch that are the same ones, changed: of one format, and alike where there is a choice."""
    if len(olds) == len(news) == 1:
        return [(olds[0], news[0])] if old[olds[0]].name == new[news[0]].name else []
    first = [with_name(old[index]) for index in olds]
    second = [with_name(new[index]) for index in news]
    pairs = pair_alike(first, second, least=LIKENESS_LEAST)
    found = [(olds[left], news[right]) for left, right in pairs]
    return [(left, right) for left, right in found if old[left].name == new[right].name]


def with_name(outline: Outline) -> Features:
    """The features of a part, its format among them."""
    return outline.features | {outline.name}


def refuse_strangers(old: Source, new: Source, old_parts: Sequence[Outline], new_parts: Sequence[Outline]) -> None:
    """Raise `CommandError` where no frame of one file has the format of any frame of the other."""
    names = [sorted({outline.name for outline in parts} - {""}) for parts in (old_parts, new_parts)]
    if not set(names[0]) & set(names[1]):
        raise CommandError(
            f"two different formats: {old.name} is {', '.join(names[0])}, {new.name} is {', '.join(names[1])}; "
            "only files of one format can be compared field by field (--format NAME reads both as that one)",
            USAGE,
        )
