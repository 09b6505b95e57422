"""Samples of `chunk`, version 2. Whether `value_checksum` is right, readers of values ask: a frame alone takes any."""

from __future__ import annotations

from typing import Any, Final

from formats.crc64 import crc64nvme

from . import chunk
from .model import Append, Flaw, Flip, Keep, Put, Sample, Samples, both, identity_flaws, resealed

HEADER_SIZE: Final = 49
TAG_SIZE: Final = 8
#: The value that the chunk of `chunk.BASE` is the second part of.
FIRST_PART: Final = b"the first part of a value, which another chunk holds\n"
WHOLE: Final = crc64nvme(FIRST_PART + chunk.BASE["payload"])
BASE: Final[dict[str, Any]] = chunk.BASE | {"value_checksum": WHOLE}


def alone(payload: bytes, **fields: Any) -> dict[str, Any]:
    """The only chunk of a value."""
    return BASE | {"part": 0, "payload": payload, "value_checksum": crc64nvme(payload)} | fields


GOLDEN: Final = (
    Sample("The second part of a value, with the checksum of the whole.", BASE, ("owner=shard",)),
    Sample("The first part of the same value, with its checksum up to there.", alone(FIRST_PART), ("part=minimum",)),
    Sample(
        "The smallest chunk: one byte of key, no payload, a UUID of zeros. The checksum of no bytes is 0.",
        alone(b"", uuid=bytes(16), key=b"\0"),
        ("key_length=minimum", "payload=empty", "payload_length=minimum", "uuid=zeros", "value_checksum=minimum"),
    ),
    Sample(
        'The nine bytes "123456789", whose checksum every description of CRC-64/NVME names: 0xae8b14860a799888.',
        alone(b"123456789"),
        ("value_checksum=inside",),
    ),
    Sample(
        "A chunk of a sorted run, its last possible part, a UUID and a checksum of ones.",
        BASE
        | {"owner": "run", "part": 65535, "uuid": b"\xff" * 16, "key": bytes.fromhex("0c000000")}
        | {"value_checksum": 2**64 - 1},
        ("owner=run", "part=maximum", "uuid=ones", "value_checksum=maximum"),
    ),
    Sample("The longest key that a chunk may carry.", BASE | {"key": b"k" * 4096}, ("key_length=maximum",)),
    Sample(
        "Key and payload fill a page of 4 KiB to its last byte.",
        alone(b"\xa5" * (4096 - HEADER_SIZE - TAG_SIZE - 4), key=b"page"),
    ),
    Sample("A payload that begins like a chunk of version 1.", alone(bytes.fromhex("d3d0020101010000") * 32)),
    Sample("A payload of 64 KiB, a usual shard.", alone(b"sixteen bytes..." * 4096)),
    Sample(
        "At the last place that there is: every number of the place at its maximum.", BASE, place=chunk.GOLDEN[-1].place
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=2, header_size=HEADER_SIZE, context=("disk", "extent", "generation", "offset"), version=2),
    *both("bounds", "key_length", "00 00", "A chunk without a key cannot be looked up at reclamation."),
    resealed("bounds", "key_length", "01 10", "One byte more than the longest key."),
    resealed("bounds", "payload_length", "01 f0 ff 0f", "One byte more than the largest payload."),
    Flaw("truncated", "(whole)", "As short as a header of version 1.", (Keep(41),)),
    Flaw("truncated", "key", "Cut inside the key.", (Keep(HEADER_SIZE + 5),)),
    Flaw("truncated", "payload", "Cut inside the payload.", (Keep(-9),)),
    Flaw("truncated", "tag", "Cut by one byte, inside the closing tag.", (Keep(-1),)),
    Flaw(
        "truncated",
        "payload",
        "The sealed header promises more payload than there is.",
        (Put("payload_length", "00 10 00 00"),),
        resealed=True,
    ),
    Flaw("header_checksum", "seal", "One bit of the value's checksum is wrong: it lies under the seal.",
         (Flip("value_checksum"),)),
    Flaw("checksum", "key_checksum", "One bit of the key is wrong.", (Flip("key"),)),
    Flaw("checksum", "payload_checksum", "One bit of the payload is wrong.", (Flip("payload"),)),
    Flaw("closing_tag", "tag", "One bit of the closing tag is wrong.", (Flip("tag"),)),
    *both("enum", "owner", "00", "Zero is no owner, so that zeroed bytes never mean something."),
    resealed("enum", "owner", "03", "The first number that no owner has yet."),
    Flaw("trailing", "(whole)", "The lead of another frame follows.", (Append(b"\xd3\xd0\x02\x02"),)),
)  # fmt: skip

SAMPLES: Final = Samples(GOLDEN, FLAWS, chunk.SAMPLES.absent)
