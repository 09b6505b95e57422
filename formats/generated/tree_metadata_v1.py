"""Codec of `tree_metadata`, version 1: generated from its schema, not edited by hand.

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

FORMAT: Final = "tree_metadata"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "extent", "generation", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 64

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, record_number, reserved_1, sequence, next_run, added_count, chunk_count,
# removed_count, changes_length, changes_checksum, reserved_2, seal
HEADER: Final = Struct("<4sIQIIIIII20sI")
U32: Final = Struct("<I")
HEADER_PACK: Final = Struct("<4sB3xQIIIIII20x")

TreeMetadataRecord: TypeAlias = Literal["full", "delta"]
RECORD_NAMES: Final[dict[int, TreeMetadataRecord]] = {1: "full", 2: "delta"}
RECORD_NUMBERS: Final[dict[str, int]] = {"full": 1, "delta": 2}
LEAD: Final = b"\xd3\xd0\x04\x01"  # magic, kind, version


class TreeMetadataChanges(msgspec.Struct, frozen=True):
    """`changes` of a `tree_metadata`."""

    added: tuple[int, ...]
    levels: tuple[int, ...]
    chunk_ends: tuple[int, ...]
    extents: tuple[int, ...]
    generations: tuple[int, ...]
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    checksums: tuple[int, ...]
    removed: tuple[int, ...]


class TreeMetadata(msgspec.Struct, frozen=True):
    """The value of a `tree_metadata`."""

    record: TreeMetadataRecord
    sequence: int
    next_run: int
    changes: TreeMetadataChanges


TreeMetadataChangesTuple: TypeAlias = tuple[
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
]

TreeMetadataTuple: TypeAlias = tuple[TreeMetadataRecord, int, int, TreeMetadataChangesTuple]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    record: TreeMetadataRecord
    sequence: int
    next_run: int
    added_count: int
    chunk_count: int
    removed_count: int
    changes_length: int
    changes_checksum: int


HeaderTuple: TypeAlias = tuple[TreeMetadataRecord, int, int, int, int, int, int, int]


@lru_cache(maxsize=1024)
def _u32_column(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I")


@lru_cache(maxsize=1024, typed=True)
def _changes_columns(count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{count}I")


@lru_cache(maxsize=1024, typed=True)
def _changes_columns_2(added_count: int, chunk_count: int, removed_count: int) -> Struct:
    """The shape of columns of so many numbers."""
    return Struct(f"<{added_count}I{chunk_count}I{chunk_count}I{chunk_count}I{chunk_count}I{chunk_count}I{removed_count}I")


def probe(data: Data, seed: int = 0) -> TreeMetadata | None:
    """The record of a whole frame, or None where any check fails."""
    end = len(data)
    if end < 64:
        return None
    (
        lead,
        record_number,
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        changes_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_2 != b"\x00" * 20
        or (record := RECORD_NAMES.get(record_number)) is None
        or sequence < 1
        or next_run < 1
        or added_count > 4096
        or chunk_count > 65536
        or removed_count > 4096
        or changes_length > 1363968
    ):
        return None

    changes_end = 64 + changes_length
    if end != changes_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # changes
    if changes_checksum != crc32c(data[64:changes_end]):
        return None

    added_end = 64 + added_count * 4
    levels_end = added_end + added_count
    chunk_ends_end = levels_end + added_count * 4
    extents_end = chunk_ends_end + chunk_count * 4
    generations_end = extents_end + chunk_count * 4
    offsets_end = generations_end + chunk_count * 4
    lengths_end = offsets_end + chunk_count * 4
    checksums_end = lengths_end + chunk_count * 4
    removed_end = checksums_end + removed_count * 4
    if changes_end != removed_end:
        return None
    added_count_u32s = _u32_column(added_count)
    added = added_count_u32s.unpack_from(data, 64)
    if not all(map(lt, added, added[1:])):
        return None
    levels = tuple(data[added_end:levels_end])
    chunk_ends = added_count_u32s.unpack_from(data, levels_end)
    if (
        not all(map(lt, chunk_ends, chunk_ends[1:]))
        or (chunk_ends[-1] if chunk_ends else 0) != chunk_count
    ):
        return None
    chunk_count_u32s = _u32_column(chunk_count)
    extents = chunk_count_u32s.unpack_from(data, chunk_ends_end)
    generations = chunk_count_u32s.unpack_from(data, extents_end)
    offsets = chunk_count_u32s.unpack_from(data, generations_end)
    lengths = chunk_count_u32s.unpack_from(data, offsets_end)
    checksums = chunk_count_u32s.unpack_from(data, lengths_end)
    removed_count_u32s = _u32_column(removed_count)
    removed = removed_count_u32s.unpack_from(data, checksums_end)
    if not all(map(lt, removed, removed[1:])):
        return None
    return TreeMetadata(
        record,
        sequence,
        next_run,
        TreeMetadataChanges(
            added,
            levels,
            chunk_ends,
            extents,
            generations,
            offsets,
            lengths,
            checksums,
            removed,
        ),
    )


def probe_tuple(data: Data, seed: int = 0) -> TreeMetadataTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    end = len(data)
    if end < 64:
        return None
    (
        lead,
        record_number,
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        changes_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_2 != b"\x00" * 20
        or (record := RECORD_NAMES.get(record_number)) is None
        or sequence < 1
        or next_run < 1
        or added_count > 4096
        or chunk_count > 65536
        or removed_count > 4096
        or changes_length > 1363968
    ):
        return None

    changes_end = 64 + changes_length
    if end != changes_end:
        return None
    if type(data) is not bytes:
        data = bytes(data)

    # changes
    if changes_checksum != crc32c(data[64:changes_end]):
        return None

    added_end = 64 + added_count * 4
    levels_end = added_end + added_count
    chunk_ends_end = levels_end + added_count * 4
    extents_end = chunk_ends_end + chunk_count * 4
    generations_end = extents_end + chunk_count * 4
    offsets_end = generations_end + chunk_count * 4
    lengths_end = offsets_end + chunk_count * 4
    checksums_end = lengths_end + chunk_count * 4
    removed_end = checksums_end + removed_count * 4
    if changes_end != removed_end:
        return None
    added_count_u32s = _u32_column(added_count)
    added = added_count_u32s.unpack_from(data, 64)
    if not all(map(lt, added, added[1:])):
        return None
    levels = tuple(data[added_end:levels_end])
    chunk_ends = added_count_u32s.unpack_from(data, levels_end)
    if (
        not all(map(lt, chunk_ends, chunk_ends[1:]))
        or (chunk_ends[-1] if chunk_ends else 0) != chunk_count
    ):
        return None
    chunk_count_u32s = _u32_column(chunk_count)
    extents = chunk_count_u32s.unpack_from(data, chunk_ends_end)
    generations = chunk_count_u32s.unpack_from(data, extents_end)
    offsets = chunk_count_u32s.unpack_from(data, generations_end)
    lengths = chunk_count_u32s.unpack_from(data, offsets_end)
    checksums = chunk_count_u32s.unpack_from(data, lengths_end)
    removed_count_u32s = _u32_column(removed_count)
    removed = removed_count_u32s.unpack_from(data, checksums_end)
    if not all(map(lt, removed, removed[1:])):
        return None
    return (
        record,
        sequence,
        next_run,
        (added, levels, chunk_ends, extents, generations, offsets, lengths, checksums, removed),
    )


def probe_prefix(data: Data, seed: int = 0) -> tuple[TreeMetadata, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    if len(data) < 64:
        return None
    (changes_length,) = U32.unpack_from(data, 32)
    size = 64 + changes_length
    record = probe(memoryview(data)[:size], seed)
    return None if record is None else (record, size)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 64:
        return None
    (
        lead,
        record_number,
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        changes_checksum,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_2 != b"\x00" * 20
        or (record := RECORD_NAMES.get(record_number)) is None
        or sequence < 1
        or next_run < 1
        or added_count > 4096
        or chunk_count > 65536
        or removed_count > 4096
        or changes_length > 1363968
    ):
        return None
    return (
        record,
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        changes_checksum,
    )


def encode(value: TreeMetadata, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    record = value.record
    sequence = value.sequence
    next_run = value.next_run
    changes = value.changes
    if type(changes) is not TreeMetadataChanges:
        raise TypeError("changes")
    added = changes.added
    levels = changes.levels
    chunk_ends = changes.chunk_ends
    extents = changes.extents
    generations = changes.generations
    offsets = changes.offsets
    lengths = changes.lengths
    checksums = changes.checksums
    removed = changes.removed
    if sequence < 1:
        raise ValueError("sequence")
    if next_run < 1:
        raise ValueError("next_run")
    added_count = len(added)
    if added_count > 4096:
        raise ValueError("added_count")
    chunk_count = len(extents)
    if chunk_count > 65536:
        raise ValueError("chunk_count")
    removed_count = len(removed)
    if removed_count > 4096:
        raise ValueError("removed_count")
    if type(added) is not tuple:
        raise TypeError("changes.added")
    if not all(map(lt, added, added[1:])):
        raise ValueError("changes.added")
    if type(levels) is not tuple:
        raise TypeError("changes.levels")
    if len(levels) != added_count:
        raise ValueError("changes.levels")
    if type(chunk_ends) is not tuple:
        raise TypeError("changes.chunk_ends")
    if len(chunk_ends) != added_count:
        raise ValueError("changes.chunk_ends")
    if not all(map(lt, chunk_ends, chunk_ends[1:])):
        raise ValueError("changes.chunk_ends")
    if (chunk_ends[-1] if chunk_ends else 0) != chunk_count:
        raise ValueError("changes.chunk_ends")
    if type(extents) is not tuple:
        raise TypeError("changes.extents")
    if type(generations) is not tuple:
        raise TypeError("changes.generations")
    if len(generations) != chunk_count:
        raise ValueError("changes.generations")
    if type(offsets) is not tuple:
        raise TypeError("changes.offsets")
    if len(offsets) != chunk_count:
        raise ValueError("changes.offsets")
    if type(lengths) is not tuple:
        raise TypeError("changes.lengths")
    if len(lengths) != chunk_count:
        raise ValueError("changes.lengths")
    if type(checksums) is not tuple:
        raise TypeError("changes.checksums")
    if len(checksums) != chunk_count:
        raise ValueError("changes.checksums")
    if type(removed) is not tuple:
        raise TypeError("changes.removed")
    if not all(map(lt, removed, removed[1:])):
        raise ValueError("changes.removed")

    changes_bytes = b"".join(
        (
            _changes_columns(added_count).pack(*added),
            bytes(levels),
            _changes_columns_2(added_count, chunk_count, removed_count).pack(
                *chunk_ends,
                *extents,
                *generations,
                *offsets,
                *lengths,
                *checksums,
                *removed,
            ),
        ),
    )
    changes_length = len(changes_bytes)
    if changes_length > 1363968:
        raise ValueError("changes_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        crc32c(changes_bytes),
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), changes_bytes))


def encode_tuple(
    record: TreeMetadataRecord,
    sequence: int,
    next_run: int,
    changes: TreeMetadataChangesTuple,
    seed: int = 0,
) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(changes) is not tuple:
        raise TypeError("changes")
    added, levels, chunk_ends, extents, generations, offsets, lengths, checksums, removed = changes
    if sequence < 1:
        raise ValueError("sequence")
    if next_run < 1:
        raise ValueError("next_run")
    added_count = len(added)
    if added_count > 4096:
        raise ValueError("added_count")
    chunk_count = len(extents)
    if chunk_count > 65536:
        raise ValueError("chunk_count")
    removed_count = len(removed)
    if removed_count > 4096:
        raise ValueError("removed_count")
    if type(added) is not tuple:
        raise TypeError("changes.added")
    if not all(map(lt, added, added[1:])):
        raise ValueError("changes.added")
    if type(levels) is not tuple:
        raise TypeError("changes.levels")
    if len(levels) != added_count:
        raise ValueError("changes.levels")
    if type(chunk_ends) is not tuple:
        raise TypeError("changes.chunk_ends")
    if len(chunk_ends) != added_count:
        raise ValueError("changes.chunk_ends")
    if not all(map(lt, chunk_ends, chunk_ends[1:])):
        raise ValueError("changes.chunk_ends")
    if (chunk_ends[-1] if chunk_ends else 0) != chunk_count:
        raise ValueError("changes.chunk_ends")
    if type(extents) is not tuple:
        raise TypeError("changes.extents")
    if type(generations) is not tuple:
        raise TypeError("changes.generations")
    if len(generations) != chunk_count:
        raise ValueError("changes.generations")
    if type(offsets) is not tuple:
        raise TypeError("changes.offsets")
    if len(offsets) != chunk_count:
        raise ValueError("changes.offsets")
    if type(lengths) is not tuple:
        raise TypeError("changes.lengths")
    if len(lengths) != chunk_count:
        raise ValueError("changes.lengths")
    if type(checksums) is not tuple:
        raise TypeError("changes.checksums")
    if len(checksums) != chunk_count:
        raise ValueError("changes.checksums")
    if type(removed) is not tuple:
        raise TypeError("changes.removed")
    if not all(map(lt, removed, removed[1:])):
        raise ValueError("changes.removed")

    changes_bytes = b"".join(
        (
            _changes_columns(added_count).pack(*added),
            bytes(levels),
            _changes_columns_2(added_count, chunk_count, removed_count).pack(
                *chunk_ends,
                *extents,
                *generations,
                *offsets,
                *lengths,
                *checksums,
                *removed,
            ),
        ),
    )
    changes_length = len(changes_bytes)
    if changes_length > 1363968:
        raise ValueError("changes_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        crc32c(changes_bytes),
    )

    return b"".join((header, U32.pack(crc32c(header, seed)), changes_bytes))


def encode_header(
    record: TreeMetadataRecord,
    sequence: int,
    next_run: int,
    added_count: int,
    chunk_count: int,
    removed_count: int,
    changes_length: int,
    changes_checksum: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if sequence < 1:
        raise ValueError("sequence")
    if next_run < 1:
        raise ValueError("next_run")
    if added_count > 4096:
        raise ValueError("added_count")
    if chunk_count > 65536:
        raise ValueError("chunk_count")
    if removed_count > 4096:
        raise ValueError("removed_count")
    if changes_length > 1363968:
        raise ValueError("changes_length")

    header = HEADER_PACK.pack(
        LEAD,
        RECORD_NUMBERS[record],
        sequence,
        next_run,
        added_count,
        chunk_count,
        removed_count,
        changes_length,
        changes_checksum,
    )

    return header + U32.pack(crc32c(header, seed))
