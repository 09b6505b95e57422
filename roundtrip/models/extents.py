"""The model of the extents: for each a list of bytes, an owner and the number of its life.

1. Appends go to the end; a reset empties the extent and begins its next life; nothing else changes one.
2. Reads of another life, or beyond the end, are refused.
3. Free extents are taken in the order in which they became free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.extents import HEADER_SIZE, RESERVED_COUNT, StalePlace
from engine.recovery import ExtentState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.disk import Buffer
    from engine.extents import Owner, UsedOwner


class ExtentModel:
    """One extent. `pointer`: the number of its bytes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.owner: Owner = "free"
        self.generation = 1
        self.data = b""

    @property
    def pointer(self) -> int:
        """Where the next append goes."""
        return len(self.data)

    def state(self) -> ExtentState:
        """What the superblock keeps of it."""
        return ExtentState(self.generation, self.pointer, self.owner)


class ExtentsModel:
    """The extents of a new store; those of the roots are in `all` and not used. Headers are zeros here."""

    def __init__(self, count: int, size: int) -> None:
        self.size = size
        self.all = [ExtentModel(number) for number in range(count)]
        self.free = list(range(RESERVED_COUNT, count))

    def take(self, owner: UsedOwner) -> ExtentModel | None:
        """A free extent for this owner, its header appended; None where there is none."""
        if not self.free:
            return None
        extent = self.all[self.free.pop(0)]
        extent.owner = owner
        extent.data = bytes(HEADER_SIZE)
        return extent

    def append(self, extent: ExtentModel, buffers: Sequence[Buffer], size: int) -> None:
        """Append the buffers, `size` bytes in all."""
        assert extent.pointer + size <= self.size, "an append stays inside its extent"
        extent.data = b"".join((extent.data, *buffers))

    def read(self, number: int, generation: int, offset: int, length: int) -> bytes:
        """Bytes of one life of an extent; `StalePlace` of another, `ValueError` beyond the pointer."""
        extent = self.all[number]
        if extent.generation != generation:
            raise StalePlace
        if offset + length > extent.pointer:
            raise ValueError(f"bytes {offset} to {offset + length} lie beyond the pointer {extent.pointer}")
        return extent.data[offset : offset + length]

    def release(self, extent: ExtentModel, generation: int) -> None:
        """The extent was reset: it is free, in a new life."""
        assert generation > extent.generation, "no life comes twice"
        extent.owner, extent.generation, extent.data = "free", generation, b""
        self.free.append(extent.number)

    def states(self) -> dict[int, ExtentState]:
        """All extents but those of the roots."""
        return {extent.number: extent.state() for extent in self.all[RESERVED_COUNT:]}

    def reopen(self, states: dict[int, ExtentState], *, clean: bool) -> None:
        """Begin anew with what the superblock says. After a crash free extents begin a new life, the others are full.

        Of bytes that a crash left behind the pointer nobody knows what they are; here they are zeros.
        """
        self.free = [number for number, state in states.items() if state.owner == "free"]
        for number, (generation, pointer, owner) in states.items():
            extent = self.all[number]
            extent.owner = owner
            extent.generation = generation if clean or owner != "free" else generation + 1
            end = pointer if clean or owner == "free" else self.size
            extent.data = extent.data[:pointer].ljust(end, b"\0")
