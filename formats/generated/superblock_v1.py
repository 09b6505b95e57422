"""Codec of `superblock`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from functools import lru_cache
from operator import lt
from struct import Struct
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "superblock"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "extent", "generation", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 64

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, record_number, flags, reserved_1, sequence, compatible, read_only_compatible,
# incompatible, extent_count, entry_count, entries_length, entries_checksum, reserved_2, seal
HEADER: Final = Struct("<4sBBHQQQQIIIIII")
U32: Final = Struct("<I")
HEADER_PACK: Final = Struct("<4sBB2xQQQQIIII4x")

SuperblockRecord: TypeAlias = Literal["full", "delta"]
RECORD_NAMES: Final[dict[int, SuperblockRecord]] = {1: "full", 2: "delta"}
RECORD_NUMBERS: Final[dict[str, int]] = {"full": 1, "delta": 2}
SuperblockEntriesOwners: TypeAlias = Literal["free", "data", "index", "metadata", "superblock"]
OWNERS_NAMES: Final[dict[int, SuperblockEntriesOwners]] = {1: "free", 2: "data", 3: "index", 4: "metadata", 5: "superblock"}
OWNERS_NUMBERS: Final[dict[str, int]] = {"free": 1, "data": 2, "index": 3, "metadata": 4, "superblock": 5}
LEAD: Final = b"\xd3\xd0\x03\x01"  # magic, kind, version


class SuperblockEntries(msgspec.Struct, frozen=True):
    """`entries` of a `superblock`."""

    extents: tuple[int, ...]
    generations: tuple[int, ...]
    write_pointers: tuple[int, ...]
    owners: tuple[SuperblockEntriesOwners, ...]


class Superblock(msgspec.Struct, frozen=True):
    """The value of a `superblock`."""

    record: SuperblockRecord
    flags: int
    sequence: int
    compatible: int
    read_only_compatible: int
    incompatible: int
    extent_count: int
    entries: SuperblockEntries


SuperblockEntriesTuple: TypeAlias = tuple[
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[SuperblockEntriesOwners, ...],
]

SuperblockTuple: TypeAlias = tuple[SuperblockRecord, int, int, int, int, int, int, SuperblockEntriesTuple]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    record: SuperblockRecord
    flags: int
    sequence: int
    compatible: int
    read_only_compatible: int
    incompatible: int
    extent_count: int
    entry_count: int
    entries_length: int
    entries_checksum: int


HeaderTuple: TypeAlias = tuple[SuperblockRecord, int, int, int, int, int, int, int, int, int]


@lru_cache(maxsize=1024)
def _u32_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I")


@lru_cache(maxsize=1024, typed=True)
def _entries_columns(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I{count}I{count}I")


def probe(data: Data, seed: int = 0) -> Superblock | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 64:
        return None
    (
        lead,
        record_number,
        flags,
        reserved_1,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        entries_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_1
        or reserved_2
        or (record := RECORD_NAMES.get(record_number)) is None
        or flags & 0xfe
        or sequence < 1
        or not 1 <= extent_count <= 65536
        or entry_count > 65536
        or entries_length > 851968
    ):
        return None

    entries_end = 64 + entries_length
    if end != entries_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # entries
    if entries_checksum != crc32c(data[64:entries_end]):
        return None

    extents_end = 64 + entry_count * 4
    generations_end = extents_end + entry_count * 4
    write_pointers_end = generations_end + entry_count * 4
    owners_end = write_pointers_end + entry_count
    if entries_end != owners_end:
        return None
    entry_count_u32s = _u32_column(entry_count)
    extents = entry_count_u32s.unpack_from(data, 64)
    if not all(map(lt, extents, extents[1:])):
        return None
    generations = entry_count_u32s.unpack_from(data, extents_end)
    write_pointers = entry_count_u32s.unpack_from(data, generations_end)
    try:
        owners = tuple([OWNERS_NAMES[number] for number in data[write_pointers_end:owners_end]])
    except KeyError:
        return None
    return Superblock(
        record,
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        SuperblockEntries(extents, generations, write_pointers, owners),
    )


def probe_tuple(data: Data, seed: int = 0) -> SuperblockTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 64:
        return None
    (
        lead,
        record_number,
        flags,
        reserved_1,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        entries_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_1
        or reserved_2
        or (record := RECORD_NAMES.get(record_number)) is None
        or flags & 0xfe
        or sequence < 1
        or not 1 <= extent_count <= 65536
        or entry_count > 65536
        or entries_length > 851968
    ):
        return None

    entries_end = 64 + entries_length
    if end != entries_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # entries
    if entries_checksum != crc32c(data[64:entries_end]):
        return None

    extents_end = 64 + entry_count * 4
    generations_end = extents_end + entry_count * 4
    write_pointers_end = generations_end + entry_count * 4
    owners_end = write_pointers_end + entry_count
    if entries_end != owners_end:
        return None
    entry_count_u32s = _u32_column(entry_count)
    extents = entry_count_u32s.unpack_from(data, 64)
    if not all(map(lt, extents, extents[1:])):
        return None
    generations = entry_count_u32s.unpack_from(data, extents_end)
    write_pointers = entry_count_u32s.unpack_from(data, generations_end)
    try:
        owners = tuple([OWNERS_NAMES[number] for number in data[write_pointers_end:owners_end]])
    except KeyError:
        return None
    return (
        record,
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        (extents, generations, write_pointers, owners),
    )


def probe_prefix(data: Data, seed: int = 0) -> tuple[Superblock, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    if len(data) < 64:
        return None
    (entries_length,) = U32.unpack_from(data, 48)
    size = 64 + entries_length
    record = probe(memoryview(data)[:size], seed)
    return None if record is None else (record, size)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 64:
        return None
    (
        lead,
        record_number,
        flags,
        reserved_1,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        entries_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_1
        or reserved_2
        or (record := RECORD_NAMES.get(record_number)) is None
        or flags & 0xfe
        or sequence < 1
        or not 1 <= extent_count <= 65536
        or entry_count > 65536
        or entries_length > 851968
    ):
        return None
    return (
        record,
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        entries_checksum,
    )


def encode(value: Superblock, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    record = value.record
    flags = value.flags
    sequence = value.sequence
    compatible = value.compatible
    read_only_compatible = value.read_only_compatible
    incompatible = value.incompatible
    extent_count = value.extent_count
    entries = value.entries
    if type(entries) is not SuperblockEntries:
        raise TypeError("entries")
    extents = entries.extents
    generations = entries.generations
    write_pointers = entries.write_pointers
    owners = entries.owners
    if flags & ~0x1:
        raise ValueError("flags")
    if sequence < 1:
        raise ValueError("sequence")
    if not 1 <= extent_count <= 65536:
        raise ValueError("extent_count")
    entry_count = len(extents)
    if entry_count > 65536:
        raise ValueError("entry_count")
    if type(extents) is not tuple:
        raise TypeError("entries.extents")
    if not all(map(lt, extents, extents[1:])):
        raise ValueError("entries.extents")
    if type(generations) is not tuple:
        raise TypeError("entries.generations")
    if len(generations) != entry_count:
        raise ValueError("entries.generations")
    if type(write_pointers) is not tuple:
        raise TypeError("entries.write_pointers")
    if len(write_pointers) != entry_count:
        raise ValueError("entries.write_pointers")
    if type(owners) is not tuple:
        raise TypeError("entries.owners")
    if len(owners) != entry_count:
        raise ValueError("entries.owners")
    owners_numbers = [OWNERS_NUMBERS[name] for name in owners]

    entries_bytes = (
        _entries_columns(entry_count).pack(*extents, *generations, *write_pointers)
        + bytes(owners_numbers)
    )
    entries_length = len(entries_bytes)
    if entries_length > 851968:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        crc32c(entries_bytes),
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_tuple(
    record: SuperblockRecord,
    flags: int,
    sequence: int,
    compatible: int,
    read_only_compatible: int,
    incompatible: int,
    extent_count: int,
    entries: SuperblockEntriesTuple,
    seed: int = 0,
) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(entries) is not tuple:
        raise TypeError("entries")
    extents, generations, write_pointers, owners = entries
    if flags & ~0x1:
        raise ValueError("flags")
    if sequence < 1:
        raise ValueError("sequence")
    if not 1 <= extent_count <= 65536:
        raise ValueError("extent_count")
    entry_count = len(extents)
    if entry_count > 65536:
        raise ValueError("entry_count")
    if type(extents) is not tuple:
        raise TypeError("entries.extents")
    if not all(map(lt, extents, extents[1:])):
        raise ValueError("entries.extents")
    if type(generations) is not tuple:
        raise TypeError("entries.generations")
    if len(generations) != entry_count:
        raise ValueError("entries.generations")
    if type(write_pointers) is not tuple:
        raise TypeError("entries.write_pointers")
    if len(write_pointers) != entry_count:
        raise ValueError("entries.write_pointers")
    if type(owners) is not tuple:
        raise TypeError("entries.owners")
    if len(owners) != entry_count:
        raise ValueError("entries.owners")
    owners_numbers = [OWNERS_NUMBERS[name] for name in owners]

    entries_bytes = (
        _entries_columns(entry_count).pack(*extents, *generations, *write_pointers)
        + bytes(owners_numbers)
    )
    entries_length = len(entries_bytes)
    if entries_length > 851968:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        crc32c(entries_bytes),
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), entries_bytes))


def encode_header(
    record: SuperblockRecord,
    flags: int,
    sequence: int,
    compatible: int,
    read_only_compatible: int,
    incompatible: int,
    extent_count: int,
    entry_count: int,
    entries_length: int,
    entries_checksum: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if flags & ~0x1:
        raise ValueError("flags")
    if sequence < 1:
        raise ValueError("sequence")
    if not 1 <= extent_count <= 65536:
        raise ValueError("extent_count")
    if entry_count > 65536:
        raise ValueError("entry_count")
    if entries_length > 851968:
        raise ValueError("entries_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        flags,
        sequence,
        compatible,
        read_only_compatible,
        incompatible,
        extent_count,
        entry_count,
        entries_length,
        entries_checksum,
    )

    return header + U32.pack(crc32c(header, seed))
