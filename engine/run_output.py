"""The chunks of a run that is written while it is merged, and the order in which runs are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.crc64 import crc64nvme

from .dependency import GraphNode, unpersisted
from .errors import ChunkRotten
from .frames import RUN_KEY_SIZE
from .run_reader import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .index import Index
    from .locator import Locator


class RunOutput:
    """The chunks of a run that is written while it is merged: pages go out when they fill a chunk."""

    def __init__(self, index: Index, number: int, after: tuple[GraphNode, ...]) -> None:
        self._index = index
        self._number = number
        self._after = after
        self._pages: list[bytes] = []
        self._size = 0
        #: Of the run up to the last chunk that was written.
        self._checksum = 0
        self._target = min(index.chunks.capacity(RUN_KEY_SIZE), index.limits.write_bytes * 4)
        self.places: tuple[Locator, ...] = ()
        self.segments: tuple[GraphNode, ...] = ()

    def add(self, pages: list[bytes]) -> None:
        """The next pages."""
        self._pages += pages
        self._size += sum(map(len, pages))
        if self._size >= self._target:
            self.end()

    def end(self) -> None:
        """Write what there is as chunks."""
        if not self._pages:
            return
        data, self._pages, self._size = b"".join(self._pages), [], 0
        with self._index.writeback.lock:
            self._index.writeback.refuse_if_unfit()
            self._index.metadata.refuse_if_too_large(len(self.places) + 2)
            self._index.refuse_if_scarce(len(data))
            after = unpersisted(self._after)
            chunks, part = self._index.chunks, len(self.places)
            places, segments = chunks.append_run(self._number, data, after, part, self._checksum)
            if chunks.is_summing:
                self._checksum = crc64nvme(data, self._checksum)
        self.places += places
        self.segments = unpersisted((*self.segments, *segments))


def in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Newest first: level 0 by falling number, then the levels downwards."""
    return tuple(sorted(runs, key=lambda run: (run.level, -run.number)))


def forged_tree(rule: str = "names a former life of an extent") -> ChunkRotten:
    """Tree metadata says of a run what no store of ours says, and no crash leaves behind."""
    return ChunkRotten("tree_metadata", extent=-1, generation=0, offset=0, rule=rule)
