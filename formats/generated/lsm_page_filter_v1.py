"""Codec of `lsm_page.filter`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "lsm_page.filter"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "run", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 32

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, word_count, entries_length, entries_checksum, probes, reserved, seal
HEADER: Final = Struct("<4sIIIB11sI")
U32: Final = Struct("<I")
HEADER_PACK: Final = Struct("<4sIIIB11x")

LEAD: Final = b"\xd3\xd0\x07\x01"  # magic, kind, version


class LsmPageFilterEntries(msgspec.Struct, frozen=True):
    """`entries` of a `lsm_page.filter`."""

    words: tuple[int, ...]


class LsmPageFilter(msgspec.Struct, frozen=True):
    """The value of a `lsm_page.filter`."""

    probes: int
    entries: LsmPageFilterEntries


LsmPageFilterEntriesTuple: TypeAlias = tuple[tuple[int, ...]]

LsmPageFilterTuple: TypeAlias = tuple[int, LsmPageFilterEntriesTuple]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    word_count: int
    entries_length: int
    entries_checksum: int
    probes: int


HeaderTuple: TypeAlias = tuple[int, int, int, int]


@lru_cache(maxsize=1024)
def _u64_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}Q")


@lru_cache(maxsize=1024, typed=True)
def _entries_columns(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}Q")


def probe(data: Data, seed: int = 0) -> LsmPageFilter | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    (lead, word_count, entries_length, entries_checksum, probes, reserved, seal) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 11
        or not 1 <= word_count <= 1048576
        or entries_length > 8388608
        or not 1 <= probes <= 16
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

    words_end = 32 + word_count * 8
    if entries_end != words_end:
        return None
    word_count_u64s = _u64_column(word_count)
    words = word_count_u64s.unpack_from(data, 32)
    return LsmPageFilter(probes, LsmPageFilterEntries(words))


def probe_tuple(data: Data, seed: int = 0) -> LsmPageFilterTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 32:
        return None
    (lead, word_count, entries_length, entries_checksum, probes, reserved, seal) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 11
        or not 1 <= word_count <= 1048576
        or entries_length > 8388608
        or not 1 <= probes <= 16
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

    words_end = 32 + word_count * 8
    if entries_end != words_end:
        return None
    word_count_u64s = _u64_column(word_count)
    words = word_count_u64s.unpack_from(data, 32)
    return (probes, (words,))


def probe_prefix(data: Data, seed: int = 0) -> tuple[LsmPageFilter, int] | None:
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
    (lead, word_count, entries_length, entries_checksum, probes, reserved, seal) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:28], seed)
        or reserved != b"\x00" * 11
        or not 1 <= word_count <= 1048576
        or entries_length > 8388608
        or not 1 <= probes <= 16
    ):
        return None
    return (word_count, entries_length, entries_checksum, probes)


def encode(value: LsmPageFilter, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    probes = value.probes
    entries = value.entries
    if type(entries) is not LsmPageFilterEntries:
        raise TypeError("entries")
    words = entries.words
    word_count = len(words)
    if not 1 <= word_count <= 1048576:
        raise ValueError("word_count")
    if type(words) is not tuple:
        raise TypeError("entries.words")
    entries_length = word_count * 8
    if entries_length > 8388608:
        raise ValueError("entries_length")

    entries_bytes = _entries_columns(word_count).pack(*words)
    if not 1 <= probes <= 16:
        raise ValueError("probes")

    header = HEADER_PACK.pack(LEAD, word_count, entries_length, crc32c(entries_bytes), probes)

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_tuple(probes: int, entries: LsmPageFilterEntriesTuple, seed: int = 0) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(entries) is not tuple:
        raise TypeError("entries")
    words, = entries
    word_count = len(words)
    if not 1 <= word_count <= 1048576:
        raise ValueError("word_count")
    if type(words) is not tuple:
        raise TypeError("entries.words")
    entries_length = word_count * 8
    if entries_length > 8388608:
        raise ValueError("entries_length")

    entries_bytes = _entries_columns(word_count).pack(*words)
    if not 1 <= probes <= 16:
        raise ValueError("probes")

    header = HEADER_PACK.pack(LEAD, word_count, entries_length, crc32c(entries_bytes), probes)

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_header(
    word_count: int,
    entries_length: int,
    entries_checksum: int,
    probes: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if not 1 <= word_count <= 1048576:
        raise ValueError("word_count")
    if entries_length > 8388608:
        raise ValueError("entries_length")
    if not 1 <= probes <= 16:
        raise ValueError("probes")

    header = HEADER_PACK.pack(LEAD, word_count, entries_length, entries_checksum, probes)

    return header + U32.pack(crc32c(header, seed))
