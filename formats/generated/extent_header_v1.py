"""Codec of `extent_header`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "extent_header"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("extent", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 64

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, owner_number, reserved_1, disk, extent_size, page_size, generation, reserved_2, seal
HEADER: Final = Struct("<4sI16sIII24sI")
HEADER_PACK: Final = Struct("<4sB3x16sIII24x")
U32: Final = Struct("<I")

ExtentHeaderOwner: TypeAlias = Literal["data", "index", "metadata", "superblock"]
OWNER_NAMES: Final[dict[int, ExtentHeaderOwner]] = {2: "data", 3: "index", 4: "metadata", 5: "superblock"}
OWNER_NUMBERS: Final[dict[str, int]] = {"data": 2, "index": 3, "metadata": 4, "superblock": 5}
SEALED: Final = slice(60)  # what the seal covers
LEAD: Final = b"\xd3\xd0\x01\x01"  # magic, kind, version


class ExtentHeader(msgspec.Struct, frozen=True, gc=False):
    """The value of a `extent_header`."""

    owner: ExtentHeaderOwner
    disk: bytes
    extent_size: int
    page_size: int
    generation: int


ExtentHeaderTuple: TypeAlias = tuple[ExtentHeaderOwner, bytes, int, int, int]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    owner: ExtentHeaderOwner
    disk: bytes
    extent_size: int
    page_size: int
    generation: int


HeaderTuple: TypeAlias = tuple[ExtentHeaderOwner, bytes, int, int, int]


def probe(data: Data, seed: int = 0) -> ExtentHeader | None:
    """The record of a whole frame, or None where any check fails."""
    if len(data) != 64:
        return None
    (lead, owner_number, disk, extent_size, page_size, generation, reserved_2, seal) = HEADER.unpack(data)
    if (
        lead != LEAD
        or seal != crc32c(data[SEALED], seed)
        or reserved_2 != b"\x00" * 24
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 4096 <= extent_size <= 2147483648
        or not 512 <= page_size <= 65536
        or generation < 1
    ):
        return None
    return ExtentHeader(owner, disk, extent_size, page_size, generation)


def probe_tuple(data: Data, seed: int = 0) -> ExtentHeaderTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    if len(data) != 64:
        return None
    (lead, owner_number, disk, extent_size, page_size, generation, reserved_2, seal) = HEADER.unpack(data)
    if (
        lead != LEAD
        or seal != crc32c(data[SEALED], seed)
        or reserved_2 != b"\x00" * 24
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 4096 <= extent_size <= 2147483648
        or not 512 <= page_size <= 65536
        or generation < 1
    ):
        return None
    return (owner, disk, extent_size, page_size, generation)


def probe_prefix(data: Data, seed: int = 0) -> tuple[ExtentHeader, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    record = probe(memoryview(data)[:64], seed)
    return None if record is None else (record, 64)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 64:
        return None
    (
        lead,
        owner_number,
        disk,
        extent_size,
        page_size,
        generation,
        reserved_2,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:60], seed)
        or reserved_2 != b"\x00" * 24
        or (owner := OWNER_NAMES.get(owner_number)) is None
        or not 4096 <= extent_size <= 2147483648
        or not 512 <= page_size <= 65536
        or generation < 1
    ):
        return None
    return (owner, disk, extent_size, page_size, generation)


def encode(value: ExtentHeader, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    owner = value.owner
    disk = value.disk
    extent_size = value.extent_size
    page_size = value.page_size
    generation = value.generation
    if type(disk) is not bytes:
        raise TypeError("disk")
    if len(disk) != 16:
        raise ValueError("disk")
    if not 4096 <= extent_size <= 2147483648:
        raise ValueError("extent_size")
    if not 512 <= page_size <= 65536:
        raise ValueError("page_size")
    if generation < 1:
        raise ValueError("generation")

    header = HEADER_PACK.pack(LEAD, OWNER_NUMBERS[owner], disk, extent_size, page_size, generation)

    return header + U32.pack(crc32c(header, seed))


def encode_tuple(
    owner: ExtentHeaderOwner,
    disk: bytes,
    extent_size: int,
    page_size: int,
    generation: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if type(disk) is not bytes:
        raise TypeError("disk")
    if len(disk) != 16:
        raise ValueError("disk")
    if not 4096 <= extent_size <= 2147483648:
        raise ValueError("extent_size")
    if not 512 <= page_size <= 65536:
        raise ValueError("page_size")
    if generation < 1:
        raise ValueError("generation")

    header = HEADER_PACK.pack(LEAD, OWNER_NUMBERS[owner], disk, extent_size, page_size, generation)

    return header + U32.pack(crc32c(header, seed))


def encode_header(
    owner: ExtentHeaderOwner,
    disk: bytes,
    extent_size: int,
    page_size: int,
    generation: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if type(disk) is not bytes:
        raise TypeError("disk")
    if len(disk) != 16:
        raise ValueError("disk")
    if not 4096 <= extent_size <= 2147483648:
        raise ValueError("extent_size")
    if not 512 <= page_size <= 65536:
        raise ValueError("page_size")
    if generation < 1:
        raise ValueError("generation")

    header = HEADER_PACK.pack(LEAD, OWNER_NUMBERS[owner], disk, extent_size, page_size, generation)

    return header + U32.pack(crc32c(header, seed))
