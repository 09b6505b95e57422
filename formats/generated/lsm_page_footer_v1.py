"""Codec of `lsm_page.footer`, version 1: generated from its schema, not edited by hand.

Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they
refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgspec
from crc32c import crc32c

FORMAT: Final = "lsm_page.footer"
VERSION: Final = 1
#: The fields of the place whose CRC32C seeds the checksums.
SEED_FIELDS: Final[tuple[str, ...]] = ("disk", "run", "offset")
#: Size of the sealed header in bytes.
HEADER_SIZE: Final = 48

Data: TypeAlias = bytes | bytearray | memoryview

# magic, kind, version, run, entry_count, tombstone_count, index_offset, index_length, filter_offset,
# filter_length, reserved, seal
HEADER: Final = Struct("<4sIQQIIIIII")
HEADER_PACK: Final = Struct("<4sIQQIIII4x")
U32: Final = Struct("<I")

SEALED: Final = slice(44)  # what the seal covers
LEAD: Final = b"\xd3\xd0\x08\x01"  # magic, kind, version


class LsmPageFooter(msgspec.Struct, frozen=True, gc=False):
    """The value of a `lsm_page.footer`."""

    run: int
    entry_count: int
    tombstone_count: int
    index_offset: int
    index_length: int
    filter_offset: int
    filter_length: int


LsmPageFooterTuple: TypeAlias = tuple[int, int, int, int, int, int, int]


class Header(NamedTuple):
    """The named fields of the fixed header: what it says itself, and what it says of the body."""

    run: int
    entry_count: int
    tombstone_count: int
    index_offset: int
    index_length: int
    filter_offset: int
    filter_length: int


HeaderTuple: TypeAlias = tuple[int, int, int, int, int, int, int]


def probe(data: Data, seed: int = 0) -> LsmPageFooter | None:
    """The record of a whole frame, or None where any check fails."""
    if len(data) != 48:
        return None
    (
        lead,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
        reserved,
        seal,
    ) = HEADER.unpack(data)
    if (
        lead != LEAD
        or seal != crc32c(data[SEALED], seed)
        or reserved
        or run < 1
        or entry_count < 1
    ):
        return None
    return LsmPageFooter(
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
    )


def probe_tuple(data: Data, seed: int = 0) -> LsmPageFooterTuple | None:
    """The values of a whole frame as nested tuples, or None where any check fails."""
    if len(data) != 48:
        return None
    (
        lead,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
        reserved,
        seal,
    ) = HEADER.unpack(data)
    if (
        lead != LEAD
        or seal != crc32c(data[SEALED], seed)
        or reserved
        or run < 1
        or entry_count < 1
    ):
        return None
    return (run, entry_count, tombstone_count, index_offset, index_length, filter_offset, filter_length)


def probe_prefix(data: Data, seed: int = 0) -> tuple[LsmPageFooter, int] | None:
    """The record of the frame that the bytes begin with and its size in bytes, or None."""
    record = probe(memoryview(data)[:48], seed)
    return None if record is None else (record, 48)


def probe_header(data: Data, seed: int = 0) -> HeaderTuple | None:
    """The fields of a valid header at the start of the bytes, as `Header` orders them, or None."""
    if len(data) < 48:
        return None
    (
        lead,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
        reserved,
        seal,
    ) = HEADER.unpack_from(data)
    if (
        lead != LEAD
        or seal != crc32c(data[:44], seed)
        or reserved
        or run < 1
        or entry_count < 1
    ):
        return None
    return (run, entry_count, tombstone_count, index_offset, index_length, filter_offset, filter_length)


def encode(value: LsmPageFooter, seed: int = 0) -> bytes:
    """The bytes of a record; raises where a field is outside its constraint."""
    run = value.run
    entry_count = value.entry_count
    tombstone_count = value.tombstone_count
    index_offset = value.index_offset
    index_length = value.index_length
    filter_offset = value.filter_offset
    filter_length = value.filter_length
    if run < 1:
        raise ValueError("run")
    if entry_count < 1:
        raise ValueError("entry_count")

    header = HEADER_PACK.pack(
        LEAD,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
    )

    return header + U32.pack(crc32c(header, seed))


def encode_tuple(
    run: int,
    entry_count: int,
    tombstone_count: int,
    index_offset: int,
    index_length: int,
    filter_offset: int,
    filter_length: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a frame's values; those of structs and arrays inside are tuples."""
    if run < 1:
        raise ValueError("run")
    if entry_count < 1:
        raise ValueError("entry_count")

    header = HEADER_PACK.pack(
        LEAD,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
    )

    return header + U32.pack(crc32c(header, seed))


def encode_header(
    run: int,
    entry_count: int,
    tombstone_count: int,
    index_offset: int,
    index_length: int,
    filter_offset: int,
    filter_length: int,
    seed: int = 0,
) -> bytes:
    """The bytes of a header with these fields, sealed."""
    if run < 1:
        raise ValueError("run")
    if entry_count < 1:
        raise ValueError("entry_count")

    header = HEADER_PACK.pack(
        LEAD,
        run,
        entry_count,
        tombstone_count,
        index_offset,
        index_length,
        filter_offset,
        filter_length,
    )

    return header + U32.pack(crc32c(header, seed))
