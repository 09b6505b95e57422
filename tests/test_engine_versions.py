"""Format versions in one store: what is declared before it is written, what is read, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from engine import Limits, Shape, Store
from engine.chunks import ChunkStore
from engine.errors import CallRefused, ChunkRotten, UnknownVersion, UnsupportedStore
from engine.extents import HEADER_SIZE, METADATA_PAIRS, SUPERBLOCK_PAIRS
from engine.frames import overhead_of
from engine.memory_disk import MemoryDisk
from engine.recovery import recover
from engine.roots import resealed
from engine.run_reader import PAYLOAD_AT
from formats.features import CHUNK_V2, PAGE_V2
from formats.generated import extent_header_v1, superblock_v1, tree_metadata_v1
from formats.seeds import extent_header_seed, life_seed, offset_seed
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
from roundtrip.reference.store import NoStore, StoreImage, read_store

SHAPE: Final = Shape(extent_count=28, extent_size_bytes=4096, page_size_bytes=512)
OLD: Final = Limits(memtable_entries=20, cache_bytes=0, chunk_bytes=1400, background=False, reserve_extents=4)
NEW: Final = written(OLD, chunk=2, page=2)
BOTH: Final = CHUNK_V2.value | PAGE_V2.value
#: Values of one part and of several.
VALUES: Final = {b"small": b"s", b"empty": b"", b"three": b"three parts" * 300, b"two": b"two" * 600}
#: What a release that knew no version 2 made of these operations, byte for byte.
HISTORY: Final[tuple[Operation, ...]] = (
    *(PutMany(0, 7, 300), Flush(), Put(1, 2000), Put(2, 3000), Delete(0), Synchronize(), PutStream(3, 2500)),
    *(Compact(), Put(4, 10), Reclaim(0), Reboot(), PutDurable(5, 700), Delete(6), Flush()),
)
HISTORY_DIGEST: Final = "6739d4dd7623cdab13eb32d2c0d451a19ac980fa0265db791954136c1335f3cd"


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


# What is written and declared.


@pytest.mark.parametrize("count", [0, 3])
def test_a_record_that_is_resealed_is_the_one_encoded_for_the_other_place(count: int) -> None:
    numbers = tuple(range(count))
    superblock = ("delta", 0, 7, 0, 0, 0, 20, (numbers, (1,) * count, (64,) * count, ("data",) * count))
    metadata = ("delta", 7, 9, (numbers, (0,) * count, tuple(range(1, count + 1)), *((5,) * count,) * 5, ()))
    for codec, values in ((superblock_v1, superblock), (tree_metadata_v1, metadata)):
        encode: Any = codec.encode_tuple
        assert resealed(codec, encode(*values, seed=1), 2) == encode(*values, seed=2)


def test_version_1_is_written_byte_for_byte_as_before() -> None:
    disk, _ = written_by_version_1()
    image = b"".join(disk.read(extent, 0, SHAPE.extent_size_bytes) for extent in range(SHAPE.extent_count))
    assert hashlib.sha256(image).hexdigest() == HISTORY_DIGEST
    assert recover(disk).masks == (0, 0, 0)


@pytest.mark.parametrize(("limits", "declared"), [(OLD, 0), (NEW, BOTH)])
def test_a_store_declares_what_it_writes(limits: Limits, declared: int) -> None:
    disk = closed(limits)
    assert recover(disk.fork()).masks == (0, 0, declared)
    version = 2 if declared else 1
    assert versions(opened(disk)) == ({version}, {version})
    assert reference(disk).values == VALUES


@pytest.mark.parametrize(
    ("chunk", "page", "declared"), [(2, 1, CHUNK_V2.value), (1, 2, PAGE_V2.value)], ids=["chunks", "pages"]
)
def test_each_version_has_a_feature_of_its_own(chunk: int, page: int, declared: int) -> None:
    disk = closed(written(OLD, chunk=chunk, page=page))
    assert recover(disk.fork()).masks[2] == declared
    assert versions(opened(disk)) == ({chunk}, {page})


def test_the_feature_is_durable_before_anything_of_version_2_is_appended(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, append = closed(OLD), ChunkStore.append
    seen = []

    def watching(chunks: ChunkStore, *arguments: Any, **named: Any) -> Any:
        seen.append(recover(disk.crash(())).masks[2])
        return append(chunks, *arguments, **named)

    monkeypatch.setattr(ChunkStore, "append", watching)
    store = Store.open_on(disk, NEW)
    store.put(b"new", b"value", durable=True)
    assert set(seen) == {BOTH}
    assert len(seen) > 1


def test_a_feature_never_goes_away() -> None:
    disk = closed(NEW)
    for limits in (OLD, OLD):
        with Store.open_on(disk, limits) as store:
            store.put(b"more", b"value")
            assert store.stats().features == ("chunk-v2", "page-v2")
        disk = disk.crash()
    assert recover(disk.fork()).masks[2] == BOTH
    assert mapping(opened(disk)) == VALUES | {b"more": b"value"}


def test_reading_declares_nothing() -> None:
    disk = closed(OLD)
    with opened(disk, NEW, read_only=True) as store:
        assert store.stats().features == ()
    assert recover(disk).masks[2] == 0


def test_what_is_declared_can_be_asked_for() -> None:
    as_declared = written(OLD, chunk=0, page=0)
    for limits, version in ((OLD, 1), (NEW, 2)):
        with opened(closed(limits), as_declared) as store:
            assert store.versions[:2] == (version, version)


def test_other_versions_are_refused_by_name() -> None:
    for name in ("chunk_version", "page_version"):
        with pytest.raises(CallRefused, match=f"{name}: expected 1, 2, or 0"):
            Store.create_on(new_disk(), SHAPE, msgspec.structs.replace(OLD, **{name: 3}))


# What is refused.


def claiming(disk: MemoryDisk, places: list[tuple[int, int]], version: int) -> MemoryDisk:
    """The disk where the frames at these places say that they have another version."""
    hurt = disk.fork()
    for extent, offset in places:
        hurt.damage(extent, offset + 3, bytes([version]))
    return hurt


@pytest.mark.parametrize(("pairs", "name"), [(SUPERBLOCK_PAIRS, "superblock"), (METADATA_PAIRS, "tree_metadata")])
def test_records_of_a_newer_version_are_refused_and_no_older_state_is_taken(
    pairs: tuple[tuple[int, int], tuple[int, int]], name: str
) -> None:
    disk = closed(OLD)
    with Store.open_on(disk, OLD) as store:
        store.put(b"more", b"value")
    disk = disk.crash()
    found = recover(disk.fork())
    pair = pairs[found.superblock_pair if name == "superblock" else found.metadata_pair]
    newer = claiming(disk, [(number, HEADER_SIZE) for number in pair], 9)
    with pytest.raises(UnsupportedStore, match=f"{name} have version 9"):
        opened(newer)
    with pytest.raises(NoStore, match="version"):
        reference(newer)


def test_one_copy_of_a_record_with_a_damaged_version_is_no_newer_store() -> None:
    disk = closed(OLD)
    pair = SUPERBLOCK_PAIRS[recover(disk.fork()).superblock_pair]
    assert mapping(opened(claiming(disk, [(pair[0], HEADER_SIZE)], 9))) == VALUES


@pytest.mark.parametrize("limits", [OLD, NEW])
def test_a_chunk_of_a_newer_version_is_refused_as_such(limits: Limits) -> None:
    disk = closed(limits)
    extent, generation, offset, _, _ = opened(disk).index.find(b"three")[1]  # type: ignore[index]
    newer = claiming(disk, [(extent, offset)], 3)
    with pytest.raises(UnknownVersion, match="says that a newer release wrote it") as caught:
        opened(newer).get(b"three")
    error = caught.value
    assert (error.extent, error.generation, error.offset, error.rule) == (extent, generation, offset, "version")
    assert reference(newer).unreadable[b"three"].rule == "version"
    assert opened(newer).get(b"two") == VALUES[b"two"]


@pytest.mark.parametrize("limits", [OLD, NEW])
def test_a_data_page_of_a_newer_version_is_refused_as_such(limits: Limits) -> None:
    disk = closed(limits)
    # The first page lies behind the chunk's header and the run's number.
    extent, _, chunk_at, _, _ = opened(disk).index.runs[0].chunks[0]
    place = chunk_at + PAYLOAD_AT + (overhead_of(2) - overhead_of(1) if limits is NEW else 0)
    newer = claiming(disk, [(extent, place)], 3)
    with pytest.raises(UnknownVersion):
        opened(newer).get(b"three")
    assert {fault.rule for fault in reference(newer).unreadable.values()} <= {"version"}


def with_unknown_feature(disk: MemoryDisk, field: str) -> MemoryDisk:
    """The disk with the highest bit of a mask in every superblock record, its checksums right."""
    image, hurt = reference(disk), disk.fork()
    for frame in image.named:
        if frame.structure == "superblock":
            opens = hurt.read(frame.extent, 0, HEADER_SIZE)
            life = extent_header_v1.probe_header(opens, extent_header_seed(frame.extent))
            assert life is not None
            seed = offset_seed(frame.offset, life_seed(image.disk, frame.extent, life[-1]))
            header = superblock_v1.probe_header(hurt.read(frame.extent, frame.offset, 64), seed)
            assert header is not None
            fields: dict[str, Any] = superblock_v1.Header(*header)._asdict()
            fields[field] |= 1 << 63
            hurt.damage(frame.extent, frame.offset, superblock_v1.encode_header(**fields, seed=seed))
    return hurt


def test_an_unknown_incompatible_feature_is_refused() -> None:
    disk = with_unknown_feature(closed(NEW), "incompatible")
    for read_only in (False, True):
        with pytest.raises(UnsupportedStore, match="features that this release does not know"):
            opened(disk, read_only=read_only)
    with pytest.raises(NoStore, match="incompatible"):
        reference(disk)


def test_beside_an_unknown_read_only_compatible_feature_only_reading_goes_on() -> None:
    disk = with_unknown_feature(closed(NEW), "read_only_compatible")
    with pytest.raises(UnsupportedStore, match="may only read"):
        opened(disk, NEW)
    assert mapping(opened(disk, NEW, read_only=True)) == VALUES == reference(disk).values


def test_an_unknown_compatible_feature_is_kept_by_a_writer() -> None:
    disk = with_unknown_feature(closed(OLD), "compatible")
    with Store.open_on(disk, NEW) as store:
        store.put(b"more", b"value")
    assert recover(disk.crash()).masks == (1 << 63, 0, BOTH)


def undeclared(disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch, bits: int) -> MemoryDisk:
    """The disk after a writer that forgot what was declared."""
    init: Callable[..., None] = Store.__init__

    def forgetful(store: Store, *arguments: Any, **named: Any) -> None:
        init(store, *arguments, **named)
        store.superblock.masks = (0, 0, BOTH & ~bits)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "__init__", forgetful)
        with Store.open_on(disk, NEW) as store:
            store.put(b"more", b"value")
    return disk.crash()


def test_a_chunk_that_is_not_declared_is_refused_as_the_reference_does(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = undeclared(closed(written(OLD, chunk=2, page=1)), monkeypatch, CHUNK_V2.value)
    assert {fault.rule for fault in reference(disk).rotten} == {"undeclared"}
    with pytest.raises(ChunkRotten, match="undeclared"):
        opened(disk)


def test_a_value_that_is_not_declared_is_refused_as_the_reference_does() -> None:
    """Its run is of version 1: only the value is at fault."""
    disk = closed(OLD)
    with Store.open_on(disk, NEW) as store:
        with store.writeback.lock:
            placed = store.chunks.append_value(b"small", b"s")
            assert placed
            store.chunks.is_summing = False
            store.index.insert(b"small", *placed)
        store.flush().wait()
        store.superblock.masks = (0, 0, PAGE_V2.value)
    disk = disk.crash()
    found = reference(disk)
    assert (found.unreadable[b"small"].rule, set(found.values)) == ("undeclared", set(VALUES) - {b"small"})
    with pytest.raises(ChunkRotten, match="undeclared"):
        opened(disk).get(b"small")
    assert opened(disk).get(b"three") == VALUES[b"three"]


def test_a_page_that_is_not_declared_is_refused_as_the_reference_does(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = undeclared(closed(NEW), monkeypatch, PAGE_V2.value)
    assert {fault.rule for fault in reference(disk).rotten} == {"undeclared"}
    with pytest.raises(ChunkRotten, match=r"lsm_page\.data is damaged \(undeclared"):
        opened(disk).get(b"three")
