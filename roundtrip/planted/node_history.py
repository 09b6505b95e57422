"""A history of a node: several small stores behind one front, disks that leave and come back, and the model beside it.

1. An answer is the model's; of a disk that is out of service it is `OutOfService`, whatever was asked.
2. A disk that comes back has every shard that it had.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from engine.errors import CallRefused, OutOfService
from engine.node import Node
from engine.seams import Seams
from engine.store import Store

from ..histories.mismatch import Mismatch, shown
from ..histories.operations import Delete, Get, Operation, Put, PutDurable, PutMany, Scan
from ..histories.placement import randomness_of
from ..histories.presets import Preset, preset_named
from ..histories.single_thread import SINGLE_THREAD, StillClock
from ..models.node import NodeModel
from ..models.store import StoreModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from engine.memory_disk import MemoryDisk

DISKS: Final = 3
#: Out of a hundred operations, about.
WEIGHTS: Final = {"put": 40, "get": 15, "delete": 10, "put-many": 8, "scan": 7, "remove-disk": 8, "return-disk": 12}


class RemoveDisk(Operation, frozen=True):
    """A disk leaves; where it has left already, nothing happens."""

    verb = "remove-disk"
    disk: int


class ReturnDisk(Operation, frozen=True):
    """A disk comes back; where it is in service already, nothing happens."""

    verb = "return-disk"
    disk: int


class NodeHistory(msgspec.Struct, frozen=True):
    """Operations on a node of three disks of a preset."""

    preset: str
    operations: tuple[Operation, ...]

    @classmethod
    def drawn(cls, random: Random, preset: str, longest: int) -> Self:
        """A history of up to so many operations."""
        verbs = random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=random.randint(2, longest))
        return cls(preset, tuple(drawn_operation(random, verb, preset_named(preset)) for verb in verbs))

    def with_operations(self, operations: Sequence[Operation]) -> Self:
        """The same with other operations."""
        return msgspec.structs.replace(self, operations=tuple(operations))

    def run(self) -> NodeSession:
        """Run it. Raises `Mismatch`; anything else that is raised is a finding too."""
        session = NodeSession(preset_named(self.preset))
        for operation in self.operations:
            session.apply(operation)
        session.compare_all()
        return session

    def text(self) -> str:
        """For people."""
        return "\n".join([f"node of {DISKS}: {self.preset}", *map(str, self.operations)]) + "\n"


def drawn_operation(random: Random, verb: str, preset: Preset) -> Operation:
    """An operation of this kind."""
    key, size = random.randrange(len(preset.keys)), random.choice(preset.sizes)
    choices: dict[str, Callable[[], Operation]] = {
        "put": lambda: Put(key, size),
        "get": lambda: Get(key),
        "delete": lambda: Delete(key),
        "put-many": lambda: PutMany(key, random.randint(2, 7), size),
        "scan": lambda: Scan(key),
        "remove-disk": lambda: RemoveDisk(random.randrange(DISKS)),
        "return-disk": lambda: ReturnDisk(random.randrange(DISKS)),
    }
    return choices[verb]()


class NodeSession:
    """A node and its model."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.disks: list[MemoryDisk | None] = [None] * DISKS
        self.seams = Seams(sync=SINGLE_THREAD, randomness=randomness_of("counter"), clock=StillClock())
        self.node = Node.over([partial(self.open, number) for number in range(DISKS)], SINGLE_THREAD)
        self.model = NodeModel([StoreModel() for _ in range(DISKS)])
        self.puts = 0

    def open(self, number: int) -> Store:
        """The store of one disk: made at first, later what is durable of it."""
        disk = self.disks[number]
        if disk is None:
            disk = self.disks[number] = self.preset.new_disk()
            return Store.create_on(disk, self.preset.shape, self.preset.limits, self.seams)
        disk = self.disks[number] = disk.crash()
        return Store.open_on(disk, self.preset.limits, self.seams)

    def apply(self, operation: Operation) -> None:
        """One operation on both, and their answers compared."""
        keys = self.preset.keys
        if isinstance(operation, Get):
            self.same(lambda store: store.get(keys[operation.key]))
        elif isinstance(operation, Delete):
            self.same(lambda store: store.delete(keys[operation.key]) and None)
        elif isinstance(operation, Put | PutDurable):
            self.puts += 1
            value = (b"%d." % self.puts * operation.size)[: operation.size]
            self.same(lambda store: store.put(keys[operation.key], value) and None)
        elif isinstance(operation, PutMany):
            self.puts += 1
            items = {
                keys[(operation.key + step) % len(keys)]: (b"%d.%d." % (self.puts, step) * operation.size)[
                    : operation.size
                ]
                for step in range(operation.count)
            }
            self.same(lambda store: sorted(store.bulk_create(items.items()).failed))
        elif isinstance(operation, Scan):
            self.same(lambda store: list(store.list(keys[operation.key])))
        elif isinstance(operation, RemoveDisk):
            self.same(lambda store: store.remove_disk(operation.disk))
        else:
            assert isinstance(operation, ReturnDisk), f"a node does {operation}"
            self.same(lambda store: store.return_disk(operation.disk))

    def same(self, call: Callable[[Any], object]) -> None:
        """Ask both, the node first."""
        found, expected = answer(call, self.node), answer(call, self.model)
        if found != expected:
            raise Mismatch("answer", shown(expected), shown(found))

    def compare_all(self) -> None:
        """Every disk in service, and the whole mapping."""
        for disk, is_in_service in enumerate(self.model.in_service):
            if not is_in_service:
                self.apply(ReturnDisk(disk))
        self.apply(Scan(0))
        for number in range(len(self.preset.keys)):
            self.apply(Get(number))


def answer(call: Callable[[Any], object], store: object) -> object:
    """What a call answers, or how it is refused."""
    try:
        return call(store)
    except (OutOfService, CallRefused) as error:
        return f"refused: {type(error).__name__}"
