"""Codec of `lsm_page.index`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from operator import lt
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "lsm_page.index"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "run", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 32

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, entry_count, entries_length, entries_checksum, reserved, seal
HEADER: Final = Struct("<4sIII12sI")
U32: Final = Struct("<I")
HEADER_PACK: Final = Struct("<4sIII12x")
# two key_ends
KEY_ENDS_PAIR: Final = Struct("<II")

LEAD: Final = b"\xd3\xd0\x06\x01"  # magic, kind, version


class LsmPageIndexEntries(msgspec.Struct, frozen=True):
    """`entries` of a `lsm_page.index`."""

    page_offsets: tuple[int, ...]
    page_lengths: tuple[int, ...]
    keys: tuple[bytes, ...]


class LsmPageIndex(msgspec.Struct, frozen=True):
    """The value of a `lsm_page.index`."""

    entries: LsmPageIndexEntries


LsmPageIndexEntriesTuple: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[bytes, ...]]

LsmPageIndexTuple: TypeAlias = tuple[LsmPageIndexEntriesTuple]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    entry_count: int
    entries_length: int
    entries_checksum: int


HeaderTuple: TypeAlias = tuple[int, int, int]


@lru_cache(maxsize=1024)
def _u32_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I")


@lru_cache(maxsize=1024, typed=True)
def _entries_columns(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I{count}I{count}I")


def probe(data: Data, seed: int = 0) -> LsmPageIndex | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    lead, entry_count, entries_length, entries_checksum, reserved, seal = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 65536
        or entries_length > 16777184
    ):
        return None

    entries_end = 32 + entries_length
    if end != entries_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # entries
    if entries_checksum != crc32c(data[32:entries_end]):
        return None

    key_ends_end = 32 + entry_count * 4
    page_offsets_end = key_ends_end + entry_count * 4
    page_lengths_end = page_offsets_end + entry_count * 4
    if entries_end < page_lengths_end:
        return None
    entry_count_u32s = _u32_column(entry_count)
    key_ends = entry_count_u32s.unpack_from(data, 32)
    page_offsets = entry_count_u32s.unpack_from(data, key_ends_end)
    if not all(map(lt, page_offsets, page_offsets[1:])):
        return None
    page_lengths = entry_count_u32s.unpack_from(data, page_offsets_end)

    # entries.keys
    keys_heap = data[page_lengths_end:entries_end]
    if key_ends[-1] != len(keys_heap):
        return None
    keys_items: list[bytes] = []
    start = 0
    for stop in key_ends:
        keys_items.append(keys_heap[start:stop])
        start = stop
    if (
        not keys_items[0]  # the others are not, or the order fails
        or (len(keys_heap) > 4096 and max(map(len, keys_items)) > 4096)
    ):
        return None
    keys = tuple(keys_items)
    if not all(map(lt, keys, keys[1:])):
        return None
    return LsmPageIndex(LsmPageIndexEntries(page_offsets, page_lengths, keys))


def probe_tuple(data: Data, seed: int = 0) -> LsmPageIndexTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    lead, entry_count, entries_length, entries_checksum, reserved, seal = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 65536
        or entries_length > 16777184
    ):
        return None

    entries_end = 32 + entries_length
    if end != entries_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # entries
    if entries_checksum != crc32c(data[32:entries_end]):
        return None

    key_ends_end = 32 + entry_count * 4
    page_offsets_end = key_ends_end + entry_count * 4
    page_lengths_end = page_offsets_end + entry_count * 4
    if entries_end < page_lengths_end:
        return None
    entry_count_u32s = _u32_column(entry_count)
    key_ends = entry_count_u32s.unpack_from(data, 32)
    page_offsets = entry_count_u32s.unpack_from(data, key_ends_end)
    if not all(map(lt, page_offsets, page_offsets[1:])):
        return None
    page_lengths = entry_count_u32s.unpack_from(data, page_offsets_end)

    # entries.keys
    keys_heap = data[page_lengths_end:entries_end]
    if key_ends[-1] != len(keys_heap):
        return None
    keys_items: list[bytes] = []
    start = 0
    for stop in key_ends:
        keys_items.append(keys_heap[start:stop])
        start = stop
    if (
        not keys_items[0]  # the others are not, or the order fails
        or (len(keys_heap) > 4096 and max(map(len, keys_items)) > 4096)
    ):
        return None
    keys = tuple(keys_items)
    if not all(map(lt, keys, keys[1:])):
        return None
    return ((page_offsets, page_lengths, keys),)


def probe_prefix(data: Data, seed: int = 0) -> tuple[LsmPageIndex, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    if len(data) < 32:
        return None
    (entries_length,) = U32.unpack_from(data, 8)
    size = 32 + entries_length
    record = probe(memoryview(data)[:size], seed)
    return None if record is None else (record, size)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 32:
        return None
    lead, entry_count, entries_length, entries_checksum, reserved, seal = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 65536
        or entries_length > 16777184
    ):
        return None
    return (entry_count, entries_length, entries_checksum)


def encode(value: LsmPageIndex, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    entries = value.entries
    if type(entries) is not LsmPageIndexEntries:
        raise TypeError("entries")
    page_offsets = entries.page_offsets
    page_lengths = entries.page_lengths
    keys = entries.keys
    entry_count = len(keys)
    if not 1 <= entry_count <= 65536:
        raise ValueError("entry_count")
    if type(page_offsets) is not tuple:
        raise TypeError("entries.page_offsets")
    if len(page_offsets) != entry_count:
        raise ValueError("entries.page_offsets")
    if not all(map(lt, page_offsets, page_offsets[1:])):
        raise ValueError("entries.page_offsets")
    if type(page_lengths) is not tuple:
        raise TypeError("entries.page_lengths")
    if len(page_lengths) != entry_count:
        raise ValueError("entries.page_lengths")
    if type(keys) is not tuple or not {bytes}.issuperset(map(type, keys)):
        raise TypeError("entries.keys")
    if not all(keys):
        raise ValueError("entries.keys")
    keys_heap = b"".join(keys)
    if len(keys_heap) > 4096 and max(map(len, keys)) > 4096:
        raise ValueError("entries.keys")
    if not all(map(lt, keys, keys[1:])):
        raise ValueError("entries.keys")

    entries_bytes = (
        _entries_columns(entry_count).pack(*accumulate(map(len, keys)), *page_offsets, *page_lengths)
        + keys_heap
    )
    entries_length = len(entries_bytes)
    if entries_length > 16777184:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, entries_length, crc32c(entries_bytes))

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_tuple(entries: LsmPageIndexEntriesTuple, seed: int = 0) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(entries) is not tuple:
        raise TypeError("entries")
    page_offsets, page_lengths, keys = entries
    entry_count = len(keys)
    if not 1 <= entry_count <= 65536:
        raise ValueError("entry_count")
    if type(page_offsets) is not tuple:
        raise TypeError("entries.page_offsets")
    if len(page_offsets) != entry_count:
        raise ValueError("entries.page_offsets")
    if not all(map(lt, page_offsets, page_offsets[1:])):
        raise ValueError("entries.page_offsets")
    if type(page_lengths) is not tuple:
        raise TypeError("entries.page_lengths")
    if len(page_lengths) != entry_count:
        raise ValueError("entries.page_lengths")
    if type(keys) is not tuple or not {bytes}.issuperset(map(type, keys)):
        raise TypeError("entries.keys")
    if not all(keys):
        raise ValueError("entries.keys")
    keys_heap = b"".join(keys)
    if len(keys_heap) > 4096 and max(map(len, keys)) > 4096:
        raise ValueError("entries.keys")
    if not all(map(lt, keys, keys[1:])):
        raise ValueError("entries.keys")

    entries_bytes = (
        _entries_columns(entry_count).pack(*accumulate(map(len, keys)), *page_offsets, *page_lengths)
        + keys_heap
    )
    entries_length = len(entries_bytes)
    if entries_length > 16777184:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, entries_length, crc32c(entries_bytes))

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_header(entry_count: int, entries_length: int, entries_checksum: int, seed: int = 0) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if not 1 <= entry_count <= 65536:
        raise ValueError("entry_count")
    if entries_length > 16777184:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, entries_length, entries_checksum)

    return header + U32.pack(crc32c(header, seed))


def lookup(data: Data, key: bytes) -> int:
    """The index of a key, or -1 where the page has no such key. The page must have been verified."""
    if type(data) is not bytes:
        data = bytes(data)
    (entry_count,) = U32.unpack_from(data, 4)
    heap = 32 + entry_count * 12
    low = 0
    high: int = entry_count
    while low < high:
        middle = (low + high) >> 1
        start, stop = KEY_ENDS_PAIR.unpack_from(data, 28 + middle * 4)
        found = data[heap + start if middle else heap : heap + stop]
        if found < key:
            low = middle + 1
        elif found == key:
            return middle
        else:
            high = middle
    return -1


def lower_bound(data: Data, key: bytes) -> int:
    """The index of the first key that is not below this one. The page must have been verified."""
    if type(data) is not bytes:
        data = bytes(data)
    (entry_count,) = U32.unpack_from(data, 4)
    heap = 32 + entry_count * 12
    low = 0
    high: int = entry_count
    while low < high:
        middle = (low + high) >> 1
        start, stop = KEY_ENDS_PAIR.unpack_from(data, 28 + middle * 4)
        found = data[heap + start if middle else heap : heap + stop]
        if found < key:
            low = middle + 1
        else:
            high = middle
    return low


def key_at(data: Data, index: int) -> bytes:
    """The key at an index of a verified page."""
    (entry_count,) = U32.unpack_from(data, 4)
    if not 0 <= index < entry_count:
        raise IndexError(index)
    heap = 32 + entry_count * 12
    start, stop = KEY_ENDS_PAIR.unpack_from(data, 28 + index * 4) if index else (0, *U32.unpack_from(data, 32))
    return bytes(data[heap + start : heap + stop])


def entry(data: Data, index: int) -> tuple[int, int]:
    """What a verified page holds beside the key at an index: page_offsets, page_lengths."""
    (entry_count,) = U32.unpack_from(data, 4)
    if not 0 <= index < entry_count:
        raise IndexError(index)
    return (
        U32.unpack_from(data, 32 + entry_count * 4 + index * 4)[0],
        U32.unpack_from(data, 32 + entry_count * 8 + index * 4)[0],
    )
