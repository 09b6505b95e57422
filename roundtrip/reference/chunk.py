"""chunk, kind 2: a frame around one piece of a shard or of a sorted run.

Bound to (disk, extent, generation, offset).

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 4 | magic, kind, version | D3 D0, 2, 1 |
| 4 | 1 | owner | shard=1, run=2 |
| 5 | 1 | reserved | zero |
| 6 | 2 | key_length | 1..4096 bytes |
| 8 | 16 | uuid | any |
| 24 | 4 | payload_length | 0..2^28-4096 bytes |
| 28 | 4 | key_checksum | plain CRC32C of key |
| 32 | 4 | payload_checksum | plain CRC32C of payload |
| 36 | 4 | part | 0..65535, the number of this chunk within its owner, from 0 |
| 40 | 4 | reserved | zero |
| 44 | 4 | seal | CRC32C of bytes 0..43, seeded |
| 48 | key_length | key | |
| then | payload_length | payload | |
| then | 8 | tag | the first 8 bytes of uuid |
"""

from __future__ import annotations

from typing import Any

from .body import Body
from .header import Buffer, open_header
from .refusal import Refusal

CONTEXT = ("disk", "extent", "generation", "offset")
HEADER_SIZE_BYTES = 48
TAG_SIZE_BYTES = 8
OWNERS = {1: "shard", 2: "run"}


def decode_prefix(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
    """The value of the chunk that `data` starts with, and its size in bytes; raises Refusal."""
    header = open_header(data, size=HEADER_SIZE_BYTES, kind=2, seed=seed)
    key_length = header.bounded("key_length", 6, 2, 1, 4096)
    payload_length = header.bounded("payload_length", 24, 4, 0, 2**28 - 4096)
    part = header.bounded("part", 36, 4, 0, 65535)
    uuid = header.raw(8, 16)

    body = Body(data, HEADER_SIZE_BYTES)
    key = body.take_summed("key", key_length, header.integer(28, 4))
    payload = body.take_summed("payload", payload_length, header.integer(32, 4))
    tag = body.take("tag", TAG_SIZE_BYTES)
    if tag != uuid[:TAG_SIZE_BYTES]:
        detail = f"tag {tag.hex()} is not the start of uuid {uuid.hex()}"
        raise Refusal("closing_tag", detail, body.position - TAG_SIZE_BYTES)

    owner = header.member("owner", 4, OWNERS)
    header.reserved(5, 1)
    header.reserved(40, 4)
    value = {"owner": owner, "uuid": uuid, "part": part, "key": key, "payload": payload}
    return value, body.position
