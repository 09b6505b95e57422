"""Checksums of whole values: what a client gives is compared, what is stored answered, and what is read verified."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import pytest

from engine import Limits, Node, Shape, Store
from engine.errors import CallRefused, ChecksumMismatch, ChunkRotten, StoreFull
from engine.memory_disk import MemoryDisk
from formats.crc64 import crc64nvme
from formats.generated import chunk_v2
from formats.seeds import life_seed, offset_seed
from roundtrip.histories.presets import written
from roundtrip.reference.store import read_store

SHAPE: Final = Shape(extent_count=28, extent_size_bytes=4096, page_size_bytes=512)
OLD: Final = Limits(memtable_entries=20, cache_bytes=0, chunk_bytes=1400, background=False)
NEW: Final = written(OLD, chunk=2, page=2)
VALUE: Final = b"a value of three parts, " * 150
SUM: Final = crc64nvme(VALUE)
SOURCES: Final[dict[str, Callable[[], Any]]] = {
    "bytes": lambda: VALUE,
    "view": lambda: memoryview(VALUE),
    "array": lambda: bytearray(VALUE),
    "stream": lambda: io.BytesIO(VALUE),
    "small": lambda: VALUE[:100],
    "small view": lambda: memoryview(VALUE[:100]),
}
LIMITS: Final = pytest.mark.parametrize("limits", [OLD, NEW], ids=["v1", "v2"])


def new_store(limits: Limits) -> Store:
    return Store.create_on(MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes), SHAPE, limits)


def expected_of(name: str) -> bytes:
    return VALUE[:100] if name.startswith("small") else VALUE


@LIMITS
@pytest.mark.parametrize("name", SOURCES)
def test_a_value_with_its_checksum_is_stored(name: str, limits: Limits) -> None:
    store, value = new_store(limits), expected_of(name)
    store.put(b"key", SOURCES[name](), checksum=crc64nvme(value))
    assert (store.get(b"key"), store.checksum_of(b"key")) == (value, crc64nvme(value))


@LIMITS
@pytest.mark.parametrize("name", SOURCES)
def test_a_value_with_another_checksum_is_refused_and_the_key_keeps_its_value(name: str, limits: Limits) -> None:
    store, value = new_store(limits), expected_of(name)
    store.put(b"key", b"former")
    with pytest.raises(ChecksumMismatch, match="nothing was stored: send the value again") as caught:
        store.put(b"key", SOURCES[name](), checksum=crc64nvme(value) ^ 1)
    assert (caught.value.expected, caught.value.found) == (crc64nvme(value) ^ 1, crc64nvme(value))
    assert (store.get(b"key"), list(store.scan())) == (b"former", [b"key"])
    assert all(extent.pins == 0 for extent in store.extents.all)


@LIMITS
def test_of_many_values_those_before_the_wrong_one_are_stored(limits: Limits) -> None:
    store = new_store(limits)
    items = [(b"%d" % number, b"value %d" % number) for number in range(5)]
    sums = [crc64nvme(value) for _, value in items]
    sums[1] = None  # type: ignore[call-overload]  # not every client sums up
    sums[3] ^= 1
    with pytest.raises(ChecksumMismatch, match="'3'"):
        store.put_many(items, checksums=sums)
    assert list(store.scan()) == [b"0", b"1", b"2"]
    sums[3] ^= 1
    store.put_many(items, checksums=sums)
    assert [store.get(key) for key, _ in items] == [value for _, value in items]


@pytest.mark.parametrize("checksum", [-1, 2**64, "12", 1.0, True])
def test_what_is_no_checksum_is_refused(checksum: Any) -> None:
    with pytest.raises(CallRefused, match="expected a CRC-64/NVME"):
        new_store(NEW).put(b"key", b"value", checksum=checksum)


@LIMITS
def test_the_checksum_of_a_key_is_that_of_its_value_or_none(limits: Limits) -> None:
    store = new_store(limits)
    for size in (0, 1, 1400, 1401, 3600):
        store.put(b"key", VALUE[:size])
        assert store.checksum_of(b"key") == crc64nvme(VALUE[:size])
    store.delete(b"key")
    assert store.checksum_of(b"key") is None
    assert store.checksum_of(b"none") is None


def test_a_stored_checksum_is_answered_without_reading_the_value() -> None:
    store = new_store(NEW)
    store.put(b"key", VALUE, durable=True)
    read = 0

    def count(verb: str, _extent: int, _offset: int, length: int) -> None:
        nonlocal read
        read += length * (verb == "read")

    store.disk.faults = count  # type: ignore[attr-defined]  # of a disk in memory
    entry = store.index.find(b"key") or ()
    read = 0
    assert store.chunks.stored_checksum(entry[-1], b"key", len(entry) - 1) == SUM
    assert read < 100


def test_the_last_part_carries_what_s3_calls_the_checksum_of_the_object() -> None:
    store = new_store(NEW)
    store.put(b"nine", b"123456789")
    assert store.checksum_of(b"nine") == 0xAE8B14860A799888


def test_a_node_passes_checksums_on(tmp_path: Any) -> None:
    with Node.create([tmp_path / "0", tmp_path / "1"], limits=Limits(chunk_version=2)) as node:
        node.put(b"key", VALUE, checksum=SUM)
        assert node.checksum_of(b"key") == SUM
        with pytest.raises(ChecksumMismatch):
            node.put(b"key", b"another", checksum=SUM)


# What is read is verified.


def forged(part: int, key: bytes = b"key") -> MemoryDisk:
    """A closed store in which one part of a value says another checksum of the value, under a seal that holds."""
    disk = MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes)
    with Store.create_on(disk, SHAPE, NEW) as store:
        store.put(b"key", VALUE)
        store.put(b"other", b"another value")
        uuid = store.extents.uuid
    disk = disk.crash()
    with Store.open_on(disk.fork(), OLD, read_only=True) as store:
        extent, generation, offset, _, _ = (store.index.find(key) or ())[part]
    seed = offset_seed(offset, life_seed(uuid, extent, generation))
    header = chunk_v2.probe_header(disk.read(extent, offset, chunk_v2.HEADER_SIZE), seed)
    assert header is not None
    disk.damage(extent, offset, chunk_v2.encode_header(*header[:-1], header[-1] ^ 1, seed))
    return disk


def read_in_pieces(store: Store) -> bytes:
    reader = store.open_value(b"key")
    assert reader is not None
    return b"".join(iter(lambda: reader.read(100), b""))


READS: Final[dict[str, Callable[[Store], object]]] = {
    "get": lambda store: store.get(b"key"),
    "stream": read_in_pieces,
}


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("name", READS)
def test_a_part_that_is_not_of_this_value_is_refused_with_its_place(name: str, part: int) -> None:
    disk = forged(part)
    with Store.open_on(disk.fork(), OLD) as store:
        extent, generation, offset, _, _ = (store.index.find(b"key") or ())[part]
        with pytest.raises(ChunkRotten, match="not a part of the value that was put") as caught:
            READS[name](store)
        error = caught.value
        assert (error.extent, error.generation, error.offset) == (extent, generation, offset)
        assert (error.rule, error.key) == ("value_checksum", b"key")
        assert [(one.rule, one.offset) for one in store.scrub().damage] == [("value_checksum", offset)]
        assert store.get(b"other") == b"another value"
    found = read_store(disk.fork().read, disk.extent_count, disk.extent_size_bytes)
    fault = found.unreadable[b"key"]
    assert (fault.rule, fault.extent, fault.offset) == ("value_checksum", extent, offset)


def test_a_value_of_one_part_is_refused_as_well() -> None:
    disk = forged(0, b"other")
    with Store.open_on(disk, OLD) as store:
        for read in (store.get, lambda key: store.open_value(key).read()):  # type: ignore[union-attr]  # it is there
            with pytest.raises(ChunkRotten, match="value_checksum"):
                read(b"other")
        assert [(one.rule, one.key) for one in store.scrub().damage] == [("value_checksum", b"other")]
        assert store.get(b"key") == VALUE


def test_reclamation_leaves_a_value_that_is_not_what_was_put() -> None:
    store = Store.open_on(forged(0), NEW)
    extent = (store.index.find(b"key") or ())[0][0]
    store.index.count_live()
    with pytest.raises(ChunkRotten, match="value_checksum"):
        store.reclamation.reclaim([extent])
    assert store.get(b"other") == b"another value"


def test_a_value_put_together_of_two_puts_is_refused() -> None:
    """Each part is whole and of the right key; only the checksums of the value tell that they are of two."""
    store = new_store(NEW)
    store.put(b"key", VALUE)
    first = store.index.find(b"key") or ()
    store.put(b"key", VALUE.upper())
    second = store.index.find(b"key") or ()
    with store.writeback.lock:
        store.index.insert(b"key", (first[0], second[1], first[2]), ())
    with pytest.raises(ChunkRotten, match="value_checksum"):
        store.get(b"key")


def test_a_full_store_refuses_a_stream_without_a_word_of_its_checksum() -> None:
    store = new_store(NEW)
    with pytest.raises(StoreFull):
        store.put(b"key", io.BytesIO(bytes(28 * 4096)), checksum=0)
    assert store.get(b"key") is None
