"""A disk in memory that remembers what each sector held before: where stale sectors come from.

Of a sector that was written in a former life of its extent it is what that life left there, which is the most
dangerous: whole frames of the same disk. Of any other it is what the sector held before its last change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from engine.crash_choice import SECTOR_SIZE
from engine.memory_disk import MemoryDisk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.disk import Buffer
    from engine.disk_state import DiskState


class RememberingDisk(MemoryDisk):
    """A `MemoryDisk` with the former contents of its sectors."""

    def __init__(self, extent_count: int, extent_size_bytes: int, *, state: DiskState | None = None) -> None:
        super().__init__(extent_count, extent_size_bytes, state=state)
        #: By extent and sector: what it held before its last change, and what the last former life left there.
        self.changed: dict[tuple[int, int], bytes] = {}
        self.lived: dict[tuple[int, int], bytes] = {}

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """As every disk."""
        size = sum(len(memoryview(each).cast("B")) for each in buffers)
        sectors = range(offset // SECTOR_SIZE, -(-(offset + size) // SECTOR_SIZE)) if size else range(0)
        before = {sector: self.sector(extent, sector) for sector in sectors}
        super().write(extent, offset, buffers)
        for sector, content in before.items():
            if content != self.sector(extent, sector):
                self.changed[extent, sector] = content

    def reset(self, extent: int) -> None:
        """As every disk; what lies there is of a former life now."""
        super().reset(extent)
        for sector in range(self.extent_size_bytes // SECTOR_SIZE):
            content = self.sector(extent, sector)
            if any(content):
                self.lived[extent, sector] = content

    def sector(self, extent: int, sector: int) -> bytes:
        """A sector as reads see it."""
        view = self._views.get(extent)
        start = sector * SECTOR_SIZE
        return bytes(SECTOR_SIZE) if view is None else bytes(view[start : start + SECTOR_SIZE])

    def earlier(self) -> bytes:
        """A whole disk of former contents: of each sector one that differs from what it holds, where there was one."""
        pieces = []
        for extent in range(self.extent_count):
            for sector in range(self.extent_size_bytes // SECTOR_SIZE):
                now = self.sector(extent, sector)
                known = (self.lived.get((extent, sector)), self.changed.get((extent, sector)))
                pieces.append(next((one for one in known if one is not None and one != now), now))
        return b"".join(pieces)

    def _with(self, state: DiskState) -> Self:
        disk = super()._with(state)
        disk.changed, disk.lived = dict(self.changed), dict(self.lived)
        return disk
