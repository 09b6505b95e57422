"""The public calls of a store on a real file."""

from __future__ import annotations

import errno
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Limits, Shape, Store
from engine.errors import (
    CallRefused,
    ChunkRotten,
    NotAStore,
    StoreBusy,
    StoreClosed,
    StoreExists,
    StoreFull,
    StorePoisoned,
    UnsupportedStore,
)
from engine.extents import SUPERBLOCK_PAIRS

SHAPE = Shape(extent_count=32, extent_size_bytes=65536)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "store", SHAPE) as created:
        yield created


def reopened(store: Store, path: Path) -> Store:
    store.close()
    return Store.open(path / "store")


def test_a_put_is_there_after_reopening(store: Store, tmp_path: Path) -> None:
    store.put(b"key", b"value")
    with reopened(store, tmp_path) as again:
        assert again.get(b"key") == b"value"
        assert b"key" in again
        assert again.get(b"other") is None


def test_a_deleted_key_stays_deleted(store: Store, tmp_path: Path) -> None:
    store.put(b"key", b"value", durable=True)
    store.delete(b"key", durable=True)
    with reopened(store, tmp_path) as again:
        assert again.get(b"key") is None
        assert list(again.scan()) == []


def test_scan_takes_start_end_and_prefix(store: Store) -> None:
    store.put_many([(name, b"") for name in (b"a", b"b/1", b"b/2", b"c")])
    assert list(store.scan()) == [b"a", b"b/1", b"b/2", b"c"]
    assert list(store.scan(b"b", b"c")) == [b"b/1", b"b/2"]
    assert list(store.scan(prefix=b"b/")) == [b"b/1", b"b/2"]


def test_a_large_value_is_streamed_in_and_out(tmp_path: Path) -> None:
    value = os.urandom(300_000)
    with Store.create(tmp_path / "store", SHAPE, Limits(chunk_bytes=50_000)) as store:
        store.put(b"large", io.BytesIO(value))
        reader = store.open_value(b"large")
        assert reader is not None
        assert reader.read() == value == store.get(b"large")
        reader.seek(123_456)
        assert reader.read(10) == value[123_456:123_466]


def test_a_durable_put_takes_three_levels_of_sync(store: Store) -> None:
    before = store.writeback.levels
    dependency = store.put(b"key", b"value")
    assert not dependency.is_persistent()
    dependency.wait()
    assert dependency.is_persistent()
    assert store.writeback.levels - before == 3


def test_puts_of_many_threads_share_syncs(store: Store) -> None:
    before = store.writeback.levels

    def put(number: int) -> None:
        for turn in range(10):
            store.put(b"%d %d" % (number, turn), b"value", durable=True)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.scan())) == 80
    assert store.writeback.levels - before < 80 * 3


def test_puts_that_wait_for_the_same_sync_share_the_next_ones_and_one_run(store: Store) -> None:
    """Six threads put while a leader's sync is held up: their entries go into one run, in three more levels."""
    held, released = threading.Event(), threading.Event()
    sync = store.disk.sync

    def hold_once() -> None:
        if not held.is_set():
            held.set()
            released.wait()
        sync()

    store.disk.sync = hold_once  # type: ignore[method-assign]  # a disk that is slow once
    threads = [threading.Thread(target=store.put, args=(b"%d" % n, b""), kwargs={"durable": True}) for n in range(7)]
    threads[0].start()
    held.wait()
    before = store.writeback.levels
    for thread in threads[1:]:
        thread.start()
    while len(store.index.active.entries) < 6:
        pass
    released.set()
    for thread in threads:
        thread.join()
    assert store.writeback.levels - before <= 1 + 3
    assert len(store.index.runs) <= 3


class Name(bytes):
    """A key of a user's own class."""


def test_regression_a_key_of_a_subclass_is_stored_as_bytes(store: Store) -> None:
    """It was accepted, and then the store could be neither flushed nor closed."""
    store.put(Name(b"put"), b"1")
    store.put_many([(Name(b"many"), b"2")])
    store.put(Name(b"gone"), b"3")
    store.delete(Name(b"gone"))
    store.flush()
    assert [(key, type(key), store.get(Name(key))) for key in store.scan()] == [
        (b"many", bytes, b"2"),
        (b"put", bytes, b"1"),
    ]


@pytest.mark.parametrize("key", [b"", b"k" * 4097, "text", None])
def test_a_key_that_is_none_is_refused(store: Store, key: Any) -> None:
    with pytest.raises(CallRefused, match="key: expected"):
        store.put(key, b"")


def test_a_full_store_reads_deletes_and_reclaims(store: Store) -> None:
    kept: list[bytes] = []

    def fill() -> None:
        for number in range(1000):
            store.put(b"%d" % number, bytes(10_000))
            kept.append(b"%d" % number)

    with pytest.raises(StoreFull, match="delete shards"):
        fill()
    assert all(store.get(key) == bytes(10_000) for key in kept)
    for key in kept:
        store.delete(key)
    store.reclaim()
    store.put(b"new", bytes(10_000), durable=True)
    assert list(store.scan()) == [b"new"]


def test_an_emptied_store_is_reclaimed_to_near_empty(store: Store) -> None:
    store.put_many([(b"%d" % number, bytes(5000)) for number in range(150)])
    for number in range(150):
        store.delete(b"%d" % number)
    store.compact().wait()
    store.reclaim()
    assert store.stats().free_extents >= SHAPE.extent_count - 8 - 2


def test_a_store_is_open_once(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreBusy, match="this process"):
        Store.open(tmp_path / "store")
    assert store.get(b"key") is None


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreClosed):
        store.put(b"key", b"")
    with pytest.raises(StoreClosed):
        store.get(b"key")
    store.close()


def test_a_store_is_not_created_twice(store: Store, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(StoreExists):
        Store.create(tmp_path / "store", SHAPE)


@pytest.mark.parametrize("content", [b"", bytes(100_000), b"PK\x03\x04" * 30_000])
def test_what_is_no_store_is_refused_with_what_was_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "disk").write_bytes(content)
    with pytest.raises(NotAStore, match="found"):
        Store.open(tmp_path)
    with pytest.raises(NotAStore, match="found nothing"):
        Store.open(tmp_path / "missing")


def test_a_newer_version_is_refused(store: Store, tmp_path: Path) -> None:
    store.close()
    with (tmp_path / "store" / "disk").open("r+b") as file:
        file.seek(3)
        file.write(b"\x09")
        file.seek(SHAPE.extent_size_bytes + 3)
        file.write(b"\x09")
    with pytest.raises(UnsupportedStore, match="version 9"):
        Store.open(tmp_path / "store")


def test_one_rotten_superblock_copy_is_reported_and_repaired(store: Store, tmp_path: Path) -> None:
    store.put(b"key", b"value", durable=True)
    pair = SUPERBLOCK_PAIRS[store.superblock.pair]
    store.close()
    with (tmp_path / "store" / "disk").open("r+b") as file:
        file.seek(pair[0] * SHAPE.extent_size_bytes + 70)
        file.write(b"\xff\xff\xff")
    with Store.open(tmp_path / "store") as again:
        assert [damage.extent for damage in again.root_damage] == [pair[0]]
        assert again.get(b"key") == b"value"
        assert again.scrub().is_clean()
    with Store.open(tmp_path / "store") as repaired:
        assert repaired.root_damage == ()


def test_a_rotten_chunk_is_refused_and_located(store: Store, tmp_path: Path) -> None:
    store.put_many([(b"bad", b"a value"), (b"good", b"another value")], durable=True)
    entry = store.index.find(b"bad")
    assert entry
    store.close()
    with (tmp_path / "store" / "disk").open("r+b") as file:
        file.seek(entry[0][0] * SHAPE.extent_size_bytes + entry[0][2] + 45)
        file.write(b"\x00")
    with Store.open(tmp_path / "store") as again:
        with pytest.raises(ChunkRotten, match="replica") as caught:
            again.get(b"bad")
        assert (caught.value.extent, caught.value.offset, caught.value.key) == (entry[0][0], entry[0][2], b"bad")
        assert again.get(b"good") == b"another value"
        assert [damage.key for damage in again.scrub().damage] == [b"bad"]


def test_a_failed_sync_poisons_the_store_until_it_is_closed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "planted")

    dependency = store.put(b"key", b"value")
    with monkeypatch.context() as patch:
        patch.setattr(store.disk, "sync", fail)
        with pytest.raises(StorePoisoned, match="planted"):
            dependency.wait()
    with pytest.raises(StorePoisoned):
        store.put(b"other", b"")
    with pytest.raises(StorePoisoned):
        dependency.wait()
    with pytest.raises(StorePoisoned, match="close that store before"):
        Store.open(tmp_path / "store")
    with reopened(store, tmp_path) as again:
        assert again.get(b"key") is None
    assert not dependency.is_persistent()
