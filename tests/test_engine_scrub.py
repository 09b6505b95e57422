"""Scrub and open find what is damaged, name it once and rightly, and go on behind it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine import Limits, Shape, Store
from engine.errors import ChunkRotten, NotAStore
from engine.extents import METADATA_PAIRS
from engine.memory_disk import MemoryDisk
from engine.recovery import recover

SHAPE = Shape(extent_count=40, extent_size_bytes=65536, page_size_bytes=512)
LIMITS = Limits(background=False, cache_bytes=0)


@pytest.fixture
def disk() -> MemoryDisk:
    """A store with 500 keys in one run of several pages, closed cleanly."""
    disk = MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes)
    with Store.create_on(disk, SHAPE, LIMITS) as store:
        for number in range(500):
            store.put(b"%03d" % number, b"value")
        store.flush()
    return disk.crash()


def flip(disk: MemoryDisk, extent: int, offset: int) -> None:
    disk.damage(extent, offset, bytes([disk.read(extent, offset, 1)[0] ^ 1]))


def test_a_damaged_page_is_named_once_and_what_lies_behind_it_is_checked(disk: MemoryDisk) -> None:
    with Store.open_on(disk.fork(), LIMITS, read_only=True) as store:
        run = store.index.runs[0]
        extent, _, at, _, _ = run.chunks[0]
        value = store.index.find(b"499")
        assert value
    flip(disk, extent, at + 200)
    flip(disk, value[0][0], value[0][2] + 45)
    with Store.open_on(disk, LIMITS, read_only=True) as store:
        report = store.scrub()
        assert [(one.structure, one.key) for one in report.damage] == [("chunk", None), ("chunk", b"499")]
        assert all(one.rule in ("checksum", "header_checksum", "closing_tag") for one in report.damage)
        assert 300 < report.keys < 500
        assert store.get(b"498") == b"value"
        with pytest.raises(ChunkRotten):
            store.get(b"000")


def test_a_damaged_extent_header_is_named(disk: MemoryDisk) -> None:
    with Store.open_on(disk.fork(), LIMITS, read_only=True) as store:
        used = [extent.number for extent in store.extents.all[8:] if extent.owner != "free"]
    for number in used:
        hurt = disk.fork()
        flip(hurt, number, 10)
        with Store.open_on(hurt, LIMITS, read_only=True) as store:
            assert [(one.structure, one.extent) for one in store.scrub().damage] == [("extent_header", number)]


def newest(disk: MemoryDisk) -> tuple[tuple[int, int], int]:
    """The pair of tree metadata that was written last, and where its newest record ends."""
    found = recover(disk.fork())
    pair = METADATA_PAIRS[found.metadata_pair]
    return pair, found.extents[pair[0]].pointer


def test_after_a_clean_close_one_lost_copy_of_a_root_record_is_damage(disk: MemoryDisk) -> None:
    pair, end = newest(disk)
    flip(disk, pair[0], end - 5)
    with Store.open_on(disk.fork(), LIMITS, read_only=True) as store:
        assert [(one.structure, one.extent) for one in store.root_damage] == [("tree_metadata", pair[0])]
        assert not store.scrub().is_clean()
        assert store.get(b"000") == b"value"
    with Store.open_on(disk, LIMITS) as store:
        assert store.get(b"000") == b"value"
    with Store.open_on(disk.crash(), LIMITS, read_only=True) as store:
        assert store.root_damage == ()


def test_after_a_clean_close_a_record_that_both_copies_lost_is_not_passed_over(disk: MemoryDisk) -> None:
    pair, end = newest(disk)
    for number in pair:
        flip(disk, number, end - 5)
    with pytest.raises(ChunkRotten, match="newest record is gone"):
        Store.open_on(disk.fork(), LIMITS)
    with Store.open_on(disk, LIMITS, read_only=True) as store:
        assert [one.structure for one in store.root_damage] == ["tree_metadata"]


def test_a_huge_file_of_zeros_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with (tmp_path / "store/disk").open("wb") as file:
        file.truncate(2**40)
    began = time.monotonic()
    with pytest.raises(NotAStore, match="zeros"):
        Store.open(tmp_path / "store", read_only=True)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("extents", [1, 7, 8, 39])
def test_a_disk_file_that_was_cut_short_is_refused_with_what_was_found(tmp_path: Path, extents: int) -> None:
    Store.create(tmp_path / "store", SHAPE).close()
    with (tmp_path / "store/disk").open("r+b") as file:
        file.truncate(extents * SHAPE.extent_size_bytes)
    with pytest.raises(NotAStore, match=rf"store: expected .*found {extents}.* cut"):
        Store.open(tmp_path / "store")
