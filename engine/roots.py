"""A root log: the chain of records of the superblock, or of tree metadata, on extents of its own.

Nothing refers to a root, so nothing else can tell a torn record from a rotten one. Therefore:

1. Every record is written twice, at the same offset of the two extents of a pair, in the same level of the graph.
2. Records of a pair follow one another without a gap, from a full record on, and their sequence numbers count up by 1.
3. A log never writes where a chain ended before it was opened: it opens the other pair with a full record.
4. The pair that is opened holds nothing that is needed: the other one holds the newest record until both copies of
   the full record are durable.
5. A record is built only from updates whose inputs are persistent, at the moment when it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from crc32c import crc32c

from formats.seeds import offset_seed

from .errors import DiskFailed
from .extents import HEADER_SIZE, RESERVED_COUNT

if TYPE_CHECKING:
    from types import ModuleType

    from .dependency import GraphNode
    from .disk import Disk
    from .extents import Extents, UsedOwner

Pair = tuple[int, int]


class Prepared:
    """A record that is about to be written: what goes where, and which nodes it makes persistent."""

    __slots__ = ("copies_written", "nodes", "offset", "opens_pair", "pair", "writes")

    def __init__(
        self, pair: Pair, offset: int, writes: tuple[bytes, bytes], nodes: list[GraphNode], *, opens_pair: bool
    ) -> None:
        self.pair = pair
        self.offset = offset
        self.writes = writes
        self.nodes = nodes
        self.opens_pair = opens_pair
        self.copies_written = 0


class RootLog:
    """What superblock and tree metadata have in common. The store's lock guards every method."""

    #: Whose extents these are, and the generated codec of the records.
    owner: ClassVar[UsedOwner]
    codec: ClassVar[ModuleType]

    def __init__(self, extents: Extents, pairs: tuple[Pair, Pair], *, pair: int, sequence: int) -> None:
        self.extents = extents
        self.pairs = pairs
        #: The pair that holds the newest record; writing goes to the other one first (rule 3).
        self.pair = pair
        self.sequence = sequence
        self.offset = extents.size
        self.opening = True
        self._prepared: Prepared | None = None

    # What the two logs do differently.

    def is_dirty(self) -> bool:
        """Whether there is something that the next record would say."""
        raise NotImplementedError

    def collect(self) -> list[GraphNode]:
        """Take the updates that are ready into the next record; there is something to say."""
        raise NotImplementedError

    def delta(self, seed: int) -> bytes:
        """The record of what was collected, as a delta."""
        raise NotImplementedError

    def full(self, seed: int) -> bytes:
        """The record of everything, with what was collected."""
        raise NotImplementedError

    def written_end(self) -> int | None:
        """Where the records that both copies of the pair have end, in bytes; None where the next one opens a pair."""
        prepared = self._prepared
        if prepared is None:
            return None if self.opening else self.offset
        return None if prepared.opens_pair else prepared.offset

    def write_record(self) -> None:
        """Write the next record to both copies, if there is something to say; `DiskFailed` leaves it to be retried."""
        prepared = self._prepared
        if prepared is None:
            if not self.is_dirty():
                return
            prepared = self._prepared = self._prepare()
        extents, disk = self.extents.all, self.extents.disk
        # A copy that was written is not written again: a disk with hard write pointers would not take it.
        for copy in range(prepared.copies_written, 2):
            number = prepared.pair[copy]
            try:
                if prepared.opens_pair:
                    disk.reset(number)
                disk.write(number, prepared.offset, (prepared.writes[copy],))
            except OSError as error:
                raise DiskFailed(
                    f"write of a {self.owner} record at extent {number}, offset {prepared.offset}: "
                    f"{error.strerror or error}; it is written again at the next wait",
                    extent=number,
                    offset=prepared.offset,
                ) from error
            prepared.copies_written += 1
        self._prepared = None
        for number in prepared.pair:
            extent = extents[number]
            extent.pointer = extent.issued = self.offset
        for node in prepared.nodes:
            node.writeback.issued(node)

    def _prepare(self) -> Prepared:
        """Build the next record; from here on it will be written, whatever happens."""
        nodes = self.collect()
        self.sequence += 1
        if not self.opening:
            offset, extents = self.offset, self.extents.all
            pair = self.pairs[self.pair]
            first = self.delta(offset_seed(offset, extents[pair[0]].seed))
            self.offset += len(first)
            if self.offset <= self.extents.size:
                second = resealed(self.codec, first, offset_seed(offset, extents[pair[1]].seed))
                return Prepared(pair, offset, (first, second), nodes, opens_pair=False)
        return self._prepare_opening(nodes)

    def _prepare_opening(self, nodes: list[GraphNode]) -> Prepared:
        """Open the other pair: headers of a new life, and a full record behind them."""
        self.opening = False
        self.pair = 1 - self.pair
        pair = self.pairs[self.pair]
        # One life for both, newer than that of either: a header that was lost hides how far its extent had come.
        generation = 1 + max(self.extents.all[number].generation for number in pair)
        for number in pair:
            # Both before the first record is built: the two copies say the same.
            extent = self.extents.all[number]
            self.extents.begin_life(extent, generation)
            extent.owner = self.owner
        first, second = (self.extents.all[number] for number in pair)
        record = self.full(first.place_seed(HEADER_SIZE))
        images = (
            self.extents.header(first, self.owner) + record,
            self.extents.header(second, self.owner) + resealed(self.codec, record, second.place_seed(HEADER_SIZE)),
        )
        self.offset = len(images[0])
        return Prepared(pair, 0, images, nodes, opens_pair=True)


def resealed(codec: ModuleType, record: bytes, seed: int) -> bytes:
    """The same record for another place: only the seal of its header, behind all other fields, knows where it lies."""
    header = record[: codec.HEADER_PACK.size]
    return b"".join((header, codec.U32.pack(crc32c(header, seed)), record[codec.HEADER_SIZE :]))


def forget_roots(disk: Disk) -> None:
    """Let nothing be left of the roots of a store that was on the disk: their headers would be taken for ours."""
    blank, number, is_blank = bytes(HEADER_SIZE), -1, True
    try:
        for number in range(RESERVED_COUNT):
            if disk.read(number, 0, HEADER_SIZE) != blank:
                disk.reset(number)
                disk.write(number, 0, (blank,))
                is_blank = False
        if not is_blank:
            disk.sync()
    except OSError as error:
        text = f"making a new store, extent {number}: {error.strerror or error}"
        raise DiskFailed(text, extent=number, offset=0) from error
