"""Samples of `extent_header`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import PLACE, Flaw, Sample, Samples, both, identity_flaws, resealed

BASE: Final[dict[str, Any]] = {
    "owner": "data",
    "disk": PLACE.disk,
    "extent_size": 16 * 1024 * 1024,
    "page_size": 4096,
    "generation": 3,
}

GOLDEN: Final = (
    Sample("An extent of shard data as the engine opens it.", BASE, ("owner=data",)),
    Sample("An extent of sorted runs.", BASE | {"owner": "index"}, ("owner=index",)),
    Sample("A reserved extent of tree metadata.", BASE | {"owner": "metadata"}, ("owner=metadata",)),
    Sample(
        "The first superblock extent: number 0 at offset 0, so the seed is made of zeros.",
        BASE | {"owner": "superblock"},
        ("owner=superblock",),
        Place(),
    ),
    Sample(
        "Every number at its minimum, and a disk without a name.",
        BASE | {"disk": bytes(16), "extent_size": 4096, "page_size": 512, "generation": 1},
        ("disk=zeros", "extent_size=minimum", "generation=minimum", "page_size=minimum"),
    ),
    Sample(
        "Every number at its maximum, at the last place that there is.",
        BASE | {"disk": b"\xff" * 16, "extent_size": 2**31, "page_size": 65536, "generation": 2**32 - 1},
        ("disk=ones", "extent_size=maximum", "generation=maximum", "page_size=maximum"),
        Place(disk=b"\xff" * 16, extent=2**32 - 1, generation=2**32 - 1, offset=2**32 - 1),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=1, header_size=64, context=("extent", "offset")),
    *both("bounds", "extent_size", "ff 0f 00 00", "One byte below the smallest extent."),
    resealed("bounds", "extent_size", "01 00 00 80", "One byte above the largest extent."),
    resealed("bounds", "page_size", "ff 01 00 00", "One byte below the smallest page."),
    resealed("bounds", "page_size", "01 00 01 00", "One byte above the largest page."),
    resealed("bounds", "generation", "00 00 00 00", "Generation 0 is no life: lives are counted from 1."),
    *both("enum", "owner", "00", "Zero is no owner, so that zeroed bytes never mean something."),
    resealed("enum", "owner", "01", "A free extent has an owner in the superblock only, and no header."),
    resealed("enum", "owner", "06", "The first number that no owner has yet."),
    *both("reserved", "reserved_1", "00 00 01", "The last reserved byte behind the owner is used."),
    resealed("reserved", "reserved_2", "01", "The first reserved byte before the seal is used."),
)

SAMPLES: Final = Samples(GOLDEN, FLAWS)
