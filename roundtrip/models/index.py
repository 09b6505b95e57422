"""The model of the index: a dictionary from key to entry, and the list of changes that are not persistent yet.

1. The index after a crash is one that it once was: the changes that a crash keeps are some first ones.
2. They are no fewer than those that were reported persistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dependency import Dependency, unpersisted
from engine.locator import TOMBSTONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.dependency import GraphNode
    from engine.index import Batch
    from engine.locator import Entry


class IndexModel:
    """Key -> entry, a tombstone where the key was deleted. Methods are those of `engine.index.Index`."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        #: The entries as of the newest change that is known to be persistent, and every change since.
        self.persisted: dict[bytes, Entry] = {}
        self.changes: list[tuple[bytes, Entry, Dependency]] = []
        self._nodes: tuple[GraphNode, ...] = ()

    def find(self, key: bytes) -> Entry | None:
        """The newest entry of a key."""
        return self.entries.get(key)

    def batches(self, start: bytes = b"") -> Iterator[Batch]:
        """All keys from `start` on with their entries, in order; deleted keys are left out."""
        keys = sorted(key for key, entry in self.entries.items() if key >= start and entry != TOMBSTONE)
        if keys:
            yield keys, [self.entries[key] for key in keys]

    def insert(self, key: bytes, entry: Entry, nodes: tuple[GraphNode, ...]) -> Dependency:
        """The key's entry from now on; persistent when these nodes are, and every change before."""
        self._nodes = unpersisted((*self._nodes, *nodes))
        dependency = Dependency(self._nodes)
        self.entries[key] = entry
        self.changes.append((key, entry, dependency))
        return dependency

    def barrier(self) -> tuple[GraphNode, ...]:
        """What must be persistent for everything that the index says now to be so."""
        return unpersisted(self._nodes)

    def flush(self) -> None:
        """Says nothing about the entries."""

    def compact(self) -> None:
        """Says nothing about the entries."""

    # Crashes.

    def settle(self) -> None:
        """Note what has become persistent."""
        count = max((at for at, change in enumerate(self.changes, 1) if change[2].is_persistent()), default=0)
        self.persisted.update((key, entry) for key, entry, _ in self.changes[:count])
        del self.changes[:count]

    def possible(self) -> Iterator[dict[bytes, Entry]]:
        """What a crash right now may leave, the least first: the entries, tombstones included."""
        self.settle()
        entries = dict(self.persisted)
        yield dict(entries)
        for key, entry, _ in self.changes:
            entries[key] = entry
            yield dict(entries)

    def crash(self, left: dict[bytes, Entry] | None = None) -> None:
        """Go on with what a crash left, one of `possible`; without it with the least."""
        self.entries = next(self.possible()) if left is None else dict(left)
        self.persisted = dict(self.entries)
        self.changes.clear()
        self._nodes = ()
