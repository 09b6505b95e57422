"""The yardstick, continued: superblock and tree metadata, records of columns.

One cached `Struct` for each number of elements, and one call for each column.
"""

from __future__ import annotations

from operator import lt
from struct import Struct, error
from typing import Final

import msgspec
from crc32c import crc32c

from .handwritten import MAGIC, RESIDUE, ZEROS_4, join, pack_checksum

SUPERBLOCK, TREE_METADATA = (MAGIC | kind << 16 | 1 << 24 for kind in (3, 4))

RECORDS: Final = {1: "full", 2: "delta"}
RECORD_NUMBERS: Final = {name: number for number, name in RECORDS.items()}
OWNERS: Final = {1: "free", 2: "data", 3: "index", 4: "metadata", 5: "superblock"}
OWNER_NUMBERS: Final = {name: number for number, name in OWNERS.items()}


class Shapes(dict[int, Struct]):
    """Columns by their number of elements."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    def __missing__(self, count: int) -> Struct:
        shape = self[count] = Struct(f"<{count}{self.code}")
        return shape


BYTES, NUMBERS = Shapes("B"), Shapes("I")

read_superblock = Struct("<IBBHQQQQIIII4s4x").unpack_from
pack_superblock = Struct("<IBB2xQQQQIIII4x").pack
read_tree_metadata = Struct("<IIQIIIIII20s4x").unpack_from
pack_tree_metadata = Struct("<IIQIIIIII20x").pack

ZEROS_20: Final = bytes(20)


class SuperblockEntries(msgspec.Struct, frozen=True):
    """The columns of a superblock record."""

    extents: tuple[int, ...]
    generations: tuple[int, ...]
    write_pointers: tuple[int, ...]
    owners: tuple[str, ...]


class Superblock(msgspec.Struct, frozen=True):
    """A superblock record."""

    record: str
    flags: int
    sequence: int
    compatible: int
    read_only_compatible: int
    incompatible: int
    extent_count: int
    entries: SuperblockEntries


class TreeMetadataChanges(msgspec.Struct, frozen=True):
    """The columns of a tree metadata record."""

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
    """A tree metadata record."""

    record: str
    sequence: int
    next_run: int
    changes: TreeMetadataChanges


def decode_superblock(data: bytes, seed: int) -> Superblock | None:
    """The record of a whole superblock record, or None."""
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
        count,
        size,
        checksum,
        reserved_2,
    ) = read_superblock(data)
    record = RECORDS.get(record_number)
    if (
        lead != SUPERBLOCK
        or crc32c(data[:64], seed) != RESIDUE
        or not sequence
        or not 1 <= extent_count <= 65536
        or count > 65536
        or len(data) != 64 + size
        or crc32c(data[64:]) != checksum
        or record is None
        or flags > 1
        or reserved_1
        or reserved_2 != ZEROS_4
        or size != 13 * count
    ):
        return None
    read, width = NUMBERS[count].unpack_from, 4 * count
    extents = read(data, 64)
    if not all(map(lt, extents, extents[1:])):
        return None
    try:
        owners = tuple([OWNERS[number] for number in data[64 + 3 * width :]])
    except KeyError:
        return None
    entries = SuperblockEntries(extents, read(data, 64 + width), read(data, 64 + 2 * width), owners)
    return Superblock(record, flags, sequence, compatible, read_only_compatible, incompatible, extent_count, entries)


def encode_superblock(record: Superblock, seed: int) -> bytes:
    """The bytes of a superblock record; `struct.error` or `KeyError` where a field is outside its constraint."""
    entries = record.entries
    extents, generations, write_pointers = entries.extents, entries.generations, entries.write_pointers
    owners = entries.owners
    sequence, extent_count = record.sequence, record.extent_count
    count = len(extents)
    if (
        not 0 <= record.flags <= 1
        or not sequence
        or not 1 <= extent_count <= 65536
        or count > 65536
        or type(extents) is not tuple
        or type(generations) is not tuple
        or type(write_pointers) is not tuple
        or type(owners) is not tuple
        or len(owners) != count
        or not all(map(lt, extents, extents[1:]))
    ):
        raise error("a field of the superblock is outside its constraint")
    pack = NUMBERS[count].pack
    content = join(
        (
            pack(*extents),
            pack(*generations),
            pack(*write_pointers),
            bytes([OWNER_NUMBERS[name] for name in owners]),
        )
    )
    header = pack_superblock(
        SUPERBLOCK,
        RECORD_NUMBERS[record.record],
        record.flags,
        sequence,
        record.compatible,
        record.read_only_compatible,
        record.incompatible,
        extent_count,
        count,
        len(content),
        crc32c(content),
    )
    return join((header, pack_checksum(crc32c(header, seed)), content))


def decode_tree_metadata(data: bytes, seed: int) -> TreeMetadata | None:
    """The record of a whole tree metadata record, or None."""
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
        size,
        checksum,
        reserved,
    ) = read_tree_metadata(data)
    record = RECORDS.get(record_number)
    if (
        lead != TREE_METADATA
        or crc32c(data[:64], seed) != RESIDUE
        or not sequence
        or not next_run
        or added_count > 4096
        or chunk_count > 65536
        or removed_count > 4096
        or len(data) != 64 + size
        or crc32c(data[64:]) != checksum
        or record is None
        or reserved != ZEROS_20
        or size != 9 * added_count + 20 * chunk_count + 4 * removed_count
    ):
        return None
    read = NUMBERS[added_count].unpack_from
    added, chunk_ends = read(data, 64), read(data, 64 + 5 * added_count)
    start, width = 64 + 9 * added_count, 4 * chunk_count
    removed = NUMBERS[removed_count].unpack_from(data, start + 5 * width)
    if (
        not all(map(lt, added, added[1:]))
        or not all(map(lt, chunk_ends, chunk_ends[1:]))
        or (chunk_ends[-1] if chunk_ends else 0) != chunk_count
        or not all(map(lt, removed, removed[1:]))
    ):
        return None
    levels = tuple(data[64 + 4 * added_count : 64 + 5 * added_count])
    read = NUMBERS[chunk_count].unpack_from
    changes = TreeMetadataChanges(
        added,
        levels,
        chunk_ends,
        read(data, start),
        read(data, start + width),
        read(data, start + 2 * width),
        read(data, start + 3 * width),
        read(data, start + 4 * width),
        removed,
    )
    return TreeMetadata(record, sequence, next_run, changes)


def encode_tree_metadata(record: TreeMetadata, seed: int) -> bytes:
    """The bytes of a tree metadata record; `struct.error` or `KeyError` where a field is outside its constraint."""
    changes = record.changes
    added, levels, chunk_ends, removed = changes.added, changes.levels, changes.chunk_ends, changes.removed
    extents, generations, offsets = changes.extents, changes.generations, changes.offsets
    lengths, checksums = changes.lengths, changes.checksums
    added_count, chunk_count, removed_count = len(added), len(extents), len(removed)
    if (
        type(added) is not tuple
        or type(levels) is not tuple
        or type(chunk_ends) is not tuple
        or type(extents) is not tuple
        or type(generations) is not tuple
        or type(offsets) is not tuple
        or type(lengths) is not tuple
        or type(checksums) is not tuple
        or type(removed) is not tuple
        or not record.sequence
        or not record.next_run
        or added_count > 4096
        or chunk_count > 65536
        or removed_count > 4096
        or not all(map(lt, added, added[1:]))
        or not all(map(lt, chunk_ends, chunk_ends[1:]))
        or (chunk_ends[-1] if chunk_ends else 0) != chunk_count
        or not all(map(lt, removed, removed[1:]))
    ):
        raise error("a field of the tree metadata is outside its constraint")
    pack_added, pack_chunks = NUMBERS[added_count].pack, NUMBERS[chunk_count].pack
    content = join(
        (
            pack_added(*added),
            BYTES[added_count].pack(*levels),
            pack_added(*chunk_ends),
            pack_chunks(*extents),
            pack_chunks(*generations),
            pack_chunks(*offsets),
            pack_chunks(*lengths),
            pack_chunks(*checksums),
            NUMBERS[removed_count].pack(*removed),
        )
    )
    header = pack_tree_metadata(
        TREE_METADATA,
        RECORD_NUMBERS[record.record],
        record.sequence,
        record.next_run,
        added_count,
        chunk_count,
        removed_count,
        len(content),
        crc32c(content),
    )
    return join((header, pack_checksum(crc32c(header, seed)), content))
