"""Merges sorted sources of entries into one; the newest entry of a key wins.

Sources come in batches. Of every source the entries up to the smallest last key of the present batches go into one
dictionary, the oldest source first, so the work per entry is that of `dict.update` and `sort`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

from .locator import TOMBSTONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .locator import Entry

Batch: TypeAlias = "tuple[list[bytes], list[Entry]]"


class Source:
    """A source and its present batch."""

    __slots__ = ("batches", "entries", "keys")

    def __init__(self, batches: Iterator[Batch]) -> None:
        self.batches = batches
        self.keys: list[bytes] = []
        self.entries: list[Entry] = []

    def fill(self) -> bool:
        """Whether there are entries, fetching the next batch where the present one is used up."""
        while not self.keys:
            batch = next(self.batches, None)
            if batch is None:
                return False
            self.keys, self.entries = batch
        return True

    def take(self, last: bytes, into: dict[bytes, Entry]) -> None:
        """Move the entries up to a key."""
        keys, entries = self.keys, self.entries
        if keys[-1] <= last:
            into.update(zip(keys, entries, strict=True))
            self.keys, self.entries = [], []
        else:
            count = bisect_right(keys, last)
            into.update(zip(keys[:count], entries[:count], strict=True))
            self.keys, self.entries = keys[count:], entries[count:]


def merge(newest_first: Sequence[Iterator[Batch]], *, drop_tombstones: bool) -> Iterator[Batch]:
    """All keys of the sources in order, each once, with its newest entry; batches are not empty."""
    sources = [Source(batches) for batches in reversed(newest_first)]
    while sources := [source for source in sources if source.keys or source.fill()]:
        if len(sources) == 1:
            keys, entries = sources[0].keys, sources[0].entries
            sources[0].keys = []
            if drop_tombstones and TOMBSTONE in entries:
                keys = [key for key, entry in zip(keys, entries, strict=True) if entry]
                entries = [entry for entry in entries if entry]
            if keys:
                yield keys, entries
            continue
        last = min([source.keys[-1] for source in sources])
        merged: dict[bytes, Entry] = {}
        for source in sources:
            source.take(last, merged)
        keys = sorted([key for key, entry in merged.items() if entry] if drop_tombstones else merged)
        if keys:
            yield keys, [merged[key] for key in keys]
