"""Writes a sorted run: data pages, index page, filter page, footer, as bytes.

A run is the concatenation of its pages. Each page is sealed with (disk, run, offset in the run), so that its bytes
stay valid wherever its chunks are moved. Data pages have two versions; in version 2 what all keys of a page begin with
is stored once, so that a page of the same size holds more of them.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final

from crc32c import crc32c

from formats.common_prefix import shared_length
from formats.generated import (
    lsm_page_data_v1,
    lsm_page_data_v2,
    lsm_page_filter_v1,
    lsm_page_footer_v1,
    lsm_page_index_v1,
)
from formats.seeds import offset_seed, run_seed

from . import bloom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .locator import Entry

#: What a data page aims at; one with a long key or many locators may be larger, up to its format's bound.
PAGE_SIZE: Final = 4096
#: Bytes of a data page per entry and per locator, the key apart.
ENTRY_SIZE: Final = 2 + 2
LOCATOR_SIZE: Final = 5 * 4
#: What fits into a page of any version without a look at each entry.
SMALL_SIZE: Final = PAGE_SIZE - max(lsm_page_data_v1.HEADER_SIZE, lsm_page_data_v2.HEADER_SIZE)
#: The keys of a page of version 2, in full, have at most so many bytes together: few bytes may stand for many.
KEYS_SIZE_MAXIMUM: Final = 65504
DATA_CODECS: Final = {1: lsm_page_data_v1, 2: lsm_page_data_v2}


class RunWriter:
    """Takes sorted batches of entries and gives pages back. Keys ascend over all batches.

    `entry_count`, `tombstone_count`: entries so far; `length`: bytes of the pages given
    back so far; `page_version`: of its data pages.
    """

    def __init__(self, disk: bytes, run: int, page_version: int = 1) -> None:
        self.run = run
        self.page_version = page_version
        self.entry_count = 0
        self.tombstone_count = 0
        self.length = 0
        self.last_keys: list[bytes] = []
        self.page_offsets = array("I")
        self.page_lengths = array("I")
        self.filter = bloom.NO_KEYS
        self._seed = run_seed(disk, run)
        self._hashes = array("I")
        #: Entries of the last page, which waits for more, and what they take in it at most.
        self._keys: list[bytes] = []
        self._entries: list[Entry] = []
        self._held_bytes = 0

    def add(self, keys: Sequence[bytes], entries: Sequence[Entry]) -> list[bytes]:
        """The next entries; the data pages that are full now."""
        self._hashes.extend(map(crc32c, keys))
        self.entry_count += len(keys)
        self.tombstone_count += entries.count(())
        self._keys += keys
        self._entries += entries
        self._held_bytes += most_bytes(keys, entries)
        return [] if self._held_bytes <= SMALL_SIZE else self._pages()

    def finish(self) -> list[bytes]:
        """The rest: the last data page, index, filter, footer."""
        pages = [self._page(self._keys, self._entries)] if self._keys else []
        index_offset = self.length
        index = self._sealed(
            lsm_page_index_v1.encode_tuple(
                (tuple(self.page_offsets), tuple(self.page_lengths), tuple(self.last_keys)),
                seed=offset_seed(self.length, self._seed),
            )
        )
        filter_offset = self.length
        words = bloom.build(self._hashes)
        self.filter = bloom.Filter(words, bloom.PROBES)
        filter_page = self._sealed(
            lsm_page_filter_v1.encode_tuple(bloom.PROBES, (tuple(words),), seed=offset_seed(self.length, self._seed))
        )
        footer = self._sealed(
            lsm_page_footer_v1.encode_tuple(
                self.run,
                self.entry_count,
                self.tombstone_count,
                index_offset,
                len(index),
                filter_offset,
                len(filter_page),
                seed=offset_seed(self.length, self._seed),
            )
        )
        return [*pages, index, filter_page, footer]

    def _sealed(self, page: bytes) -> bytes:
        self.length += len(page)
        return page

    def _pages(self) -> list[bytes]:
        """Cut what is held into pages; the last one waits for more."""
        keys, entries = self._keys, self._entries
        cut = cut_by_prefix if self.page_version == lsm_page_data_v2.VERSION else cut_by_size
        pages = []
        start = 0
        for end in cut(keys, entries):
            pages.append(self._page(keys[start:end], entries[start:end]))
            start = end
        self._keys, self._entries = keys[start:], entries[start:]
        self._held_bytes = most_bytes(self._keys, self._entries)
        return pages

    def _page(self, keys: list[bytes], entries: list[Entry]) -> bytes:
        locators = list(chain.from_iterable(entries))
        columns = tuple(zip(*locators, strict=True)) if locators else ((),) * 5
        extents, generations, offsets, lengths, checksums = columns
        page = DATA_CODECS[self.page_version].encode_tuple(
            (
                tuple(accumulate(map(len, entries))),
                extents,
                generations,
                offsets,
                lengths,
                checksums,
                tuple(keys),
            ),
            seed=offset_seed(self.length, self._seed),
        )
        self.last_keys.append(keys[-1])
        self.page_offsets.append(self.length)
        self.page_lengths.append(len(page))
        return self._sealed(page)


def most_bytes(keys: Sequence[bytes], entries: Sequence[Entry]) -> int:
    """What these entries take in a page, at most."""
    return ENTRY_SIZE * len(keys) + sum(map(len, keys)) + LOCATOR_SIZE * sum(map(len, entries))


def cut_by_size(keys: Sequence[bytes], entries: Sequence[Entry]) -> list[int]:
    """Where pages of version 1 end, those that are full."""
    counts = map(len, entries)
    sizes = [ENTRY_SIZE + size + LOCATOR_SIZE * count for size, count in zip(map(len, keys), counts, strict=True)]
    room = PAGE_SIZE - lsm_page_data_v1.HEADER_SIZE
    ends, start, left = [], 0, room
    for at, size in enumerate(sizes):
        left -= size
        if left < 0 and at > start:
            ends.append(at)
            start, left = at, room - size
    return ends


def cut_by_prefix(keys: Sequence[bytes], entries: Sequence[Entry]) -> list[int]:
    """The same of version 2: a page is full by its encoded size, which grows where its keys share less and less."""
    room = PAGE_SIZE - lsm_page_data_v2.HEADER_SIZE
    ends: list[int] = []
    start = fixed = total = 0
    prefix = b""
    for at, key in enumerate(keys):
        size = ENTRY_SIZE + LOCATOR_SIZE * len(entries[at])
        if at > start:
            shared = prefix if key.startswith(prefix) else prefix[: shared_length(prefix, key)]
            count = at + 1 - start
            length = total + len(key) - (count - 1) * len(shared)
            if fixed + size + length > room or total + len(key) > KEYS_SIZE_MAXIMUM:
                ends.append(at)
                start = at
            else:
                prefix, fixed, total = shared, fixed + size, total + len(key)
        if at == start:
            prefix, fixed, total = key, size, len(key)
    return ends
