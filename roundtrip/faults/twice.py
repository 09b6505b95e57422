"""What two faults or none can do: both copies of a root record, and bytes that are not on the medium yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.errors import ChunkRotten, EngineError, NotAStore, UnsupportedStore

from ..histories.failure import Failure
from ..histories.mismatch import Mismatch, shown
from ..histories.presets import preset_named
from ..histories.session import Session
from .atlas import (
    BOTH_METADATA,
    BOTH_METADATA_CRASHED,
    BOTH_SUPERBLOCK,
    METADATA_NEWEST,
    METADATA_NEWEST_CRASHED,
    PENDING,
    SUPERBLOCK_NEWEST,
)

if TYPE_CHECKING:
    from engine.memory_disk import MemoryDisk

    from ..histories.history import History
    from .rest import Image
    from .tally import Tally

#: Of the newest record of one copy, the word for both.
BOTH: Final = {
    SUPERBLOCK_NEWEST: BOTH_SUPERBLOCK,
    METADATA_NEWEST: BOTH_METADATA,
    METADATA_NEWEST_CRASHED: BOTH_METADATA_CRASHED,
}


def both_copies(image: Image, draw: int, tally: Tally) -> None:
    """A bit of each copy of each newest record rots."""
    for where, both in BOTH.items():
        places = [place for place in image.places if place.where == where]
        if not places or (both == BOTH_SUPERBLOCK and not image.is_closed):
            # Without the mark of a clean close, what the newest superblock record says is lost with it.
            continue
        disk = image.disk.fork()
        for place in places:
            disk.decay("rot", place.extent, place.start + draw % (place.end - place.start), draw)
        tally.scenarios += 1
        tally.kinds["rot twice"] += 1
        line = f"twice rest {places[0].extent} {places[0].start} {draw} {image.text()}"
        failure: Failure | None = None
        try:
            outcome = outcome_of_both(image, disk.inner, both)
        except (Mismatch, EngineError, AssertionError, ValueError, LookupError) as error:
            failure = Failure.of(error)
        else:
            objection = tally.observe(("bit rot twice", both), outcome)
            if objection is not None:
                failure = Failure("the atlas", "an outcome that is legal", objection)
        if failure is not None:
            tally.find(image.history, failure, faults=(line,), log=[])


def outcome_of_both(image: Image, disk: MemoryDisk, both: str) -> str:
    """What the store makes of it; each key has a value that was said of it at some time, or is refused."""
    try:
        store = image.open(disk.fork(), read_only=False)
    except (ChunkRotten, NotAStore, UnsupportedStore):
        # Also where the same bit of both makes them claim a version that this release does not know.
        return "not opened"
    with store:
        if store.root_damage:
            raise Mismatch("debris is never reported", "no report of a record that nobody knows of", "one")
        found = {}
        for key in image.preset.keys:
            try:
                found[key] = store.get(key)
            except ChunkRotten:
                continue
            if found[key] not in image.said.ever.get(key, {None}):
                raise Mismatch("never wrong data", f"a value that {shown(key)} once had", shown(found[key]))
    if both == BOTH_SUPERBLOCK and found == {key: image.values.get(key) for key in image.preset.keys}:
        return "masked"
    return "older"


def pending_bytes(history: History, tally: Tally) -> None:
    """Bytes of the medium decay under what is accepted and not handed over yet: nothing of it is ever seen."""
    tally.scenarios += 1
    tally.kinds["decay under pending bytes"] += 1
    session = Session(preset_named(history.preset), history.placement)
    failure: Failure | None = None
    try:
        for operation in history.operations:
            session.apply(operation)
        pending = list(session.store.extents.pending.values())
        assert pending, "the last operations of the history leave something pending"
        for extent in pending:
            session.disk.damage(extent.number, extent.issued, b"\xa5" * (extent.pointer - extent.issued))
        session.compare_all()
        session.store.flush().wait()
        session.store.abandon()
        session.recover(())
        session.compare_all()
        assert session.store.scrub().is_clean(), "what was written over it is whole"
    except (Mismatch, EngineError, AssertionError) as error:
        failure = Failure.of(error)
    else:
        tally.observe(("any damage", PENDING), "masked")
    if failure is not None:
        tally.find(history, failure, faults=("pending rest 0 0 0 open",), log=[])
