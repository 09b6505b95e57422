"""What fails leaves the store as it was: failed writes and closes, crash after crash, threads that all end it."""

from __future__ import annotations

import errno
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from engine import Limits, Shape, Store
from engine.errors import DiskFailed, StoreBusy, StoreClosed, StoreFull, StorePoisoned
from engine.file_disk import FileDisk
from engine.maintenance import Maintenance
from engine.memory_disk import MemoryDisk
from engine.recovery import recover
from engine.seams import Seams, SeededRandomness
from engine.superblock import CLEAN_CLOSE
from engine.zoned_disk import ZonedDisk

SHAPE = Shape(extent_count=40, extent_size_bytes=16384, page_size_bytes=512)
LIMITS = Limits(
    memtable_entries=20,
    cache_bytes=4096,
    buffer_pool_bytes=8192,
    write_bytes=2048,
    chunk_bytes=3000,
    run_fanout=3,
    background=False,
)


def new_store(disk: MemoryDisk, limits: Limits = LIMITS) -> Store:
    return Store.create_on(disk, SHAPE, limits, Seams(randomness=SeededRandomness(1)))


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes)


@contextmanager
def failing(disk: MemoryDisk, what: Callable[[str, int], bool]) -> Iterator[None]:
    """Meanwhile operations for which `what(verb, extent)` holds fail."""

    def faults(verb: str, extent: int, _offset: int, _length: int) -> None:
        if what(verb, extent):
            raise OSError(errno.EIO, "planted")

    disk.faults = faults
    try:
        yield
    finally:
        disk.faults = None


def writes(verb: str, _extent: int) -> bool:
    return verb == "write"


def ended(threads: list[threading.Thread]) -> bool:
    for thread in threads:
        thread.join(10)
    return not any(thread.is_alive() for thread in threads)


def test_an_extent_that_is_appended_to_is_never_reclaimed(disk: MemoryDisk) -> None:
    store = new_store(disk)
    store.put(b"key", b"value", durable=True)
    appended = store.chunks.streams["shard"].extent
    assert appended is not None
    report, _ = store.reclamation.reclaim([appended.number])
    assert report.extents == ()
    assert appended.number not in {one.number for one in store.reclamation.candidates(frozenset({"data", "index"}))}


def test_failed_writes_lose_no_room(disk: MemoryDisk) -> None:
    store = new_store(disk, Limits(memtable_entries=200, chunk_bytes=3000, background=False))
    for number in range(6):
        store.put(b"a%d" % number, bytes(2500))
    failures = 0
    with failing(disk, writes):
        for number in range(60):
            try:
                store.put(b"b%d" % number, bytes(2500))
            except (DiskFailed, StoreFull):
                failures += 1
    for key in list(store.scan()):
        store.delete(key)
    store.compact().wait()
    store.reclaim()
    store.reclaim()
    assert len(store.extents.free) >= SHAPE.extent_count - 10
    assert store.scrub().is_clean()


def test_crashes_again_and_again_lose_no_room(disk: MemoryDisk) -> None:
    store = new_store(disk)
    for number in range(60):
        store.put(b"%d" % number, b"value", durable=True)
        store.compact().wait()
        store.reclaim()
        store.abandon()
        disk = disk.crash()
        store = Store.open_on(disk, LIMITS)
    assert len(list(store.scan())) == 60


def test_after_a_crash_and_a_clean_close_nothing_is_appended_behind_what_nobody_acknowledged(disk: MemoryDisk) -> None:
    store = new_store(disk)
    store.put(b"key", b"value", durable=True)
    written = store.chunks.streams["shard"].extent
    assert written is not None
    number, generation = written.number, written.generation
    store.put(b"lost", b"never acknowledged")
    store.drain()
    store.abandon()
    disk = disk.crash(disk.possible(()))
    for _ in range(3):
        store = Store.open_on(disk, LIMITS)
        store.put(b"other", b"value", durable=True)
        extent = store.extents.all[number]
        current = store.chunks.streams["shard"].extent
        assert current is None or (current.number, current.generation) != (number, generation)
        assert extent.pointer in (0, SHAPE.extent_size_bytes) or extent.generation != generation
        store.close()
        disk = disk.crash()


def test_background_work_begins_when_the_streams_have_their_extents(
    disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it may reclaim the extent that a stream is about to go on in."""
    limits = msgspec.structs.replace(LIMITS, background=True)
    with new_store(disk, limits) as store:
        store.put(b"key", b"value")
        store.delete(b"key")
    seen = []

    def start(maintenance: Maintenance) -> None:
        seen.append([stream.extent for stream in maintenance.chunks.streams.values() if stream.extent is not None])

    monkeypatch.setattr(Maintenance, "start", start)
    store = Store.open_on(disk.crash(), limits)
    assert len(seen) == 1
    assert seen[0]
    assert seen[0] == [stream.extent for stream in store.chunks.streams.values() if stream.extent is not None]
    store.abandon()


def test_a_clean_close_is_durable_and_one_that_failed_is_none(disk: MemoryDisk) -> None:
    store = new_store(disk)
    store.put(b"key", b"value")

    def is_clean_mark(verb: str, extent: int) -> bool:
        return verb == "write" and extent < 4 and store.superblock._flags == CLEAN_CLOSE  # noqa: SLF001  # to fail here

    with failing(disk, is_clean_mark), pytest.raises(DiskFailed):
        store.close()
    later = store.put(b"later", b"value")
    store.drain()
    store.writeback.step()
    assert not later.is_persistent()
    crashed = disk.crash(disk.possible(()))
    store.close()
    assert not disk.unsynced
    assert later.is_persistent()
    assert not recover(crashed).is_clean
    assert recover(disk.crash()).is_clean


@pytest.mark.parametrize("background", [False, True])
def test_a_store_whose_close_failed_goes_on(disk: MemoryDisk, *, background: bool) -> None:
    store = new_store(disk, Limits(memtable_entries=20, run_fanout=3, background=background))
    store.put(b"key", b"value")
    with failing(disk, writes), pytest.raises(DiskFailed):
        store.close()
    for number in range(200):
        store.put(b"%d" % number, b"value")
    store.drain()
    store.close()
    with Store.open_on(disk.crash(), LIMITS) as again:
        assert len(list(again.scan())) == 201


def test_a_put_that_raises_has_not_happened_and_one_that_has_does_not_raise(disk: MemoryDisk) -> None:
    store = new_store(disk, Limits(buffer_pool_bytes=4096, background=False))
    old, new, newest = (bytes([number]) * 5000 for number in range(3))
    store.put(b"key", old, durable=True)
    with failing(disk, writes):
        store.put(b"key", new)
        assert store.get(b"key") == new
        with pytest.raises(DiskFailed):
            store.put(b"key", newest)
        assert store.get(b"key") == new
    store.put(b"key", newest)
    assert store.get(b"key") == newest


def test_a_get_needs_no_write(disk: MemoryDisk) -> None:
    store = new_store(disk)
    store.put(b"key", b"value in memory")
    with failing(disk, writes):
        assert store.get(b"key") == b"value in memory"


def test_a_page_that_cannot_be_read_stops_no_flush(disk: MemoryDisk) -> None:
    store = new_store(disk, Limits(memtable_entries=20, cache_bytes=0, background=False))
    for number in range(15):
        store.put(b"k%02d" % number, b"value")
    store.flush().wait()
    store.reclaim()  # live bytes are counted from here on
    bad = store.index.runs[0].chunks[0][0]
    with failing(disk, lambda verb, extent: verb == "read" and extent == bad):
        store.put(b"k03", b"new", durable=True)
        store.put(b"other", b"value", durable=True)
    assert (store.get(b"k03"), store.get(b"k04")) == (b"new", b"value")


def test_a_disk_with_write_pointers_takes_a_root_record_again_where_one_copy_failed() -> None:
    disk = ZonedDisk(SHAPE.extent_count, SHAPE.extent_size_bytes)
    store = new_store(disk)
    store.put(b"a", b"value", durable=True)
    for extent in (0, 1, 2, 3):
        with failing(disk, lambda verb, number, extent=extent: verb == "write" and number == extent):  # type: ignore[misc]
            try:
                store.put(b"b", b"value", durable=True)
            except DiskFailed:
                continue
    store.put(b"c", b"value", durable=True)
    assert store.get(b"c") == b"value"


def test_whoever_writes_a_memtable_for_others_never_waits_for_himself(disk: MemoryDisk) -> None:
    store = new_store(disk, msgspec.structs.replace(LIMITS, memtable_entries=500))
    for number in range(120):
        store.put(b"r%d" % (number % 9), b"value", durable=True)
    store.compact().wait()
    with pytest.raises(StoreFull):
        store.put_many((b"fill%d" % number, bytes(2900)) for number in range(1000))

    def delete() -> None:
        with suppress(StoreFull):
            for number in range(1000):
                store.delete(b"gone%d" % (number % 9), durable=True)
                if number == 100:
                    store.compact().wait()

    thread = threading.Thread(target=delete, daemon=True)
    thread.start()
    assert ended([thread])


def test_all_that_end_a_store_at_once_come_back(disk: MemoryDisk) -> None:
    store = new_store(disk)
    writing, go_on = threading.Event(), threading.Event()

    def slow(verb: str, _extent: int, _offset: int, _length: int) -> None:
        if verb == "write" and not writing.is_set():
            writing.set()
            go_on.wait()
        elif verb == "sync":
            time.sleep(0.3)

    dependency = store.put(b"key", b"value")
    disk.faults = slow

    def wait() -> None:
        with suppress(StoreClosed):
            dependency.wait()

    threads = [threading.Thread(target=call, daemon=True) for call in (wait, store.abandon, store.abandon)]
    threads[0].start()
    writing.wait()
    for thread in threads[1:]:
        thread.start()
        time.sleep(0.05)
    go_on.set()
    assert ended(threads)


def test_a_poisoned_store_lets_everybody_go(disk: MemoryDisk) -> None:
    store = new_store(disk, msgspec.structs.replace(LIMITS, background=True))
    syncing, go_on = threading.Event(), threading.Event()

    def slow_and_failing(verb: str, _extent: int, _offset: int, _length: int) -> None:
        if verb == "sync":
            syncing.set()
            go_on.wait()
            raise OSError(errno.EIO, "planted")

    def drain() -> None:
        with suppress(StorePoisoned):
            store.drain()

    disk.faults = slow_and_failing
    for number in range(20):
        store.put(b"%d" % number, b"value")
    syncing.wait()
    for number in range(20, 40):
        store.put(b"%d" % number, b"value")
    threads = [threading.Thread(target=drain, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    go_on.set()
    assert ended(threads)
    with pytest.raises(StorePoisoned, match="planted"):
        store.put(b"key", b"value")
    store.close()


def test_without_background_work_small_runs_are_merged_all_the_same(disk: MemoryDisk) -> None:
    store = new_store(disk)
    for number in range(1000):
        store.put(b"%d" % (number % 10), b"value", durable=True)
    assert len(store.index.runs) < 20
    store.close()


def test_a_store_can_be_closed_when_no_descriptor_is_left(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", Shape(extent_count=20, extent_size_bytes=65536))
    store.put(b"key", b"value", durable=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 5, hard))
        with suppress(OSError):  # at the end there is no descriptor left
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        store.close()
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with Store.open(tmp_path / "store") as again:
        assert again.get(b"key") == b"value"


def test_a_store_stays_locked_when_its_lock_file_is_removed(tmp_path: Path) -> None:
    with Store.create(tmp_path / "store", SHAPE):
        (tmp_path / "store/lock").unlink()
        with pytest.raises(StoreBusy, match="removed meanwhile"):
            Store.open(tmp_path / "store")
    Store.open(tmp_path / "store").close()


def test_a_store_that_could_not_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "planted")

    with monkeypatch.context() as patch:
        patch.setattr("engine.file_disk.FileDisk.write", fail)
        with pytest.raises(DiskFailed, match="planted"):
            Store.create(tmp_path / "store", SHAPE)
    Store.create(tmp_path / "store", SHAPE).close()


def test_a_full_file_system_is_no_full_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Extents that the file system gave before are used again."""
    with Store.create(tmp_path / "store", SHAPE, LIMITS) as store:
        for number in range(20):
            store.put(b"%d" % (number % 2), bytes(2900), durable=True)
        allocate = FileDisk.allocate
        known = {extent.number for extent in store.extents.all if extent.owner != "free"}

        def allocate_known(disk: FileDisk, extent: int) -> None:
            if extent not in known:
                raise OSError(errno.ENOSPC, "planted")
            allocate(disk, extent)

        monkeypatch.setattr(FileDisk, "allocate", allocate_known)
        for number in range(60):
            store.put(b"%d" % (number % 2), bytes(2900))
        assert store.get(b"1") == bytes(2900)
