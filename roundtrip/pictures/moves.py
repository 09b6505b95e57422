"""What a row of snapshots says about frames: which are live, dead, about to move, copies, and where each went."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from .words import key_text, run_text

if TYPE_CHECKING:
    from .snapshot import ExtentView, FrameView, Snapshot

#: extent, generation, offset
Place: TypeAlias = tuple[int, int, int]
Status: TypeAlias = Literal["header", "record", "live", "dead", "moves", "moved", "copy", "unnamed", "debris"]


class Spot(NamedTuple):
    """A frame in one snapshot."""

    place: Place
    frame: FrameView
    status: Status

    @property
    def name(self) -> str:
        """What is in it."""
        return frame_name(self.frame)


class Move(NamedTuple):
    """A frame and its copy."""

    source: Place
    target: Place


def frame_name(frame: FrameView) -> str:
    """What is in a frame."""
    if frame.structure == "extent_header":
        return "header"
    if frame.structure not in {"chunk", "run"}:
        return frame.structure
    name = run_text(frame.key) if frame.structure == "run" else key_text(frame.key)
    return f"{name} #{frame.part + 1}" if frame.part else name


def identity_of(frame: FrameView) -> tuple[object, ...]:
    """What a frame keeps when it is moved."""
    return frame.structure, frame.key, frame.part, frame.uuid, frame.size_bytes


def is_chunk(frame: FrameView) -> bool:
    """Whether something may name the frame, so that it may be moved."""
    return frame.structure in {"chunk", "run"}


def places_of(snapshot: Snapshot) -> dict[Place, FrameView]:
    """Every frame by its place, generation included."""
    assert snapshot.frames is not None, "the snapshot was taken without frames"
    generations = {extent.number: extent.generation for extent in snapshot.extents}
    return {(frame.extent, generations[frame.extent], frame.offset): frame for frame in snapshot.frames}


class Story:
    """Snapshots one after the other, and what happened to the frames between them."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self.snapshots = snapshots
        self.places = [places_of(snapshot) for snapshot in snapshots]
        #: Identity -> its places, in the order in which they appeared.
        self.trails: dict[tuple[object, ...], list[Place]] = {}
        for places in self.places:
            for place, frame in places.items():
                if is_chunk(frame) and place not in (trail := self.trails.setdefault(identity_of(frame), [])):
                    trail.append(place)

    def moves(self, number: int) -> list[Move]:
        """The frames of a snapshot that have a copy in it."""
        here = self.places[number]
        found = []
        for trail in self.trails.values():
            present = [place for place in trail if place in here]
            found += [Move(source, target) for source, target in pairwise(present)]
        return found

    def spots(self, number: int) -> list[Spot]:
        """The frames of a snapshot, each with its status."""
        return [Spot(place, frame, self.status(number, place, frame)) for place, frame in self.places[number].items()]

    def status(self, number: int, place: Place, frame: FrameView) -> Status:
        """What a frame is in one snapshot, by what it was and will be in the others."""
        if frame.structure == "debris":
            return "debris"
        if frame.structure == "extent_header":
            return "header"
        if not is_chunk(frame):
            return "record"
        trail = self.trails[identity_of(frame)]
        if frame.live is False:
            here = self.places[number]
            at = trail.index(place)
            if any(one in here and here[one].live for one in trail[at + 1 :]):
                return "moved"
            return "unnamed" if any(one in here and here[one].live for one in trail[:at]) else "dead"
        if place != trail[-1]:
            return "moves"
        return "copy" if place not in self.places[0] and len(trail) > 1 else "live"

    def touched(self) -> list[int]:
        """The extents that are not the same in all snapshots, roots left out.

        Those that are reset come first, then those that take copies.
        """
        views: dict[int, list[ExtentView]] = {}
        for snapshot in self.snapshots:
            for extent in snapshot.extents:
                views.setdefault(extent.number, []).append(extent)
        looks: dict[int, list[list[tuple[int, bool | None, bytes]]]] = {number: [] for number in views}
        for places in self.places:
            for look in looks.values():
                look.append([])
            for place, frame in places.items():
                looks[place[0]][-1].append((place[2], frame.live, frame.uuid))
        changed = [
            number
            for number, seen in views.items()
            if seen[0].state != "reserved"
            and (any(look != looks[number][0] for look in looks[number]) or len({one.generation for one in seen}) > 1)
        ]
        targets = {move.target[0] for number in range(len(self.snapshots)) for move in self.moves(number)}
        return sorted(
            changed,
            key=lambda number: (len({one.generation for one in views[number]}) == 1, number not in targets, number),
        )

    def named(self, number: int) -> dict[str, list[Place]]:
        """Where the index says that each key's value is, for the keys that are not the same in all snapshots."""
        tables = [self._table(places) for places in self.places]
        return {
            name: places for name, places in tables[number].items() if any(one.get(name) != places for one in tables)
        }

    def _table(self, places: dict[Place, FrameView]) -> dict[str, list[Place]]:
        table: dict[str, list[tuple[int, Place]]] = {}
        for place, frame in places.items():
            if is_chunk(frame) and frame.live:
                name = run_text(frame.key) if frame.structure == "run" else key_text(frame.key)
                table.setdefault(name, []).append((frame.part, place))
        return {name: [place for _, place in sorted(found)] for name, found in sorted(table.items())}
