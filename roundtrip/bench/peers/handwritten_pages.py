"""The yardstick, continued: the pages of a sorted run.

What is known to be fastest in CPython, measured piece by piece:

- that sorted numbers are sorted is seen fastest by sorting them again; that byte strings rise, by mapping `<`;
- a heap is cut fastest by reading it as a stream, length after length. With keys that strictly rise, an end that falls
  behind the one before shows as an empty key, so the ends need no check of their own;
- a key is looked up by binary search in the bytes: two ends and one key are unpacked at each step, nothing else.
"""

from __future__ import annotations

from io import BytesIO
from itertools import accumulate
from operator import lt
from struct import Struct, error
from typing import Final

import msgspec
from crc32c import crc32c

from .handwritten import MAGIC, RESIDUE, join, pack_checksum
from .handwritten_records import NUMBERS, Shapes

DATA, INDEX, FILTER = (MAGIC | kind << 16 | 1 << 24 for kind in (5, 6, 7))

SHORTS, WORDS = Shapes("H"), Shapes("Q")

read_data = Struct("<IHHII12s4x").unpack_from
pack_data = Struct("<IHHII12x").pack
read_index = Struct("<IIII12s4x").unpack_from
pack_index = Struct("<IIII12x").pack
read_filter = Struct("<IIIIB11s4x").unpack_from
pack_filter = Struct("<IIIIB11x").pack
read_counts = Struct("<4xHH").unpack_from
read_two_ends = Struct("<HH").unpack_from
read_count = Struct("<4xI").unpack_from
read_two_wide_ends = Struct("<II").unpack_from

ZEROS_11: Final = bytes(11)
ZEROS_12: Final = bytes(12)


class DataEntries(msgspec.Struct, frozen=True):
    """The columns and keys of a data page."""

    locator_ends: tuple[int, ...]
    extents: tuple[int, ...]
    generations: tuple[int, ...]
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    checksums: tuple[int, ...]
    keys: tuple[bytes, ...]


class Data(msgspec.Struct, frozen=True):
    """A data page."""

    entries: DataEntries


class IndexEntries(msgspec.Struct, frozen=True):
    """The columns and keys of an index page."""

    page_offsets: tuple[int, ...]
    page_lengths: tuple[int, ...]
    keys: tuple[bytes, ...]


class Index(msgspec.Struct, frozen=True):
    """An index page."""

    entries: IndexEntries


class FilterEntries(msgspec.Struct, frozen=True):
    """The words of a filter page."""

    words: tuple[int, ...]


class Filter(msgspec.Struct, frozen=True):
    """A filter page."""

    probes: int
    entries: FilterEntries


def keys_of(heap: bytes, ends: tuple[int, ...]) -> tuple[bytes, ...] | None:
    """The keys in a heap, at least one, or None."""
    if ends[-1] != len(heap):
        return None
    read, start = BytesIO(heap).read, 0
    items = []
    for end in ends:
        items.append(read(end - start))
        start = end
    keys = tuple(items)
    if not keys[0] or not all(map(lt, keys, keys[1:])) or (len(heap) > 4096 and max(map(len, keys)) > 4096):
        return None
    return keys


def ends_of(keys: tuple[bytes, ...]) -> tuple[int, ...]:
    """The ends of keys in their heap; `struct.error` where they break a rule."""
    sizes = [*map(len, keys)]
    if (
        type(keys) is not tuple
        or [*map(type, keys)].count(bytes) != len(keys)
        or not sizes
        or not sizes[0]
        or max(sizes) > 4096
        or not all(map(lt, keys, keys[1:]))
    ):
        raise error("the keys break a rule")
    return tuple(accumulate(sizes))


def decode_data(data: bytes, seed: int) -> Data | None:
    """The record of a whole data page, or None."""
    if len(data) < 32:
        return None
    lead, count, locators, size, checksum, reserved = read_data(data)
    heap_start = 32 + 4 * count + 20 * locators
    if (
        lead != DATA
        or crc32c(data[:32], seed) != RESIDUE
        or not 1 <= count <= 8192
        or locators > 3274
        or size > 65504
        or len(data) != 32 + size
        or crc32c(data[32:]) != checksum
        or reserved != ZEROS_12
        or heap_start > len(data)
    ):
        return None
    read = SHORTS[count].unpack_from
    start = 32 + 2 * count
    locator_ends = read(data, start)
    if locator_ends[-1] != locators or [*locator_ends] != sorted(locator_ends):
        return None
    keys = keys_of(data[heap_start:], read(data, 32))
    if keys is None:
        return None
    start += 2 * count
    width = 4 * locators
    read = NUMBERS[locators].unpack_from
    return Data(
        DataEntries(
            locator_ends,
            read(data, start),
            read(data, start + width),
            read(data, start + 2 * width),
            read(data, start + 3 * width),
            read(data, start + 4 * width),
            keys,
        )
    )


def encode_data(record: Data, seed: int) -> bytes:
    """The bytes of a data page; `struct.error` where a field is outside its constraint."""
    entries = record.entries
    keys, locator_ends = entries.keys, entries.locator_ends
    extents, generations, offsets = entries.extents, entries.generations, entries.offsets
    lengths, checksums = entries.lengths, entries.checksums
    ends = ends_of(keys)
    count, locators = len(keys), len(extents)
    if (
        count > 8192
        or locators > 3274
        or type(locator_ends) is not tuple
        or type(extents) is not tuple
        or type(generations) is not tuple
        or type(offsets) is not tuple
        or type(lengths) is not tuple
        or type(checksums) is not tuple
        or len(locator_ends) != count
        or locator_ends[-1] != locators
        or [*locator_ends] != sorted(locator_ends)
    ):
        raise error("a field of the data page is outside its constraint")
    pack_ends, pack_locators = SHORTS[count].pack, NUMBERS[locators].pack
    content = join(
        (
            pack_ends(*ends),
            pack_ends(*locator_ends),
            pack_locators(*extents),
            pack_locators(*generations),
            pack_locators(*offsets),
            pack_locators(*lengths),
            pack_locators(*checksums),
            *keys,
        )
    )
    size = len(content)
    if size > 65504:
        raise error("the data page is too large")
    header = pack_data(DATA, count, locators, size, crc32c(content))
    return join((header, pack_checksum(crc32c(header, seed)), content))


def lookup_data(data: bytes, key: bytes) -> int:
    """The index of a key in a data page whose checksums were verified before, or -1."""
    count, locators = read_counts(data)
    heap = 32 + 4 * count + 20 * locators
    low, high = 0, int(count)
    while low < high:
        middle = (low + high) >> 1
        start, end = read_two_ends(data, 30 + 2 * middle)
        found = data[heap + start if middle else heap : heap + end]
        if found < key:
            low = middle + 1
        elif found == key:
            return middle
        else:
            high = middle
    return -1


def decode_index(data: bytes, seed: int) -> Index | None:
    """The record of a whole index page, or None."""
    if len(data) < 32:
        return None
    lead, count, size, checksum, reserved = read_index(data)
    width = 4 * count
    if (
        lead != INDEX
        or crc32c(data[:32], seed) != RESIDUE
        or not 1 <= count <= 65536
        or size > 0xFFFFE0
        or len(data) != 32 + size
        or crc32c(data[32:]) != checksum
        or reserved != ZEROS_12
        or 3 * width > size
    ):
        return None
    read = NUMBERS[count].unpack_from
    page_offsets = read(data, 32 + width)
    if not all(map(lt, page_offsets, page_offsets[1:])):
        return None
    keys = keys_of(data[32 + 3 * width :], read(data, 32))
    if keys is None:
        return None
    return Index(IndexEntries(page_offsets, read(data, 32 + 2 * width), keys))


def encode_index(record: Index, seed: int) -> bytes:
    """The bytes of an index page; `struct.error` where a field is outside its constraint."""
    entries = record.entries
    keys, page_offsets, page_lengths = entries.keys, entries.page_offsets, entries.page_lengths
    ends = ends_of(keys)
    count = len(keys)
    if (
        count > 65536
        or type(page_offsets) is not tuple
        or type(page_lengths) is not tuple
        or not all(map(lt, page_offsets, page_offsets[1:]))
    ):
        raise error("a field of the index page is outside its constraint")
    pack = NUMBERS[count].pack
    content = join((pack(*ends), pack(*page_offsets), pack(*page_lengths), *keys))
    size = len(content)
    if size > 0xFFFFE0:
        raise error("the index page is too large")
    header = pack_index(INDEX, count, size, crc32c(content))
    return join((header, pack_checksum(crc32c(header, seed)), content))


def lookup_index(data: bytes, key: bytes) -> int:
    """The index of the first key at or behind a key in a verified index page; the count where there is none."""
    count: int = read_count(data)[0]
    heap = 32 + 12 * count
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        start, end = read_two_wide_ends(data, 28 + 4 * middle)
        if data[heap + start if middle else heap : heap + end] < key:
            low = middle + 1
        else:
            high = middle
    return low


def decode_filter(data: bytes, seed: int) -> Filter | None:
    """The record of a whole filter page, or None."""
    if len(data) < 32:
        return None
    lead, count, size, checksum, probes, reserved = read_filter(data)
    if (
        lead != FILTER
        or crc32c(data[:32], seed) != RESIDUE
        or not 1 <= count <= 0x100000
        or not 1 <= probes <= 16
        or len(data) != 32 + size
        or crc32c(data[32:]) != checksum
        or reserved != ZEROS_11
        or size != 8 * count
    ):
        return None
    return Filter(probes, FilterEntries(WORDS[count].unpack_from(data, 32)))


def encode_filter(record: Filter, seed: int) -> bytes:
    """The bytes of a filter page; `struct.error` where a field is outside its constraint."""
    words, probes = record.entries.words, record.probes
    count = len(words)
    if type(words) is not tuple or not 1 <= count <= 0x100000 or not 1 <= probes <= 16:
        raise error("a field of the filter page is outside its constraint")
    content = WORDS[count].pack(*words)
    header = pack_filter(FILTER, count, 8 * count, crc32c(content), probes)
    return join((header, pack_checksum(crc32c(header, seed)), content))
