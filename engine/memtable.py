"""The memtable: what was put and deleted since the last sorted run was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from .dependency import Dependency, GraphNode
from .locator import Entry
from .tree_metadata import TreeUpdate

#: What a run has beside its entries: headers of four pages and a chunk, at most one page more for each chunk.
RUN_BYTES: Final = 512
#: An entry with its locator, without its key, and its share of index and filter.
ENTRY_BYTES: Final = 28
LOCATOR_BYTES: Final = 20
#: Header of a page, and its place in the index.
PAGE_BYTES: Final = 44
SHORT_KEY_MAXIMUM: Final = 256

#: Entries that a scan takes at once.
SCAN_BATCH: Final = 512


class Memtable:
    """Entries in memory. The store's lock guards changes; lookups need none.

    `update`: the change of the tree that will make the entries persistent; all puts into one memtable share it, and
    so the `dependency` that they give back. `data`: the segments that hold the chunks of its entries. `number`: of the
    run that it becomes, 0 while it takes entries. `accounted`: entries of which the live bytes know what they replaced.
    `maximum`: entries that it takes, fewer where keys or entries are long: the run that it becomes must find room in
    the reserve of the disk. `longest_key`: its length in bytes.
    """

    __slots__ = (
        "_budget_bytes",
        "_more_bytes",
        "accounted",
        "born",
        "data",
        "dependency",
        "entries",
        "longest_key",
        "maximum",
        "number",
        "update",
    )

    def __init__(self, update: TreeUpdate, maximum: int, budget_bytes: int) -> None:
        self.maximum = maximum
        self._budget_bytes = budget_bytes
        self.longest_key = 0
        self._more_bytes = 0
        self.entries: dict[bytes, Entry] = {}
        self.update = update
        self.dependency = Dependency((update,))
        self.data: dict[GraphNode, None] = {}
        self.number = 0
        self.born = 0.0
        self.accounted = 0

    def is_full(self) -> bool:
        """Whether it should take no more entries."""
        return len(self.entries) >= self.maximum

    def weigh(self, key_length: int, parts: int) -> None:
        """An entry comes in whose key is longer than those before, or with several locators; others need no word."""
        self.longest_key = max(self.longest_key, key_length)
        self._more_bytes += (parts - 1) * LOCATOR_BYTES
        room = self._budget_bytes - self._more_bytes
        self.maximum = min(self.maximum, max(1, room // entry_bytes(self.longest_key)))

    def unaccounted(self) -> list[bytes]:
        """Keys that came since; one that comes again keeps its place. The store's lock is held."""
        return list(islice(self.entries, self.accounted, None))

    def run_bytes(self) -> int:
        """At most the bytes of the run that it becomes."""
        if not self.entries:
            return 0
        return RUN_BYTES + self._more_bytes + len(self.entries) * entry_bytes(self.longest_key)


def entry_bytes(key_length: int) -> int:
    """At most what an entry of one locator takes in a run: in its page, and its part of index and filter."""
    # A page holds many short keys, or a few long ones; it has a header, and the index repeats one of its keys.
    share = key_length // 8 if key_length <= SHORT_KEY_MAXIMUM else key_length + PAGE_BYTES
    return key_length + share + ENTRY_BYTES


def memtable_batches(entries: dict[bytes, Entry], start: bytes) -> Iterator[tuple[list[bytes], list[Entry]]]:
    """A memtable's entries in order, from a key on."""
    keys = iter(sorted(key for key in entries if key >= start) if start else sorted(entries))
    while batch := list(islice(keys, SCAN_BATCH)):
        yield batch, [entries[key] for key in batch]
