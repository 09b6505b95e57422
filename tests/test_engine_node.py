"""The node: shards stay on their disk, a disk may leave and come back, and no disk's failure touches another."""

from __future__ import annotations

import errno
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine import Dependency, Limits, Node, Shape, Store
from engine.errors import CallRefused, DiskFailed, NotAStore, OutOfService, StorePoisoned
from engine.file_disk import FileDisk
from engine.memory_disk import MemoryDisk
from engine.node import create_all, delete_all
from engine.seams import ThreadSync
from engine.slots import Slot

SHAPE = Shape(extent_count=64, extent_size_bytes=65536, page_size_bytes=512)
DISKS = 3
KEYS = [f"shard-{number:03}".encode() for number in range(300)]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [tmp_path / f"disk-{number}" for number in range(DISKS)]


@pytest.fixture
def node(paths: list[Path]) -> Iterator[Node]:
    with Node.create(paths, SHAPE) as node:
        yield node


@pytest.fixture
def full(node: Node) -> Node:
    """A node with a value under each of the keys."""
    for key in KEYS:
        node.put(key, key * 2)
    return node


def on(node: Node, number: int) -> list[bytes]:
    """The keys of one disk."""
    return [key for key in KEYS if node.disk_of(key) == number]


def test_shards_are_spread_and_found_again_whatever_the_order_of_paths(full: Node, paths: list[Path]) -> None:
    assert all(len(on(full, number)) > len(KEYS) // (2 * DISKS) for number in range(DISKS))
    full.close()
    with Node.open(paths[::-1]) as again:
        assert [again.get(key) for key in KEYS] == [key * 2 for key in KEYS]
        assert list(again.list()) == KEYS
        assert list(again.list(prefix=b"shard-01", end=b"shard-015")) == KEYS[10:15]
        again.delete(KEYS[0])
        assert KEYS[0] not in again
        assert again.get(KEYS[0]) is None


def test_a_disk_that_leaves_and_comes_back_has_lost_nothing(full: Node) -> None:
    full.remove_disk(1)
    for key in on(full, 1):
        with pytest.raises(OutOfService, match=r"disk 1 .*return it to service"):
            full.get(key)
        with pytest.raises(OutOfService):
            full.put(key, b"")
    for key in on(full, 0) + on(full, 2):
        assert full.get(key) == key * 2
        full.put(key, key)
    with pytest.raises(OutOfService):
        full.list()
    assert list(full.list(only_in_service=True)) == sorted(on(full, 0) + on(full, 2))
    assert [disk.in_service for disk in full.disks()] == [True, False, True]
    with pytest.raises(CallRefused, match="already"):
        full.remove_disk(1)
    full.return_disk(1)
    assert all(full.get(key) == key * 2 for key in on(full, 1))
    assert list(full.list()) == KEYS
    with pytest.raises(CallRefused, match="already"):
        full.return_disk(1)
    with pytest.raises(CallRefused, match="expected 0 to 2"):
        full.return_disk(3)


def test_a_disk_leaves_when_no_call_is_under_way_and_lets_none_in_meanwhile(tmp_path: Path) -> None:
    slot = Slot(0, "here", lambda: Store.create(tmp_path / "store", SHAPE), ThreadSync())
    slot.bring_back()
    leaving = threading.Thread(target=slot.take_out)
    with slot as store:
        leaving.start()
        while slot.is_in_service():
            pass
        with pytest.raises(OutOfService), slot:
            pass
        leaving.join(0.05)
        assert leaving.is_alive()
        store.put(b"key", b"value")
    leaving.join()
    with Store.open(tmp_path / "store") as again:
        assert again.get(b"key") == b"value"


def test_calls_under_way_end_before_their_disk_leaves(full: Node) -> None:
    """Threads put all the while; what they were told is stored is there when the disk is back."""
    stored: dict[bytes, bytes] = {}
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(own: int) -> None:
        draw = random.Random(own)
        while not stop.is_set():
            key, value = draw.choice(KEYS[own::4]), draw.randbytes(20)
            try:
                full.put(key, value)
            except OutOfService:
                continue
            except BaseException as error:
                failures.append(error)
                raise
            stored[key] = value

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for number in [0, 1, 2] * 5:
        full.remove_disk(number)
        full.return_disk(number)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {key: full.get(key) for key in stored} == stored


def test_a_list_goes_on_while_shards_and_disks_change(full: Node) -> None:
    """Shards that stay are listed once and in order, whatever else is put, deleted, flushed or compacted."""
    stop = threading.Event()

    def change() -> None:
        draw = random.Random(1)
        while not stop.is_set():
            key = b"shard-%03d-x%d" % (draw.randrange(300), draw.randrange(5))
            draw.choice([full.delete, lambda key: full.put(key, b"new")])(key)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(30):
            keys = list(full.list())
            assert [key for key in keys if key in KEYS] == KEYS
            assert all(one < other for one, other in pairwise(keys))
    finally:
        stop.set()
        thread.join()


def test_a_list_outlives_a_disk_that_comes_back_and_names_one_that_does_not(tmp_path: Path) -> None:
    with Node.create([tmp_path / "one", tmp_path / "two"], SHAPE) as node:
        keys = [f"{number:05}".encode() for number in range(3000)]
        node.bulk_create((key, b"") for key in keys)
        listed = node.list()
        found = [next(listed)]
        for number in (0, 1):
            node.remove_disk(number)
            node.return_disk(number)
        assert found + list(listed) == keys
        listed = node.list()
        next(listed)
        node.remove_disk(0)
        with pytest.raises(OutOfService):
            list(listed)


def test_one_disk_that_fails_touches_no_other(full: Node, paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    sync = FileDisk.sync

    def fail(disk: FileDisk) -> None:
        if disk.path.parent == paths[1]:
            raise OSError(errno.EIO, "planted")
        sync(disk)

    with monkeypatch.context() as patch:
        patch.setattr(FileDisk, "sync", fail)
        with pytest.raises(StorePoisoned, match="planted"):
            full.put(on(full, 1)[0], b"", durable=True)
        result = full.bulk_create((key, b"new") for key in KEYS)
        assert list(result.failed) == [1]
        assert isinstance(result.failed[1], StorePoisoned)
    result.dependency.wait()
    assert all(full.get(key) == b"new" for key in on(full, 0) + on(full, 2))
    full.remove_disk(1)
    full.return_disk(1)
    full.put(on(full, 1)[0], b"healed", durable=True)
    full.close()

    (paths[2] / "disk").write_bytes(b"")
    with Node.open(paths) as again:
        assert [disk.in_service for disk in again.disks()] == [True, True, False]
        assert "disk-2" in str(again.disks()[2].trouble)
        assert all(again.get(key) == b"new" for key in on(again, 0))
        with pytest.raises(OutOfService, match="disk-2"):
            again.get(on(again, 2)[0])
        assert list(again.bulk_remove(KEYS).failed) == [2]
        assert list(again.list(only_in_service=True)) == []


def test_a_disk_that_cannot_close_is_out_of_service_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    disks = [MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes) for _ in range(2)]
    for number, disk in enumerate(disks):
        Store.create_on(disk, SHAPE).close()
        disks[number] = disk.crash()

    def opener(number: int) -> Callable[[], Store]:
        def open_store() -> Store:
            disks[number] = disks[number].crash()
            return Store.open_on(disks[number], Limits(background=False))

        return open_store

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "planted")

    node = Node.over([opener(number) for number in range(2)])
    node.put(b"key", b"value", durable=True)
    number = node.disk_of(b"key")
    node.put(b"key", b"newer")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryDisk, "write", fail)
        with pytest.raises(DiskFailed):
            node.remove_disk(number)
    assert not node.disks()[number].in_service
    assert "planted" in str(node.disks()[number].trouble)
    node.return_disk(number)
    assert node.get(b"key") == b"value"
    node.close()
    node.close()


def test_bulk_operations_on_the_same_shards_never_mix(full: Node, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """After each round all shards are there, or none (issue 16 of the ShardStore paper)."""
    draw = random.Random(seed)

    def dawdling(call: Callable[..., Dependency]) -> Callable[..., Dependency]:
        def wait_first(*arguments: Any) -> Dependency:
            time.sleep(draw.random() * 0.003)
            return call(*arguments)

        return wait_first

    monkeypatch.setattr("engine.node.create_all", dawdling(create_all))
    monkeypatch.setattr("engine.node.delete_all", dawdling(delete_all))
    outcomes = []
    for _ in range(20):
        calls = (lambda: full.bulk_create((key, b"new") for key in KEYS), lambda: full.bulk_remove(reversed(KEYS)))
        threads = [threading.Thread(target=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes.append(len(list(full.list())))
    assert set(outcomes) <= {0, len(KEYS)}


def test_bulk_operations_refuse_bad_input_before_they_begin(full: Node) -> None:
    with pytest.raises(CallRefused, match="found str"):
        full.bulk_create([(KEYS[0], b"new"), (KEYS[1], "text")])  # type: ignore[list-item]
    with pytest.raises(CallRefused, match="found 0 bytes"):
        full.bulk_remove([KEYS[0], b""])
    assert full.get(KEYS[0]) == KEYS[0] * 2


def test_directories_that_do_not_belong_together_are_refused(tmp_path: Path, node: Node, paths: list[Path]) -> None:
    node.close()
    other = [tmp_path / "other-0", tmp_path / "other-1"]
    Node.create(other, SHAPE).close()
    Store.create(tmp_path / "alone", SHAPE).close()
    with pytest.raises(CallRefused, match="belongs to node"):
        Node.open([*paths[:2], other[1]])
    with pytest.raises(CallRefused, match="one twice"):
        Node.open([paths[0], paths[0]])
    with pytest.raises(CallRefused, match="3 directories were given"):
        Node.open([*other, tmp_path / "alone"])
    with pytest.raises(NotAStore, match="belongs to no node"):
        Node.open([tmp_path / "alone"])
    with pytest.raises(CallRefused, match="at least one"):
        Node.open([])
    (paths[0] / "node").write_bytes(b"{")
    with pytest.raises(NotAStore, match="JSON"):
        Node.open(paths[:1])


def test_a_directory_that_was_not_given_is_given_later(tmp_path: Path, full: Node, paths: list[Path]) -> None:
    full.close()
    with Node.open(paths[1:]) as again:
        with pytest.raises(OutOfService, match="no directory was given"):
            again.get(on(again, 0)[0])
        with pytest.raises(NotAStore, match="expected disk 0"):
            again.return_disk(0, paths[2])
        paths[0].rename(tmp_path / "moved")
        again.return_disk(0, tmp_path / "moved")
        assert [again.get(key) for key in KEYS] == [key * 2 for key in KEYS]
