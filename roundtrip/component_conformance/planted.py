"""Planted bugs: every trial is seen to fail, by bugs of the engine and by one of its model at least.

Two of the 16 issues of the ShardStore paper (9 and 15) were bugs of a model; both are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, cast

from engine import Dependency, Store, index, maintenance, node
from engine.compaction import Compaction, plan
from engine.dependency import GraphNode
from engine.extents import Extents, Segment
from engine.index import Index
from engine.locator import Entry, Locator
from engine.superblock import Reset, Superblock

from ..models.chunks import ChunkStoreModel
from ..models.extents import ExtentModel, ExtentsModel
from ..models.index import IndexModel
from ..models.node import NodeModel
from ..models.store import StoreModel
from ..models.superblock import SuperblockModel


class Patch(Protocol):
    """Replaces an attribute until it is taken back; pytest's `monkeypatch` is one."""

    def setattr(self, target: Any, name: Any, value: Any, /) -> None:
        """Replace it."""
        ...


def locators_are_reused(patch: Patch) -> None:
    """Issue 15 of the ShardStore paper: the model's locators come from what is free."""
    put = ChunkStoreModel.put

    def reusing(self: ChunkStoreModel, content: bytes) -> Locator:
        self._next = len(self.chunks)
        return put(self, content)

    patch.setattr(ChunkStoreModel, "put", reusing)


def model_forgets_in_a_crash_during_reclamation(patch: Patch) -> None:
    """Issue 9: the model takes a reclamation for done that is not persistent."""
    crash = ChunkStoreModel.crash

    def forgetting(self: ChunkStoreModel, named: set[Locator]) -> None:
        self.persist()
        crash(self, named)

    patch.setattr(ChunkStoreModel, "crash", forgetting)


def resets_wait_for_nothing(patch: Patch) -> None:
    """The reset overtakes the copies that make it legal."""
    reset = Superblock.reset
    patch.setattr(Superblock, "reset", lambda self, extent, _after, when_free: reset(self, extent, (), when_free))


def lives_are_not_counted(patch: Patch) -> None:
    """An extent is used again in the life that it had, until the store is opened anew."""
    release = Extents.release
    patch.setattr(Extents, "release", lambda self, extent, generation: release(self, extent, generation - 1))


def tombstones_are_dropped_too_early(patch: Patch) -> None:
    """A compaction forgets deletes although an older run lies below."""

    def careless(*arguments: Any, **options: Any) -> Compaction | None:
        compaction = plan(*arguments, **options)
        return compaction and compaction._replace(drop_tombstones=True)

    patch.setattr(maintenance, "plan", careless)


def runs_are_opened_in_the_wrong_order(patch: Patch) -> None:
    """After an open, older runs hide newer ones."""
    patch.setattr(index, "in_order", lambda runs: tuple(sorted(runs, key=lambda run: run.number)))


def puts_say_that_they_are_persistent(patch: Patch) -> None:
    """The index forgets to say what a put waits for."""
    insert = Index.insert

    def hasty(*arguments: Any) -> Dependency:
        insert(*arguments)
        return Dependency()

    patch.setattr(Index, "insert", hasty)


def model_lists_deleted_keys(patch: Patch) -> None:
    """The model's scan does not know tombstones."""

    def everything(self: IndexModel, start: bytes = b"") -> Iterator[tuple[list[bytes], list[Entry]]]:
        keys = sorted(key for key in self.entries if key >= start)
        yield keys, [self.entries[key] for key in keys]

    patch.setattr(IndexModel, "batches", everything)


def model_loses_nothing_in_a_crash(patch: Patch) -> None:
    """The model holds that a crash keeps all changes."""
    possible = IndexModel.possible
    patch.setattr(IndexModel, "possible", lambda self: iter([list(possible(self))[-1]]))


def reads_go_beyond_the_pointer(patch: Patch) -> None:
    """The engine reads whatever the disk has."""
    patch.setattr(
        Extents, "read", lambda self, number, _generation, offset, length: self.read_issued(number, offset, length)
    )


def pending_bytes_are_read_from_the_disk(patch: Patch) -> None:
    """The engine forgets that some bytes wait in segments."""
    patch.setattr(
        Extents, "_read_pending", lambda self, extent, offset, length: self.read_issued(extent.number, offset, length)
    )


def writes_do_not_wait(patch: Patch) -> None:
    """Segments are handed to the disk whatever they come after."""
    patch.setattr(Segment, "is_ready", lambda _segment: True)


def model_resets_no_pointer(patch: Patch) -> None:
    """The model keeps the bytes of the former life."""

    def release(self: ExtentsModel, extent: ExtentModel, generation: int) -> None:
        extent.owner, extent.generation = "free", generation
        self.free.append(extent.number)

    patch.setattr(ExtentsModel, "release", release)


def resets_are_always_ready(patch: Patch) -> None:
    """A record holds resets whose inputs are not persistent."""
    patch.setattr(Reset, "is_ready", lambda _reset: True)


def records_leave_an_owner_out(patch: Patch) -> None:
    """A delta says of an extent that was taken since that it is free (after issue 6)."""
    collect = Superblock.collect

    def forgetful(self: Superblock) -> list[GraphNode] | None:
        nodes = collect(self)
        for number, (generation, pointer, owner) in self._entries.items():
            self._entries[number] = (generation, pointer, "free" if owner == "index" else owner)
        return nodes

    patch.setattr(Superblock, "collect", forgetful)


def full_records_leave_resets_out(patch: Patch) -> None:
    """The record that opens a pair says of every extent what is so now, and not what it makes so."""
    full = Superblock.full

    def forgetful(self: Superblock, seed: int) -> bytes:
        self._entries.clear()
        return full(self, seed)

    patch.setattr(Superblock, "full", forgetful)


def model_records_resets_at_once(patch: Patch) -> None:
    """The model forgets that resets have inputs."""
    reset = SuperblockModel.reset
    patch.setattr(SuperblockModel, "reset", lambda self, extent, _after: reset(self, extent, ()))


def leaving_disks_are_not_closed(patch: Patch) -> None:
    """Issue 4: a disk that leaves and returns has lost what was not persistent."""
    patch.setattr(Store, "close", Store.abandon)


def bulk_operations_stop_half_way(patch: Patch) -> None:
    """Of a bulk create, each disk gets all shards but one."""
    patch.setattr(node, "create_all", lambda store, items: store.put_many(list(items.items())[:-1]))


def model_forgets_the_shards_of_a_disk_that_leaves(patch: Patch) -> None:
    """The model takes a disk that leaves for an empty one."""
    remove_disk = NodeModel.remove_disk

    def emptied(self: NodeModel, number: int) -> None:
        remove_disk(self, number)
        cast("StoreModel", self.stores[number]).values.clear()

    patch.setattr(NodeModel, "remove_disk", emptied)


#: By component.
PLANTED: Final[dict[str, tuple[Callable[[Patch], None], ...]]] = {
    "chunks": (
        locators_are_reused,
        model_forgets_in_a_crash_during_reclamation,
        resets_wait_for_nothing,
        lives_are_not_counted,
    ),
    "extents": (
        reads_go_beyond_the_pointer,
        pending_bytes_are_read_from_the_disk,
        writes_do_not_wait,
        model_resets_no_pointer,
    ),
    "index": (
        tombstones_are_dropped_too_early,
        runs_are_opened_in_the_wrong_order,
        puts_say_that_they_are_persistent,
        model_lists_deleted_keys,
        model_loses_nothing_in_a_crash,
    ),
    "node": (
        leaving_disks_are_not_closed,
        bulk_operations_stop_half_way,
        model_forgets_the_shards_of_a_disk_that_leaves,
    ),
    "superblock": (
        resets_are_always_ready,
        records_leave_an_owner_out,
        full_records_leave_resets_out,
        model_records_resets_at_once,
    ),
}
