"""The node beside its model: several stores on disks in memory, which leave and come back, and dictionaries.

1. Every call answers what the model answers, refusals included.
2. A disk that left and came back has every shard that was on it, also those that nobody had made durable.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

from engine import Limits, Node, Shape, Store
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness

from ..models.node import NodeModel
from ..models.store import StoreModel
from .trial import Trial, Verb, answer, equal, new_disk, payload

DISKS: Final = 3
SHAPE: Final = Shape(extent_count=24, extent_size_bytes=16384, page_size_bytes=512)
LIMITS: Final = Limits(memtable_entries=20, cache_bytes=4096, buffer_pool_bytes=8192, run_fanout=3, background=False)
KEYS: Final = range(40)
SIZES: Final = (0, 1, 100, 464, 465, 1000, 3000)
COUNTS: Final = (0, 1, 3, 10)


class NodeTrial(Trial):
    """Shards, each kept by both."""

    alphabet = (
        Verb("get", 16, (KEYS,)),
        Verb("contains", 2, (KEYS,)),
        Verb("put", 24, (KEYS, SIZES)),
        Verb("delete", 6, (KEYS,)),
        Verb("list", 6, (KEYS, range(60), range(6), range(2))),
        Verb("bulk_create", 3, (KEYS, COUNTS, SIZES)),
        Verb("bulk_remove", 2, (KEYS, COUNTS)),
        Verb("remove_disk", 2, (range(DISKS + 1),)),
        Verb("return_disk", 4, (range(DISKS + 1),)),
        Verb("reboot", 1),
    )

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disks: dict[int, MemoryDisk] = {}
        self.node = Node.over([partial(self.open_store, number) for number in range(DISKS)])
        self.model = NodeModel([StoreModel() for _ in range(DISKS)])
        self.puts = 0

    def open_store(self, number: int) -> Store:
        """The store of a disk: a new one, then what was synced of the one before."""
        if number not in self.disks:
            self.disks[number] = new_disk(SHAPE, self.seed)
            return Store.create_on(self.disks[number], SHAPE, LIMITS, self.seams)
        self.disks[number] = self.disks[number].crash()
        return Store.open_on(self.disks[number], LIMITS, self.seams)

    # The operations.

    def get(self, key: int) -> None:
        """One shard."""
        self._compare("get", key_of(key))

    def contains(self, key: int) -> None:
        """Whether there is one."""
        self._compare("contains", key_of(key))

    def put(self, key: int, size: int) -> None:
        """A shard."""
        self._compare("put", key_of(key), self._value(size))

    def delete(self, key: int) -> None:
        """No shard."""
        self._compare("delete", key_of(key))

    def list(self, start: int, end: int, prefix: int, only_in_service: int) -> None:
        """The shards in a range: ends beyond the last key are none, prefixes beyond the fourth neither."""
        bounds = (key_of(start), key_of(end) if end < len(KEYS) else None, b"shard %d" % prefix if prefix < 4 else b"")
        leave_out = bool(only_in_service)
        found = answer(lambda: [*self.node.list(*bounds, only_in_service=leave_out)])
        equal(answer(lambda: [*self.model.list(*bounds, only_in_service=leave_out)]), found)

    def bulk_create(self, first: int, count: int, size: int) -> None:
        """Neighbouring shards."""
        self._compare("bulk_create", [(key, self._value(size)) for key in keys_of(first, count)])

    def bulk_remove(self, first: int, count: int) -> None:
        """No shards, where neighbours were or were not."""
        self._compare("bulk_remove", keys_of(first, count))

    def remove_disk(self, number: int) -> None:
        """A disk leaves."""
        self._compare("remove_disk", number)

    def return_disk(self, number: int) -> None:
        """A disk comes back."""
        self._compare("return_disk", number)

    def reboot(self) -> None:
        """The node is closed and opened: all disks are in service."""
        self.node.close()
        self.node = Node.over([partial(self.open_store, number) for number in range(DISKS)])
        self.model = NodeModel(self.model.stores)

    # The comparisons.

    def check(self) -> None:
        """The same disks are in service, and every now and then all shards are compared."""
        in_service = [disk.in_service for disk in self.model.disks()]
        equal(in_service, [disk.in_service for disk in self.node.disks()])
        if self.puts % 16 == 0:
            for key in KEYS:
                self.get(key)

    def end(self) -> None:
        """Close what is open."""
        self.node.close()

    def _value(self, size: int) -> bytes:
        self.puts += 1
        return payload(self.puts, size)

    def _compare(self, call: str, *arguments: Any) -> None:
        """One call to both. Dependencies are for the stores' own trials; of a bulk operation what failed counts."""
        expected, found = (answer(getattr(one, call), *arguments) for one in (self.model, self.node))
        equal(comparable(expected), comparable(found))


def comparable(result: Any) -> object:
    """What of an answer both must agree on."""
    if hasattr(result, "failed"):
        return sorted((number, type(error).__name__) for number, error in result.failed.items())
    return cast("object", "a dependency" if hasattr(result, "nodes") else result)


def key_of(number: int) -> bytes:
    """The key of a number, in the order of numbers."""
    return b"shard %02d" % number


def keys_of(first: int, count: int) -> list[bytes]:
    """Some keys, the first of them again at the end."""
    numbers = [(first + step) % len(KEYS) for step in range(count)]
    return [key_of(number) for number in (*numbers, *numbers[:1])]
