"""Decay at rest: bytes of a closed or crashed store change, and the store is examined."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, cast

from engine import Store
from engine.crash_choice import SECTOR_SIZE, Kept
from engine.errors import EngineError
from engine.seams import Seams

from ..histories.failure import Failure
from ..histories.mismatch import Mismatch
from ..histories.placement import randomness_of
from ..histories.presets import preset_named
from ..histories.session import Session
from ..histories.single_thread import SINGLE_THREAD, StillClock
from .atlas import DEBRIS, DECAY_NAMES, RUN_END
from .disk import FaultyDisk
from .examination import examine
from .flight import Remembering
from .places import Place, places_of

if TYPE_CHECKING:
    from engine.memory_disk import MemoryDisk

    from ..histories.history import History
    from ..histories.presets import Preset
    from .tally import Tally


class Image:
    """A store at rest: its disk, its mapping, and the map of what lies where.

    history: what was done before; is_closed: cleanly closed, or left by a crash that lost nothing.
    """

    def __init__(self, history: History, *, is_closed: bool) -> None:
        self.history = history
        self.is_closed = is_closed
        self.preset: Preset = preset_named(history.preset)
        faulty = FaultyDisk(self.preset.new_disk(), remembers=True)
        # What a session needs of a `MemoryDisk`, a `FaultyDisk` has.
        session = Session(self.preset, history.placement, cast("MemoryDisk", faulty))
        session.durability = self.said = Remembering()
        for operation in history.operations:
            session.apply(operation)
        store = session.store
        if is_closed:
            store.close()
        else:
            store.abandon()
        medium = cast("FaultyDisk", session.disk)
        self.disk = medium.crash(() if is_closed else everything(medium))
        self.limits = self.preset.limits
        self.seams = Seams(SINGLE_THREAD, randomness_of(history.placement), StillClock())
        with Store.open_on(self.disk.inner.fork(), self.limits, self.seams, read_only=True) as store:
            self.values = {key: store.get(key) for key in store.scan()}
        self.places = places_of(self.disk.inner, self.limits)

    def hit(self, extent: int, offsets: tuple[int, ...]) -> list[Place]:
        """The places that hold any of these bytes; debris where a byte has no name."""
        found: dict[Place, None] = {}
        here = [place for place in self.places if place.extent == extent]
        for offset in offsets:
            place = next((place for place in here if place.start <= offset < place.end), None)
            found[place or Place(extent, 0, 0, DEBRIS)] = None
        return list(found)

    def open(self, disk: MemoryDisk, *, read_only: bool) -> Store:
        """The store on a disk."""
        return Store.open_on(disk, self.limits, self.seams, read_only=read_only)

    def text(self) -> str:
        """For a fault's line: how the store was left."""
        return "closed" if self.is_closed else "crashed"


def everything(disk: FaultyDisk) -> tuple[Kept, ...]:
    """All that was not synced survives."""
    return disk.possible(Kept(index) for index in range(len(disk.unsynced)))


def decay_everywhere(image: Image, kind: str, tally: Tally, *, seed: int, most: int | None = None) -> None:
    """One decay after another: a byte of each place (or every sector), as many as asked for in an order of the seed."""
    spots: list[tuple[int, int, int]] = []
    drawn = Random(f"{seed} {kind} {image.text()}")
    if kind == "rot":
        for place in image.places:
            spots += [(place.extent, drawn.randrange(place.start, place.end), drawn.randrange(8)) for _ in range(2)]
        for _ in range(len(image.places) // 2):
            extent = drawn.randrange(image.disk.extent_count)
            spots.append((extent, drawn.randrange(image.disk.extent_size_bytes), drawn.randrange(8)))
    else:
        sectors = range(0, image.disk.extent_size_bytes, SECTOR_SIZE)
        spots = [(extent, offset, 0) for extent in range(image.disk.extent_count) for offset in sectors]
        drawn.shuffle(spots)
    for extent, offset, draw in spread(image, kind, spots, most, drawn):
        decay_once(image, kind, extent, offset, draw, tally)


def spread(
    image: Image, kind: str, spots: list[tuple[int, int, int]], most: int | None, drawn: Random
) -> list[tuple[int, int, int]]:
    """At most so many of the spots, each word of the atlas as often as another."""
    if most is None:
        return spots
    groups: dict[str, list[tuple[int, int, int]]] = {}
    for extent, offset, draw in spots:
        end = offset + 1 if kind == "rot" else offset + SECTOR_SIZE
        named = {one.where for one in image.places if one.extent == extent and one.start < end and one.end > offset}
        if not image.disk.fork().decay(kind, extent, offset, draw):
            continue
        # Where an open is refused, nothing else is told.
        for where in {RUN_END} if RUN_END in named else named or {DEBRIS}:
            groups.setdefault(where, []).append((extent, offset, draw))
    each = max(1, most // max(1, len(groups)))
    chosen: dict[tuple[int, int, int], None] = {}
    for where in sorted(groups):
        chosen.update(dict.fromkeys(drawn.sample(groups[where], min(each, len(groups[where])))))
    return list(chosen)


def decay_once(image: Image, kind: str, extent: int, offset: int, draw: int, tally: Tally) -> None:
    """One decay and its examination; what breaks goes into the tally."""
    disk = image.disk.fork()
    changed = disk.decay(kind, extent, offset, draw)
    if not changed:
        return
    line = f"{kind} rest {extent} {offset} {draw} {image.text()}"
    judge(image, disk.inner, image.hit(extent, changed), line, kind, tally)


def judge(image: Image, disk: MemoryDisk, hit: list[Place], line: str, kind: str, tally: Tally) -> None:
    """Examine a damaged disk, and count."""
    tally.scenarios += 1
    tally.kinds[f"{kind} rest"] += 1
    failure: BaseException | Failure | None = None
    try:
        for place, outcome in examine(image, disk, hit):
            objection = tally.observe((DECAY_NAMES[kind], place.where), outcome)
            if objection is not None:
                failure = Failure("the atlas", "an outcome that is legal", objection)
    except (Mismatch, EngineError, AssertionError, ValueError, LookupError, OSError) as error:
        failure = error
    if failure is not None:
        tally.find(image.history, failure, faults=(line,), log=[])
