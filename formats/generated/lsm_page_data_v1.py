"""Codec of `lsm_page.data`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from operator import lt
from struct import Struct, unpack_from
from typing import Final, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "lsm_page.data"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "run", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 32

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, entry_count, locator_count, entries_length, entries_checksum, reserved, seal
HEADER: Final = Struct("<4sHHII12sI")
U32: Final = Struct("<I")
HEADER_PACK: Final = Struct("<4sHHII12x")
# entry_count, locator_count
COUNTS: Final = Struct("<HH")
U16: Final = Struct("<H")

LEAD: Final = b"\xd3\xd0\x05\x01"  # magic, kind, version


class LsmPageDataEntries(msgspec.Struct, frozen=True):
    """`entries` of a `lsm_page.data`."""

    locator_ends: tuple[int, ...]
    extents: tuple[int, ...]
    generations: tuple[int, ...]
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    checksums: tuple[int, ...]
    keys: tuple[bytes, ...]


class LsmPageData(msgspec.Struct, frozen=True):
    """The value of a `lsm_page.data`."""

    entries: LsmPageDataEntries


LsmPageDataEntriesTuple: TypeAlias = tuple[
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[bytes, ...],
]

LsmPageDataTuple: TypeAlias = tuple[LsmPageDataEntriesTuple]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    entry_count: int
    locator_count: int
    entries_length: int
    entries_checksum: int


HeaderTuple: TypeAlias = tuple[int, int, int, int]


@lru_cache(maxsize=1024)
def _u16_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}H")


@lru_cache(maxsize=1024)
def _u32_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I")


@lru_cache(maxsize=1024, typed=True)
def _entries_columns(entry_count: int, locator_count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{entry_count}H{entry_count}H{locator_count}I{locator_count}I{locator_count}I{locator_count}I{locator_count}I")


def probe(data: Data, seed: int = 0) -> LsmPageData | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    (
        lead,
        entry_count,
        locator_count,
        entries_length,
        entries_checksum,
        reserved,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 8192
        or locator_count > 3274
        or entries_length > 65504
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

    key_ends_end = 32 + entry_count * 2
    locator_ends_end = key_ends_end + entry_count * 2
    extents_end = locator_ends_end + locator_count * 4
    generations_end = extents_end + locator_count * 4
    offsets_end = generations_end + locator_count * 4
    lengths_end = offsets_end + locator_count * 4
    checksums_end = lengths_end + locator_count * 4
    if entries_end < checksums_end:
        return None
    entry_count_u16s = _u16_column(entry_count)
    key_ends = entry_count_u16s.unpack_from(data, 32)
    locator_ends = entry_count_u16s.unpack_from(data, key_ends_end)
    if (
        list(locator_ends) != sorted(locator_ends)
        or locator_ends[-1] != locator_count
    ):
        return None
    locator_count_u32s = _u32_column(locator_count)
    extents = locator_count_u32s.unpack_from(data, locator_ends_end)
    generations = locator_count_u32s.unpack_from(data, extents_end)
    offsets = locator_count_u32s.unpack_from(data, generations_end)
    lengths = locator_count_u32s.unpack_from(data, offsets_end)
    checksums = locator_count_u32s.unpack_from(data, lengths_end)

    # entries.keys
    keys_heap = data[checksums_end:entries_end]
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
    return LsmPageData(
        LsmPageDataEntries(locator_ends, extents, generations, offsets, lengths, checksums, keys),
    )


def probe_tuple(data: Data, seed: int = 0) -> LsmPageDataTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    (
        lead,
        entry_count,
        locator_count,
        entries_length,
        entries_checksum,
        reserved,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 8192
        or locator_count > 3274
        or entries_length > 65504
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

    key_ends_end = 32 + entry_count * 2
    locator_ends_end = key_ends_end + entry_count * 2
    extents_end = locator_ends_end + locator_count * 4
    generations_end = extents_end + locator_count * 4
    offsets_end = generations_end + locator_count * 4
    lengths_end = offsets_end + locator_count * 4
    checksums_end = lengths_end + locator_count * 4
    if entries_end < checksums_end:
        return None
    entry_count_u16s = _u16_column(entry_count)
    key_ends = entry_count_u16s.unpack_from(data, 32)
    locator_ends = entry_count_u16s.unpack_from(data, key_ends_end)
    if (
        list(locator_ends) != sorted(locator_ends)
        or locator_ends[-1] != locator_count
    ):
        return None
    locator_count_u32s = _u32_column(locator_count)
    extents = locator_count_u32s.unpack_from(data, locator_ends_end)
    generations = locator_count_u32s.unpack_from(data, extents_end)
    offsets = locator_count_u32s.unpack_from(data, generations_end)
    lengths = locator_count_u32s.unpack_from(data, offsets_end)
    checksums = locator_count_u32s.unpack_from(data, lengths_end)

    # entries.keys
    keys_heap = data[checksums_end:entries_end]
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
    return ((locator_ends, extents, generations, offsets, lengths, checksums, keys),)


def probe_prefix(data: Data, seed: int = 0) -> tuple[LsmPageData, int] | None:
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
    (
        lead,
        entry_count,
        locator_count,
        entries_length,
        entries_checksum,
        reserved,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 12
        or not 1 <= entry_count <= 8192
        or locator_count > 3274
        or entries_length > 65504
    ):
        return None
    return (entry_count, locator_count, entries_length, entries_checksum)


def encode(value: LsmPageData, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    entries = value.entries
    if type(entries) is not LsmPageDataEntries:
        raise TypeError("entries")
    locator_ends = entries.locator_ends
    extents = entries.extents
    generations = entries.generations
    offsets = entries.offsets
    lengths = entries.lengths
    checksums = entries.checksums
    keys = entries.keys
    entry_count = len(keys)
    if not 1 <= entry_count <= 8192:
        raise ValueError("entry_count")
    locator_count = len(extents)
    if locator_count > 3274:
        raise ValueError("locator_count")
    if type(locator_ends) is not tuple:
        raise TypeError("entries.locator_ends")
    if len(locator_ends) != entry_count:
        raise ValueError("entries.locator_ends")
    if list(locator_ends) != sorted(locator_ends):
        raise ValueError("entries.locator_ends")
    if (locator_ends[-1] if locator_ends else 0) != locator_count:
        raise ValueError("entries.locator_ends")
    if type(extents) is not tuple:
        raise TypeError("entries.extents")
    if type(generations) is not tuple:
        raise TypeError("entries.generations")
    if len(generations) != locator_count:
        raise ValueError("entries.generations")
    if type(offsets) is not tuple:
        raise TypeError("entries.offsets")
    if len(offsets) != locator_count:
        raise ValueError("entries.offsets")
    if type(lengths) is not tuple:
        raise TypeError("entries.lengths")
    if len(lengths) != locator_count:
        raise ValueError("entries.lengths")
    if type(checksums) is not tuple:
        raise TypeError("entries.checksums")
    if len(checksums) != locator_count:
        raise ValueError("entries.checksums")
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
        _entries_columns(entry_count, locator_count).pack(
            *accumulate(map(len, keys)),
            *locator_ends,
            *extents,
            *generations,
            *offsets,
            *lengths,
            *checksums,
        )
        + keys_heap
    )
    entries_length = len(entries_bytes)
    if entries_length > 65504:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, locator_count, entries_length, crc32c(entries_bytes))

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_tuple(entries: LsmPageDataEntriesTuple, seed: int = 0) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(entries) is not tuple:
        raise TypeError("entries")
    locator_ends, extents, generations, offsets, lengths, checksums, keys = entries
    entry_count = len(keys)
    if not 1 <= entry_count <= 8192:
        raise ValueError("entry_count")
    locator_count = len(extents)
    if locator_count > 3274:
        raise ValueError("locator_count")
    if type(locator_ends) is not tuple:
        raise TypeError("entries.locator_ends")
    if len(locator_ends) != entry_count:
        raise ValueError("entries.locator_ends")
    if list(locator_ends) != sorted(locator_ends):
        raise ValueError("entries.locator_ends")
    if (locator_ends[-1] if locator_ends else 0) != locator_count:
        raise ValueError("entries.locator_ends")
    if type(extents) is not tuple:
        raise TypeError("entries.extents")
    if type(generations) is not tuple:
        raise TypeError("entries.generations")
    if len(generations) != locator_count:
        raise ValueError("entries.generations")
    if type(offsets) is not tuple:
        raise TypeError("entries.offsets")
    if len(offsets) != locator_count:
        raise ValueError("entries.offsets")
    if type(lengths) is not tuple:
        raise TypeError("entries.lengths")
    if len(lengths) != locator_count:
        raise ValueError("entries.lengths")
    if type(checksums) is not tuple:
        raise TypeError("entries.checksums")
    if len(checksums) != locator_count:
        raise ValueError("entries.checksums")
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
        _entries_columns(entry_count, locator_count).pack(
            *accumulate(map(len, keys)),
            *locator_ends,
            *extents,
            *generations,
            *offsets,
            *lengths,
            *checksums,
        )
        + keys_heap
    )
    entries_length = len(entries_bytes)
    if entries_length > 65504:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, locator_count, entries_length, crc32c(entries_bytes))

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_header(
    entry_count: int,
    locator_count: int,
    entries_length: int,
    entries_checksum: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if not 1 <= entry_count <= 8192:
        raise ValueError("entry_count")
    if locator_count > 3274:
        raise ValueError("locator_count")
    if entries_length > 65504:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(LEAD, entry_count, locator_count, entries_length, entries_checksum)

    return header + U32.pack(crc32c(header, seed))


def lookup(data: Data, key: bytes) -> int:
    """The index of a key, or -1 where the page has no such key. The page must have been verified."""
    if type(data) is not bytes:
        data = bytes(data)
    entry_count, locator_count = COUNTS.unpack_from(data, 4)
    heap = 32 + entry_count * 4 + locator_count * 20
    low = 0
    high: int = entry_count
    while low < high:
        middle = (low + high) >> 1
        start, stop = COUNTS.unpack_from(data, 30 + middle * 2)
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
    entry_count, locator_count = COUNTS.unpack_from(data, 4)
    heap = 32 + entry_count * 4 + locator_count * 20
    low = 0
    high: int = entry_count
    while low < high:
        middle = (low + high) >> 1
        start, stop = COUNTS.unpack_from(data, 30 + middle * 2)
        found = data[heap + start if middle else heap : heap + stop]
        if found < key:
            low = middle + 1
        else:
            high = middle
    return low


def key_at(data: Data, index: int) -> bytes:
    """The key at an index of a verified page."""
    entry_count, locator_count = COUNTS.unpack_from(data, 4)
    if not 0 <= index < entry_count:
        raise IndexError(index)
    heap = 32 + entry_count * 4 + locator_count * 20
    start, stop = COUNTS.unpack_from(data, 30 + index * 2) if index else (0, *U16.unpack_from(data, 32))
    return bytes(data[heap + start : heap + stop])


def entry(data: Data, index: int) -> tuple[int]:
    """What a verified page holds beside the key at an index: locator_ends."""
    entry_count, _locator_count = COUNTS.unpack_from(data, 4)
    if not 0 <= index < entry_count:
        raise IndexError(index)
    return (U16.unpack_from(data, 32 + entry_count * 2 + index * 2)[0],)


def group(data: Data, index: int) -> tuple[tuple[int, int, int, int, int], ...]:
    """The rows (extents, generations, offsets, lengths, checksums) that belong to the entry at an index of a verified page."""
    entry_count, locator_count = COUNTS.unpack_from(data, 4)
    if not 0 <= index < entry_count:
        raise IndexError(index)
    start, stop = COUNTS.unpack_from(data, 30 + entry_count * 2 + index * 2) if index else (0, *U16.unpack_from(data, 32 + entry_count * 2))
    count = stop - start
    return tuple(
        zip(
            unpack_from(f"<{count}I", data, 32 + entry_count * 4 + start * 4),
            unpack_from(f"<{count}I", data, 32 + entry_count * 4 + locator_count * 4 + start * 4),
            unpack_from(f"<{count}I", data, 32 + entry_count * 4 + locator_count * 8 + start * 4),
            unpack_from(f"<{count}I", data, 32 + entry_count * 4 + locator_count * 12 + start * 4),
            unpack_from(f"<{count}I", data, 32 + entry_count * 4 + locator_count * 16 + start * 4),
            strict=True,
        )
    )
