"""A disk in memory with hard write pointers, as zoned drives have: each extent is a zone.

1. A write begins at the zone's pointer, or it is refused and nothing is written.
2. A reset puts the pointer to 0 and forgets the bytes; what lies beyond a pointer reads as zeros.
3. A zone keeps its order: of its unsynced writes and resets a crash leaves some first ones, the last of them perhaps
   cut to a prefix, and never one after another that is lost. Between zones there is no order.
4. After a crash the pointer stands at the end of what survived.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from .crash_choice import SECTOR_SIZE, Kept, Unsynced
from .disk import PartWritten
from .errors import CallRefused
from .memory_disk import MemoryDisk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .disk import Buffer
    from .disk_state import DiskState


class ZonedDisk(MemoryDisk):
    """A `MemoryDisk` with hard write pointers."""

    def __init__(self, extent_count: int, extent_size_bytes: int, *, state: DiskState | None = None) -> None:
        super().__init__(extent_count, extent_size_bytes, state=state)
        self._state.keeps_order = True

    def hard_pointer(self, extent: int) -> int:
        """Where the next write to the extent must begin, in bytes. Also of a closed disk."""
        if not 0 <= extent < self.extent_count:
            raise CallRefused(f"hard_pointer: expected an extent below {self.extent_count}, found {extent}")
        return self._state.pointers[extent]

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """See `Disk.write`. `OSError` (EIO) where it does not begin at the pointer."""
        data = b"".join(buffers)
        end = offset + len(data)
        if 0 <= extent < self._usable_count and offset >= 0 and end <= self.extent_size_bytes:
            pointer = self._state.pointers[extent]
            if offset != pointer:
                raise OSError(errno.EIO, f"zone {extent}: a write at {offset} is not at the write pointer {pointer}")
        try:
            super().write(extent, offset, (data,))
        except PartWritten as fault:
            self._state.pointers[extent] = min(end, offset + fault.written)
            raise
        self._state.pointers[extent] = end

    def reset(self, extent: int) -> None:
        """See `Disk.reset`; the bytes are gone, and come back only if a crash loses the reset."""
        super().reset(extent)
        self._state.reset(extent)

    def survivals(self, index: int) -> Iterator[Kept]:
        """Every way in which unsynced write or reset `index` can survive a crash: whole first, then its prefixes."""
        yield Kept(index)
        for length in range(1, len(self.unsynced[index].data)):
            yield Kept(index, length=length)

    def possible(self, keep: Iterable[Kept]) -> tuple[Kept, ...]:
        """What of a choice this disk can leave: in each zone what comes before the first loss.

        Of a write without one of its sectors that is what lies before the sector.
        """
        chosen = {kept.index: kept for kept in keep}
        broken: set[int] = set()
        left: list[Kept] = []
        for index, write in enumerate(self.unsynced):
            kept = chosen.get(index)
            if write.extent in broken:
                continue
            if kept is None:
                broken.add(write.extent)
                continue
            length = length_left(kept, write)
            if length is None:
                left.append(Kept(index))
                continue
            broken.add(write.extent)
            if length:
                left.append(Kept(index, length=length))
        return tuple(left)

    @classmethod
    def imported(cls, state: DiskState) -> DiskState:
        """Bytes alone tell no pointers: each stands after the zone's last byte that is not zero."""
        for extent, view in state.views.items():
            state.pointers[extent] = len(view.tobytes().rstrip(b"\0"))
        return state


def length_left(kept: Kept, write: Unsynced) -> int | None:
    """How many bytes of a write are in order before the first that is lost; None where nothing is."""
    length = kept.length
    if kept.without_sector is not None and kept.without_sector in write.sectors():
        length = max(0, kept.without_sector * SECTOR_SIZE - write.offset)
    return None if length is None or length >= max(1, len(write.data)) else length
