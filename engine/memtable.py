"""The memtable: what was put and deleted since the last sorted run was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from .dependency import Dependency, GraphNode
from .locator import Entry
from .tree_metadata import TreeUpdate

#: Entries that a scan takes at once.
SCAN_BATCH: Final = 512


class Memtable:
    """Entries in memory. The store's lock guards changes; lookups need none.

    `update`: the change of the tree that will make the entries persistent; all puts into one memtable share it, and
    so the `dependency` that they give back. `data`: the segments that hold the chunks of its entries. `number`: of the
    run that it becomes, 0 while it takes entries. `is_accounted`: whether the live bytes know what it superseded.
    """

    __slots__ = ("born", "data", "dependency", "entries", "is_accounted", "number", "update")

    def __init__(self, update: TreeUpdate) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.update = update
        self.dependency = Dependency((update,))
        self.data: dict[GraphNode, None] = {}
        self.number = 0
        self.born = 0.0
        self.is_accounted = False


def memtable_batches(entries: dict[bytes, Entry], start: bytes) -> Iterator[tuple[list[bytes], list[Entry]]]:
    """A memtable's entries in order, from a key on."""
    keys = iter(sorted(key for key in entries if key >= start) if start else sorted(entries))
    while batch := list(islice(keys, SCAN_BATCH)):
        yield batch, [entries[key] for key in batch]
