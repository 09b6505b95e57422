"""The model of the superblock: what its newest record says of every extent, and the resets that wait.

1. A record says of every extent what is so when it is written.
2. A reset is in the first record that is written when all its inputs are persistent, and in none before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .extents import ExtentModel, ExtentsModel


class Input(Protocol):
    """Something that a reset waits for."""

    @property
    def persistent(self) -> bool:
        """Whether it is persistent."""
        ...


class SuperblockModel:
    """Owner, generation and pointer of every extent as of the last persistent record."""

    def __init__(self, extents: ExtentsModel) -> None:
        self.extents = extents
        self.persisted = extents.states()
        self.resets: list[tuple[ExtentModel, Sequence[Input]]] = []

    def reset(self, extent: ExtentModel, after: Sequence[Input]) -> None:
        """Give the extent up once the inputs are persistent."""
        self.resets.append((extent, after))

    def write_record(self) -> None:
        """Write a record and make it persistent."""
        ready = [extent for extent, after in self.resets if all(node.persistent for node in after)]
        self.resets = [(extent, after) for extent, after in self.resets if extent not in ready]
        for extent in ready:
            self.extents.release(extent, extent.generation + 1)
        self.persisted = self.extents.states()

    def reopen(self, *, clean: bool) -> None:
        """Open the store again, after a clean close or a crash."""
        self.resets = []
        self.extents.reopen(self.persisted, clean=clean)
        self.write_record()
