"""Power failures: the moment, and what survives of the unsynced writes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from engine.crash_choice import Kept

if TYPE_CHECKING:
    from engine.memory_disk import MemoryDisk

#: Operations of the disk after which it holds what it held before.
UNCOUNTED: Final = frozenset({"read", "allocate"})


class PowerFailed(BaseException):
    """The planned moment has come: nothing that the store does after it reaches the disk."""


def drawn_survivors(disk: MemoryDisk, draw: int) -> tuple[Kept, ...]:
    """What survives of the unsynced writes: 0 nothing, 1 everything, else each whole, cut, or without a sector."""
    if draw == 0:
        return ()
    unsynced = disk.unsynced
    if draw == 1:
        return disk.possible(Kept(index) for index in range(len(unsynced)))
    drawn = Random(draw)
    kept: list[Kept] = []
    for index, write in enumerate(unsynced):
        fate = drawn.randrange(4)
        if fate == 1 or (fate and len(write.data) < 2):
            kept.append(Kept(index))
        elif fate == 2:
            kept.append(Kept(index, length=drawn.randrange(1, len(write.data))))
        elif fate == 3:
            kept.append(Kept(index, without_sector=drawn.choice(write.sectors())))
    return disk.possible(kept)
