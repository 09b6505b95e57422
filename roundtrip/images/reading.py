"""What the two readers of a store say of an image, and whether they agree.

The engine opens it for reading, is asked for every key, and scrubs. The reference store reads it from its bytes alone.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from corpus.images import DIGEST_SIZE, Damage, Reading, Verdict
from engine import Store
from engine.errors import ChunkRotten
from engine.seams import Seams

from ..histories.placement import randomness_of
from ..histories.single_thread import SINGLE_THREAD, StillClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine import Limits
    from engine.disk import Disk

    from ..reference.image import Rotten, StoreImage


class Look(msgspec.Struct):
    """What the engine says: why it is not opened; what opening and a scrub report; values, and what is in their way.

    Keys that were asked for and have no value are in neither.
    """

    not_opened: ChunkRotten | None = None
    damage: tuple[ChunkRotten, ...] = ()
    values: dict[bytes, bytes] = {}
    refused: dict[bytes, ChunkRotten] = {}

    def reports(self) -> set[Damage]:
        """What is reported, each once."""
        return {damage_of(one) for one in self.damage}


def seams() -> Seams:
    """One thread, a clock that stands still, random bytes that count up."""
    return Seams(sync=SINGLE_THREAD, randomness=randomness_of("counter"), clock=StillClock())


def damage_of(found: ChunkRotten | Rotten) -> Damage:
    """A report of either reader."""
    return Damage(
        structure=found.structure,
        extent=found.extent,
        generation=found.generation,
        offset=found.offset,
        key=(found.key or b"").hex(),
    )


def look(disk: Disk, limits: Limits, keys: Iterable[bytes] = (), *, read_only: bool = True) -> Look:
    """Open, ask for these keys and for all that the store names itself, scrub. The store is abandoned."""
    try:
        store = Store.open_on(disk, limits, seams(), read_only=read_only)
    except ChunkRotten as error:
        return Look(not_opened=error)
    try:
        return look_at(store, keys)
    finally:
        store.abandon()


def look_at(store: Store, keys: Iterable[bytes] = ()) -> Look:
    """The same with a store that is open."""
    values: dict[bytes, bytes] = {}
    refused: dict[bytes, ChunkRotten] = {}
    named = {key for batch, _ in store.index.batches(skipped=lambda _: None) for key in batch}
    for key in sorted({*keys, *named}):
        try:
            value = store.get(key)
        except ChunkRotten as error:
            refused[key] = error
        else:
            if value is not None:
                values[key] = value
    # A scrub of a store that is open for reading reports what its opening found, too.
    damage = dict.fromkeys((*store.root_damage, *store.scrub().damage))
    return Look(None, tuple(damage), values, refused)


def digest(value: bytes) -> tuple[int, str]:
    """Length and first digits of the SHA-256 of a value."""
    return len(value), sha256(value).hexdigest()[:DIGEST_SIZE]


def engine_verdict(found: Look) -> Verdict:
    """What the engine says, as a sidecar has it."""
    if found.not_opened is not None:
        return Verdict(refused=damage_of(found.not_opened))
    return Verdict(
        verify=tuple(sorted(found.reports())),
        mapping={key.hex(): digest(value) for key, value in found.values.items()},
        unreadable={key.hex(): damage_of(error) for key, error in found.refused.items()},
    )


def reference_reading(image: StoreImage) -> Reading:
    """What the reference store says, as a sidecar has it."""
    lines = [f"{key.hex()} {value.hex()}" for key, value in sorted(image.values.items())]
    return Reading(
        rotten=tuple(sorted({damage_of(one) for one in image.rotten})),
        torn=tuple(sorted({damage_of(one) for one in image.torn})),
        keys=len(image.values),
        mapping=sha256("\n".join(lines).encode()).hexdigest(),
        is_clean=image.is_clean,
        masks=image.masks,
        sequences=(image.superblock_sequence, image.metadata_sequence),
        runs=len(image.runs),
    )


def disagreement(found: Look, image: StoreImage) -> str:
    """Where the engine and the reference store say different things of the same image; empty where they agree.

    Three things the engine leaves out, by design: a bad page whose chunk it has named, everything else where a run
    cannot be opened, and keys of which only a bad page knows; it refuses those, the reference store has no such key.
    """
    reference = {damage_of(one) for one in image.rotten}
    if found.not_opened is not None:
        mine = damage_of(found.not_opened)
        return (
            "" if mine in reference else f"the engine stops at {mine}, the reference store finds {shortened(reference)}"
        )
    engine = found.reports()
    if beyond := engine - reference:
        return f"only the engine reports {shortened(beyond)}"
    chunks = {(one.extent, one.generation) for one in engine if one.structure == "chunk" and not one.key}
    if missing := {
        one
        for one in reference - engine
        if not one.structure.startswith("lsm_page.") or (one.extent, one.generation) not in chunks
    }:
        return f"only the reference store reports {shortened(missing)}"
    if image.values != found.values:
        keys = {*image.values, *found.values}
        key = next(key for key in sorted(keys) if image.values.get(key) != found.values.get(key))
        return f"the engine and the reference store have different values of {key!r}"
    for key, fault in image.unreadable.items():
        error = found.refused.get(key)
        if error is None or (error.extent, error.offset) != (fault.extent, fault.offset):
            return f"of {key!r} the engine says {error}, the reference store {damage_of(fault)}"
    return ""


def shortened(reports: set[Damage]) -> str:
    """A few reports as text."""
    return ", ".join(map(str, sorted(reports)[:3])) or "nothing"
