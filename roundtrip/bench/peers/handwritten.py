"""The yardstick: the codecs of the fixed headers and the chunk, written by hand and tuned.

The layouts of `formats` with every check that the generated codecs make, in whatever order is fastest: a decoder
answers a record or None. They take `bytes` and know every trick that we know of:

- the four leading bytes are one number, and an enumeration is unpacked together with the reserved bytes behind it, so
  that one table lookup checks both;
- CRC32C over a header *and* its seal is one constant, whatever the seed, so nothing is sliced off to be checked;
- a record of scalars is not tracked by the garbage collector.

Records of columns are in `handwritten_records`, pages in `handwritten_pages`.
"""

from __future__ import annotations

from struct import Struct, error
from typing import Final

import msgspec
from crc32c import crc32c

#: The CRC32C of any bytes followed by their own CRC32C, little-endian: it does not depend on them, nor on the seed.
RESIDUE: Final = 0x48674BC7
assert crc32c(b"yardstick" + crc32c(b"yardstick", 1).to_bytes(4, "little"), 1) == RESIDUE

MAGIC: Final = 0xD0D3
#: Magic, kind and version 1 as one number.
EXTENT_HEADER, CHUNK, FOOTER = (MAGIC | kind << 16 | 1 << 24 for kind in (1, 2, 8))

EXTENT_OWNERS: Final = {2: "data", 3: "index", 4: "metadata", 5: "superblock"}
EXTENT_OWNER_NUMBERS: Final = {name: number for number, name in EXTENT_OWNERS.items()}
CHUNK_OWNERS: Final = {1: "shard", 2: "run"}
CHUNK_OWNER_NUMBERS: Final = {name: number for number, name in CHUNK_OWNERS.items()}

read_extent_header = Struct("<II16sIII24s4x").unpack
pack_extent_header = Struct("<II16sIII24x").pack
read_chunk_header = Struct("<IBHH16sIII4x").unpack_from
pack_chunk_header = Struct("<IBHH16sIII").pack
read_footer = Struct("<IIQQIIII4s4x").unpack
pack_footer = Struct("<IIQQIIII4x").pack
pack_checksum = Struct("<I").pack
join = b"".join

ZEROS_4: Final = bytes(4)
ZEROS_24: Final = bytes(24)


class ExtentHeader(msgspec.Struct, frozen=True, gc=False):
    """What an extent header says."""

    owner: str
    disk: bytes
    extent_size: int
    page_size: int
    generation: int


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """A chunk with its key and payload."""

    owner: str
    part: int
    uuid: bytes
    key: bytes
    payload: bytes


class Footer(msgspec.Struct, frozen=True, gc=False):
    """The footer of a sorted run."""

    run: int
    entry_count: int
    tombstone_count: int
    index_offset: int
    index_length: int
    filter_offset: int
    filter_length: int


def decode_extent_header(data: bytes, seed: int) -> ExtentHeader | None:
    """The record of a whole extent header, or None."""
    if len(data) != 64:
        return None
    lead, owner_number, disk, extent_size, page_size, generation, reserved = read_extent_header(data)
    owner = EXTENT_OWNERS.get(owner_number)
    if (
        lead != EXTENT_HEADER
        or crc32c(data, seed) != RESIDUE
        or not 4096 <= extent_size <= 0x80000000
        or not 512 <= page_size <= 65536
        or not generation
        or owner is None
        or reserved != ZEROS_24
    ):
        return None
    return ExtentHeader(owner, disk, extent_size, page_size, generation)


def encode_extent_header(record: ExtentHeader, seed: int) -> bytes:
    """The bytes of an extent header; `struct.error` or `KeyError` where a field is outside its constraint."""
    disk, extent_size, page_size, generation = (
        record.disk,
        record.extent_size,
        record.page_size,
        record.generation,
    )
    if (
        type(disk) is not bytes
        or len(disk) != 16
        or not 4096 <= extent_size <= 0x80000000
        or not 512 <= page_size <= 65536
        or generation < 1
    ):
        raise error("a field of the extent header is outside its constraint")
    header = pack_extent_header(
        EXTENT_HEADER, EXTENT_OWNER_NUMBERS[record.owner], disk, extent_size, page_size, generation
    )
    return header + pack_checksum(crc32c(header, seed))


def decode_chunk(data: bytes, seed: int) -> Chunk | None:
    """The record of a whole chunk, or None."""
    if len(data) < 41:
        return None
    (
        lead,
        owner_number,
        key_size,
        part,
        uuid,
        payload_size,
        key_checksum,
        payload_checksum,
    ) = read_chunk_header(data)
    key_end = 41 + key_size
    payload_end = key_end + payload_size
    if (
        lead != CHUNK
        or crc32c(data[:41], seed) != RESIDUE
        or len(data) != payload_end + 8
        or not 1 <= key_size <= 4096
        or payload_size > 0x0FFFF000
        or crc32c(key := data[41:key_end]) != key_checksum
        or crc32c(payload := data[key_end:payload_end]) != payload_checksum
        or data[payload_end:] != uuid[:8]
        or (owner := CHUNK_OWNERS.get(owner_number)) is None
    ):
        return None
    return Chunk(owner, part, uuid, key, payload)


def encode_chunk(record: Chunk, seed: int) -> bytes:
    """The bytes of a chunk; `struct.error` or `KeyError` where a field is outside its constraint."""
    uuid, key, payload = record.uuid, record.key, record.payload
    key_size, payload_size = len(key), len(payload)
    if (
        type(key) is not bytes
        or type(payload) is not bytes
        or type(uuid) is not bytes
        or len(uuid) != 16
        or not 1 <= key_size <= 4096
        or payload_size > 0x0FFFF000
    ):
        raise error("a field of the chunk is outside its constraint")
    header = pack_chunk_header(
        CHUNK,
        CHUNK_OWNER_NUMBERS[record.owner],
        key_size,
        record.part,
        uuid,
        payload_size,
        crc32c(key),
        crc32c(payload),
    )
    return join((header, pack_checksum(crc32c(header, seed)), key, payload, uuid[:8]))


def decode_footer(data: bytes, seed: int) -> Footer | None:
    """The record of a whole footer, or None."""
    if len(data) != 48:
        return None
    lead, run, entry_count, tombstones, index_offset, index_size, filter_offset, filter_size, reserved = read_footer(
        data
    )
    if lead != FOOTER or crc32c(data, seed) != RESIDUE or not run or not entry_count or reserved != ZEROS_4:
        return None
    return Footer(run, entry_count, tombstones, index_offset, index_size, filter_offset, filter_size)


def encode_footer(record: Footer, seed: int) -> bytes:
    """The bytes of a footer; `struct.error` where a field is outside its constraint."""
    run, entry_count = record.run, record.entry_count
    if run < 1 or entry_count < 1:
        raise error("a field of the footer is outside its constraint")
    header = pack_footer(
        FOOTER,
        run,
        entry_count,
        record.tombstone_count,
        record.index_offset,
        record.index_length,
        record.filter_offset,
        record.filter_length,
    )
    return header + pack_checksum(crc32c(header, seed))
