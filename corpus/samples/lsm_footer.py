"""Samples of `lsm_page.footer`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Sample, Samples, both, identity_flaws, resealed

PARTS: Final = ("index_offset", "index_length", "filter_offset", "filter_length")
BASE: Final[dict[str, Any]] = {
    "run": 12,
    "entry_count": 234,
    "tombstone_count": 3,
    "index_offset": 8443,
    "index_length": 85,
    "filter_offset": 8528,
    "filter_length": 96,
}

GOLDEN: Final = (
    Sample("The footer of a run of three data pages: the index follows them, and the filter the index.", BASE),
    Sample(
        "Every number at its minimum.",
        {"run": 1, "entry_count": 1, "tombstone_count": 0} | dict.fromkeys(PARTS, 0),
        ("entry_count=minimum", "run=minimum", "tombstone_count=minimum", *(f"{name}=minimum" for name in PARTS)),
    ),
    Sample(
        "Every number at its maximum, at the last place that there is.",
        {"run": 2**32 - 1, "entry_count": 2**64 - 1, "tombstone_count": 2**64 - 1} | dict.fromkeys(PARTS, 2**32 - 1),
        ("entry_count=maximum", "run=maximum", "tombstone_count=maximum", *(f"{name}=maximum" for name in PARTS)),
        Place(b"\xff" * 16, run=2**32 - 1, offset=2**32 - 1),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=8, header_size=48, context=("disk", "run", "offset")),
    *both("bounds", "run", "00 00 00 00", "Run 0 is no run: they are counted from 1."),
    resealed("bounds", "entry_count", "00" * 8, "A run without an entry is not written."),
    *both("reserved", "reserved", "00 00 00 01", "The reserved bytes before the seal are used."),
)

SAMPLES: Final = Samples(GOLDEN, FLAWS)
