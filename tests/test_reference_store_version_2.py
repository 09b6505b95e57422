"""The reference store reads chunks and pages of both versions side by side, and puts whole values to the test.

The disks are written here, frame by frame, by the oracle: whatever mixture of versions a store may come to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pytest

from formats import CATALOG, Place
from formats.crc64 import crc64nvme
from formats.reseal import reseal
from formats.seeds import run_key
from roundtrip.reference import crc32c, crc64
from roundtrip.reference.store import Locator, NoStore, StoreImage, ground, read_image, reader_of

DISK: Final = b"a disk by hand\0\0"
EXTENT_COUNT: Final = 10
EXTENT_SIZE: Final = 8192
OWNERS: Final = ("superblock",) * 4 + ("metadata",) * 4 + ("data", "index")
#: The second pair of each root waits for its turn.
LIVES: Final = (1, 1, 0, 0, 1, 1, 0, 0, 1, 1)
DATA, INDEX, RUN = 8, 9, 1
COLUMNS: Final = ("extents", "generations", "offsets", "lengths", "checksums")
#: Values by key; each is cut into parts of so many bytes.
VALUES: Final = {b"dir/one": b"a single part", b"dir/three": b"one, two and three parts", b"dir/two": b"two parts"}
PART_SIZE: Final = 9
BOTH: Final = 0b11


@dataclass
class Writer:
    """A disk of ten extents that is written from front to back. `versions`: of the chunks, in turn."""

    versions: tuple[int, ...]
    page_version: int
    features: int

    def __post_init__(self) -> None:
        self.image = bytearray(EXTENT_COUNT * EXTENT_SIZE)
        self.ends = [0] * EXTENT_COUNT
        self.chunks = 0
        for extent, owner in enumerate(OWNERS):
            if not LIVES[extent]:
                continue
            value = {"owner": owner, "disk": DISK, "extent_size": EXTENT_SIZE, "page_size": 512, "generation": 1}
            self.append("extent_header", extent, value)

    def append(self, label: str, extent: int, value: dict[str, Any]) -> Locator:
        """Write one frame; the locator is that of a chunk."""
        entry = CATALOG.labelled(label)
        offset = self.ends[extent]
        data = entry.oracle.encode(value, entry.seed(Place(DISK, extent, 1, offset)) or 0)
        self.image[extent * EXTENT_SIZE + offset : extent * EXTENT_SIZE + offset + len(data)] = data
        self.ends[extent] += len(data)
        payload = value.get("payload", b"")
        return Locator(extent, 1, offset, len(payload), crc32c(payload))

    def parts(self, owner: str, key: bytes, whole: bytes, lie: int = 0, size: int = PART_SIZE) -> list[Locator]:
        """Write a value, or a run, as chunks, each with the checksum up to its end; `lie` changes bits of them all."""
        found = []
        for part, start in enumerate(range(0, len(whole), size)):
            version = self.versions[self.chunks % len(self.versions)]
            self.chunks += 1
            value = {"owner": owner, "part": part, "uuid": bytes(range(16)), "key": key}
            value |= {"value_checksum": crc64nvme(whole[: start + size]) ^ lie} if version == 2 else {}
            value["payload"] = whole[start : start + size]
            label = "chunk" if version == 1 else f"chunk@{version}"
            found.append(self.append(label, DATA if owner == "shard" else INDEX, value))
        return found

    def run(self, entries: dict[bytes, list[Locator]]) -> bytes:
        """The pages of a run that names these entries."""
        locators = [locator for parts in entries.values() for locator in parts]
        ends = [sum(map(len, list(entries.values())[: index + 1])) for index in range(len(entries))]
        columns = dict(zip(COLUMNS, map(tuple, zip(*locators, strict=True)), strict=True))
        run = b""

        def page(label: str, value: dict[str, Any]) -> tuple[int, int]:
            nonlocal run
            entry, offset = CATALOG.labelled(label), len(run)
            run += entry.oracle.encode(value, entry.seed(Place(DISK, run=RUN, offset=offset)) or 0)
            return offset, len(run) - offset

        label = "lsm_page.data" if self.page_version == 1 else f"lsm_page.data@{self.page_version}"
        data = page(label, {"entries": {"locator_ends": tuple(ends), **columns, "keys": tuple(entries)}})
        last = (max(entries),)
        index = page(
            "lsm_page.index", {"entries": {"page_offsets": (data[0],), "page_lengths": (data[1],), "keys": last}}
        )
        words = page("lsm_page.filter", {"probes": 1, "entries": {"words": (2**64 - 1,)}})
        counts = {"run": RUN, "entry_count": len(entries), "tombstone_count": 0}
        names = ("index_offset", "index_length", "filter_offset", "filter_length")
        page("lsm_page.footer", counts | dict(zip(names, (*index, *words), strict=True)))
        return run

    def close(self, chunks: list[Locator]) -> bytes:
        """Write the roots."""
        columns = dict(zip(COLUMNS, map(tuple, zip(*chunks, strict=True)), strict=True))
        changes = {"added": (RUN,), "levels": (0,), "chunk_ends": (len(chunks),), **columns, "removed": ()}
        for extent in (4, 5):
            self.append("tree_metadata", extent, {"record": "full", "sequence": 1, "next_run": 2, "changes": changes})
        masks = {"compatible": 0, "read_only_compatible": 0, "incompatible": self.features}
        entries = {
            "extents": tuple(range(EXTENT_COUNT)),
            "generations": LIVES,
            "write_pointers": tuple(self.ends),
            "owners": OWNERS,
        }
        record = {
            "record": "full",
            "flags": 1,
            "sequence": 1,
            **masks,
            "extent_count": EXTENT_COUNT,
            "entries": entries,
        }
        for extent in (0, 1):
            self.append("superblock", extent, record)
        return bytes(self.image)


def disk(
    versions: tuple[int, ...] = (2,), page_version: int = 2, features: int = BOTH, *, lie: int = 0, run_lie: int = 0
) -> bytes:
    """A disk with all values; `lie` and `run_lie` are added to the checksums of values and of the run."""
    writer = Writer(versions, page_version, features)
    entries = {key: writer.parts("shard", key, value, lie) for key, value in VALUES.items()}
    run = writer.run(entries)
    return writer.close(writer.parts("run", run_key(RUN), run, run_lie, size=100))


def read(image: bytes) -> StoreImage:
    return read_image(image, EXTENT_SIZE)


@pytest.mark.parametrize("page_version", [1, 2])
@pytest.mark.parametrize("versions", [(1,), (2,), (1, 2), (2, 1), (1, 1, 2)])
def test_stores_of_both_versions_are_read_side_by_side(versions: tuple[int, ...], page_version: int) -> None:
    image = disk(versions, page_version)
    found = read(image)
    assert (found.values, found.unreadable, found.rotten, found.is_clean) == (VALUES, {}, (), True)
    stretches = ground(reader_of(image, EXTENT_SIZE), found)
    assert {stretch.kind for stretch in stretches[DATA]} == {"named"}


def test_store_of_version_1_needs_no_feature() -> None:
    assert read(disk((1,), 1, features=0)).values == VALUES


@pytest.mark.parametrize("versions", [(2,), (1, 2), (2, 1)])
def test_value_that_is_not_what_was_put_is_unreadable(versions: tuple[int, ...]) -> None:
    found = read(disk(versions, lie=1))
    assert {fault.rule for fault in found.unreadable.values()} == {"value_checksum"}
    assert {fault.key for fault in found.rotten} == set(found.unreadable)
    told = {key for key, value in VALUES.items() if len(value) > PART_SIZE or versions == (2,)}
    assert told <= set(found.unreadable)
    assert set(found.values) == set(VALUES) - set(found.unreadable)


def test_value_of_version_1_parts_alone_makes_no_claim() -> None:
    assert read(disk((1,), lie=1)).values == VALUES


def test_part_of_another_put_is_noticed_though_every_frame_is_whole() -> None:
    """The payload is another one, as long; its checksum and the locator's are good, and so is the seal."""
    writer = Writer((2,), 2, BOTH)
    value = VALUES[b"dir/two"] + b", really"
    old, new = (writer.parts("shard", b"k", one) for one in (value, value.upper()))
    run = writer.run({b"k": [old[0], new[1]]})
    found = read(writer.close(writer.parts("run", run_key(RUN), run, size=100)))
    assert (found.values, found.unreadable[b"k"].rule) == ({}, "value_checksum")
    assert (found.unreadable[b"k"].extent, found.unreadable[b"k"].offset) == (DATA, new[1].offset)


def test_run_that_is_not_what_was_written_is_reported_and_its_whole_pages_are_read() -> None:
    found = read(disk(run_lie=1))
    assert [(fault.structure, fault.rule, fault.key) for fault in found.rotten] == [("chunk", "value_checksum", None)]
    assert found.values == VALUES


@pytest.mark.parametrize(("features", "structures"), [(0b10, {"chunk"}), (0b01, {"lsm_page.data"}), (0, {"chunk"})])
def test_version_that_the_superblock_does_not_announce_is_reported(features: int, structures: set[str]) -> None:
    found = read(disk(features=features))
    assert {fault.rule for fault in found.rotten} == {"undeclared"}
    assert structures <= {fault.structure for fault in found.rotten}


def test_feature_that_nobody_knows_is_refused_with_what_to_do() -> None:
    with pytest.raises(NoStore, match=r"incompatible: features 0x4 are in use, .* knows 0x3: read it with a newer one"):
        read(disk(features=0b111))


def test_chunk_of_an_unknown_version_is_rotten_and_says_so() -> None:
    image = bytearray(disk())
    first = next(frame for frame in read(bytes(image)).named if (frame.structure, frame.extent) == ("chunk", DATA))
    start = DATA * EXTENT_SIZE + first.offset
    image[start + 3] = 3
    assert "version" in {fault.rule for fault in read(bytes(image)).rotten}


def test_flip_in_the_checksum_of_a_value_breaks_the_seal() -> None:
    image = bytearray(disk())
    first = next(frame for frame in read(bytes(image)).named if (frame.structure, frame.extent) == ("chunk", DATA))
    image[DATA * EXTENT_SIZE + first.offset + 37] ^= 1
    assert "header_checksum" in {fault.rule for fault in read(bytes(image)).rotten}


def test_wrong_polynomial_in_the_reference_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the polynomial of ECMA-182, reflected, as CRC-64/XZ has it."""
    image = disk()
    assert read(image).values == VALUES
    monkeypatch.setattr(crc64, "REFLECTED_POLYNOMIAL", 0xC96C5795D7870F42)
    crc64.tables.cache_clear()
    try:
        assert read(image).values == {}
    finally:
        crc64.tables.cache_clear()


def test_page_of_version_2_is_read_by_its_own_rules() -> None:
    """A page whose version byte alone is changed, seal made good, is no page of version 1 where keys share a prefix."""
    entry, place = CATALOG["lsm_page.data@2"], Place(DISK, run=RUN)
    columns = dict.fromkeys(COLUMNS, ())
    data = entry.oracle.encode(
        {"entries": {"locator_ends": (0,), **columns, "keys": (b"key",)}}, entry.seed(place) or 0
    )
    older = CATALOG["lsm_page.data@1"]
    forged = reseal(older.oracle, data[:3] + b"\x01" + data[4:], older.seed(place) or 0)
    assert older.codec.probe(forged, older.seed(place)) is None
