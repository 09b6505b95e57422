"""The superblock: owner, generation and write pointer of every extent, persisted by deltas.

Two kinds of change go into a record. A *pointer* that moved, or an extent that was taken, has no inputs and rides in
the next record. A *reset* waits for everything that the extent's chunks were replaced by; until then the record says
of the extent what was true before, so that a record never depends on itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from formats.generated import superblock_v1

from .dependency import GraphNode
from .extents import SUPERBLOCK_PAIRS
from .roots import RootLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from .extents import Extent, Extents, Owner, UsedOwner
    from .writeback import Writeback

#: Feature masks of this release. A store with an unknown incompatible bit is refused (`versions` has the known ones),
#: with an unknown read-only compatible one it is opened for reading only. An unknown compatible one is kept as it is.
COMPATIBLE: Final = 0
READ_ONLY_COMPATIBLE: Final = 0
CLEAN_CLOSE: Final = 1

assert superblock_v1.HEADER_PACK.size + superblock_v1.U32.size == superblock_v1.HEADER_SIZE, "the seal comes last"


def _length(count: int) -> int:
    """Length in bytes of a full record of so many extents."""
    numbers = tuple(range(count))
    free: Owner = "free"
    owners = (free,) * count
    return len(superblock_v1.encode_tuple("full", 0, 1, 0, 0, 0, max(count, 1), (numbers, numbers, numbers, owners)))


ENTRY_SIZE: Final = _length(1) - _length(0)


def record_size_bytes(extent_count: int) -> int:
    """Bytes of a full record of a disk with so many extents."""
    return _length(0) + extent_count * ENTRY_SIZE


class PointerUpdate(GraphNode):
    """The next record of the superblock, whatever it will say: it covers every pointer as it is when it is built."""

    __slots__ = ()


class Reset(GraphNode):
    """The reset of one extent: persistent when the superblock says that it is free, in its next life."""

    __slots__ = ("extent", "generation", "when_free")

    def __init__(
        self, writeback: Writeback, extent: Extent, after: tuple[GraphNode, ...], when_free: Callable[[Reset], None]
    ) -> None:
        super().__init__(writeback, after)
        self.extent = extent
        self.generation = extent.generation + 1
        self.when_free = when_free

    def settle(self) -> None:
        """The extent may be used again."""
        super().settle()
        self.when_free(self)


class CleanMark(GraphNode):
    """The record that says that the store was closed cleanly."""

    __slots__ = ()


class Superblock(RootLog):
    """The superblock's log. The store's lock guards every method."""

    owner: ClassVar[UsedOwner] = "superblock"
    codec: ClassVar[ModuleType] = superblock_v1

    def __init__(
        self,
        extents: Extents,
        *,
        pair: int,
        sequence: int,
        compatible: int = COMPATIBLE,
        read_only_compatible: int = READ_ONLY_COMPATIBLE,
        incompatible: int = 0,
    ) -> None:
        super().__init__(extents, SUPERBLOCK_PAIRS, pair=pair, sequence=sequence)
        self.masks = (compatible, read_only_compatible, incompatible)
        self.resets: list[Reset] = []
        self.clean_close = False
        self._next: PointerUpdate | None = None
        self._flags = 0
        self._entries: dict[int, tuple[int, int, Owner]] = {}

    def next_record(self) -> PointerUpdate:
        """The node of the next record: persistent when all pointers are, as they are now or later."""
        if self._next is None:
            self._next = PointerUpdate(self.extents.writeback)
        return self._next

    def reset(self, extent: Extent, after: tuple[GraphNode, ...], when_free: Callable[[Reset], None]) -> Reset:
        """Give the extent up once the nodes are persistent."""
        reset = Reset(self.extents.writeback, extent, after, when_free)
        self.resets.append(reset)
        return reset

    def is_dirty(self) -> bool:
        """Whether a pointer moved, somebody waits for the next record, or a reset is ready."""
        return (
            self._next is not None
            or bool(self.extents.changed)
            or self.clean_close
            or any(reset.is_ready() for reset in self.resets)
        )

    def collect(self) -> list[GraphNode]:
        """The entries of the next record: pointers that moved, and resets whose inputs are persistent."""
        nodes: list[GraphNode] = [] if self._next is None else [self._next]
        self._next = None
        entries = self._entries = {}
        extents = self.extents
        for number in sorted(extents.changed | extents.changed_metadata):
            extent = extents.all[number]
            entries[number] = (extent.generation, extent.pointer, extent.owner)
            extent.persisted = extent.pointer
        # What still waits to be issued may grow without being marked again.
        extents.changed = set(extents.pending)
        extents.changed_metadata = set()
        if self.resets:
            waiting = []
            for reset in self.resets:
                if reset.is_ready():
                    entries[reset.extent.number] = (reset.generation, 0, "free")
                    nodes.append(reset)
                else:
                    waiting.append(reset)
            self.resets = waiting
        self._flags, self.clean_close = (CLEAN_CLOSE if self.clean_close else 0), False
        if self._flags:
            nodes.append(CleanMark(extents.writeback))
        return nodes

    def withdraw_clean_close(self) -> None:
        """The mark could not be written: the store goes on, and the record with the mark must never be.

        One copy of it may be on the disk, so the next record opens the other pair.
        """
        self.clean_close = False
        if self._prepared is not None and self._flags:
            self._prepared, self._flags, self.opening = None, 0, True
            self._next = self._next or PointerUpdate(self.extents.writeback)

    def delta(self, seed: int) -> bytes:
        """The extents that changed."""
        entries = self._entries
        if not entries:
            return self._encode("delta", ((), (), (), ()), seed)
        numbers = tuple(sorted(entries))
        generations, pointers, owners = zip(*[entries[number] for number in numbers], strict=True)
        return self._encode("delta", (numbers, generations, pointers, owners), seed)

    def full(self, seed: int) -> bytes:
        """Every extent."""
        extents = self.extents.all
        generations = [extent.generation for extent in extents]
        pointers = [extent.pointer for extent in extents]
        owners = [extent.owner for extent in extents]
        for number, entry in self._entries.items():
            generations[number], pointers[number], owners[number] = entry
        return self._encode(
            "full", (tuple(range(len(extents))), tuple(generations), tuple(pointers), tuple(owners)), seed
        )

    def _encode(
        self, record: superblock_v1.SuperblockRecord, entries: superblock_v1.SuperblockEntriesTuple, seed: int
    ) -> bytes:
        return superblock_v1.encode_tuple(
            record,
            self._flags,
            self.sequence,
            *self.masks,
            len(self.extents.all),
            entries,
            seed=seed,
        )
