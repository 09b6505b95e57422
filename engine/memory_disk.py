"""A disk in memory for proofs: it knows what is durable, can fail at any call, and can be left in any crash state.

Reads see what was written. A power cut leaves the durable image, which is the image at the last sync, and any part of
what was written since (`engine.crash_choice`).

1. Nothing of the caller's buffers is kept: bytes are copied, or immutable.
2. After a failed sync, what was written before it never becomes durable by a later one, as on Linux, where the kernel
   calls the lost pages clean. It may still have reached the medium.

A disk may be used by several threads, but not while it is copied or crashed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Self, TypeAlias

from .crash_choice import Kept, Unsynced, tears
from .disk import PartWritten
from .disk_range import outside
from .disk_state import DiskState, describe
from .errors import CallRefused, StoreClosed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .disk import Buffer

#: Called before each operation with its name (that of the method), extent, offset and length in bytes; it may raise
#: `OSError`, and the operation is then not done. A sync is extent -1.
Faults: TypeAlias = Callable[[str, int, int, int], None]


class MemoryDisk:
    """A `Disk` of zeros, in memory.

    `faults`: consulted before each operation, if not None; `reverts_failed_sync`: after a failed sync reads give what
    was durable (as Btrfs does) and not what was written (as ext4 and XFS do). Neither goes over to a copy.
    `state`: what the disk holds; for the copies that this class makes.
    """

    def __init__(self, extent_count: int, extent_size_bytes: int, *, state: DiskState | None = None) -> None:
        if extent_count < 1 or extent_size_bytes < 1:
            raise CallRefused(f"disk: expected extents of at least 1 byte, found {extent_count} of {extent_size_bytes}")
        self.extent_count = extent_count
        self.extent_size_bytes = extent_size_bytes
        self.faults: Faults | None = None
        self.reverts_failed_sync = False
        self._state = DiskState(extent_count, extent_size_bytes) if state is None else state
        # One step nearer, for the hot path.
        self._views = self._state.views
        self._log = self._state.log
        # `extent_count` as long as the disk is open, then 0: one comparison tells both.
        self._usable_count = extent_count

    # The protocol.

    def allocate(self, extent: int) -> None:
        """See `Disk.allocate`: there is always room, unless `faults` says otherwise."""
        self._begin("allocate", extent)

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """See `Disk.write`."""
        data = b"".join(buffers)
        end = offset + len(data)
        if not (0 <= extent < self._usable_count and offset >= 0 and end <= self.extent_size_bytes):
            self._refuse("write", extent, offset, len(data))
        if self.faults is not None:
            try:
                self.faults("write", extent, offset, len(data))
            except PartWritten as fault:
                self._state.write(extent, offset, data[: fault.written])
                raise
        view = self._views.get(extent)
        if view is None or view.readonly:
            view = self._state.owned(extent)
        self._log.append((extent, offset, data, view[offset:end].tobytes()))
        view[offset:end] = data

    def read(self, extent: int, offset: int, length: int) -> bytes:
        """See `Disk.read`."""
        end = offset + length
        if not (0 <= extent < self._usable_count and 0 <= offset <= end <= self.extent_size_bytes):
            self._refuse("read", extent, offset, length)
        if self.faults is not None:
            self.faults("read", extent, offset, length)
        view = self._views.get(extent)
        return bytes(length) if view is None else view[offset:end].tobytes()

    def sync(self) -> None:
        """See `Disk.sync`; what a failed one means is in the module's description."""
        if not self._usable_count:
            self._refuse("sync", -1, 0, 0)
        if self.faults is not None:
            try:
                self.faults("sync", -1, 0, 0)
            except OSError:
                if self.reverts_failed_sync:
                    self._state.lose({})
                else:
                    self._state.forsake()
                raise
        self._state.sync()

    def reset(self, extent: int) -> None:
        """See `Disk.reset`: without hard write pointers the old bytes stay until they are overwritten."""
        self._begin("reset", extent)

    def close(self) -> None:
        """See `Disk.close`. The disk can still be copied, crashed and looked at."""
        self._usable_count = 0

    # Crash states.

    @property
    def unsynced(self) -> list[Unsynced]:
        """What no sync has made durable, in the order of the calls; after a failed sync that is what it forsook too."""
        return [describe(self._log[index]) for index in self._state.unsynced()]

    def survivals(self, index: int) -> Iterator[Kept]:
        """Every way in which unsynced write `index` can survive a crash: whole first, then torn."""
        yield Kept(index)
        yield from tears(index, self.unsynced[index])

    def possible(self, keep: Iterable[Kept]) -> tuple[Kept, ...]:
        """What of a choice this disk can leave in a crash: here all of it, as a drive may reorder its writes."""
        return tuple(keep)

    def crash(self, keep: Iterable[Kept] = ()) -> Self:
        """The disk after a power cut: the durable image, and of the unsynced writes what was chosen.

        Where writes overlap the later one is on top. Raises `CallRefused` for a choice that names no unsynced write,
        is out of order, or is not `possible`.
        """
        keep = tuple(keep)
        unsynced = self._state.unsynced()
        indexes = [kept.index for kept in keep]
        if indexes != sorted(set(indexes)) or (indexes and indexes[-1] >= len(unsynced)):
            raise CallRefused(f"keep: expected ascending numbers below {len(unsynced)}, found {indexes[:20]}")
        if self.possible(keep) != keep:
            raise CallRefused("keep: the disk cannot leave this choice; ask `possible` for the part that it can")
        state = self._state.copy()
        state.lose({unsynced[kept.index]: kept for kept in keep})
        return self._with(state)

    def fork(self) -> Self:
        """An open disk in the same state, what is not synced included; neither sees what the other does."""
        return self._with(self._state.copy())

    # Images.

    def image(self) -> bytes:
        """All extents one after the other, as reads see them."""
        return b"".join(self.images())

    def images(self) -> list[Buffer]:
        """The same, each extent on its own and not copied: for who looks at them at once."""
        zeros = bytes(self.extent_size_bytes)
        return [self._views.get(extent, zeros) for extent in range(self.extent_count)]

    @classmethod
    def from_image(cls, image: Buffer, extent_size_bytes: int) -> Self:
        """A disk that holds these bytes, all durable. Raises `CallRefused` where they are no whole extents."""
        # Immutable, hence shared: the extents are views of one copy, or of the caller's own bytes.
        whole = memoryview(bytes(image))
        if extent_size_bytes < 1 or not whole.nbytes or whole.nbytes % extent_size_bytes:
            raise CallRefused(f"image: expected whole extents of {extent_size_bytes} bytes, found {whole.nbytes} bytes")
        state = DiskState(whole.nbytes // extent_size_bytes, extent_size_bytes)
        for extent, start in enumerate(range(0, whole.nbytes, extent_size_bytes)):
            state.views[extent] = whole[start : start + extent_size_bytes]
        return cls(len(state.views), extent_size_bytes, state=cls.imported(state))

    @classmethod
    def imported(cls, state: DiskState) -> DiskState:
        """What `from_image` makes of the bytes alone; for disks that must know more."""
        return state

    def damage(self, extent: int, offset: int, data: bytes) -> None:
        """The medium decays: these bytes change by no write. A crash undoes it under writes that are not synced."""
        if not (0 <= extent < self.extent_count and 0 <= offset <= self.extent_size_bytes - len(data)):
            raise outside(self, "damage", extent, offset, len(data))
        self._state.owned(extent)[offset : offset + len(data)] = data

    def _with(self, state: DiskState) -> Self:
        return type(self)(self.extent_count, self.extent_size_bytes, state=state)

    def _begin(self, verb: str, extent: int) -> None:
        if not 0 <= extent < self._usable_count:
            self._refuse(verb, extent, 0, 0)
        if self.faults is not None:
            self.faults(verb, extent, 0, 0)

    def _refuse(self, verb: str, extent: int, offset: int, length: int) -> NoReturn:
        if not self._usable_count:
            raise StoreClosed(f"{verb}: the disk was closed")
        raise outside(self, verb, extent, offset, length)
