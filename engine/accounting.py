"""Live bytes by data extent: what reclamation picks its victim by.

They are not on disk. They are counted over the whole index when somebody first asks, and kept up to date from then on:
at a put (what came, and what it replaced in the memtable), and what entries replaced in older memtables and runs when
victims are chosen, or when the memtable becomes a run. Until then the replaced chunk counts as live, so the figure is
never too low.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .chunks import FRAME_OVERHEAD

if TYPE_CHECKING:
    from .extents import Extents
    from .locator import Entry


class LiveBytes:
    """Bytes of the frames that the index names, by extent. The store's lock guards it."""

    def __init__(self, extents: Extents) -> None:
        self._extents = extents.all
        self._bytes: defaultdict[int, int] = defaultdict(int)

    def add(self, key_length: int, entry: Entry) -> None:
        """The index names these chunks from now on."""
        for extent, generation, _offset, length, _checksum in entry:
            if self._extents[extent].generation == generation:
                self._bytes[extent] += length + key_length + FRAME_OVERHEAD

    def drop(self, key_length: int, entry: Entry) -> None:
        """The index names them no more."""
        for extent, generation, _offset, length, _checksum in entry:
            if self._extents[extent].generation == generation:
                self._bytes[extent] -= length + key_length + FRAME_OVERHEAD

    def join(self, other: LiveBytes) -> None:
        """Add what was counted apart."""
        for extent, count in other._bytes.items():
            self._bytes[extent] += count

    def forget(self, extent: int) -> None:
        """The extent was reset."""
        self._bytes.pop(extent, None)

    def of(self, extent: int) -> int:
        """Live bytes of an extent, frames included; at most too many by what the memtable replaced."""
        return self._bytes.get(extent, 0)
