"""The yardstick, continued: version 2 of the chunk and of the data page.

The prefix of a page is found with one exclusive-or of its first and last key as numbers. What is behind it is cut and
compared as the keys of version 1 are; that it is the longest prefix is seen in the first bytes of the first and the
last of these.
"""

from __future__ import annotations

from io import BytesIO
from itertools import accumulate
from operator import lt
from struct import Struct, error
from typing import Final

import msgspec
from crc32c import crc32c

from .handwritten import CHUNK_OWNER_NUMBERS, CHUNK_OWNERS, MAGIC, RESIDUE, join, pack_checksum
from .handwritten_pages import SHORTS, Data, DataEntries, read_two_ends
from .handwritten_records import NUMBERS

#: Magic, kind and version 2 as one number.
CHUNK, DATA = (MAGIC | kind << 16 | 2 << 24 for kind in (2, 5))

read_chunk_header = Struct("<IBHH16sIIIQ4x").unpack_from
pack_chunk_header = Struct("<IBHH16sIIIQ").pack
read_data = Struct("<IHHIIH10s4x").unpack_from
pack_data = Struct("<IHHIIH10x").pack
read_counts = Struct("<4xHH8xH").unpack_from

ZEROS_10: Final = bytes(10)


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """A chunk with its key, its payload, and the checksum of the value that it is a part of."""

    owner: str
    part: int
    uuid: bytes
    value_checksum: int
    key: bytes
    payload: bytes


def decode_chunk(data: bytes, seed: int) -> Chunk | None:
    """The record of a whole chunk, or None."""
    if len(data) < 49:
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
        value_checksum,
    ) = read_chunk_header(data)
    key_end = 49 + key_size
    payload_end = key_end + payload_size
    if (
        lead != CHUNK
        or crc32c(data[:49], seed) != RESIDUE
        or len(data) != payload_end + 8
        or not 1 <= key_size <= 4096
        or payload_size > 0x0FFFF000
        or crc32c(key := data[49:key_end]) != key_checksum
        or crc32c(payload := data[key_end:payload_end]) != payload_checksum
        or data[payload_end:] != uuid[:8]
        or (owner := CHUNK_OWNERS.get(owner_number)) is None
    ):
        return None
    return Chunk(owner, part, uuid, value_checksum, key, payload)


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
        record.value_checksum,
    )
    return join((header, pack_checksum(crc32c(header, seed)), key, payload, uuid[:8]))


def keys_of(prefix: bytes, heap: bytes, ends: tuple[int, ...]) -> tuple[bytes, ...] | None:
    """The keys in a heap behind their prefix, at least one, or None."""
    if ends[-1] != len(heap) or len(prefix) * len(ends) + len(heap) > 65504:
        return None
    read, start = BytesIO(heap).read, 0
    rests = []
    for end in ends:
        if end < start:
            return None
        rests.append(read(end - start))
        start = end
    if rests[0][:1] == rests[-1][:1] != b"" or not all(map(lt, rests, rests[1:])):
        return None
    keys = tuple([prefix + rest for rest in rests]) if prefix else tuple(rests)
    if not keys[0] or (len(prefix) + len(heap) > 4096 and max(map(len, keys)) > 4096):
        return None
    return keys


def decode_data(data: bytes, seed: int) -> Data | None:
    """The record of a whole data page, or None."""
    if len(data) < 32:
        return None
    lead, count, locators, size, checksum, prefix_size, reserved = read_data(data)
    prefix_start = 32 + 4 * count + 20 * locators
    heap_start = prefix_start + prefix_size
    if (
        lead != DATA
        or crc32c(data[:32], seed) != RESIDUE
        or not 1 <= count <= 8192
        or locators > 3274
        or size > 65504
        or prefix_size > 4096
        or len(data) != 32 + size
        or crc32c(data[32:]) != checksum
        or reserved != ZEROS_10
        or heap_start > len(data)
    ):
        return None
    read = SHORTS[count].unpack_from
    start = 32 + 2 * count
    locator_ends = read(data, start)
    if locator_ends[-1] != locators or [*locator_ends] != sorted(locator_ends):
        return None
    keys = keys_of(data[prefix_start:heap_start], data[heap_start:], read(data, 32))
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
    sizes = [*map(len, keys)]
    count, locators = len(keys), len(extents)
    if (
        type(keys) is not tuple
        or not 1 <= count <= 8192
        or [*map(type, keys)].count(bytes) != count
        or not sizes[0]
        or max(sizes) > 4096
        or sum(sizes) > 65504
        or not all(map(lt, keys, keys[1:]))
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
    first, last = keys[0], keys[-1]
    shared = min(len(first), len(last))
    differing = int.from_bytes(first[:shared], "big") ^ int.from_bytes(last[:shared], "big")
    shared -= (differing.bit_length() + 7) // 8
    rests = [key[shared:] for key in keys] if shared else keys
    pack_ends, pack_locators = SHORTS[count].pack, NUMBERS[locators].pack
    content = join(
        (
            pack_ends(*accumulate(map(len, rests))),
            pack_ends(*locator_ends),
            pack_locators(*extents),
            pack_locators(*generations),
            pack_locators(*offsets),
            pack_locators(*lengths),
            pack_locators(*checksums),
            first[:shared],
            *rests,
        )
    )
    if len(content) > 65504:
        raise error("the data page is too long")
    header = pack_data(DATA, count, locators, len(content), crc32c(content), shared)
    return join((header, pack_checksum(crc32c(header, seed)), content))


def lookup_data(data: bytes, key: bytes) -> int:
    """The index of a key in a verified data page, or -1."""
    high, locators, prefix_size = read_counts(data)
    heap = 32 + 4 * high + 20 * locators + prefix_size
    if prefix_size:
        if key[:prefix_size] != data[heap - prefix_size : heap]:
            return -1
        key = key[prefix_size:]
    low, high = 0, int(high)
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
