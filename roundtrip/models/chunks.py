"""The model of the chunk store: a dictionary from locator to payload, on a disk without end.

1. A locator names one chunk for ever: its number counts up, over reclamations and crashes too.
2. Reclaiming an extent keeps what is named, under new locators, and forgets the rest.
3. A reclamation that is not persistent did not happen, as far as a crash is concerned (issue 9 of the ShardStore paper
   was a model that forgot this, issue 15 one that forgot 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crc32c import crc32c

from engine.chunks import PAYLOAD_MAXIMUM
from engine.extents import StalePlace

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.frames import ChunkOwner
    from engine.locator import Locator

#: Chunks of one extent.
EXTENT_CHUNKS: Final = 8


class ChunkStoreModel:
    """Chunks by locator. `append_value` and `read` are those of `engine.chunks.ChunkStore`."""

    whole_maximum = PAYLOAD_MAXIMUM
    #: Chunks of a dictionary have no version.
    is_mixed = is_summing = False

    def __init__(self) -> None:
        self.chunks: dict[Locator, bytes] = {}
        self._reclaimed: dict[Locator, bytes] = {}
        self._next = 0

    def put(self, payload: bytes) -> Locator:
        """Keep a payload under a locator that never was."""
        extent, slot = divmod(self._next, EXTENT_CHUNKS)
        locator = (extent, 1, slot, len(payload), crc32c(payload))
        self._next += 1
        self.chunks[locator] = payload
        return locator

    def get(self, locator: Locator) -> bytes:
        """The payload; `StalePlace` where it was forgotten, or never was."""
        if locator not in self.chunks:
            raise StalePlace
        return self.chunks[locator]

    def reclaim(self, extent: int, named: Collection[Locator]) -> dict[Locator, Locator]:
        """Empty an extent: where the named chunks are now."""
        moved = {}
        for locator in [locator for locator in self.chunks if locator[0] == extent]:
            payload = self._reclaimed[locator] = self.chunks.pop(locator)
            if locator in named:
                moved[locator] = self.put(payload)
        return moved

    def persist(self) -> None:
        """Everything that happened so far is persistent."""
        self._reclaimed.clear()

    def crash(self, named: Collection[Locator]) -> None:
        """What was not persistent did not happen; what the index names after the crash was persistent."""
        known = {**self._reclaimed, **self.chunks}
        self.chunks = {locator: payload for locator, payload in known.items() if locator in named}
        self._reclaimed.clear()

    # As `ChunkStore` calls it.

    def capacity(self, _key_length: int) -> int:
        """The largest payload of a chunk."""
        return PAYLOAD_MAXIMUM

    def append_value(self, _key: bytes, value: bytes) -> tuple[tuple[Locator, ...], tuple[()]]:
        """A value is one chunk, and nothing has to be written for it."""
        return (self.put(value),), ()

    def read(self, locator: Locator, _key: bytes, _part: int = 0, _owner: ChunkOwner = "shard") -> bytes:
        """The payload; see `get`."""
        return self.get(locator)

    def read_part(
        self, locator: Locator, _key: bytes, _part: int = 0, _owner: ChunkOwner = "shard"
    ) -> tuple[bytes, None]:
        """The payload, which carries no checksum of the value."""
        return self.get(locator), None
