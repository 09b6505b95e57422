"""Tree metadata: which sorted runs make up the tree, and where their chunks are.

Updates enter a queue when their content is known, and a record takes them from the front, as far as their inputs are
persistent. So the tree on disk is always one that the tree in memory once was, and an update that is persistent says
that all before it are.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from formats.generated import tree_metadata_v1

from .dependency import GraphNode
from .errors import StoreFull
from .extents import HEADER_SIZE, METADATA_PAIRS
from .roots import Prepared, RootLog

if TYPE_CHECKING:
    from types import ModuleType

    from .extents import Extents, UsedOwner
    from .locator import Locator
    from .writeback import Writeback

#: Run number -> its level and where its chunks are.
RunTable = dict[int, tuple[int, tuple["Locator", ...]]]


assert tree_metadata_v1.HEADER_PACK.size + tree_metadata_v1.U32.size == tree_metadata_v1.HEADER_SIZE, (
    "the seal comes last"
)


class TreeUpdate(GraphNode):
    """A change of the tree: runs removed, then runs added. Of a memtable, made before its run is."""

    __slots__ = ("added", "removed")

    def __init__(self, writeback: Writeback) -> None:
        super().__init__(writeback)
        self.added: RunTable = {}
        self.removed: tuple[int, ...] = ()


class TreeMetadata(RootLog):
    """The log of tree metadata. The store's lock guards every method.

    `table` is the tree as of the newest record; `next_run` the number of the next run, never used before.
    """

    owner: ClassVar[UsedOwner] = "metadata"
    codec: ClassVar[ModuleType] = tree_metadata_v1

    def __init__(self, extents: Extents, *, pair: int, sequence: int, next_run: int, table: RunTable) -> None:
        super().__init__(extents, METADATA_PAIRS, pair=pair, sequence=sequence)
        self.next_run = next_run
        self.table = table
        self._chunk_count = sum(len(places) for _, places in table.values())
        self.queue: deque[TreeUpdate] = deque()
        self.last: TreeUpdate | None = None
        self.rewrite = False
        self._added: RunTable = {}
        self._removed: set[int] = set()

    def take_run_number(self) -> int:
        """A number that no run ever had."""
        number = self.next_run
        self.next_run += 1
        return number

    def enqueue(self, update: TreeUpdate) -> None:
        """The update's content is known: let records take it once its inputs are persistent."""
        update.when_demanded = None
        self.queue.append(update)
        self.last = update

    def refuse_if_too_large(self, chunk_count: int) -> None:
        """`StoreFull` where a full record of so many more chunks would not fit into an extent."""
        chunks, runs = self._chunk_count + chunk_count, len(self.table) + 1
        for update in self.queue:
            for _, places in update.added.values():
                chunks += len(places)
                runs += 1
        size = HEADER_SIZE + tree_metadata_v1.HEADER_SIZE + 20 * chunks + 9 * runs
        if size > self.extents.size or chunks > CHUNKS_MAXIMUM:
            raise StoreFull(
                f"the index has {chunks} chunks: more than tree metadata can name in extents of "
                f"{self.extents.size} bytes; delete keys and compact, or use larger extents"
            )

    def is_dirty(self) -> bool:
        """Whether an update at the front of the queue is ready."""
        return self.rewrite or bool(self.queue and self.queue[0].is_ready())

    def collect(self) -> list[GraphNode]:
        """The updates at the front of the queue that are ready."""
        self.rewrite = False
        nodes: list[GraphNode] = []
        self._added, self._removed = {}, set()
        before = self.table.keys()
        removed: set[int] = set()
        while self.queue and self.queue[0].is_ready():
            update = self.queue.popleft()
            for number in update.removed:
                if self._added.pop(number, None) is None or number in before:
                    removed.add(number)
            self._added.update(update.added)
            nodes.append(update)
        self._removed = removed
        for number in removed:
            self.table.pop(number, None)
        self.table.update(self._added)
        self._chunk_count = sum([len(places) for _, places in self.table.values()])
        # The pair's pointers are for the superblock to say.
        self.extents.changed_metadata.update(self.pairs[self.pair])
        return nodes

    def _prepare_opening(self, nodes: list[GraphNode]) -> Prepared:
        """As every log; the superblock says of both pairs which is which."""
        prepared = super()._prepare_opening(nodes)
        self.extents.changed_metadata.update(*self.pairs)
        return prepared

    def delta(self, seed: int) -> bytes:
        """The runs that changed."""
        return self._encode("delta", self._added, self._removed, seed)

    def full(self, seed: int) -> bytes:
        """The whole tree."""
        return self._encode("full", self.table, set(), seed)

    def _encode(
        self, record: tree_metadata_v1.TreeMetadataRecord, added: RunTable, removed: set[int], seed: int
    ) -> bytes:
        numbers = tuple(sorted(added))
        levels: list[int] = []
        ends: list[int] = []
        locators: list[Locator] = []
        for number in numbers:
            level, places = added[number]
            locators += places
            levels.append(level)
            ends.append(len(locators))
        extents, generations, offsets, lengths, checksums = zip(*locators, strict=True) if locators else ((),) * 5
        return tree_metadata_v1.encode_tuple(
            record,
            self.sequence,
            self.next_run,
            (
                numbers,
                tuple(levels),
                tuple(ends),
                extents,
                generations,
                offsets,
                lengths,
                checksums,
                tuple(sorted(removed)),
            ),
            seed=seed,
        )


#: What a full record can name, by its own bound.
CHUNKS_MAXIMUM = 65536
