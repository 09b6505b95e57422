"""What a `MemoryDisk` holds: one image, and a log with the former bytes of every write that is not synced.

The durable image is the image with the log undone. So a write costs little more than its copy, a sync nothing, and
only a crash has to work backwards. Extents that two states have in common are never written to: who writes first takes
a copy. So a crash state costs the extents that the unsynced writes touch, whatever the size of the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .crash_choice import Kept, Unsynced

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Extent, offset, data, and what was there before. Of a reset the data is None, the offset that of the pointer, and
#: what was there the whole extent, or None if it was never written.
LogEntry: TypeAlias = tuple[int, int, bytes | None, "bytes | memoryview | None"]


class DiskState:
    """Bytes, write pointers and log of one disk.

    `views`: what was ever written, by extent; one that is read-only is shared with another state, or with an image.
    `pointers`: where the next write to each extent begins, if the disk minds; `keeps_order`: it does, and what is on
    the medium of an extent is what came first; `log`: what awaits a sync, in order.
    `forsaken`, `settled`: only after a failed sync, the entries of the log that no sync will make durable, and those
    that a later one has.
    """

    def __init__(self, extent_count: int, extent_size_bytes: int) -> None:
        self.extent_size_bytes = extent_size_bytes
        self.views: dict[int, memoryview] = {}
        self.pointers = [0] * extent_count
        self.keeps_order = False
        self.log: list[LogEntry] = []
        self.forsaken: set[int] = set()
        self.settled: set[int] = set()
        self._owned: dict[int, memoryview] = {}

    def owned(self, extent: int) -> memoryview:
        """The extent, to write to."""
        view = self._owned.get(extent)
        if view is None:
            shared = self.views.get(extent)
            fresh = bytearray(self.extent_size_bytes) if shared is None else bytearray(shared)
            # Of two threads both get the one that came first, before either has written.
            view = self._owned.setdefault(extent, memoryview(fresh))
        self.views[extent] = view
        return view

    def write(self, extent: int, offset: int, data: bytes) -> None:
        """Log a write and do it. `MemoryDisk.write` has the same lines, without the call."""
        end = offset + len(data)
        view = self.owned(extent)
        self.log.append((extent, offset, data, view[offset:end].tobytes()))
        view[offset:end] = data

    def reset(self, extent: int) -> None:
        """Log a reset that forgets the bytes of the extent, and do it."""
        self.log.append((extent, self.pointers[extent], None, self.views.get(extent)))
        self._forget(extent)

    def sync(self) -> None:
        """What is in the log becomes durable, unless a failed sync has forsaken it."""
        if not self.forsaken:
            self.log.clear()
            return
        self.settled.update(index for index in range(len(self.log)) if index not in self.forsaken)
        if self.keeps_order:
            # The medium took what came before in the same extent, whatever the failed sync said.
            extents: set[int] = set()
            for index in range(len(self.log) - 1, -1, -1):
                extent = self.log[index][0]
                if index in self.settled:
                    extents.add(extent)
                elif extent in extents:
                    self.settled.add(index)

    def forsake(self) -> None:
        """A sync failed: what is in the log and not durable never becomes so by a later one."""
        self.forsaken.update(self.unsynced())

    def unsynced(self) -> list[int]:
        """The entries of the log that are not durable."""
        return [index for index in range(len(self.log)) if index not in self.settled]

    def copy(self) -> DiskState:
        """The same state, log included; the extents are shared until one of both writes to them."""
        # A view that somebody has already fetched stays writable: so no copy is made while a call is under way.
        for extent, view in self._owned.items():
            self.views[extent] = view.toreadonly()
        self._owned.clear()
        twin = DiskState(len(self.pointers), self.extent_size_bytes)
        twin.views = self.views.copy()
        twin.pointers = self.pointers.copy()
        twin.keeps_order = self.keeps_order
        twin.log = self.log.copy()
        twin.forsaken = self.forsaken.copy()
        twin.settled = self.settled.copy()
        return twin

    def lose(self, chosen: Mapping[int, Kept]) -> None:
        """Keep what is durable, and of the other entries of the log what was chosen, by its index in the log."""
        self._undo_all()
        for index, entry in enumerate(self.log):
            kept = Kept(0) if index in self.settled else chosen.get(index)
            if kept is not None:
                self._redo(describe(entry), kept)
        self.log.clear()
        self.forsaken.clear()
        self.settled.clear()

    def _forget(self, extent: int) -> None:
        self.views.pop(extent, None)
        self._owned.pop(extent, None)
        self.pointers[extent] = 0

    def _undo_all(self) -> None:
        for extent, offset, data, before in reversed(self.log):
            self.pointers[extent] = offset
            if data is not None:
                if data and before is not None:
                    self.owned(extent)[offset : offset + len(data)] = before
                continue
            self._owned.pop(extent, None)
            self.views.pop(extent, None)
            if isinstance(before, memoryview):
                self.views[extent] = before.toreadonly()

    def _redo(self, write: Unsynced, kept: Kept) -> None:
        extent = write.extent
        if write.is_reset:
            self._forget(extent)
            return
        for offset, data in kept.pieces(write):
            if data:
                self.owned(extent)[offset : offset + len(data)] = data
        self.pointers[extent] = write.offset + (len(write.data) if kept.length is None else kept.length)


def describe(entry: LogEntry) -> Unsynced:
    """An entry of the log, for people and proofs."""
    extent, offset, data, _before = entry
    return Unsynced(extent, offset, b"" if data is None else data, is_reset=data is None)
