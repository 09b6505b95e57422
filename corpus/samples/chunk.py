"""Samples of `chunk`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Append, Flaw, Flip, Keep, Put, Sample, Samples, both, identity_flaws, resealed

UUID: Final = bytes.fromhex("6f1d3c5a-9b27-4e80-a1c4-5d0e7f926b38".replace("-", ""))
BASE: Final[dict[str, Any]] = {
    "owner": "shard",
    "part": 1,
    "uuid": UUID,
    "key": b"shard-0000000000000042",
    "payload": b"a shard is a few bytes, and many of them make an object\n",
}
FRAME_SIZE: Final = 41 + 8

GOLDEN: Final = (
    Sample("A chunk of a shard as the engine writes it.", BASE, ("owner=shard",)),
    Sample(
        "The smallest chunk: one byte of key, no payload, a UUID of zeros.",
        {"owner": "shard", "part": 0, "uuid": bytes(16), "key": b"\0", "payload": b""},
        ("key_length=minimum", "part=minimum", "payload=empty", "payload_length=minimum", "uuid=zeros"),
    ),
    Sample(
        "A chunk of a sorted run, its last possible part, a UUID of ones.",
        BASE | {"owner": "run", "part": 65535, "uuid": b"\xff" * 16, "key": bytes.fromhex("0c000000")},
        ("owner=run", "part=maximum", "uuid=ones"),
    ),
    Sample(
        "The longest key that a chunk may carry.",
        BASE | {"key": b"k" * 4096},
        ("key_length=maximum",),
    ),
    Sample(
        "Key and payload fill a page of 4 KiB to its last byte.",
        BASE | {"key": b"page", "payload": b"\xa5" * (4096 - FRAME_SIZE - 4)},
    ),
    Sample(
        "One byte more than a page of 4 KiB: the tag crosses the border.",
        BASE | {"key": b"page", "payload": b"\xa5" * (4096 - FRAME_SIZE - 3)},
    ),
    Sample(
        "A payload of zeros, as a hole in a file: zeros are legal where a checksum vouches for them.",
        BASE | {"payload": bytes(4096)},
    ),
    Sample(
        "A payload that begins like a chunk: a scan must not lose its way in it.",
        BASE | {"payload": bytes.fromhex("d3d0020101010000") * 32},
    ),
    Sample("A payload of 64 KiB, a usual shard.", BASE | {"payload": b"sixteen bytes..." * 4096}),
    Sample(
        "At the last place that there is: every number of the place at its maximum.",
        BASE,
        place=Place(b"\xff" * 16, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=2, header_size=41, context=("disk", "extent", "generation", "offset")),
    *both("bounds", "key_length", "00 00", "A chunk without a key cannot be looked up at reclamation."),
    resealed("bounds", "key_length", "01 10", "One byte more than the longest key."),
    resealed("bounds", "payload_length", "01 f0 ff 0f", "One byte more than the largest payload."),
    resealed(
        "bounds", "payload_length", "ff ff ff ff", "The largest number that there is: refused before it is believed."
    ),
    Flaw("truncated", "key", "Cut inside the key.", (Keep(41 + 5),)),
    Flaw("truncated", "payload", "Cut inside the payload.", (Keep(-9),)),
    Flaw("truncated", "tag", "Cut by one byte, inside the closing tag.", (Keep(-1),)),
    Flaw(
        "truncated",
        "payload",
        "The sealed header promises more payload than there is.",
        (Put("payload_length", "00 10 00 00"),),
        resealed=True,
    ),
    Flaw("checksum", "key_checksum", "One bit of the key is wrong.", (Flip("key"),)),
    Flaw("checksum", "payload_checksum", "One bit of the payload is wrong.", (Flip("payload"),)),
    Flaw(
        "checksum",
        "key_checksum",
        "Wrong key and cut payload: the first is named.",
        (Flip("key"), Keep(-9)),
    ),
    Flaw(
        "header_checksum",
        "seal",
        "A UUID that the tag does not repeat.",
        (Put("uuid", "6f" * 16),),
    ),
    Flaw("closing_tag", "tag", "One bit of the closing tag is wrong.", (Flip("tag"),)),
    Flaw(
        "closing_tag",
        "tag",
        "Another UUID under a good seal.",
        (Flip("uuid"),),
        resealed=True,
    ),
    *both("enum", "owner", "00", "Zero is no owner, so that zeroed bytes never mean something."),
    resealed("enum", "owner", "03", "The first number that no owner has yet."),
    Flaw(
        "trailing",
        "(whole)",
        "The lead of another frame follows.",
        (Append(b"\xd3\xd0\x02\x01"),),
    ),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "payload_length=maximum": "256 MiB in one file",
        "key=empty": "key_length is at least 1",
    },
)
