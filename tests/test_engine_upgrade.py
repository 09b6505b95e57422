"""How a store of version 1 becomes one of version 2: by and by, and at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import msgspec
import pytest

from engine import Limits, Shape, Store
from engine.errors import CallRefused, StoreFull
from engine.extents import HEADER_SIZE
from engine.frames import overhead_of
from engine.memory_disk import MemoryDisk
from formats.crc64 import crc64nvme
from roundtrip.histories.operations import (
    Compact,
    Delete,
    Flush,
    Operation,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reboot,
    Reclaim,
    Synchronize,
)
from roundtrip.histories.presets import preset_named, written
from roundtrip.histories.session import Session
from roundtrip.reference.store import StoreImage, read_store

SHAPE: Final = Shape(extent_count=28, extent_size_bytes=4096, page_size_bytes=512)
OLD: Final = Limits(memtable_entries=20, cache_bytes=0, chunk_bytes=1400, background=False, reserve_extents=4)
NEW: Final = written(OLD, chunk=2, page=2)
#: Values of one part and of several.
VALUES: Final = {b"small": b"s", b"empty": b"", b"three": b"three parts" * 300, b"two": b"two" * 600}
#: What a release that knew no version 2 made of these operations, byte for byte.
HISTORY: Final[tuple[Operation, ...]] = (
    *(PutMany(0, 7, 300), Flush(), Put(1, 2000), Put(2, 3000), Delete(0), Synchronize(), PutStream(3, 2500)),
    *(Compact(), Put(4, 10), Reclaim(0), Reboot(), PutDurable(5, 700), Delete(6), Flush()),
)


def new_disk() -> MemoryDisk:
    return MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes)


def closed(limits: Limits, disk: MemoryDisk | None = None) -> MemoryDisk:
    """A store with the values, closed cleanly."""
    disk = disk or new_disk()
    with Store.create_on(disk, SHAPE, limits) as store:
        store.put_many(VALUES.items())
    return disk.crash()


def opened(disk: MemoryDisk, limits: Limits = OLD, **settings: Any) -> Store:
    return Store.open_on(disk.fork(), limits, **settings)


def mapping(store: Store) -> dict[bytes, bytes | None]:
    return {key: store.get(key) for key in store.scan()}


def reference(disk: MemoryDisk) -> StoreImage:
    return read_store(disk.fork().read, disk.extent_count, disk.extent_size_bytes)


def versions(store: Store) -> tuple[set[int], set[int]]:
    report = store.scrub()
    assert report.damage == ()
    return set(report.chunks_by_version), set(report.pages_by_version)


def written_by_version_1() -> tuple[MemoryDisk, dict[bytes, bytes]]:
    """A store as a release before version 2 left it."""
    session = Session(preset_named("tiny"))
    for operation in HISTORY:
        session.apply(operation)
    session.store.close()
    return session.disk.crash(), dict(session.model.values)


def test_a_store_of_version_1_opens_and_becomes_new_by_and_by() -> None:
    disk, values = written_by_version_1()
    limits = written(preset_named("tiny").limits, chunk=2, page=2)
    store = Store.open_on(disk, limits)
    assert mapping(store) == values
    store.compact().wait()
    assert versions(store) == ({1, 2}, {2})
    store.put(b"5", b"another", durable=True)
    store.index.count_live()
    data = [one.number for one in store.extents.all[8:] if one.owner == "data"]
    store.chunks.streams["shard"].extent = None
    store.reclamation.reclaim(data)[1].wait()
    assert versions(store) == ({2}, {2})
    assert mapping(store) == values | {b"5": b"another"}
    store.close()
    assert reference(disk.crash()).values == values | {b"5": b"another"}


def test_an_upgraded_part_carries_the_checksum_up_to_its_end() -> None:
    store = Store.open_on(closed(OLD), NEW)
    entry = store.index.find(b"three") or ()
    store.index.count_live()
    store.chunks.streams["shard"].extent = None
    store.reclamation.reclaim(sorted({locator[0] for locator in entry}, reverse=True))[1].wait()
    entry, start = store.index.find(b"three") or (), 0
    for part, locator in enumerate(entry):
        start += locator[3]
        assert store.chunks.stored_checksum(locator, b"three", part) == crc64nvme(VALUES[b"three"][:start])
    assert start == len(VALUES[b"three"])


def test_a_part_stays_version_1_while_one_before_it_cannot_be_read() -> None:
    disk, value = new_disk(), b"a value of four parts" * 260
    with Store.create_on(disk, SHAPE, OLD) as store:
        store.put(b"four", value)
    disk = disk.crash()
    entry = opened(disk).index.find(b"four") or ()
    first, last = entry[0], entry[-1]
    assert first[0] != last[0]
    disk.damage(first[0], first[2] + 60, b"?!")
    store = Store.open_on(disk, NEW)
    store.index.count_live()
    store.chunks.streams["shard"].extent = None
    store.reclamation.reclaim([last[0]])[1].wait()
    moved = (store.index.find(b"four") or ())[-1]
    assert moved != last
    assert store.chunks.stored_checksum(moved, b"four", len(entry) - 1) is None
    assert value.endswith(store.chunks.read(moved, b"four", len(entry) - 1))


def test_a_chunk_of_version_2_is_never_downgraded() -> None:
    disk = closed(NEW)
    store = Store.open_on(disk, OLD)
    store.index.count_live()
    data = [one.number for one in store.extents.all[8:] if one.owner == "data"]
    store.reclamation.reclaim(data)[1].wait()
    report = store.scrub()
    assert (report.damage, set(report.pages_by_version)) == ((), {1, 2})
    assert all(
        store.chunks.stored_checksum(locator, key, part) is not None
        for key in VALUES
        for part, locator in enumerate(store.index.find(key) or ())
    )


def filled() -> tuple[MemoryDisk, bytes]:
    """A store of version 1 in which a chunk fills its extent to the last byte."""
    disk = new_disk()
    limits = msgspec.structs.replace(OLD, chunk_bytes=8192)
    value = b"f" * (SHAPE.extent_size_bytes - HEADER_SIZE - overhead_of(1) - len(b"full"))
    with Store.create_on(disk, SHAPE, limits) as store:
        store.put(b"full", value)
        store.put(b"full too", value[:3000])
    return disk.crash(), value


def test_a_chunk_that_fits_into_no_extent_as_version_2_stays_as_it_is_and_an_upgrade_cuts_it_anew() -> None:
    disk, value = filled()
    store = Store.open_on(disk, msgspec.structs.replace(NEW, chunk_bytes=8192))
    store.index.count_live()
    (locator,) = store.index.find(b"full") or ()
    store.reclamation.reclaim([locator[0]])[1].wait()
    (moved,) = store.index.find(b"full") or ()
    assert moved != locator
    assert store.chunks.stored_checksum(moved, b"full", 0) is None
    assert store.upgrade().values == 2
    assert store.get(b"full") == value
    assert versions(store) == ({2}, {2})


@pytest.mark.parametrize("seed", range(3))
def test_an_upgrade_leaves_nothing_of_version_1_named(seed: int) -> None:
    disk, values = written_by_version_1()
    store = Store.open_on(disk, written(preset_named("tiny").limits, chunk=2, page=2))
    for number in range(seed):
        store.put(b"%d" % number, b"newer" * number)
        values[b"%d" % number] = b"newer" * number
    report = store.upgrade()
    assert (report.keys, report.damage) == (len(values), ())
    assert report.runs > 0
    assert versions(store) == ({2}, {2})
    assert mapping(store) == values
    again = store.upgrade()
    assert (again.values, again.runs) == (0, 0)
    store.close()
    found = reference(disk.crash())
    assert (found.values, found.rotten) == (values, ())


def test_an_upgrade_names_what_it_cannot_read_and_does_the_rest() -> None:
    disk = closed(OLD)
    locator = (opened(disk).index.find(b"three") or ())[1]
    disk.damage(locator[0], locator[2] + 80, b"?!")
    store = Store.open_on(disk, NEW)
    report = store.upgrade()
    assert [(one.key, one.extent, one.offset) for one in report.damage] == [(b"three", locator[0], locator[2])]
    assert report.values == len(VALUES) - 1


def test_an_upgrade_to_version_1_is_refused() -> None:
    with pytest.raises(CallRefused, match="expected a chunk_version or page_version of 2"):
        Store.open_on(closed(NEW), OLD).upgrade()


def test_an_upgrade_without_room_says_so_and_loses_nothing() -> None:
    disk = new_disk()
    store = Store.create_on(disk, SHAPE, OLD)
    with suppress(StoreFull):
        for number in range(200):
            store.put(b"%03d" % number, b"v" * 1300)
    values = mapping(store)
    store.close()
    store = Store.open_on(disk.crash(), NEW)
    with suppress(StoreFull):
        store.upgrade()
    assert mapping(store) == values
    assert store.scrub().is_clean()


@pytest.mark.parametrize("name", ["v2", "mixed"])
def test_presets_write_what_they_say(name: str) -> None:
    session = Session(preset_named(name))
    for operation in (PutMany(0, 7, 300), Synchronize(), Reboot(), PutMany(3, 7, 300), Synchronize(), Reboot()):
        session.apply(operation)
    chunks, pages = versions(session.store)
    assert chunks == ({2} if name == "v2" else {1, 2})
    assert 2 in pages


def test_a_reader_keeps_its_place_while_versions_change_under_it() -> None:
    store = Store.open_on(closed(OLD), NEW)
    reader = store.open_value(b"three")
    assert reader is not None
    start = reader.read(100)
    store.index.count_live()
    store.chunks.streams["shard"].extent = None
    store.reclamation.reclaim([one.number for one in store.extents.all[8:] if one.owner == "data"])[1].wait()
    assert start + reader.read() == VALUES[b"three"]
