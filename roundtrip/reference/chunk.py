"""chunk, kind 2: a frame around one piece of a shard or of a sorted run.

Bound to (disk, extent, generation, offset).

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 4 | magic, kind, version | D3 D0, 2, 1 |
| 4 | 1 | owner | shard=1, run=2 |
| 5 | 2 | key_length | 1..4096 bytes |
| 7 | 2 | part | any: the number of this chunk within its owner, from 0 |
| 9 | 16 | uuid | any |
| 25 | 4 | payload_length | 0..2^28-4096 bytes |
| 29 | 4 | key_checksum | plain CRC32C of key |
| 33 | 4 | payload_checksum | plain CRC32C of payload |
| 37 | 4 | seal | CRC32C of bytes 0..36, seeded |
| 41 | key_length | key | |
| then | payload_length | payload | |
| then | 8 | tag | the first 8 bytes of uuid |

Version 2 has 8 bytes more before the seal, and all else behind it:

| offset | size | field | constraint |
|---|---|---|---|
| 37 | 8 | value_checksum | any here: CRC-64/NVME of the value, or the run, up to the end of this part |
| 45 | 4 | seal | CRC32C of bytes 0..44, seeded |
| 49 | key_length | key | |
"""

from __future__ import annotations

from typing import Any

from .body import Body
from .header import Buffer, Header, open_header, version_of
from .refusal import Refusal

CONTEXT = ("disk", "extent", "generation", "offset")
HEADER_SIZE_BYTES = 41
HEADER_2_SIZE_BYTES = 49
TAG_SIZE_BYTES = 8
OWNERS = {1: "shard", 2: "run"}


def header_size_bytes(version: int) -> int:
    """The size of the header of a version; of one that nobody knows, that of version 1."""
    return HEADER_2_SIZE_BYTES if version == 2 else HEADER_SIZE_BYTES


def decode_any_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The same of a chunk of either version; of version 1 its value has no value_checksum."""
    return (decode_2_prefix if version_of(data) == 2 else decode_prefix)(data, seed)


def decode_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the chunk of version 1 that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=2, seed=seed)
    return _chunk(data, header, HEADER_SIZE_BYTES)


def decode_2_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the chunk of version 2 that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_2_SIZE_BYTES, kind=2, seed=seed, version=2)
    value, size = _chunk(data, header, HEADER_2_SIZE_BYTES)
    return value | {"value_checksum": header.integer(37, 8)}, size


def _chunk(data: Buffer, header: Header, header_size: int) -> tuple[dict[str, Any], int]:
    key_length = header.bounded("key_length", 5, 2, 1, 4096)
    part = header.integer(7, 2)
    uuid = header.raw(9, 16)
    payload_length = header.bounded("payload_length", 25, 4, 0, 2**28 - 4096)

    body = Body(data, header_size)
    key = body.take_summed("key", key_length, header.integer(29, 4))
    payload = body.take_summed("payload", payload_length, header.integer(33, 4))
    tag = body.take("tag", TAG_SIZE_BYTES)
    if tag != uuid[:TAG_SIZE_BYTES]:
        detail = f"tag {tag.hex()} is not the start of uuid {uuid.hex()}"
        raise Refusal("closing_tag", detail, body.position - TAG_SIZE_BYTES)

    owner = header.member("owner", 4, OWNERS)
    value = {"owner": owner, "part": part, "uuid": uuid, "key": key, "payload": payload}
    return value, body.position
