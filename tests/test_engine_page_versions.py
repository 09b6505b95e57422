"""Data pages of version 2: cut by what they take and by what they stand for."""

from __future__ import annotations

from typing import Final

import pytest

from engine import Limits, Shape, Store
from engine.memory_disk import MemoryDisk
from engine.run_writer import KEYS_SIZE_MAXIMUM, PAGE_SIZE, RunWriter, cut_by_prefix
from formats import lsm_page
from roundtrip.histories.presets import written

SHAPE: Final = Shape(extent_count=40, extent_size_bytes=65536, page_size_bytes=512)
OLD: Final = Limits(memtable_entries=500, background=False)
NEW: Final = written(OLD, chunk=2, page=2)


def test_the_bound_of_a_pages_keys_is_the_formats() -> None:
    assert KEYS_SIZE_MAXIMUM == lsm_page.DATA_KEYS_SIZE_MAXIMUM


@pytest.mark.parametrize("shared", [0, 8, 1200, 4000])
def test_pages_of_version_2_are_cut_by_what_they_take_and_by_what_they_stand_for(shared: int) -> None:
    keys = sorted(b"p" * shared + b"%05d" % (number * 7) for number in range(2000))
    entries = [((1, 1, number, 1, 1),) for number in range(2000)]
    writer = RunWriter(b"u" * 16, 1, 2)
    pages = [*writer.add(keys, entries), *writer.finish()][:-3]
    ends = cut_by_prefix(keys, entries)
    assert len(pages) == len(ends) + 1
    assert all(len(page) <= PAGE_SIZE for page in pages)
    first = RunWriter(b"u" * 16, 1, 1)
    assert len(pages) <= len([*first.add(keys, entries), *first.finish()][:-3])
    for start, end in zip((0, *ends), (*ends, len(keys)), strict=True):
        assert sum(map(len, keys[start:end])) <= KEYS_SIZE_MAXIMUM
    if shared == 1200:
        assert max(map(len, pages)) < PAGE_SIZE * 3 // 4, "the bound cuts before the page is full"


def test_long_common_beginnings_make_a_run_shorter() -> None:
    sizes = {}
    for limits in (OLD, NEW):
        disk = MemoryDisk(40, 65536)
        with Store.create_on(disk, SHAPE, limits) as store:
            store.put_many((b"a/long/common/beginning/" + b"%04d" % number, b"") for number in range(400))
            store.flush()
            sizes[limits.page_version] = store.index.runs[0].size_bytes
            assert len(list(store.scan())) == 400
    assert sizes[2] < 0.75 * sizes[1]
